// Keeps the focus where it was when a part of the page is drawn anew: whoever works with keys or a screen reader would start again at its top.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), select, summary";

/** Describes a control so that it is found again in a newer drawing. */
function marks(control) {
  const list = control.closest("[data-keep]");
  return {
    id: control.id,
    href: control.getAttribute("href"),
    list: list?.dataset.keep,
    at: list ? [...list.querySelectorAll(FOCUSABLE)].indexOf(control) : -1,
  };
}

/** Finds the same control; in a list that loses what is pressed, the one that took its place. */
function again(part, { id, href, list, at }) {
  if (id) return part.querySelector(`#${CSS.escape(id)}`);
  if (!list) return null;
  const now = [...part.querySelectorAll(`[data-keep="${list}"] :is(${FOCUSABLE})`)];
  return list === "chips" ? now[Math.min(at, now.length - 1)] : now.find((control) => control.getAttribute("href") === href);
}

/** Draws a part anew. If that takes the focused control away, the focus goes to its like, or to `otherwise`. */
export function keepFocus(part, draw, otherwise) {
  const focused = document.activeElement;
  const known = part.contains(focused) ? marks(focused) : null;
  draw();
  if (!known || document.activeElement === focused) return;
  (again(part, known) ?? otherwise)?.focus({ preventScroll: true });
}
