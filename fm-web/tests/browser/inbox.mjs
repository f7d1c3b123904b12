// A buyer writes to a seller in a real browser, gets an answer, and hears when the seller's account is gone.

import { until } from "./driver.mjs";
import { Person, fresh } from "./person.mjs";

export const inbox = (base, script) => async (part, browser) => {
  const does = (what, run) => part.does(what, run);
  const path = async () => new URL(await browser.here()).pathname;
  const at = (wanted) => until(`the page ${wanted}`, async () => wanted.test(await path()));
  const seller = await Person.arrive(base);
  await seller.call("PATCH", "/api/me/profile", { name: "Sam Seller", location: "Kiel", phone: "030 23125 077" });
  const car = await seller.lists({ maker: "bmw", model: "3er", body: "estate", color: "blue", year: 2016, price: 13_900 });
  const name = fresh("buyer");
  const password = `Road-${Math.random().toString(36).slice(2)}-trip`;
  const conversations = () => seller.call("GET", "/api/me/conversations?unread=true");

  await browser.size(390, 844);
  await does("a stranger signs up on the way to the seller", async () => {
    await browser.go(`${base}/cars/${car.id}`);
    await browser.click('.contact a[href$="/contact"]');
    await at(/^\/sign-in$/);
    await browser.click('.paper a[href^="/sign-up"]');
    await browser.type("#i-username", name);
    await browser.type("#i-email", `${name}@example.org`);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/cars\/[^/]+\/contact$/);
  });
  await does("a message is written", async () => {
    await browser.type("#i-text", "Is it still there? <b>Bold</b>");
    await browser.click(".paper form [type=submit]");
    await at(/^\/inbox\/[^/]+$/);
    await browser.sees("Is it still there? <b>Bold</b>");
  });
  const conversation = await path();
  await does("the seller has it once, without an address", async () => {
    const { items, total } = await conversations();
    if (total !== 1 || items[0].unread !== 1 || items[0].with.name !== name) throw new Error(JSON.stringify(items));
    if (JSON.stringify(items).includes("example.org")) throw new Error("an address is shown");
  });
  await does("the answer is counted in the menu until it is read", async () => {
    await seller.call("POST", `/api/me/conversations/${conversation.split("/")[2]}/messages`, { text: "Yes, come on Saturday." });
    await browser.go(`${base}/`);
    await browser.one(".nav .count");
    await browser.click('.nav a[href="/inbox"]');
    await browser.click(`a[href="${conversation}"]`);
    await browser.sees("Yes, come on Saturday.");
    if ((await browser.all(".nav .count")).length) throw new Error("it is counted although it was read");
  });
  await does("the number is shown in full when it is asked for", async () => {
    await browser.go(`${base}/cars/${car.id}`);
    if ((await browser.source()).includes("23125 077")) throw new Error("the number is shown to everybody");
    await browser.click('.contact a[href$="/number"]');
    await browser.one('.contact a[href="tel:03023125077"]');
  });
  if (script) {
    await does("times are those of the reader's clock", async () => {
      await browser.go(base + conversation);
      await until("a time of day", async () => /\d:\d\d/.test(await browser.text(".bubble time")));
    });
  }
  await does("the conversation is reported", async () => {
    await browser.go(base + conversation);
    await browser.click(`a[href="${conversation}/report"]`);
    await browser.choose("#i-reason", "spam");
    await browser.click(".paper form [type=submit]");
    await at(/^\/inbox\/[^/]+$/);
    await browser.sees("Thank you.");
  });
  await does("a deleted account is said, and takes no answer", async () => {
    await seller.leaves();
    await browser.go(base + conversation);
    await browser.sees("Deleted account");
    if ((await browser.all("#i-text")).length) throw new Error("an answer is asked for");
  });
  await does("the buyer's account is deleted", async () => {
    await browser.go(`${base}/account/delete`);
    await browser.type("#i-confirm", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/goodbye\//);
  });
};
