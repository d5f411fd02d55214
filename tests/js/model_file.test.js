import assert from "node:assert/strict";
import { test } from "node:test";
import { layout } from "../../helpers/widgets/js/domain/layout.js";
import { read, record, written } from "../../helpers/widgets/js/domain/model_file.js";
import { littleEndian, packed, unpacked } from "../../helpers/widgets/js/domain/packing.js";
import { modelOf, reading, trace } from "../../helpers/widgets/js/nn/seq2seq.js";

const SETTINGS = {
  embeddingDim: 3,
  units: 4,
  reverse: true,
  trainedOn: { largest: 99, operators: "+-" },
};
const WEIGHTS = Float32Array.from({ length: layout(3, 4).end }, (_, k) => Math.sin(k));

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

test("the arrays of a model lie one behind the other", () => {
  const { at, sizes, end } = layout(3, 4);
  const names = Object.keys(sizes);
  assert.equal(names.length, 9);
  names.slice(1).forEach((name, k) => assert.equal(at[name], at[names[k]] + sizes[names[k]]));
  assert.equal(end, at.softmaxBias + sizes.softmaxBias);
});

test("a file gives back the model that was written into it", () => {
  const model = record(WEIGHTS, SETTINGS);
  const found = read(written(model));
  assert.deepEqual(found, { model, weights: WEIGHTS });
});

test("a file with something else gives none", () => {
  const model = record(WEIGHTS, SETTINGS);
  const others = [
    { ...model, units: 5 },
    { ...model, reverse: "yes" },
    { ...model, weights: model.weights.slice(1) },
    { ...model, trainedOn: {} },
  ];
  for (const other of others) {
    assert.equal(read(JSON.stringify({ format: "arithmetic seq2seq, version 1", ...other })), null);
  }
  for (const text of ["", "[]", "null", JSON.stringify(model)]) assert.equal(read(text), null);
});

test("a model reads and answers: distributions sum to 1, states stay within 1", () => {
  const model = modelOf(record(WEIGHTS, SETTINGS));
  const read = reading(model, "50+9", true);
  assert.equal(read.steps.length, 8);
  const asked = { problem: "50+9", reverse: true, teacherForcing: false, picks: [] };
  const free = trace(model, asked);
  assert.deepEqual(free.context, read.steps[7].after);
  for (const { distribution, after } of free.steps) {
    const sum = Array.from(distribution).reduce((all, share) => all + share, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12);
    assert.ok(Array.from(after).every((value) => Math.abs(value) <= 1));
  }
});

test("a pick is written and read on, unless the right token is read", () => {
  const model = modelOf(record(WEIGHTS, SETTINGS));
  const asked = { problem: "50+9", reverse: true, picks: [null, 3] };
  const free = trace(model, { ...asked, teacherForcing: false });
  assert.equal(free.steps[1].written, 3);
  assert.equal(free.steps[2].token, 3);
  const forced = trace(model, { ...asked, teacherForcing: true });
  assert.deepEqual(forced.steps.map(({ token }) => token).slice(1), forced.target.slice(0, 4));
});
