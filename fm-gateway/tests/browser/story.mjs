// The story of the dashboard on two nodes of a running market: from the first sign-in to a backup that is restored elsewhere.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { picture, same, until } from "./browser.mjs";
import { seller } from "./market.mjs";
import { reset_password, start } from "./node.mjs";
import { drains_an_instance, replays_a_dead_letter } from "./operations.mjs";
import { Operator } from "./operator.mjs";
import { switches_a_plugin, switches_routes } from "./switches.mjs";

const market = process.env.FM_MARKET_GATEWAY;
const OWN_PASSWORD = "correct horse battery staple";
// Others for each run, so that one which failed does not stand in the way of the next.
const MARK = Date.now().toString(36);
const ROUTE = `story-${MARK}`;
const PATH = `/story/${MARK}`;

const ask = async (url, path = PATH) => {
  const answer = await fetch(url + path);
  return { status: answer.status, text: await answer.text() };
};
/** Waits until a request to each node is answered so. */
const answered = (nodes, what, wanted) => until(what, async () => (await Promise.all(nodes.map((node) => ask(node)))).every(wanted));

export const story = (dashboard, given, folder) => async (part) => {
  const names = { editor: `editor-${MARK}`, viewer: `viewer-${MARK}` };
  const admin = new Operator(await part.visitor(), dashboard);
  const passwords = {};
  /** A picture of the page for the tour in `docs/dashboard.md`. */
  const shows = (name) => picture(admin.page, join(folder, `${name}.webp`));
  let first, second, nodes, begun;

  await part.does("a second node of the market starts", async () => {
    second = await start(part, `fm-gateway-${MARK}`);
    nodes = [market, second.url];
  });
  await part.does("a wrong password does not sign in, the one-time password leads to a new one and nowhere else", async () => {
    const password = given === "reset" ? await reset_password() : given;
    await admin.signs_in("admin", "not the password");
    await admin.sees("Name or password is wrong.");
    await admin.signs_in("admin", password);
    await admin.is_at("/admin/account");
    await admin.go("/admin/routes");
    await admin.is_at("/admin/account");
    await admin.changes_password(password, OWN_PASSWORD);
    await admin.is_at("/admin/");
    begun = await admin.table();
    same("whether a draft is discarded", (await admin.call("DELETE", "/draft")).status, 204);
  });
  await part.does("an administrator adds an editor and a viewer", async () => {
    for (const [role, name] of Object.entries(names)) {
      await admin.go("/admin/users");
      const form = admin.page.locator("section", { hasText: "New user" });
      await form.getByLabel("Name").fill(name);
      await form.getByLabel("Role").selectOption(role);
      await admin.leads(() => form.getByRole("button").click());
      passwords[role] = await admin.page.getByRole("status").locator("code").innerText();
    }
  });

  await part.does("a route is added by the wizard, as a draft that no client sees", async () => {
    await answered(nodes, "the web site's own page for the path", ({ status }) => status === 404);
    await admin.go("/admin/routes");
    await admin.page.getByRole("link", { name: "New route" }).click();
    await admin.page.getByLabel("Id *").fill(ROUTE);
    await admin.page.getByLabel("Path *").fill(PATH);
    await admin.page.getByLabel("The gateway answers by itself").check();
    await shows("new-route");
    await admin.clicks("Next: pipeline");
    await admin.is_at(`/admin/routes/${ROUTE}`);
    same("the step", await admin.page.locator("[aria-current=step]").innerText(), "2. Pipeline");
    await admin.page.getByLabel("Name", { exact: true }).fill("How many cars there are");
    await admin.saves();
  });
  await part.does("its pipeline is edited with the mouse: add, remove, set, drag", async () => {
    await admin.clicks("Remove: respond");
    same("the pipeline", await admin.pipeline(), "");
    for (const plugin of ["rewrite", "proxy", "discovery"]) await admin.adds_plugin(plugin);
    same("the pipeline", await admin.pipeline(), "rewrite discovery proxy");
    await admin.sets("rewrite", "Path", "/api/cars/count");
    await admin.sets("discovery", "Service", "fm-cars");
    await admin.saves();
    await admin.leads(() => admin.stage("discovery").locator("[data-grip]").dragTo(admin.stage("rewrite"), { targetPosition: { x: 40, y: 2 } }));
    await shows("pipeline");
    same("the order that was dragged", await admin.pipeline(), "discovery rewrite proxy");
  });
  await part.does("its pipeline is edited with the keyboard alone: add, move, set, remove", async () => {
    const { keyboard } = admin.page;
    await admin.tabs_to("Add a plugin");
    await keyboard.type("hea");
    await admin.presses("Add");
    same("the plugin that was added", await admin.pipeline(), "discovery rewrite headers proxy");
    await admin.presses("Move up: headers");
    same("the focus after a move", await admin.focused(), "Move up: headers");
    same("the plugin moved up", await admin.pipeline(), "discovery headers rewrite proxy");
    await admin.presses("Remove: headers");
    same("the plugin removed", await admin.pipeline(), "discovery rewrite proxy");
    await admin.presses("Move up: rewrite");
    same("the first order", await admin.pipeline(), "rewrite discovery proxy");
    await admin.tabs_to("Description");
    await keyboard.type("Typed without a mouse");
    await admin.presses("Save in the draft");
    same("what was typed", await admin.page.getByLabel("Description").inputValue(), "Typed without a mouse");
  });
  await part.does("a plugin is switched off with the mouse and on with the keyboard, and is skipped meanwhile", () => switches_a_plugin(admin, ROUTE, PATH, "rewrite"));
  await part.does("routes are switched off and on in bulk", () => switches_routes(admin, "fm-cars", "cars-read"));
  await part.does("the command palette leads to the route by keyboard", async () => {
    await admin.go("/admin/nodes");
    await admin.page.keyboard.press("Control+k");
    await admin.page.getByRole("combobox", { name: "Screen, route or trace" }).waitFor();
    await admin.page.keyboard.type("cars-rea");
    await admin.page.getByRole("option", { name: "cars-read" }).waitFor();
    await admin.leads(() => admin.page.keyboard.press("Enter"));
    await admin.is_at("/admin/routes/cars-read");
  });
  await part.does("it is tested step by step before it is published", async () => {
    await admin.go(`/admin/routes/${ROUTE}?new=1`);
    await admin.clicks("Next: test");
    same("the request to test", await admin.page.getByLabel("URL").inputValue(), PATH);
    await admin.clicks("Send");
    const steps = admin.page.locator("section", { hasText: "Steps of" });
    await steps.waitFor();
    const rows = await steps.locator("tbody tr").allInnerTexts();
    for (const [n, wanted] of [/rewrite[^]*\/api\/cars\/count/, /discovery[^]*variable\.target/, /proxy[^]*answered 200/].entries()) {
      if (!wanted.test(rows[n] ?? "")) throw new Error(`step ${n + 1} is ${JSON.stringify(rows[n])}`);
    }
    await admin.page.locator("pre", { hasText: '"count"' }).waitFor();
    await admin.page.locator("section", { hasText: "Why this route" }).getByRole("link", { name: ROUTE }).waitFor();
    await shows("tester");
    same("what a client gets meanwhile", (await ask(market)).status, 404);
  });
  await part.does("the review shows the difference and a dry run over real requests", async () => {
    await admin.leads(() => admin.page.getByRole("link", { name: "Next: review" }).click());
    await admin.sees("the table is valid.");
    await shows("review");
    const run = await admin.page.locator("section", { hasText: "Dry run" }).locator("tbody tr", { hasText: PATH }).first().innerText();
    if (!new RegExp(`web\\s+${ROUTE}`).test(run)) throw new Error(`the dry run says ${JSON.stringify(run)}`);
    const changes = await admin.page.locator(".change").allInnerTexts();
    same("the changed routes", changes.length, 1);
    for (const wanted of [new RegExp(`new\\s+${ROUTE}|added\\s+${ROUTE}`), /rewrite/, /Typed without a mouse/]) {
      if (!wanted.test(changes[0])) throw new Error(`the difference is ${JSON.stringify(changes[0])}`);
    }
  });
  await part.does("a publish is shown on both nodes, and requests follow it on both", async () => {
    first = await admin.publishes("Count the cars");
    await answered(nodes, "the count on both nodes", ({ status, text }) => status === 200 && "count" in JSON.parse(text));
    for (const origin of [dashboard, second.dashboard]) {
      const there = new Operator(admin.page, origin);
      await until(`both nodes at revision ${first} on ${origin}`, async () => {
        await there.go("/admin/nodes");
        const rows = await there.page.locator("table").first().locator("tbody tr").allInnerTexts();
        // Others may be there that have died before.
        const current = rows.filter((row) => row.includes(String(first)));
        return current.length >= 2 && current.some((row) => row.includes(second.name));
      });
    }
    await admin.go("/admin/history");
    await shows("history");
    const row = await admin.page.locator("tbody tr").first().innerText();
    for (const wanted of [String(first), "in force", "admin", "Count the cars", second.name]) {
      if (!row.includes(wanted)) throw new Error(`${wanted} is not in the history: ${row}`);
    }
  });
  await part.does("history restores what was in force before a bad change", async () => {
    await admin.go(`/admin/routes/${ROUTE}`);
    await admin.sets("rewrite", "Path", "/api/cars/nowhere-at-all");
    await admin.saves();
    await admin.publishes("A mistake");
    await answered(nodes, "the mistake on both nodes", ({ status }) => status !== 200);
    await admin.page.getByRole("link", { name: String(first), exact: true }).click();
    await admin.page.locator(".change", { hasText: "nowhere-at-all" }).waitFor();
    await admin.page.getByLabel("Comment: why?").fill("Undo the mistake");
    await admin.clicks("Restore as a new revision");
    await admin.sees("Restored as a new revision.");
    await answered(nodes, "the count on both nodes again", ({ status }) => status === 200);
  });
  await part.does("the watchdog rolls a bad change back by itself", async () => {
    await admin.go(`/admin/routes/${ROUTE}`);
    await admin.sets("discovery", "Service", `nobody-${MARK}`);
    await admin.saves();
    await admin.go("/admin/publish");
    await admin.page.getByLabel("Watch for (minutes)").fill("10");
    await admin.page.getByLabel("Most errors (%)").fill("5");
    await admin.page.getByLabel("Comment: why?").fill("A service that is not there");
    await admin.clicks("Publish on all nodes");
    await admin.page.getByRole("button", { name: "Roll back now" }).waitFor();
    await until("the bad change", async () => (await Promise.all(nodes.map((node) => ask(node)))).some(({ status }) => status === 503));
    // Clients go on asking; some time later they are answered again.
    await answered(nodes, "the count on both nodes after the rollback", ({ status }) => status === 200);
    await admin.go("/admin/history");
    await admin.sees("was rolled back");
  });

  await part.does("a viewer finds no button to publish with, and is refused with 403", async () => {
    const viewer = new Operator(await part.visitor(), dashboard);
    await viewer.signs_in(names.viewer, passwords.viewer);
    await viewer.changes_password(passwords.viewer, `${OWN_PASSWORD} viewer`);
    await viewer.go(`/admin/routes/${ROUTE}`);
    await viewer.sees("Your role may look, not change.");
    same("buttons of the page", await viewer.page.locator("main button:visible").count(), 0);
    same("links to publish", await viewer.page.getByRole("link", { name: /Publish/ }).count(), 0);
    same("the status of the review", (await viewer.go("/admin/publish")).status(), 403);
    await viewer.go("/admin/");
    const { revision, table } = await viewer.table();
    for (const [method, path, body] of [["PUT", "/table", { table }], ["POST", `/table/history/${first}/restore`, {}], ["PUT", "/draft", { table }], ["GET", "/audit"]]) {
      same(`${method} ${path}`, (await viewer.call(method, path, body, { "if-match": String(revision) })).status, 403);
    }
    same("the revision", (await viewer.table()).revision, revision);
  });
  await part.does("the slower of two editors is told, chooses, merges, and nothing is lost", async () => {
    const editor = new Operator(await part.visitor(), second.dashboard);
    await editor.signs_in(names.editor, passwords.editor);
    await editor.changes_password(passwords.editor, `${OWN_PASSWORD} editor`);
    const describes = async (who, route, text) => {
      await who.go(`/admin/routes/${route}`);
      await who.page.getByLabel("Description").fill(text);
      await who.saves();
    };
    await describes(admin, ROUTE, `administrator ${MARK}`);
    await describes(admin, "web", `administrator ${MARK}`);
    await describes(editor, ROUTE, `editor ${MARK}`);
    await describes(editor, "jwks", `editor ${MARK}`);
    await editor.publishes("Describe two routes");
    await admin.go("/admin/publish");
    await admin.sees("Another editor was faster");
    await shows("two-editors");
    same("whether the button to publish is off", await admin.button("Publish on all nodes").isDisabled(), true);
    const conflict = admin.page.locator("li", { hasText: ROUTE }).filter({ has: admin.button("Take theirs") });
    await admin.leads(() => conflict.getByRole("button").click());
    await admin.page.getByText("They are about other routes than yours").waitFor();
    await admin.clicks("Merge into my draft");
    await admin.sees("The changes of the other editor are in your draft now.");
    await admin.publishes("Describe the web site");
    const { table } = await admin.table();
    const described = Object.fromEntries(table.routes.map((route) => [route.id, route.description]));
    same("descriptions", [described[ROUTE], described.web, described.jwks], [`editor ${MARK}`, `administrator ${MARK}`, `editor ${MARK}`]);
  });
  await part.does("a dead letter is shown with its cause, and replayed", () => replays_a_dead_letter(admin, shows, MARK));
  await part.does("an instance is drained and gets no requests on either node until it is undrained", () => drains_an_instance(admin, (n, path) => ask(nodes[n % nodes.length], path)));
  await part.does("the overview draws the requests of both nodes over time", async () => {
    await until("a point with requests", async () => {
      await admin.go("/admin/");
      const rates = await admin.page.locator("[data-points] tbody td:nth-child(2) data").evaluateAll((all) => all.map((one) => Number(one.value)));
      return rates.some((rate) => rate > 0);
    });
    await admin.page.waitForFunction(() => document.querySelectorAll(".charts .u-over").length === 3);
    await admin.page.locator("section", { hasText: "Busiest routes" }).getByRole("link").first().waitFor();
    await shows("overview");
    await admin.go(`/admin/routes?q=${ROUTE}`);
    await admin.page.locator("svg.spark rect.all").first().waitFor();
  });
  await part.does("the last traces lead to the way of a request through gateway, services and messages", async () => {
    const person = await seller(`trace-${MARK}`);
    const car = await person.lists_a_car();
    await until("the trace of the listed car", async () => {
      await admin.go("/admin/live");
      await admin.leads(() => admin.page.getByRole("link", { name: "Traces", exact: true }).click());
      await admin.page.getByLabel("Route contains").fill("cars-create");
      await admin.clicks("Filter");
      return admin.page.locator("tbody tr", { hasText: "201" }).first().isVisible();
    });
    await shows("traces");
    await admin.leads(() => admin.page.locator("tbody tr", { hasText: "201" }).first().locator(".trace a").click());
    // What a message causes comes a moment after the answer.
    await until("the spans of the services", async () => {
      await admin.page.reload();
      const text = await admin.page.locator(".waterfall tbody").innerText();
      return ["fm-gateway", "fm-cars", "fm-tracker"].every((service) => text.includes(service));
    });
    await shows("trace");
    const path = new URL(admin.page.url()).pathname;
    for (const [typed, option, leads] of [["traces", "Traces", "/admin/traces"], ["new rou", "New route", "/admin/new-route"], [path.split("/").pop(), /^Trace /, path]]) {
      await admin.page.keyboard.press("Control+k");
      await admin.page.getByRole("combobox", { name: "Screen, route or trace" }).fill(typed);
      await admin.page.getByRole("option", { name: option }).first().waitFor();
      await admin.leads(() => admin.page.keyboard.press("Enter"));
      await admin.is_at(leads);
    }
    await person.removes_the_car(car);
  });
  await part.does("the audit log has all of it, and no password", async () => {
    await admin.go("/admin/audit");
    await shows("audit");
    const log = (await admin.page.locator("tbody tr").allInnerTexts()).reverse().join("\n");
    let at = 0;
    for (const wanted of [`user.create\t${names.editor}`, `user.create\t${names.viewer}`, "draft.switch", "Count the cars", "A mistake", "table.restore", "Undo the mistake", "A service that is not there", "watchdog", "Describe two routes", "Describe the web site", "dead-letter.replay", "instance.drain", "instance.undrain"]) {
      const found = log.indexOf(wanted, at);
      if (found < 0) throw new Error(`${wanted} is not in the audit log, or not in order: ${log}`);
      at = found;
    }
    for (const secret of [OWN_PASSWORD, ...Object.values(passwords)]) same("a password in the log", log.includes(secret), false);
  });
  await part.does("a backup restored into an empty gateway gives the same table", async () => {
    await admin.go("/admin/backup");
    const [download] = await Promise.all([admin.page.waitForEvent("download"), admin.page.getByRole("link", { name: "Download" }).click()]);
    const file = await download.path();
    const empty = await start(part, `fm-gateway-empty-${MARK}`, `/story-${MARK}`);
    const other = new Operator(await part.visitor(), empty.dashboard);
    const password = await empty.password();
    await other.signs_in("admin", password);
    await other.changes_password(password, OWN_PASSWORD);
    await other.go("/admin/backup");
    await other.page.getByLabel("File", { exact: true }).setInputFiles({ name: "backup.json", mimeType: "application/json", buffer: await readFile(file) });
    await until("the file in the form", async () => (await other.page.getByLabel("Content of the file").inputValue()).includes(ROUTE));
    await other.clicks("Preview");
    await other.page.locator(".change", { hasText: ROUTE }).waitFor();
    await other.clicks("Import and publish");
    await other.is_at("/admin/history");
    const [there, here] = [await other.table(), await admin.table()];
    same("the table", there.table, here.table);
  });
  await part.does("the market gets its table back, and the visitors leave", async () => {
    const { revision } = await admin.table();
    same("the restore", (await admin.call("POST", `/table/history/${begun.revision}/restore`, { comment: "After the tests" }, { "if-match": String(revision) })).status, 200);
    same("the table", (await admin.table()).table, begun.table);
    for (const name of Object.values(names)) same(`deleting ${name}`, (await admin.call("DELETE", `/users/${name}`)).status, 204);
    await answered(nodes, "the web site's own page again", ({ status }) => status === 404);
    await admin.signs_out();
  });
};
