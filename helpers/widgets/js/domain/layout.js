// The arrays of a model: what Keras calls them, and how many numbers each has.

/** @typedef {{ embedding_dim: number, units: number }} Sizes */
/** @typedef {"encoder" | "decoder"} Part */

/** @typedef {Record<string, Float32Array>} Weights the arrays by name */

export const EMBEDDING = "embedding/embeddings"; // (token, embedding_dim)
export const SOFTMAX_KERNEL = "softmax/kernel"; // (units, token)
export const SOFTMAX_BIAS = "softmax/bias"; // (token)

/**
 * The names of the arrays of a GRU, whose gates are update, reset and candidate: kernel (embedding_dim,
 * gates), recurrent kernel (units, gates), biases (input and recurrent, gates).
 *
 * @param {Part} part
 */
export function cellNames(part) {
  return ["kernel", "recurrent_kernel", "bias"].map((name) => `${part}_gru/gru_cell/${name}`);
}

/**
 * How many numbers each array has, by name, in the order of Keras.
 *
 * @param {Sizes} sizes
 * @param {number} tokens how many there are
 * @param {number} columns of the softmax layer, where it has more
 * @returns {Record<string, number>}
 */
export function layout({ embedding_dim, units }, tokens, columns = tokens) {
  const gates = 3 * units;
  const cell = [embedding_dim * gates, units * gates, 2 * gates];
  const names = [...cellNames("encoder"), ...cellNames("decoder")];
  return Object.fromEntries([
    [EMBEDDING, tokens * embedding_dim],
    ...names.map((name, k) => [name, cell[k % 3]]),
    [SOFTMAX_KERNEL, units * columns],
    [SOFTMAX_BIAS, columns],
  ]);
}
