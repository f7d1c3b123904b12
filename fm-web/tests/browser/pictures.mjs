// Takes a picture of every page, at 390 and 1440 px, light and dark.
//
//   node tests/browser/pictures.mjs URL FOLDER [NAME OF ONE PAGE]
//
// Signs in as anna with the password that FM_PASSWORD says (any, at the stub).

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Browser } from "./driver.mjs";

const [base, folder, only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await Browser.open();
try {
  await browser.go(`${base}/sign-in`);
  const public_ = async (path) => (await browser.go(base + path), await browser.here());
  await public_("/cars");
  const car = new URL(await browser.run("return document.querySelector('.card-title a').href")).pathname;
  const photographed = await browser.run("const a = [...document.querySelectorAll('.card')].find((c) => c.querySelector('.pic img')); return a ? a.querySelector('.card-title a').pathname : null");
  const outside = [["home", "/"], ["results", "/cars?maker=bmw&price_to=30000"], ["results-list", "/cars?view=list"], ["results-empty", "/cars?q=submarine&maker=bmw"], ["filters", "/cars#filters"], ["car", car], ["car-pictures", photographed ?? car], ["missing", "/nowhere"], ["sign-in", "/sign-in"], ["sign-up", "/sign-up"]];
  const inside = [["mine", "/my/cars"], ["sell", "/sell"], ["account", "/account"], ["delete-account", "/account/delete"], ["edit", null], ["pictures", null]];
  const take = async (pages) => {
    for (const [name, path] of pages) {
      if (only && name !== only) continue;
      for (const [width, height] of [[390, 844], [1440, 900]]) {
        await browser.size(width, height);
        for (const scheme of ["light", "dark"]) {
          await browser.scheme(scheme);
          await browser.go("about:blank");
          await browser.go(base + path);
          await browser.run("document.documentElement.style.scrollBehavior = 'auto'");
          const full = await browser.run("return Math.min(document.documentElement.scrollHeight, 2600)");
          await browser.shot(join(folder, `${name}-${width}-${scheme}.png`), width, Math.max(full, height));
          const over = await browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
          if (over > 0) console.log(`${name} at ${width}: ${over} px too wide`);
        }
      }
    }
  };
  await take(outside);
  await browser.go(`${base}/sign-in?to=/my/cars`);
  await browser.type("#i-login", "anna");
  await browser.type("#i-password", process.env.FM_PASSWORD ?? "any password");
  await browser.click(".paper form button[type=submit]");
  const own = await browser.run("return document.querySelector('.mine-actions a[href$=edit]')?.pathname");
  for (const page of inside) page[1] ??= page[0] === "edit" ? own : own?.replace(/edit$/, "pictures");
  await take(inside.filter((page) => page[1]));
} finally {
  await browser.close();
}
