import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { STATES, WITHOUT_PAGE } from "../browser/states.mjs";

/** The routes that answer a `GET`, as src/pages/mod.rs has them. */
async function routes() {
  const source = await readFile(new URL("../../src/pages/mod.rs", import.meta.url), "utf8");
  const legal = await readFile(new URL("../../src/legal.rs", import.meta.url), "utf8");
  const texts = legal.match(/PAGES: \[[^\]]*\] = \[([^\]]*)\]/)[1].match(/\w+/g).map((page) => `/${page}`);
  return [...source.matchAll(/at\("([^"]+)"\)([^\n]*)/g)].filter(([, , rest]) => rest.includes(".get(")).map(([, path]) => path).concat(texts);
}

test("every page is among the states of the gallery", async () => {
  const all = await routes();
  assert.ok(all.includes("/my/cars/{id}/renew") && all.includes("/imprint"), `the table of routes is not read: ${all}`);
  const listed = new Set([...STATES.map((state) => state.route), ...Object.keys(WITHOUT_PAGE)]);
  assert.deepEqual(all.filter((route) => !listed.has(route)), []);
});

test("the gallery has no page that is gone, and no state twice", async () => {
  const all = new Set([...(await routes()), "/preferences", "*"]);
  const listed = [...STATES.map((state) => state.route), ...Object.keys(WITHOUT_PAGE)];
  assert.deepEqual(listed.filter((route) => !all.has(route)), []);
  const names = STATES.map((state) => state.name.replaceAll(/[^a-z]+/g, "-"));
  assert.deepEqual(names.filter((name, n) => names.indexOf(name) !== n), []);
  assert.deepEqual(Object.keys(WITHOUT_PAGE).filter((route) => STATES.some((state) => state.route === route)), []);
});
