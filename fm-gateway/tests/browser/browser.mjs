// A headless Chromium, driven by Playwright, and what its console complains about.

import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(join(process.env.FM_NPM_MODULES ?? import.meta.dirname, "/"));
const { chromium } = require("playwright-core");
const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
/** How long a page, an element or a condition may take on a busy machine. */
export const PATIENCE = 30_000;

export const open = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS, chromiumSandbox: false });

/** Opens a page with a session of its own; `complaints` gets what its console says as an error. */
export async function visitor(browser, { complaints = [], ...how } = {}) {
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", acceptDownloads: true, ...how });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on("dialog", (dialog) => dialog.accept());
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // That a page is an error page is said there, too.
    const refused = /Failed to load resource.*status of (40[0-9]|41[0-9]|42[0-9])/.test(message.text());
    if ((message.type() === "error" && !refused) || /Content Security Policy/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

/** Keeps a small picture of what the window shows. */
export async function picture(page, file) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 55 });
  await session.detach();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, Buffer.from(data, "base64"));
}

/** Waits until something holds, and not for ever. */
export async function until(what, look, ms = PATIENCE) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not seen within ${ms} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

/** Fails with both values unless they are the same. */
export function same(what, seen, wanted) {
  const [a, b] = [seen, wanted].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: ${a} seen, ${b} expected`);
}
