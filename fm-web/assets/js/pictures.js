// The list of a car's pictures, as the server draws it.

/** Takes the list out of a newer page; says whether there was one. */
export function redraw(part, html) {
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("[data-pictures]");
  if (next) part.replaceChildren(...next.childNodes);
  return next !== null;
}
