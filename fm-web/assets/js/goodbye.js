// Looks again whether everything is deleted, and says so in place: a page that loads itself anew takes focus and voice away.

/** Between one look and the next; ms. */
const PAUSE = 1500;

export function start(page) {
  const part = page.querySelector(".goodbye");
  if (!part?.querySelector(".wait")) return;
  const look = async () => {
    const html = await fetch(location.href, { headers: { accept: "text/html" } })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .catch(() => "");
    const next = new DOMParser().parseFromString(html, "text/html");
    const said = next.querySelector(".goodbye");
    if (!said || said.querySelector(".wait")) return setTimeout(look, PAUSE);
    page.title = next.title;
    part.replaceChildren(...said.childNodes);
  };
  setTimeout(look, PAUSE);
}
