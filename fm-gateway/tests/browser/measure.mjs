// What is measured of the dashboard: how much its first page loads, how long a filter takes, what the gateway computes.

import { readdir, readFile } from "node:fs/promises";
import { same } from "./browser.mjs";

/** Formats that are compressed by themselves. */
const PACKED = /\.woff2$/;
/** What the overview loads: a page, style sheets, scripts and the font. */
const LOADED = /\/admin\/assets\//;

/** The overview with all that it loads, from an empty cache; gives bytes as they are sent. */
export async function first_page(who) {
  const session = await who.page.context().newCDPSession(who.page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  await who.go("/admin/");
  const sizes = await who.page.evaluate(async (loaded) => {
    await document.fonts.ready;
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource").filter((r) => new RegExp(loaded).test(r.name))];
    return all.map((r) => ({ name: new URL(r.name).pathname, sent: r.encodedBodySize, whole: r.decodedBodySize }));
  }, LOADED.source);
  await session.detach();
  const sum = sizes.reduce((n, { sent }) => n + sent, 0);
  console.log(`      first page: ${sum} bytes compressed (${sizes.map(({ name, sent }) => `${name} ${sent}`).join(", ")})`);
  for (const wanted of ["/admin/", "admin.css", "admin.js", "charts.js", "uplot.js", "inter.woff2"]) {
    if (!sizes.some(({ name }) => name.endsWith(wanted))) throw new Error(`${wanted} is not among what is loaded: ${JSON.stringify(sizes)}`);
  }
  const unpacked = sizes.filter(({ name, sent, whole }) => !(sent > 0 && (sent < whole || PACKED.test(name))));
  if (unpacked.length) throw new Error(`not all is compressed: ${JSON.stringify(unpacked)}`);
  return sum;
}

/** Filters a list of 1,000 routes so often; gives milliseconds from request to last byte, sorted. */
export async function filter(who, times) {
  const taken = [];
  for (let n = 0; n < times; n++) {
    await who.go(`/admin/routes?q=orders-0${n % 10}`);
    same("the routes found", Number(await who.page.locator(".head .num").innerText()), 10);
    taken.push(await who.page.evaluate(() => { const [p] = performance.getEntriesByType("navigation"); return p.responseEnd - p.requestStart; }));
  }
  return taken.sort((a, b) => a - b);
}

export const median = (sorted) => sorted[Math.floor(sorted.length / 2)];

/** Seconds that all threads of a process have computed. */
export async function computed(pid) {
  const tasks = await readdir(`/proc/${pid}/task`);
  const texts = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, "utf8").catch(() => "0")));
  return texts.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0) / 1e9;
}
