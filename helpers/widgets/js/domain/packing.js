// From text to numbers: the JavaScript side of helpers/packing.py.

const CHUNK = 8192; // bytes that become text at a time

/** The numbers of one packed array, row by row. */
export function unpacked({ floats, int8, int16, exponents }) {
  if (floats !== undefined) return littleEndian(floats, 4, "getFloat32");
  const whole = int8 === undefined
    ? littleEndian(int16, 2, "getInt16")
    : littleEndian(int8, 1, "getInt8");
  const steps = littleEndian(exponents, 1, "getInt8").map((power) => 2 ** power);
  return whole.map((value, place) => value * steps[place % steps.length]);
}

/** Numbers as one packed array of float32. */
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

/** The numbers of a text in base64, `size` bytes each, as `read` of a DataView reads them. */
export function littleEndian(text, size = 4, read = "getFloat32") {
  const letters = atob(text);
  const view = new DataView(new ArrayBuffer(letters.length));
  for (let at = 0; at < letters.length; at++) view.setUint8(at, letters.charCodeAt(at));
  const numbers = new Float32Array(letters.length / size);
  for (let k = 0; k < numbers.length; k++) numbers[k] = view[read](size * k, true);
  return numbers;
}
