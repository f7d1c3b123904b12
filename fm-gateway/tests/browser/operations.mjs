// The part of the story that is about services: a message that could not be handled, an instance that is taken out.

import { same, until } from "./browser.mjs";
import { answered_by, die_over_the_messages_of, is_shown_as_new, scale, seller } from "./market.mjs";

export const SERVICE = "fm-tracker";
/** Enough requests that each of two instances would get some. */
const REQUESTS = 20;

/** Makes a dead letter of a car that somebody lists, and gives the car. Afterwards the service has two instances. */
export async function makes_a_dead_letter(admin, who) {
  await scale(SERVICE, 0);
  const car = await who.lists_a_car();
  const deaths = await die_over_the_messages_of(`fm.${SERVICE}.events`);
  if (deaths < 2) throw new Error(`the broker gave the message up after ${deaths} attempts`);
  await scale(SERVICE, 2);
  await until("the dead letter", async () => {
    await admin.go(`/admin/bus/${SERVICE}`);
    return admin.page.locator("tbody tr").count();
  });
  return car;
}

/** A dead letter is shown and replayed, and the service handles it. Afterwards the service has two instances. */
export async function replays_a_dead_letter(admin, shows, mark) {
  const who = await seller(`seller-${mark}`);
  const car = await makes_a_dead_letter(admin, who);
  same("whether the car is shown as new", await is_shown_as_new(car), false);
  await admin.go("/admin/bus");
  await shows("queues");
  const row = admin.page.locator("tbody tr", { hasText: `${SERVICE}` }).filter({ hasText: "dead letters" });
  await row.getByText("warning").waitFor();
  await admin.leads(() => row.getByRole("link").click());
  const deadLetter = admin.page.locator("tbody tr", { hasText: "car.listed" });
  await deadLetter.getByText("delivery_limit").waitFor();
  await admin.leads(() => deadLetter.getByRole("link", { name: /^Show/ }).click());
  await admin.page.locator("pre", { hasText: car }).waitFor();
  await shows("dead-letter");
  const trace = await admin.page.locator("main a[href^='/admin/traces/']").getAttribute("href");
  same("the status of the trace that it is linked to", (await admin.page.request.get(new URL(trace, admin.page.url()).href)).status(), 200);
  await admin.leads(() => admin.page.getByRole("link", { name: /^Replay/ }).click());
  await admin.sees("Replay this message?");
  await admin.clicks("Replay");
  await admin.sees("The message was given back to its handler.");
  await admin.sees("there are none: every message was handled.");
  await until("the car among the new ones", () => is_shown_as_new(car));
  await who.removes_the_car(car);
}

/** One of two instances is drained: it gets no new requests, the other one does; the last one is not drained; then it gets some again. */
export async function drains_an_instance(admin, ask) {
  const instances = async () => {
    const { status, body } = await admin.call("GET", "/services");
    same("the status of the services", status, 200);
    return body.services.find(({ name }) => name === SERVICE).instances;
  };
  const ask_often = () => Promise.all(Array.from({ length: REQUESTS }, (_, n) => ask(n, "/api/tracks/latest?limit=1")));
  await admin.go("/admin/nodes");
  await until("two instances", async () => (await instances()).length === 2);
  const [kept, drained] = await instances();
  await admin.go("/admin/nodes");
  await admin.clicks(`Drain ${drained.id}`);
  await admin.sees("The instance gets no new requests.");
  await admin.page.locator("tr", { hasText: drained.url }).getByText("draining").waitFor();
  const before = await Promise.all([kept, drained].map(({ url }) => answered_by(url)));
  await ask_often();
  const after = await Promise.all([kept, drained].map(({ url }) => answered_by(url)));
  same("new requests of the kept and the drained instance", [after[0] - before[0], after[1] - before[1]], [REQUESTS, 0]);
  await admin.clicks(`Drain ${kept.id}`);
  await admin.sees(/no other instance of/);
  await admin.go("/admin/nodes");
  await admin.clicks(`Undrain ${drained.id}`);
  await admin.sees("The instance gets requests again.");
  await until("requests for the instance that was drained", async () => {
    await ask_often();
    return (await answered_by(drained.url)) > after[1];
  });
  await scale(SERVICE, 1);
}
