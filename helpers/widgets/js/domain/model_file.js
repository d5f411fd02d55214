// A trained model in a file: the JavaScript side of helpers/model_file.py.

import { layout } from "./layout.js";
import { packed, unpacked } from "./packing.js";

/** @import { Packed } from "./packing.js" */
/** @import { TrainedOn } from "./problems.js" */

/**
 * What is to be known of a model beside its weights. `reverse` says whether it reads and writes back
 * to front.
 *
 * @typedef {object} Settings
 * @property {number} embeddingDim
 * @property {number} units
 * @property {boolean} reverse
 * @property {TrainedOn | null} trainedOn
 */

/**
 * A model as all widgets carry it; `weights` are the nine arrays in the order of Keras.
 *
 * @typedef {Settings & { weights: Packed[] }} ModelRecord
 */

export const FORMAT = "arithmetic seq2seq, version 1";

/** What is said of a file that holds something else. */
export const NO_MODEL =
  "This file holds no model of this book: a lab saves one, and so does Python.";

/**
 * The record of a model.
 *
 * @param {Float32Array} weights the nine arrays, one behind the other
 * @param {Settings} settings
 * @returns {ModelRecord}
 */
export function record(weights, { embeddingDim, units, reverse, trainedOn }) {
  const { at, sizes } = layout(embeddingDim, units);
  const arrays = Object.entries(sizes).map(([name, size]) =>
    packed(weights.subarray(at[name], at[name] + size))
  );
  return { embeddingDim, units, reverse, trainedOn, weights: arrays };
}

/**
 * The text of the file of a record.
 *
 * @param {ModelRecord} model
 */
export function written(model) {
  return `${JSON.stringify({ format: FORMAT, ...model })}\n`;
}

/**
 * The record in the text of a file, and its weights; null if it holds none.
 *
 * @param {string} text
 * @returns {{ model: ModelRecord, weights: Float32Array } | null}
 */
export function read(text) {
  try {
    const given = JSON.parse(text);
    const { format, embeddingDim, units, reverse, trainedOn: on, weights: arrays } = given;
    const sound = format === FORMAT &&
      isWhole(embeddingDim, 1) &&
      isWhole(units, 1) &&
      typeof reverse === "boolean" &&
      (on === null || (isWhole(on.largest, 0) && typeof on.operators === "string")) &&
      Array.isArray(arrays) &&
      arrays.every(isPacked);
    if (!sound) return null;
    const model = { embeddingDim, units, reverse, trainedOn: on, weights: arrays };
    const weights = joined(model);
    return weights === null ? null : { model, weights };
  } catch {
    return null;
  }
}

/**
 * @param {number} value
 * @param {number} least
 */
function isWhole(value, least) {
  return Number.isInteger(value) && value >= least;
}

/** @type {Record<string, number>} */
const BYTES = { floats: 4, int8: 1, int16: 2 }; // that a number takes

/**
 * Whether a packed array is sound, as `helpers.packing.unpack` asks for it.
 *
 * @param {Record<string, string>} array
 */
function isPacked(array) {
  const [kind, ...others] = Object.keys(BYTES).filter((name) => name in array);
  if (kind === undefined || others.length > 0) return false;
  const numbers = bytesIn(array[kind]) / BYTES[kind];
  if (kind === "floats") return Number.isInteger(numbers);
  const columns = bytesIn(array.exponents);
  return columns > 0 && Number.isInteger(numbers / columns);
}

/**
 * How many bytes a text in base64 stands for; NaN if it is none, or has spaces in it.
 *
 * @param {string} text
 */
function bytesIn(text) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return NaN;
  return atob(text).length;
}

/**
 * The arrays of a record, one behind the other; null if they are not those of such a model.
 *
 * @param {ModelRecord} model
 */
function joined({ embeddingDim, units, weights: arrays }) {
  const parts = arrays.map(unpacked);
  const sizes = Object.values(layout(embeddingDim, units).sizes);
  const fits = parts.length === sizes.length && parts.every(({ length }, k) => length === sizes[k]);
  if (!fits) return null;
  const weights = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const part of parts) {
    weights.set(part, at);
    at += part.length;
  }
  return weights.every(Number.isFinite) ? weights : null;
}
