import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Task } from "../../helpers/widgets/js/domain/task.js";
import { fastOps, trainingOps, wasmModule } from "../../helpers/widgets/js/nn/training_ops.js";
import {
  asData,
  random,
  shuffle,
  Trainer,
  warmupCosine,
} from "../../helpers/widgets/js/nn/training.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

/** @import { Architecture, Sizes } from "../../helpers/widgets/js/domain/layout.js" */
/** @import { Options } from "../../helpers/widgets/js/nn/training.js" */

const COMPILED = new URL("../../helpers/widgets/js/nn/ops.wasm", import.meta.url);
const PROBLEMS = ["50+9", "7+8", "99+99", "12-85", "64-7", "5+9", "50-9", "0+0"];
const DATA = asData(PROBLEMS, ARITHMETIC, true);
const ALL = Int32Array.from(PROBLEMS, (_, number) => number);

const SIZES = {
  sizes: { embedding_dim: 3, units: 8 },
  task: ARITHMETIC,
  batch: PROBLEMS.length,
  masked: true,
};
const IN_JAVASCRIPT = {
  opsOn: trainingOps,
  memory: (/** @type {number} */ bytes) => new ArrayBuffer(bytes),
};

/** A trainer in JavaScript. @param {Partial<Options>} [options] */
function plain(options) {
  return new Trainer({ ...SIZES, ...IN_JAVASCRIPT, ...options });
}

/** A trainer in WebAssembly. @param {Partial<Options>} [options] */
function fast(options) {
  const module = wasmModule(Uint8Array.from(readFileSync(COMPILED)));
  assert.ok(module);
  /** @type {WebAssembly.Memory} */
  let memory;
  return new Trainer({
    ...SIZES,
    memory: (bytes) => {
      memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 2 ** 16) });
      return memory.buffer;
    },
    opsOn: () => fastOps(memory, module),
    ...options,
  });
}

/** Learn once from all problems; the mean loss. @param {Trainer} trainer */
function learn(trainer) {
  const { loss, tokens } = trainer.learnFrom(DATA, ALL, 0, PROBLEMS.length);
  return loss / tokens;
}

/** @type {[Architecture, Sizes][]} */
const MODELS = [
  ["gru", { embedding_dim: 3, units: 8 }],
  ["attention", { embedding_dim: 3, units: 8 }],
  ["transformer", { width: 8, heads: 2, depth: 1 }],
  ["transformer", { width: 16, heads: 4, depth: 2 }],
];

for (const [architecture, sizes] of MODELS) {
  for (const masked of [true, false]) {
    const steps = masked ? "up to EOS" : "of all steps";
    const name = `${architecture} ${Object.values(sizes).join(" ")}`;
    test(`gradients are the slopes of the loss, ${name}, ${steps}`, () => {
      const trainer = plain({ architecture, sizes, masked, heapType: Float64Array });
      trainer.initialize(1);
      const { heap, net } = trainer;
      for (let k = net.first; k < net.first + net.count; k++) heap[k] *= 3; // away from what is flat
      learn(trainer);
      const gradients = heap.slice(net.gradients, net.gradients + net.count);
      const largest = Math.max(...gradients.map(Math.abs));
      /** @type {number[]} */
      const places = [];
      const apart = 1 + Math.floor(net.count / 300);
      for (const [name, { rows, columns }] of Object.entries(net.matrices)) {
        for (let k = 0; k < rows * columns; k += apart) places.push(trainer.addressOf(name, k));
      }
      assert.ok(places.length > 100);
      for (const place of places) {
        const kept = heap[place];
        heap[place] = kept + 1e-6;
        const above = learn(trainer);
        heap[place] = kept - 1e-6;
        const below = learn(trainer);
        heap[place] = kept;
        const slope = (above - below) / 2e-6;
        assert.ok(Math.abs(slope - gradients[place - net.first]) < 1e-6 * largest, `at ${place}`);
      }
    });
  }
}

for (const [architecture, sizes] of MODELS) {
  const name = `${architecture} ${Object.values(sizes).join(" ")}`;
  test(`neither sharing rows nor dropping them nor WebAssembly changes it: ${name}`, () => {
    const model = { architecture, sizes };
    const trainers = [
      plain(model),
      plain({ ...model, shared: false }),
      plain({ ...model, dropped: false }),
      fast(model),
    ];
    const [wanted, ...others] = trainers.map((trainer) => {
      trainer.initialize(3);
      const { heap, net } = trainer;
      for (let k = net.first; k < net.first + net.count; k++) heap[k] *= 3;
      const loss = learn(trainer);
      return { loss, gradients: heap.slice(net.gradients, net.gradients + net.count) };
    });
    const largest = Math.max(...wanted.gradients.map(Math.abs));
    for (const { loss, gradients } of others) {
      assert.ok(Math.abs(loss - wanted.loss) < 5e-5);
      for (let k = 0; k < gradients.length; k++) {
        assert.ok(Math.abs(gradients[k] - wanted.gradients[k]) < 5e-5 * largest, `at ${k}`);
      }
    }
  });
}

/** @type {[Architecture, Sizes][]} */
const LARGER = [
  ["gru", { embedding_dim: 3, units: 32 }],
  ["attention", { embedding_dim: 3, units: 32 }],
  ["transformer", { width: 32, heads: 4, depth: 1 }],
];

for (const [architecture, sizes] of LARGER) {
  test(`a model learns a few problems by heart, and is examined as it answers: ${architecture}`, () => {
    const trainer = fast({ architecture, sizes });
    trainer.initialize(0);
    for (let update = 0; update < 200; update++) {
      learn(trainer);
      trainer.update({ rate: 0.01 });
    }
    const written = trainer.answer(DATA, ALL);
    const right = PROBLEMS.filter((_, number) => {
      const end = DATA.lengths[number];
      return DATA.right
        .subarray(5 * number, 5 * number + end)
        .every((id, place) => id === written[5 * number + place]);
    });
    const { exact, tokens } = trainer.examine(DATA, ALL);
    assert.equal(exact, right.length);
    assert.equal(exact, PROBLEMS.length);
    assert.equal(tokens, DATA.lengths.reduce((sum, length) => sum + length, 0));
  });
}

test("a task of other tokens and lengths is learned as well", () => {
  const task = new Task({ ...PRODUCTS.data, tokens: [...PRODUCTS.tokens, ..."abc"] });
  const problems = ["7*8", "3*4", "12*12", "9*9"];
  const sizes = { embedding_dim: 3, units: 32 };
  const trainer = plain({ sizes, task, batch: problems.length });
  trainer.initialize(0);
  const data = asData(problems, task, false);
  const all = Int32Array.from(problems, (_, number) => number);
  for (let update = 0; update < 200; update++) {
    trainer.learnFrom(data, all, 0, problems.length);
    trainer.update({ rate: 0.01 });
  }
  const written = Array.from(trainer.answer(data, all));
  const answers = problems.map((_, k) => task.decode(written.slice(5 * k, 5 * k + 5)));
  assert.deepEqual(answers, ["56", "12", "144", "81"]);
});

test("weights can be taken out and put back, also into another trainer", () => {
  const trainer = plain();
  trainer.initialize(2);
  const other = fast();
  other.weights = trainer.weights;
  assert.deepEqual(other.weights, trainer.weights);
  assert.throws(() => (other.weights = {}), /not the weights of a model of these sizes\.$/);
});

test("a seed gives the same numbers and the same order", () => {
  const orders = [4, 4, 5].map((seed) => {
    const list = Int32Array.from({ length: 50 }, (_, k) => k);
    shuffle(list, random(seed));
    return [...list];
  });
  assert.deepEqual(orders[0], orders[1]);
  assert.notDeepEqual(orders[0], orders[2]);
  assert.deepEqual(orders[2].toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, k) => k));
});

test("the rate rises for a tenth of the updates and falls to zero", () => {
  const rates = Array.from({ length: 101 }, (_, number) => warmupCosine(0.5, number, 100));
  assert.equal(rates[0], 0.5 / 25);
  assert.equal(Math.max(...rates), rates[10]);
  assert.equal(rates[10], 0.5);
  assert.ok(rates[100] < 1e-9);
});

test("Muon moves a matrix alike in all its directions", () => {
  const trainer = plain({
    optimizer: "muon",
    heapType: Float64Array,
    sizes: { embedding_dim: 8, units: 16 },
  });
  trainer.initialize(1);
  learn(trainer);
  const before = trainer.heap.slice();
  trainer.update({ rate: 0.1 });
  const { at, rows, columns } = trainer.net.weights["encoder_gru/gru_cell/recurrent_kernel"];
  const moved = Array.from(
    { length: rows },
    (_, row) =>
      Array.from({ length: columns }, (_, column) => {
        const k = at + row * columns + column;
        return (before[k] - trainer.heap[k]) / (0.1 * 0.2 * Math.sqrt(columns));
      }),
  );
  // The squares of the singular values are the sums on the diagonal of moved @ moved, transposed.
  const trace = moved.flat().reduce((sum, value) => sum + value ** 2, 0);
  assert.ok(trace > 0.3 * rows && trace < 1.5 * rows, String(trace));
});

test("with Muon a model learns a few problems by heart, too", () => {
  const sizes = { embedding_dim: 16, units: 32 };
  const trainer = fast({ optimizer: "muon", sizes });
  trainer.initialize(0);
  for (let update = 0; update < 200; update++) {
    learn(trainer);
    trainer.update({ rate: 0.01, weightDecay: 0.1 });
  }
  assert.equal(trainer.examine(DATA, ALL).exact, PROBLEMS.length);
});
