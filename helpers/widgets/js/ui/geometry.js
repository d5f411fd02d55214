// How far apart vectors are, and whether two rankings agree: the JavaScript side of
// helpers/geometry.py. A matrix is an array of rows.

/**
 * A plane on which rows are seen: two directions (direction, column) from a mean (column).
 *
 * @typedef {{ mean: number[], directions: number[][] }} Plane
 */

/**
 * The Euclidean distance of each row from each, axes (row, row).
 *
 * @param {number[][]} rows
 */
export function distances(rows) {
  return rows.map((a) => rows.map((b) => Math.hypot(...a.map((value, k) => value - b[k]))));
}

/**
 * The coordinates of each row along `directions`, seen from `mean`, axes (row, direction).
 *
 * @param {number[][]} rows
 * @param {Plane} plane
 */
export function coordinates(rows, { mean, directions }) {
  return rows.map((row) =>
    directions.map((direction) =>
      direction.reduce((sum, part, k) => sum + part * (row[k] - mean[k]), 0)
    )
  );
}

/**
 * The share of the rows' variance that `directions` show.
 *
 * @param {number[][]} rows
 * @param {Pick<Plane, "directions">} plane
 */
export function shareShown(rows, { directions }) {
  const mean = rows[0].map((_, k) => rows.reduce((sum, row) => sum + row[k], 0) / rows.length);
  const squares = (/** @type {number[][]} */ points) =>
    points.flat().reduce((sum, value) => sum + value * value, 0);
  const whole = squares(rows.map((row) => row.map((value, k) => value - mean[k])));
  return whole === 0 ? 0 : squares(coordinates(rows, { mean, directions })) / whole;
}

/**
 * Spearman's rank correlation; null if one of the two holds the same number everywhere.
 *
 * @param {number[]} first
 * @param {number[]} second
 */
export function rankCorrelation(first, second) {
  const [a, b] = [ranks(first), ranks(second)];
  const middle = (a.length + 1) / 2; // the mean of all ranks
  /** @type {(x: number[], y: number[]) => number} */
  const product = (x, y) => x.reduce((sum, rank, k) => sum + (rank - middle) * (y[k] - middle), 0);
  const spread = Math.sqrt(product(a, a) * product(b, b));
  return spread === 0 ? null : product(a, b) / spread;
}

/**
 * The place of each value in their order, 1 for the smallest; equal values share their mean.
 *
 * @param {number[]} values
 */
function ranks(values) {
  return values.map((value) => {
    const less = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return less + (equal + 1) / 2;
  });
}

const TURNS = 16; // of the power iteration, each time

/**
 * The mean of the rows and the two directions in which they spread most. It begins with those of the
 * plane `before`, and comes nearer with each call, so that a map of rows that move turns slowly.
 *
 * @param {number[][]} rows
 * @param {Plane} [before]
 * @returns {Plane}
 */
export function principalPlane(rows, before) {
  const columns = rows[0].length;
  const mean = rows[0].map((_, k) => rows.reduce((sum, row) => sum + row[k], 0) / rows.length);
  const apart = rows.map((row) => row.map((value, k) => value - mean[k]));
  /** @type {number[][]} */
  const directions = [];
  for (let number = 0; number < 2; number++) {
    // Each turn pulls a direction towards the one of largest spread; the first is taken out of it.
    let direction = before?.directions[number] ??
      Array.from({ length: columns }, (_, k) => Math.cos(k + number));
    const start = direction;
    for (let turn = 0; turn < TURNS; turn++) {
      const along = apart.map((row) => dot(row, direction));
      let next = Array.from(
        { length: columns },
        (_, k) => apart.reduce((sum, row, r) => sum + along[r] * row[k], 0),
      );
      for (const other of directions) {
        const share = dot(next, other);
        next = next.map((value, k) => value - share * other[k]);
      }
      const length = Math.hypot(...next);
      if (length < 1e-12) {
        direction = next.fill(0); // there is no spread left
        break;
      }
      direction = next.map((value) => value / length);
    }
    if (dot(direction, start) < 0) direction = direction.map((value) => -value);
    directions.push(direction);
  }
  return { mean, directions };
}

/**
 * @param {number[]} a
 * @param {number[]} b
 */
function dot(a, b) {
  return a.reduce((sum, value, k) => sum + value * b[k], 0);
}
