// Trades in a real browser: sign up, sell with pictures, find, change the price, mark as sold, delete, delete the account.
// Makes an account of its own and deletes it.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./driver.mjs";
import { fresh } from "./person.mjs";
import { png } from "./png.mjs";

export const journey = (base, script) => async (part, browser) => {
  const name = fresh("journey");
  const password = `Road-${Math.random().toString(36).slice(2)}-trip`;
  const text = `Journey ${name.slice(8)}`;
  const does = (what, run) => part.does(what, run);
  const path = async () => new URL(await browser.here()).pathname;
  const at = (wanted) => until(`the page ${wanted}`, async () => wanted.test(await path()));

  await browser.size(1440, 900);
  let car;
  await does("a stranger is led to sign up and comes back", async () => {
    await browser.go(`${base}/sell`);
    await at(/^\/sign-in$/);
    const ran = await until("the page's scripts", async () => (await browser.source()).includes('data-script="on"'), script ? 5_000 : 500).catch(() => false);
    if (ran !== script) throw new Error(`scripts ran: ${ran}`);
    await browser.click('.paper a[href^="/sign-up"]');
    await at(/^\/sign-up$/);
    await browser.type("#i-username", name);
    await browser.type("#i-email", `${name}@example.org`);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/sell$/);
  });
  await does("a car is described", async () => {
    await browser.choose("#i-maker", "bmw");
    await browser.type("#i-model", "3 Series");
    await browser.choose("#i-body", "sedan");
    await browser.type("#i-year", "2015");
    await browser.type("#i-mileage", "98000");
    await browser.choose("#i-color", "blue");
    await browser.type("#i-price", "12900");
    await browser.type("#i-postal_code", "04109");
    if (script) await until("the meter", async () => (await browser.text(".complete-count")) === "4 of 8");
    await browser.type("#i-description", text);
    await browser.click('button[name=status][value="draft"]');
    await at(/^\/my\/cars\/[^/]+\/pictures$/);
    car = (await path()).split("/")[3];
  });
  await does("pictures are uploaded and ordered", async () => {
    const files = ["blue.png", "red.png"].map((picture) => join(browser.profile, picture));
    await writeFile(files[0], png(640, 480, [40, 90, 180]));
    await writeFile(files[1], png(640, 480, [180, 40, 40]));
    await browser.type("#i-images", files.join("\n"));
    if (!script) await browser.click("#upload button");
    await until("two pictures", async () => (await browser.all(".shot")).length === 2);
    const first = () => browser.call("GET", "/element/active").then(() => browser.source()).then((html) => html.match(/\/images\/([^/]+)\/card/)?.[1]);
    const before = await first();
    await browser.click('.shot:nth-child(2) button[value="main"]');
    await until("the other picture first", async () => (await first().catch(() => before)) !== before);
  });
  await does("the car is published", async () => {
    await browser.click('form[action$="/publish"] button');
    await at(new RegExp(`^/cars/${car}$`));
    await browser.sees("12,900");
  });
  await does("it is found by filters and by text", async () => {
    await until("the car among the results", async () => {
      await browser.go(`${base}/cars?maker=bmw&price_to=13000&q=${encodeURIComponent(text)}`);
      return (await browser.source()).includes(car);
    });
  });
  if (script) {
    await does("filters answer while they are set", async () => {
      await browser.go(`${base}/cars?maker=bmw`);
      const count = () => browser.text("[data-count-said]");
      const before = await count();
      // Nobody offers that; there may be no other of this maker than the one that was just listed.
      await browser.type("#f-q", `${text} unheardof`);
      await until("another number of cars", async () => (await count()) !== before && (await browser.here()).includes("q="));
      await browser.call("POST", "/back", {});
      await until("the number that was", async () => (await count()) === before);
    });
  }
  await does("it is on the start page", async () => {
    await until("the car among the last added", async () => {
      await browser.go(base);
      return (await browser.source()).includes(car);
    });
  });
  await does("its price is changed", async () => {
    await browser.go(`${base}/my/cars/${car}/edit`);
    await browser.type("#i-price", "11900");
    await browser.click(".form-foot [type=submit]");
    await at(new RegExp(`^/cars/${car}$`));
    await browser.sees("11,900");
  });
  if (script) {
    await does("a form that is filled in wrongly says where", async () => {
      await browser.go(`${base}/my/cars/${car}/edit`);
      await browser.type("#i-year", "1066");
      // What the browser itself would say comes first otherwise.
      await browser.run("document.getElementById('sell').noValidate = true");
      await browser.click(".form-foot [type=submit]");
      await browser.one("#e-year");
    });
  }
  await does("it is marked as sold", async () => {
    await browser.go(`${base}/my/cars`);
    await browser.click(`a[href="/my/cars/${car}/sold"]`);
    await browser.click(".paper form [type=submit]");
    await at(/^\/my\/cars$/);
    await browser.sees("Sold");
  });
  await does("the sale is undone, and done again", async () => {
    await browser.click(`form[action="/my/cars/${car}/sold/undo"] button`);
    await browser.sees("on the market again");
    await browser.click(`a[href="/my/cars/${car}/sold"]`);
    await browser.click(".paper form [type=submit]");
    await browser.sees("Sold");
  });
  await does("sign out and in again", async () => {
    await browser.go(`${base}/account`);
    await browser.click('form[action="/sign-out"] button');
    await at(/^\/$/);
    await browser.go(`${base}/my/cars`);
    await at(/^\/sign-in$/);
    await browser.type("#i-login", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/my\/cars$/);
  });
  await does("the account is deleted with all that belongs to it", async () => {
    await browser.go(`${base}/account/delete`);
    await browser.type("#i-confirm", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/goodbye\//);
    await until("everything deleted", async () => (await browser.source()).includes("Everything is deleted"), 30_000);
    await until("the car gone", async () => {
      await browser.go(`${base}/cars/${car}`);
      return (await browser.source()).includes("Nothing is parked here");
    });
  });
};
