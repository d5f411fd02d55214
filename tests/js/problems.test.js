import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALLOWED,
  backToFront,
  decode,
  encode,
  encoderInput,
  EOS,
  firstMistake,
  isFamiliar,
  normalProblem,
  PAD,
  parse,
  solve,
  target,
  unfamiliar,
} from "../../helpers/widgets/js/domain/problems.js";

const SUMS = { largest: 99, operators: "+" };

test("what people type becomes a problem in plain characters, or none", () => {
  for (const text of ["50+9", " 50 + 9 ", "５０＋９", "50\u200b+9"]) {
    assert.equal(normalProblem(text), "50+9");
  }
  assert.equal(normalProblem("５０ − ９"), "50-9");
  for (const text of ["", "50", "50+", "050+9", "1000+1", "5*9", "-5+9", "5+9="]) {
    assert.equal(normalProblem(text), null);
  }
});

test("a problem has two operands, an operator and an answer", () => {
  assert.deepEqual(parse("12-85"), { left: 12, operator: "-", right: 85 });
  assert.equal(solve("12-85"), "-73");
  assert.equal(solve("999+999"), "1998");
  assert.throws(() => solve("no problem"), new RangeError(ALLOWED));
});

test("ids spell a text up to EOS, without PAD", () => {
  assert.deepEqual(encode("7+8"), [7, 10, 8]);
  assert.equal(decode([PAD, ...encode("15"), EOS, 3]), "15");
  assert.equal(backToFront("50+9"), "9+05");
});

test("the encoder reads eight ids, PAD in front; the answer has five, PAD behind", () => {
  assert.deepEqual(encoderInput("50+9", false), [PAD, PAD, PAD, 5, 0, 10, 9, EOS]);
  assert.deepEqual(encoderInput("50+9", true), [PAD, PAD, PAD, 9, 10, 0, 5, EOS]);
  assert.deepEqual(target("50+9", false), [5, 9, EOS, PAD, PAD]);
  assert.deepEqual(target("50+9", true), [9, 5, EOS, PAD, PAD]);
});

test("what comes behind EOS is no mistake", () => {
  const wanted = target("50+9", false);
  assert.equal(firstMistake([5, 9, EOS, 1, 1], wanted), null);
  assert.equal(firstMistake([5, 8], wanted), 1);
  assert.equal(firstMistake([], wanted), null);
});

test("a model is told apart from problems that it has not met", () => {
  assert.ok(isFamiliar("99+0", SUMS));
  assert.ok(!isFamiliar("100+0", SUMS));
  assert.ok(!isFamiliar("9-0", SUMS));
  assert.equal(unfamiliar("9+0", SUMS, "no"), "");
  assert.equal(unfamiliar("9-0", null, "no"), "");
  assert.match(unfamiliar("9-0", SUMS, "beware"), /from 0 to 99 with \+\. .* 9-0, so beware\.$/);
});
