import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bars,
  calledMarks,
  canPick,
  columns,
  handed,
  heading,
  hint,
  inWords,
  looks,
  note,
  picksWith,
  strengths,
  verdict,
  wrongStep,
} from "../../helpers/widgets/js/state/decoder_stepper.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

/** @import { Seen } from "../../helpers/widgets/js/state/decoder_stepper.js" */

const { pad: PAD, eos: EOS } = ARITHMETIC;

/**
 * An answer of a model to 50+9, front to back, that chooses `choices`.
 *
 * @param {number[]} choices ids
 * @param {Partial<Seen>} [more]
 * @returns {Seen}
 */
function answer(choices, more = {}) {
  const picks = more.picks ?? [];
  const written = choices.map((choice, place) => picks[place] ?? choice);
  return {
    problem: "50+9",
    task: ARITHMETIC,
    trained: false,
    reverse: false,
    teacherForcing: false,
    picks,
    read: ARITHMETIC.encoderInput("50+9", false),
    target: ARITHMETIC.target("50+9", false),
    context: [0.5],
    steps: choices.map((choice, place) => ({
      token: place === 0 ? PAD : written[place - 1],
      embedding: [0.25],
      before: [0],
      after: [1],
      attention: [],
      selfAttention: [],
      distribution: Array.from({ length: 14 }, (_, id) => (id === choice ? 0.87 : 0.01)),
      choice,
      written: written[place],
    })),
    ...more,
  };
}

const RIGHT = answer([5, 9, EOS, PAD, PAD]);
const WRONG = answer([5, 8, EOS, PAD, PAD]);

test("a right answer is right when its EOS is written, and not before", () => {
  assert.equal(verdict(RIGHT, 0), "Written so far: nothing. The right answer to 50+9 is 59.");
  assert.equal(verdict(RIGHT, 2), "Written so far: 59. The right answer to 50+9 is 59.");
  assert.equal(verdict(RIGHT, 3), "Written: 59. Right.");
  assert.equal(wrongStep(RIGHT, 5), null);
});

test("a wrong answer is wrong from its first wrong token on", () => {
  assert.equal(wrongStep(WRONG, 1), null);
  assert.equal(wrongStep(WRONG, 2), 2);
  assert.equal(
    verdict(WRONG, 5),
    "Written: 58. Wrong at time step 2: 8 in place of 9. The right answer to 50+9 is 59.",
  );
});

test("a token of the reader's own is told apart from the choice", () => {
  const picked = answer([5, 9, EOS, PAD, PAD], { picks: [null, 7] });
  assert.match(verdict(picked, 2), /your 7 in place of 9 \(the model chose 9\)/);
  assert.match(inWords(picked, 2), /9 is chosen with 87\.0 %\. You write 7 instead\.$/);
  assert.deepEqual(bars(picked, 2)[9].marks, ["chosen", "right"]);
  assert.deepEqual(bars(picked, 2)[7].marks, ["yours"]);
  assert.equal(calledMarks(bars(picked, 2)[9].marks), "chosen, right");
  assert.ok(bars(picked, 2)[7].isWritten && !bars(picked, 2)[9].isWritten);
  const column = columns(picked, 2)[1];
  assert.deepEqual([column.writes, column.isWrong, column.isYours], ["7 \u2717", true, true]);
});

test("picks end at the time step shown, and the choice itself is none", () => {
  assert.deepEqual(picksWith(RIGHT, 2, 7), [null, 7]);
  assert.deepEqual(picksWith(RIGHT, 2, 9), [null]);
  assert.equal(picksWith(RIGHT, 0, 7), null);
  assert.equal(picksWith({ ...RIGHT, teacherForcing: true }, 2, 7), null);
  const picked = answer([5, 9, EOS, PAD, PAD], { picks: [4, 7, 1] });
  assert.deepEqual(picksWith(picked, 2, 3), [4, 3]);
});

test("what is not reached yet is not shown", () => {
  assert.deepEqual(columns(RIGHT, 1).map(({ reads }) => reads).slice(0, 3), [
    "PAD",
    "5",
    "\u00b7",
  ]);
  assert.deepEqual(columns(RIGHT, 1).map(({ writes }) => writes).slice(0, 2), [
    "5 \u2713",
    "\u00b7",
  ]);
  assert.ok(bars(RIGHT, 0).every(({ share, value }) => share === 0 && value === ""));
  assert.equal(inWords(RIGHT, 0), "No time step taken yet.");
  assert.equal(heading(RIGHT, 0), "No time step taken yet. Next, PAD goes in.");
});

test("behind EOS nothing counts", () => {
  assert.deepEqual(columns(RIGHT, 5).map(({ counts }) => counts), [true, true, true, false, false]);
  assert.match(hint(RIGHT, 4), /counts no more/);
  assert.deepEqual(bars(RIGHT, 4)[PAD].marks, ["chosen"]);
});

test("with teacher forcing nothing can be written", () => {
  assert.ok(canPick(RIGHT, 1) && !canPick(RIGHT, 0));
  const forced = { ...RIGHT, teacherForcing: true };
  assert.ok(!canPick(forced, 1));
  assert.equal(hint(forced, 1), "How probable is each token to come next?");
  assert.match(verdict(forced, 3), /^Chosen: 59\./);
});

test("a model that works back to front is read from the front", () => {
  const back = answer([...ARITHMETIC.encode("95"), EOS, PAD, PAD], {
    reverse: true,
    target: ARITHMETIC.target("50+9", true),
  });
  assert.equal(verdict(back, 3), "Written: 95, which read from the front is 59. Right.");
  assert.match(note(back), /it reads 9\+05, and should write 95\.$/);
});

test("a problem like none that a model has met is said to be one", () => {
  const strange = answer([5, 9, EOS, PAD, PAD], { problem: "123+456" });
  assert.equal(note(strange), "");
  assert.match(
    note({ ...strange, trained: true }),
    /^This model was trained on numbers from 0 to 99/,
  );
});

test("another task has other tokens, another EOS, and as many steps as the model takes", () => {
  const [eos, pad] = [PRODUCTS.eos, PRODUCTS.pad];
  const choices = [...PRODUCTS.encode("56"), eos, pad, pad];
  const product = answer(choices, {
    problem: "7*8",
    task: PRODUCTS,
    target: PRODUCTS.target("7*8", false),
  });
  assert.equal(verdict(product, 3), "Written: 56. Right.");
  assert.deepEqual(columns(product, 5).map(({ right }) => right), ["5", "6", "EOS", "PAD", "PAD"]);
  assert.equal(bars(product, 1).length, 14);
});

/** The same answer, of a model with one layer and two heads that looks at the ninth. */
const LOOKING = {
  ...RIGHT,
  steps: RIGHT.steps.map((step, time) => ({
    ...step,
    attention: [[[0, 0, 0, 0, 0, 0, 1, 0], [0, 0, 0, 0.5, 0, 0, 0.5, 0]]],
    selfAttention: [[0, 1].map(() => Array.from({ length: time + 1 }, () => 1 / (time + 1)))],
  })),
};

test("a row a step says what is looked at", () => {
  const problem = looks(LOOKING, 2, "attention");
  assert.deepEqual(problem?.tokens, ["PAD", "PAD", "PAD", "5", "0", "+", "9", "EOS"]);
  assert.deepEqual(problem?.rows.map(({ name }) => name), ["1: PAD", "2: 5"]);
  const own = looks(LOOKING, 3, "selfAttention");
  assert.deepEqual(own?.tokens, ["PAD", "5", "9"]);
  assert.deepEqual(own?.rows.map(({ weights }) => weights[0][0].length), [1, 2, 3]);
  assert.equal(looks(RIGHT, 3, "attention"), null);
});

test("the tokens of the problem are as strong as the layers and heads look at them together", () => {
  assert.deepEqual(strengths(LOOKING, 1), [0, 0, 0, 0.25, 0, 0, 0.75, 0]);
  assert.equal(strengths(LOOKING, 0), null);
  assert.equal(strengths(RIGHT, 1), null);
  const heard = inWords(LOOKING, 1);
  assert.match(heard, /It looks most at 9, the token 7 of the problem, with 75\.0 %\.$/);
  assert.doesNotMatch(inWords(RIGHT, 1), /looks/);
});

test("it is said what the encoder does for the decoder", () => {
  assert.match(handed(RIGHT, "50+9"), /^The encoder reads 50\+9 and hands on$/);
  assert.match(handed(LOOKING, "50+9"), /may look at each, and starts from$/);
  assert.match(handed({ ...LOOKING, context: undefined }, "50+9"), /may look at each\.$/);
});
