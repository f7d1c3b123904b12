// A headless Chromium, driven through chromedriver (W3C WebDriver, and Chromium's own protocol where that has no words).

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--disable-dev-shm-usage",
];

/** Waits until something is there, and not for ever. */
export async function until(what, look, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not seen within ${ms} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}

export class Browser {
  /** Starts chromedriver and a browser with a fresh profile. */
  static async open({ script = true, language = "en" } = {}) {
    const browser = new Browser();
    browser.profile = await mkdtemp(join(tmpdir(), "fm-browser-"));
    browser.driver = spawn(process.env.CHROMEDRIVER ?? "chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "ignore"] });
    const port = await new Promise((found, failed) => {
      let said = "";
      browser.driver.on("error", failed).on("exit", () => failed(new Error(`chromedriver ended: ${said}`)));
      browser.driver.stdout.on("data", (text) => {
        said += text;
        const match = said.match(/on port ([1-9]\d*)/);
        if (match) found(match[1]);
      });
    });
    browser.url = `http://127.0.0.1:${port}/session`;
    const prefs = { "intl.accept_languages": language, ...(script ? {} : { "profile.managed_default_content_settings.javascript": 2 }) };
    const options = { args: [...FLAGS, `--user-data-dir=${browser.profile}`, `--lang=${language}`], prefs, ...(process.env.CHROMIUM ? { binary: process.env.CHROMIUM } : {}) };
    const session = await browser.call("POST", "", { capabilities: { alwaysMatch: { browserName: "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { browser: "ALL" } } } });
    browser.url += `/${session.sessionId}`;
    await browser.scheme("light");
    return browser;
  }
  async close() {
    await this.call("DELETE", "").catch(() => {});
    this.driver.kill();
    await rm(this.profile, { recursive: true, force: true }).catch(() => {});
  }
  async call(method, path, body) {
    const answer = await fetch(this.url + path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message?.split("\n")[0]}`);
    return value;
  }
  go(url) {
    return this.call("POST", "/url", { url });
  }
  /** Opens a page and waits until its scripts have begun. */
  async opens(url) {
    await this.go(url);
    await this.ready();
  }
  /** Waits for the page's scripts. Chromium gives up after 20 s only to read an entry of its cache that a page which was left had begun to write. */
  ready() {
    return until("the page's scripts", () => this.run("return 'ready' in document.documentElement.dataset"), 30_000);
  }
  here() {
    return this.call("GET", "/url");
  }
  source() {
    return this.call("GET", "/source");
  }
  cdp(cmd, params = {}) {
    return this.call("POST", "/goog/cdp/execute", { cmd, params });
  }
  run(script, ...args) {
    return this.call("POST", "/execute/sync", { script, args });
  }
  async all(css) {
    return (await this.call("POST", "/elements", { using: "css selector", value: css })).map((e) => e[ELEMENT]);
  }
  /** Finds an element, waiting for it. */
  one(css) {
    return until(css, async () => (await this.all(css))[0]);
  }
  /** Reads what is shown. An element that is replaced meanwhile is looked for again. */
  async text(css) {
    const read = async () => {
      try {
        return { shown: await this.call("GET", `/element/${await this.one(css)}/text`) };
      } catch (e) {
        if (!/stale/.test(e.message)) throw e;
        return false;
      }
    };
    return (await until(`the text of ${css}`, read)).shown;
  }
  /** Clicks. A page that is being replaced takes its elements along: then it is looked for again. */
  async click(css) {
    let why = "it is not there";
    await until(`click ${css}`, async () => {
      const [element] = await this.all(css);
      if (!element) return false;
      try {
        await this.call("POST", `/element/${element}/click`, {});
        return true;
      } catch (e) {
        if (!/stale|intercepted|not interactable/.test(e.message)) throw e;
        why = e.message;
        return false;
      }
    }).catch((e) => {
      throw new Error(`${e.message}: ${why}`);
    });
  }
  async type(css, text) {
    const element = await this.one(css);
    const file = (await this.call("GET", `/element/${element}/attribute/type`)) === "file";
    if (!file) await this.call("POST", `/element/${element}/clear`, {});
    await this.call("POST", `/element/${element}/value`, { text });
  }
  async choose(css, value) {
    await this.click(`${css} option[value="${value}"]`);
  }
  /** Takes what the console has said as an error since the last time: faults of scripts, what the CSP has stopped, what could not be loaded. */
  async complaints() {
    const entries = await this.call("POST", "/se/log", { type: "browser" });
    return entries.filter((e) => e.level === "SEVERE" || /Content Security Policy/.test(e.message)).map((e) => e.message);
  }
  /** Waits until the page holds a text. */
  sees(text) {
    return until(`the text ${JSON.stringify(text)}`, async () => (await this.text("body")).includes(text));
  }
  /** Presses a key where the focus is: a character, or a code of WebDriver. */
  press(value) {
    const actions = [{ type: "keyDown", value }, { type: "keyUp", value }];
    return this.call("POST", "/actions", { actions: [{ type: "key", id: "keys", actions }] });
  }
  size(width, height) {
    return this.cdp("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }
  /** Light or dark; never with motion, for which nobody waits here. */
  scheme(value) {
    const features = [{ name: "prefers-color-scheme", value }, { name: "prefers-reduced-motion", value: "reduce" }];
    return this.cdp("Emulation.setEmulatedMedia", { features });
  }
  /** Loads the pictures below the screen too, so that a picture of the whole page has them. */
  whole() {
    return this.run(`
      document.documentElement.style.scrollBehavior = "auto";
      const all = [...document.images].map((image) => { image.loading = "eager"; return image.decode().catch(() => {}); });
      return Promise.race([Promise.all(all), new Promise((done) => setTimeout(done, 5000))]).then(() => document.documentElement.scrollHeight);`);
  }
  /** Takes a picture of the page, down to `height` pixels. */
  async shot(file, width, height) {
    await mkdir(dirname(file), { recursive: true });
    const format = file.endsWith(".jpeg") ? { format: "jpeg", quality: 80 } : { format: "png" };
    const { data } = await this.cdp("Page.captureScreenshot", { ...format, captureBeyondViewport: true, clip: { x: 0, y: 0, width, height, scale: 1 } });
    await writeFile(file, Buffer.from(data, "base64"));
  }
}
