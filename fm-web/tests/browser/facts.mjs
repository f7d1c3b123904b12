// What buyers also ask: entered with an ad, shown on its page and side by side; and when a dealer is open.

import { checker } from "./accessible.mjs";
import { until } from "./driver.mjs";
import { World } from "./world.mjs";

/** Fields of the form, what is entered, and what the car's page says of it. */
const TYPED = { trim: "Touring Luxury Line", owners: "2", inspection_until: "05/2027", consumption: "5.2", doors: "5", seats: "5" };
const CHOSEN = { month: "5", emission_class: "euro_6", interior_color: "black", unrepaired_damage: "no" };
const SAID = ["05/2016", "Touring Luxury Line", "05/2027", "Euro 6", "5.2", "l/100"];

export const facts = (base, axe) => async (part, browser) => {
  const check = axe ? await checker(axe) : () => {};
  const world = Object.assign(new World(), { base, people: [] });
  const seller = await world.person("facts", {});
  const at = (wanted) => until(`the page ${wanted}`, async () => wanted.test(new URL(await browser.here()).pathname));
  const signsIn = async ({ name, password }, to) => {
    await browser.go(base);
    await browser.call("DELETE", "/cookie");
    await browser.go(`${base}/sign-in?to=${to}`);
    await browser.type("#i-login", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(new RegExp(`^${to}$`));
  };
  let car;
  await browser.size(1440, 900);
  await part.does("what buyers also ask is entered with an ad", async () => {
    await signsIn(seller, "/sell");
    await check(browser, "the form");
    await browser.choose("#i-maker", "bmw");
    for (const [field, text] of Object.entries({ model: "3 Series", year: "2016", mileage: "98000", price: "14900", ...TYPED })) await browser.type(`#i-${field}`, text);
    for (const [field, value] of Object.entries({ engine: "diesel", ...CHOSEN })) await browser.choose(`#i-${field}`, value);
    await browser.click('button[name=status][value="listed"]');
    await at(/^\/cars\/[^/]+$/);
    car = new URL(await browser.here()).pathname;
  });
  await part.does("the car's page says it", async () => {
    const shown = await browser.text("main");
    const missing = SAID.filter((text) => !shown.includes(text));
    if (missing.length) throw new Error(`not on the page: ${missing.join(", ")}`);
    await check(browser, "the car");
  });
  await part.does("what cannot be is told beside its field, and nothing is lost", async () => {
    await browser.go(`${base}/my/cars/${car.split("/").at(-1)}/edit`);
    await browser.type("#i-inspection_until", "soon");
    await browser.type("#i-owners", "2000");
    await browser.click(".form-foot [type=submit]");
    for (const field of ["inspection_until", "owners"]) await browser.one(`#e-${field}`);
    await check(browser, "the refused form");
    const kept = await browser.call("GET", `/element/${await browser.one("#i-trim")}/property/value`);
    if (kept !== TYPED.trim) throw new Error(`the trim is now ${JSON.stringify(kept)}`);
  });
  await part.does("a fact that is taken away is gone from the page", async () => {
    await browser.type("#i-inspection_until", "");
    await browser.type("#i-owners", "1");
    await browser.click(".form-foot [type=submit]");
    await at(new RegExp(`^${car}$`));
    if ((await browser.text("main")).includes("05/2027")) throw new Error("the inspection is still there");
  });
  if (process.env.FM_MARKET_ADMIN_PASSWORD) {
    await part.does("a dealer says when the doors are open, and buyers see it", async () => {
      await world.makeDealer({ opening_hours: {} });
      await signsIn(world.dealer, "/account");
      for (const day of ["monday", "tuesday", "wednesday", "thursday", "friday"]) await browser.type(`#i-${day}`, "9-12:30, 13:30-18");
      await browser.type("#i-saturday", "9 to noon");
      await browser.click("#hours [type=submit]");
      await browser.one("#e-saturday");
      await check(browser, "the refused hours");
      await browser.type("#i-saturday", "9-14");
      await browser.click("#hours [type=submit]");
      await browser.sees("saved");
      await check(browser, "the account");
      await browser.go(`${base}/cars/${world.dealt.id}`);
      const hours = await browser.text(".hours");
      for (const text of ["12:30", "18:00", "14:00"]) if (!hours.includes(text)) throw new Error(`the hours are: ${hours}`);
      await check(browser, "the dealer's car");
    });
  }
  await part.does("everybody leaves", () => world.leaves());
};
