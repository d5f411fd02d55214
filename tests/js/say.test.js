import assert from "node:assert/strict";
import { test } from "node:test";
import { allOf, anyOf, say } from "../../helpers/widgets/js/domain/say.js";

test("slots are filled by name, each as often as it is there", () => {
  assert.equal(say("Right."), "Right.");
  assert.equal(say("{a}, {b}, {a}", { a: 1, b: "two" }), "1, two, 1");
});

test("what a slot is filled with is not read", () => {
  assert.equal(say("{a}{b}", { a: "{b}", b: "$&" }), "{b}$&");
});

test("the slots are those of the sentence", () => {
  const given = [{}, { steps: 2 }, { step: 2, last: 5 }];
  for (const slots of given) {
    assert.throws(
      () => say("Time step {step}", /** @type {Record<string, number>} */ (slots)),
      { name: "TypeError", message: /^The slots of "Time step \{step\}" are not / },
    );
  }
  assert.throws(() => say("Right.", { step: 2 }), TypeError);
});

test("names are put together in words", () => {
  assert.equal(anyOf(["a", "b", "c"]), "a or b or c");
  assert.equal(allOf(["a", "b"]), "a and b");
  assert.equal(allOf(["a"]), "a");
  assert.equal(allOf([]), "");
});
