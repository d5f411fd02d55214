// From the text of a problem to the token ids a model reads: the JavaScript side of
// helpers/vocabulary.py and helpers/problems.py.

/**
 * The problems that a model was trained on: numbers from 0 to `largest`, and which operators.
 *
 * @typedef {{ largest: number, operators: string }} TrainedOn
 */

export const TOKENS = [..."0123456789+-", "PAD", "EOS"];
export const PAD = TOKENS.indexOf("PAD");
export const EOS = TOKENS.indexOf("EOS");

/** Time steps of the encoder: room for 999+999 and EOS. */
export const PROBLEM_LENGTH = 8;
/** Time steps of the decoder: room for 1998 or -999 and EOS. */
export const ANSWER_LENGTH = 5;

/** What a reader is told who types something else. */
export const ALLOWED =
  "A problem is two whole numbers from 0 to 999 with one + or - between them, such as 50+9.";

const PROBLEM = /^(0|[1-9][0-9]{0,2})([+-])(0|[1-9][0-9]{0,2})$/;

// What nobody sees: white space, and what Unicode lets be ignored.
const UNSEEN = /[\s\p{Default_Ignorable_Code_Point}]/gu;
// The dashes that stand for a minus, and the long vowel that a Japanese keyboard writes for it.
const MINUS = /[\u2010-\u2015\u2212\u30fc]/g;

/**
 * The problem that somebody has typed, in plain characters (`５０ − ９` is 50-9); null if it is none.
 * `helpers.problems.normal` reads it in the same way.
 *
 * @param {string} text
 */
export function normalProblem(text) {
  const problem = text.normalize("NFKC").replace(UNSEEN, "").replace(MINUS, "-");
  return PROBLEM.test(problem) ? problem : null;
}

/**
 * The left operand, the operator and the right operand.
 *
 * @param {string} problem
 * @throws {RangeError} It is none.
 */
export function parse(problem) {
  const found = PROBLEM.exec(problem);
  if (found === null) throw new RangeError(ALLOWED);
  const [, left, operator, right] = found;
  return { left: Number(left), operator, right: Number(right) };
}

/**
 * The right answer as text.
 *
 * @param {string} problem
 */
export function solve(problem) {
  const { left, operator, right } = parse(problem);
  return String(operator === "+" ? left + right : left - right);
}

/**
 * Whether a model has met such a problem when it was trained.
 *
 * @param {string} problem
 * @param {TrainedOn} trainedOn
 */
export function isFamiliar(problem, { largest, operators }) {
  const { left, operator, right } = parse(problem);
  return Math.max(left, right) <= largest && operators.includes(operator);
}

/**
 * What to say to who asks a model for a problem like none it has met, and what to do then; or "".
 *
 * @param {string} problem
 * @param {TrainedOn | null} trainedOn null if nothing is known of it
 * @param {string} advice
 */
export function unfamiliar(problem, trainedOn, advice) {
  if (!trainedOn || isFamiliar(problem, trainedOn)) return "";
  return (
    `This model was trained on numbers from 0 to ${trainedOn.largest} with ` +
    `${Array.from(trainedOn.operators).join(" and ")}. It never saw a problem like ${problem}, ` +
    `so ${advice}.`
  );
}

/** @param {string} text */
export function encode(text) {
  return Array.from(text, (character) => TOKENS.indexOf(character));
}

/**
 * The text that `ids` spell, up to the first EOS; PAD is read over.
 *
 * @param {number[]} ids
 */
export function decode(ids) {
  const end = ids.indexOf(EOS);
  const spelled = end < 0 ? ids : ids.slice(0, end);
  return spelled.filter((id) => id !== PAD).map((id) => TOKENS[id]).join("");
}

/** @param {string} text */
export function backToFront(text) {
  return Array.from(text).reverse().join("");
}

/**
 * The eight ids the encoder reads, PAD in front and EOS at the end.
 *
 * @param {string} problem
 * @param {boolean} reverse
 * @returns {number[]}
 */
export function encoderInput(problem, reverse) {
  const ids = [...encode(reverse ? backToFront(problem) : problem), EOS];
  return [...Array(PROBLEM_LENGTH - ids.length).fill(PAD), ...ids];
}

/**
 * The five ids of the right answer, EOS and PAD behind it.
 *
 * @param {string} problem
 * @param {boolean} reverse
 * @returns {number[]}
 */
export function target(problem, reverse) {
  const answer = solve(problem);
  const ids = [...encode(reverse ? backToFront(answer) : answer), EOS];
  return [...ids, ...Array(ANSWER_LENGTH - ids.length).fill(PAD)];
}

/**
 * The place (0 is the first) of the first wrong token up to EOS, or null; as far as written.
 *
 * @param {number[]} written ids
 * @param {number[]} wanted ids
 */
export function firstMistake(written, wanted) {
  for (const [place, id] of written.entries()) {
    if (id !== wanted[place]) return place;
    if (id === EOS) return null;
  }
  return null;
}
