// Shows requests as they come; the stream ends by itself after some minutes, and then waits to be asked to go on.

const bar = document.querySelector("[data-live]");
const MAX_ROWS = 200;

if (bar) {
  const [button, state] = [bar.querySelector("[data-pause]"), bar.querySelector("[data-state]")];
  const rows = document.querySelector("[data-rows]");
  let source = null;
  let omitted = 0;

  const cell = (text, className) => {
    const td = document.createElement("td");
    td.textContent = text;
    if (className) td.className = className;
    return td;
  };
  const row = (one) => {
    const tr = document.createElement("tr");
    const time = new Date(one.at).toISOString().slice(11, 23);
    const request = cell("", "what");
    const method = request.appendChild(document.createElement("span"));
    method.className = "method";
    method.textContent = one.method;
    request.append(" ");
    request.appendChild(document.createElement("code")).textContent = one.host + one.path;
    const trace = cell("", "trace");
    const link = trace.appendChild(document.createElement("a"));
    link.href = `/admin/traces/${one.trace}`;
    link.appendChild(document.createElement("code")).textContent = one.trace;
    tr.append(cell(time, "num time"), cell(one.status, "num status"), cell((one.micros / 1000).toFixed(1), "num took"), request, cell(one.route, "where"), trace);
    return tr;
  };
  const show = () => {
    const left = omitted ? `, ${omitted} ${bar.dataset.omitted}` : "";
    state.textContent = (source ? bar.dataset.running : bar.dataset.paused) + left;
    button.textContent = source ? button.dataset.stop : button.dataset.go;
  };
  const pause = () => {
    source?.close();
    source = null;
    show();
  };
  const go = () => {
    source = new EventSource(bar.dataset.live);
    source.addEventListener("message", (event) => {
      const news = JSON.parse(event.data);
      omitted += news.omitted;
      rows.prepend(...news.requests.map(row).reverse());
      while (rows.childElementCount > MAX_ROWS) rows.lastElementChild.remove();
      if (news.omitted) show();
    });
    source.addEventListener("error", pause);
    show();
  };
  button.addEventListener("click", () => (source ? pause() : go()));
  bar.hidden = false;
  go();
}
