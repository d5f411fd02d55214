// What the encoder stepper says and shows of a problem, `seen`, of which `step` time steps are shown.

import { say } from "../domain/say.js";
import { backToFront, unfamiliar } from "../domain/task.js";
import { coordinates } from "../ui/geometry.js";
import { percent, rounded } from "../ui/parts.js";

/** @import { Learned, Task } from "../domain/task.js" */
/** @import { EncoderStep, Reading } from "../nn/seq2seq.js" */
/** @import { Plane } from "../ui/geometry.js" */
/** @import { Box, Point } from "../ui/map.js" */

/** @typedef {Reading & Learned} Seen */

/**
 * A map of context vectors: a plane and the share of the variance along each of its directions, and
 * problems with the points of their context vectors.
 *
 * @typedef {Plane & { name: string, share: number[], problems: string[], points: Point[],
 *   heldOut: boolean }} ContextMap
 */

/**
 * What to know of the model before it reads.
 *
 * @param {Seen} seen
 */
export function note(seen) {
  const { problem, reverse } = seen;
  const order = reverse
    ? say("This model reads back to front: it reads {read}.", { read: backToFront(problem) })
    : "";
  const strange = unfamiliar(
    problem,
    seen,
    say("It never saw a problem like {problem}, so do not count on its place on the map.", {
      problem,
    }),
  );
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
  if (step === 0) return say("No time step taken yet. Next, {token} goes in", { token });
  const steps = seen.steps.length;
  return say("Time step {step} of {steps}: {token} goes in", { step, steps, token });
}

/**
 * How far a gate is open.
 *
 * @param {EncoderStep["update"]} gate
 */
export function openness(gate) {
  const open = Array.from(gate).filter((share) => share > 0.5).length;
  return say("It is above 0.5 in {open} of {units} units.", { open, units: gate.length });
}

/**
 * The way of the state over the map: before the first time step, and after each.
 *
 * @param {Reading} seen
 * @param {ContextMap} map
 * @returns {Point[]}
 */
export function wayOf(seen, map) {
  const states = [seen.steps[0].before, ...seen.steps.map((one) => one.after)];
  return coordinates(states.map((state) => Array.from(state)), map);
}

/**
 * The answers to the problems of a map: the least, the most, and where between them one stands.
 *
 * @param {ContextMap} map
 * @param {Task} task
 */
export function answersOf({ problems }, task) {
  const answers = problems.map((problem) => Number(task.solve(problem)));
  const [least, most] = [Math.min(...answers), Math.max(...answers)];
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(least + part * (most - least)));
  return {
    answers,
    least,
    most,
    marks: [...new Set(marks)],
    share: (/** @type {number} */ answer) =>
      most === least ? 0.5 : (answer - least) / (most - least),
  };
}

/**
 * Whole numbers on an axis, seven at most.
 *
 * @param {number} from
 * @param {number} to
 */
export function ticks(from, to) {
  const apart = [1, 2, 5, 10, 20, 50].find((step) => (to - from) / step <= 6) ?? to - from;
  const first = Math.ceil(from / apart);
  const count = Math.floor(to / apart) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, k) => (first + k) * apart);
}

/**
 * A sentence or two: where the state is on the map, and next to which answers.
 *
 * @param {Point} point its coordinates
 * @param {Point} place where it is drawn, within `box`
 * @param {Box} box
 * @param {ContextMap} map
 * @param {Seen} seen
 * @param {number} step
 */
export function whereabouts(point, place, box, map, seen, step) {
  const [x, y] = point.map((value) => rounded(value, 1));
  const side = sideOf(place, box);
  const where = say("On the map the state is at {x} and {y}, {side}.", { x, y, side });
  if (step < seen.steps.length) return where;
  const [first, second, last] = nearest(point, map, seen.task);
  const near = say("The nearest dots are {first}, {second} and {last}.", { first, second, last });
  return `${where} ${near}`;
}

/**
 * In which ninth of a box a place is.
 *
 * @param {Point} place
 * @param {Box} box
 */
function sideOf([x, y], { left, right, top, bottom }) {
  const sides = [
    [say("top left"), say("top middle"), say("top right")],
    [say("middle left"), say("in the middle"), say("middle right")],
    [say("bottom left"), say("bottom middle"), say("bottom right")],
  ];
  return sides[third(y, top, bottom)][third(x, left, right)];
}

/**
 * @param {number} value
 * @param {number} from
 * @param {number} to
 */
function third(value, from, to) {
  return Math.min(Math.max(Math.floor((3 * (value - from)) / (to - from)), 0), 2);
}

/**
 * @param {Point} point
 * @param {ContextMap} map
 * @param {Task} task
 */
function nearest([x, y], { points, problems }, task) {
  return problems
    .map((problem, k) => ({ problem, far: Math.hypot(points[k][0] - x, points[k][1] - y) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ problem }) => `${problem} = ${task.solve(problem)}`);
}

/**
 * The map in words.
 *
 * @param {ContextMap} map
 * @param {Task} task
 * @param {string} where
 */
export function mapInWords(map, task, where) {
  const { least, most } = answersOf(map, task);
  const [first, second] = map.share.map(percent);
  const vectors = say(
    "Map of {count} context vectors along two components, which hold {first} and {second} of " +
      "the variance. Their answers go from {least} to {most}.",
    {
      count: map.problems.length,
      first,
      second,
      least: rounded(least, 0),
      most: rounded(most, 0),
    },
  );
  return `${vectors} ${where}`;
}

/**
 * What the dots of the map are.
 *
 * @param {ContextMap} map
 */
export function mapLegend({ heldOut, problems: { length: count } }) {
  const dots = heldOut
    ? say("Each dot is the context vector of a held-out problem, {count} in all.", { count })
    : say("Each dot is the context vector of a problem, {count} in all.", { count });
  return `${dots} ${say("The large point is the state now, the line its way.")}`;
}
