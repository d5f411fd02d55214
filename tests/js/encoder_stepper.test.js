import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answersOf,
  heading,
  mapInWords,
  note,
  openness,
  ticks,
  wayOf,
  whereabouts,
} from "../../helpers/widgets/js/state/encoder_stepper.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

const MAP = {
  name: "small",
  mean: [0, 0],
  directions: [[1, 0], [0, 1]],
  share: [0.5, 0.25],
  problems: ["1+1", "9-9", "50+50", "2+2"],
  points: [[1, 1], [0, 0], [9, 9], [2, 2]],
  heldOut: true,
};
const BOX = { left: 0, right: 90, top: 0, bottom: 90 };

const SEEN = {
  problem: "5+9",
  task: ARITHMETIC,
  trained: false,
  reverse: false,
  steps: ARITHMETIC.encoderInput("5+9", false).map((token, k) => ({
    token,
    embedding: [k],
    before: [k, 2 * k],
    update: [0.2, 0.7],
    reset: [0.5, 0.51],
    candidate: [0, 0],
    after: [k + 1, 2 * k + 2],
  })),
};

test("the heading says which token goes in", () => {
  assert.deepEqual([SEEN.steps[0].token, SEEN.steps[7].token], [ARITHMETIC.pad, ARITHMETIC.eos]);
  assert.equal(heading(SEEN, 0), "No time step taken yet. Next, PAD goes in");
  assert.equal(heading(SEEN, 8), "Time step 8 of 8: EOS goes in");
});

test("a gate is open where it is above one half", () => {
  assert.equal(openness(SEEN.steps[0].reset), "It is above 0.5 in 1 of 2 units.");
});

test("the way has a place before the first time step, and one after each", () => {
  const way = wayOf(SEEN, MAP);
  assert.equal(way.length, 9);
  assert.deepEqual([way[0], way[8]], [[0, 0], [8, 16]]);
});

test("answers stand between the least and the most", () => {
  const { least, most, marks, share } = answersOf(MAP, ARITHMETIC);
  assert.deepEqual([least, most], [0, 100]);
  assert.deepEqual(marks, [0, 25, 50, 75, 100]);
  assert.equal(share(25), 0.25);
  assert.equal(answersOf({ ...MAP, problems: ["1+1"] }, ARITHMETIC).share(2), 0.5);
  assert.deepEqual(answersOf({ ...MAP, problems: ["1+1", "1+2"] }, ARITHMETIC).marks, [2, 3]);
});

test("an axis has seven whole numbers at most", () => {
  assert.deepEqual(ticks(-1.5, 2.5), [-1, 0, 1, 2]);
  assert.deepEqual(ticks(0, 60), [0, 10, 20, 30, 40, 50, 60]);
  assert.deepEqual(ticks(0.2, 0.8), []);
});

test("where the state is, and next to which answers at the end", () => {
  const middle = whereabouts([1.2, -1], [45, 45], BOX, MAP, SEEN, 3);
  assert.equal(middle, "On the map the state is at 1.2 and \u22121.0, in the middle.");
  assert.match(whereabouts([0, 0], [0, 89], BOX, MAP, SEEN, 3), /bottom left\.$/);
  assert.match(whereabouts([0, 0], [95, -3], BOX, MAP, SEEN, 3), /top right\.$/);
  assert.match(
    whereabouts([0.1, 0.1], [45, 0], BOX, MAP, SEEN, 8),
    /top middle\. The nearest dots are 9-9 = 0, 1\+1 = 2 and 2\+2 = 4\.$/,
  );
  assert.match(
    mapInWords(MAP, ARITHMETIC, "Here."),
    /hold 50\.0 % and 25\.0 % .* go from 0 to 100\. Here\.$/,
  );
});

test("what is read, and how, is said of a model that reads back to front or has met nothing like it", () => {
  assert.equal(note(SEEN), "");
  assert.match(note({ ...SEEN, reverse: true }), /it reads 9\+5\.$/);
  const strange = { ...SEEN, problem: "100+1" };
  assert.equal(note(strange), "");
  assert.match(note({ ...strange, trained: true }), /do not count on its place on the map\.$/);
});

test("answers are those of the task", () => {
  const map = { ...MAP, problems: ["7*8", "2*3"], points: [[0, 0], [1, 1]] };
  assert.deepEqual(answersOf(map, PRODUCTS).answers, [56, 6]);
});
