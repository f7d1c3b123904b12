// Suggests searches for what is typed into the one box (the combobox pattern of ARIA): arrows choose, Enter goes, Escape closes.

import { later } from "./search.js";

export function start(page) {
  const input = page.querySelector("#ask");
  const list = page.querySelector("#ask-list");
  if (!input || !list) return;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) input.setAttribute(name, value);
  let asking;
  const options = () => [...list.children];
  const chosen = () => list.querySelector('[aria-selected="true"]');

  function open(isOpen) {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) choose(null);
  }
  function choose(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  }
  const suggest = later(async (text) => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`/search/suggestions?${new URLSearchParams({ ask: text })}`, { signal: asking.signal });
      if (!answer.ok || input.value.trim() !== text) return;
      const parsed = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
      list.replaceChildren(...parsed.querySelectorAll("li"));
      open(list.children.length > 0 && page.activeElement === input);
    } catch {
      // Without suggestions the box still searches.
    }
  }, 120);

  input.addEventListener("input", () => {
    const text = input.value.trim();
    if (text.length >= 2) suggest(text);
    else open(false);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      return open(false);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && list.children.length) {
      event.preventDefault();
      // Before the first and behind the last is the text itself.
      const all = [null, ...options()];
      if (list.hidden) open(true);
      choose(all.at((all.indexOf(chosen()) + step) % all.length));
    }
    if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      location.assign(chosen().dataset.href);
    }
  });
  // Before the field loses the focus.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) location.assign(option.dataset.href);
  });
  input.addEventListener("blur", () => open(false));
}
