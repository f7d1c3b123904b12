// What like cars cost and what the ad still lacks follow what is typed. The server draws both.

/** Nobody reads while typing; milliseconds. */
const PAUSE = 300;

export function start(page) {
  const form = page.getElementById("sell");
  if (!form) return;
  form.querySelector("[data-check]").hidden = true;
  let timer;
  let asking;
  async function renew() {
    asking?.abort();
    asking = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch("/sell/guide", { method: "POST", body, headers: { accept: "text/html" }, signal: asking.signal });
      if (!answer.ok) return;
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of form.querySelectorAll("[data-guide]")) {
        const fresh = next.getElementById(part.id);
        // What has not changed is not read out once more.
        if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
      }
    } catch (e) {
      if (e.name !== "AbortError") console.error("sell", e);
    }
  }
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(renew, PAUSE);
  };
  form.addEventListener("input", later);
  // A browser that comes back fills in what was typed before.
  if (form.elements.maker.value) later();
}
