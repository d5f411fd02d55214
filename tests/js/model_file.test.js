import assert from "node:assert/strict";
import { test } from "node:test";
import { layout } from "../../helpers/widgets/js/domain/layout.js";
import { packed, read, record, written } from "../../helpers/widgets/js/domain/model_file.js";
import { littleEndian, unpacked } from "../../helpers/widgets/js/domain/packing.js";
import { reading, trace } from "../../helpers/widgets/js/nn/seq2seq.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

/** @import { About } from "../../helpers/widgets/js/domain/model_file.js" */

const SIZES = { embedding_dim: 3, units: 4 };
/** @type {About} */
const ABOUT = {
  architecture: "gru",
  sizes: SIZES,
  reverse: true,
  task: ARITHMETIC.data,
  trained: true,
};
/** Arrays of such a model. @param {(k: number) => number} number */
function weightsOf(number) {
  const arrays = Object.entries(layout("gru", SIZES, ARITHMETIC)).map((
    [name, { rows, columns }],
  ) => [
    name,
    Float32Array.from({ length: rows * columns }, (_, k) => number(k)),
  ]);
  return Object.fromEntries(arrays);
}

const WEIGHTS = weightsOf(Math.sin);
const FIRST = "arithmetic seq2seq, version 1";

test("numbers come back from packing as they were", () => {
  const numbers = Float32Array.from([0, -1.5, 3e-38, 1e30, Math.PI]);
  assert.deepEqual(unpacked(packed(numbers)), numbers);
  const many = Float32Array.from({ length: 30000 }, (_, k) => k / 7);
  assert.deepEqual(unpacked(packed(many)), many);
});

test("short numbers are multiplied by a power of two for each column", () => {
  const int8 = btoa(String.fromCharCode(1, 255, 3, 128));
  const exponents = btoa(String.fromCharCode(1, 255));
  assert.deepEqual([...unpacked({ int8, exponents })], [2, -0.5, 6, -64]);
  const int16 = btoa(String.fromCharCode(0, 1, 255, 255));
  assert.deepEqual([...unpacked({ int16, exponents })], [512, -0.5]);
  assert.deepEqual([...littleEndian(int8, "uint8")], [1, 255, 3, 128]);
});

test("a file gives back the model that was written into it", () => {
  const model = record(WEIGHTS, ABOUT);
  assert.deepEqual(read(written(model), ARITHMETIC.data), { model, weights: WEIGHTS });
  const products = record(weightsOf(Math.cos), { ...ABOUT, task: PRODUCTS.data });
  assert.deepEqual(read(written(products), ARITHMETIC.data)?.model, products);
});

test("a file of the first format gives a model too", () => {
  const { sizes, reverse, arrays } = record(WEIGHTS, ABOUT);
  const first = {
    format: FIRST,
    embeddingDim: sizes.embedding_dim,
    units: sizes.units,
    reverse,
    trainedOn: { largest: 9, operators: "-" },
    weights: Object.values(arrays),
  };
  const found = (/** @type {object} */ more) =>
    read(JSON.stringify({ ...first, ...more }), ARITHMETIC.data);
  assert.deepEqual(found({})?.weights, WEIGHTS);
  const task = { ...ARITHMETIC.data, name: "", largest: 9, operators: "-" };
  assert.deepEqual(found({})?.model, record(WEIGHTS, { ...ABOUT, task }));
  const model = found({ trainedOn: null })?.model;
  assert.deepEqual([model?.task, model?.trained], [{ ...ARITHMETIC.data, name: "" }, false]);
  for (const trainedOn of [undefined, {}, "sums", { largest: "9", operators: "-" }]) {
    assert.equal(found({ trainedOn }), null);
  }
  assert.equal(found({ weights: first.weights.slice(1) }), null);
});

test("a file with something else gives none", () => {
  const model = record(WEIGHTS, ABOUT);
  const others = [
    { sizes: { ...SIZES, units: 5 } },
    { arrays: { ...model.arrays, "softmax/bias": packed([NaN]) } },
    { reverse: "yes" },
    { trained: null },
    { architecture: "lstm" },
    { format: FIRST },
    { arrays: Object.values(model.arrays) },
    { arrays: { ...model.arrays, more: model.arrays["softmax/bias"] } },
    { task: {} },
    { task: { ...model.task, tokens: model.task.tokens.slice(1) } },
    { task: { ...model.task, operators: "*" } },
    { task: { ...model.task, problem_length: 3 } },
  ];
  for (const other of others) {
    assert.equal(read(JSON.stringify({ ...model, ...other }), ARITHMETIC.data), null);
  }
  for (const text of ["", "[]", "null"]) assert.equal(read(text, ARITHMETIC.data), null);
});

test("a model reads and answers: distributions sum to 1, states stay within 1", () => {
  const model = record(WEIGHTS, ABOUT);
  const read = reading(model, "50+9");
  assert.equal(read.steps.length, 8);
  const asked = { problem: "50+9", teacherForcing: false, picks: [] };
  const free = trace(model, asked);
  assert.deepEqual(free.context, read.steps[7].after);
  for (const { distribution, after } of free.steps) {
    const sum = Array.from(distribution).reduce((all, share) => all + share, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12);
    assert.ok(Array.from(after ?? []).every((value) => Math.abs(value) <= 1));
  }
});

test("a pick is written and read on, unless the right token is read", () => {
  const model = record(WEIGHTS, ABOUT);
  const asked = { problem: "50+9", picks: [null, 3] };
  const free = trace(model, { ...asked, teacherForcing: false });
  assert.equal(free.steps[1].written, 3);
  assert.equal(free.steps[2].token, 3);
  const forced = trace(model, { ...asked, teacherForcing: true });
  assert.deepEqual(forced.steps.map(({ token }) => token).slice(1), forced.target.slice(0, 4));
});

test("a model of another task takes its time steps, and its tokens", () => {
  const task = PRODUCTS;
  const model = record(weightsOf(Math.cos), { ...ABOUT, reverse: false, task: task.data });
  assert.deepEqual(reading(model, "7*8").steps.map(({ token }) => token), [1, 1, 6, 2, 5, 0]);
  const answer = trace(model, { problem: "7*8", teacherForcing: false, picks: [] });
  assert.deepEqual([answer.steps.length, answer.steps[0].token], [5, task.pad]);
  const other = { problem: "7-8", teacherForcing: false, picks: [] };
  assert.throws(() => trace(model, other), /one \* or \+ between them/);
});
