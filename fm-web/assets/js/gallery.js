// Pictures by buttons and arrow keys; which one is shown is said, and marked among the small ones. A press on one shows it on the whole
// screen, which Escape leaves.

export function start(page) {
  const gallery = page.querySelector("[data-gallery]");
  const stage = gallery?.querySelector("ul.stage");
  if (!stage) return;
  const slides = [...stage.children];
  const thumbs = [...gallery.querySelectorAll(".thumbs a")];
  const number = gallery.querySelector("[data-number]");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let now = 0;
  /** After the last one comes the first. */
  const show = (n) => {
    const slide = slides[(n + slides.length) % slides.length];
    stage.scrollTo({ left: slide.offsetLeft - stage.offsetLeft, behavior: calm.matches ? "auto" : "smooth" });
  };
  gallery.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(now + step);
  });
  for (const turn of gallery.querySelectorAll("[data-turn]")) turn.addEventListener("click", () => show(now + Number(turn.dataset.turn)));
  for (const part of gallery.querySelectorAll("[data-turn], [data-shown]")) part.hidden = false;
  thumbs.forEach((thumb, n) =>
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      show(n);
    }),
  );
  const mark = () => {
    if (number && number.textContent !== String(now + 1)) number.textContent = now + 1;
    thumbs.forEach((thumb, n) => (n === now ? thumb.setAttribute("aria-current", "true") : thumb.removeAttribute("aria-current")));
  };
  // What intersects does not tell: several may, or one that has no size before its picture has come.
  const nearest = () => {
    const far = slides.map((slide) => Math.abs(slide.offsetLeft - stage.offsetLeft - stage.scrollLeft));
    return far.indexOf(Math.min(...far));
  };
  const seen = new IntersectionObserver(
    () => {
      now = nearest();
      mark();
    },
    { root: stage, threshold: 0.6 },
  );
  for (const slide of slides) seen.observe(slide);
  whole(gallery, slides, (n) => show(n));
}

/** Pictures on the whole screen; `left(n)` is told which one was seen last. */
function whole(gallery, slides, left) {
  const dialog = gallery.querySelector("[data-whole]");
  const picture = dialog.querySelector("[data-picture]");
  const number = dialog.querySelector("[data-whole-number]");
  let now = 0;
  const draw = (n) => {
    now = (n + slides.length) % slides.length;
    const link = slides[now].querySelector("a");
    const img = Object.assign(document.createElement("img"), { src: link.href, alt: link.querySelector("img").alt });
    picture.replaceChildren(img);
    number.textContent = now + 1;
  };
  slides.forEach((slide, n) =>
    slide.addEventListener("click", (event) => {
      // Another tab is what the reader asked for.
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      draw(n);
      dialog.showModal();
    }),
  );
  for (const turn of dialog.querySelectorAll("[data-whole-turn]")) turn.addEventListener("click", () => draw(now + Number(turn.dataset.wholeTurn)));
  dialog.querySelector("[data-whole-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || slides.length < 2) return;
    event.preventDefault();
    event.stopPropagation();
    draw(now + step);
  });
  dialog.addEventListener("close", () => {
    picture.replaceChildren();
    left(now);
    slides[now].querySelector("a").focus({ preventScroll: true });
  });
}
