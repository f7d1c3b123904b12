// The focus stays where somebody works when a part of the page is drawn anew, and Back closes what was opened.

import { join } from "node:path";
import { until } from "./driver.mjs";
import { Person } from "./person.mjs";
import { png } from "./png.mjs";
import { writeFile } from "node:fs/promises";

const [ENTER, ESCAPE, RIGHT, LEFT] = ["\uE007", "\uE00C", "\uE014", "\uE012"];

export const focus = (base) => async (part, browser) => {
  const seller = await Person.arrive(base);
  const car = await seller.lists({ maker: "skoda", model: "octavia", body: "estate", color: "blue", year: 2019, price: 15_400, status: "draft" });
  await seller.lists({ maker: "skoda", model: "fabia", body: "small", color: "blue", year: 2017, price: 7_400 });
  const focused = () => browser.run("const e = document.activeElement; return e === document.body ? 'nothing' : e.id || e.getAttribute('aria-label') || e.textContent.trim()");
  const search = async () => decodeURIComponent(new URL(await browser.here()).search);
  const is = async (what, wanted, seen) => {
    if (seen !== wanted) throw new Error(`${what} is ${JSON.stringify(seen)} and not ${JSON.stringify(wanted)}`);
  };
  const press = async (css, key = ENTER) => {
    await browser.one(css);
    await browser.run("document.querySelector(arguments[0]).focus()", css);
    await browser.press(key);
  };

  const tick = (css) => browser.run("document.querySelector(arguments[0]).click()", css);

  await browser.size(1440, 900);
  await part.does("removing a chip leads to the next one, and the last one to the heading", async () => {
    await browser.opens(`${base}/cars?maker=skoda&color=blue&price_to=20000`);
    await browser.run("window.same = true");
    const chip = (n) => browser.run("return [...document.querySelectorAll('.chip')].map((c) => c.textContent.trim())[arguments[0]] ?? ''", n);
    const second = (await chip(1)).split(" ")[0];
    await press(".chips li:first-child .chip");
    await until("two filters", async () => !(await search()).includes("maker"));
    await until("the next chip", async () => (await focused()).startsWith(second));
    await press(".chips li:nth-child(2) .chip");
    await until("one filter", async () => !(await search()).includes("price_to"));
    await press(".chips .chip");
    await until("no filter", async () => (await search()) === "");
    await until("the heading", async () => (await focused()) === "h-found");
    if (!(await browser.run("return window.same"))) throw new Error("the page was loaded anew");
  });
  await part.does("going back brings filters and results, and adds no step of its own", async () => {
    await browser.call("POST", "/back", {});
    await until("the filter", async () => (await search()) === "?color=blue" && (await browser.run("return document.querySelector('[value=blue]').checked")));
    const length = () => browser.run("return history.length");
    const before = await length();
    // Longer than any change of the form waits before it is asked for.
    await until("the time for a late question", () => browser.run("window.since ??= Date.now(); return Date.now() - window.since > 600"));
    await is("the number of steps", before, await length());
    await browser.call("POST", "/forward", {});
    await until("no filter", async () => (await search()) === "" && !(await browser.run("return document.querySelector('[value=blue]').checked")));
  });
  await part.does("another view keeps the focus on its button, and a filter keeps the view", async () => {
    await press(".views a:nth-child(2)");
    await until("the list", async () => (await search()).includes("view=list") && (await browser.all(".cards-list")).length === 1);
    await is("the focus", await browser.run("return document.querySelector('.views a:nth-child(2)').getAttribute('aria-label')"), await focused());
    await tick("[value=blue]");
    await until("the filter", async () => (await search()).includes("color=blue") && (await search()).includes("view=list"));
    await browser.call("POST", "/back", {});
    await browser.call("POST", "/back", {});
    await until("the grid", async () => (await search()) === "" && (await browser.all(".cards-list")).length === 0);
    await tick("[value=blue]");
    await until("the filter in the grid", async () => (await search()).includes("color=blue") && !(await search()).includes("view"));
  });

  await part.does("on a phone Back closes the filters and stays on the page", async () => {
    await browser.size(390, 844);
    await browser.opens(base);
    await browser.opens(`${base}/cars`);
    const shown = () => browser.run("return 'shown' in document.getElementById('filters').dataset");
    await browser.click("[data-open]");
    await until("the drawer", shown);
    await browser.call("POST", "/back", {});
    await until("no drawer", async () => !(await shown()));
    await is("the page", "/cars", new URL(await browser.here()).pathname);
    await until("the button that opened it", async () => (await browser.run("return 'open' in (document.activeElement?.dataset ?? {})")));
    for (const [name, close] of [["Escape", () => browser.press(ESCAPE)], ["the cross", () => browser.click("#filters [data-close]")]]) {
      await browser.click("[data-open]");
      await until("the drawer", shown);
      await close();
      await until(`no drawer after ${name}`, async () => !(await shown()));
    }
    await until("the step that the drawer was to be gone", () => browser.run("return !history.state?.drawer"));
    await browser.call("POST", "/back", {});
    await until("the start page", async () => new URL(await browser.here()).pathname === "/");
  });
  await part.does("what was chosen in the drawer stays when Back closes it, and is one step", async () => {
    await browser.opens(`${base}/cars`);
    const shown = () => browser.run("return 'shown' in document.getElementById('filters').dataset");
    await browser.click("[data-open]");
    await until("the drawer", shown);
    for (const filter of ["[name=maker][value=skoda]", "[name=body][value=small]"]) {
      const before = await search();
      await tick(filter);
      await until(`the filter ${filter}`, async () => (await search()) !== before);
    }
    await browser.call("POST", "/back", {});
    await until("no drawer", async () => !(await shown()));
    await until("the filters", async () => /maker=skoda&body=small/.test(await search()));
    await browser.call("POST", "/back", {});
    await until("no filter", async () => (await search()) === "");
  });

  await browser.size(1440, 900);
  await part.does("a picture that is moved keeps the focus, and who cannot see it is told", async () => {
    await browser.opens(`${base}/sign-in?to=/my/cars/${car.id}/pictures`);
    await browser.type("#i-login", seller.name);
    await browser.type("#i-password", seller.password);
    await browser.click(".paper form [type=submit]");
    await browser.one("#i-images");
    await browser.ready();
    const files = await Promise.all([[40, 90, 180], [180, 40, 40], [60, 140, 60]].map(async (rgb, n) => {
      const file = join(browser.profile, `focus-${n}.png`);
      await writeFile(file, png(640, 480, rgb));
      return file;
    }));
    await browser.type("#i-images", files.join("\n"));
    await until("three pictures", async () => (await browser.all(".shot")).length === 3);
    const keys = () => browser.run("return [...document.querySelectorAll('.shot')].map((s) => s.dataset.key)");
    const [a, b, c] = await keys();
    const on = () => browser.run("const e = document.activeElement; return `${e.closest('.shot')?.dataset.key ?? e.id} ${e.value ?? ''}`");
    const order = async (...wanted) => until(`the order ${wanted}`, async () => (await keys()).join() === wanted.join());
    await press(`.shot[data-key="${a}"] [value=down]`);
    await order(b, a, c);
    await is("the focus", `${a} down`, await until("the focus", on));
    await browser.press(ENTER);
    await order(b, c, a);
    // It is the last one now, and cannot go farther.
    await until("the other direction", async () => (await on()) === `${a} up`);
    await until("what is said", async () => (await browser.text("[data-arranged]")) === "Picture 3 of 3");
    await press(`.shot[data-key="${c}"] [value=main]`);
    await order(c, b, a);
    await press(`.shot[data-key="${b}"] [value=remove]`);
    await order(c, a);
    await until("the picture in its place", async () => (await on()) === `${a} remove`);
    await browser.press(ENTER);
    await order(c);
    await browser.press(ENTER);
    await order();
    await until("the field for pictures", async () => (await on()).startsWith("i-images"));
  });
  await part.does("pictures open on the whole screen, by keyboard too", async () => {
    const shown = await seller.lists({ maker: "skoda", model: "superb", body: "estate", color: "grey", year: 2020, price: 19_400 }, 3);
    await browser.opens(`${base}/cars/${shown.id}`);
    const number = () => browser.run("return document.querySelector('dialog[open] [data-whole-number]')?.textContent ?? 'closed'");
    const reads = (wanted) => until(`picture ${wanted}`, async () => (await number()) === wanted);
    await press(".stage li:first-child a");
    await reads("1");
    await browser.press(RIGHT);
    await reads("2");
    await browser.press(LEFT);
    await browser.press(LEFT);
    await reads("3");
    await browser.press(ESCAPE);
    await reads("closed");
    const link = await browser.run("return document.activeElement.closest('.stage li')?.id ?? 'elsewhere'");
    await is("the focus", "photo-3", link);
  });
  await part.does("the visitor leaves", () => seller.leaves());
};
