// What the training replay says and shows of a recorded run.

import { say } from "../domain/say.js";
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
  if (answer === right) return say("\u2713 right");
  if (answer === "") return say("\u2717 nothing written");
  if (!NUMBER.test(answer)) return say("\u2717 no number");
  const off = Math.abs(Number(answer) - Number(right));
  return off < 1000 ? say("\u2717 off by {off}", { off }) : say("\u2717 far off");
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
function countRight({ right, answers }, now) {
  return right.filter((answer, number) => answers[now][number] === answer).length;
}

/**
 * What stands above the answers.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function answersTitle(run, now) {
  return say("What the model answers after epoch {epoch}: {right} of {count} right.", {
    epoch: run.epochs[now],
    right: countRight(run, now),
    count: run.right.length,
  });
}

/**
 * A snapshot in words.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function inWords(run, now) {
  const measured = say(
    "After epoch {epoch}: loss {loss}, {answers} of the whole answers right, {tokens} of the tokens.",
    {
      epoch: run.epochs[now],
      loss: rounded(run.losses[now], 3),
      answers: counted(run.matches[now]),
      tokens: counted(run.accuracies[now]),
    },
  );
  if (run.watched.length === 0) return measured;
  const below = say("Of the answers below: {right} of {count} right.", {
    right: countRight(run, now),
    count: run.right.length,
  });
  return `${measured} ${below}`;
}

/**
 * The sentence below the losses.
 *
 * @param {Run} run
 */
export function lossLegend({ guessing }) {
  return say("Loss per token. Dotted: log {tokens} = {loss}, what guessing costs.", {
    tokens: Math.round(Math.exp(guessing)),
    loss: rounded(guessing),
  });
}

/**
 * The chart of the losses in words.
 *
 * @param {Run} run
 * @param {number} now the snapshot
 */
export function lossesInWords({ epochs, losses }, now) {
  return say(
    "Loss per token over {count} snapshots, from {first} to {last}; {here} at epoch {epoch}.",
    {
      count: epochs.length,
      first: rounded(losses[0], 3),
      last: rounded(losses[losses.length - 1], 3),
      here: rounded(losses[now], 3),
      epoch: epochs[now],
    },
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
    return { first, last, here, epoch: epochs[now] };
  };
  const answers = say(
    "Whole answers right, from {first} to {last}; {here} at epoch {epoch}.",
    course(matches),
  );
  const tokens = say(
    "Tokens right, from {first} to {last}; {here} at epoch {epoch}.",
    course(accuracies),
  );
  return `${answers} ${tokens}`;
}
