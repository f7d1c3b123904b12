// Brings the models of the maker that is chosen.

export function start(page) {
  const form = page.querySelector("#quick, [data-maker-models]");
  const maker = form?.elements.maker;
  const model = form?.elements.model;
  if (!maker || !model) return;
  let last = maker.value;
  let asking;
  async function load(value) {
    asking?.abort();
    asking = new AbortController();
    if (!value) return [];
    const answer = await fetch(`/api/catalogue/models?${new URLSearchParams({ maker: value })}`, { signal: asking.signal });
    return answer.ok ? (await answer.json()).items : [];
  }
  const option = (value, label) => Object.assign(document.createElement("option"), { value, textContent: label });
  maker.addEventListener("change", async () => {
    if (maker.value === last) return;
    last = maker.value;
    if (model.tagName === "SELECT") model.replaceChildren(option("", model.dataset.any));
    model.value = "";
    try {
      const items = await load(maker.value);
      if (model.tagName === "SELECT") model.append(...items.map((m) => option(m.value, m.label)));
      else page.getElementById("models")?.replaceChildren(...items.map((m) => option(m.label, "")));
      form.dispatchEvent(new Event("models"));
    } catch (e) {
      if (e.name !== "AbortError") console.error(e);
    }
  });
}
