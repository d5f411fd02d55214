// What it takes to learn: the operations of ops.js, and two more on the way back. There are two kinds of
// them: in plain JavaScript, and compiled from ops.c for WebAssembly, four numbers at a time.

import { plainOps, RELU, TANH } from "./ops.js";

/** @import { Activation, Heap, Ops } from "./ops.js" */

/**
 * The operations; what they do stands at those in JavaScript. All numbers without a name of their own
 * are addresses. What reaches the inputs of an operation is added to what is there: an input may have
 * other uses, and rows may share one.
 *
 * @typedef {object} BackwardOps
 * @property {(rows: number, columns: number, kind: Activation, y: number, dY: number, dBias: number)
 *   => void} activateBackward
 * @property {(rows: number, heads: number, width: number, most: number, scale: number, table: number,
 *   counts: number, queries: number, keys: number, values: number, weights: number, dSeen: number,
 *   dQueries: number, dKeys: number, dValues: number) => void} attendBackward
 * @property {(rows: number, columns: number, gamma: number, normal: number, inverse: number,
 *   dY: number, dX: number, dGamma: number, dBeta: number) => void} normBackward
 * @property {(rows: number, units: number, parents: number, tokens: number, bias: number,
 *   recurrent: number, before: number, gates: number, dAfter: number, dBefore: number,
 *   dRecurrent: number, dBias: number, dTable: number) => void} gruBackward
 * @property {(count: number, weights: number, gradients: number, means: number, squares: number,
 *   rate: number, decay: number, beta1: number, beta2: number, epsilon: number) => void} adam
 */

/** @typedef {Ops & BackwardOps} TrainingOps */

/**
 * The operations in plain JavaScript, on a heap of single or double precision.
 *
 * @param {Heap} heap
 * @param {Int32Array} ids
 * @returns {TrainingOps}
 */
export function trainingOps(heap, ids) {
  const plain = plainOps(heap, ids, tanh);
  return {
    ...plain,

    /**
     * The same, for `columns` that are a multiple of four: two rows by four columns are summed at a
     * time, in local variables.
     */
    matmul(rows, inner, columns, a, down, across, b, c, add) {
      let row = 0;
      // deno-fmt-ignore
      for (; row + 1 < rows; row += 2) {
        for (let column = 0; column < columns; column += 4) {
          let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
          let from = a + row * down;
          let other = b + column;
          for (let k = 0; k < inner; k++) {
            const x = heap[from], y = heap[from + down];
            const b0 = heap[other], b1 = heap[other + 1], b2 = heap[other + 2], b3 = heap[other + 3];
            s0 += x * b0; s1 += x * b1; s2 += x * b2; s3 += x * b3;
            t0 += y * b0; t1 += y * b1; t2 += y * b2; t3 += y * b3;
            from += across;
            other += columns;
          }
          const to = c + row * columns + column;
          const next = to + columns;
          if (add) {
            s0 += heap[to]; s1 += heap[to + 1]; s2 += heap[to + 2]; s3 += heap[to + 3];
            t0 += heap[next]; t1 += heap[next + 1]; t2 += heap[next + 2]; t3 += heap[next + 3];
          }
          heap[to] = s0; heap[to + 1] = s1; heap[to + 2] = s2; heap[to + 3] = s3;
          heap[next] = t0; heap[next + 1] = t1; heap[next + 2] = t2; heap[next + 3] = t3;
        }
      }
      const from = a + row * down;
      plain.matmul(rows - row, inner, columns, from, down, across, b, c + row * columns, add);
    },

    /**
     * From the gradient of y = activation(x + bias), axes (row, columns), to that of x, in its place, and
     * of the bias.
     */
    activateBackward(rows, columns, kind, y, dY, dBias) {
      for (let row = 0; row < rows * columns; row += columns) {
        for (let k = 0; k < columns; k++) {
          const given = heap[y + row + k];
          if (kind === RELU && given <= 0) heap[dY + row + k] = 0;
          if (kind === TANH) heap[dY + row + k] *= 1 - given * given;
          heap[dBias + k] += heap[dY + row + k];
        }
      }
    },

    /** Attention backward: from the gradient of what was seen to those of queries, keys and values. */
    // deno-fmt-ignore
    attendBackward(
      rows, heads, width, most, scale, table, counts, queries, keys, values, weights,
      dSeen, dQueries, dKeys, dValues,
    ) {
      const columns = heads * width;
      const dWeights = new Float64Array(most);
      for (let row = 0; row < rows; row++) {
        const count = ids[counts + row];
        for (let head = 0; head < heads; head++) {
          const at = row * columns + head * width;
          const kept = weights + (row * heads + head) * most;
          let together = 0;
          for (let k = 0; k < count; k++) {
            const other = ids[table + row * most + k] * columns + head * width;
            const weight = heap[kept + k];
            let sum = 0;
            for (let j = 0; j < width; j++) {
              sum += heap[dSeen + at + j] * heap[values + other + j];
              heap[dValues + other + j] += weight * heap[dSeen + at + j];
            }
            dWeights[k] = sum;
            together += weight * sum;
          }
          for (let k = 0; k < count; k++) {
            const other = ids[table + row * most + k] * columns + head * width;
            const dScore = scale * heap[kept + k] * (dWeights[k] - together);
            for (let j = 0; j < width; j++) {
              heap[dQueries + at + j] += dScore * heap[keys + other + j];
              heap[dKeys + other + j] += dScore * heap[queries + at + j];
            }
          }
        }
      }
    },

    /** A layer norm backward: from the gradient of y to those of x, gamma and beta. */
    normBackward(rows, columns, gamma, normal, inverse, dY, dX, dGamma, dBeta) {
      for (let row = 0; row < rows; row++) {
        const at = row * columns;
        let mean = 0, along = 0; // of the gradient of `normal`, and along `normal`
        for (let k = 0; k < columns; k++) {
          const d = heap[dY + at + k], n = heap[normal + at + k];
          heap[dGamma + k] += d * n;
          heap[dBeta + k] += d;
          mean += d * heap[gamma + k] / columns;
          along += d * heap[gamma + k] * n / columns;
        }
        for (let k = 0; k < columns; k++) {
          const d = heap[dY + at + k] * heap[gamma + k];
          heap[dX + at + k] += heap[inverse + row] * (d - mean - heap[normal + at + k] * along);
        }
      }
    },

    /**
     * A time step of a GRU backward: from the gradient of the state after (row, units), to that of the
     * state before (parent, units), of `recurrent` (parent, 3 units), of the bias (3 units) and of
     * `table` (token, 3 units). All are added to what is there: rows may share a parent, and a token.
     * Of the four terms in `eq-state-back` of *Back through time* the first is added here; those with a matrix
     * are left to `matmul`.
     */
    // deno-fmt-ignore
    gruBackward(
      rows, units, parents, tokens, bias, recurrent, before, gates,
      dAfter, dBefore, dRecurrent, dBias, dTable,
    ) {
      for (let row = 0; row < rows; row++) {
        const h = recurrent + ids[parents + row] * 3 * units;
        const old = before + ids[parents + row] * units;
        const kept = gates + row * 3 * units;
        const dState = dAfter + row * units;
        const dOld = dBefore + ids[parents + row] * units;
        const dH = dRecurrent + ids[parents + row] * 3 * units;
        const dX = dTable + ids[tokens + row] * 3 * units;
        for (let u = 0, r = units, c = 2 * units; u < units; u++, r++, c++) {
          const update = heap[kept + u], reset = heap[kept + r], candidate = heap[kept + c];
          const d = heap[dState + u];
          // `eq-gates-back` of *Back through time*.
          const dC = d * (1 - update) * (1 - candidate * candidate);
          const dU = d * (heap[old + u] - candidate) * update * (1 - update);
          const dR = dC * (heap[h + c] + heap[bias + c]) * reset * (1 - reset);
          heap[dOld + u] += d * update;
          heap[dH + u] += dU;
          heap[dX + u] += dU;
          heap[dH + r] += dR;
          heap[dX + r] += dR;
          heap[dH + c] += dC * reset;
          heap[dX + c] += dC;
          heap[dBias + u] += dU;
          heap[dBias + r] += dR;
          heap[dBias + c] += dC * reset;
        }
      }
    },

    /**
     * One update of AdamW, `eq-adam` of *Making it better*: `rate` is corrected for the start of the means,
     * `decay` is the share by which each weight shrinks first.
     */
    adam(count, weights, gradients, means, squares, rate, decay, beta1, beta2, epsilon) {
      for (let i = 0; i < count; i++) {
        const gradient = heap[gradients + i];
        const mean = heap[means + i] + (1 - beta1) * (gradient - heap[means + i]);
        const square = heap[squares + i] + (1 - beta2) * (gradient * gradient - heap[squares + i]);
        heap[means + i] = mean;
        heap[squares + i] = square;
        heap[weights + i] = heap[weights + i] * (1 - decay) -
          (rate * mean) / (Math.sqrt(square) + epsilon);
      }
    },
  };
}

/**
 * The module of ops.c from its bytes; null where there is no WebAssembly that takes it.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function wasmModule(bytes) {
  try {
    const module = new WebAssembly.Module(bytes);
    fastOps(new WebAssembly.Memory({ initial: 1 }), module); // WebKit asks the policy only now
    return module;
  } catch {
    return null;
  }
}

/**
 * The operations of a `wasmModule`, on the heap in `memory`.
 *
 * @param {WebAssembly.Memory} memory
 * @param {WebAssembly.Module} module
 * @returns {TrainingOps}
 */
export function fastOps(memory, module) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const compiled = /** @type {Record<keyof TrainingOps, Function>} */ (exports);
  // There, an address counts bytes, and a number of the heap has four.
  return {
    activate: (rows, columns, bias, kind, x) =>
      compiled.activate(rows, columns, 4 * bias, kind, 4 * x),
    activateBackward: (rows, columns, kind, ...addresses) =>
      compiled.activateBackward(rows, columns, kind, ...addresses.map((address) => 4 * address)),
    attendForward: (rows, heads, width, most, scale, ...addresses) =>
      compiled.attendForward(rows, heads, width, most, scale, ...addresses.map((a) => 4 * a)),
    attendBackward: (rows, heads, width, most, scale, ...addresses) =>
      compiled.attendBackward(rows, heads, width, most, scale, ...addresses.map((a) => 4 * a)),
    normForward: (rows, columns, ...addresses) =>
      compiled.normForward(rows, columns, ...addresses.map((address) => 4 * address)),
    normBackward: (rows, columns, ...addresses) =>
      compiled.normBackward(rows, columns, ...addresses.map((address) => 4 * address)),
    matmul: (rows, inner, columns, a, down, across, b, c, add) =>
      compiled.matmul(rows, inner, columns, 4 * a, down, across, 4 * b, 4 * c, add),
    gruForward: (rows, units, ...addresses) =>
      compiled.gruForward(rows, units, ...addresses.map((address) => 4 * address)),
    gruBackward: (rows, units, ...addresses) =>
      compiled.gruBackward(rows, units, ...addresses.map((address) => 4 * address)),
    adam: (count, weights, gradients, means, squares, ...numbers) =>
      compiled.adam(count, 4 * weights, 4 * gradients, 4 * means, 4 * squares, ...numbers),
  };
}

// tanh as a quotient of two polynomials, within 1e-7: the one that Eigen, and so TensorFlow, uses.
// It is three times as fast as Math.tanh.
/** @param {number} x */
function tanh(x) {
  x = Math.max(-7.90531110763549805, Math.min(7.90531110763549805, x));
  const y = x * x;
  // deno-fmt-ignore
  const p =
    (((((-2.76076847742355e-16 * y + 2.00018790482477e-13) * y - 8.60467152213735e-11) * y +
      5.12229709037114e-8) * y + 1.48572235717979e-5) * y + 6.37261928875436e-4) * y +
    4.89352455891786e-3;
  // deno-fmt-ignore
  const q =
    ((1.19825839466702e-6 * y + 1.18534705686654e-4) * y + 2.268434632439e-3) * y +
    4.89352518554385e-3;
  return (x * p) / q;
}
