// Every page, at 390 and 1440 px, light and dark: a picture of it is kept, nothing is wider than the screen, axe-core finds nothing
// against WCAG 2.2 AA, and the console says no error.

import { join } from "node:path";
import { checker } from "./accessible.mjs";
import { until } from "./driver.mjs";
import { walk } from "./states.mjs";
import { World } from "./world.mjs";

const WIDTHS = [[390, 844], [1440, 900]];
const SCHEMES = ["light", "dark"];
/** HTML, CSS and JavaScript of the start page, compressed; bytes. */
const BUDGET = 60 * 1024;

async function dark_and_light(part, browser, folder, check, name, wanted) {
  for (const [width, height] of WIDTHS) {
    await part.does(`${name} at ${width} px`, async () => {
      await browser.size(width, height);
      await browser.complaints();
      await wanted();
      const here = await browser.here();
      // That a page is an error page is said in the console too.
      const said = (await browser.complaints()).filter((c) => !(c.startsWith(here) && /status of (401|404|409|422)/.test(c)));
      if (said.length) throw new Error(`the console says: ${said.join("; ")}`);
      const long = await browser.whole();
      const over = await browser.run("const e = document.documentElement; return e.scrollWidth - e.clientWidth");
      if (over > 0) throw new Error(`${over} px too wide`);
      for (const scheme of SCHEMES) {
        await browser.scheme(scheme);
        await browser.shot(join(folder, `${name.replaceAll(" ", "-")}-${width}-${scheme}.png`), width, Math.min(Math.max(long, height), 3200));
        await check(browser, scheme);
      }
    });
  }
  await browser.scheme("light");
}

async function within_budget(browser, base) {
  // Another origin first, so that nothing comes from the page that is left; and nothing from the cache.
  await browser.cdp("Network.enable");
  await browser.cdp("Network.setCacheDisabled", { cacheDisabled: true });
  await browser.go(base);
  await until("the scripts of the page", () => browser.run("return performance.getEntriesByType('resource').some((r) => r.name.endsWith('/live.js') && r.responseEnd > 0)"));
  const sizes = await browser.run(`
    const page = performance.getEntriesByType("navigation")[0];
    const parts = performance.getEntriesByType("resource").filter((r) => /\\.(css|js)$/.test(r.name));
    return { html: page.encodedBodySize, css: parts.filter((r) => r.name.endsWith("css")).reduce((n, r) => n + r.encodedBodySize, 0),
      js: parts.filter((r) => r.name.endsWith("js")).reduce((n, r) => n + r.encodedBodySize, 0), plain: page.decodedBodySize };`);
  await browser.cdp("Network.setCacheDisabled", { cacheDisabled: false });
  const total = sizes.html + sizes.css + sizes.js;
  console.log(`      start page: ${total} bytes compressed (HTML ${sizes.html}, CSS ${sizes.css}, JavaScript ${sizes.js})`);
  if (!(sizes.html > 0 && sizes.css > 0 && sizes.js > 0)) throw new Error(`not measured: ${JSON.stringify(sizes)}`);
  if (sizes.html >= sizes.plain) throw new Error("the page came without compression");
  if (total > BUDGET) throw new Error(`${total} bytes, ${BUDGET} are allowed`);
}

export const pages = (base, folder, axeFile) => async (part, browser) => {
  const check = await checker(axeFile);
  const world = await World.make(base);
  await part.does("the start page keeps within its budget", () => within_budget(browser, base));
  await part.does("the font is there, and nothing moves when it comes", async () => {
    await browser.go(base);
    await until("the font", () => browser.run("return [...document.fonts].some((f) => f.family.replaceAll('\"', '') === 'Inter' && f.status === 'loaded')"));
    const moved = await browser.run(`return new Promise((done) => {
      let sum = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((shift) => (sum += shift.value))).observe({ type: "layout-shift", buffered: true });
      requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
    })`);
    if (moved > 0) throw new Error(`things moved by ${moved}`);
  });
  const left = await walk(part, browser, world, World.has({ alone: false }), (name, open) => dark_and_light(part, browser, folder, check, name, open));
  console.log(`      not shown here: ${left.join(", ")}`);
  await part.does("everybody leaves", () => world.leaves());
};
