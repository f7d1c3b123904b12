// What axe-core finds against WCAG 2.2 AA on the page that is shown.

import { readFile } from "node:fs/promises";

const RULES = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};

/** Gives what fails where axe finds a violation. */
export async function checker(axeFile) {
  const axe = await readFile(axeFile, "utf8");
  return async (browser, where) => {
    const found = await browser.run(`${axe}; return axe.run(document, ${JSON.stringify(RULES)}).then((r) => r.violations)`);
    if (!found.length) return;
    const told = found.map((v) => `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(", ")}`);
    throw new Error(`${where}: ${told.join("; ")}`);
  };
}
