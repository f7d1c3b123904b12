// Draws the numbers of the overview as charts, from the table that says the same, and renews both while somebody is there.

const table = () => document.querySelector("[data-points]");
const charts = document.querySelector("[data-charts]");
const HEIGHT = 170;
/** How often the numbers are renewed, and for how long after the last sign of somebody: an open page must not keep a session alive. */
const RENEW = 15_000;
const LEFT_ALONE = 300_000;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const seconds = (time) => Date.parse(time) / 1000;
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
const clock = (at) => new Date(at * 1000).toISOString().slice(11, 16);
/** The columns of the table: times in seconds, then what stands beside them. */
function columns() {
  const rows = [...table().tBodies[0].rows];
  const value = (cell) => cell.querySelector("data") && Number(cell.querySelector("data").value);
  return [rows.map((row) => seconds(row.querySelector("time").dateTime)), ...[1, 2, 3, 4].map((n) => rows.map((row) => value(row.cells[n])))];
}
const title = (column) => table().tHead.rows[0].cells[column].textContent;

/** The points that no line leads to or from; only these are drawn as points. */
const alone = (u, series) => u.data[series].flatMap((v, n, all) => (v != null && all[n - 1] == null && all[n + 1] == null ? [n] : []));

/** What the legend says of a place; while nobody points at one, of the last. */
function said(u, series, at, write) {
  const value = u.data[series][at ?? u.data[series].length - 1];
  return value == null ? "–" : write(value);
}

/** One chart; the second line of two is dashed, so that colours are not needed to tell them apart. */
function drawn(figure) {
  const shown = figure.dataset.columns.split(" ").map(Number);
  const [ink, line, accent, warn] = ["--dim", "--line", "--accent", "--warn"].map(colour);
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: `12px ${getComputedStyle(document.body).fontFamily}` };
  const lines = shown.map((column, n) => ({
    label: title(column), stroke: n ? warn : accent, dash: n ? [5, 3] : [], fill: shown.length === 1 ? colour("--soft") : undefined, width: 1.5,
    points: { show: false, size: 5, fill: n ? warn : accent, filter: alone }, value: (u, _, series, at) => said(u, series, at, number.format),
  }));
  const all = columns();
  return new uPlot({
    width: figure.clientWidth, height: HEIGHT, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"), cursor: { sync: { key: "traffic" }, drag: { x: false, y: false } },
    scales: { x: { range: () => [seconds(table().dataset.from), seconds(table().dataset.to)] }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
    axes: [{ ...axis, space: 60, values: (_, at) => at.map(clock) }, { ...axis, size: 48, space: 32, values: (_, at) => at.map((v) => number.format(v)) }],
    series: [{ label: title(0), value: (u, _, series, at) => said(u, series, at, clock) }, ...lines], legend: { markers: { width: 2 } },
  }, [all[0], ...shown.map((column) => all[column])], figure);
}

let plots = [];
function draw() {
  plots.forEach((plot) => plot.destroy());
  plots = [...charts.querySelectorAll("figure")].map(drawn);
}
function fill() {
  const all = columns();
  const figures = [...charts.querySelectorAll("figure")];
  plots.forEach((plot, n) => plot.setData([all[0], ...figures[n].dataset.columns.split(" ").map((column) => all[column])]));
}

let sign = Date.now();
for (const what of ["pointermove", "keydown", "scroll"]) addEventListener(what, () => (sign = Date.now()), { passive: true });
/** Takes what is new from the same page, loaded again; where somebody has the focus nothing is put in its place. */
async function renew() {
  if (document.hidden || Date.now() - sign > LEFT_ALONE) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-renewed]")) {
    const fresh = page.querySelector(`[data-renewed="${old.dataset.renewed}"]`);
    if (fresh && !old.contains(document.activeElement)) old.replaceChildren(...fresh.childNodes);
  }
  fill();
}

// Fonts of a canvas are those that are there when it is drawn.
document.fonts.ready.then(() => {
  charts.hidden = false;
  draw();
  new ResizeObserver(() => plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: HEIGHT }))).observe(charts);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  setInterval(renew, RENEW);
});
