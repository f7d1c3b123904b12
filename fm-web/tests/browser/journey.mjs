// Trades in a real browser: sign up, sell with a picture, find, change the price, mark as sold, delete, delete the account.
//
//   node tests/browser/journey.mjs URL [--no-script] [--pictures FOLDER]
//
// URL is that of a gateway, or of the stub. Every run makes an account of its own and deletes it.

import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { Browser, until } from "./driver.mjs";

const base = process.argv[2];
const script = !process.argv.includes("--no-script");
const folder = process.argv.includes("--pictures") ? process.argv[process.argv.indexOf("--pictures") + 1] : null;
const name = `journey-${Date.now().toString(36)}`;
const password = `Road-${Math.random().toString(36).slice(2)}-trip`;
const text = `Journey ${name.slice(8)}`;

/** A PNG of one colour (RFC 2083), large enough to be a photograph. */
function png(width, height, rgb) {
  const table = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });
  const crc = (bytes) => (bytes.reduce((c, b) => table[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
    head.writeUInt32BE(data.length);
    tail.writeUInt32BE(crc(body));
    return Buffer.concat([head, body, tail]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.concat(Array(width).fill(Buffer.from(rgb)))]);
  const data = deflateSync(Buffer.concat(Array(height).fill(row)));
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

const browser = await Browser.open({ script });
let step = "begin";
const does = async (what, run) => {
  step = what;
  const since = Date.now();
  await run();
  console.log(`ok - ${what} (${Date.now() - since} ms)`);
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await browser.size(width, height);
    for (const scheme of ["light", "dark"]) {
      await browser.scheme(scheme);
      await browser.shot(join(folder, `${what.replaceAll(" ", "-")}-${width}-${scheme}.png`), width, height);
    }
  }
  await browser.scheme("light");
};
const path = async () => new URL(await browser.here()).pathname;
const at = (wanted) => until(`the page ${wanted}`, async () => wanted.test(await path()));

try {
  await browser.size(1440, 900);
  let car;
  await does("a stranger is led to sign up and comes back", async () => {
    await browser.go(`${base}/sell`);
    await at(/^\/sign-in$/);
    const ran = await until("the page's scripts", async () => (await browser.source()).includes('data-script="on"'), script ? 5_000 : 500).catch(() => false);
    if (ran !== script) throw new Error(`scripts ran: ${ran}`);
    await browser.click('.paper a[href^="/sign-up"]');
    await at(/^\/sign-up$/);
    await browser.type("#i-username", name);
    await browser.type("#i-email", `${name}@example.org`);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/sell$/);
  });
  await does("a car is described", async () => {
    await browser.choose("#i-maker", "bmw");
    await browser.type("#i-model", "3 Series");
    await browser.choose("#i-body", "sedan");
    await browser.type("#i-year", "2015");
    await browser.type("#i-mileage", "98000");
    await browser.choose("#i-color", "blue");
    await browser.type("#i-price", "12900");
    await browser.type("#i-postal_code", "04109");
    await browser.type("#i-description", text);
    await browser.click('button[name=status][value="draft"]');
    await at(/^\/my\/cars\/[^/]+\/pictures$/);
    car = (await path()).split("/")[3];
  });
  await does("pictures are uploaded and ordered", async () => {
    const files = [join(tmpdir(), `${name}-blue.png`), join(tmpdir(), `${name}-red.png`)];
    await writeFile(files[0], png(640, 480, [40, 90, 180]));
    await writeFile(files[1], png(640, 480, [180, 40, 40]));
    await browser.type("#i-images", files.join("\n"));
    if (!script) await browser.click("#upload button");
    await until("two pictures", async () => (await browser.all(".shot")).length === 2);
    const first = () => browser.call("GET", "/element/active").then(() => browser.source()).then((html) => html.match(/\/images\/([^/]+)\/card/)?.[1]);
    const before = await first();
    await browser.click('.shot:nth-child(2) button[value="main"]');
    await until("the other picture first", async () => (await first().catch(() => before)) !== before);
  });
  await does("the car is published", async () => {
    await browser.click('form[action$="/publish"] button');
    await at(new RegExp(`^/cars/${car}$`));
    await browser.sees("12,900");
  });
  await does("it is found by filters and by text", async () => {
    await until("the car among the results", async () => {
      await browser.go(`${base}/cars?maker=bmw&price_to=13000&q=${encodeURIComponent(text)}`);
      return (await browser.source()).includes(car);
    });
  });
  if (script) {
    await does("filters answer while they are set", async () => {
      await browser.go(`${base}/cars?maker=bmw`);
      const count = () => browser.text("[data-count-said]");
      const before = await count();
      await browser.type("#f-q", text);
      await until("another number of cars", async () => (await count()) !== before && (await browser.here()).includes("q="));
      await browser.call("POST", "/back", {});
      await until("the number that was", async () => (await count()) === before);
    });
  }
  await does("it is on the start page", async () => {
    await until("the car among the last added", async () => {
      await browser.go(base);
      return (await browser.source()).includes(car);
    });
  });
  await does("its price is changed", async () => {
    await browser.go(`${base}/my/cars/${car}/edit`);
    await browser.type("#i-price", "11900");
    await browser.click(".form-foot [type=submit]");
    await at(new RegExp(`^/cars/${car}$`));
    await browser.sees("11,900");
  });
  if (script) {
    await does("a form that is filled in wrongly says where", async () => {
      await browser.go(`${base}/my/cars/${car}/edit`);
      await browser.type("#i-year", "1066");
      // What the browser itself would say comes first otherwise.
      await browser.run("document.getElementById('sell').noValidate = true");
      await browser.click(".form-foot [type=submit]");
      await browser.one("#e-year");
    });
  }
  await does("it is marked as sold", async () => {
    await browser.go(`${base}/my/cars`);
    await browser.click(`a[href="/my/cars/${car}/sold"]`);
    await browser.click(".paper form [type=submit]");
    await at(/^\/my\/cars$/);
    await browser.sees("Sold");
  });
  await does("sign out and in again", async () => {
    await browser.go(`${base}/account`);
    await browser.click('form[action="/sign-out"] button');
    await at(/^\/$/);
    await browser.go(`${base}/my/cars`);
    await at(/^\/sign-in$/);
    await browser.type("#i-login", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/my\/cars$/);
  });
  await does("the account is deleted with all that belongs to it", async () => {
    await browser.go(`${base}/account/delete`);
    await browser.type("#i-confirm", name);
    await browser.type("#i-password", password);
    await browser.click(".paper form [type=submit]");
    await at(/^\/goodbye\//);
    await until("everything deleted", async () => (await browser.source()).includes("Everything is deleted"), 30_000);
    await until("the car gone", async () => {
      await browser.go(`${base}/cars/${car}`);
      return (await browser.source()).includes("Nothing is parked here");
    });
  });
  console.log(`journey done ${script ? "with" : "without"} scripts`);
} catch (e) {
  console.error(`not ok - ${step}: ${e.message}\n${await browser.here().catch(() => "")}`);
  console.error(await browser.text("main").catch(() => ""));
  process.exitCode = 1;
} finally {
  await browser.close();
}
