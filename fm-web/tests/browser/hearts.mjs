// Remembers cars without an account, takes them into one, compares them and sees a price fall.

import { until } from "./driver.mjs";
import { Person, fresh } from "./person.mjs";

export const hearts = (base, script) => async (part, browser) => {
  const does = (what, run) => part.does(what, run);
  // A heart that is pressed before the scripts have begun is a form.
  const opens = (url) => (script ? browser.opens(url) : browser.go(url));
  /** Clicks where neither the menu nor the bar at the bottom lies above. */
  const press = async (css) => {
    await browser.one(css);
    await browser.run(`document.querySelector(${JSON.stringify(css)}).scrollIntoView({ block: "center", behavior: "instant" })`);
    await browser.click(css);
  };
  const seller = await Person.arrive(base);
  const cars = [];
  for (const price of [13_900, 12_500]) cars.push(await seller.lists({ maker: "bmw", model: "3er", body: "estate", color: "blue", year: 2016, mileage: price * 7, price }));
  const mine = `${base}/cars?seller=${cars[0].owner_id}`;
  await until("the cars in the search", async () => (await seller.call("GET", `/api/cars/count?seller=${cars[0].owner_id}`)).count === 2);
  const name = fresh("fan");
  const password = `Road-${Math.random().toString(36).slice(2)}-trip`;

  await browser.size(390, 844);
  await does("two cars are remembered without an account", async () => {
    await opens(mine);
    for (const car of cars) {
      await press(`#c-${car.id} .heart`);
      // Without scripts each press is a new page; with them two in a row must not get into each other's way.
      if (!script) await until("the page again", async () => (await browser.here()).includes(`#c-${car.id}`));
    }
    await until("two hearts", async () => (await browser.all('.heart[aria-pressed="true"][name="remove"]:not([aria-busy="true"])')).length === 2);
    if (script && !(await browser.here()).endsWith(`seller=${cars[0].owner_id}`)) throw new Error("the page was left");
  });
  await does("they are still there on another page, and one is forgotten", async () => {
    await opens(`${base}/favourites`);
    if ((await browser.all(".kept")).length !== 2) throw new Error("not two");
    await press(`#c-${cars[1].id} .heart`);
    await until("one heart", async () => (await browser.go(`${base}/favourites`), (await browser.all(".kept")).length === 1));
    await opens(mine);
    await press(`#c-${cars[1].id} .heart`);
    await until("two hearts", async () => (await browser.all('.heart[aria-pressed="true"][name="remove"]:not([aria-busy="true"])')).length === 2);
  });
  await does("they are compared", async () => {
    await opens(`${base}/favourites`);
    for (const car of cars) await press(`.kept input[value="${car.id}"]`);
    await browser.click(".compare-go button");
    await browser.one(".versus .best");
  });
  await does("the account takes them over", async () => {
    await browser.go(`${base}/sign-up?to=/favourites`);
    await browser.type("#i-username", name);
    await browser.type("#i-email", `${name}@example.org`);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await until("two cars in the account", async () => (await browser.all(".kept")).length === 2 && !(await browser.source()).includes("in this browser only"));
  });
  await does("a fallen price is marked", async () => {
    await seller.call("PATCH", `/api/cars/${cars[0].id}`, { price: 12_900 });
    await opens(`${base}/favourites`);
    await browser.sees("€1,000 less");
  });
  await does("a car that is gone is said", async () => {
    await seller.leaves();
    await opens(`${base}/favourites`);
    await browser.sees("2 cars that you remembered are no longer offered.");
    await browser.click(".gone button");
    await browser.sees("Nothing remembered yet.");
  });
  await does("the account is deleted", async () => {
    await browser.go(`${base}/account/delete`);
    await browser.type("#i-confirm", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await until("the farewell", async () => new URL(await browser.here()).pathname.startsWith("/goodbye/"));
  });
};
