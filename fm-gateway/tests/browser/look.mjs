// What is looked at on each screen: its HTML is valid, it is not wider than the window, and axe-core finds nothing against WCAG 2.2 AA; with `all`
// a picture is kept in every size, colour scheme and language.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { same } from "./browser.mjs";

const modules = createRequire(join(process.env.FM_NPM_MODULES, "/"));
const { HtmlValidate } = modules("html-validate");
const validator = new HtmlValidate({ extends: ["html-validate:standard"] });
const RULES = { runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
const WIDTHS = [[390, 844], [768, 1024], [1440, 900]];
const ALL = WIDTHS.flatMap((size) => ["light", "dark"].map((scheme) => ({ size, scheme })));
/** Without pictures each language is looked at in one way. */
const ONE = { en: [{ size: WIDTHS[0], scheme: "light" }], de: [{ size: WIDTHS[2], scheme: "dark" }] };
/** Pictures of long pages end here. */
const LONGEST = 2400;

/** Gives the function that shows a screen in both languages: `wanted` is its path, or what leads to it. */
export async function looks_at(part, folder, all, operators) {
  const axe = await readFile(modules.resolve("axe-core/axe.min.js"), "utf8");
  let source = "";
  for (const { page } of operators) {
    page.on("response", (response) => {
      if (response.request().isNavigationRequest() && response.status() !== 303) source = response.text();
    });
  }
  await mkdir(folder, { recursive: true });

  const looks = async ({ page }, name, language) => {
    const report = await validator.validateString(await source);
    const faults = report.results.flatMap((result) => result.messages.map((m) => `${m.line}:${m.column} ${m.message} [${m.ruleId}]`));
    if (faults.length) throw new Error(`the HTML is not valid: ${faults.join("; ")}`);
    for (const { size: [width, height], scheme } of all ? ALL : ONE[language]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      const where = `${width} px, ${scheme}, ${language}`;
      const wide = await page.evaluate(() => {
        const root = document.documentElement;
        const over = root.scrollWidth - root.clientWidth;
        const names = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".scroll, .sr, nav")).map((e) => e.outerHTML.slice(0, 80));
        return over > 0 ? `${over} px: ${names.slice(0, 3).join(" | ")}` : "";
      });
      same(`what is too wide at ${where}`, wide, "");
      const violations = await page.evaluate(`${axe}; axe.run(document, ${JSON.stringify(RULES)}).then((r) => r.violations.map((v) => v.id + " (" + v.help + "): " + v.nodes.map((n) => n.target + " " + (n.any[0]?.message ?? "")).join(", ")))`);
      same(`what axe-core finds at ${where}`, violations, []);
      if (all) {
        const long = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.screenshot({ path: join(folder, `${name.replaceAll(" ", "-")}-${width}-${scheme}-${language}.png`), clip: { x: 0, y: 0, width, height: Math.min(Math.max(long, height), LONGEST) }, fullPage: true });
      }
    }
  };
  return (name, wanted, who = operators[0]) => part.tries(name, async () => {
    const speaks = (language) => who.page.context().addCookies([{ name: "fm_gateway_lang", value: language, url: `${who.dashboard}/admin` }]);
    for (const language of ["en", "de"]) {
      await speaks(language);
      if (typeof wanted === "string") await who.go(wanted);
      else await wanted();
      same("the language", await who.page.evaluate(() => document.documentElement.lang), language);
      await looks(who, name, language);
    }
    await speaks("en");
    await who.page.setViewportSize({ width: 1440, height: 900 });
  });
}
