// From text to numbers: the JavaScript side of helpers/packing.py.

/** The numbers of one packed array, row by row. */
export function unpacked({ floats, int8, int16, exponents }) {
  if (floats !== undefined) return littleEndian(floats, 4, "getFloat32");
  const whole =
    int8 === undefined ? littleEndian(int16, 2, "getInt16") : littleEndian(int8, 1, "getInt8");
  const steps = littleEndian(exponents, 1, "getInt8").map((power) => 2 ** power);
  return whole.map((value, place) => value * steps[place % steps.length]);
}

/** Numbers as one packed array of float32. */
export function packed(numbers) {
  const view = new DataView(new ArrayBuffer(4 * numbers.length));
  numbers.forEach((value, k) => view.setFloat32(4 * k, value, true));
  const bytes = Array.from(new Uint8Array(view.buffer), (byte) => String.fromCharCode(byte));
  return { floats: btoa(bytes.join("")) };
}

/** The numbers of a text in base64, `size` bytes each, as `read` of a DataView reads them. */
export function littleEndian(text, size = 4, read = "getFloat32") {
  const view = new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  return Float32Array.from({ length: view.byteLength / size }, (_, k) => view[read](size * k, true));
}
