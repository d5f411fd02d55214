// The models of helpers/model: what is read, what is looked at, what is written. Each is written once,
// for steppers, which go a time step at a time, and for training.

import { add, attend, dense, gru, lookup, norm } from "./layers.js";
import { RELU, TANH } from "./ops.js";

/** @import { Architecture } from "../domain/layout.js" */
/** @import { Net, Part, Tensor } from "./net.js" */

/**
 * The weights of attention of one layer: the address of (row, head, most).
 *
 * @typedef {{ at: number, heads: number, most: number }} Weights
 */

/**
 * What a model gives, and what it shows of itself.
 *
 * @typedef {object} Built
 * @property {Tensor} logits of the decoder
 * @property {boolean} recurrent whether rows go on from rows; if so, rows that begin alike may be one
 * @property {Record<"encoder" | "decoder", { states: Tensor, gates: number }>} [cells] its GRUs
 * @property {Tensor} [start] zeros, the state before the first time step
 * @property {Weights[]} cross weights of the tokens of the problem, by layer
 * @property {Weights[]} self weights of the tokens of the answer, by layer
 */

/** @type {Record<Architecture, (net: Net) => Built>} */
export const BUILDERS = { gru: seq2seq, attention, transformer };

/** @param {Net} net */
function cells(net) {
  const start = net.tensor(1, net.sizes.units);
  const encoder = gru(net, net.encoder, "encoder_gru/gru_cell", start);
  const decoder = gru(net, net.decoder, "decoder_gru/gru_cell", encoder.states);
  return { start, cells: { encoder, decoder }, recurrent: true, self: [] };
}

/** @param {Net} net @returns {Built} */
function seq2seq(net) {
  const recurrent = cells(net);
  const { states } = recurrent.cells.decoder;
  return { ...recurrent, cross: [], logits: dense(net, net.decoder, [states], "softmax") };
}

/** @param {Net} net @returns {Built} */
function attention(net) {
  const { decoder } = net;
  const recurrent = cells(net);
  const { states } = recurrent.cells.decoder;
  const memory = recurrent.cells.encoder.states;
  const queries = dense(net, decoder, [states], "query", { bias: false });
  const looked = attend(net, decoder, { queries, keys: memory, values: memory, of: net.encoder });
  const combined = dense(net, decoder, [states, looked.seen], "combine", { activation: TANH });
  const logits = dense(net, decoder, [combined], "softmax");
  return { ...recurrent, cross: [looked.weights], logits };
}

/** @param {Net} net @returns {Built} */
function transformer(net) {
  const { encoder, decoder } = net;
  const { depth } = net.sizes;
  let vectors = lookup(net, encoder, "encoder_positions");
  for (let layer = 0; layer < depth; layer++) {
    const name = `encoder_${layer}`;
    vectors = looking(net, encoder, vectors, `${name}_self`).vectors;
    vectors = feedForward(net, encoder, vectors, `${name}_feed_forward`);
  }
  const memory = norm(net, encoder, vectors, "encoder_norm");
  vectors = lookup(net, decoder, "decoder_positions");
  const self = [], cross = [];
  for (let layer = 0; layer < depth; layer++) {
    const name = `decoder_${layer}`;
    const own = looking(net, decoder, vectors, `${name}_self`);
    const other = looking(net, decoder, own.vectors, `${name}_cross`, memory);
    vectors = feedForward(net, decoder, other.vectors, `${name}_feed_forward`);
    self.push(own.weights);
    cross.push(other.weights);
  }
  const logits = dense(net, decoder, [norm(net, decoder, vectors, "decoder_norm")], "softmax");
  return { logits, recurrent: false, self, cross };
}

/**
 * Attention with heads, added to the vectors that look: at each other, or at the memory of the encoder.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {Tensor} vectors
 * @param {string} name
 * @param {Tensor} [memory]
 */
function looking(net, part, vectors, name, memory) {
  const { heads, width } = net.sizes;
  const known = norm(net, part, vectors, `${name}_norm`);
  const of = memory ? net.encoder : part;
  const queries = dense(net, part, [known], `${name}/query`);
  const [keys, values] = ["key", "value"].map((kind) =>
    dense(net, of, [memory ?? known], `${name}/${kind}`)
  );
  const scale = 1 / Math.sqrt(width / heads);
  const { seen, weights } = attend(net, part, { queries, keys, values, of, heads, scale });
  const out = dense(net, part, [seen], `${name}/attention_output`);
  return { vectors: add(net, part, vectors, out), weights };
}

/**
 * Two dense layers, added to the vectors that go in.
 *
 * @param {Net} net
 * @param {Part} part
 * @param {Tensor} vectors
 * @param {string} name
 */
function feedForward(net, part, vectors, name) {
  const known = norm(net, part, vectors, `${name}_norm`);
  const inner = dense(net, part, [known], `${name}_inner`, { activation: RELU });
  return add(net, part, vectors, dense(net, part, [inner], `${name}_outer`));
}
