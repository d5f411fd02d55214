// A trained model in a file: the JavaScript side of helpers/model_file.py.

import { layout } from "./layout.js";
import { packed, unpacked } from "./packing.js";

export const FORMAT = "arithmetic seq2seq, version 1";

/** What is said of a file that holds something else. */
export const NO_MODEL =
  "This file holds no model of this book: a lab saves one, and so does Python.";

/** A model as all widgets carry it; `weights` are the nine arrays, one behind the other. */
export function record(weights, { embeddingDim, units, reverse, trainedOn }) {
  const { at, sizes } = layout(embeddingDim, units);
  const arrays = Object.entries(sizes).map(([name, size]) =>
    packed(weights.subarray(at[name], at[name] + size))
  );
  return { embeddingDim, units, reverse, trainedOn, weights: arrays };
}

/** The text of the file of a record. */
export function written(model) {
  return `${JSON.stringify({ format: FORMAT, ...model })}\n`;
}

/** The record in the text of a file, and its weights; null if it holds none. */
export function read(text) {
  try {
    const { format, embeddingDim, units, reverse, trainedOn: on, weights: arrays } = JSON.parse(
      text,
    );
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

function isWhole(value, least) {
  return Number.isInteger(value) && value >= least;
}

const BYTES = { floats: 4, int8: 1, int16: 2 }; // that a number takes

/** Whether a packed array is sound, as `helpers.packing.unpack` asks for it. */
function isPacked(array) {
  const [kind, ...others] = Object.keys(BYTES).filter((name) => name in array);
  if (kind === undefined || others.length > 0) return false;
  const numbers = bytesIn(array[kind]) / BYTES[kind];
  if (kind === "floats") return Number.isInteger(numbers);
  const columns = bytesIn(array.exponents);
  return columns > 0 && Number.isInteger(numbers / columns);
}

/** How many bytes a text in base64 stands for; NaN if it is none, or has spaces in it. */
function bytesIn(text) {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return NaN;
  return atob(text).length;
}

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
