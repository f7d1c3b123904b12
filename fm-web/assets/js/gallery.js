// Pictures by buttons and arrow keys; which one is shown is said, and marked among the small ones.

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
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) now = slides.indexOf(entry.target);
      mark();
    },
    { root: stage, threshold: 0.6 },
  );
  for (const slide of slides) seen.observe(slide);
}
