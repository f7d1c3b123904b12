// Suggests places while one is typed. The field may be drawn anew at any time: the page listens.

import { later } from "./search.js";

export function start(page) {
  let asking;
  const suggest = later(async (field, text) => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(`/api/catalogue/places?${new URLSearchParams({ q: text })}`, { signal: asking.signal });
      if (!answer.ok || field.value.trim() !== text) return;
      const places = (await answer.json()).items.map((p) => `${p.postal_code} ${p.town}`);
      field.list?.replaceChildren(...places.map((value) => Object.assign(page.createElement("option"), { value })));
    } catch {
      // Without suggestions the field still takes what is typed.
    }
  }, 150);
  page.addEventListener("input", (event) => {
    const text = event.target.value?.trim() ?? "";
    if (event.target.matches?.("[data-places]") && text.length >= 2 && text.length <= 100) suggest(event.target, text);
  });
}
