// The people and cars that the pages are shown with, made by the API.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./driver.mjs";
import { Person, drawn, fresh } from "./person.mjs";

const TEXT = "One owner, garaged, serviced on time at the same workshop.\n\nBoth keys, winter tyres on rims included.";
const restart = (env) => promisify(execFile)(join(process.env.FM_MARKET_SCRIPTS, "restart"), ["fm-cars"], { env: { ...process.env, FM_DEV_DIR: process.env.FM_MARKET_DIR, ...env } });

/** Lists an ad whose time is nearly over, and one whose time is over, of each of these people: for a moment ads of the market last days, and seconds. */
export async function age(base, people, photos) {
  const list = (some) => Promise.all(people.map((person) => person.lists(WHOLE, some)));
  await restart({ FM_AD_LIFETIME: "5d", FM_AD_EXPIRY_NOTICE: "4d" });
  const expiring = await list(photos);
  await restart({ FM_AD_LIFETIME: "2s", FM_AD_EXPIRY_NOTICE: "1s" });
  const expired = await list(photos.slice(0, 2));
  await restart({});
  // What expires is looked for once a minute.
  const is_over = async ({ id }, n) => (await people[n].call("GET", `/api/cars/${id}`)).status === "expired";
  await until("ads that have expired", async () => (await Promise.all(expired.map(is_over))).every(Boolean), 90_000);
  return people.map((_, n) => ({ expiring: expiring[n], expired: expired[n] }));
}

/** An ad that says all that ads can say. */
export const WHOLE = {
  maker: "bmw", model: "3er", body: "estate", engine: "diesel", gearbox: "automatic", color: "blue", power_ps: 150, year: 2016, month: 5, mileage: 98_000, price: 14_900,
  description: TEXT, trim: "320d xDrive Touring Luxury Line", owners: 2, inspection_until: "2027-05", doors: 5, seats: 5, emission_class: "euro_6", consumption: 5.2,
  interior_color: "black", unrepaired_damage: false, location: { postal_code: "04109" },
  options: ["abs", "esp", "climate_control", "heated_seats", "navigation", "parking_sensors", "tow_bar", "alloy_wheels", "service_history"],
};
const PRIVATE = { name: "Anna Berger", location: "Leipzig", phone: "030 23125 014", about: "Two children, one dog, and now a car too many." };
const DEALER = { name: "Autohaus Donaudampfschifffahrt", location: "Berlin", phone: "030 23125 500", about: "Used cars with inspection and guarantee." };
const HOURS = Object.fromEntries(
  ["monday", "tuesday", "wednesday", "thursday", "friday"].map((day) => [day, [{ from: "09:00", to: "12:30" }, { from: "13:30", to: "18:00" }]]).concat([["saturday", [{ from: "09:00", to: "14:00" }]]]),
);

export class World {
  /** What this market lets states need. */
  static has({ alone }) {
    const { FM_MARKET_ADMIN_PASSWORD, FM_MARKET_DIR, FM_MARKET_SCRIPTS } = process.env;
    return new Set([...(FM_MARKET_ADMIN_PASSWORD ? ["admin"] : []), ...(alone && FM_MARKET_DIR && FM_MARKET_SCRIPTS ? ["alone"] : [])]);
  }
  /** Makes what most pages need. */
  static async make(base) {
    const world = Object.assign(new World(), { base, market: process.env.FM_MARKET_DIR, people: [] });
    world.seller = await world.person("seller", PRIVATE);
    world.buyer = await world.person("buyer", {});
    const { seller } = world;
    const photos = await world.photos();
    world.shown = await seller.lists(WHOLE, photos);
    await seller.call("PATCH", `/api/cars/${world.shown.id}`, { price: 13_900 });
    world.damaged = await seller.lists({ maker: "fiat", model: "500", body: "small", color: "red", year: 2012, price: 1_900, owners: 4, doors: 3, seats: 4, unrepaired_damage: true });
    world.draft = await seller.lists({ maker: "opel", model: "astra", year: 2011, price: 3_700, status: "draft" }, photos.slice(0, 1));
    world.sold = await seller.lists({ ...WHOLE, maker: "ford", model: "focus", color: "silver", year: 2014, price: 6_200 }, photos.slice(0, 2));
    await seller.call("POST", `/api/cars/${world.sold.id}/sold`);
    await until("the cars in the search", async () => (await seller.call("GET", `/api/cars/count?seller=${world.shown.owner_id}`)).count === 2);
    return world;
  }
  async person(name, profile) {
    const person = await Person.arrive(this.base, fresh(name));
    if (Object.keys(profile).length) await person.call("PATCH", "/api/me/profile", profile);
    this.people.push(person);
    return person;
  }
  /** Pictures of a car of the market; drawn ones where it has none. */
  async photos() {
    const { items } = await (await fetch(`${this.base}/api/cars?per_page=1`)).json();
    const answers = await Promise.all((items[0]?.images ?? []).slice(0, 6).map(({ key }) => fetch(`${this.base}/images/${key}/full`)));
    if (answers.length > 2 && answers.every((answer) => answer.ok)) return Promise.all(answers.map((answer) => answer.blob()));
    return drawn(3);
  }
  /** Who may see what users report; nobody where the market's password is not known. */
  get admin() {
    const [login, password] = [process.env.FM_MARKET_ADMIN_EMAIL, process.env.FM_MARKET_ADMIN_PASSWORD];
    return password ? { name: login, password } : undefined;
  }
  async makeDealer(profile = { opening_hours: HOURS }) {
    this.dealer = await this.person("dealer", DEALER);
    const admin = Object.assign(new Person(), { base: this.base, ...this.admin });
    await admin.signIn();
    const { id } = await this.dealer.call("GET", "/api/me");
    await admin.call("PUT", `/api/admin/users/${id}/roles`, { roles: ["user", "dealer"] });
    await this.dealer.signIn();
    await this.dealer.call("PATCH", "/api/me/profile", profile);
    this.dealt = await this.dealer.lists({ ...WHOLE, maker: "audi", model: "a4", color: "grey", price: 18_400 }, await this.photos());
  }
  async talk() {
    const { buyer, seller, shown } = this;
    this.talk_id = (await buyer.call("POST", "/api/me/conversations", { car_id: shown.id, text: "Hello,\nis it still there? I could come on Saturday morning." })).id;
    await seller.call("POST", `/api/me/conversations/${this.talk_id}/messages`, { text: "Yes, Saturday at ten would be fine." });
    await buyer.call("POST", `/api/me/conversations/${this.talk_id}/messages`, { text: "See you then!" });
  }
  async report() {
    await this.buyer.call("PUT", `/api/me/reports/${this.shown.id}`, { reason: "fraud", text: "The pictures are of another car." });
    await this.buyer.call("PUT", `/api/me/conversations/${this.talk_id}/report`, { reason: "spam" });
  }
  async remember() {
    const gone = await this.seller.lists({ ...WHOLE, maker: "opel", model: "corsa", price: 7_900 });
    for (const car of [this.shown, this.damaged, gone]) await this.seller.call("PUT", `/api/me/favourites/${car.id}?price=15000`);
    await this.seller.call("POST", `/api/cars/${gone.id}/sold`);
    const filters = { maker: ["bmw"], price_to: 20_000 };
    await this.seller.call("POST", "/api/me/searches", { name: "BMW, to €20,000", filters });
    const other = await this.person("other", {});
    const told = await other.lists({ ...WHOLE, price: 17_500, color: "white" }, (await this.photos()).slice(0, 3));
    await other.call("PATCH", `/api/cars/${told.id}`, { price: 16_900 });
    await until("alerts", async () => (await this.seller.call("GET", "/api/me/alerts")).items.length > 0);
  }
  async age() {
    this.ageing = await this.person("ageing", PRIVATE);
    [{ expiring: this.expiring, expired: this.expired }] = await age(this.base, [this.ageing], await this.photos());
  }
  async end() {
    const person = await this.person("leaving", {});
    const { status_url } = await person.call("DELETE", "/api/me", { password: person.password });
    this.people.pop();
    this.goodbye = status_url.split("/").at(-1);
    await until("the account deleted", async () => (await person.call("GET", status_url)).state === "done", 30_000);
  }
  /** Holds a process of the market, on this machine, while something is done. */
  async without(service, doing) {
    const pid = Number((await readFile(join(this.market, "pids", service), "utf8")).split(" ")[0]);
    process.kill(pid, "SIGSTOP");
    try {
      await doing();
    } finally {
      process.kill(pid, "SIGCONT");
    }
    const probe = { "fm-cars": "/api/cars/count", "fm-tracker": "/api/tracks/latest" }[service];
    await until(`${service} again`, async () => (await fetch(this.base + probe)).ok, 30_000);
  }
  /** Access tokens end sooner than a walk through all pages. */
  async signsIn() {
    await Promise.all(this.people.map((person) => person.signIn()));
  }
  async leaves() {
    await this.signsIn();
    await Promise.all(this.people.map((person) => person.leaves()));
  }
}
