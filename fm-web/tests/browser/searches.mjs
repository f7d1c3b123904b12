// Saves a search, hears of a car that matches and of its fallen price, each once.

import { until } from "./driver.mjs";
import { Person, fresh } from "./person.mjs";

export const searches = (base, script) => async (part, browser) => {
  const does = (what, run) => part.does(what, run);
  const seller = await Person.arrive(base);
  const name = fresh("seeker");
  const password = `Road-${Math.random().toString(36).slice(2)}-trip`;
  const word = `rare${Math.random().toString(36).slice(2, 8)}`;
  let car;
  const alerts = async (n) => {
    await until(`${n} alerts`, async () => {
      await browser.go(`${base}/searches`);
      return (await browser.all("time")).length === n;
    });
  };

  await browser.size(390, 844);
  await does("a stranger signs up to save a search", async () => {
    await browser.go(`${base}/cars?maker=bmw&price_to=15000&q=${word}`);
    await browser.click(".save-search a");
    await browser.click('.paper a[href^="/sign-up"]');
    await browser.type("#i-username", name);
    await browser.type("#i-email", `${name}@example.org`);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await browser.click(".save-search button");
    await until("the saved search", async () => new URL(await browser.here()).pathname === "/searches");
    await browser.sees("BMW");
  });
  await does("a car that matches is told once", async () => {
    car = await seller.lists({ maker: "bmw", model: "3er", year: 2016, mileage: 90_000, price: 14_000, description: `A ${word} car.` });
    await seller.lists({ maker: "bmw", model: "3er", year: 2016, mileage: 90_000, price: 15_500, description: `A ${word} car.` });
    await until("a number in the menu", async () => (await browser.go(base), (await browser.all('.nav a[href="/favourites"] .count')).length === 1));
    await alerts(1);
    await browser.go(base);
    if ((await browser.all('.nav a[href="/favourites"] .count')).length) throw new Error("it is counted although it was seen");
  });
  await does("a fallen price is told", async () => {
    await seller.call("PATCH", `/api/cars/${car.id}`, { price: 13_000 });
    await alerts(2);
    await browser.sees("€1,000 cheaper");
  });
  await does("the search is removed", async () => {
    await browser.click(".letter-act button");
    await browser.sees("No saved searches yet.");
  });
  await does("the accounts are deleted", async () => {
    await seller.leaves();
    await browser.go(`${base}/account/delete`);
    await browser.type("#i-confirm", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await until("the farewell", async () => new URL(await browser.here()).pathname.startsWith("/goodbye/"));
  });
};
