// An ad expires: its seller is told, by mail and among one's own cars, and renews it before and after.

import { checker } from "./accessible.mjs";
import { until } from "./driver.mjs";
import { link } from "./mail.mjs";
import { World, age } from "./world.mjs";

let aged;
/** Two people, each with an ad whose time is nearly over and one whose time is over: made once, as it takes a minute. */
const two = (base) =>
  (aged ??= (async () => {
    const world = Object.assign(new World(), { base, people: [] });
    const sellers = [await world.person("renews", {}), await world.person("renews", {})];
    // Mails about ads go only to confirmed addresses.
    for (const seller of sellers) {
      const path = await link(process.env.FM_MARKET_DIR, `${seller.name}@example.org`, "confirm-email");
      await seller.call("PUT", "/api/auth/email-confirmation", { token: new URL(path, base).searchParams.get("token") });
    }
    const ads = await age(base, sellers, await world.photos());
    return sellers.map((seller, n) => ({ seller, ...ads[n] }));
  })());

export const renewal = (base, script, axe) => async (part, browser) => {
  const check = axe ? await checker(axe) : () => {};
  let seller, expiring, expired;
  const status = async (car) => (await seller.call("GET", `/api/cars/${car.id}`)).status;
  const days = async (car) => (Date.parse((await seller.call("GET", `/api/cars/${car.id}`)).expires) - Date.now()) / 86_400_000;
  await browser.size(1440, 900);
  await part.does("ads expire", async () => {
    ({ seller, expiring, expired } = (await two(base))[script ? 0 : 1]);
    await seller.signIn();
  });
  await part.does("the seller of an ad that is about to expire gets a mail that leads to its renewal", async () => {
    const to = `/my/cars/${expiring.id}/renew`;
    const path = await link(process.env.FM_MARKET_DIR, `${seller.name}@example.org`, `my/cars/${expiring.id}`, { ms: 90_000 });
    if (path !== to) throw new Error(`the mail leads to ${path}`);
    await browser.go(base + to);
    // Whoever follows it signs in first, and comes back.
    await browser.type("#i-login", seller.name);
    await browser.type("#i-password", seller.password);
    await browser.click(".paper form [type=submit]");
    await browser.one(`form[action="${to}"]`);
    await check(browser, "the renewal");
  });
  await part.does("one press gives the ad its time again", async () => {
    if ((await days(expiring)) > 6) throw new Error("it had its time");
    await browser.click(".paper form [type=submit]");
    await browser.one(".mine");
    await browser.sees("Expires on");
    if ((await days(expiring)) < 50) throw new Error("its time is not longer");
  });
  await part.does("an ad that has expired is marked, and renewed from one's own cars", async () => {
    await browser.one(`li:has(a[href="/cars/${expired.id}"]) .badge-expired`);
    await check(browser, "one's own cars");
    await browser.click(`form[action="/my/cars/${expired.id}/renew"] button`);
    await until("the ad on the market", async () => (await status(expired)) === "listed");
    await browser.one(".mine");
    if ((await browser.all(".badge-expired")).length) throw new Error("it is still marked as expired");
  });
  await part.does("a car that was sold meanwhile is not renewed, and its seller is told why", async () => {
    await browser.go(`${base}/my/cars/${expiring.id}/renew`);
    await seller.call("POST", `/api/cars/${expiring.id}/sold`);
    await browser.click(".paper form [type=submit]");
    await browser.one(`form[action="/my/cars/${expiring.id}/sold/undo"]`);
    await check(browser, "the sold car");
  }, /status of 409/);
  await part.does("the seller leaves", () => seller.leaves());
};
