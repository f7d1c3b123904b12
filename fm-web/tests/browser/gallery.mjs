// Pictures of every page in every state, at three widths, light and dark, in both languages, and a page that shows them.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { walk } from "./states.mjs";
import { World } from "./world.mjs";

const WIDTHS = [[390, 844], [768, 1024], [1440, 900]];
const SCHEMES = ["light", "dark"];
const LANGUAGES = ["en", "de"];
/** A page is shown down to here; pixels. */
const LONGEST = 6_000;
/** What is not there by then is not waited for; milliseconds. */
const DEADLINE = 30 * 60_000;

export const gallery = (base, folder) => async (part, browser) => {
  const end = Date.now() + DEADLINE;
  const wanted = new RegExp(process.env.FM_GALLERY || "", "i");
  const world = await World.make(base);
  const shown = [];
  const shows = async (name, open) => {
    if (!wanted.test(name)) return;
    const file = name.replaceAll(/[^a-z]+/g, "-");
    const takes = async () => {
      if (Date.now() > end) throw new Error("there is no time left");
      for (const language of LANGUAGES) {
        await browser.call("POST", "/cookie", { cookie: { name: "fm_lang", value: language, path: "/" } });
        for (const [width, height] of WIDTHS) {
          await browser.size(width, height);
          await open();
          const long = Math.min(Math.max(await browser.whole(), height), LONGEST);
          for (const scheme of SCHEMES) {
            await browser.scheme(scheme);
            await browser.shot(join(folder, `${file}-${width}-${scheme}-${language}.jpeg`), width, long);
          }
        }
      }
    };
    // One that cannot be shown is no reason to show no other. That a page refuses something is said in the console, too.
    await part.does(name, takes, /Failed to load resource/).then(() => shown.push([name, file])).catch((e) => part.fails(name, e.message));
  };
  try {
    const left = await walk(part, browser, world, World.has({ alone: true }), shows);
    if (left.length) console.log(`      not shown without a market on this machine and its administrator's password (. market.env): ${left.join(", ")}`);
  } finally {
    await writeFile(join(folder, "index.html"), index(shown));
    console.log(`      ${shown.length} states: ${join(folder, "index.html")}`);
    await world.leaves();
  }
};

/** The page: choices without scripts, by the state of radio buttons. */
function index(shown) {
  const choices = { width: WIDTHS.map(([width]) => String(width)), scheme: SCHEMES, language: LANGUAGES };
  const radios = Object.entries(choices).map(([name, values]) => {
    const radio = (value, n) => `<label><input type="radio" name="${name}" value="${value}"${n ? "" : " checked"}> ${value}</label>`;
    return `<fieldset><legend>${name}</legend>${values.map(radio).join(" ")}</fieldset>`;
  });
  const rules = Object.entries(choices).flatMap(([name, values]) =>
    values.map((value) => `body:not(:has([name=${name}][value="${value}"]:checked)) [data-${name}="${value}"] { display: none }`));
  const pictures = (file) =>
    choices.width.flatMap((width) => choices.scheme.flatMap((scheme) => choices.language.map((language) => {
      const picture = `${file}-${width}-${scheme}-${language}.jpeg`;
      return `<a href="${picture}" data-width="${width}" data-scheme="${scheme}" data-language="${language}"><img src="${picture}" alt="" loading="lazy"></a>`;
    }))).join("\n");
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Gallery</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 0; background: #777 }
header { position: sticky; top: 0; display: flex; gap: 1em; padding: .5em 1em; background: #fff }
fieldset { border: 0; padding: 0 } legend { float: left; margin-right: .5em; font-weight: 600 }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(22em, 1fr)); gap: 1em; padding: 1em }
section { background: #fff; padding: .5em } h2 { font-size: 1em; margin: 0 0 .5em }
section a { display: block; max-height: 42em; overflow: auto } img { width: 100%; display: block }
${rules.join("\n")}
</style>
<header><b>${shown.length} states</b>${radios.join("")}</header>
<main>
${shown.map(([name, file]) => `<section id="${file}"><h2>${name}</h2>\n${pictures(file)}\n</section>`).join("\n")}
</main>
</html>
`;
}
