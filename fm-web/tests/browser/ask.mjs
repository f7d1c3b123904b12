// One box: what is typed becomes filters, each a chip that can be taken away; suggestions by keyboard; what means nothing stays a word.

import { until } from "./driver.mjs";

const [DOWN, ENTER, ESCAPE] = ["\uE015", "\uE007", "\uE00C"];

export const ask = (base, script) => async (part, browser) => {
  const does = (what, run) => part.does(what, run);
  const open = async (path) => {
    await browser.go(base + path);
    if (script) await browser.ready();
  };
  const query = async () => new URL(await browser.here()).searchParams;
  const arrives = (what, fits) => until(what, async () => new URL(await browser.here()).pathname === "/cars" && fits(await query()));
  const chips = () => browser.run("return [...document.querySelectorAll('.chips .chip > span:first-child')].map((c) => c.textContent)");

  await browser.size(390, 844);
  await does("a sentence becomes filters, each a chip", async () => {
    await open("/");
    await browser.type("#ask", "bmw 320 diesel bis 15000");
    await browser.click(".ask button");
    await arrives("the filters", (q) => q.get("maker") === "bmw" && q.get("model") === "3er" && q.get("engine") === "diesel" && q.get("price_to") === "15000");
    const seen = (await chips()).join(", ");
    if (seen !== "BMW, 3 Series, Diesel, to €15,000") throw new Error(`the chips are ${seen}`);
  });
  await does("a chip can be taken away", async () => {
    await browser.click('.chips a[href*="price_to"]:not([href*="engine"])');
    await arrives("no engine", (q) => !q.has("engine") && q.get("price_to") === "15000");
  });
  await does("mistakes and umlauts are understood, from the results too", async () => {
    await open("/cars");
    await browser.type("#ask", "schwarzer pasat in muenchen");
    await browser.click(".ask button");
    await arrives("the filters", (q) => q.get("model") === "passat" && q.get("color") === "black" && q.get("near") === "München");
  });
  await does("words without a meaning are looked for", async () => {
    await open("/cars");
    await browser.type("#ask", "golf xyzzyplugh");
    await browser.click(".ask button");
    await arrives("the word", (q) => q.get("model") === "golf" && q.get("q") === "xyzzyplugh");
    await browser.sees("No car fits all of that.");
  });
  if (!script) return;
  await does("suggestions open while somebody types, and Escape closes them", async () => {
    await open("/");
    await browser.type("#ask", "audi cabr");
    await until("suggestions", () => browser.run("const l = document.getElementById('ask-list'); return !l.hidden && l.textContent.includes('Convertible')"));
    await browser.press(ESCAPE);
    await until("no suggestions", () => browser.run("return document.getElementById('ask-list').hidden && document.getElementById('ask').getAttribute('aria-expanded') === 'false'"));
  });
  await does("the arrow chooses a suggestion and Enter goes there", async () => {
    await browser.press(DOWN);
    await until("a chosen one", () => browser.run("return document.getElementById('ask').getAttribute('aria-activedescendant') === 'ask-1'"));
    await browser.press(ENTER);
    await arrives("the filters", (q) => q.get("maker") === "audi" && q.get("body") === "convertible");
  });
};
