// Every page, at 390 and 1440 px, light and dark: a picture of it is kept, nothing is wider than the screen, axe-core finds nothing
// against WCAG 2.2 AA, and the console says no error.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./driver.mjs";
import { Person } from "./person.mjs";

const WIDTHS = [[390, 844], [1440, 900]];
const SCHEMES = ["light", "dark"];
const RULES = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};
/** HTML, CSS and JavaScript of the start page, compressed; bytes. */
const BUDGET = 60 * 1024;

async function dark_and_light(part, browser, folder, axe, name, wanted) {
  for (const [width, height] of WIDTHS) {
    await part.does(`${name} at ${width} px`, async () => {
      await browser.size(width, height);
      await browser.complaints();
      await wanted();
      const here = await browser.here();
      // That a page is an error page is said in the console too.
      const said = (await browser.complaints()).filter((c) => !(c.startsWith(here) && /status of (404|422)/.test(c)));
      if (said.length) throw new Error(`the console says: ${said.join("; ")}`);
      await browser.run("document.documentElement.style.scrollBehavior = 'auto'");
      const { over, long } = await browser.run("const e = document.documentElement; return { over: e.scrollWidth - e.clientWidth, long: e.scrollHeight }");
      if (over > 0) throw new Error(`${over} px too wide`);
      for (const scheme of SCHEMES) {
        await browser.scheme(scheme);
        await browser.shot(join(folder, `${name.replaceAll(" ", "-")}-${width}-${scheme}.png`), width, Math.min(Math.max(long, height), 3200));
        const found = await browser.run(`${axe}; return axe.run(document, ${JSON.stringify(RULES)}).then((r) => r.violations)`);
        if (found.length) {
          const where = found.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(", ")}`);
          throw new Error(`${scheme}: ${where.join("; ")}`);
        }
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
  const axe = await readFile(axeFile, "utf8");
  const seller = await Person.arrive(base);
  const text = "One owner, garaged, serviced on time at the same workshop.\n\nBoth keys, winter tyres on rims included.";
  const shown = await seller.lists(
    { maker: "bmw", model: "3er", body: "estate", engine: "diesel", gearbox: "manual", color: "blue", power_ps: 150, year: 2016, mileage: 98_000,
      price: 14_900, description: text, options: ["abs"], location: { postal_code: "04109" } },
    3,
  );
  await seller.call("PATCH", `/api/cars/${shown.id}`, { price: 13_900 });
  const drawn = await seller.lists({ maker: "fiat", model: "500", body: "small", color: "red", year: 2012, price: 4_900 });
  const draft = await seller.lists({ maker: "opel", model: "astra", year: 2011, price: 3_700, status: "draft" }, 1);
  const sold = await seller.lists({ maker: "ford", model: "focus", body: "estate", color: "silver", year: 2014, price: 6_200 });
  await seller.call("POST", `/api/cars/${sold.id}/sold`);
  await until("the cars in the search", async () => (await seller.call("GET", `/api/cars/count?seller=${shown.owner_id}`)).count === 2);

  const shows = (name, wanted) => dark_and_light(part, browser, folder, axe, name, typeof wanted === "string" ? () => browser.go(base + wanted) : wanted);
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
  await shows("home", "/");
  await shows("results", "/cars?maker=bmw&maker=fiat&price_to=30000");
  await shows("results as list", "/cars?view=list");
  await shows("results none", "/cars?q=submarine&maker=bmw");
  await shows("filters", "/cars?body=estate#filters");
  await shows("car", `/cars/${shown.id}`);
  await shows("car whole screen", async () => {
    await browser.opens(`${base}/cars/${shown.id}`);
    await browser.click(".stage li a");
    await browser.one("dialog[open] img");
  });
  await shows("car without pictures", `/cars/${drawn.id}`);
  await shows("not found", "/nowhere");
  for (const page of ["imprint", "privacy", "terms", "safety"]) await shows(page, `/${page}`);
  await shows("sign up", "/sign-up");
  await shows("sign in", "/sign-in?to=/my/cars");
  const signIn = async (password) => {
    await browser.go(`${base}/sign-in?to=/my/cars`);
    await browser.type("#i-login", seller.name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
  };
  await shows("forgotten password", "/forgotten-password");
  await shows("forgotten password sent", "/forgotten-password/sent");
  await shows("new password", "/new-password?token=fmm_none");
  await shows("new password refused", async () => {
    await browser.go(`${base}/new-password?token=fmm_none`);
    await browser.type("#i-new_password", "quite good enough");
    await browser.click(".paper form [type=submit]");
    await until("the refusal", async () => (await browser.source()).includes("This link no longer works"));
  });
  await shows("confirm email", "/confirm-email?token=fmm_none");
  await shows("unsubscribe", "/unsubscribe?token=fmm_none");
  await shows("sign in refused", async () => {
    await signIn("not the password");
    await browser.one("[role=alert]");
  });
  await signIn(seller.password);
  await browser.one(".mine");
  await shows("my cars", "/my/cars");
  await shows("sell", "/sell");
  await shows("edit", `/my/cars/${shown.id}/edit`);
  await shows("edit refused", async () => {
    await browser.go(`${base}/my/cars/${shown.id}/edit`);
    await browser.type("#i-year", "1066");
    // What the browser itself would say comes first otherwise.
    await browser.run("document.getElementById('sell').noValidate = true");
    await browser.click(".form-foot [type=submit]");
    await browser.one("#e-year");
  });
  await shows("pictures", `/my/cars/${shown.id}/pictures`);
  await shows("draft pictures", `/my/cars/${draft.id}/pictures`);
  await shows("draft", `/cars/${draft.id}`);
  await shows("sold asked", `/my/cars/${shown.id}/sold`);
  await shows("delete car asked", `/my/cars/${shown.id}/delete`);
  const buyer = await Person.arrive(base);
  const begun = await buyer.call("POST", "/api/me/conversations", { car_id: shown.id, text: "Hello,\nis it still there? I could come on Saturday morning." });
  await seller.call("POST", `/api/me/conversations/${begun.id}/messages`, { text: "Yes, Saturday at ten would be fine." });
  await buyer.call("POST", `/api/me/conversations/${begun.id}/messages`, { text: "See you then!" });
  await shows("inbox", "/inbox");
  await shows("my cars with messages", "/my/cars");
  await shows("conversation", `/inbox/${begun.id}`);
  await shows("report", `/inbox/${begun.id}/report`);
  await shows("report own ad", `/cars/${shown.id}/report`);
  await buyer.call("PUT", `/api/me/reports/${shown.id}`, { reason: "fraud", text: "The pictures are of another car." });
  await buyer.call("PUT", `/api/me/conversations/${begun.id}/report`, { reason: "spam" });
  await shows("contact own car", `/cars/${shown.id}/contact`);
  await buyer.leaves();
  await shows("conversation deleted account", `/inbox/${begun.id}`);
  for (const car of [shown, drawn]) await seller.call("PUT", `/api/me/favourites/${car.id}?price=15000`);
  await seller.call("POST", "/api/me/searches", { name: "BMW, to €20,000", filters: { maker: ["bmw"], price_to: 20_000 } });
  await shows("favourites", "/favourites");
  await shows("compare", `/compare?id=${shown.id}&id=${drawn.id}`);
  await shows("searches", "/searches");
  await shows("account", "/account");
  await shows("delete account", "/account/delete");
  await part.does("the account is deleted", async () => {
    await browser.go(`${base}/account/delete`);
    await browser.type("#i-confirm", seller.name);
    await browser.type("#i-password", seller.password);
    await browser.click(".paper form [type=submit]");
    await browser.one(".goodbye");
    await until("everything deleted", async () => (await browser.source()).includes("Everything is deleted"), 30_000);
  });
  const goodbye = await browser.here();
  await shows("goodbye", () => browser.go(goodbye));
  const admin = { login: process.env.FM_MARKET_ADMIN_EMAIL, password: process.env.FM_MARKET_ADMIN_PASSWORD };
  if (admin.password) {
    await part.does("an administrator signs in", async () => {
      await browser.call("DELETE", "/cookie");
      await browser.go(`${base}/sign-in?to=/moderation`);
      await browser.type("#i-login", admin.login);
      await browser.type("#i-password", admin.password);
      await browser.click(".paper form [type=submit]");
      await browser.one(".complaint");
    });
    await shows("moderation", "/moderation");
  }
  await browser.call("DELETE", "/cookie");
};
