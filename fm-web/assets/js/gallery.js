// Pictures by arrow keys, and the small one of the picture that is shown is marked.

export function start(page) {
  const stage = page.querySelector("[data-gallery] ul.stage");
  if (!stage) return;
  const slides = [...stage.children];
  const thumbs = [...page.querySelectorAll(".thumbs a")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let now = 0;
  const show = (n) => {
    const slide = slides[Math.max(0, Math.min(slides.length - 1, n))];
    stage.scrollTo({ left: slide.offsetLeft - stage.offsetLeft, behavior: calm.matches ? "auto" : "smooth" });
  };
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(now + step);
  });
  thumbs.forEach((thumb, n) =>
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      show(n);
    }),
  );
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) now = slides.indexOf(entry.target);
      thumbs.forEach((thumb, n) => (n === now ? thumb.setAttribute("aria-current", "true") : thumb.removeAttribute("aria-current")));
    },
    { root: stage, threshold: 0.6 },
  );
  for (const slide of slides) seen.observe(slide);
}
