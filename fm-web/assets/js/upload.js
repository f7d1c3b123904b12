// Sends pictures one by one, so that each has its progress and its own complaint.

/** Larger ones are not taken; bytes. */
const LARGEST = 10 * 1024 * 1024;

export function start(page) {
  const form = page.getElementById("upload");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  const list = form.querySelector("[data-sending]");
  const button = form.querySelector("button");
  const words = form.dataset;
  const say = (text, name) => text.replace("{}", () => name);

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

  async function sendAll(files) {
    if (!files.length || button.disabled) return;
    button.disabled = true;
    list.replaceChildren();
    const results = [];
    // One after the other: the order is kept, and the line is not fought over.
    for (const file of files) results.push(await send(file));
    button.disabled = false;
    input.value = "";
    if (results.every(Boolean)) location.reload();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll([...input.files]);
  });
  input.addEventListener("change", () => sendAll([...input.files]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.toggleAttribute("data-over", name === "dragover");
      if (name === "drop") sendAll([...event.dataTransfer.files]);
    });
  }
}
