// A net: the arrays of a model, the rows of a batch, and the operations on them in their order.
//
// All numbers lie in one flat typed array, the heap. A tensor is an address there, with its columns. The
// rows of a batch belong to one of two parts, the encoder or the decoder. A part has a row for each token
// of each problem, those of one time step side by side, its span.
//
// An operation works on a span of rows, and has a way back. What needs the time step before runs once for
// each (`scan`), the rest runs once for all rows (`whole`), or, where one token is written after another,
// once for the span of each. So an architecture is written once, for training and for use.

import { layout } from "../domain/layout.js";

/** @import { Architecture, Sizes } from "../domain/layout.js" */
/** @import { Task } from "../domain/task.js" */
/** @import { Heap, Ops } from "./ops.js" */
/** @import { TrainingOps } from "./training_ops.js" */

/** @typedef {{ first: number, count: number }} Span rows */

/**
 * An address with its columns, and that of the gradient, if something learns.
 *
 * @typedef {{ at: number, columns: number, d: number }} Tensor
 */

/**
 * @typedef {object} Operation
 * @property {(span: Span, time: number) => void} forward
 * @property {(span: Span, time: number) => void} backward
 */

/**
 * Which rows each row may look at: their numbers in `table` (row, most), of which the first `counts`
 * (row) count.
 *
 * @typedef {{ table: number, counts: number, most: number }} Looks
 */

/** The rows of the encoder, or those of the decoder. */
export class Part {
  /**
   * @param {number} steps
   * @param {number} batch
   * @param {(size: number) => number} take
   */
  constructor(steps, batch, take) {
    this.steps = steps;
    this.most = steps * batch;
    /** The token that a row reads, its time step, and its parent in the span before, which it goes on from. */
    this.tokens = take(this.most);
    this.times = take(this.most);
    this.parents = take(this.most);
    /** The rows of each time step, and those of the step before that they go on from. */
    this.spans = Array.from({ length: steps }, () => ({ first: 0, count: 0 }));
    this.before = Array.from({ length: steps }, () => ({ first: 0, count: 0 }));
    this.all = { first: 0, count: 0 };
    /** @type {Operation[]} */
    this.scan = [];
    /** @type {Operation[]} */
    this.whole = [];
    /** @type {Looks | undefined} */
    this.self = undefined; // which rows of this part
    /** @type {Looks | undefined} */
    this.cross = undefined; // which rows of the encoder
  }

  /** Read all rows, or write them where what is written is known. */
  forward() {
    this.spans.forEach((span, time) => {
      if (span.count) this.forwardScan(time);
    });
    for (const { forward } of this.whole) forward(this.all, 0);
  }

  /** @param {number} time */
  forwardScan(time) {
    for (const { forward } of this.scan) forward(this.spans[time], time);
  }

  /** The rows of one time step, after those before it. @param {number} time */
  step(time) {
    this.forwardScan(time);
    for (const { forward } of this.whole) forward(this.spans[time], time);
  }

  /** From the gradients of what comes last to those of what came first. */
  backward() {
    for (const { backward } of this.whole.toReversed()) backward(this.all, 0);
    for (let time = this.steps - 1; time >= 0; time--) {
      if (!this.spans[time].count) continue;
      for (const { backward } of this.scan.toReversed()) backward(this.spans[time], time);
    }
  }
}

/** @typedef {{ tensor: Tensor, rows: Part | number }} Rows a tensor, and how many rows it has */

export class Net {
  /**
   * @param {object} options
   * @param {Architecture} options.architecture
   * @param {Sizes} options.sizes
   * @param {Task} options.task
   * @param {number} options.batch
   * @param {boolean} [options.learns]
   * @param {number} [options.first] where the weights begin
   * @param {number} [options.round] columns of a matrix are a multiple of it: those behind are zero
   */
  constructor({ architecture, sizes, task, batch, learns = false, first = 0, round = 1 }) {
    this.sizes = sizes;
    this.task = task;
    this.batch = batch;
    this.learns = learns;
    this.first = first;
    this.end = first;
    this.classes = task.tokens.length;
    this.take = (/** @type {number} */ size) => {
      const at = this.end;
      this.end += Math.ceil(size / 4) * 4;
      return at;
    };
    this.matrices = layout(architecture, sizes, task);
    /** @type {Record<string, Tensor & { rows: number }>} */
    this.weights = {};
    for (const [name, { rows, columns }] of Object.entries(this.matrices)) {
      const wide = name.endsWith("/embeddings") ? columns : round * Math.ceil(columns / round);
      this.weights[name] = { at: this.take(rows * wide), rows, columns: wide, d: 0 };
    }
    this.count = this.end - first;
    this.gradients = learns ? this.take(this.count) : 0;
    if (learns) {
      for (const weight of Object.values(this.weights)) {
        weight.d = weight.at - first + this.gradients;
      }
    }
    this.encoder = new Part(task.problemLength, batch, this.take);
    this.decoder = new Part(task.answerLength, batch, this.take);
    /** @type {Operation[]} */
    this.tables = []; // what follows from the weights alone
    /** @type {Rows[]} */
    this.tensors = [];
    /** @type {{ from: number, rows: number, columns: number, to: number }[]} */
    this.turned = [];
    /** @type {Heap} */
    this.heap = new Float32Array();
    /** @type {Int32Array} */
    this.ids = new Int32Array();
    this.ops = /** @type {TrainingOps} */ ({}); // for a net that does not learn, those of `Ops`
  }

  /**
   * Give what to compute on, and with.
   *
   * @param {Heap} heap
   * @param {Int32Array} ids
   * @param {Ops | TrainingOps} ops
   */
  bind(heap, ids, ops) {
    this.heap = heap;
    this.ids = ids;
    this.ops = /** @type {TrainingOps} */ (ops);
  }

  /**
   * A new tensor with a row for each of a part, or with so many rows.
   *
   * @param {Part | number} rows
   * @param {number} columns
   * @returns {Tensor}
   */
  tensor(rows, columns) {
    const size = columns * (typeof rows === "number" ? rows : rows.most);
    const tensor = { at: this.take(size), columns, d: this.learns ? this.take(size) : 0 };
    this.tensors.push({ tensor, rows });
    return tensor;
  }

  /**
   * Some rows of a matrix with rows and columns exchanged, which is brought up to date before the way
   * back.
   *
   * @param {Tensor} matrix
   * @param {number} first
   * @param {number} rows
   */
  transposed({ at, columns }, first, rows) {
    if (!this.learns) return 0;
    const to = this.take(rows * columns);
    this.turned.push({ from: at + first * columns, rows, columns, to });
    return to;
  }

  /**
   * Which rows of the one part those of the other may look at.
   *
   * @param {Part} of
   * @param {Part} at
   * @returns {Looks}
   */
  looks(of, at) {
    const kind = of === at ? "self" : "cross";
    const most = at.steps;
    of[kind] ??= { table: this.take(of.most * most), counts: this.take(of.most), most };
    return of[kind];
  }

  /** Fill what follows from the weights alone. */
  tabulate() {
    for (const { forward } of this.tables) forward({ first: 0, count: 0 }, 0);
  }

  /** From the gradients of the last tensors to those of all weights, which are zero before. */
  backward() {
    for (const part of [this.decoder, this.encoder]) part.backward();
    for (const { backward } of this.tables.toReversed()) backward({ first: 0, count: 0 }, 0);
  }

  /** Make the gradients of all weights and of all rows zero, and turn the matrices. */
  clear() {
    const { heap, gradients, count } = this;
    heap.fill(0, gradients, gradients + count);
    for (const { tensor: { d, columns }, rows } of this.tensors) {
      heap.fill(0, d, d + columns * (typeof rows === "number" ? rows : rows.all.count));
    }
    for (const { from, rows, columns, to } of this.turned) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          heap[to + column * rows + row] = heap[from + row * columns + column];
        }
      }
    }
  }
}
