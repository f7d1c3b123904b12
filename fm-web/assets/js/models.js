// Brings the models of the maker that is chosen.

export function start(page) {
  const form = page.querySelector("#quick, [data-maker-models]");
  const maker = form?.elements.maker;
  const model = form?.elements.model;
  if (!maker || !model) return;
  // What the page came with; somebody quick has chosen before this script came.
  const options = [...(maker.options ?? [])];
  let last = (options.find((o) => o.defaultSelected) ?? options[0] ?? { value: maker.defaultValue }).value;
  let asking;
  async function load(value) {
    asking?.abort();
    asking = new AbortController();
    if (!value) return [];
    const answer = await fetch(`/api/catalogue/models?${new URLSearchParams({ maker: value })}`, { signal: asking.signal });
    return answer.ok ? (await answer.json()).items : [];
  }
  const option = (value, label) => Object.assign(document.createElement("option"), { value, textContent: label });
  async function follow() {
    if (maker.value === last) return;
    last = maker.value;
    if (model.tagName === "SELECT") model.replaceChildren(option("", model.dataset.any));
    try {
      const items = await load(maker.value);
      if (model.tagName === "SELECT") model.append(...items.map((m) => option(m.value, m.label)));
      else page.getElementById("models")?.replaceChildren(...items.map((m) => option(m.label, "")));
      form.dispatchEvent(new Event("models"));
    } catch (e) {
      if (e.name === "AbortError") return;
      // Choosing the maker once more tries again.
      last = null;
    }
  }
  maker.addEventListener("change", () => {
    if (maker.value !== last) model.value = "";
    return follow();
  });
  return follow();
}
