// Times as the reader's clock shows them; the server knows the day only.

export function start(page) {
  const write = new Intl.DateTimeFormat(document.body.dataset.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of page.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = write.format(at);
  }
}
