// What the embedding explorer says and shows of the snapshots of an embedding matrix.

import { unpacked } from "../domain/packing.js";
import { say } from "../domain/say.js";
import { coordinates, distances, rankCorrelation, shareShown } from "../ui/geometry.js";
import { projection } from "../ui/map.js";
import { rounded } from "../ui/parts.js";

/** @import { Packed } from "../domain/packing.js" */
/** @import { Plane } from "../ui/geometry.js" */
/** @import { Box, Point } from "../ui/map.js" */

const DIGITS = [..."0123456789"];

/** @typedef {"all" | "digits" | "nothing"} Zoom what map, colours and bars are fitted to */

// The colours of cividis, from near to far.
// deno-fmt-ignore
const SHADES = [
  [0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120], [155, 148, 118],
  [188, 174, 108], [222, 201, 88], [254, 232, 56],
];

/**
 * All that is seen of one snapshot, but for the choice of tokens.
 *
 * @typedef {object} Snapshot
 * @property {number} epoch
 * @property {string[]} tokens
 * @property {number[]} digits the ids of the digits, in their order
 * @property {number[][]} rows axes (token, embedding_dim)
 * @property {number[][]} apart distances, axes (token, token)
 * @property {Point[]} points on the map
 * @property {number} share of the variance that the map shows
 * @property {number | null} order rank correlation of difference and distance
 */

/**
 * The snapshots of a training.
 *
 * @param {number[]} epochs
 * @param {Packed[]} matrices
 * @param {Plane} plane
 * @param {string[]} tokens
 * @returns {Snapshot[]}
 */
export function snapshotsOf(epochs, matrices, plane, tokens) {
  const digits = DIGITS.map((digit) => tokens.indexOf(digit));
  const pairs = DIGITS.flatMap((_, i) => DIGITS.map((_, j) => [i, j])).filter(([i, j]) => i < j);
  return matrices.map((packed, number) => {
    const values = Array.from(unpacked(packed));
    const columns = values.length / tokens.length;
    const rows = tokens.map((_, id) => values.slice(id * columns, (id + 1) * columns));
    const apart = distances(rows);
    return {
      epoch: epochs[number],
      tokens,
      digits,
      rows,
      apart,
      points: coordinates(rows, plane),
      share: shareShown(rows, plane),
      order: rankCorrelation(
        pairs.map(([i, j]) => j - i),
        pairs.map(([i, j]) => apart[digits[i]][digits[j]]),
      ),
    };
  });
}

/**
 * What is fitted to: the points that fill the map, the distance of the lightest colour, and the
 * number of a full bar.
 *
 * @typedef {{ points: Point[], farthest: number, largest: number }} Fit
 */

/**
 * What all snapshots are fitted to where nothing is zoomed in on.
 *
 * @param {Snapshot[]} snapshots
 * @returns {Fit}
 */
export function fitOfAll(snapshots) {
  return {
    points: snapshots.flatMap(({ points }) => points),
    farthest: Math.max(...snapshots.map(({ apart }) => largestIn(apart))),
    largest: Math.max(...snapshots.map(({ rows }) => largestIn(rows))) || 1,
  };
}

/**
 * What a snapshot is fitted to.
 *
 * @param {Snapshot} now
 * @param {Zoom} zoom
 * @param {[number, number]} chosen the ids of the two tokens whose rows are shown
 * @param {Fit} all
 * @returns {Fit}
 */
export function fitOf({ rows, points, apart, digits }, zoom, chosen, all) {
  if (zoom === "nothing") return all;
  const largest = largestIn(chosen.map((id) => rows[id])) || 1;
  if (zoom === "all") return { points, farthest: largestIn(apart), largest };
  const among = digits.map((i) => digits.map((j) => apart[i][j]));
  return { points: digits.map((digit) => points[digit]), farthest: largestIn(among), largest };
}

/** @param {number[][]} rows */
function largestIn(rows) {
  return Math.max(...rows.flat().map(Math.abs));
}

/**
 * The longest of 1, 2, 5, 10, 20, ... (and of 0.5, 0.2, ...) that is not above `most`.
 *
 * @param {number} most
 */
export function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((count) => count * power).find((length) => length <= most) ?? power;
}

/**
 * Where the points are drawn, how much room each has around it, and the bar that says how long a
 * length is: its length in coordinates and in the drawing.
 *
 * @param {Snapshot} now
 * @param {Fit} fit
 * @param {Box} box
 */
export function placed({ points }, fit, box) {
  const { at, unit } = projection(fit.points, box);
  const places = points.map(at);
  const bar = roundLength((0.8 * (box.right - box.left)) / 2 / unit);
  return { places, rooms: roomsOf(places), bar: { length: bar, drawn: bar * unit } };
}

/**
 * Half the way from each place to the nearest other one.
 *
 * @param {Point[]} places
 */
function roomsOf(places) {
  return places.map(([x, y], id) => {
    const others = places.filter((_, k) => k !== id);
    return Math.min(...others.map(([a, b]) => Math.hypot(a - x, b - y))) / 2;
  });
}

/**
 * Beside each of `places` the one for its name, away from all of them, the line and other names.
 *
 * @param {Point[]} places
 * @param {Pick<Snapshot, "tokens" | "digits">} now
 * @returns {Point[]} seen from the places
 */
export function namePlaces(places, { tokens, digits }) {
  const halfway = digits.slice(1).map((digit, before) =>
    [0, 1].map((axis) => (places[digit][axis] + places[digits[before]][axis]) / 2)
  );
  const taken = [...places, ...halfway];
  return places.map(([x, y], id) => {
    const wide = tokens[id].length > 1 ? 1.4 : 1;
    const offsets = Array.from({ length: 16 }, (_, k) => [
      16 * wide * Math.cos((k * Math.PI) / 8),
      -15 * Math.sin((k * Math.PI) / 8),
    ]);
    const crowds = offsets.map(([right, down]) => crowd([x + right, y + down], taken));
    const offset = offsets[crowds.indexOf(Math.min(...crowds))];
    taken.push([x + offset[0], y + offset[1]]);
    return offset;
  });
}

/**
 * How crowded a place is.
 *
 * @param {Point} place
 * @param {Point[]} taken
 */
function crowd([x, y], taken) {
  return taken.reduce((sum, [a, b]) => sum + 1 / (1 + (x - a) ** 2 + (y - b) ** 2) ** 1.5, 0);
}

/**
 * The colour of a distance, and that of the text on it: `share` is 1 for the farthest.
 *
 * @param {number} share
 */
export function shade(share) {
  const place = Math.min(Math.max(share, 0), 1) * (SHADES.length - 1);
  const below = Math.min(Math.floor(place), SHADES.length - 2);
  const colour = SHADES[below].map(
    (part, k) => part + (place - below) * (SHADES[below + 1][k] - part),
  );
  const light = [0.2126, 0.7152, 0.0722].reduce(
    (sum, weight, k) => sum + weight * (colour[k] / 255) ** 2.2,
    0,
  );
  return {
    background: `rgb(${colour.map(Math.round).join(" ")})`,
    ink: light > 0.18 ? "#000" : "#fff",
  };
}

/**
 * A token as it is read out.
 *
 * @param {string} token
 */
export function spoken(token) {
  if (token === "+") return say("plus");
  if (token === "-") return say("minus");
  return token === "*" ? say("times") : token;
}

/**
 * A distance.
 *
 * @param {number} value
 */
export function fine(value) {
  return rounded(value, value < 0.1 ? 3 : 2);
}

/**
 * How far apart two tokens are, and which is nearest to the first.
 *
 * @param {Snapshot} now
 * @param {[number, number]} chosen ids
 */
export function verdict(now, chosen) {
  return `${inDistance(now, chosen)} ${inNeighbours(now, chosen)}`;
}

/**
 * @param {Snapshot} now
 * @param {[number, number]} chosen
 */
function inDistance({ apart, tokens }, [one, two]) {
  const name = (/** @type {number} */ id) => spoken(tokens[id]);
  if (one === two) return say("Distance of {token} from itself: 0.", { token: name(one) });
  const [first, second] = [one, two].sort((a, b) => a - b).map(name);
  const distance = fine(apart[one][two]);
  return say("Distance of {first} and {second}: {distance}.", { first, second, distance });
}

/**
 * @param {Snapshot} now
 * @param {[number, number]} chosen
 */
function inNeighbours({ apart, tokens }, [one]) {
  const [near] = tokens.map((_, id) => id)
    .filter((id) => id !== one)
    .sort((a, b) => apart[one][a] - apart[one][b]);
  return say("Nearest to {token} is {nearest} ({distance}).", {
    token: spoken(tokens[one]),
    nearest: spoken(tokens[near]),
    distance: fine(apart[one][near]),
  });
}

/**
 * How well the distances of the digits follow their differences.
 *
 * @param {Snapshot} now
 */
export function inOrder({ order }) {
  if (order === null) {
    return say(
      "Rank correlation of difference and distance, for the 45 pairs of digits: " +
        "none, all distances are the same.",
    );
  }
  return say(
    "Rank correlation of difference and distance, for the 45 pairs of digits: {correlation}.",
    { correlation: rounded(order) },
  );
}

/**
 * What can be zoomed in on.
 *
 * @returns {[Zoom, string][]}
 */
export function zooms() {
  return [["all", say("all tokens")], ["digits", say("the digits")], ["nothing", say("nothing")]];
}

/**
 * What a zoom does to the map.
 *
 * @param {Zoom} zoom
 */
function zoomed(zoom) {
  if (zoom === "all") return say("Zoomed in until the tokens fill the map.");
  if (zoom === "nothing") return say("The same scale at every epoch.");
  return say("Zoomed in until the digits fill the map; the others may lie outside.");
}

/**
 * What stands below the map.
 *
 * @param {Snapshot} now
 * @param {Zoom} zoom
 * @param {number[]} share of the variance along each direction, at the last epoch
 * @param {number} last that epoch
 */
export function mapLegend(now, zoom, share, last) {
  const [first, second] = share.map((part) => `${Math.round(100 * part)} %`);
  const directions = say(
    "Map along two directions, the same at every epoch: those in which the rows spread most at " +
      "epoch {last} ({first} and {second} of the variance).",
    { last, first, second },
  );
  const shown = say("At epoch {epoch} they show {share}.", {
    epoch: now.epoch,
    share: `${Math.round(100 * now.share)} %`,
  });
  const line = say("The line joins the digits in order.");
  return [directions, ...(now.epoch === last ? [] : [shown]), zoomed(zoom), line].join(" ");
}

/**
 * What stands below the distances.
 *
 * @param {Snapshot} now
 * @param {Zoom} zoom
 * @param {Fit} fit
 */
export function tableLegend({ epoch }, zoom, { farthest }) {
  const distances = say("Distances at epoch {epoch}.", { epoch });
  const distance = fine(farthest);
  const colours = zoom === "digits"
    ? say("Dark is near; the lightest colour stands for {distance} and more.", { distance })
    : say("Dark is near; the lightest colour stands for {distance}.", { distance });
  return `${distances} ${colours}`;
}
