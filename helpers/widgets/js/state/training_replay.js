// What the training replay says and shows of a recorded run.

import { counted, rounded } from "../ui/parts.js";

/**
 * A run: of each snapshot the epoch, what was measured, and the answers to the problems watched.
 *
 * @typedef {object} Run
 * @property {number[]} epochs
 * @property {number[]} losses
 * @property {number[]} matches
 * @property {number[]} accuracies
 * @property {number} guessing what it costs to give all tokens the same probability
 * @property {string[]} watched
 * @property {string[]} right the right answers to these
 * @property {string[][]} answers axes (snapshot, problem)
 */

const NUMBER = /^(0|-?[1-9][0-9]*)$/;

/**
 * The place of an epoch between 0 and 1; the axis is logarithmic, and has a place for epoch 0.
 *
 * @param {number[]} epochs
 * @returns {(epoch: number) => number}
 */
export function axis(epochs) {
  const place = (/** @type {number} */ epoch) => Math.log(epoch + 1);
  const first = place(epochs[0]);
  const length = place(epochs[epochs.length - 1]) - first || 1;
  return (epoch) => (place(epoch) - first) / length;
}

/**
 * 0, 1, 10, 100, ... as far as the run has them, and its last epoch where there is room.
 *
 * @param {number[]} epochs
 */
export function ticks(epochs) {
  const along = axis(epochs);
  const last = epochs[epochs.length - 1];
  const round = [0];
  for (let epoch = 1; epoch <= last; epoch *= 10) round.push(epoch);
  const inside = round.filter((epoch) => epoch >= epochs[0]);
  const end = inside[inside.length - 1];
  const hasRoom = end === undefined || along(last) - along(end) > 0.12;
  return hasRoom ? [...inside, last] : inside;
}

/**
 * Where the axis of the losses ends, and its labelled values.
 *
 * @param {Pick<Run, "losses" | "guessing">} run
 * @returns {{ top: number, marks: [number, string][] }}
 */
export function lossAxis({ losses, guessing }) {
  const top = 1.05 * Math.max(guessing, ...losses);
  const step = [0.5, 1, 2, 5, 10].find((each) => top / each <= 6) ?? Math.ceil(top / 6);
  const count = Math.floor(top / step) + 1;
  return { top, marks: Array.from({ length: count }, (_, k) => [k * step, String(k * step)]) };
}

/**
 * What is to be said of an answer.
 *
 * @param {string} answer
 * @param {string} right
 */
export function judged(answer, right) {
  if (answer === right) return "\u2713 right";
  if (answer === "") return "\u2717 nothing written";
  if (!NUMBER.test(answer)) return "\u2717 no number";
  const off = Math.abs(Number(answer) - Number(right));
  return off < 1000 ? `\u2717 off by ${off}` : "\u2717 far off";
}

/**
 * The digits of an answer and whether each is right; one that is missing is an empty place.
 *
 * @param {string} answer
 * @param {string} right
 */
export function digits(answer, right) {
  const length = Math.max(answer.length, right.length);
  return Array.from({ length }, (_, place) => ({
    digit: answer[place] ?? "\u00a0",
    isRight: answer[place] === right[place],
  }));
}

/**
 * How many of the answers are right.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function inRight({ right, answers }, now) {
  const alike = right.filter((answer, number) => answers[now][number] === answer);
  return `${alike.length} of ${right.length} right.`;
}

/**
 * A snapshot in words.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function inWords(run, now) {
  const seen = run.watched.length === 0 ? "" : ` Of the answers below: ${inRight(run, now)}`;
  return (
    `After epoch ${run.epochs[now]}: loss ${rounded(run.losses[now], 3)}, ` +
    `${counted(run.matches[now])} of the whole answers right, ` +
    `${counted(run.accuracies[now])} of the tokens.${seen}`
  );
}

/**
 * The sentence below the losses.
 *
 * @param {Run} run
 */
export function lossLegend({ guessing }) {
  const tokens = Math.round(Math.exp(guessing));
  return `Loss per token. Dotted: log ${tokens} = ${rounded(guessing)}, what guessing costs.`;
}

/**
 * The chart of the losses in words.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function lossesInWords({ epochs, losses }, now) {
  const [first, last, here] = [losses[0], losses[losses.length - 1], losses[now]];
  return (
    `Loss per token over ${epochs.length} snapshots, from ${rounded(first, 3)} to ` +
    `${rounded(last, 3)}; ${rounded(here, 3)} at epoch ${epochs[now]}.`
  );
}

/**
 * The chart of the shares in words.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function sharesInWords({ epochs, matches, accuracies }, now) {
  const course = (/** @type {number[]} */ shares) => {
    const [first, last, here] = [shares[0], shares[shares.length - 1], shares[now]].map(counted);
    return `from ${first} to ${last}; ${here} at epoch ${epochs[now]}`;
  };
  return `Whole answers right, ${course(matches)}. Tokens right, ${course(accuracies)}.`;
}
