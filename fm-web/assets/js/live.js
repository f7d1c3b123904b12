// Cars appear under "last added" the moment they are listed. The server draws them, as it draws all others.

/** As many as the server shows. */
const MOST = 8;

export function start(page) {
  const list = page.querySelector("[data-latest]");
  if (!list) return;
  const sign = page.querySelector("[data-live]");
  const status = page.querySelector("[data-live-said]");
  const feed = new EventSource("/api/tracks/stream");
  feed.addEventListener("open", () => (sign.hidden = false));
  feed.addEventListener("error", () => (sign.hidden = true));
  feed.addEventListener("listed", async (event) => {
    let listing;
    try {
      listing = JSON.parse(event.data);
    } catch {
      return;
    }
    const known = () => [...list.children].some((item) => item.dataset.car === listing.car_id);
    if (!listing.car_id || known()) return;
    const answer = await fetch(`/cars/${encodeURIComponent(listing.car_id)}/card`).catch(() => null);
    if (!answer?.ok) return;
    const card = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".card");
    if (!card || known()) return;
    const item = document.createElement("li");
    item.dataset.car = listing.car_id;
    card.classList.add("card-fresh");
    item.append(card);
    // Nobody's focus is moved away.
    const last = list.children.length >= MOST ? list.lastElementChild : null;
    if (last && !last.contains(document.activeElement)) last.remove();
    list.prepend(item);
    status.textContent = status.dataset.text.replace("{}", () => listing.title);
  });
  // A page that is kept in memory must not keep a connection.
  window.addEventListener("pagehide", () => feed.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
