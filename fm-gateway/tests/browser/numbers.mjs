// The numbers that the dashboard has to keep, measured; they mean something with an optimised program (FM_GATEWAY_PROGRAM) on a quiet machine.

import { fork } from "node:child_process";
import { join } from "node:path";
import { until } from "./browser.mjs";
import { computed, filter, first_page, median } from "./measure.mjs";
import { start } from "./node.mjs";
import { Operator } from "./operator.mjs";
import { many_routes } from "./routes.mjs";

const PASSWORD = "correct horse battery staple";
const RATE = 2000;
/** Spans with and without somebody who watches, in turns. */
const ROUNDS = 6;
const SPAN_MS = 8000;
const rest = (ms) => new Promise((done) => setTimeout(done, ms));
const spread = (sorted, unit, places = 0) => `median ${median(sorted).toFixed(places)} ${unit}, longest ${sorted.at(-1).toFixed(places)} ${unit} of ${sorted.length}`;

export const numbers = () => async (part) => {
  const rows = [];
  const says = (what, measured, bound) => rows.push(`| ${what} | ${measured} | ${bound} |`);
  const prefix = `/numbers-${Date.now().toString(36)}`;
  const node = await start(part, "gateway-a", prefix);
  const admin = new Operator(await part.visitor(), node.dashboard);
  const publishes = async (table) => {
    const { revision } = await admin.table();
    const since = performance.now();
    const { status, body } = await admin.call("PUT", "/table", { table, comment: "A measurement" }, { "if-match": String(revision) });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body).slice(0, 500)}`);
    return { since, revision: body.revision };
  };
  const keeps = (what, value, bound) => {
    if (value > bound) throw new Error(`${what}: ${value}, ${bound} are allowed`);
  };

  await part.does("a table of 1,000 routes is in force", async () => {
    const first = await node.password();
    await admin.signs_in("admin", first);
    await admin.changes_password(first, PASSWORD);
    await publishes({ format: 1, routes: many_routes(1000) });
    await until("the table", async () => (await fetch(`${node.url}/orders/3/1`)).status === 410);
  });
  await part.does("the first page with all that it loads is below 150 KB", async () => {
    const bytes = await first_page(admin);
    says("first page with style sheets, scripts and font, compressed", `${(bytes / 1024).toFixed(1)} KB`, "150 KB");
    keeps("bytes", bytes, 150 * 1024);
  });
  await part.does("a filter over 1,000 routes takes 50 ms at most", async () => {
    await filter(admin, 3);
    const plain = await filter(admin, 50);
    const { table } = await admin.table();
    await admin.call("PUT", "/draft", { table: { ...table, routes: table.routes.map((r, n) => (n ? r : { ...r, description: "draft" })) } });
    const draft = await filter(admin, 50);
    await admin.call("DELETE", "/draft");
    says("a filter over 1,000 routes, from request to last byte", spread(plain, "ms", 1), "50 ms");
    says("the same with a draft", spread(draft, "ms", 1), "50 ms");
    keeps("ms", Math.max(median(plain), median(draft)), 50);
  });
  await part.does(`the live page at ${RATE} requests/s costs less than 2 % of a core, drops samples, and every request is answered`, async () => {
    const load = fork(join(import.meta.dirname, "load.mjs"), [`${node.url}/orders/3/1`, String(RATE), "410"]);
    part.until_its_end(async () => load.disconnect());
    let [sent, answered, failed, over] = [0, 0, 0, false];
    load.on("message", (news) => ({ sent, answered, failed, over } = news));
    await until("requests", () => answered > RATE);
    const used = { watched: [], alone: [] };
    let omitted = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const what of ["watched", "alone"]) {
        await admin.go(what === "watched" ? "/admin/live" : "/admin/account");
        await rest(500);
        const [before, since, begun] = [await computed(node.pid), performance.now(), answered];
        await rest(SPAN_MS);
        const seconds = (performance.now() - since) / 1000;
        used[what].push({ share: ((await computed(node.pid)) - before) / seconds, rate: (answered - begun) / seconds });
        if (what === "watched") omitted += Number((await admin.page.locator("[data-state]").innerText()).match(/(\d+) left out/)?.[1] ?? 0);
      }
    }
    load.send("stop");
    await until("the last answers", () => over);
    const shares = (what) => used[what].map(({ share }) => share * 100).sort((a, b) => a - b);
    const [watched, alone] = [median(shares("watched")), median(shares("alone"))];
    const slowest = Math.min(...Object.values(used).flat().map(({ rate }) => rate));
    says(`live page at ${RATE} requests/s (${slowest.toFixed(0)}/s in the slowest of ${2 * ROUNDS} spans)`, `${(watched - alone).toFixed(2)} % of a core (${watched.toFixed(1)} % with it, ${alone.toFixed(1)} % without, medians of ${ROUNDS})`, "2 %");
    says("requests that were not answered meanwhile, and samples that were left out", `${failed} of ${sent} requests, ${omitted} samples`, "0 requests");
    keeps("% of a core", watched - alone, 2);
    keeps("requests without an answer", sent - answered, 0);
    if (!omitted) throw new Error("nothing was left out of the page");
  });
  await part.does("a publish is shown as active on 3 nodes within 500 ms", async () => {
    const others = [await start(part, "gateway-b", prefix), await start(part, "gateway-c", prefix)];
    const there = new Operator(await part.visitor(), others[0].dashboard);
    await there.signs_in("admin", PASSWORD);
    await until("3 nodes", async () => (await there.call("GET", "/nodes")).body.nodes.length === 3);
    const shown = [];
    for (let n = 0; n < 30; n++) {
      const routes = many_routes(100).map((route) => ({ ...route, description: `measurement ${n}` }));
      const { since, revision } = await publishes({ format: 1, routes });
      // Both pages belong to this program, so that one clock measures.
      const all = async () => (await there.call("GET", "/nodes")).body.nodes.filter((node) => node.revision >= revision).length === 3;
      while (!(await all())) if (performance.now() - since > 10_000) throw new Error("not shown within 10 s");
      shown.push(performance.now() - since);
    }
    shown.sort((a, b) => a - b);
    says("from the call that publishes to the moment at which another node shows the revision on all of 3 nodes", spread(shown, "ms"), "500 ms");
    keeps("ms", shown.at(-1), 500);
  });
  console.log(["", "| what | measured | bound |", "| --- | --- | --- |", ...rows, ""].join("\n"));
};
