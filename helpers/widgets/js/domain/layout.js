// Where the weights of a model lie in one flat array: nine arrays, one behind the other.

import { TOKENS } from "./problems.js";

/**
 * The addresses and sizes of the weights, in the order of Keras, and where they end.
 *
 * @param {number} embeddingDim
 * @param {number} units
 */
export function layout(embeddingDim, units) {
  const gates = 3 * units; // update, reset, candidate
  /** @type {Record<string, number>} */
  const sizes = {
    embedding: TOKENS.length * embeddingDim, // (token, embedding_dim)
    encoderKernel: embeddingDim * gates, // (embedding_dim, gates)
    encoderRecurrent: units * gates, // (units, gates)
    encoderBias: 2 * gates, // (input and recurrent, gates)
    decoderKernel: embeddingDim * gates,
    decoderRecurrent: units * gates,
    decoderBias: 2 * gates,
    softmaxKernel: units * TOKENS.length, // (units, token)
    softmaxBias: TOKENS.length, // (token)
  };
  /** @type {Record<string, number>} */
  const at = {};
  let end = 0;
  for (const [name, size] of Object.entries(sizes)) {
    at[name] = end;
    end += size;
  }
  return { at, sizes, end };
}
