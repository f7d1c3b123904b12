// Searches around a place: distances, nearest first, a place that is none, and back to everywhere.

import { until } from "./driver.mjs";
import { Person, fresh } from "./person.mjs";

const NONE = "There is no such place in Germany.";

export const near = (base, script) => async (part, browser) => {
  const does = (what, run) => part.does(what, run);
  const seller = await Person.arrive(base);
  const word = fresh("near").replace("-", "");
  const ad = { maker: "opel", model: "corsa", year: 2012, mileage: 80_000, description: `A ${word} car.` };
  for (const [postal_code, price] of [["80331", 3_000], ["14467", 2_000], ["10115", 1_000]]) await seller.lists({ ...ad, price, location: { postal_code } });
  const prices = async () => (await browser.run("return [...document.querySelectorAll('.found .card-price')].map((p) => p.textContent)")).join(" ");
  const shows = (expected) => until(`the prices ${expected}`, async () => (await prices()) === expected);
  const sends = () => (script ? browser.press("\uE007") : browser.click("#filters [type=submit]"));

  await browser.size(1440, 900);
  await does("a place shows what stands around it, and how far away", async () => {
    await browser.go(`${base}/cars?q=${word}&sort=price`);
    if (script) await browser.ready();
    await shows("€1,000 €2,000 €3,000");
    await browser.type("#f-near", "Berlin");
    await sends();
    await shows("€1,000 €2,000");
    await browser.sees("50 km around Berlin");
    await browser.sees("14467 Potsdam · 2");
  });
  if (script) {
    await does("places are suggested while one is typed", async () => {
      await browser.type("#f-near", "münch");
      await until("München", () => browser.run("return [...document.querySelectorAll('#l-near option')].some((o) => o.value.endsWith('München'))"));
    });
  }
  await does("the nearest come first", async () => {
    await browser.go(`${base}/cars?q=${word}&near=80331&radius=500`);
    if (script) await browser.ready();
    await browser.choose("#f-sort", "distance");
    if (!script) await browser.click(".sort noscript button, .sort button");
    await shows("€3,000 €2,000");
    await browser.sees("80331 München · less than 1 km away");
  });
  await does("a place that is none is told at its field", async () => {
    await browser.type("#f-near", "Atlantis");
    await sends();
    await browser.sees(NONE);
    const invalid = "#f-near[aria-invalid=true][aria-describedby=e-near]";
    await until("the field marked", async () => (await browser.all(invalid)).length === 1);
    await until("all three cars", async () => (await prices()).split(" ").length === 3);
  });
  await does("without the place the search is everywhere again", async () => {
    await browser.go(`${base}/cars?q=${word}&near=10115&radius=20&sort=distance`);
    if (script) await browser.ready();
    await shows("€1,000");
    await browser.click('.chips a[href$="q=' + word + '"]');
    await until("all three cars", async () => (await prices()).split(" ").length === 3);
    if ((await browser.text("main")).includes("km away")) throw new Error("distances from nowhere");
  });
  await does("the seller leaves", () => seller.leaves());
};
