// The layers of a net: each adds its operations, forward and backward, and returns what it gives.
//
// A gradient is called d and the name of what it is of. Equations are called as in the source of the
// chapters.

import { NONE } from "./ops.js";

/** @import { Activation } from "./ops.js" */
/** @import { Net, Part, Tensor } from "./net.js" */

/** @typedef {{ bias?: boolean, activation?: Activation }} DenseOptions */

/**
 * The vectors of the tokens that are read, and those of their time steps, added up.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {string} positions
 * @returns {Tensor}
 */
export function lookup(net, part, positions) {
  const ids = [part.tokens, part.times];
  const tables = [net.weights["embedding/embeddings"], net.weights[`${positions}/embeddings`]];
  const out = net.tensor(part, tables[0].columns);
  part.whole.push({
    forward({ first, count }) {
      const { heap } = net;
      for (let row = first; row < first + count; row++) {
        const [token, time] = tables.map(({ at, columns }, k) =>
          at + net.ids[ids[k] + row] * columns
        );
        const to = out.at + row * out.columns;
        for (let k = 0; k < out.columns; k++) heap[to + k] = heap[token + k] + heap[time + k];
      }
    },
    backward({ first, count }) {
      const { heap } = net;
      for (let row = first; row < first + count; row++) {
        const from = out.d + row * out.columns;
        tables.forEach(({ d, columns }, k) => {
          const to = d + net.ids[ids[k] + row] * columns;
          for (let j = 0; j < columns; j++) heap[to + j] += heap[from + j];
        });
      }
    },
  });
  return out;
}

/**
 * A dense layer. Several inputs are taken as if they were one, side by side.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {Tensor[]} inputs
 * @param {string} name
 * @param {DenseOptions} [options]
 * @returns {Tensor}
 */
export function dense(net, part, inputs, name, { bias = true, activation = NONE } = {}) {
  const kernel = net.weights[`${name}/kernel`];
  const added = bias ? net.weights[`${name}/bias`] : undefined;
  const { columns } = kernel;
  const out = net.tensor(part, columns);
  let from = 0;
  const products = inputs.map((input) => {
    const first = from;
    from += input.columns;
    return { input, first, turned: net.transposed(kernel, first, input.columns) };
  });
  part.whole.push({
    forward({ first, count }) {
      const { ops } = net;
      const to = out.at + first * columns;
      products.forEach(({ input, first: row }, k) => {
        const x = input.at + first * input.columns;
        const w = kernel.at + row * columns;
        ops.matmul(count, input.columns, columns, x, input.columns, 1, w, to, k ? 1 : 0);
      });
      if (added) ops.activate(count, columns, added.at, activation, to);
    },
    backward({ first, count }) {
      const { ops } = net;
      const [y, d] = [out.at + first * columns, out.d + first * columns];
      if (added) ops.activateBackward(count, columns, activation, y, d, added.d);
      for (const { input, first: row, turned } of products) {
        const inner = input.columns;
        const [x, dX] = [input.at + first * inner, input.d + first * inner];
        ops.matmul(count, columns, inner, d, columns, 1, turned, dX, 1);
        ops.matmul(inner, count, columns, x, 1, inner, d, kernel.d + row * columns, 1);
      }
    },
  });
  return out;
}

/**
 * The sum of two tensors.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {Tensor} a
 * @param {Tensor} b
 * @returns {Tensor}
 */
export function add(net, part, a, b) {
  const { columns } = a;
  const out = net.tensor(part, columns);
  part.whole.push({
    forward({ first, count }) {
      const { heap } = net;
      for (let k = first * columns; k < (first + count) * columns; k++) {
        heap[out.at + k] = heap[a.at + k] + heap[b.at + k];
      }
    },
    backward({ first, count }) {
      const { heap } = net;
      for (let k = first * columns; k < (first + count) * columns; k++) {
        heap[a.d + k] += heap[out.d + k];
        heap[b.d + k] += heap[out.d + k];
      }
    },
  });
  return out;
}

/**
 * A layer norm.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {Tensor} input
 * @param {string} name
 * @returns {Tensor}
 */
export function norm(net, part, input, name) {
  const { columns } = input;
  const gamma = net.weights[`${name}/gamma`];
  const beta = net.weights[`${name}/beta`];
  const normal = net.take(part.most * columns);
  const inverse = net.take(part.most);
  const out = net.tensor(part, columns);
  part.whole.push({
    forward({ first, count }) {
      const at = first * columns;
      // deno-fmt-ignore
      net.ops.normForward(
        count, columns, input.at + at, gamma.at, beta.at, normal + at, inverse + first, out.at + at,
      );
    },
    backward({ first, count }) {
      const at = first * columns;
      // deno-fmt-ignore
      net.ops.normBackward(
        count, columns, gamma.at, normal + at, inverse + first, out.d + at,
        input.d + at, gamma.d, beta.d,
      );
    },
  });
  return out;
}

/**
 * Attention: each row of the queries looks at those rows of keys and values that it may look at.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {{ queries: Tensor, keys: Tensor, values: Tensor, of: Part, heads?: number, scale?: number }} given
 *   `of` is the part of the keys and values
 * @returns {{ seen: Tensor, weights: { at: number, heads: number, most: number } }}
 */
export function attend(net, part, { queries, keys, values, of, heads = 1, scale = 1 }) {
  const { table, counts, most } = net.looks(part, of);
  const { columns } = queries;
  const width = columns / heads;
  const weights = net.take(part.most * heads * most);
  const seen = net.tensor(part, columns);
  part.whole.push({
    forward({ first, count }) {
      const at = first * columns;
      // deno-fmt-ignore
      net.ops.attendForward(
        count, heads, width, most, scale, table + first * most, counts + first, queries.at + at,
        keys.at, values.at, weights + first * heads * most, seen.at + at,
      );
    },
    backward({ first, count }) {
      const at = first * columns;
      // deno-fmt-ignore
      net.ops.attendBackward(
        count, heads, width, most, scale, table + first * most, counts + first, queries.at + at,
        keys.at, values.at, weights + first * heads * most, seen.d + at,
        queries.d + at, keys.d, values.d,
      );
    },
  });
  return { seen, weights: { at: weights, heads, most } };
}

/**
 * A GRU, a time step at a time: `eq-gates` and `eq-state` of *Encoder*. The first step goes on from rows of
 * `start`.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {string} name
 * @param {Tensor} start
 * @returns {{ states: Tensor, gates: number }} the gates (row, 3 units): update, reset and candidate
 */
export function gru(net, part, name, start) {
  const { batch } = net;
  const units = start.columns;
  const columns = 3 * units;
  const [recurrent, bias] = ["recurrent_kernel", "bias"].map((of) => net.weights[`${name}/${of}`]);
  const turned = net.transposed(recurrent, 0, units);
  const table = gateTable(net, name);
  const gates = net.take(part.most * columns);
  const products = net.tensor(part.steps * batch, columns); // of the states before and the kernel
  const states = net.tensor(part, units);
  const [ofState, dOfState] = [bias.at + columns, bias.d + columns]; // the second of the biases
  /** @param {number} time */
  const from = (time) => {
    const before = part.before[time];
    const tensor = time ? states : start;
    const at = before.first * units;
    return { rows: before.count, state: tensor.at + at, dState: tensor.d + at };
  };
  part.scan.push({
    forward({ first, count }, time) {
      const { ops } = net;
      const { rows, state } = from(time);
      const product = products.at + time * batch * columns;
      ops.matmul(rows, units, columns, state, units, 1, recurrent.at, product, 0);
      // deno-fmt-ignore
      ops.gruForward(
        count, units, part.parents + first, part.tokens + first, table.at, ofState, product, state,
        gates + first * columns, states.at + first * units,
      );
    },
    backward({ first, count }, time) {
      const { ops } = net;
      const { rows, state, dState } = from(time);
      const [product, dProduct] = [products.at, products.d].map((at) =>
        at + time * batch * columns
      );
      // deno-fmt-ignore
      ops.gruBackward(
        count, units, part.parents + first, part.tokens + first, ofState, product, state,
        gates + first * columns, states.d + first * units, dState, dProduct, dOfState, table.d,
      );
      // The matrices in `eq-state-back` of *Back through time*, then this step's term in `eq-weights-back`.
      ops.matmul(rows, columns, units, dProduct, columns, 1, turned, dState, 1);
      ops.matmul(units, rows, columns, state, 1, units, dProduct, recurrent.d, 1);
    },
  });
  return { states, gates };
}

/**
 * What each token adds to the gates of a GRU, axes (token, gates): its embedding times the kernel, and
 * the first of the biases. On the way back all rows of a token are in one term of `eq-weights-back`.
 *
 * @param {Net} net
 * @param {string} name
 */
function gateTable(net, name) {
  const embedding = net.weights["embedding/embeddings"];
  const kernel = net.weights[`${name}/kernel`];
  const bias = net.weights[`${name}/bias`];
  const { rows: tokens, columns: inner } = embedding;
  const { columns } = kernel;
  const table = net.tensor(tokens, columns);
  net.tables.push({
    forward() {
      const { ops, heap } = net;
      for (let token = 0; token < tokens; token++) {
        heap.copyWithin(table.at + token * columns, bias.at, bias.at + columns);
      }
      ops.matmul(tokens, inner, columns, embedding.at, inner, 1, kernel.at, table.at, 1);
    },
    backward() {
      const { ops, heap } = net;
      for (let token = 0; token < tokens; token++) {
        const d = table.d + token * columns;
        for (let gate = 0; gate < columns; gate++) heap[bias.d + gate] += heap[d + gate];
        for (let dim = 0; dim < inner; dim++) {
          const w = kernel.at + dim * columns;
          let sum = 0;
          for (let gate = 0; gate < columns; gate++) sum += heap[d + gate] * heap[w + gate];
          heap[embedding.d + token * inner + dim] += sum;
        }
      }
      ops.matmul(inner, tokens, columns, embedding.at, 1, inner, table.d, kernel.d, 1);
    },
  });
  return table;
}
