// The arrays of a model: what Keras calls them, how large they are, and how they start.

/** @typedef {Record<string, number>} Sizes by the names that the builder in Python gives them */
/** @typedef {"gru" | "attention" | "transformer"} Architecture */
/** @typedef {Record<string, Float32Array>} Weights the arrays by name */

/**
 * An array: its rows and columns, and how a new one starts: at random within a bound, with rows at right
 * angles, or all alike.
 *
 * @typedef {object} Matrix
 * @property {number} rows
 * @property {number} columns
 * @property {{ bound: number } | "orthogonal" | 0 | 1} start
 * @property {boolean} [isMatrix] whether it is a matrix in Keras too, and none of the last layer: such a one
 *   Muon makes orthogonal
 */

/** @typedef {Record<string, Matrix>} Matrices */

export const EMBEDDING = "embedding/embeddings"; // (token, embedding_dim)
export const SOFTMAX = "softmax";

const LAYER_NORM = { gamma: 1, beta: 0 };
export const FEED_FORWARD = 4; // times the width

/**
 * Glorot's bound, for a matrix or for an array with more axes, whose sums Keras counts otherwise.
 *
 * @param {number} inputs
 * @param {number} outputs
 */
function glorot(inputs, outputs) {
  return { bound: Math.sqrt(6 / (inputs + outputs)) };
}

/**
 * @param {string} name
 * @param {number} rows
 * @param {number} columns
 * @returns {Matrices}
 */
function table(name, rows, columns) {
  return { [`${name}/embeddings`]: { rows, columns, start: { bound: 0.05 } } };
}

/**
 * A dense layer.
 *
 * @param {string} name
 * @param {number} rows
 * @param {number} columns
 * @returns {Matrices}
 */
function dense(name, rows, columns) {
  const isMatrix = name !== SOFTMAX;
  return {
    [`${name}/kernel`]: { rows, columns, start: glorot(rows, columns), isMatrix },
    [`${name}/bias`]: { rows: 1, columns, start: 0 },
  };
}

/**
 * A GRU, whose gates are update, reset and candidate, side by side. There are two biases, of what is
 * read and of the state.
 *
 * @param {string} part
 * @param {number} inputs
 * @param {number} units
 * @returns {Matrices}
 */
function gru(part, inputs, units) {
  const columns = 3 * units;
  const name = `${part}_gru/gru_cell`;
  return {
    [`${name}/kernel`]: { rows: inputs, columns, start: glorot(inputs, columns), isMatrix: true },
    [`${name}/recurrent_kernel`]: { rows: units, columns, start: "orthogonal", isMatrix: true },
    [`${name}/bias`]: { rows: 2, columns, start: 0 },
  };
}

/**
 * A layer norm.
 *
 * @param {string} name
 * @param {number} columns
 * @returns {Matrices}
 */
function norm(name, columns) {
  return Object.fromEntries(
    Object.entries(LAYER_NORM).map(([part, start]) => [
      `${name}/${part}`,
      { rows: 1, columns, start: start ? 1 : 0 },
    ]),
  );
}

/**
 * A layer of attention with heads. The kernels of Keras have three axes, (width, head, width of a head)
 * or (head, width of a head, width); laid flat they are matrices.
 *
 * @param {string} name
 * @param {number} width
 * @param {number} heads
 * @returns {Matrices}
 */
function multiHead(name, width, heads) {
  const inward = glorot(heads * width, width * (width / heads));
  const outward = glorot(width, heads * width);
  const starts = { query: inward, key: inward, value: inward, attention_output: outward };
  return Object.assign(
    {},
    ...Object.entries(starts).map(([part, start]) => ({
      [`${name}/${part}/kernel`]: { rows: width, columns: width, start },
      [`${name}/${part}/bias`]: { rows: 1, columns: width, start: 0 },
    })),
  );
}

/**
 * @param {string} name
 * @param {number} width
 * @returns {Matrices}
 */
function feedForward(name, width) {
  return {
    ...norm(`${name}_norm`, width),
    ...dense(`${name}_inner`, width, FEED_FORWARD * width),
    ...dense(`${name}_outer`, FEED_FORWARD * width, width),
  };
}

/** @typedef {{ tokens: number, problemLength: number, answerLength: number }} Lengths of a task */

/** @type {Record<Architecture, { sizes: string[], arrays: (sizes: Sizes, lengths: Lengths) => Matrices }>} */
const ARCHITECTURES = {
  gru: {
    sizes: ["embedding_dim", "units"],
    arrays: ({ embedding_dim, units }, { tokens }) => ({
      ...table("embedding", tokens, embedding_dim),
      ...gru("encoder", embedding_dim, units),
      ...gru("decoder", embedding_dim, units),
      ...dense(SOFTMAX, units, tokens),
    }),
  },
  attention: {
    sizes: ["embedding_dim", "units"],
    arrays: ({ embedding_dim, units }, { tokens }) => ({
      ...table("embedding", tokens, embedding_dim),
      ...gru("encoder", embedding_dim, units),
      ...gru("decoder", embedding_dim, units),
      "query/kernel": {
        rows: units,
        columns: units,
        start: glorot(units, units),
        isMatrix: true,
      },
      ...dense("combine", 2 * units, units),
      ...dense(SOFTMAX, units, tokens),
    }),
  },
  transformer: {
    sizes: ["width", "heads", "depth"],
    arrays: ({ width, heads, depth }, { tokens, problemLength, answerLength }) => {
      const numbers = Array.from({ length: depth }, (_, number) => number);
      return {
        ...table("embedding", tokens, width),
        ...table("encoder_positions", problemLength, width),
        ...table("decoder_positions", answerLength, width),
        ...Object.assign(
          {},
          ...numbers.flatMap((number) => [
            norm(`encoder_${number}_self_norm`, width),
            multiHead(`encoder_${number}_self`, width, heads),
            feedForward(`encoder_${number}_feed_forward`, width),
            norm(`decoder_${number}_self_norm`, width),
            multiHead(`decoder_${number}_self`, width, heads),
            norm(`decoder_${number}_cross_norm`, width),
            multiHead(`decoder_${number}_cross`, width, heads),
            feedForward(`decoder_${number}_feed_forward`, width),
          ]),
        ),
        ...norm("encoder_norm", width),
        ...norm("decoder_norm", width),
        ...dense(SOFTMAX, width, tokens),
      };
    },
  },
};

/**
 * Whether there is an architecture of this name with these sizes.
 *
 * @param {unknown} name
 * @param {Record<string, unknown>} sizes
 * @returns {name is Architecture}
 */
export function isArchitecture(name, sizes) {
  const known = Object.entries(ARCHITECTURES).find(([one]) => one === name)?.[1];
  if (known === undefined || Object.keys(sizes).length !== known.sizes.length) return false;
  const sound = known.sizes.every((size) =>
    Number.isInteger(sizes[size]) && Number(sizes[size]) > 0
  );
  return sound && (name !== "transformer" || Number(sizes.width) % Number(sizes.heads) === 0);
}

/**
 * The arrays of a model by name.
 *
 * @param {Architecture} architecture
 * @param {Sizes} sizes
 * @param {{ tokens: string[], problemLength: number, answerLength: number }} task
 */
export function layout(architecture, sizes, { tokens, problemLength, answerLength }) {
  const lengths = { tokens: tokens.length, problemLength, answerLength };
  return ARCHITECTURES[architecture].arrays(sizes, lengths);
}
