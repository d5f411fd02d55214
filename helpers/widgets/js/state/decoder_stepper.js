// What the decoder stepper says and shows of an answer, `seen`, of which `step` time steps are shown.

import { backToFront, unfamiliar } from "../domain/task.js";
import { percent } from "../ui/parts.js";

/** @import { Learned } from "../domain/task.js" */
/** @import { Trace } from "../nn/seq2seq.js" */

/** @typedef {Trace & Learned} Seen */

/**
 * The ids that are written so far.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function writtenIn(seen, step) {
  return seen.steps.slice(0, step).map(({ written }) => written);
}

/**
 * The time step (1 is the first) of the first wrong token so far, or null.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function wrongStep(seen, step) {
  const place = seen.task.firstMistake(writtenIn(seen, step), seen.target);
  return place === null ? null : place + 1;
}

/**
 * What to know of the model before it is asked.
 *
 * @param {Seen} seen
 */
export function note(seen) {
  const { problem, reverse, task } = seen;
  const order = reverse
    ? `This model reads and writes back to front: it reads ${backToFront(problem)}, ` +
      `and should write ${backToFront(task.solve(problem))}.`
    : "";
  const strange = unfamiliar(problem, seen, "do not count on the answer");
  return [order, strange].filter(Boolean).join(" ");
}

/**
 * The heading of a time step.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function heading(seen, step) {
  const token = seen.task.tokens[seen.steps[Math.max(step - 1, 0)].token];
  return step === 0
    ? `No time step taken yet. Next, ${token} goes in.`
    : `Time step ${step} of ${seen.steps.length}: ${token} goes in`;
}

/**
 * Whether the right answer was complete before a time step: what comes then counts no more.
 *
 * @param {Seen} seen
 * @param {number} step
 */
function isOver(seen, step) {
  return step - 1 > seen.target.indexOf(seen.task.eos);
}

/**
 * Whether another token can be written in the time step shown.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function canPick(seen, step) {
  return step > 0 && !seen.teacherForcing;
}

/**
 * The picks when the token `id` is written in the time step shown; null if none can be.
 *
 * @param {Seen} seen
 * @param {number} step
 * @param {number} id
 * @returns {(number | null)[] | null}
 */
export function picksWith(seen, step, id) {
  if (!canPick(seen, step)) return null;
  const place = step - 1;
  const before = Array.from({ length: place }, (_, k) => seen.picks[k] ?? null);
  return id === seen.steps[place].choice ? before : [...before, id];
}

/**
 * What stands above the probabilities.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function hint(seen, step) {
  if (step === 0) return "The probability of each token to come next will stand here.";
  if (isOver(seen, step)) return "The right answer is complete: what comes now counts no more.";
  const question = "How probable is each token to come next?";
  return canPick(seen, step) ? `${question} Press another one to write it instead.` : question;
}

/**
 * The probability of each token to come next, and what it is: chosen, yours, right.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function bars(seen, step) {
  return seen.task.tokens.map((_, id) => {
    if (step === 0) return { share: 0, value: "", marks: [], isWritten: false };
    const { distribution, choice, written } = seen.steps[step - 1];
    const marks = [
      ...(id === choice ? ["chosen"] : []),
      ...(id === written && id !== choice ? ["yours"] : []),
      ...(!isOver(seen, step) && id === seen.target[step - 1] ? ["right"] : []),
    ];
    const share = distribution[id];
    return { share, value: percent(share), marks, isWritten: id === written };
  });
}

/**
 * The columns of the table: what is read, written and right in each time step.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function columns(seen, step) {
  const { tokens } = seen.task;
  return seen.steps.map(({ token, written, choice }, place) => {
    const done = place < step;
    const counts = !isOver(seen, place + 1);
    const right = written === seen.target[place];
    const mark = counts ? ` ${right ? "\u2713" : "\u2717"}` : "";
    return {
      reads: place <= step ? tokens[token] : "\u00b7",
      writes: done ? tokens[written] + mark : "\u00b7",
      right: tokens[seen.target[place]],
      counts,
      isWrong: done && counts && !right,
      isYours: done && written !== choice,
    };
  });
}

/**
 * A sentence or two: what is written, and whether it is right.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function verdict(seen, step) {
  const { task, problem } = seen;
  const written = writtenIn(seen, step);
  const spelled = task.decode(written);
  const front = seen.reverse ? backToFront(spelled) : spelled;
  const done = written.includes(task.eos) || written.length === seen.steps.length;
  const verb = `${seen.teacherForcing ? "Chosen" : "Written"}${done ? "" : " so far"}`;
  const order = front === spelled ? "" : `, which read from the front is ${front}`;
  const outcome = `${verb}: ${spelled || "nothing"}${order}.`;
  const wrong = task.firstMistake(written, seen.target);
  if (wrong === null && done) return `${outcome} Right.`;
  const right = `The right answer to ${problem} is ${task.solve(problem)}.`;
  if (wrong === null) return `${outcome} ${right}`;
  return `${outcome} Wrong at time step ${wrong + 1}: ${fault(seen, wrong)}. ${right}`;
}

/**
 * @param {Seen} seen
 * @param {number} place
 */
function fault(seen, place) {
  const { tokens } = seen.task;
  const { choice, written } = seen.steps[place];
  const wanted = tokens[seen.target[place]];
  return written === choice
    ? `${tokens[written]} in place of ${wanted}`
    : `your ${tokens[written]} in place of ${wanted} (the model chose ${tokens[choice]})`;
}

/**
 * What is read out of a time step.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function inWords(seen, step) {
  if (step === 0) return "No time step taken yet.";
  const { tokens } = seen.task;
  const { choice, distribution, written } = seen.steps[step - 1];
  const yours = written === choice ? "" : ` You write ${tokens[written]} instead.`;
  return (
    `${heading(seen, step)}, ${tokens[choice]} is chosen with ` +
    `${percent(distribution[choice])}.${yours}`
  );
}
