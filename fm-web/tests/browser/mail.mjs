// Mails of a market on this machine, which are files: the address confirmed, a password forgotten, links used twice, unsubscribed.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./driver.mjs";
import { Person, fresh } from "./person.mjs";

/** The newest mail to an address with a link to a page: that link's path. Mails are quoted-printable (RFC 2045, section 6.7). */
export async function link(market, address, page, { but = [], ms = 10_000 } = {}) {
  const folder = join(market, "mails");
  let path;
  await until(`a mail to ${address} with a link to ${page}`, async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".eml"));
    for (const name of names) {
      const mail = (await readFile(join(folder, name), "utf8")).replaceAll("=\r\n", "").replaceAll("=3D", "=");
      const found = mail.includes(`To: ${address}\r\n`) && mail.match(new RegExp(`https?://[^\\s/]+(/${page}[/?][\\w=-]+)`));
      if (found && !but.includes(found[1])) path = found[1];
    }
    return Boolean(path);
  }, ms);
  return path;
}

export const mail = (base, market) => async (part, browser) => {
  const name = fresh("mail");
  const address = `${name}@example.org`;
  const says = (text) => until(`"${text}" on the page`, async () => (await browser.source()).includes(text));
  const press = () => browser.click(".paper form [type=submit]");
  const signIn = async (password) => {
    await browser.go(`${base}/sign-in`);
    await browser.type("#i-login", address);
    await browser.type("#i-password", password);
    await press();
  };

  await part.does("who signs up is asked to confirm the address", async () => {
    await browser.go(`${base}/sign-up`);
    await browser.type("#i-username", name);
    await browser.type("#i-email", address);
    await browser.type("#i-password", "Road-and-trip-1");
    await press();
    await says("We have sent you an email");
    await browser.go(`${base}/account`);
    await says("Send the email again");
  });
  const confirmation = await link(market, address, "confirm-email");
  await part.does("the link of the mail confirms it, once", async () => {
    await browser.go(base + confirmation);
    await press();
    await says("Your email address is confirmed.");
    if ((await browser.source()).includes("Send the email again")) throw new Error("the account still asks");
    await browser.go(base + confirmation);
    await press();
    await says("This link no longer works");
  });
  await part.does("a forgotten password is replaced by the link of a mail, once", async () => {
    await browser.call("DELETE", "/cookie");
    await browser.go(`${base}/sign-in`);
    await browser.click(".beside a");
    await browser.type("#i-email", address.toUpperCase());
    await press();
    await says("If there is an account with this address");
    const reset = await link(market, address, "new-password");
    await browser.go(base + reset);
    await browser.type("#i-new_password", "Road-and-trip-2");
    await press();
    await says("Please sign in with the new one.");
    await browser.go(base + reset);
    await browser.type("#i-new_password", "Road-and-trip-3");
    await press();
    await says("This link no longer works");
    await signIn("Road-and-trip-1");
    await browser.one("[role=alert]");
    await signIn("Road-and-trip-2");
    await says("You are signed in.");
  });
  await part.does("a message is mailed, and the mail's link turns such mails off", async () => {
    const seller = Object.assign(new Person(), { base });
    seller.token = (await seller.call("POST", "/api/auth/sign-in", { login: address, password: "Road-and-trip-2" })).access_token;
    const car = await seller.lists({ maker: "audi", model: "a4", year: 2018, price: 17_900 });
    const buyer = await Person.arrive(base);
    const begun = await buyer.call("POST", "/api/me/conversations", { car_id: car.id, text: "Is it still there?" });
    const inbox = await link(market, address, "inbox");
    if (inbox !== `/inbox/${begun.id}`) throw new Error(`the mail leads to ${inbox}`);
    await browser.go(base + inbox);
    await says("Is it still there?");
    await browser.go(base + (await link(market, address, "unsubscribe")));
    await press();
    await says("You get no more of these emails");
    await browser.go(`${base}/account`);
    const source = await browser.source();
    const ticked = ["messages", "alerts"].filter((mails) => new RegExp(`name="${mails}"[^>]* checked`).test(source));
    if (ticked.join() !== "alerts") throw new Error(`the account has ticked ${ticked}`);
  });
};
