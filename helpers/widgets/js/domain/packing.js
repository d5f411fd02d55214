// From text to numbers: the JavaScript side of helpers/packing.py.

/**
 * A packed array: numbers in base64, and where they are short, the exponents of the columns.
 *
 * @typedef {{ floats: string }
 *   | { int16: string, exponents: string }
 *   | { int8: string, exponents: string }} Packed
 */

const CHUNK = 8192; // bytes that become text at a time

/**
 * How many bytes a number of each kind has, and how the one at `at` is read, least byte first.
 *
 * @type {Record<string, { bytes: number, read: (view: DataView, at: number) => number }>}
 */
const KINDS = {
  float32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  int16: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  int8: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/**
 * The numbers of one packed array, row by row.
 *
 * @param {Packed} packed
 */
export function unpacked(packed) {
  if ("floats" in packed) return littleEndian(packed.floats, "float32");
  const whole = "int8" in packed
    ? littleEndian(packed.int8, "int8")
    : littleEndian(packed.int16, "int16");
  const steps = littleEndian(packed.exponents, "int8").map((power) => 2 ** power);
  return whole.map((value, place) => value * steps[place % steps.length]);
}

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
 * The numbers of a text in base64.
 *
 * @param {string} text
 * @param {"float32" | "int16" | "int8" | "uint8"} kind
 */
export function littleEndian(text, kind) {
  const { bytes, read } = KINDS[kind];
  const letters = atob(text);
  const view = new DataView(new ArrayBuffer(letters.length));
  for (let at = 0; at < letters.length; at++) view.setUint8(at, letters.charCodeAt(at));
  const numbers = new Float32Array(letters.length / bytes);
  for (let k = 0; k < numbers.length; k++) numbers[k] = read(view, bytes * k);
  return numbers;
}
