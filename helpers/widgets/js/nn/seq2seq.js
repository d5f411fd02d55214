// The encoder-decoder of helpers/model.py in plain JavaScript.
//
// All numbers of a model lie in one flat typed array, the heap: first the weights, then the room in
// which it computes. A tensor is an address, the index of its first number; its axes are written
// behind it in comments, row after row. The operations here work on rows of such tensors, in double
// precision and for any size; ops.js has the fast ones, with which training.js trains.

import { cellNames, EMBEDDING, joined, layout, SOFTMAX } from "../domain/layout.js";
import { Task } from "../domain/task.js";

/** @import { Part } from "../domain/layout.js" */
/** @import { ModelRecord } from "../domain/model_file.js" */

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
 * @typedef {Asked & { reverse: boolean, read: number[], context: Vector, steps: DecoderStep[], target: number[] }} Trace
 */

/**
 * The arithmetic on rows of a heap.
 *
 * @param {Float64Array} heap
 */
function exactOps(heap) {
  return {
    /**
     * output (rows, columns) = input (rows, inner) @ matrix (inner, columns) + bias (columns)
     *
     * @param {number} rows
     * @param {number} inner
     * @param {number} columns
     * @param {number} input
     * @param {number} matrix
     * @param {number} bias
     * @param {number} output
     */
    dense(rows, inner, columns, input, matrix, bias, output) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = heap[bias + column];
          let at = matrix + column;
          for (let k = input + row * inner; k < input + (row + 1) * inner; k++) {
            sum += heap[k] * heap[at];
            at += columns;
          }
          heap[output + row * columns + column] = sum;
        }
      }
    },

    /**
     * One time step of a GRU with reset_after, for each row: from the projected input and the
     * projected state (rows, 3 units) and the state before (rows, units) to the gates (rows,
     * 3 units: update, reset, candidate) and the state after (rows, units).
     *
     * @param {number} rows
     * @param {number} units
     * @param {number} input
     * @param {number} recurrent
     * @param {number} before
     * @param {number} gates
     * @param {number} after
     */
    gru(rows, units, input, recurrent, before, gates, after) {
      for (let row = 0; row < rows; row++) {
        const wide = row * 3 * units;
        const narrow = row * units;
        for (let unit = 0; unit < units; unit++) {
          const u = wide + unit;
          const r = u + units;
          const c = r + units;
          const update = sigmoid(heap[input + u] + heap[recurrent + u]);
          const reset = sigmoid(heap[input + r] + heap[recurrent + r]);
          const candidate = Math.tanh(heap[input + c] + reset * heap[recurrent + c]);
          heap[gates + u] = update;
          heap[gates + r] = reset;
          heap[gates + c] = candidate;
          heap[after + narrow + unit] = update * heap[before + narrow + unit] +
            (1 - update) * candidate;
        }
      }
    },

    /**
     * Probabilities (rows, classes) from logits (rows, classes).
     *
     * @param {number} rows
     * @param {number} classes
     * @param {number} logits
     * @param {number} probabilities
     */
    softmax(rows, classes, logits, probabilities) {
      for (let row = 0; row < rows; row++) {
        const from = logits + row * classes;
        const to = probabilities + row * classes;
        let largest = -Infinity;
        for (let k = 0; k < classes; k++) largest = Math.max(largest, heap[from + k]);
        let sum = 0;
        for (let k = 0; k < classes; k++) sum += Math.exp(heap[from + k] - largest);
        for (let k = 0; k < classes; k++) heap[to + k] = Math.exp(heap[from + k] - largest) / sum;
      }
    },
  };
}

/** @param {number} x */
function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

/** An encoder and a decoder for one problem at a time. */
export class Seq2Seq {
  /** @param {ModelRecord} record */
  constructor({ sizes, reverse, task, arrays }) {
    const { units } = sizes;
    const classes = task.tokens.length;
    const { at, end } = layout(sizes, classes);
    this.task = new Task(task);
    this.reverse = reverse;
    this.embeddingDim = sizes.embedding_dim;
    this.units = units;
    this.classes = classes;
    this.at = at;
    // The room behind the weights, for one row.
    this.before = end; // (units)
    this.after = this.before + units; // (units)
    this.input = this.after + units; // (3 units)
    this.recurrent = this.input + 3 * units; // (3 units)
    this.gates = this.recurrent + 3 * units; // (3 units)
    this.logits = this.gates + 3 * units; // (token)
    this.probabilities = this.logits + classes; // (token)
    // Keras computes in float32. In double precision the page is as near to it as can be: what is
    // left between the two is the rounding of Keras.
    this.heap = new Float64Array(this.probabilities + classes);
    this.heap.set(joined(arrays, sizes, classes));
    this.ops = exactOps(this.heap);
  }

  /**
   * The row of the embedding matrix.
   *
   * @param {number} token
   */
  lookUp(token) {
    const from = this.at[EMBEDDING] + token * this.embeddingDim;
    return this.heap.slice(from, from + this.embeddingDim);
  }

  /**
   * One time step: the state after, and the gates.
   *
   * @param {Part} part
   * @param {number} token
   * @param {Vector} state
   */
  step(part, token, state) {
    const { at, embeddingDim, units } = this;
    const gates = 3 * units;
    const row = at[EMBEDDING] + token * embeddingDim;
    const names = cellNames(part);
    const bias = at[names.bias];
    this.heap.set(state, this.before);
    this.ops.dense(1, embeddingDim, gates, row, at[names.kernel], bias, this.input);
    this.ops.dense(
      1,
      units,
      gates,
      this.before,
      at[names.recurrent],
      bias + gates,
      this.recurrent,
    );
    this.ops.gru(1, units, this.input, this.recurrent, this.before, this.gates, this.after);
    return {
      state: this.heap.slice(this.after, this.after + units),
      update: this.heap.slice(this.gates, this.gates + units),
      reset: this.heap.slice(this.gates + units, this.gates + 2 * units),
      candidate: this.heap.slice(this.gates + 2 * units, this.gates + gates),
    };
  }

  /**
   * The probability of each token to come next, from the decoder's state.
   *
   * @param {Vector} state
   */
  distribution(state) {
    this.heap.set(state, this.after);
    this.ops.dense(
      1,
      this.units,
      this.classes,
      this.after,
      this.at[SOFTMAX.kernel],
      this.at[SOFTMAX.bias],
      this.logits,
    );
    this.ops.softmax(1, this.classes, this.logits, this.probabilities);
    return this.heap.slice(this.probabilities, this.probabilities + this.classes);
  }
}

/** @type {WeakMap<ModelRecord, Seq2Seq>} */
const ready = new WeakMap();

/**
 * The model of a record, which is made once.
 *
 * @param {ModelRecord} record
 */
export function modelOf(record) {
  const model = ready.get(record) ?? new Seq2Seq(record);
  ready.set(record, model);
  return model;
}

/**
 * Read `problem`: the time steps of the encoder.
 *
 * @param {Seq2Seq} model
 * @param {string} problem
 * @returns {Reading}
 */
export function reading(model, problem) {
  const { task, reverse } = model;
  let before = new Float64Array(model.units);
  const steps = task.encoderInput(problem, reverse).map((token) => {
    const { state, update, reset, candidate } = model.step("encoder", token, before);
    const step = {
      token,
      embedding: model.lookUp(token),
      before,
      update,
      reset,
      candidate,
      after: state,
    };
    before = state;
    return step;
  });
  return { problem, reverse, steps };
}

/**
 * Answer `problem`: the time steps of the decoder, free-running or with teacher forcing. A pick is a
 * token that the reader writes in place of the model's choice.
 *
 * @param {Seq2Seq} model
 * @param {Asked} asked
 * @returns {Trace}
 */
export function trace(model, { problem, teacherForcing, picks }) {
  const { task, reverse } = model;
  const read = task.encoderInput(problem, reverse);
  const wanted = task.target(problem, reverse);
  let context = new Float64Array(model.units);
  for (const token of read) context = model.step("encoder", token, context).state;
  const steps = [];
  let token = task.pad;
  let before = context;
  for (let place = 0; place < task.answerLength; place++) {
    const after = model.step("decoder", token, before).state;
    const distribution = model.distribution(after);
    const choice = distribution.indexOf(Math.max(...distribution));
    const written = picks[place] ?? choice;
    steps.push({
      token,
      embedding: model.lookUp(token),
      before,
      after,
      distribution,
      choice,
      written,
    });
    token = teacherForcing ? wanted[place] : written;
    before = after;
  }
  return { problem, reverse, teacherForcing, picks, read, context, steps, target: wanted };
}
