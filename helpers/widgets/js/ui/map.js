// Maps: points with two coordinates, in a drawing.

/** @typedef {number[]} Point two coordinates */

/**
 * The part of a drawing in which points are to lie.
 *
 * @typedef {{ left: number, right: number, top: number, bottom: number }} Box
 */

/**
 * A way from coordinates to places of a drawing: where a point is drawn `at`, which point a place is
 * the place `of`, and how long one unit is.
 *
 * @typedef {{ at: (point: Point) => Point, of: (place: Point) => Point, unit: number }} Projection
 */

/**
 * The way into `box` on which all `points` find room, and fill it along one axis. One unit is as long
 * on either axis.
 *
 * @param {Point[]} points
 * @param {Box} box
 * @returns {Projection}
 */
export function projection(points, { left, right, top, bottom }) {
  const [across, upward] = [0, 1].map((axis) => extent(points.map((point) => point[axis])));
  const fits = Math.min((right - left) / across.length, (bottom - top) / upward.length);
  const unit = Number.isFinite(fits) ? fits : Math.min(right - left, bottom - top) / 2;
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  return {
    at: ([a, b]) => [x + (a - across.middle) * unit, y - (b - upward.middle) * unit],
    of: ([a, b]) => [across.middle + (a - x) / unit, upward.middle - (b - y) / unit],
    unit,
  };
}

/** @param {number[]} values */
function extent(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return { middle: (least + most) / 2, length: most - least };
}

/**
 * The attribute `points` of a line through places.
 *
 * @param {Point[]} places
 */
export function through(places) {
  return places.map((place) => place.join()).join(" ");
}
