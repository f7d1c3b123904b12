// Cars appear under "last added" the moment they are listed. The server draws them, as it draws all others. However many come, one is fetched
// at a time, and only the newest; whoever reads can stop the list (WCAG 2.2.2).

import { keepFocus } from "./focus.js";

/** As many as the server shows. */
const MAX_SHOWN = 8;
/** Between one round of new cars and the next; ms. */
const PAUSE = 2000;
/** Whether the list was stopped, for the pages of this visit. */
const STOPPED = "fm-live-stopped";

export function start(page) {
  const list = page.querySelector("[data-latest]");
  if (!list) return;
  const [sign, button, status] = ["[data-live]", "[data-live-pause]", "[data-live-said]"].map((css) => page.querySelector(css));
  const has = (id) => [...list.children].some((item) => item.dataset.car === id);
  let waiting = [];
  let drawing = false;
  let feed = null;
  let stopped = sessionStorage.getItem(STOPPED) === "yes";

  async function draw(id) {
    const answer = await fetch(`/cars/${encodeURIComponent(id)}/card`);
    const card = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".card") : null;
    if (!card || has(id) || stopped) return;
    const item = document.createElement("li");
    item.dataset.car = id;
    card.classList.add("card-fresh");
    item.append(card);
    // Nobody's focus is moved away.
    const last = list.children.length >= MAX_SHOWN ? list.lastElementChild : null;
    if (last && !last.contains(document.activeElement)) last.remove();
    list.prepend(item);
  }
  async function drawAll() {
    if (drawing) return;
    drawing = true;
    while (waiting.length && !stopped) {
      const round = waiting;
      waiting = [];
      for (const { id } of round) if (!stopped && !has(id)) await draw(id).catch(() => {});
      if (!stopped) status.textContent = status.dataset.text.replace("{}", () => round.at(-1).title);
      await new Promise((go) => setTimeout(go, PAUSE));
    }
    drawing = false;
  }
  function heard(event) {
    let listing;
    try {
      listing = JSON.parse(event.data);
    } catch {
      return;
    }
    const { car_id: id, title } = listing;
    if (!id || has(id)) return;
    waiting = [...waiting.filter((car) => car.id !== id), { id, title }].slice(-MAX_SHOWN);
    drawAll();
  }
  /** Shows what has come while nobody listened. */
  async function catchUp() {
    const answer = await fetch("/").catch(() => null);
    const html = new DOMParser().parseFromString(answer?.ok ? await answer.text() : "", "text/html");
    const fresh = html.querySelector("[data-latest]");
    if (fresh && !stopped) keepFocus(list, () => list.replaceChildren(...fresh.children));
  }
  function follow() {
    if (feed || stopped || page.hidden) return;
    feed = new EventSource("/api/tracks/stream");
    feed.addEventListener("open", () => (sign.hidden = false));
    feed.addEventListener("error", () => (sign.hidden = true));
    feed.addEventListener("listed", heard);
  }
  function leave() {
    feed?.close();
    feed = null;
    waiting = [];
  }
  function show() {
    if (stopped) sign.hidden = true;
    button.textContent = stopped ? button.dataset.textGo : button.dataset.textStop;
    button.hidden = false;
  }
  button.addEventListener("click", () => {
    stopped = !stopped;
    sessionStorage.setItem(STOPPED, stopped ? "yes" : "no");
    show();
    if (stopped) return leave();
    follow();
    catchUp();
  });
  const back = () => {
    if (feed || stopped || page.hidden) return;
    follow();
    catchUp();
  };
  // A page that nobody sees must not keep a connection.
  page.addEventListener("visibilitychange", () => (page.hidden ? leave() : back()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => event.persisted && back());
  show();
  follow();
}
