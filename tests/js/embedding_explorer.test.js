import assert from "node:assert/strict";
import { test } from "node:test";
import { packed } from "../../helpers/widgets/js/domain/model_file.js";
import {
  fitOf,
  fitOfAll,
  inOrder,
  mapLegend,
  namePlaces,
  placed,
  roundLength,
  shade,
  snapshotsOf,
  spoken,
  tableLegend,
  verdict,
} from "../../helpers/widgets/js/state/embedding_explorer.js";
import { ARITHMETIC, PRODUCTS } from "./tasks.js";

const { tokens: TOKENS } = ARITHMETIC;

const PLANE = { mean: [0, 0], directions: [[1, 0], [0, 1]] };
const BOX = { left: 0, right: 200, top: 0, bottom: 200 };

/** Tokens on a line, a unit apart, times `scale`. @param {number} scale */
function line(scale) {
  return packed(Float32Array.from(TOKENS.flatMap((_, id) => [scale * id, 0])));
}

const SNAPSHOTS = snapshotsOf([0, 3], [line(1), line(2)], PLANE, TOKENS);
const ALL = fitOfAll(SNAPSHOTS);
const PLUS = TOKENS.indexOf("+");

test("a snapshot has rows, distances, and digits in order", () => {
  const [, last] = SNAPSHOTS;
  assert.equal(last.epoch, 3);
  assert.equal(last.apart[2][5], 6);
  assert.equal(last.order, 1);
  assert.ok(Math.abs(last.share - 1) < 1e-12);
  assert.match(inOrder(last), /: 1\.00\.$/);
  const [dull] = snapshotsOf([0], [line(0)], PLANE, TOKENS);
  assert.match(inOrder(dull), /none, all distances are the same\.$/);
});

test("what is zoomed in on fills the map", () => {
  const [now] = SNAPSHOTS;
  const span = (/** @type {"all" | "digits" | "nothing"} */ zoom) => {
    const { places } = placed(now, fitOf(now, zoom, [1, 2], ALL), BOX);
    return [places[0][0], places[9][0], places[13][0]];
  };
  assert.deepEqual(span("digits").slice(0, 2), [0, 200]);
  assert.deepEqual([span("all")[0], span("all")[2]], [0, 200]);
  assert.deepEqual([span("nothing")[0], span("nothing")[2]], [0, 100]);
});

test("colours and bars are fitted as well", () => {
  const [now] = SNAPSHOTS;
  assert.deepEqual(fitOf(now, "all", [2, 3], ALL).farthest, 13);
  assert.deepEqual(fitOf(now, "digits", [2, 3], ALL).farthest, 9);
  assert.deepEqual(fitOf(now, "digits", [2, 3], ALL).largest, 3);
  assert.deepEqual([ALL.farthest, ALL.largest], [26, 26]);
  assert.equal(fitOf(now, "all", [0, 0], ALL).largest, 1);
});

test("the bar of the map has a round length", () => {
  assert.deepEqual([0.7, 1, 4.9, 12, 50].map(roundLength), [0.5, 1, 2, 10, 50]);
  const [now] = SNAPSHOTS;
  const { bar, rooms } = placed(now, fitOf(now, "all", [0, 1], ALL), BOX);
  assert.equal(bar.length, 5);
  assert.ok(Math.abs(bar.drawn - 5 * 200 / 13) < 1e-9);
  assert.ok(rooms.every((room) => Math.abs(room - 100 / 13) < 1e-9));
});

test("names stand away from points and from each other", () => {
  const [now] = SNAPSHOTS;
  const { places } = placed(now, ALL, BOX);
  const names = namePlaces(places, now).map(([x, y], id) => [places[id][0] + x, places[id][1] + y]);
  for (const [x, y] of names) {
    for (const [a, b] of places) assert.ok(Math.hypot(x - a, y - b) > 10);
  }
});

test("near is dark, far is light, and the text on it can be read", () => {
  assert.deepEqual(shade(0), { background: "rgb(0 34 78)", ink: "#fff" });
  assert.deepEqual(shade(1), { background: "rgb(254 232 56)", ink: "#000" });
  assert.deepEqual(shade(7), shade(1));
});

test("what is seen is said", () => {
  const [first, last] = SNAPSHOTS;
  assert.deepEqual(["+", "-", "*", "/", "PAD"].map(spoken), ["plus", "minus", "times", "/", "PAD"]);
  assert.equal(
    verdict(first, [3, 1]),
    "Distance of 1 and 3: 2.00. Nearest to 3 is 2 (1.00).",
  );
  assert.match(
    verdict(last, [PLUS, PLUS]),
    /^Distance of plus from itself: 0\. Nearest to plus is/,
  );
  assert.match(
    mapLegend(last, "nothing", [0.9, 0.05], 3),
    /\(90 % and 5 % of the variance\)\. The/,
  );
  assert.match(mapLegend(first, "digits", [0.9, 0.05], 3), /At epoch 0 they show 100 %\. Zoomed/);
  assert.match(
    tableLegend(first, "digits", { ...ALL, farthest: 9 }),
    /stands for 9\.00 and more\.$/,
  );
});

test("digits are known by name, wherever they stand among the tokens", () => {
  const [now] = snapshotsOf([0], [line(1)], PLANE, PRODUCTS.tokens);
  assert.deepEqual(now.digits, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
  assert.equal(now.order, 1);
  assert.match(verdict(now, [2, 13]), /^Distance of times and 0: 11\.00\. Nearest to times is/);
  assert.equal(fitOf(now, "digits", [2, 3], ALL).farthest, 9);
});
