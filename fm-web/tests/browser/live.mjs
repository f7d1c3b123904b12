// What scripts add to pages: counts while a form is filled in, cars that appear as they are listed, filters as a drawer.

import { until } from "./driver.mjs";
import { Person } from "./person.mjs";

const [TAB, ESCAPE] = ["\uE004", "\uE00C"];

export const live = (base) => async (part, browser) => {
  const seller = await Person.arrive(base);
  const says = (css) => browser.run("return document.querySelector(arguments[0])?.textContent ?? ''", css);
  const focused = () => browser.run("const e = document.activeElement; return e.id || e.className || e.tagName");
  const drawerCloses = async () => {
    const filters = (what) => browser.run(`const f = document.getElementById("filters"); return ${what}`);
    await until("the drawer", () => filters("'shown' in f.dataset"));
    if (!(await filters("f.contains(document.activeElement)"))) throw new Error("the focus is outside");
    await browser.press(ESCAPE);
    await until("no drawer", () => filters("!('shown' in f.dataset) && getComputedStyle(f).display === 'none'"));
    if (!(await browser.run("return document.activeElement.matches('[data-open]')"))) throw new Error("the focus is lost");
  };

  await part.does("a maker that is chosen before the script has come brings its models", async () => {
    await browser.go(base);
    const models = () => browser.run("return performance.getEntriesByType('resource').map((r) => r.name).find((n) => /models[^/]*\\.js/.test(n)) ?? ''");
    await until("the script", async () => (await models()) !== "");
    await browser.run(
      `const page = new DOMParser().parseFromString(arguments[0], "text/html");
       page.querySelector("[name=maker]").value = "skoda";
       import(arguments[1]).then((module) => module.start(page));
       window.early = page;`,
      '<form id="quick"><select name="maker"><option value=""><option value="skoda"></select><select name="model"><option value=""></select></form>',
      await models(),
    );
    await until("the models of the maker", () => browser.run("return window.early.querySelectorAll('[name=model] option').length > 1"));
  });

  await part.does("the quick search counts while it is filled in", async () => {
    await seller.lists({ maker: "skoda", model: "octavia", year: 2019, price: 15_400 });
    await browser.size(1440, 900);
    await browser.go(base);
    await browser.choose("#q-maker", "skoda");
    await until("the models of the maker", async () => (await browser.all("#q-model option")).length > 1);
    await browser.choose("#q-price", "20000");
    await until("the number of the API on the button", async () => {
      const { count } = await seller.call("GET", "/api/cars/count?maker=skoda&price_to=20000");
      return count > 0 && (await says(".quick [data-count]")).replace(/\D/g, "") === (count === 1 ? "1" : String(count));
    });
  });
  await part.does("a car appears on the start page as it is listed", async () => {
    await until("the feed", () => browser.run("return !document.querySelector('[data-live]').hidden"));
    await browser.run("window.same = true");
    const { id } = await seller.lists({ maker: "volvo", model: "v70", year: 2016, price: 11_200 });
    await until("the new car first", async () => (await browser.run("return document.querySelector('[data-latest] > li')?.dataset.car")) === id);
    if (!(await browser.run("return window.same"))) throw new Error("the page was loaded anew");
    if (!/Volvo/.test(await says("[data-live-said]"))) throw new Error("nobody was told about it");
  });
  await part.does("the first key press leads past the menu", async () => {
    await browser.go(base);
    await browser.press(TAB);
    if ((await focused()) !== "skip") throw new Error(`the focus is on ${await focused()}`);
    const { x, y, outline } = await browser.run(
      "const e = document.activeElement, r = e.getBoundingClientRect(); return { x: r.left, y: r.top, outline: getComputedStyle(e).outlineStyle }",
    );
    if (x < 0 || y < 0 || outline === "none") throw new Error(`it cannot be seen: ${x}, ${y}, ${outline}`);
  });
  await part.does("filters are a drawer on a phone", async () => {
    await browser.size(390, 844);
    await browser.opens(`${base}/cars`);
    await browser.click("[data-open]");
    await drawerCloses();
  });
  await part.does("filters that were opened before the script had come are the same drawer", async () => {
    await browser.opens(`${base}/cars?fuel=diesel#filters`);
    await drawerCloses();
    if (!(await browser.here()).endsWith("/cars?fuel=diesel")) throw new Error(`it left ${await browser.here()}`);
  });
  await part.does("the visitor leaves", () => seller.leaves());
};
