// What it takes to read and to write: operations on rows of numbers in one flat typed array, the heap.
// An address is the index of the first number; its axes are written behind it in comments, row after
// row. In `ids` lie, at addresses of their own, whole numbers: the tokens that rows read, and the rows
// that they go on from or look at. What it takes to learn besides is in training_ops.js.

/** @typedef {Float32Array | Float64Array} Heap */
/** @typedef {0 | 1 | 2} Activation none, relu, tanh */

export const NONE = 0;
export const RELU = 1;
export const TANH = 2;

/**
 * The operations. All numbers without a name of their own are addresses.
 *
 * @typedef {object} Ops
 * @property {(rows: number, inner: number, columns: number, a: number, down: number,
 *   across: number, b: number, c: number, add: 0 | 1) => void} matmul
 * @property {(rows: number, columns: number, bias: number, kind: Activation, x: number) => void
 *   } activate
 * @property {(rows: number, units: number, parents: number, tokens: number, table: number,
 *   bias: number, recurrent: number, before: number, gates: number, after: number) => void} gruForward
 * @property {(rows: number, heads: number, width: number, most: number, scale: number, table: number,
 *   counts: number, queries: number, keys: number, values: number, weights: number, seen: number) =>
 *   void} attendForward
 * @property {(rows: number, columns: number, x: number, gamma: number, beta: number, normal: number,
 *   inverse: number, y: number) => void} normForward
 */

export const EPSILON = 1e-6; // of a layer norm

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

    /** Add a bias (columns) to each row of x (rows, columns), and apply an activation, in place. */
    activate(rows, columns, bias, kind, x) {
      for (let row = x; row < x + rows * columns; row += columns) {
        for (let k = 0; k < columns; k++) {
          const sum = heap[row + k] + heap[bias + k];
          heap[row + k] = kind === RELU ? Math.max(0, sum) : kind === TANH ? tanh(sum) : sum;
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

    /**
     * Attention: row i of the queries (row, head, width) looks at the first counts[i] rows of keys and
     * values that are named in row i of `table` (row, most). Its `weights` (row, head, most) are the
     * softmax of the dot products times `scale`; `seen` (row, head, width) is the sum of the values by
     * these weights.
     */
    // deno-fmt-ignore
    attendForward(
      rows, heads, width, most, scale, table, counts, queries, keys, values, weights, seen,
    ) {
      const columns = heads * width;
      for (let row = 0; row < rows; row++) {
        const count = ids[counts + row];
        const looks = table + row * most;
        for (let head = 0; head < heads; head++) {
          const query = queries + row * columns + head * width;
          const kept = weights + (row * heads + head) * most;
          const to = seen + row * columns + head * width;
          let largest = -Infinity;
          for (let k = 0; k < count; k++) {
            const key = keys + ids[looks + k] * columns + head * width;
            let score = 0;
            for (let j = 0; j < width; j++) score += heap[query + j] * heap[key + j];
            heap[kept + k] = score * scale;
            largest = Math.max(largest, score * scale);
          }
          let sum = 0;
          for (let k = kept; k < kept + count; k++) sum += heap[k] = Math.exp(heap[k] - largest);
          heap.fill(0, kept + count, kept + most);
          heap.fill(0, to, to + width);
          for (let k = 0; k < count; k++) {
            const weight = heap[kept + k] /= sum;
            const value = values + ids[looks + k] * columns + head * width;
            for (let j = 0; j < width; j++) heap[to + j] += weight * heap[value + j];
          }
        }
      }
    },

    /**
     * A layer norm: each row of x (rows, columns) less its mean, divided by its standard deviation, which
     * is `normal`, times gamma, plus beta. Kept for the way back: `normal`, and one over the deviation,
     * `inverse` (rows).
     */
    normForward(rows, columns, x, gamma, beta, normal, inverse, y) {
      for (let row = 0; row < rows; row++) {
        const at = row * columns;
        let mean = 0;
        for (let k = 0; k < columns; k++) mean += heap[x + at + k];
        mean /= columns;
        let variance = 0;
        for (let k = 0; k < columns; k++) variance += (heap[x + at + k] - mean) ** 2;
        const by = 1 / Math.sqrt(variance / columns + EPSILON);
        heap[inverse + row] = by;
        for (let k = 0; k < columns; k++) {
          const n = heap[normal + at + k] = (heap[x + at + k] - mean) * by;
          heap[y + at + k] = n * heap[gamma + k] + heap[beta + k];
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
