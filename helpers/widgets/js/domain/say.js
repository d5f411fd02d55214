// The sentences that a reader sees: the JavaScript side of helpers/say.py.
//
// The English sentence stands in the call of `say`, as one text or as several joined by a plus.
// helpers/widgets/bundle.py finds it there, and puts the translation in its place.

/** The language that is said; helpers/widgets/bundle.py puts another one in its place. */
export const LANGUAGE = "en";

const SLOT = /\{(\w+)\}/g;

/**
 * A sentence with its named slots filled: `say("epoch {epoch} of {epochs}", { epoch: 3, epochs: 12 })`.
 *
 * @param {string} sentence
 * @param {Record<string, string | number>} [slots]
 * @throws {TypeError} The slots given are not those of the sentence.
 */
export function say(sentence, slots = {}) {
  const names = new Set(Array.from(sentence.matchAll(SLOT), ([, name]) => name));
  const given = Object.keys(slots);
  if (given.length !== names.size || !given.every((name) => names.has(name))) {
    throw new TypeError(`The slots of "${sentence}" are not ${given.join(", ") || "none"}.`);
  }
  return sentence.replace(SLOT, (_, name) => String(slots[name]));
}

/**
 * Names as a choice: "a or b or c".
 *
 * @param {string[]} names
 */
export function anyOf(names) {
  return fold(names, (some, last) => say("{some} or {last}", { some, last }));
}

/**
 * Names as a list: "a and b and c".
 *
 * @param {string[]} names
 */
export function allOf(names) {
  return fold(names, (some, last) => say("{some} and {last}", { some, last }));
}

/**
 * @param {string[]} names
 * @param {(some: string, last: string) => string} join
 */
function fold([first = "", ...others], join) {
  return others.reduce(join, first);
}
