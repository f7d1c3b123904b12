import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../assets/js/hearts.js";

test("a heart that is on its way is not pressed again", () => {
  const first = reduce(new Map(), { type: "pressed", car: "a", on: true });
  assert.deepEqual([...first], [["a", true]]);
  assert.equal(reduce(first, { type: "pressed", car: "a", on: false }), first);
  assert.deepEqual([...reduce(first, { type: "pressed", car: "b", on: false }).keys()], ["a", "b"]);
});

test("an answer or a failure ends it, and what is not known changes nothing", () => {
  const first = reduce(new Map(), { type: "pressed", car: "a", on: true });
  for (const type of ["answered", "failed"]) assert.equal(reduce(first, { type, car: "a" }).size, 0);
  for (const action of [{ type: "answered", car: "b" }, { type: "other" }]) assert.equal(reduce(first, action), first);
});
