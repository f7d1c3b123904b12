// The screens of a market whose services run: instances, queues, dead letters, requests and their traces.

import { same, until } from "./browser.mjs";
import { looks_at } from "./look.mjs";
import { scale, seller } from "./market.mjs";
import { reset_password, start } from "./node.mjs";
import { SERVICE, makes_a_dead_letter } from "./operations.mjs";
import { Operator } from "./operator.mjs";

const market = process.env.FM_MARKET_GATEWAY;
const MARK = Date.now().toString(36);
const OWN_PASSWORD = "correct horse battery staple";
/** Where nothing listens. */
const NOWHERE = "amqp://guest:guest@127.0.0.1:1/%2f";

/** Signs in for the first time. */
const signs_in = async (operator, password) => {
  await operator.signs_in("admin", password);
  await operator.changes_password(password, OWN_PASSWORD);
};

export const services = (dashboard, folder, all) => async (part) => {
  const admin = new Operator(await part.visitor(), dashboard);
  const apart = new Operator(await part.visitor(), "");
  const { page } = admin;
  const shows = await looks_at(part, folder, all, [admin, apart]);
  const drain = (action, id) => admin.call("POST", `/services/${SERVICE}/instances/${encodeURIComponent(id)}/${action}`, {});
  let who, car, drained;

  await part.does("a second node starts, and an administrator signs in", async () => {
    await start(part, `fm-gateway-${MARK}`);
    await signs_in(admin, await reset_password());
  });
  await part.does("a message becomes a dead letter", async () => {
    who = await seller(`screens-${MARK}`);
    car = await makes_a_dead_letter(admin, who);
  });
  await shows("queues with dead letters", "/admin/bus");
  await shows("dead letters", `/admin/bus/${SERVICE}`);
  const letter = (suffix) => async () => {
    await admin.go(`/admin/bus/${SERVICE}`);
    const href = await page.locator("tbody tr a.button").first().getAttribute("href");
    await admin.go(href + suffix);
  };
  await shows("dead letter", letter(""));
  await shows("dead letter replay", letter("&confirm=replay"));
  await shows("dead letter drop", letter("&confirm=drop"));
  await part.does("it is replayed", async () => {
    await letter("&confirm=replay")();
    await admin.clicks("Replay");
    await admin.sees("there are none: every message was handled.");
  });
  await shows("dead letters none", `/admin/bus/${SERVICE}`);

  await part.does("one of two instances is drained", async () => {
    await admin.go("/admin/nodes");
    const { body } = await admin.call("GET", "/services");
    drained = body.services.find(({ name }) => name === SERVICE).instances[0].id;
    same("the status", (await drain("drain", drained)).status, 200);
  });
  await shows("services", "/admin/nodes");
  await shows("overview with services", "/admin/");
  await part.does("it is undrained", async () => same("the status", (await drain("undrain", drained)).status, 204));

  await shows("live with requests", async () => {
    await admin.go("/admin/live");
    await until("requests are shown", async () => {
      await fetch(`${market}/api/cars/count`);
      await fetch(`${market}/api/nothing`);
      return (await page.locator("main tbody tr").count()) >= 2;
    });
  });
  await part.does("a car is listed", async () => {
    await who.removes_the_car(car);
    car = await who.lists_a_car();
  });
  await shows("traces of services", "/admin/traces?route=cars-create");
  await shows("trace of services", async () => {
    await admin.go("/admin/traces?route=cars-create");
    await admin.leads(() => page.locator("tbody tr", { hasText: "201" }).first().locator(".trace a").click());
    // What a message causes comes a moment after the answer.
    await until("the spans of the services", async () => {
      await page.reload();
      const text = await page.locator(".waterfall tbody").innerText();
      return ["fm-gateway", "fm-cars", SERVICE].every((service) => text.includes(service));
    });
  });
  await shows("tester with a service", async () => {
    await admin.go("/admin/test?url=/api/cars/count");
    await admin.clicks(await page.evaluate(() => document.documentElement.lang) === "de" ? "Senden" : "Send");
  });

  await shows("tester with curl and saved requests", async () => {
    await admin.go("/admin/test?url=/api/cars/count");
    await page.locator("[name=name]").fill(`count ${MARK}`);
    await admin.leads(() => page.locator("[value=save]").click());
    await page.locator("[name=headers]").evaluate((field) => (field.closest("details").open = true));
    await page.locator("[name=headers]").fill("Accept: application/json");
    await admin.leads(() => page.locator("[value=curl]").click());
  });

  await part.does("a gateway without a table and without its broker starts, and its administrator signs in", async () => {
    const node = await start(part, "gateway-apart", `/apart-${MARK}`, { FM_BUS: NOWHERE, FM_GATEWAY_FIRST_TABLE: "none" });
    apart.dashboard = node.dashboard;
    await signs_in(apart, await node.password());
  });
  await shows("queues unreachable", "/admin/bus", apart);
  await shows("overview without routes", "/admin/", apart);
  await shows("routes at first", "/admin/routes", apart);
  await shows("import of an OpenAPI document", async () => {
    await apart.go("/admin/backup#import");
    const document = { openapi: "3.1.0", info: { title: "Cars", version: "1" }, paths: { "/api/cars": { get: { summary: "Search" }, post: {} }, "/api/cars/{id}.json": { get: {}, trace: {} } } };
    await apart.page.locator("[name=text]").fill(JSON.stringify(document, null, 2));
    await apart.page.locator("[name=service]").fill("fm-cars");
    await apart.leads(() => apart.page.locator("[value=preview]").click());
  }, apart);
  await part.does("the market is left as it was", async () => {
    await scale(SERVICE, 1);
    await who.removes_the_car(car);
  });
};
