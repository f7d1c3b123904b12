// Pictures are moved and removed without leaving the page, one step after the other; the focus stays on the picture.

import { redraw } from "./pictures.js";

const DOES = ["up", "down", "main", "remove"];

export function start(page) {
  const part = page.querySelector("[data-pictures]");
  if (!part) return;
  const status = page.querySelector("[data-arranged]");
  let last = Promise.resolve();

  async function send(form, data) {
    const wish = data.get("do");
    const shots = () => [...part.querySelectorAll(".shot")];
    const place = shots().findIndex((shot) => shot.dataset.key === data.get("key"));
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data), headers: { accept: "text/html" } });
    if (!answer.ok || !redraw(part, await answer.text())) throw new Error(answer.status);
    const now = shots();
    const moved = now.findIndex((shot) => shot.dataset.key === data.get("key"));
    const shot = now[moved] ?? now[Math.min(place, now.length - 1)];
    const button = [wish, ...DOES].map((does) => shot?.querySelector(`button[value="${does}"]`)).find(Boolean);
    (button ?? page.getElementById("i-images"))?.focus();
    if (moved < 0) status.textContent = status.dataset.removed;
    else status.textContent = status.dataset.moved.replace("{}", moved + 1).replace("{}", now.length);
  }
  part.addEventListener("submit", (event) => {
    const form = event.target;
    event.preventDefault();
    const data = new FormData(form, event.submitter);
    part.ariaBusy = "true";
    last = last
      .then(() => send(form, data))
      .catch(() => (status.textContent = status.dataset.failed))
      .finally(() => (part.ariaBusy = "false"));
  });
}
