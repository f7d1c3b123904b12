// The command palette: Ctrl-K (or "/" where the page has no search) leads to any screen, route or trace.

const palette = document.querySelector("#palette");
const input = palette.querySelector("input");
const list = palette.querySelector("ul");
/** More are not shown; typing goes on. */
const SHOWN = 12;
const screens = [...document.querySelectorAll(".side nav a, #palette [data-screens] a, .me a[href^='/admin']")].map((a) => ({ text: a.firstChild.textContent.trim(), href: a.href, hint: "" }));
let routes = null;
let chosen = 0;

/** Routes come with the first use, for the life of the page. */
async function load() {
  if (routes) return;
  routes = [];
  const answer = await fetch("/admin/api/routes").catch(() => null);
  if (!answer?.ok) return;
  const found = await answer.json();
  routes = found.routes.map(({ id, name, path }) => ({ text: id, href: `/admin/routes/${encodeURIComponent(id)}`, hint: `${path} ${name}` }));
  draw();
}

/** The id of a trace leads there, whatever else is called so. */
function trace() {
  const [id] = input.value.trim().toLowerCase().match(/^[0-9a-f]{32}$/) ?? [];
  return id ? [{ text: `Trace ${id}`, href: `/admin/traces/${id}`, hint: "" }] : [];
}

function found() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ text, hint }) => words.every((word) => `${text} ${hint}`.toLowerCase().includes(word));
  const begins = ({ text }) => !words.length || text.toLowerCase().startsWith(words[0]);
  const named = [...screens, ...(words.length ? (routes ?? []) : [])].filter(matches).sort((a, b) => begins(b) - begins(a));
  return [...trace(), ...named].slice(0, SHOWN);
}

function draw() {
  const entries = found();
  chosen = Math.max(0, Math.min(chosen, entries.length - 1));
  list.replaceChildren(...entries.map(({ text, href, hint }, n) => {
    const entry = document.createElement("li");
    Object.assign(entry, { id: `palette-${n}`, role: "option", ariaSelected: String(n === chosen) });
    entry.dataset.href = href;
    entry.append(text);
    if (hint) entry.append(Object.assign(document.createElement("small"), { textContent: hint }));
    return entry;
  }));
  if (!entries.length) list.append(Object.assign(document.createElement("li"), { role: "option", ariaDisabled: "true", textContent: list.dataset.none }));
  if (entries.length) input.setAttribute("aria-activedescendant", `palette-${chosen}`);
  else input.removeAttribute("aria-activedescendant");
}

function open() {
  input.value = "";
  chosen = 0;
  palette.showModal();
  draw();
  load();
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const slash = event.key === "/" && !typing && !document.querySelector("[data-search]");
  if (!palette.open && (slash || ((event.ctrlKey || event.metaKey) && event.key === "k"))) {
    event.preventDefault();
    open();
  }
});
input.addEventListener("input", () => {
  chosen = 0;
  draw();
});
input.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) chosen += step;
  else if (event.key === "Enter") list.querySelector("[aria-selected=true]")?.click();
  else return;
  event.preventDefault();
  if (step) draw();
});
list.addEventListener("click", (event) => {
  const { href } = event.target.closest("li").dataset;
  if (href) location.assign(href);
});
palette.addEventListener("click", (event) => event.target === palette && palette.close());
