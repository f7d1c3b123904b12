// Hearts answer at once, without a new page; where that fails the form is sent as it would be without scripts.

import { createStore } from "./store.js";

/** The cars whose heart is on its way, and whether it will be filled. */
export function reduce(state, action) {
  switch (action.type) {
    case "pressed":
      return state.has(action.car) ? state : new Map([...state, [action.car, action.on]]);
    case "answered":
    case "failed": {
      const next = new Map(state);
      return next.delete(action.car) ? next : state;
    }
    default:
      return state;
  }
}

/** Fills or empties all hearts of a car. */
function draw(page, car, on, busy) {
  for (const heart of page.querySelectorAll(`button.heart[value="${CSS.escape(car)}"]`)) {
    heart.setAttribute("aria-pressed", String(on));
    heart.setAttribute("aria-busy", String(busy));
    heart.name = on ? "remove" : "add";
  }
}

export function start(page) {
  const form = page.getElementById("hearts");
  if (!form) return;
  const store = createStore(reduce, new Map());
  /** One after the other: each answer brings the cookie that the next request has to carry. */
  let line = Promise.resolve(null);
  const send = (body) => (line = line.then(() => fetch(form.action, { method: "POST", body, keepalive: true, headers: { accept: "application/json" } }).catch(() => null)));
  store.subscribe((now, before) => {
    for (const [car, on] of now) if (!before.has(car)) draw(page, car, on, true);
  });
  page.addEventListener("click", async (event) => {
    const heart = event.target.closest?.("button.heart");
    if (!heart || heart.dataset.plain) return;
    event.preventDefault();
    const [car, on] = [heart.value, heart.name === "add"];
    if (store.state.has(car)) return;
    const body = new URLSearchParams(new FormData(form));
    body.set(heart.name, car);
    store.dispatch({ type: "pressed", car, on });
    const answer = await send(body);
    if (answer?.ok) {
      draw(page, car, on, false);
      store.dispatch({ type: "answered", car });
      return;
    }
    draw(page, car, !on, false);
    store.dispatch({ type: "failed", car });
    heart.dataset.plain = "yes";
    heart.click();
  });
}
