// The encoder-decoder of helpers/model.py: how it reads and writes. Steppers take one problem at a time
// through it, in double precision; training.js takes batches, and goes the way back.
//
// All numbers of a model lie in one flat typed array, the heap. A tensor is an address, the index of its
// first number; its axes are written behind it in comments, row after row. `gates` stands for 3 units:
// update, reset and candidate, side by side.

import { cellNames, EMBEDDING, layout, SOFTMAX_BIAS, SOFTMAX_KERNEL } from "../domain/layout.js";
import { unpacked } from "../domain/packing.js";
import { Task } from "../domain/task.js";
import { argmax, exponentiate, plainOps } from "./ops.js";

/** @import { Part, Sizes } from "../domain/layout.js" */
/** @import { ModelRecord } from "../domain/model_file.js" */
/** @import { Heap, Ops } from "./ops.js" */

/**
 * Numbers of a vector: as Python sends them, or as they are computed here.
 *
 * @typedef {number[] | Float64Array} Vector
 */

/**
 * One time step of the encoder. All vectors have an axis (units), but for the embedding.
 *
 * @typedef {object} EncoderStep
 * @property {number} token
 * @property {Vector} embedding (embedding_dim)
 * @property {Vector} before the state
 * @property {Vector} update
 * @property {Vector} reset
 * @property {Vector} candidate
 * @property {Vector} after the state
 */

/**
 * A problem that the encoder has read.
 *
 * @typedef {{ problem: string, reverse: boolean, steps: EncoderStep[] }} Reading
 */

/**
 * One time step of the decoder. `choice` is the token that the model holds likeliest, `written` the
 * one that the reader may have written in its place.
 *
 * @typedef {object} DecoderStep
 * @property {number} token
 * @property {Vector} embedding (embedding_dim)
 * @property {Vector} before the state (units)
 * @property {Vector} after the state (units)
 * @property {Vector} distribution (token)
 * @property {number} choice
 * @property {number} written
 */

/**
 * What the reader asks for: `picks` are tokens, by time step, to write in place of the choice.
 *
 * @typedef {object} Asked
 * @property {string} problem
 * @property {boolean} teacherForcing
 * @property {(number | null)[]} picks
 */

/**
 * An answer: `read` are the ids that the encoder has read, `target` those of the right answer.
 *
 * @typedef {Asked & { reverse: boolean, read: number[], context: Vector, steps: DecoderStep[],
 *   target: number[] }} Trace
 */

/**
 * The addresses of a GRU. `table` (token, gates) is what each token adds to the gates: its embedding
 * times the kernel, and the input bias.
 *
 * @typedef {Record<"kernel" | "recurrent" | "bias" | "table", number>} Cell
 */

/**
 * One time step of a batch: how many rows it has, how many the one before that it goes on from, and
 * the addresses of what belongs to its rows. The state that it goes on from is at `from`.
 *
 * @typedef {Record<"rows" | "before" | "from" | "parents" | "tokens" | "state" | "recurrent"
 *   | "gates" | "logits", number> & { part: Part }} Step
 */

/** @typedef {{ sizes: Sizes, task: Task, batch: number }} Shape */
/** @typedef {ReturnType<typeof planOf>} Plan */

/**
 * Where everything lies in the heap that it takes to read and write batches, from the address `first`
 * on, where the weights begin. `take` gives the address of as many more numbers, `end` says where they
 * end.
 *
 * @param {Shape} shape
 * @param {number} first
 * @param {number} columns of the softmax layer: those behind the tokens are always zero
 */
export function planOf({ sizes, task, batch }, first = 0, columns = task.tokens.length) {
  const { units } = sizes;
  const tokens = task.tokens.length;
  let end = first;
  const take = (/** @type {number} */ size) => {
    const at = end;
    end += Math.ceil(size / 4) * 4;
    return at;
  };
  /** @type {Record<string, number>} */
  const at = {};
  for (const [name, size] of Object.entries(layout(sizes, tokens, columns))) {
    at[name] = take(size);
  }
  const count = end - first; // of the weights
  const cellOf = (/** @type {Part} */ part) => {
    const [kernel, recurrent, bias] = cellNames(part).map((name) => at[name]);
    return { kernel, recurrent, bias, table: take(tokens * 3 * units) };
  };
  /** @type {Record<Part, Cell>} */
  const cells = { encoder: cellOf("encoder"), decoder: cellOf("decoder") };
  const start = take(batch * units); // zeros: the state before the first step
  /** @type {Step[]} */
  const steps = [];
  for (let time = 0; time < task.problemLength + task.answerLength; time++) {
    const part = time < task.problemLength ? "encoder" : "decoder";
    steps.push({
      part,
      rows: 0,
      before: 0,
      from: steps.at(-1)?.state ?? start,
      parents: take(batch),
      tokens: take(batch),
      state: take(batch * units),
      recurrent: take(batch * 3 * units),
      gates: take(batch * 3 * units),
      logits: part === "encoder" ? 0 : take(batch * columns),
    });
  }
  return { columns, at, first, count, cells, steps, take, end: () => end };
}

/**
 * A model that reads and writes.
 *
 * @template {Ops} Kind of operations
 */
export class Seq2Seq {
  /**
   * @param {Shape} shape
   * @param {Plan} plan
   * @param {Heap} heap
   * @param {Int32Array} ids
   * @param {Kind} ops
   */
  constructor({ sizes, task }, { columns, at, first, count, cells, steps }, heap, ids, ops) {
    this.sizes = sizes;
    this.units = sizes.units;
    this.task = task;
    this.classes = task.tokens.length;
    this.columns = columns;
    this.at = at;
    this.first = first;
    this.count = count;
    this.cells = cells;
    this.steps = steps;
    this.heap = heap;
    this.ids = ids;
    this.ops = ops;
  }

  /** Fill the table of each cell. */
  tabulate() {
    const { heap, at, classes, units, ops } = this;
    const { embedding_dim } = this.sizes;
    const gates = 3 * units;
    for (const { kernel, bias, table } of Object.values(this.cells)) {
      for (let token = 0; token < classes; token++) {
        heap.copyWithin(table + token * gates, bias, bias + gates);
      }
      ops.matmul(classes, embedding_dim, gates, at[EMBEDDING], embedding_dim, 1, kernel, table, 1);
    }
  }

  /**
   * One time step of all rows: `eq-gates` and `eq-state` of *Encoder*. The state before (parent, units)
   * times the recurrent kernel (units, gates) is computed once for each parent; then each row takes that
   * of its own.
   *
   * @param {number} time
   */
  stepForward(time) {
    const { units, ops } = this;
    const { part, rows, before, from, parents, tokens, state, recurrent, gates } = this.steps[time];
    const cell = this.cells[part];
    const bias = cell.bias + 3 * units;
    ops.matmul(before, units, 3 * units, from, units, 1, cell.recurrent, recurrent, 0);
    // deno-fmt-ignore
    ops.gruForward(
      rows, units, parents, tokens, cell.table, bias, recurrent, from, gates, state,
    );
  }

  /**
   * The logits (row, token) of a time step of the decoder.
   *
   * @param {number} time
   */
  computeLogits(time) {
    const { heap, at, units, columns, ops } = this;
    const { rows, state, logits } = this.steps[time];
    const bias = at[SOFTMAX_BIAS];
    for (let row = logits; row < logits + rows * columns; row += columns) {
      for (let token = 0; token < columns; token++) heap[row + token] = heap[bias + token];
    }
    ops.matmul(rows, units, columns, state, units, 1, at[SOFTMAX_KERNEL], logits, 1);
  }
}

/** @type {WeakMap<ModelRecord, Seq2Seq<Ops>>} */
const ready = new WeakMap();

/**
 * The model of a record, for one problem at a time; it is made once. Keras computes in single
 * precision: in double precision the page is as near to it as can be, and what is left between the two
 * is the rounding of Keras.
 *
 * @param {ModelRecord} record
 */
function modelOf(record) {
  const made = ready.get(record);
  if (made) return made;
  const { sizes, arrays } = record;
  const shape = { sizes, task: new Task(record.task), batch: 1 };
  const plan = planOf(shape);
  const heap = new Float64Array(plan.end());
  const ids = new Int32Array(plan.end());
  const model = new Seq2Seq(shape, plan, heap, ids, plainOps(heap, ids, Math.tanh));
  for (const [name, array] of Object.entries(arrays)) heap.set(unpacked(array), plan.at[name]);
  model.tabulate();
  ready.set(record, model);
  return model;
}

/**
 * Numbers of a heap.
 *
 * @param {Heap} heap
 * @param {number} from
 * @param {number} count
 */
function vector(heap, from, count) {
  return Float64Array.from(heap.subarray(from, from + count));
}

/**
 * Let a model read a token: its embedding, the state before and after that time step, and the gates.
 *
 * @param {Seq2Seq<Ops>} model
 * @param {number} time
 * @param {number} token
 * @returns {EncoderStep}
 */
function stepOne(model, time, token) {
  const { heap, units } = model;
  const { embedding_dim } = model.sizes;
  const step = model.steps[time];
  step.rows = step.before = 1;
  model.ids[step.tokens] = token;
  model.stepForward(time);
  return {
    token,
    embedding: vector(heap, model.at[EMBEDDING] + token * embedding_dim, embedding_dim),
    before: vector(heap, step.from, units),
    update: vector(heap, step.gates, units),
    reset: vector(heap, step.gates + units, units),
    candidate: vector(heap, step.gates + 2 * units, units),
    after: vector(heap, step.state, units),
  };
}

/**
 * Read a problem: the time steps of the encoder.
 *
 * @param {ModelRecord} record
 * @param {string} problem
 * @returns {Reading}
 */
export function reading(record, problem) {
  const model = modelOf(record);
  const { reverse } = record;
  const read = model.task.encoderInput(problem, reverse);
  return { problem, reverse, steps: read.map((token, time) => stepOne(model, time, token)) };
}

/**
 * Answer a problem: the time steps of the decoder, free-running or with teacher forcing. A pick is a
 * token that the reader writes in place of the model's choice.
 *
 * @param {ModelRecord} record
 * @param {Asked} asked
 * @returns {Trace}
 */
export function trace(record, { problem, teacherForcing, picks }) {
  const model = modelOf(record);
  const { task, classes, heap } = model;
  const { reverse } = record;
  const wanted = task.target(problem, reverse);
  const read = reading(record, problem).steps;
  const steps = [];
  let token = task.pad;
  for (let place = 0; place < task.answerLength; place++) {
    const time = task.problemLength + place;
    const { logits } = model.steps[time];
    const { embedding, before, after } = stepOne(model, time, token);
    model.computeLogits(time);
    const choice = argmax(heap, logits, classes);
    const distribution = new Float64Array(classes);
    const sum = exponentiate(heap, logits, heap[logits + choice], distribution);
    for (let id = 0; id < classes; id++) distribution[id] /= sum;
    const written = picks[place] ?? choice;
    steps.push({ token, embedding, before, after, distribution, choice, written });
    token = teacherForcing ? wanted[place] : written;
  }
  return {
    problem,
    reverse,
    teacherForcing,
    picks,
    read: read.map((step) => step.token),
    context: steps[0].before,
    steps,
    target: wanted,
  };
}
