import assert from "node:assert/strict";
import { test } from "node:test";
import { record } from "../../helpers/widgets/js/domain/model_file.js";
import {
  after,
  afterFit,
  calledSetting,
  can,
  canBeKept,
  chartsInWords,
  choices,
  COMPUTED_BY,
  curves,
  inWords,
  keptInWords,
  labels,
  legends,
  lossAxis,
  newRun,
  phaseOf,
  refusal,
  stillFits,
} from "../../helpers/widgets/js/state/training_lab.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

const CHOSEN = { units: "64", learning_rate: "0.03" };
const FRESH = newRun({ number: 1, epochs: 4, chosen: CHOSEN });
const MEASURED = { loss: 2.5, tokenAccuracy: 0.25, exactMatch: 0 };
const WEIGHTS = { "softmax/bias": new Float32Array(3) };
const SIZES = { embedding_dim: 2, units: 8 };

/** Progress after some of 100 updates. @param {number} updates @param {object} [more] */
function progress(updates, more = {}) {
  return {
    updates,
    of: 100,
    epoch: Math.floor(updates / 25),
    epochs: 4,
    batchSize: 10,
    going: false,
    over: updates === 100,
    fast: true,
    seconds: updates / 50,
    problems: 10 * updates,
    embedding: new Float32Array(28),
    ...more,
  };
}

const READY = after(FRESH, progress(0, { measured: MEASURED, weights: WEIGHTS }));
const TRAINING = after(READY, progress(25, { going: true, loss: 2, measured: MEASURED }));
const PAUSED = after(TRAINING, progress(50, { measured: MEASURED, weights: WEIGHTS }));
const OVER = after(PAUSED, progress(100, { measured: MEASURED, weights: WEIGHTS }));
const FAILED = { ...TRAINING, hasFailed: true };
const KERAS = afterFit(FRESH, {
  ...progress(50, { going: true }),
  task: PRODUCTS.data,
  training: [[0.25, 2]],
  examined: [{ share: 0, ...MEASURED }],
});

test("a run goes through its phases", () => {
  const phases = [FRESH, READY, TRAINING, PAUSED, OVER, FAILED, KERAS].map(phaseOf);
  assert.deepEqual(phases, [
    ...["idle", "ready", "training", "paused", "over", "failed", "training"],
  ]);
});

test("news change no run that was there before", () => {
  assert.equal(FRESH.examined.length, 0);
  assert.deepEqual(PAUSED.examined.map(({ share }) => share), [0, 0.25, 0.5]);
  assert.deepEqual(TRAINING.training, [[0.25, 2]]);
  assert.equal(after(PAUSED, progress(60)).weights, WEIGHTS);
});

/** What can be done, in one line. @param {ReturnType<typeof can>} actions */
function listed(actions) {
  return Object.entries(actions).filter(([, is]) => is).map(([name]) => name).join(" ");
}

test("what can be done depends on the phase", () => {
  assert.equal(listed(can(FRESH, null)), "train step");
  assert.equal(listed(can(READY, null)), "train step reset save");
  assert.equal(listed(can(TRAINING, null)), "train reset");
  assert.equal(listed(can(PAUSED, null)), "train step reset keep save");
  assert.equal(listed(can(OVER, null)), "train reset keep save");
  assert.equal(listed(can(FAILED, null)), "train reset keep");
  assert.equal(listed(can(KERAS, null)), "");
  assert.equal(listed(can(TRAINING, OVER)), "train reset keep");
});

test("the buttons say what they do", () => {
  assert.deepEqual(labels(FRESH, null), { train: "Train", keep: "Keep these curves" });
  assert.equal(labels(TRAINING, null).train, "Pause");
  assert.equal(labels(PAUSED, null).train, "Go on");
  assert.equal(labels(FRESH, OVER).keep, "Remove the kept curves");
  assert.equal(labels(PAUSED, OVER).keep, "Keep these curves");
});

test("each phase has its words", () => {
  assert.match(inWords(FRESH, true), /^No run has begun\. Press Train/);
  assert.match(inWords(READY, true), /^Nothing learned yet\. Of the validation part, 0 % of/);
  assert.match(inWords(TRAINING, true), /^Epoch 1 of 4: 500 problems a second, 2 s left\. Of/);
  assert.match(inWords(PAUSED, true), /^Epoch 2 of 4: 500 problems a second\. Of/);
  assert.match(inWords(OVER, true), /^Trained in 2\.0 s, 500 problems a second\. Of/);
  assert.match(inWords(FAILED, true), /^Stopped\. Of/);
  assert.match(inWords(KERAS, true), /^Keras, in Python\. Epoch 2 of 4/);
  assert.match(inWords(READY, true), /25\.0 % of the tokens; the loss is 2\.500\.$/);
});

test("it is said when there is no WebAssembly, to those who have asked for it", () => {
  const plain = after(READY, progress(25, { fast: false }));
  assert.match(inWords(plain, true), /no WebAssembly for it: JavaScript computes\.$/);
  assert.doesNotMatch(inWords(plain, false), /WebAssembly/);
});

test("a model that was opened is the one that is trained", () => {
  const model = record(WEIGHTS, {
    architecture: "gru",
    sizes: SIZES,
    reverse: true,
    task: ARITHMETIC.data,
    trained: false,
  });
  const opened = { ...READY, opened: { model, weights: WEIGHTS } };
  assert.match(inWords(opened, true), /^The model of the file\. Train goes on with it\./);
  assert.ok(stillFits("learning_rate") && !stillFits("units"));
});

test("a model is opened whose units and whose tokens and lengths are those of the lab", () => {
  const { data } = ARITHMETIC;
  const refused = (/** @type {number} */ units, task = data) =>
    refusal({ sizes: { embedding_dim: 2, units }, task }, data);
  assert.equal(refused(8), "");
  assert.equal(refused(8, { ...data, name: "mine", largest: 9, operators: "-" }), "");
  assert.match(refused(12), /multiple of 8, up to 128; this one has 12\.$/);
  assert.match(refused(256), /this one has 256\.$/);
  const others = [{ problem_length: 9 }, { answer_length: 6 }, { tokens: PRODUCTS.tokens }];
  for (const other of others) {
    assert.match(refused(8, { ...data, ...other }), /14 tokens .* 8 time steps .* has others\.$/);
  }
});

test("guessing costs the logarithm of the number of tokens", () => {
  assert.equal(lossAxis(ARITHMETIC.tokens).level, Math.log(14));
  assert.match(legends([...ARITHMETIC.tokens, "*"]).loss, /Dotted: log 15,/);
  assert.equal(KERAS.taskOfKeras, PRODUCTS.data);
});

test("what was kept is told apart from what is chosen now", () => {
  assert.ok(canBeKept(PAUSED) && !canBeKept(READY) && !canBeKept(TRAINING));
  assert.equal(keptInWords(null, CHOSEN), "");
  assert.match(keptInWords(OVER, CHOSEN), /0 % of the whole answers after 2\.0 s, with the same/);
  assert.match(keptInWords(OVER, { ...CHOSEN, learning_rate: "0.1" }), /2\.0 s; Rate 0\.03\.$/);
});

test("curves end where their run does, on the longer axis of two", () => {
  const { loss, right } = curves(OVER, 8, "kept");
  assert.deepEqual(loss.map(({ kind }) => kind), ["training kept", "kept"]);
  assert.deepEqual(right[1].points.map(([share]) => share), [0, 0.125, 0.25, 0.5]);
  assert.deepEqual(curves(null, 8, "kept"), { loss: [], right: [] });
  assert.equal(chartsInWords(FRESH).loss, "Loss per token over the epochs.");
  assert.match(chartsInWords(OVER).right, /; now 0 % and 25\.0 %\.$/);
});

test("a value stands for itself where the lab has no text for it", () => {
  assert.equal(calledSetting("reverse", "true"), "Reads and writes back to front");
  assert.equal(calledSetting("units", "24"), "Units 24");
  assert.equal(calledSetting(COMPUTED_BY, KERAS.chosen[COMPUTED_BY]), "Computed by Keras");
  for (const { label, options } of Object.values(choices())) {
    assert.ok(label);
    assert.equal(new Set(options.map(([value]) => value)).size, options.length);
  }
});
