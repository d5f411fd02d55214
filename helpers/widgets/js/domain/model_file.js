// A trained model in a file: the JavaScript side of helpers/model_file.py.

import { isArchitecture, layout } from "./layout.js";
import { unpacked } from "./packing.js";
import { Task } from "./task.js";

/** @import { Architecture, Sizes, Weights } from "./layout.js" */
/** @import { Packed } from "./packing.js" */
/** @import { TaskData } from "./task.js" */

/**
 * What is to be known of a model beside its weights.
 *
 * @typedef {object} About
 * @property {Architecture} architecture
 * @property {Sizes} sizes
 * @property {boolean} reverse whether it reads and writes back to front
 * @property {TaskData} task
 * @property {boolean} trained if it is not, nothing is known of what it has learned
 */

/**
 * A model as all widgets carry it, with its arrays by the names of Keras.
 *
 * @typedef {About & { format: string, arrays: Record<string, Packed> }} ModelRecord
 */

const FORMAT = "seq2seq-book model, version 2";
const FIRST_FORMAT = "arithmetic seq2seq, version 1"; // arrays without names, in the order of `layout`
const CHUNK = 8192; // bytes that become text at a time

/**
 * Numbers as one packed array of float32.
 *
 * @param {ArrayLike<number>} numbers
 * @returns {Packed}
 */
export function packed(numbers) {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  for (let k = 0; k < numbers.length; k++) view.setFloat32(4 * k, numbers[k], true);
  let text = "";
  for (let at = 0; at < view.byteLength; at += CHUNK) {
    const length = Math.min(CHUNK, view.byteLength - at);
    text += String.fromCharCode(...new Uint8Array(view.buffer, at, length));
  }
  return { floats: btoa(text) };
}

/**
 * The record of a model.
 *
 * @param {Weights} weights
 * @param {About} about
 * @returns {ModelRecord}
 */
export function record(weights, about) {
  const { architecture, sizes, reverse, task, trained } = about;
  const arrays = Object.fromEntries(
    Object.entries(weights).map(([name, numbers]) => [name, packed(numbers)]),
  );
  return { format: FORMAT, architecture, sizes, reverse, task, trained, arrays };
}

/**
 * The text of the file of a record.
 *
 * @param {ModelRecord} model
 */
export function written(model) {
  return `${JSON.stringify(model)}\n`;
}

/**
 * The record in the text of a file, and its weights; null if it holds none.
 *
 * @param {string} text
 * @param {TaskData} arithmetic the task of a file of the first format, which does not say it in full
 * @returns {{ model: ModelRecord, weights: Weights } | null}
 */
export function read(text, arithmetic) {
  try {
    const given = JSON.parse(text);
    const said = given.format === FIRST_FORMAT ? renewed(given, arithmetic) : given;
    const { format, architecture, sizes, reverse, task, trained, arrays } = said;
    const isSound = format === FORMAT &&
      isArchitecture(architecture, sizes) &&
      typeof reverse === "boolean" &&
      typeof trained === "boolean" &&
      isTask(task) &&
      Object.values(arrays).every(isPacked);
    if (!isSound) return null;
    const weights = Object.fromEntries(
      Object.keys(arrays).map((name) => [name, unpacked(arrays[name])]),
    );
    if (!fits(weights, layout(architecture, sizes, new Task(task)))) return null;
    if (!Object.values(weights).every((numbers) => numbers.every(Number.isFinite))) return null;
    return { model: { format, architecture, sizes, reverse, task, trained, arrays }, weights };
  } catch {
    return null;
  }
}

/**
 * What a file of the first format says, as one of today would say it.
 *
 * @param {any} said
 * @param {TaskData} arithmetic
 */
function renewed({ embeddingDim, units, reverse, trainedOn, weights }, arithmetic) {
  const { largest, operators } = trainedOn === null ? arithmetic : trainedOn;
  const sizes = { embedding_dim: embeddingDim, units };
  const names = Object.keys(layout("gru", sizes, new Task(arithmetic)));
  if (!Array.isArray(weights) || weights.length !== names.length) return {};
  return {
    format: FORMAT,
    architecture: "gru",
    sizes,
    reverse,
    task: { ...arithmetic, name: "", largest, operators },
    trained: trainedOn !== null,
    arrays: Object.fromEntries(names.map((name, place) => [name, weights[place]])),
  };
}

/**
 * @param {unknown} value
 * @param {number} least
 */
function isWhole(value, least) {
  return Number.isInteger(value) && Number(value) >= least;
}

/**
 * Whether this is a task that can be written, as `Task` of Python asks for it.
 *
 * @param {any} task
 */
function isTask(task) {
  const { name, tokens, problem_length, answer_length } = task;
  return typeof name === "string" &&
    Array.isArray(tokens) &&
    tokens.every((token) => typeof token === "string") &&
    isWhole(problem_length, 4) &&
    isWhole(answer_length, 2) &&
    ["PAD", "EOS"].every((token) => tokens.includes(token)) &&
    (isPairs(task) || isArithmetic(task)) &&
    new Task(task).hasRoom;
}

/** @param {any} task */
function isPairs({ answers, tokens }) {
  return typeof answers === "object" && answers !== null &&
    Object.entries(answers).flat().every((text) =>
      typeof text === "string" && Array.from(text).every((sign) => tokens.includes(sign))
    );
}

/** @param {any} task */
function isArithmetic({ largest, operators, tokens }) {
  return isWhole(largest, 0) &&
    typeof operators === "string" &&
    [..."0123456789", ...operators].every((token) => tokens.includes(token));
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
 * Whether these are the arrays of a model.
 *
 * @param {Weights} weights
 * @param {import("./layout.js").Matrices} wanted
 */
function fits(weights, wanted) {
  const sizes = Object.entries(wanted);
  return Object.keys(weights).length === sizes.length &&
    sizes.every(([name, { rows, columns }]) => weights[name]?.length === rows * columns);
}
