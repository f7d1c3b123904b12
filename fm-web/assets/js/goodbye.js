// Looks again whether everything is deleted, and says so in place: a page that loads itself anew takes focus and voice away.

/** Between one look and the next, at first and at most; ms. */
const [PAUSE, LONGEST] = [1500, 30_000];

export function start(page) {
  const part = page.querySelector(".goodbye");
  if (!part?.querySelector(".wait")) return;
  let pause = PAUSE;
  const look = async () => {
    const html = await fetch(location.href, { headers: { accept: "text/html" } })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .catch(() => "");
    const next = new DOMParser().parseFromString(html, "text/html");
    const said = next.querySelector(".goodbye");
    if (!said || said.querySelector(".wait")) return setTimeout(look, (pause = Math.min(pause * 1.5, LONGEST)));
    page.title = next.title;
    part.replaceChildren(...said.childNodes);
  };
  setTimeout(look, pause);
}
