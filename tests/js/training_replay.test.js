import assert from "node:assert/strict";
import { test } from "node:test";
import {
  answersTitle,
  axis,
  digits,
  inWords,
  judged,
  lossAxis,
  lossesInWords,
  lossLegend,
  sharesInWords,
  ticks,
} from "../../helpers/widgets/js/state/training_replay.js";

const RUN = {
  epochs: [0, 9, 99],
  losses: [2.639, 1.5, 0.25],
  matches: [0, 0.5, 1],
  accuracies: [0.1, 0.75, 1],
  guessing: Math.log(14),
  watched: ["50+9", "7+8"],
  right: ["59", "15"],
  answers: [["", "1"], ["58", "15"], ["59", "15"]],
};

test("the axis is logarithmic, and begins at the first epoch", () => {
  const along = axis(RUN.epochs);
  assert.deepEqual(RUN.epochs.map((epoch) => Number(along(epoch).toFixed(9))), [0, 0.5, 1]);
  assert.equal(axis([5])(5), 0);
});

test("powers of ten are marked, and the last epoch where there is room", () => {
  assert.deepEqual(ticks([0, 300]), [0, 1, 10, 100, 300]);
  assert.deepEqual(ticks([0, 110]), [0, 1, 10, 100]);
  assert.deepEqual(ticks([20, 40]), [40]);
});

test("the axis of the losses has seven marks at most, and guessing on it", () => {
  const { top, marks } = lossAxis(RUN);
  assert.ok(top > 2.639);
  assert.deepEqual(marks.map(([value]) => value), [0, 0.5, 1, 1.5, 2, 2.5]);
  assert.ok(lossAxis({ ...RUN, losses: [90] }).marks.length <= 7);
});

test("answers are judged", () => {
  assert.equal(judged("59", "59"), "\u2713 right");
  assert.equal(judged("", "59"), "\u2717 nothing written");
  assert.equal(judged("5+", "59"), "\u2717 no number");
  assert.equal(judged("059", "59"), "\u2717 no number");
  assert.equal(judged("-41", "59"), "\u2717 off by 100");
  assert.equal(judged("99999", "59"), "\u2717 far off");
});

test("wrong digits are marked, and a place for each that is missing", () => {
  assert.deepEqual(digits("58", "59"), [
    { digit: "5", isRight: true },
    { digit: "8", isRight: false },
  ]);
  assert.deepEqual(digits("5", "59")[1], { digit: "\u00a0", isRight: false });
  assert.deepEqual(digits("590", "59")[2], { digit: "0", isRight: false });
});

test("a snapshot is said in words", () => {
  assert.equal(answersTitle(RUN, 1), "What the model answers after epoch 9: 1 of 2 right.");
  assert.equal(
    inWords(RUN, 1),
    "After epoch 9: loss 1.500, 50.0 % of the whole answers right, 75.0 % of the tokens. " +
      "Of the answers below: 1 of 2 right.",
  );
  assert.doesNotMatch(inWords({ ...RUN, watched: [], right: [] }, 1), /below/);
  assert.match(lossLegend(RUN), /Dotted: log 14 = 2\.64, what guessing costs\.$/);
  assert.match(lossesInWords(RUN, 1), /3 snapshots, from 2\.639 to 0\.250; 1\.500 at epoch 9\.$/);
  assert.match(
    sharesInWords(RUN, 1),
    /right, from 0 % to 100 %; 50\.0 % at epoch 9\. .* 10\.0 % to 100 %; 75\.0 % at epoch 9\.$/,
  );
});
