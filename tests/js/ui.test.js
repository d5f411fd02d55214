import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coordinates,
  distances,
  principalPlane,
  rankCorrelation,
  shareShown,
} from "../../helpers/widgets/js/ui/geometry.js";
import { projection, through } from "../../helpers/widgets/js/ui/map.js";
import { counted, percent, rounded } from "../../helpers/widgets/js/ui/parts.js";

test("numbers are written as the book writes them", () => {
  assert.equal(rounded(-1.005), "\u22121.00");
  assert.equal(rounded(-0.001), "0.00");
  assert.equal(rounded(2.345, 1), "2.3");
  assert.equal(percent(0), "<0.1 %");
  assert.equal(percent(1), ">99.9 %");
  assert.equal(counted(0), "0 %");
  assert.equal(counted(1), "100 %");
  assert.equal(counted(0.1234), "12.3 %");
});

test("distances are Euclidean", () => {
  assert.deepEqual(distances([[0, 0], [3, 4]]), [[0, 5], [5, 0]]);
});

test("the plane of a map is that in which the rows spread most", () => {
  const rows = [[10, 0, 0], [-10, 0, 0], [0, 4, 0], [0, -4, 0], [0, 0, 1], [0, 0, -1]];
  /** @type {ReturnType<typeof principalPlane> | undefined} */
  let plane;
  for (let call = 0; call < 10; call++) plane = principalPlane(rows, plane);
  assert.ok(plane);
  assert.ok(Math.abs(Math.abs(plane.directions[0][0]) - 1) < 1e-9);
  assert.ok(Math.abs(Math.abs(plane.directions[1][1]) - 1) < 1e-9);
  const shown = shareShown(rows, plane);
  assert.ok(Math.abs(shown - 232 / 234) < 1e-9);
  const [across] = coordinates([[5, 1, 9]], plane).map((point) => point.map(Math.abs));
  assert.ok(Math.abs(across[0] - 5) < 1e-6 && Math.abs(across[1] - 1) < 1e-6);
});

test("rows that are all alike have no spread", () => {
  const plane = principalPlane([[1, 2], [1, 2]]);
  assert.deepEqual(plane.directions, [[0, 0], [0, 0]]);
  assert.equal(shareShown([[1, 2], [1, 2]], plane), 0);
});

test("rankings agree, disagree, or say nothing", () => {
  assert.equal(rankCorrelation([1, 2, 3], [10, 20, 90]), 1);
  assert.equal(rankCorrelation([1, 2, 3], [3, 2, 1]), -1);
  assert.equal(rankCorrelation([1, 2, 3], [5, 5, 5]), null);
  assert.ok(Math.abs((rankCorrelation([1, 1, 2], [1, 2, 3]) ?? 0) - Math.sqrt(3) / 2) < 1e-12);
});

const BOX = { left: 10, right: 110, top: 20, bottom: 70 };

test("points fill a box along one axis, upright, with one unit for both", () => {
  const { at, of, unit } = projection([[0, 0], [4, 1]], BOX);
  assert.equal(unit, 25);
  assert.deepEqual(at([0, 0]), [10, 57.5]);
  assert.deepEqual(at([4, 1]), [110, 32.5]);
  assert.deepEqual(of([110, 32.5]), [4, 1]);
});

test("points in one place stand in the middle", () => {
  const { at } = projection([[3, 3], [3, 3]], BOX);
  assert.deepEqual(at([3, 3]), [60, 45]);
  assert.deepEqual(projection([[3, 0], [3, 1]], BOX).at([3, 1]), [60, 20]);
});

test("a line goes through places", () => {
  assert.equal(through([[1, 2], [3.5, 4]]), "1,2 3.5,4");
});
