import assert from "node:assert/strict";
import { test } from "node:test";
import { backToFront, learnedBy, Task, unfamiliar } from "../../helpers/widgets/js/domain/task.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

const SUMS = new Task({ ...ARITHMETIC.data, name: "sums", operators: "+" });
const { pad: PAD, eos: EOS } = ARITHMETIC;

test("what people type becomes a problem in plain characters, or none", () => {
  for (const text of ["50+9", " 50 + 9 ", "５０＋９", "50\u200b+9"]) {
    assert.equal(ARITHMETIC.normal(text), "50+9");
  }
  assert.equal(ARITHMETIC.normal("５０ − ９"), "50-9");
  for (const text of ["", "50", "50+", "050+9", "1000+1", "5*9", "-5+9", "5+9="]) {
    assert.equal(ARITHMETIC.normal(text), null);
  }
});

test("a problem has an answer", () => {
  assert.equal(ARITHMETIC.solve("12-85"), "-73");
  assert.equal(ARITHMETIC.solve("999+999"), "1998");
  assert.throws(() => ARITHMETIC.solve("no problem"), new RangeError(ARITHMETIC.allowed));
});

test("ids spell a text up to EOS, without PAD", () => {
  assert.deepEqual(ARITHMETIC.encode("7+8"), [7, 10, 8]);
  assert.equal(ARITHMETIC.decode([PAD, ...ARITHMETIC.encode("15"), EOS, 3]), "15");
  assert.equal(backToFront("50+9"), "9+05");
});

test("the encoder reads PAD in front; behind the answer is PAD", () => {
  assert.deepEqual(ARITHMETIC.encoderInput("50+9", false), [PAD, PAD, PAD, 5, 0, 10, 9, EOS]);
  assert.deepEqual(ARITHMETIC.encoderInput("50+9", true), [PAD, PAD, PAD, 9, 10, 0, 5, EOS]);
  assert.deepEqual(ARITHMETIC.target("50+9", false), [5, 9, EOS, PAD, PAD]);
  assert.deepEqual(ARITHMETIC.target("50+9", true), [9, 5, EOS, PAD, PAD]);
});

test("what comes behind EOS is no mistake", () => {
  const wanted = ARITHMETIC.target("50+9", false);
  assert.equal(ARITHMETIC.firstMistake([5, 9, EOS, 1, 1], wanted), null);
  assert.equal(ARITHMETIC.firstMistake([5, 8], wanted), 1);
  assert.equal(ARITHMETIC.firstMistake([], wanted), null);
});

test("a model is told apart from problems that it has not met", () => {
  assert.ok(SUMS.isFamiliar("99+0"));
  assert.ok(!SUMS.isFamiliar("100+0"));
  assert.ok(!SUMS.isFamiliar("9-0"));
  const trained = learnedBy({ task: SUMS.data, trained: true });
  assert.equal(unfamiliar("9+0", trained, "no"), "");
  assert.equal(unfamiliar("9-0", { ...trained, trained: false }, "no"), "");
  assert.match(unfamiliar("9-0", trained, "Beware."), /from 0 to 99 with \+\. Beware\.$/);
  assert.match(unfamiliar("9-0", trained), /like 9-0, so do not count on the answer\.$/);
});

test("tokens, operators and lengths are those of the task", () => {
  assert.deepEqual([PRODUCTS.eos, PRODUCTS.pad], [0, 1]);
  assert.equal(PRODUCTS.normal(" 12 * 12 "), "12*12");
  assert.equal(PRODUCTS.normal("12+3"), "12+3");
  for (const text of ["12-3", "100*2", "12/3"]) assert.equal(PRODUCTS.normal(text), null);
  assert.equal(PRODUCTS.solve("12*12"), "144");
  assert.deepEqual(PRODUCTS.encoderInput("7*8", false), [1, 1, 6, 2, 5, 0]);
  assert.equal(PRODUCTS.decode(PRODUCTS.target("99*99", false)), "9801");
  assert.equal(
    PRODUCTS.allowed,
    "A problem is two whole numbers from 0 to 99 with one * or + between them, such as 50*9.",
  );
  assert.ok(PRODUCTS.isFamiliar("12*12") && !PRODUCTS.isFamiliar("12+12"));
});

test("the problems come in the order of Python", () => {
  const all = [...ARITHMETIC.problems()];
  assert.equal(all.length, 20_000);
  assert.deepEqual([...all.slice(0, 2), all[10_000], all.at(-1)], ["0+0", "0+1", "0-0", "99-99"]);
});

test("a task may be texts and their answers", () => {
  const answers = { "2026년 11월 28일": "2026-11-28", "1 May 1999": "1999-05-01" };
  const tokens = [...new Set(Object.entries(answers).flat().join("")), "PAD", "EOS"];
  const dates = new Task({
    name: "dates",
    tokens,
    problem_length: 14,
    answer_length: 11,
    answers,
  });
  assert.ok(dates.hasRoom);
  assert.equal(dates.normal(" 1 May 1999\n"), "1 May 1999");
  assert.equal(dates.normal("2026년 11월 28일".normalize("NFD")), "2026년 11월 28일");
  assert.equal(dates.normal("2 May 1999"), null);
  assert.match(dates.allowed, /such as 2026년 11월 28일\.$/);
  assert.equal(dates.solve("1 May 1999"), "1999-05-01");
  assert.throws(() => dates.solve("2 May 1999"), RangeError);
  const read = dates.encoderInput("1 May 1999", false);
  assert.equal(read.length, 14);
  assert.equal(dates.decode(read), "1 May 1999");
  assert.equal(unfamiliar("1 May 1999", learnedBy({ task: dates.data, trained: true })), "");
  assert.ok(!new Task({ ...dates.data, problem_length: 13 }).hasRoom);
  assert.deepEqual([...dates.problems()], Object.keys(answers));
});

test("an example has room", () => {
  const narrow = new Task({ ...PRODUCTS.data, problem_length: 5 });
  assert.match(narrow.allowed, /from 0 to 9 .* such as 9\*9\.$/);
  assert.equal(narrow.normal("9*9"), "9*9");
});
