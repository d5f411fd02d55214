// Charts: curves over the epochs of a training.

import { drawn } from "./parts.js";

/** @import { Box } from "./map.js" */

/**
 * The labelled values of an axis of shares.
 *
 * @type {[number, string][]}
 */
export const PERCENT = [0, 25, 50, 75, 100].map((value) => [value / 100, `${value} %`]);

/**
 * @typedef {object} Settings
 * @property {Box & { width: number, height: number }} box of the axes, and the size of all
 * @property {[number, string][]} marks the labelled values of the upright axis
 * @property {number} top the value at which that axis ends
 * @property {number} [level] the value of a dotted line
 * @property {string} label of the other axis
 */

/**
 * A chart without curves. `x` of a share from 0 to 1 and `y` of a value are places in its `picture`.
 *
 * @param {Settings} settings
 */
export function chart({ box, marks, top, level, label }) {
  const { left, right, bottom, width, height } = box;
  const x = (/** @type {number} */ share) => left + share * (right - left);
  const y = (/** @type {number} */ value) =>
    bottom - (Math.min(value, top) / top) * (bottom - box.top);
  const middle = { x: (left + right) / 2, y: bottom + 32, "text-anchor": "middle" };
  const picture = drawn(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img" },
    drawn("path", { class: "axes", d: `M${left} ${box.top}V${bottom}H${right}` }),
    ...marks.flatMap(([value, name]) => [
      drawn("path", { class: "axes", d: `M${left - 4} ${y(value)}h4` }),
      drawn("text", { x: left - 7, y: y(value) + 4, "text-anchor": "end" }, name),
    ]),
    drawn("text", middle, label),
  );
  if (level !== undefined) {
    picture.append(drawn("path", { class: "level", d: `M${left} ${y(level)}H${right}` }));
  }
  return {
    picture,
    x,
    y,
    /**
     * The text below the axis at a share of the way.
     *
     * @param {number} share
     * @param {string} text
     */
    tick(share, text, anchor = "middle") {
      return drawn("text", { x: x(share), y: bottom + 17, "text-anchor": anchor }, text);
    },
  };
}
