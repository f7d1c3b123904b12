// Every screen of a gateway without services in its states: empty, filled with 1,000 routes, refused.

import { same, until } from "./browser.mjs";
import { looks_at } from "./look.mjs";
import { filter, first_page, median } from "./measure.mjs";
import { start } from "./node.mjs";
import { Operator } from "./operator.mjs";
import { many_routes } from "./routes.mjs";

const PASSWORD = "correct horse battery staple";
/** Of the first page with style sheet and scripts, compressed; bytes. */
const FIRST_PAGE = 150 * 1024;

/** The overview, once its charts are drawn; a page without scripts has the table that they are drawn from. */
const draws = (page) => page.waitForFunction(() => document.querySelectorAll(".charts .u-over").length === 3);

/** How many points of a chart have a colour of the page: that of a line. */
const drawn = (page, nth, colour) => page.evaluate(([nth, colour]) => {
  const probe = document.body.appendChild(Object.assign(document.createElement("i"), { className: "st" }));
  probe.style.color = `var(${colour})`;
  const wanted = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const canvas = document.querySelectorAll(".charts canvas")[nth];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) if (wanted.every((part, n) => Math.abs(data[at + n] - part) < 12) && data[at + 3] > 200) count++;
  return count;
}, [nth, colour]);

export const screens = (folder, all) => async (part) => {
  const mark = Date.now().toString(36);
  const node = await start(part, "gateway-a", `/screens-${mark}`);
  const admin = new Operator(await part.visitor(), node.dashboard);
  const viewer = new Operator(await part.visitor(), node.dashboard);
  const { page } = admin;
  const shows = await looks_at(part, folder, all, [admin, viewer]);
  const submits = (who, css) => who.leads(() => who.page.locator(css).first().click());
  const publishes = async (table, comment) => {
    const { revision } = await admin.table();
    const { status, body } = await admin.call("PUT", "/table", { table, comment }, { "if-match": String(revision) });
    if (status !== 200) throw new Error(`${comment}: ${status} ${JSON.stringify(body).slice(0, 500)}`);
  };

  await shows("sign in", "/admin/sign-in");
  await shows("sign in refused", async () => {
    await admin.go("/admin/sign-in");
    await page.locator("[name=name]").fill("admin");
    await page.locator("[name=password]").fill("wrong");
    await submits(admin, "main button");
  });
  await part.does("the first sign-in", async () => {
    const password = await node.password();
    await admin.signs_in("admin", password);
    await admin.is_at("/admin/account");
    admin.first = password;
  });
  await shows("password must change", "/admin/account");
  await part.does("the password is changed", async () => {
    await admin.go("/admin/account");
    await admin.changes_password(admin.first, PASSWORD);
  });
  await shows("overview at first", async () => {
    await admin.go("/admin/");
    await draws(page);
  });
  await shows("publish nothing", "/admin/publish");
  await shows("tokens none", "/admin/tokens");
  await shows("history at first", "/admin/history");
  await shows("new route", "/admin/new-route");
  await shows("new route refused", async () => {
    await admin.go("/admin/new-route");
    await page.locator("[name=id]").fill("cars-read");
    await page.locator("[name=path]").fill("/cars");
    await submits(admin, "main form .primary");
  });
  await shows("new route pipeline", "/admin/routes/cars-import?new=1");
  await shows("routes of the market", "/admin/routes");
  await shows("route", "/admin/routes/cars-import");
  await shows("group", "/admin/group?name=fm-cars");
  await part.does("a plugin of a group lacks its settings", async () => {
    await admin.go("/admin/group?name=fm-cars");
    await page.locator("[name=add]").selectOption("redirect");
    await submits(admin, "button[value=add]");
  });
  await shows("group with an error", "/admin/group?name=fm-cars");
  await part.does("the group is as it was", async () => same("the status", (await admin.call("DELETE", "/draft")).status, 204));

  await part.does("1,000 routes are published, and some are changed in a draft", async () => {
    const routes = many_routes(1000);
    await publishes({ format: 1, routes }, "Take over the routes of the old gateway");
    await publishes({ format: 1, routes: routes.map((r) => (r.group === "billing" ? { ...r, active: !r.active } : r)) }, "Switch billing over, see the runbook of Friday");
  });
  await part.does("the first page with all that it loads is below 150 KB, compressed", async () => {
    const bytes = await first_page(admin);
    if (bytes > FIRST_PAGE) throw new Error(`${bytes} bytes, ${FIRST_PAGE} are allowed`);
  });
  await part.does("1,000 routes are filtered", async () => {
    // No bound: the program of tests is not an optimised one.
    const times = await filter(admin, 5);
    console.log(`      a filter over 1,000 routes: ${median(times).toFixed(0)} ms (median of 5)`);
  });
  await part.does("the overview draws the requests of the last 15 minutes, the routes have bars, and a table says the same", async () => {
    const ask = (path) => fetch(node.url + path).then((answer) => answer.status);
    await until("the table", async () => (await ask("/orders/3/1")) === 410);
    for (let n = 0; n < 300; n++) await ask(["/orders/3/1", "/catalogue/3/2", "/orders/0/4711"][n % 3]);
    await until("a point with requests", async () => {
      await admin.go("/admin/");
      await page.locator("main summary").first().click();
      const rates = await page.locator("[data-points] tbody td:nth-child(2) data").evaluateAll((all) => all.map((one) => Number(one.value)));
      return rates.some((rate) => rate > 0);
    });
    await draws(page);
    // In the third one the p99 lies above the p50, which may be hidden by the axis.
    for (const [nth, colour] of ["--accent", "--accent", "--warn"].entries()) if ((await drawn(page, nth, colour)) < 3) throw new Error(`chart ${nth + 1} is empty`);
    same("what a screen reader hears of the charts", await page.locator(".charts").getAttribute("aria-hidden"), "true");
    await page.locator("h2", { hasText: "Failing routes" }).waitFor();
    await admin.go("/admin/routes?q=orders-003");
    await page.locator("svg.spark rect.all").first().waitFor();
    await admin.sees(/^10\d requests$/);
  });
  const overview = (path) => async () => {
    await admin.go(path);
    await draws(page);
  };
  await shows("overview", overview("/admin/"));
  await shows("overview of a day", overview("/admin/?window=24h"));
  await shows("routes", "/admin/routes");
  await shows("routes filtered", "/admin/routes?q=orders&state=warning");
  await shows("routes switched", "/admin/routes?q=orders&switched=off&changed=3&unchanged=1");
  await shows("routes none found", "/admin/routes?q=submarine");
  await shows("history", "/admin/history");
  await shows("version", async () => {
    const { body } = await admin.call("GET", "/table/history");
    await admin.go(`/admin/history/${body.versions[1].revision}`);
  });
  await part.does("a draft that is valid", async () => {
    const { table } = await admin.table();
    const [one, two, ...rest] = table.routes;
    one.plugins.splice(0, 0, { plugin: "rate-limit", settings: { rate: 50, per: "1s", by: "user" } }, { plugin: "ip", enabled: false, settings: { deny: ["192.0.2.0/24"] } });
    two.methods = ["GET", "HEAD"];
    rest[0].description = "Old clients until the end of the year";
    same("the draft", (await admin.call("PUT", "/draft", { table: { ...table, routes: [one, two, ...rest] } })).status, 200);
  });
  await shows("route changed", "/admin/routes/orders-000");
  await shows("publish", "/admin/publish");
  await shows("tester", "/admin/test");
  await shows("tester with steps", async () => {
    await admin.go("/admin/test?url=/orders/0/4711");
    await submits(admin, "main form .primary");
  });
  await shows("tester refused", async () => {
    await admin.go("/admin/test?url=nonsense");
    await submits(admin, "main form .primary");
  });
  await shows("publish after another editor", async () => {
    const { table } = await admin.table();
    await publishes({ ...table, routes: table.routes.map((r, n) => (n === 1 || n === 7 ? { ...r, description: `Changed meanwhile ${Date.now()}` } : r)) }, "A quick correction");
    await admin.go("/admin/publish");
  });
  await part.does("a draft that is not valid", async () => {
    const { table } = await admin.table();
    table.routes[0].plugins = [{ plugin: "rate-limit", settings: { per: "tomorrow" } }, { plugin: "proxy", settings: { retries: 99, target: "ftp://x" } }];
    table.routes[1].path = "no-path";
    await admin.call("DELETE", "/draft");
    same("the draft", (await admin.call("PUT", "/draft", { table })).status, 200);
  });
  await shows("route not valid", "/admin/routes/orders-000");
  await shows("routes not valid", "/admin/routes?state=error");
  await shows("publish not valid", "/admin/publish");
  await part.does("the draft is discarded", async () => same("the status", (await admin.call("DELETE", "/draft")).status, 204));

  await shows("nodes", "/admin/nodes");
  await shows("queues", "/admin/bus");
  await shows("live", "/admin/live");
  const traced = await fetch(`${node.url}/catalogue/3/2`).then((answer) => answer.headers.get("x-trace-id"));
  await shows("traces", "/admin/traces");
  await shows("traces failed", "/admin/traces?failed=true&route=orders");
  await shows("traces none found", "/admin/traces?route=submarine");
  await shows("traces refused", "/admin/traces?slower_than=soon");
  await shows("trace", `/admin/traces/${traced}`);
  await shows("trace unknown", `/admin/traces/${"0".repeat(31)}1`);
  await shows("palette", async () => {
    await admin.go("/admin/nodes");
    await page.keyboard.press("Control+k");
    await page.locator("#palette input").fill("orders");
    await page.locator("#palette li").nth(5).waitFor();
  });
  await shows("plugins", "/admin/plugins");
  await shows("user made", async () => {
    await admin.go("/admin/users");
    await page.locator("[name=name]").fill(`viewer-${Math.random().toString(36).slice(2, 8)}`);
    await submits(admin, "main section .primary");
    admin.made = await page.locator("[role=status] b, [role=status] code").allInnerTexts();
  });
  await shows("users", "/admin/users");
  await shows("token made", async () => {
    await admin.go("/admin/tokens");
    await page.locator("[name=name]").fill("deployment pipeline");
    await submits(admin, "main section .primary");
  });
  await shows("account", "/admin/account");
  await shows("audit", "/admin/audit");
  await shows("audit none found", "/admin/audit?q=submarine");
  await shows("backup", "/admin/backup");
  await shows("backup preview", async () => {
    await admin.go("/admin/backup");
    await page.locator("[name=text]").fill(JSON.stringify({ backup: 1, table: { format: 1, routes: many_routes(4) } }));
    await submits(admin, "[value=preview]");
  });
  await shows("not found", "/admin/nothing");
  await part.does("a viewer signs in", async () => {
    const [name, password] = admin.made;
    await viewer.signs_in(name, password);
    await viewer.changes_password(password, `${PASSWORD} too`);
  });
  await shows("route of a viewer", "/admin/routes/orders-000", viewer);
  await shows("not allowed", "/admin/publish", viewer);
};
