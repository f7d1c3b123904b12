// A service that does not answer costs its panels, not the page. Holds a process of the market on this machine for a moment.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./driver.mjs";
import { Person } from "./person.mjs";

export const down = (base, folder, market) => async (part, browser) => {
  const seller = await Person.arrive(base);
  const car = await seller.lists({ maker: "audi", model: "a4", body: "estate", year: 2013, price: 8_300 });
  const pid = Number((await readFile(join(market, "pids", "fm-tracker"), "utf8")).split(" ")[0]);
  const panels = async () => (await browser.all(".panel-down")).length;
  const sees = async (name, path, missing, wanted) => {
    for (const [width, height] of [[390, 844], [1440, 900]]) {
      await browser.size(width, height);
      await browser.go(base + path);
      if ((await panels()) !== missing) throw new Error(`${await panels()} panels are down`);
      await browser.one(wanted);
      for (const scheme of ["light", "dark"]) {
        await browser.scheme(scheme);
        await browser.shot(join(folder, `down-${name}-${width}-${scheme}.png`), width, 1800);
      }
    }
  };
  // While no instance answers, the gateway refuses the page's own stream.
  const stream = /\/api\/tracks\/stream - Failed to load resource.*status of 50[34]/;
  process.kill(pid, "SIGSTOP");
  try {
    // What came last is known to fm-cars, too.
    await part.does("the start page without fm-tracker shows what came last", () => sees("home", "/", 0, "[data-latest] > li"), stream);
    await part.does("a car without its price history", () => sees("car", `/cars/${car.id}`, 1, ".offer-price"), stream);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  // The gateway asks it again only after a while; until then the page's own stream is refused, and the console says so.
  await until("the feed", async () => {
    const answer = await fetch(`${base}/api/tracks/stream`);
    await answer.body?.cancel();
    return answer.ok;
  }, 30_000);
  await part.does("it is back by itself", () =>
    until("the last added", async () => {
      await browser.go(base);
      return (await panels()) === 0 && (await browser.all("[data-latest] > li")).length > 0;
    }, 30_000),
  );
  await part.does("the seller leaves", () => seller.leaves());
};
