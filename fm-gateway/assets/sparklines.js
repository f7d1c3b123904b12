// Shows the last 15 minutes of each route in the list: a bar for each minute, errors in their own colour. The numbers are those of all nodes.

const cells = [...document.querySelectorAll("[data-spark]")];
const SVG = "http://www.w3.org/2000/svg";
const [BAR, GAP, HEIGHT] = [4, 1, 20];

const shape = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

/** Bars over each other: all requests, and those that failed. */
function bars({ requests, errors }) {
  const most = Math.max(...requests);
  const width = requests.length * (BAR + GAP) - GAP;
  const svg = shape("svg", { class: "spark", viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" });
  for (const [counts, name] of [[requests, "all"], [errors, "failed"]]) {
    counts.forEach((count, n) => {
      if (!count) return;
      const height = Math.max(1, (count / most) * HEIGHT);
      svg.append(shape("rect", { class: name, x: n * (BAR + GAP), y: HEIGHT - height, width: BAR, height }));
    });
  }
  return svg;
}

async function show() {
  const ids = cells.map((cell) => cell.dataset.spark).join(",");
  const answer = await fetch(`/admin/api/traffic/routes?ids=${encodeURIComponent(ids)}`).catch(() => null);
  if (!answer?.ok) return;
  const { routes } = await answer.json();
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const sum = (counts) => counts.reduce((all, count) => all + count, 0);
  for (const cell of cells) {
    const minutes = routes[cell.dataset.spark];
    const [all, failed] = [sum(minutes.requests), sum(minutes.errors)];
    const { requests, errors } = cell.closest("[data-words]").dataset;
    const text = document.createElement("small");
    text.className = "num";
    text.textContent = `${number.format(all)} ${requests}${failed ? `, ${number.format(failed)} ${errors}` : ""}`;
    cell.replaceChildren(...(all ? [bars(minutes), text] : [text]));
  }
  for (const hidden of document.querySelectorAll("[data-needs-script]")) hidden.hidden = false;
}

if (cells.length) show();
