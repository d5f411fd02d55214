// What the encoder stepper says and shows of a problem, `seen`, of which `step` time steps are shown.

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
  const order = reverse ? `This model reads back to front: it reads ${backToFront(problem)}.` : "";
  const strange = unfamiliar(problem, seen, "do not count on its place on the map");
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
    ? `No time step taken yet. Next, ${token} goes in`
    : `Time step ${step} of ${seen.steps.length}: ${token} goes in`;
}

/**
 * How far a gate is open.
 *
 * @param {EncoderStep["update"]} gate
 */
export function openness(gate) {
  const open = Array.from(gate).filter((share) => share > 0.5).length;
  return `It is above 0.5 in ${open} of ${gate.length} units.`;
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
export function whereabouts(point, [x, y], box, map, seen, step) {
  const column = third(x, box.left, box.right, ["left", "middle", "right"]);
  const row = third(y, box.top, box.bottom, ["top", "middle", "bottom"]);
  const side = column === row ? "in the middle" : `${row} ${column}`;
  const numbers = point.map((value) => rounded(value, 1)).join(" and ");
  const where = `On the map the state is at ${numbers}, ${side}.`;
  if (step < seen.steps.length) return where;
  const [first, second, last] = nearest(point, map, seen.task);
  return `${where} The nearest dots are ${first}, ${second} and ${last}.`;
}

/**
 * @param {number} value
 * @param {number} from
 * @param {number} to
 * @param {string[]} names
 */
function third(value, from, to, names) {
  return names[Math.min(Math.max(Math.floor((3 * (value - from)) / (to - from)), 0), 2)];
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
  return (
    `Map of ${map.problems.length} context vectors along two components, which hold ` +
    `${percent(map.share[0])} and ${percent(map.share[1])} of the variance. Their answers ` +
    `go from ${rounded(least, 0)} to ${rounded(most, 0)}. ${where}`
  );
}
