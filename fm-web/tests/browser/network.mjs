// What a page does while something is on its way, or does not come.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./driver.mjs";
import { Person } from "./person.mjs";
import { png } from "./png.mjs";

/** Stands in for the stream of cars, before the page's scripts run; counts what the page fetches. */
const FEED = `
  window.feeds = [];
  window.EventSource = class extends EventTarget {
    constructor() { super(); feeds.push(this); setTimeout(() => this.dispatchEvent(new Event("open"))); }
    close() { this.closed = true; }
  };
  window.cards = { now: 0, most: 0, all: 0 };
  const fetched = window.fetch;
  window.fetch = async (...args) => {
    if (!String(args[0]).endsWith("/card")) return fetched(...args);
    cards.all += 1;
    cards.most = Math.max(cards.most, ++cards.now);
    try { return await fetched(...args); } finally { cards.now -= 1; }
  };
  window.list = (cars) => { for (const [car_id, title] of cars) for (const f of feeds) if (!f.closed) f.dispatchEvent(new MessageEvent("listed", { data: JSON.stringify({ car_id, title }) })); };`;

export const network = (base) => async (part, browser) => {
  const seller = await Person.arrive(base);
  const line = (how) => browser.cdp("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1, ...how });
  const text = (css) => browser.run("return document.querySelector(arguments[0])?.textContent.trim() ?? ''", css);
  await browser.cdp("Network.enable");
  await browser.size(1440, 900);
  // Filters without a car cannot be chosen.
  await seller.lists({ maker: "volvo", model: "v70", body: "estate", year: 2016, price: 4_900 });
  await until("its number", async () => (await seller.call("GET", "/api/cars/count?body=estate&price_to=5000")).count > 0);

  await part.does("filters that cannot be answered say so, and are answered when the line is back", async () => {
    await browser.opens(`${base}/cars`);
    const [count, button] = [await text("[data-count-said]"), await text("#filters [data-count]")];
    await line({ offline: true });
    await browser.run("document.querySelector('[name=body][value=estate]').click()");
    await until("the remark", () => browser.run("return !document.querySelector('[data-failed]').hidden"));
    if ((await text("[data-count-said]")) === count) throw new Error(`the old number stays: ${count}`);
    if ((await text("#filters [data-count]")) !== "Show cars") throw new Error(`the button says ${await text("#filters [data-count]")}, before: ${button}`);
    await browser.complaints();
    await line({});
    await until("the results", async () => (await browser.here()).includes("body=estate") && (await browser.run("return document.querySelector('[data-failed]').hidden")));
    await until("a number", async () => /^(\d|No)/.test(await text("[data-count-said]")));
  });
  await part.does("the quick search shows no number of another search", async () => {
    await browser.opens(base);
    await line({ offline: true });
    await browser.choose("#q-price", "5000");
    await until("no number", async () => (await text(".quick [data-count]")) === "Show cars");
    await browser.complaints();
    await line({});
    await until("its number", async () => /^(Show [\d,]+ car|No car)/.test(await text(".quick [data-count]")));
  });
  await part.does("back on the start page the number is that of what is chosen", async () => {
    await browser.opens(base);
    await browser.choose("#q-price", "5000");
    const { count } = await seller.call("GET", "/api/cars/count?price_to=5000");
    const says = async () => (await text(".quick [data-count]")).replace(/\D/g, "") === (count ? String(count) : "");
    await until("the number", says);
    await browser.click(".body-tile");
    await until("the results", async () => (await browser.here()).includes("/cars?"));
    // Not kept in memory: the browser loads the page anew, and puts back what was chosen.
    await browser.cdp("Network.clearBrowserCache");
    await browser.call("POST", "/back", {});
    await until("the start page", async () => (await browser.all("#quick")).length === 1);
    await browser.ready();
    await until("what was chosen", () => browser.run("return document.querySelector('#q-price').value === '5000'"));
    await until("the number again", says);
  });

  const { identifier } = await browser.cdp("Page.addScriptToEvaluateOnNewDocument", { source: FEED });
  // Those that the page shows anyway are others.
  const made = [];
  for (let n = 0; n < 20; n++) made.push(await seller.lists({ maker: "volvo", model: "v70", year: 2016, price: 11_000 + n }));
  const [items, shown] = [made.slice(0, 12), made.slice(12)];
  await until("the newest cars", async () => (await seller.call("GET", "/api/tracks/latest?limit=8")).items.every((track) => shown.some((car) => car.id === track.car_id)));
  await part.does("however many cars are listed at once, one is fetched at a time and only the newest", async () => {
    await browser.opens(base);
    await until("the feed", () => browser.run("return window.feeds?.length > 0 && !document.querySelector('[data-live]').hidden"));
    const cars = Array.from({ length: 400 }, (_, n) => items[n % items.length]).map((c) => [c.id, c.title]);
    await browser.run("list(arguments[0])", cars);
    const newest = cars.at(-1)[0];
    await until("the newest car first", () => browser.run("return document.querySelector('[data-latest] > li')?.dataset.car === arguments[0]", newest));
    await until("nothing on its way", () => browser.run("return cards.now === 0"));
    const { most, all } = await browser.run("return cards");
    if (most !== 1 || all > 9) throw new Error(`${all} cards were fetched, ${most} at a time`);
    if ((await browser.all("[data-latest] > li")).length > 9) throw new Error("the list has grown");
  });
  await part.does("the list of new cars can be stopped and goes on when it is wanted", async () => {
    await browser.click("[data-live-pause]");
    await until("the feed closed", () => browser.run("return feeds.every((f) => f.closed) && document.querySelector('[data-live]').hidden"));
    await browser.run("list(arguments[0])", items.slice(0, 3).map((c) => [c.id, c.title]));
    await browser.opens(base);
    await until("the page", async () => (await text("[data-live-pause]")) === "Keep up to date");
    if (await browser.run("return feeds.length")) throw new Error("another page began again by itself");
    await browser.click("[data-live-pause]");
    await until("the feed again", () => browser.run("return feeds.length === 1 && !document.querySelector('[data-live]').hidden"));
    if ((await text("[data-live-pause]")) !== "Pause") throw new Error(`the button says ${await text("[data-live-pause]")}`);
  });
  await browser.cdp("Page.removeScriptToEvaluateOnNewDocument", { identifier });

  const draft = () => seller.lists({ maker: "volvo", model: "v70", year: 2016, price: 11_200, status: "draft" });
  const [good, bad] = ["good.png", "bad.png"].map((name) => join(browser.profile, name));
  await writeFile(good, png(640, 480, [40, 90, 180]));
  await writeFile(bad, "not a picture");
  const first = await draft();
  await part.does("a good picture beside a bad one is shown, and the bad one has its reason", async () => {
    await browser.opens(`${base}/sign-in?to=/my/cars/${first.id}/pictures`);
    await browser.type("#i-login", seller.name);
    await browser.type("#i-password", seller.password);
    await browser.click(".paper form [type=submit]");
    await browser.one("#i-images");
    await browser.ready();
    await browser.type("#i-images", [bad, good].join("\n"));
    await until("the reason", async () => /bad\.png was not taken: /.test(await text("[data-sending]")));
    await until("the good picture", async () => (await browser.all(".shot img")).length === 1);
    await until("the reason still", async () => /bad\.png was not taken: Only JPEG/.test(await text("[data-sending]")));
    // The console tells of each refused request.
    await browser.complaints();
  });
  const slow = () => line({ uploadThroughput: 20_000 });
  const large = join(browser.profile, "large.png");
  await writeFile(large, Buffer.concat([png(640, 480, [180, 40, 40]), Buffer.alloc(60_000)]));
  await part.does("publish waits for pictures that are on their way", async () => {
    const { id } = await draft();
    await browser.opens(`${base}/my/cars/${id}/pictures`);
    await slow();
    await browser.type("#i-images", [large, good].join("\n"));
    await browser.one("[data-sending] progress");
    await browser.click('form[action$="/publish"] button');
    await until("what it waits for", async () => /as soon as the pictures are there/.test(await text("[data-arranged]")));
    if ((await seller.call("GET", `/api/cars/${id}`)).status !== "draft") throw new Error("it was published at once");
    await line({});
    await until("the car's page", async () => new URL(await browser.here()).pathname === `/cars/${id}`, 30_000);
    const { status, images } = await seller.call("GET", `/api/cars/${id}`);
    if (status !== "listed" || images.length !== 2) throw new Error(`${status} with ${images.length} pictures`);
  });
  await part.does("publish does not go on when a picture was not taken", async () => {
    const { id } = await draft();
    await browser.opens(`${base}/my/cars/${id}/pictures`);
    await slow();
    await browser.type("#i-images", [large, bad].join("\n"));
    await browser.one("[data-sending] progress");
    await browser.click('form[action$="/publish"] button');
    await line({});
    await until("why not", async () => /^Not published yet/.test(await text("[data-arranged]")), 30_000);
    if ((await seller.call("GET", `/api/cars/${id}`)).status !== "draft") throw new Error("it was published");
    await browser.complaints();
    await browser.click('form[action$="/publish"] button');
    await until("published on the second wish", async () => new URL(await browser.here()).pathname === `/cars/${id}`);
  });
  await line({});
  await part.does("the visitor leaves", () => seller.leaves());
};
