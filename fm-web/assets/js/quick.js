// The quick search says how many cars there are while it is filled in.

import { begin, later, queryOf, reduce, said } from "./search.js";
import { createStore } from "./store.js";

export function start(page) {
  const form = page.querySelector("#quick");
  const button = form?.querySelector("[data-count]");
  if (!button) return;
  const status = form.querySelector("[data-count-said]");
  const language = page.body.dataset.lang;
  const query = () => queryOf(new FormData(form));
  // The number is that of what the server has chosen. The browser may have put back what was chosen before somebody left.
  const given = [...form.elements].filter((e) => e.options).map((e) => [e.name, [...e.options].find((o) => o.defaultSelected)?.value ?? ""]);
  const store = createStore(reduce, begin(queryOf(given), null));
  let asking;
  const ask = later(async (wanted) => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`/api/cars/count?${wanted}`, { signal: asking.signal, headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      store.dispatch({ type: "answered", query: wanted, total: (await answer.json()).count });
    } catch (e) {
      if (e.name !== "AbortError") store.dispatch({ type: "failed", query: wanted });
    }
  }, 200);
  store.subscribe((state, before) => {
    if (state.status === "asking" && state !== before) ask(state.query);
    form.toggleAttribute("data-asking", state.status === "asking");
    // Without a number the button still does what it says; one of another search would be wrong.
    if (state.status === "failed") status.textContent = button.textContent = button.dataset.plain;
    if (state.status === "idle" && state.total !== null) status.textContent = button.textContent = said(button.dataset, state.total, language);
  });
  const changed = () => store.dispatch({ type: "changed", query: query() });
  // The models of another maker are emptied by the same event; the old one's must not be counted.
  form.addEventListener("change", () => setTimeout(changed));
  form.addEventListener("models", changed);
  window.addEventListener("pageshow", changed);
  window.addEventListener("online", () => store.dispatch({ type: "retried" }));
  changed();
}
