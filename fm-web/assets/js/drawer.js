// The filters on a phone: without scripts they open as the target of the address; with them the focus stays inside. Either way Back closes
// them: the open drawer has an entry of its own in the history.

export function start(page, drawer) {
  const small = matchMedia("(max-width: 63.99rem)");
  let opener = null;
  /** Where the page was when the drawer was opened. */
  let address = "";
  const rest = () => [...page.querySelectorAll(".top, .foot, .found, .skip")];
  const isOpen = () => "shown" in drawer.dataset;

  function open(from) {
    opener = from;
    address = location.href;
    history.replaceState({ top: scrollY }, "");
    history.pushState({ top: scrollY }, "");
    drawer.dataset.shown = "";
    drawer.setAttribute("role", "dialog");
    drawer.setAttribute("aria-modal", "true");
    for (const e of rest()) e.inert = true;
    drawer.querySelector("[data-close]").focus();
  }
  function hide() {
    delete drawer.dataset.shown;
    drawer.setAttribute("role", "search");
    drawer.removeAttribute("aria-modal");
    for (const e of rest()) e.inert = false;
    (opener?.isConnected ? opener : page.querySelector("[data-open]"))?.focus();
  }
  function close() {
    if (!isOpen()) return;
    hide();
    // Its entry goes, unless the filters were changed: then it is that of the new results.
    if (location.href === address) history.back();
  }

  page.addEventListener("click", (event) => {
    const from = event.target.closest("[data-open]");
    if (from && small.matches) {
      event.preventDefault();
      open(from);
    } else if (event.target.closest("[data-close]") && isOpen()) {
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
  // Opened before this script came.
  if (small.matches && drawer.matches(":target")) {
    history.replaceState(history.state, "", location.pathname + location.search);
    open(page.querySelector("[data-open]"));
  }
  return {
    close,
    isOpen,
    /** Takes a step back in the history as the wish to close; says whether it was one. */
    closesBack() {
      if (!isOpen()) return false;
      hide();
      return true;
    },
  };
}
