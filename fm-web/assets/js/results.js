// Results follow the filters while they are set. The address is the state: going back shows what was there, where it was.

import { start as startDrawer } from "./drawer.js";
import { renew } from "./filters.js";
import { begin, later, queryOf, reduce } from "./search.js";
import { createStore } from "./store.js";

export function start(page) {
  const form = page.getElementById("filters");
  const found = page.querySelector(".found");
  if (!form || !found) return;
  const drawer = startDrawer(page, form);
  const query = () => queryOf(new FormData(form));
  const store = createStore(reduce, begin(query(), null));
  let shown = location.search;
  let asking;

  /** Fetches a page of results; nothing if it is none, or not wanted any more. */
  async function fetchPage(address) {
    asking?.abort();
    asking = new AbortController();
    const answer = await fetch(address, { signal: asking.signal, headers: { accept: "text/html" } });
    const html = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!html.querySelector(".found") || !html.getElementById("filters")) throw new Error(`no results: ${answer.status}`);
    return html;
  }
  const ask = later(async (wanted) => {
    const address = wanted ? `/cars?${wanted}` : "/cars";
    try {
      const html = await fetchPage(address);
      if (wanted !== store.state.query) return;
      history.replaceState({ top: scrollY }, "");
      history.pushState({ top: 0 }, "", address);
      show(html);
      store.dispatch({ type: "answered", query: wanted, total: null });
    } catch (e) {
      if (e.name !== "AbortError") store.dispatch({ type: "failed", query: wanted });
    }
  }, 250);

  function show(html) {
    shown = location.search;
    document.title = html.title;
    const count = found.querySelector("[data-count-said]");
    const next = html.querySelector(".found");
    found.querySelector("#h-found").textContent = next.querySelector("#h-found").textContent;
    // The same element goes on, so that what it says is heard.
    const said = next.querySelector("[data-count-said]").textContent;
    if (count.textContent !== said) count.textContent = said;
    const [tools, fresh] = [found.querySelector(".tools"), next.querySelector(".tools")];
    for (const part of ["[data-open]", ".views"]) tools.querySelector(part).replaceWith(fresh.querySelector(part));
    while (tools.nextSibling) tools.nextSibling.remove();
    while (fresh.nextSibling) found.append(fresh.nextSibling);
    form.querySelector("[data-count]").textContent = html.querySelector("#filters [data-count]").textContent;
    renew(form.querySelector(".filters-body"), html.getElementById("filters"));
  }

  store.subscribe((state, before) => {
    if (state.query !== before.query && state.status === "asking") ask(state.query);
    found.toggleAttribute("data-asking", state.status === "asking");
  });
  const changed = (event) => {
    if (event.target.form === form) store.dispatch({ type: "changed", query: query() });
  };
  page.addEventListener("change", changed);
  page.addEventListener("input", (event) => {
    if (event.target.type === "search") changed(event);
  });
  form.addEventListener("submit", (event) => {
    if (store.state.status !== "idle" || store.state.shown !== query()) return;
    // It is all there already.
    event.preventDefault();
    drawer.close();
    scrollTo({ top: 0 });
  });

  history.scrollRestoration = "manual";
  if (history.state?.top) scrollTo(0, history.state.top);
  window.addEventListener("pagehide", () => history.replaceState({ top: scrollY }, ""));
  window.addEventListener("popstate", async (event) => {
    // A mere anchor, like that of the drawer.
    if (location.search === shown) return;
    try {
      const html = await fetchPage(location.href);
      page.activeElement?.blur();
      form.querySelector(".filters-body").replaceWith(html.querySelector(".filters-body").cloneNode(true));
      page.getElementById("f-sort").value = html.getElementById("f-sort").value;
      show(html);
      store.dispatch({ type: "changed", query: query() });
      store.dispatch({ type: "answered", query: query(), total: null });
      scrollTo(0, event.state?.top ?? 0);
    } catch (e) {
      if (e.name !== "AbortError") location.reload();
    }
  });
}
