// Comfort on top of pages that work without it.

// "/" leads to the search.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && !typing && search) {
    event.preventDefault();
    search.focus();
  }
});

// On a phone the navigation is one row that scrolls: the page that is shown is in sight.
const here = document.querySelector("nav [aria-current=page]");
if (here) {
  const nav = here.parentElement;
  const left = here.offsetLeft - nav.offsetLeft;
  if (left + here.offsetWidth > nav.clientWidth * 0.85) nav.scrollTo({ left: left - 24 });
}

// On a phone the rows of a list are blocks: each cell has the name of its column.
for (const table of document.querySelectorAll("table.list:not(.stack, .feed, [data-points])")) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, n) => names[n] && (cell.dataset.column = names[n]));
  }
  table.classList.add("cards");
}

// A file for the import is read here; without scripts its content is pasted.
const file = document.querySelector("[data-file]");
if (file) {
  file.hidden = false;
  file.querySelector("input").addEventListener("change", async (event) => {
    const text = await event.target.files[0]?.text();
    if (text) event.target.form.elements.text.value = text;
  });
}

// Plugins are dragged by their grip; the buttons beside it do the same.
const flow = document.querySelector("[data-flow]");
let dragged = null;
for (const grip of flow?.querySelectorAll("[data-grip]") ?? []) {
  const stage = grip.closest("[data-stage]");
  grip.addEventListener("pointerdown", () => (stage.draggable = true));
  stage.addEventListener("dragstart", (event) => {
    dragged = stage;
    event.dataTransfer.effectAllowed = "move";
    stage.classList.add("dragged");
  });
  stage.addEventListener("dragend", () => {
    stage.draggable = false;
    stage.classList.remove("dragged");
    const order = [...flow.querySelectorAll("[data-stage]")].map((one) => one.dataset.stage).join(",");
    const form = flow.closest("form");
    const unchanged = order === [...order.split(",").keys()].join(",");
    if (!unchanged) {
      form.elements.order.value = order;
      form.requestSubmit(form.querySelector('button[value="save"]'));
    }
    dragged = null;
  });
  stage.addEventListener("dragover", (event) => {
    if (!dragged || dragged === stage) return;
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    const after = event.clientY > box.top + box.height / 2;
    stage[after ? "after" : "before"](dragged);
  });
}

// The box of all routes that are found ticks those of the page, and says how many are selected; the buttons wait for one.
const bulk = document.querySelector("[data-bulk]");
if (bulk) {
  const form = bulk.closest("form");
  const all = form.elements.all;
  const picks = [...form.querySelectorAll(".pick")];
  const show = () => {
    const count = all.checked ? bulk.querySelector("[data-found]").textContent : picks.filter((pick) => pick.checked).length;
    bulk.querySelector("[data-picked]").textContent = Number(count) ? `${count} ${bulk.querySelector("[data-picked]").dataset.picked}` : "";
    for (const button of bulk.querySelectorAll("button")) button.disabled = !Number(count);
  };
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const pick of picks) pick.checked = all.checked;
    else if (!event.target.checked) all.checked = false;
    show();
  });
  show();
}

// Variables are offered within a text, too: what stands before them there is a part of what is offered.
for (const input of document.querySelectorAll("input[list^=variables-]")) {
  const options = [...input.list.options];
  const names = options.map((option) => option.value.slice(option.value.lastIndexOf("${")));
  const offer = () => {
    const begun = input.value.lastIndexOf("${");
    const before = begun < 0 || input.value.includes("}", begun) ? input.value : input.value.slice(0, begun);
    options.forEach((option, n) => (option.value = before + names[n]));
  };
  input.addEventListener("focus", offer);
  input.addEventListener("input", offer);
}

// Copies a text; without scripts it is selected by hand. Only pages over TLS or on loopback may write to the clipboard.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });
}

// Changes that are not saved are not lost by accident.
const edited = document.querySelector("#route, #group");
let dirty = false;
edited?.addEventListener("input", () => (dirty = true));
edited?.addEventListener("submit", () => (dirty = false));
addEventListener("beforeunload", (event) => dirty && event.preventDefault());

// What cannot be taken back is asked about.
for (const button of document.querySelectorAll("button.danger")) {
  button.addEventListener("click", (event) => {
    if (!confirm(button.textContent.trim() + "?")) event.preventDefault();
  });
}

// The time that is left of a watched publish; when it is over the page shows how it ended.
const timer = document.querySelector("[data-ends]");
if (timer) {
  const tick = () => {
    const left = Math.max(0, Math.round((timer.dataset.ends - Date.now()) / 1000));
    timer.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  };
  tick();
  setInterval(tick, 1000);
}
