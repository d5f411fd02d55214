// What it takes to read and to write: operations on rows of numbers in one flat typed array, the heap.
// An address is the index of the first number; its axes are written behind it in comments, row after
// row. In `ids` lie, at addresses of their own, the tokens and the parents of rows as whole numbers.
// What it takes to learn besides is in training_ops.js.

/** @typedef {Float32Array | Float64Array} Heap */

/**
 * The operations. All numbers without a name of their own are addresses.
 *
 * @typedef {object} Ops
 * @property {(rows: number, inner: number, columns: number, a: number, down: number,
 *   across: number, b: number, c: number, add: 0 | 1) => void} matmul
 * @property {(rows: number, units: number, parents: number, tokens: number, table: number,
 *   bias: number, recurrent: number, before: number, gates: number, after: number) => void} gruForward
 */

/**
 * The operations in plain JavaScript, on a heap of single or double precision.
 *
 * @param {Heap} heap
 * @param {Int32Array} ids
 * @param {(x: number) => number} tanh
 * @returns {Ops}
 */
export function plainOps(heap, ids, tanh) {
  const sigmoid = (/** @type {number} */ x) => 0.5 * tanh(0.5 * x) + 0.5;
  return {
    /**
     * c (rows, columns) = a (rows, inner) @ b (inner, columns), or that added to c. The numbers of
     * a lie `down` apart from row to row and `across` from column to column, so that it may be
     * transposed.
     */
    matmul(rows, inner, columns, a, down, across, b, c, add) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          let sum = add ? heap[c + row * columns + column] : 0;
          for (let k = 0; k < inner; k++) {
            sum += heap[a + row * down + k * across] * heap[b + k * columns + column];
          }
          heap[c + row * columns + column] = sum;
        }
      }
    },

    /**
     * One time step of a GRU: `eq-gates` and `eq-state` of *Encoder*. Row i goes on from row parents[i] of
     * the step before, and reads tokens[i]; `table` (token, 3 units) is each token's embedding times
     * the kernel, with the input bias. `recurrent` (parent, 3 units) is the state before times the
     * recurrent kernel. Kept for the way back: the gates (row, 3 units), update, reset and candidate.
     */
    gruForward(rows, units, parents, tokens, table, bias, recurrent, before, gates, after) {
      for (let row = 0; row < rows; row++) {
        const x = table + ids[tokens + row] * 3 * units;
        const h = recurrent + ids[parents + row] * 3 * units;
        const old = before + ids[parents + row] * units;
        const kept = gates + row * 3 * units;
        const state = after + row * units;
        for (let u = 0, r = units, c = 2 * units; u < units; u++, r++, c++) {
          const update = sigmoid(heap[x + u] + heap[h + u] + heap[bias + u]);
          const reset = sigmoid(heap[x + r] + heap[h + r] + heap[bias + r]);
          const candidate = tanh(heap[x + c] + reset * (heap[h + c] + heap[bias + c]));
          heap[kept + u] = update;
          heap[kept + r] = reset;
          heap[kept + c] = candidate;
          heap[state + u] = candidate + update * (heap[old + u] - candidate);
        }
      }
    },
  };
}

/**
 * Compute the `powers` of the logits at an address: e to the power of each, less the largest. Returns
 * their sum. A power divided by the sum is the softmax, a probability.
 *
 * @param {Heap} heap
 * @param {number} logits
 * @param {number} largest of them
 * @param {Heap} powers
 */
export function exponentiate(heap, logits, largest, powers) {
  let sum = 0;
  for (let k = 0; k < powers.length; k++) sum += powers[k] = Math.exp(heap[logits + k] - largest);
  return sum;
}

/**
 * Which of `count` numbers is the first of the largest; 0 for the first.
 *
 * @param {Heap} heap
 * @param {number} at
 * @param {number} count
 */
export function argmax(heap, at, count) {
  let best = 0;
  for (let k = 1; k < count; k++) if (heap[at + k] > heap[at + best]) best = k;
  return best;
}
