// From text to numbers: the JavaScript side of helpers/packing.py.

/**
 * A packed array: numbers in base64, and where they are short, the exponents of the columns.
 *
 * @typedef {{ floats: string }
 *   | { int16: string, exponents: string }
 *   | { int8: string, exponents: string }} Packed
 */

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
 * The numbers of a text in base64.
 *
 * @param {string} text
 * @param {"float32" | "int16" | "int8" | "uint8"} kind
 */
export function littleEndian(text, kind) {
  const { bytes, read } = KINDS[kind];
  const letters = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(letters.buffer);
  return Float32Array.from({ length: letters.length / bytes }, (_, k) => read(view, bytes * k));
}
