// What the decoder stepper says and shows of an answer, `seen`, of which `step` time steps are shown.

import { say } from "../domain/say.js";
import { backToFront, unfamiliar } from "../domain/task.js";
import { percent } from "../ui/parts.js";

/** @import { Learned } from "../domain/task.js" */
/** @import { Trace } from "../nn/seq2seq.js" */
/** @import { Looks } from "../ui/looks.js" */

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
    ? say(
      "This model reads and writes back to front: it reads {read}, and should write {answer}.",
      {
        read: backToFront(problem),
        answer: backToFront(task.solve(problem)),
      },
    )
    : "";
  return [order, unfamiliar(problem, seen)].filter(Boolean).join(" ");
}

/**
 * What the encoder does for the decoder.
 *
 * @param {Seen} seen
 * @param {string} tokens that are read
 */
export function handed({ context, steps }, tokens) {
  const looked = steps[0].attention.length > 0;
  if (context && looked) {
    return say("The encoder reads {tokens}. The decoder may look at each, and starts from", {
      tokens,
    });
  }
  return context
    ? say("The encoder reads {tokens} and hands on", { tokens })
    : say("The encoder reads {tokens}, and the decoder may look at each.", { tokens });
}

/**
 * The heading of a time step.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function heading(seen, step) {
  const token = seen.task.tokens[seen.steps[Math.max(step - 1, 0)].token];
  if (step === 0) return say("No time step taken yet. Next, {token} goes in.", { token });
  const steps = seen.steps.length;
  return say("Time step {step} of {steps}: {token} goes in", { step, steps, token });
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
  if (step === 0) return say("The probability of each token to come next will stand here.");
  if (isOver(seen, step)) {
    return say("The right answer is complete: what comes now counts no more.");
  }
  const question = say("How probable is each token to come next?");
  return canPick(seen, step)
    ? `${question} ${say("Press another one to write it instead.")}`
    : question;
}

/** @typedef {"chosen" | "yours" | "right"} Mark */

/**
 * How marks are called.
 *
 * @param {Mark[]} marks
 */
export function calledMarks(marks) {
  const names = { chosen: say("chosen"), yours: say("yours"), right: say("right") };
  return marks.map((mark) => names[mark]).join(", ");
}

/**
 * The probability of each token to come next, and what it is.
 *
 * @param {Seen} seen
 * @param {number} step
 * @returns {{ share: number, value: string, marks: Mark[], isWritten: boolean }[]}
 */
export function bars(seen, step) {
  return seen.task.tokens.map((_, id) => {
    if (step === 0) return { share: 0, value: "", marks: [], isWritten: false };
    const { distribution, choice, written } = seen.steps[step - 1];
    /** @type {Mark[]} */
    const marks = [];
    if (id === choice) marks.push("chosen");
    else if (id === written) marks.push("yours");
    if (!isOver(seen, step) && id === seen.target[step - 1]) marks.push("right");
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
  const answer = front === spelled
    ? spelled || say("nothing")
    : say("{answer}, which read from the front is {front}", { answer: spelled, front });
  const outcome = outcomeOf(answer, seen.teacherForcing, done);
  const wrong = task.firstMistake(written, seen.target);
  if (wrong === null && done) return `${outcome} ${say("Right.")}`;
  const right = say("The right answer to {problem} is {answer}.", {
    problem,
    answer: task.solve(problem),
  });
  if (wrong === null) return `${outcome} ${right}`;
  return `${outcome} ${fault(seen, wrong)} ${right}`;
}

/**
 * @param {string} answer
 * @param {boolean} teacherForcing
 * @param {boolean} done
 */
function outcomeOf(answer, teacherForcing, done) {
  if (teacherForcing) {
    return done
      ? say("Chosen: {answer}.", { answer })
      : say("Chosen so far: {answer}.", { answer });
  }
  return done
    ? say("Written: {answer}.", { answer })
    : say("Written so far: {answer}.", { answer });
}

/**
 * @param {Seen} seen
 * @param {number} place
 */
function fault(seen, place) {
  const { tokens } = seen.task;
  const { choice, written } = seen.steps[place];
  const mistake = { step: place + 1, written: tokens[written], wanted: tokens[seen.target[place]] };
  if (written === choice) {
    return say("Wrong at time step {step}: {written} in place of {wanted}.", mistake);
  }
  return say(
    "Wrong at time step {step}: your {written} in place of {wanted} (the model chose {choice}).",
    { ...mistake, choice: tokens[choice] },
  );
}

/**
 * What the decoder looks at in each time step so far; null if it does not look. "attention" is at the
 * problem, "selfAttention" at what it has read itself.
 *
 * @param {Seen} seen
 * @param {number} step
 * @param {"attention" | "selfAttention"} kind
 * @returns {Looks | null}
 */
export function looks({ steps, read, task }, step, kind) {
  const done = steps.slice(0, step);
  if (steps[0][kind].length === 0) return null;
  const ids = kind === "attention" ? read : done.map(({ token }) => token);
  return {
    tokens: ids.map((id) => task.tokens[id]),
    rows: done.map(({ token, [kind]: weights }, place) => ({
      name: `${place + 1}: ${task.tokens[token]}`,
      weights,
    })),
  };
}

/**
 * How much a time step looks at each token of the problem, the mean of all layers and heads; null if it
 * does not look.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function strengths({ steps, read }, step) {
  if (step === 0) return null;
  const all = steps[step - 1].attention.flat();
  if (all.length === 0) return null;
  return read.map((_, place) => all.reduce((sum, weights) => sum + weights[place], 0) / all.length);
}

/**
 * What is read out of a time step.
 *
 * @param {Seen} seen
 * @param {number} step
 */
export function inWords(seen, step) {
  if (step === 0) return say("No time step taken yet.");
  const { tokens } = seen.task;
  const { token, choice, distribution, written } = seen.steps[step - 1];
  const taken = say(
    "Time step {step} of {steps}: {token} goes in, {choice} is chosen with {share}.",
    {
      step,
      steps: seen.steps.length,
      token: tokens[token],
      choice: tokens[choice],
      share: percent(distribution[choice]),
    },
  );
  return [
    taken,
    written === choice ? "" : say("You write {token} instead.", { token: tokens[written] }),
    lookInWords(seen, step),
  ].filter(Boolean).join(" ");
}

/**
 * Which token of the problem a time step looks at most.
 *
 * @param {Seen} seen
 * @param {number} step
 */
function lookInWords(seen, step) {
  const shares = strengths(seen, step);
  if (shares === null) return "";
  const most = shares.indexOf(Math.max(...shares));
  return say("It looks most at {token}, the token {place} of the problem, with {share}.", {
    token: seen.task.tokens[seen.read[most]],
    place: most + 1,
    share: percent(shares[most]),
  });
}
