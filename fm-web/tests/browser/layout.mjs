// Every page at every width, with text of twice the size, in both languages and in forced colours: nothing is cut off, nothing is wider than
// the screen, and what is chosen can be told from what is not.

import { Person } from "./person.mjs";

const WIDTHS = [320, 360, 390, 480, 640, 768, 1024, 1280, 1440, 1920];
/** With text of twice the size. */
const LARGE = [320, 640, 1280];

/** Finds what is wider than the screen, and text that is cut off by something around it. Lists that scroll sideways by design are left out. */
const CUT = `
  const seen = [];
  const root = document.documentElement;
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\\s+/).join(".") : "");
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".bodies, .stage, .thumbs, .sr, .skip"));
    seen.push((root.scrollWidth - root.clientWidth) + " px too wide: " + wide.slice(0, 3).map(name).join(" "));
  }
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode()); ) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest(".sr, .skip, .bodies, .thumbs, .history, a[href='/account'], option, script, noscript, textarea, [hidden], details:not([open]) > :not(summary)")) continue;
    if (!parent.checkVisibility({ checkVisibilityCSS: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width < 2) continue;
    for (let around = parent; around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around);
      if (style.clipPath !== "none") break;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = around.getBoundingClientRect();
      const cutX = style.overflowX !== "visible" && (box.right > edge.right + 1 || box.left < edge.left - 1);
      const cutY = style.overflowY === "hidden" && (box.bottom > edge.bottom + 2 || box.top < edge.top - 2);
      if (cutX || cutY) seen.push(JSON.stringify(node.data.trim().slice(0, 40)) + " is cut off by " + name(around));
    }
  }
  for (const button of document.querySelectorAll("button, .button, summary, select")) {
    if (button.checkVisibility() && button.tagName !== "SELECT" && button.scrollWidth > button.clientWidth + 1) seen.push(name(button) + " is too small for " + JSON.stringify(button.textContent.trim().slice(0, 40)));
  }
  return [...new Set(seen)];`;

/** Says for each control that is on whether its picture differs from that of its like that is off. */
const SHOWN = [
  ["a ticked filter", ".tick input:checked:not(:disabled)", ".tick input:not(:checked):not(:disabled)"],
  ["the view", ".views a[aria-current]", ".views a:not([aria-current])"],
  ["the page", ".pages a[aria-current]", ".pages li a:not([aria-current])"],
  ["the language", '.pill[name="lang"][aria-pressed]', '.pill[name="lang"]:not([aria-pressed])'],
  ["the menu's page", ".nav a[aria-current]", ".nav a:not([aria-current])"],
];

export const layout = (base) => async (part, browser) => {
  const seller = await Person.arrive(base);
  // Results have a second page, whatever else is listed.
  for (let n = 0; n < 24; n++) await seller.lists({ maker: "mercedes_benz", model: "c_klasse", body: "estate", year: 2016, price: 9_000 + n });
  const shown = await seller.lists(
    { maker: "mercedes_benz", model: "c_klasse", body: "estate", engine: "diesel", gearbox: "automatic", color: "silver", power_ps: 170, year: 2016,
      mileage: 123_456, price: 1_234_900, description: "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen".repeat(3), options: ["abs"], location: { postal_code: "04109" } },
    3,
  );
  const draft = await seller.lists({ maker: "opel", model: "astra", year: 2011, price: 3_700, status: "draft" }, 2);
  const sold = await seller.lists({ maker: "ford", model: "focus", year: 2014, price: 6_200 });
  await seller.call("POST", `/api/cars/${sold.id}/sold`);
  const open = ["/", "/cars", "/cars?maker=mercedes_benz&body=estate&price_to=2000000&view=list", "/cars?q=unterseeboot&maker=bmw", "/cars?maker=xyz&page=x&sort=luck", "/cars?page=99999",
    `/cars/${shown.id}`, "/sign-in", "/sign-up", "/nowhere"];
  const own = ["/my/cars", "/sell", `/my/cars/${shown.id}/edit`, `/my/cars/${draft.id}/pictures`, `/my/cars/${sold.id}/edit`, `/my/cars/${shown.id}/sold`, `/my/cars/${shown.id}/delete`,
    `/cars/${draft.id}`, "/account", "/account/delete"];
  const speak = (value) => browser.call("POST", "/cookie", { cookie: { name: "fm_lang", value, path: "/" } });
  const looks = async (paths, widths, before = "") => {
    const wrong = [];
    for (const path of paths) {
      await browser.size(widths[0], 900);
      await browser.go(base + path);
      await browser.run(`document.documentElement.style.scrollBehavior = 'auto'; ${before}`);
      for (const width of widths) {
        await browser.size(width, 900);
        for (const text of await browser.run(CUT)) wrong.push(`${path} at ${width}: ${text}`);
      }
      await browser.complaints();
    }
    if (wrong.length) throw new Error(`\n      ${wrong.join("\n      ")}`);
  };
  /** As a browser does that zooms text alone: the widths at which pages are laid out otherwise stay. */
  const twice = "document.documentElement.style.fontSize = '200%';";
  const both = async (name, paths) => {
    for (const [lang, language] of [["de", "German"], ["en", "English"]]) {
      await browser.go(base);
      await speak(lang);
      await part.does(`${name} in ${language} are whole from 320 to 1920 px`, () => looks(paths, WIDTHS));
      await part.does(`${name} in ${language} are whole with text of twice the size`, () => looks(paths, LARGE, twice));
    }
  };
  await both("pages that everybody sees", open);

  await part.does("in forced colours what is chosen can be told from what is not", async () => {
    await browser.size(1440, 900);
    for (const scheme of ["light", "dark"]) {
      const features = [{ name: "forced-colors", value: "active" }, { name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }];
      await browser.cdp("Emulation.setEmulatedMedia", { features });
      await browser.go(`${base}/cars?maker=mercedes_benz&maker=bmw&maker=audi&maker=volkswagen&maker=opel&maker=ford`);
      for (const [what, on, off] of SHOWN) {
        const [a, b] = [await inks(browser, on), await inks(browser, off)];
        if (!a || !b) throw new Error(`${what} is not on the page`);
        const more = Object.keys(a).filter((color) => (a[color] ?? 0) - (b[color] ?? 0) > 12);
        if (!more.length) throw new Error(`${what} looks ${scheme} as if it were not chosen: ${JSON.stringify([a, b])}`);
      }
    }
    await browser.scheme("light");
  });

  await browser.size(1440, 900);
  await browser.go(`${base}/sign-in?to=/my/cars`);
  await browser.type("#i-login", seller.name);
  await browser.type("#i-password", seller.password);
  await browser.click(".paper form [type=submit]");
  await browser.one(".mine");
  await both("pages of one's own", own);
  await part.does("the visitor leaves", () => seller.leaves());
};

/** Counts the pixels of each colour in the middle of a control, without its text; nothing if it is not there. */
async function inks(browser, css) {
  const at = await browser.run(
    `const e = [...document.querySelectorAll(arguments[0])].find((e) => e.checkVisibility());
     if (!e) return null;
     e.scrollIntoView({ block: "center" });
     for (const above of document.querySelectorAll(".top")) above.style.visibility = above.contains(e) ? "" : "hidden";
     const r = e.getBoundingClientRect();
     return { x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height };`,
    css,
  );
  if (!at) return null;
  // The same part of both: the first 16 by 16 pixels.
  const { data } = await browser.cdp("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip: { ...at, width: 16, height: 16, scale: 1 } });
  return browser.run(
    `return createImageBitmap(new Blob([Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0))], { type: "image/png" })).then((picture) => {
       const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
       canvas.drawImage(picture, 0, 0);
       const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
       const colors = {};
       for (let i = 0; i < data.length; i += 4) { const c = [data[i] >> 5, data[i + 1] >> 5, data[i + 2] >> 5].join(); colors[c] = (colors[c] ?? 0) + 1; }
       return colors;
     });`,
    data,
  );
}
