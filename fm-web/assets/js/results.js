// Results follow the filters while they are set. The address is the state: going back shows what was there, where it was.

import { start as startDrawer } from "./drawer.js";
import { renew, replaceAll } from "./filters.js";
import { keepFocus } from "./focus.js";
import { begin, later, queryOf, reduce } from "./search.js";
import { createStore } from "./store.js";

/** An answer that takes longer does not come; ms. */
const PATIENCE = 15_000;

export function start(page) {
  const form = page.getElementById("filters");
  const found = page.querySelector(".found");
  if (!form || !found) return;
  const drawer = startDrawer(page, form);
  const heading = found.querySelector("#h-found");
  const query = () => queryOf(new FormData(form));
  const addressOf = (wanted) => (wanted ? `/cars?${wanted}` : "/cars");
  const store = createStore(reduce, begin(query(), null));
  let shown = location.search;
  let asking;

  /** Fetches a page of results; nothing if it is none, or not wanted any more. */
  async function fetchPage(address) {
    asking?.abort();
    asking = new AbortController();
    const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(PATIENCE)]);
    const answer = await fetch(address, { signal, headers: { accept: "text/html" } });
    const html = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!html.querySelector(".found") || !html.getElementById("filters")) throw new Error(`no results: ${answer.status}`);
    return html;
  }
  /** Makes an address that of the page. While the drawer is open all changes are one step. */
  function enter(address) {
    if (drawer.isOpen()) return history.replaceState({ top: 0 }, "", address);
    history.replaceState({ top: scrollY }, "");
    history.pushState({ top: 0 }, "", address);
  }
  const ask = later(async (wanted) => {
    // Something else was done meanwhile, like going back.
    if (wanted !== store.state.query || store.state.status !== "asking") return;
    try {
      const html = await fetchPage(addressOf(wanted));
      if (wanted !== store.state.query) return;
      enter(addressOf(wanted));
      show(html);
      store.dispatch({ type: "answered", query: wanted, total: null });
    } catch (e) {
      if (e.name !== "AbortError") store.dispatch({ type: "failed", query: wanted });
    }
  }, 250);

  function show(html) {
    shown = location.search;
    document.title = html.title;
    const next = html.querySelector(".found");
    heading.textContent = next.querySelector("#h-found").textContent;
    // The same element goes on, so that what it says is heard.
    say(next.querySelector("[data-count-said]").textContent, html.querySelector("#filters [data-count]").textContent);
    const [tools, fresh] = [found.querySelector(".tools"), next.querySelector(".tools")];
    keepFocus(
      found,
      () => {
        for (const part of ["[data-open]", ".views"]) tools.querySelector(part).replaceWith(fresh.querySelector(part));
        // Some orders are there only with a place.
        const [sort, now] = [tools.querySelector("select"), fresh.querySelector("select")];
        if (sort.length !== now.length) sort.replaceChildren(...now.children);
        while (tools.nextSibling) tools.nextSibling.remove();
        while (fresh.nextSibling) found.append(fresh.nextSibling);
      },
      heading,
    );
    renew(form.querySelector(".filters-body"), html.getElementById("filters"));
  }
  function say(summary, button) {
    const count = found.querySelector("[data-count-said]");
    if (count.textContent !== summary) count.textContent = summary;
    form.querySelector("[data-count]").textContent = button;
  }
  /** Shows a page whose filters are not those of the form, and takes these over. */
  function showOther(html) {
    keepFocus(form, () => replaceAll(form, html.getElementById("filters")), drawer.isOpen() ? form.querySelector("[data-close]") : heading);
    page.getElementById("f-sort").value = html.getElementById("f-sort").value;
    show(html);
    store.dispatch({ type: "shown", query: query() });
  }

  store.subscribe((state, before) => {
    if (state.status === "asking" && state !== before) ask(state.query);
    found.toggleAttribute("data-asking", state.status === "asking");
    const failed = state.status === "failed";
    found.toggleAttribute("data-stale", failed);
    const remark = found.querySelector("[data-failed]");
    remark.hidden = !failed;
    // The number on the button was that of other filters.
    if (failed) say("", form.querySelector("[data-count]").dataset.plain);
  });
  const retry = () => store.dispatch({ type: "retried" });
  found.querySelector("[data-retry]").addEventListener("click", () => {
    heading.focus({ preventScroll: true });
    retry();
  });
  window.addEventListener("online", retry);
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

  // Chips, pages, views and what to leave out lead to other results: without leaving the page the focus stays.
  page.querySelector(".results").addEventListener("click", async (event) => {
    const link = event.target.closest('a[href="/cars"], a[href^="/cars?"]');
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    found.toggleAttribute("data-asking", true);
    try {
      const html = await fetchPage(link.href);
      enter(link.href);
      const stays = link.closest(".chips, .views, .filters");
      showOther(html);
      if (!stays) {
        heading.focus({ preventScroll: true });
        scrollTo({ top: 0 });
      }
    } catch (e) {
      // The browser says what is wrong, and offers to try again.
      if (e.name !== "AbortError") location.assign(link.href);
    } finally {
      found.toggleAttribute("data-asking", store.state.status === "asking");
    }
  });

  history.scrollRestoration = "manual";
  if (history.state?.top) scrollTo(0, history.state.top);
  window.addEventListener("pagehide", () => history.replaceState({ top: scrollY }, ""));
  window.addEventListener("popstate", async (event) => {
    if (drawer.closesBack()) {
      // What was chosen in the drawer stays; one more step back undoes it.
      if (location.search !== shown) history.pushState({ top: 0 }, "", `/cars${shown}`);
      return;
    }
    // A mere anchor, like that of the drawer.
    if (location.search === shown) return;
    try {
      showOther(await fetchPage(location.href));
      scrollTo(0, event.state?.top ?? 0);
    } catch (e) {
      if (e.name !== "AbortError") location.reload();
    }
  });
}
