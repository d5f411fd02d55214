// What makes an update of the gradients: AdamW, or Muon, which moves a matrix alike in all its directions.
//
// Numbers are those of Keras. Means, and squares or what is in their place, lie in the heap in the order of
// the weights.

import { plainOps } from "./ops.js";

/** @import { Net } from "./net.js" */

/** @typedef {"adamw" | "muon"} Kind */

/**
 * How far an update goes: the learning rate, and the share of it that each weight shrinks by.
 *
 * @typedef {{ rate: number, weightDecay?: number }} Step
 */

const BETA1 = 0.9, BETA2 = 0.999, TINY = 1e-7;
const MOMENTUM = 0.95, ROUNDS = 5;
const [A, B, C] = [3.4445, -4.7750, 2.0315]; // of the polynomial of Newton and Schulz, as Jordan et al. chose
const LIKE_ADAM = 0.2; // makes the numbers of an update about as large as those of Adam (Liu et al.)

export class Optimizer {
  #scratch = { x: 0, turned: 0, square: 0, product: 0 };

  /**
   * @param {Net} net
   * @param {Kind} kind
   */
  constructor(net, kind) {
    this.net = net;
    this.means = net.take(net.count);
    this.squares = net.take(net.count);
    this.updates = 0;
    const ofMuon = Object.entries(net.matrices).filter(([, { isMatrix }]) => isMatrix);
    this.matrices = kind === "muon" ? ofMuon.map(([name]) => net.weights[name]) : [];
    const most = Math.max(0, ...this.matrices.map(({ rows, columns }) => rows * columns));
    const least = Math.max(0, ...this.matrices.map((m) => Math.min(m.rows, m.columns)));
    if (most === 0) return;
    this.#scratch = {
      x: net.take(most),
      turned: net.take(most),
      square: net.take(least ** 2),
      product: net.take(Math.max(most, least ** 2)),
    };
  }

  /** Forget what was learned. */
  reset() {
    const { heap, count } = this.net;
    for (const from of [this.means, this.squares]) heap.fill(0, from, from + count);
    this.updates = 0;
  }

  /** @param {Step} step */
  update({ rate, weightDecay = 0 }) {
    this.updates++;
    const corrected = (rate * Math.sqrt(1 - BETA2 ** this.updates)) / (1 - BETA1 ** this.updates);
    const decay = rate * weightDecay;
    const { first, count } = this.net;
    let from = first;
    for (const matrix of this.matrices) {
      this.#adam(from, matrix.at - from, corrected, decay);
      this.#muon(matrix, rate, decay);
      from = matrix.at + 4 * Math.ceil((matrix.rows * matrix.columns) / 4);
    }
    this.#adam(from, first + count - from, corrected, decay);
  }

  /**
   * AdamW for `count` weights from an address on: `eq-adam` of *Making it better*.
   *
   * @param {number} weights
   * @param {number} count
   * @param {number} rate corrected for the start of the means
   * @param {number} decay
   */
  #adam(weights, count, rate, decay) {
    if (count === 0) return;
    const { first, gradients, ops } = this.net;
    const at = weights - first;
    // deno-fmt-ignore
    ops.adam(
      count, weights, gradients + at, this.means + at, this.squares + at,
      rate, decay, BETA1, BETA2, TINY,
    );
  }

  /**
   * Muon for a matrix: the gradients added up, the older the less, and made orthogonal.
   *
   * @param {{ at: number, d: number, rows: number, columns: number }} matrix
   * @param {number} rate
   * @param {number} decay
   */
  #muon({ at, d, rows, columns }, rate, decay) {
    const { heap, first } = this.net;
    const { x } = this.#scratch;
    const mean = this.means + at - first;
    const isTall = rows > columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const k = row * columns + column;
        heap[mean + k] = heap[d + k] + MOMENTUM * heap[mean + k];
        const to = isTall ? column * rows + row : k;
        heap[x + to] = heap[d + k] + MOMENTUM * heap[mean + k];
      }
    }
    this.#orthogonalize(Math.min(rows, columns), Math.max(rows, columns));
    const far = rate * LIKE_ADAM * Math.sqrt(Math.max(rows, columns));
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const k = row * columns + column;
        const from = isTall ? column * rows + row : k;
        heap[at + k] = heap[at + k] * (1 - decay) - far * heap[x + from];
      }
    }
  }

  /**
   * Bring all singular values of x (rows, columns), not more rows than columns, near to one.
   *
   * @param {number} rows
   * @param {number} columns
   */
  #orthogonalize(rows, columns) {
    const { heap } = this.net;
    const { x, turned, square, product } = this.#scratch;
    const size = rows * columns;
    let sum = 0;
    for (let k = x; k < x + size; k++) sum += heap[k] ** 2;
    const length = Math.sqrt(sum) + TINY;
    for (let k = x; k < x + size; k++) heap[k] /= length;
    for (let round = 0; round < ROUNDS; round++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          heap[turned + column * rows + row] = heap[x + row * columns + column];
        }
      }
      this.#multiply(rows, columns, rows, x, turned, square);
      this.#multiply(rows, rows, rows, square, square, product);
      for (let k = 0; k < rows ** 2; k++) {
        heap[square + k] = B * heap[square + k] + C * heap[product + k];
      }
      this.#multiply(rows, rows, columns, square, x, product);
      for (let k = 0; k < size; k++) heap[x + k] = A * heap[x + k] + heap[product + k];
    }
  }

  /**
   * c (rows, columns) = a (rows, inner) @ b (inner, columns), also where compiled operations cannot.
   *
   * @param {number} rows
   * @param {number} inner
   * @param {number} columns
   * @param {number} a
   * @param {number} b
   * @param {number} c
   */
  #multiply(rows, inner, columns, a, b, c) {
    const { heap, ids, ops } = this.net;
    const { matmul } = columns % 8 ? plainOps(heap, ids, Math.tanh) : ops;
    matmul(rows, inner, columns, a, inner, 1, b, c, 0);
  }
}
