// The filters on a phone: without scripts they open as the target of the address; with them the focus stays inside, and the address as it is.

export function start(page, drawer) {
  const small = matchMedia("(max-width: 63.99rem)");
  let opener = null;
  const rest = () => [...page.querySelectorAll(".top, .foot, .found, .skip")];

  function open(from) {
    opener = from;
    drawer.dataset.shown = "";
    drawer.setAttribute("role", "dialog");
    drawer.setAttribute("aria-modal", "true");
    for (const e of rest()) e.inert = true;
    drawer.querySelector("[data-close]").focus();
  }
  function close() {
    if (!("shown" in drawer.dataset)) return;
    delete drawer.dataset.shown;
    drawer.setAttribute("role", "search");
    drawer.removeAttribute("aria-modal");
    for (const e of rest()) e.inert = false;
    (opener?.isConnected ? opener : page.querySelector("[data-open]"))?.focus();
  }

  page.addEventListener("click", (event) => {
    const from = event.target.closest("[data-open]");
    if (from && small.matches) {
      event.preventDefault();
      open(from);
    } else if (event.target.closest("[data-close]") && "shown" in drawer.dataset) {
      event.preventDefault();
      close();
    }
  });
  page.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  small.addEventListener("change", () => {
    if (!small.matches) close();
  });
  return { close };
}
