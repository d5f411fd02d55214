// Where the weights of a model lie in one flat array: nine arrays, one behind the other.

import { unpacked } from "./packing.js";

/** @import { Packed } from "./packing.js" */
/** @typedef {{ embedding_dim: number, units: number }} Sizes */
/** @typedef {"encoder" | "decoder"} Part */

export const EMBEDDING = "embedding/embeddings"; // (token, embedding_dim)
export const SOFTMAX = {
  kernel: "softmax/kernel", // (units, token)
  bias: "softmax/bias", // (token)
};

/**
 * What Keras calls the arrays of a GRU. Their gates are update, reset and candidate.
 *
 * @param {Part} part
 */
export function cellNames(part) {
  const cell = `${part}_gru/gru_cell`;
  return {
    kernel: `${cell}/kernel`, // (embedding_dim, gates)
    recurrent: `${cell}/recurrent_kernel`, // (units, gates)
    bias: `${cell}/bias`, // (input and recurrent, gates)
  };
}

/**
 * The addresses and sizes of the weights by the names of Keras, in its order, and where they end.
 *
 * @param {Sizes} sizes
 * @param {number} tokens how many there are
 */
export function layout({ embedding_dim, units }, tokens) {
  const gates = 3 * units;
  /** @type {Record<string, number>} */
  const sizes = { [EMBEDDING]: tokens * embedding_dim };
  for (const part of /** @type {const} */ (["encoder", "decoder"])) {
    const { kernel, recurrent, bias } = cellNames(part);
    Object.assign(sizes, {
      [kernel]: embedding_dim * gates,
      [recurrent]: units * gates,
      [bias]: 2 * gates,
    });
  }
  sizes[SOFTMAX.kernel] = units * tokens;
  sizes[SOFTMAX.bias] = tokens;
  /** @type {Record<string, number>} */
  const at = {};
  let end = 0;
  for (const [name, size] of Object.entries(sizes)) {
    at[name] = end;
    end += size;
  }
  return { at, sizes, end };
}

/**
 * The packed arrays of a model, one behind the other.
 *
 * @param {Record<string, Packed>} arrays
 * @param {Sizes} sizes
 * @param {number} tokens how many there are
 * @throws {RangeError} They are not those of such a model.
 */
export function joined(arrays, sizes, tokens) {
  const { at, sizes: lengths, end } = layout(sizes, tokens);
  const parts = Object.entries(arrays).map(([name, array]) => ({ name, numbers: unpacked(array) }));
  const fits = parts.length === Object.keys(lengths).length &&
    parts.every(({ name, numbers }) => numbers.length === lengths[name]);
  if (!fits) throw new RangeError("The arrays are not those of a model of these sizes.");
  const weights = new Float32Array(end);
  for (const { name, numbers } of parts) weights.set(numbers, at[name]);
  return weights;
}
