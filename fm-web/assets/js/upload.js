// Sends pictures one by one, so that each has its progress and its own complaint. What would leave the page waits until they are there.

import { keepFocus } from "./focus.js";
import { redraw } from "./pictures.js";

/** Larger ones are not taken; bytes. */
const LARGEST = 10 * 1024 * 1024;

export function start(page) {
  const form = page.getElementById("upload");
  const part = page.querySelector("[data-pictures]");
  if (!form || !part) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const list = form.querySelector("[data-sending]");
  const status = page.querySelector("[data-arranged]");
  const words = form.dataset;
  const say = (text, name) => text.replace("{}", () => name);
  let queue = [];
  let sending = false;
  /** A form that was sent meanwhile. */
  let held = null;

  function send(file) {
    const row = document.createElement("li");
    const text = document.createElement("span");
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    text.textContent = say(words.textSending, file.name);
    bar.setAttribute("aria-label", text.textContent);
    row.append(text, bar);
    list.append(row);
    return new Promise((sent) => {
      const end = (good, why) => {
        bar.remove();
        row.className = good ? "good" : "bad";
        text.textContent = say(good ? words.textDone : words.textFailed, file.name) + (why ? `: ${why}` : "");
        sent(good);
      };
      if (file.size > LARGEST) return end(false, words.textLarge);
      const data = new FormData();
      data.append("images", file);
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("accept", "application/json");
      request.upload.addEventListener("progress", (e) => {
        if (e.lengthComputable) bar.value = e.loaded / e.total;
      });
      request.addEventListener("load", () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          // A page instead: the session has ended, or worse.
        }
        end(request.status === 200 && answer.done === true, answer.errors?.[1]);
      });
      request.addEventListener("error", () => end(false));
      request.send(data);
    });
  }
  /** Shows the pictures that were taken, whatever became of those beside them. */
  async function refresh() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    const html = answer?.ok ? await answer.text() : "";
    keepFocus(part, () => redraw(part, html), input);
  }
  async function sendAll(files) {
    queue.push(...files);
    if (sending || !queue.length) return;
    sending = true;
    for (const row of list.querySelectorAll(".good, .bad")) row.remove();
    const results = [];
    // One after the other: the order is kept, and the line is not fought over.
    while (queue.length) results.push(await send(queue.shift()));
    sending = false;
    input.value = "";
    if (results.some(Boolean)) await refresh();
    const ready = held;
    held = null;
    if (!ready) return;
    if (results.every(Boolean)) return ready.requestSubmit();
    // Whoever publishes must know which pictures are missing.
    status.textContent = words.textNotPublished;
    ready.querySelector("button").ariaDisabled = null;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) sendAll(input.files);
  });
  input.addEventListener("change", () => sendAll(input.files));
  // Chosen before this script was there.
  if (input.files.length) sendAll(input.files);
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") sendAll(event.dataTransfer.files);
    });
  }
  page.addEventListener("submit", (event) => {
    if (!sending || !event.target.matches("[data-after-upload]")) return;
    event.preventDefault();
    held = event.target;
    held.querySelector("button").ariaDisabled = "true";
    status.textContent = words.textWaiting;
  });
  window.addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
}
