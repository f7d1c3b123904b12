import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { begin, later, queryOf, reduce, said } from "../../assets/js/search.js";
import { createStore } from "../../assets/js/store.js";

test("a store tells its listeners of changes, and of nothing else", () => {
  const store = createStore((n, a) => (a === "more" ? n + 1 : n), 1);
  const heard = [];
  const end = store.subscribe((now, before) => heard.push([now, before]));
  store.dispatch("more");
  store.dispatch("nothing");
  end();
  store.dispatch("more");
  assert.deepEqual([heard, store.state], [[[2, 1]], 3]);
});

test("a reducer that dispatches is stopped, and the store lives on", () => {
  const store = createStore((n, a) => (a === "bad" ? store.dispatch("x") : n + 1), 0);
  assert.throws(() => store.dispatch("bad"));
  store.dispatch("good");
  assert.equal(store.state, 1);
});

test("a listener that leaves while it is told disturbs nobody", () => {
  const store = createStore((n) => n + 1, 0);
  const heard = [];
  const end = store.subscribe(() => end());
  store.subscribe((n) => heard.push(n));
  store.dispatch();
  store.dispatch();
  assert.deepEqual(heard, [1, 2]);
});

test("only the answer to the newest question counts", () => {
  let state = begin("", 10);
  state = reduce(state, { type: "changed", query: "maker=bmw" });
  state = reduce(state, { type: "changed", query: "maker=audi" });
  assert.equal(state.status, "asking");
  assert.equal(reduce(state, { type: "answered", query: "maker=bmw", total: 5 }), state);
  assert.equal(reduce(state, { type: "failed", query: "maker=bmw" }), state);
  state = reduce(state, { type: "answered", query: "maker=audi", total: 7 });
  assert.deepEqual(state, { query: "maker=audi", shown: "maker=audi", total: 7, status: "idle" });
});

test("the same question is asked once, and after a failure again only when it changes", () => {
  let state = begin("a=1", 3);
  assert.equal(reduce(state, { type: "changed", query: "a=1" }), state);
  state = reduce(reduce(state, { type: "changed", query: "a=2" }), { type: "failed", query: "a=2" });
  assert.deepEqual([state.status, state.total], ["failed", null]);
  assert.equal(reduce(state, { type: "changed", query: "a=2" }), state);
  assert.equal(reduce(state, { type: "changed", query: "a=1" }).status, "asking");
  assert.equal(reduce(state, { type: "unheard of" }), state);
});

test("other results take the place of a question, and what failed can be asked again", () => {
  let state = reduce(begin("a=1", 3), { type: "changed", query: "a=2" });
  assert.deepEqual(reduce(state, { type: "shown", query: "b=1" }), begin("b=1", null));
  assert.equal(reduce(state, { type: "retried" }), state);
  state = reduce(state, { type: "failed", query: "a=2" });
  assert.deepEqual(reduce(state, { type: "retried" }), { ...state, status: "asking" });
});

test("a query holds what was filled in", () => {
  const pairs = [["maker", "bmw"], ["maker", "audi"], ["q", " a & b "], ["year_from", ""], ["price_to", "  "], ["file", {}]];
  assert.equal(queryOf(pairs), "maker=bmw&maker=audi&q=a+%26+b");
  assert.equal(queryOf([]), "");
});

test("numbers are said in the page's own words", () => {
  const words = { none: "No car fits", one: "Show 1 car", many: "Show {} cars" };
  assert.equal(said(words, 0, "en"), "No car fits");
  assert.equal(said(words, 1, "en"), "Show 1 car");
  assert.equal(said(words, 12345, "en"), "Show 12,345 cars");
  assert.equal(said({ ...words, many: "{} Autos zeigen" }, 12345, "de"), "12.345 Autos zeigen");
});

test("numbers look as they do in the pages of the server", async () => {
  const cases = JSON.parse(await readFile(new URL("../numbers.json", import.meta.url), "utf8"));
  for (const { language, number, text } of cases) assert.equal(said({ none: "0", one: "1", many: "{}" }, number, language), text, `${language} ${number}`);
  assert.ok(cases.length >= 10);
});

test("what is wanted again and again is done once, with the last wish", async () => {
  const done = [];
  await new Promise((end) => {
    const soon = later((n) => (done.push(n), end()), 5);
    soon(1);
    soon(2);
    soon(3);
  });
  assert.deepEqual(done, [3]);
});
