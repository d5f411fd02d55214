// The rows of an embedding matrix, their distances and a map of them, on the way through training.

import {
  announcer,
  choice,
  drawn,
  element,
  frame,
  numbersSwitch,
  rounded,
  strip,
} from "./ui/parts.js";
import { TOKENS } from "./domain/problems.js";
import { unpacked } from "./domain/packing.js";
import { coordinates, distances, rankCorrelation, shareShown } from "./ui/geometry.js";
import { timeline } from "./ui/timeline.js";

const PACE = 500; // milliseconds between two snapshots while it plays
const GLIDE = 300; // milliseconds in which a point moves to its next place

const DIGITS = Array.from({ length: 10 }, (_, digit) => digit);
const PAIRS = DIGITS.flatMap((i) => DIGITS.slice(i + 1).map((j) => [i, j]));

// Of the map: its middle, how far it reaches from there, the line on which its scale stands, and how
// far from a point a click still is a click on it.
const MIDDLE = [142, 138];
const REACH = 116;
const FLOOR = 298;
const ROOM = 12;

// What the map, the colours and the bars are fitted to.
const ZOOMS = { all: "all tokens", digits: "the digits", nothing: "nothing" };

// The colours of cividis, from near to far.
const SHADES = [
  [0, 34, 78],
  [26, 56, 111],
  [67, 78, 108],
  [97, 101, 111],
  [125, 124, 120],
  [155, 148, 118],
  [188, 174, 108],
  [222, 201, 88],
  [254, 232, 56],
];

/** All that is seen of one snapshot, but for the choice of tokens. */
function measured(packed, plane) {
  const values = Array.from(unpacked(packed));
  const columns = values.length / TOKENS.length;
  const rows = TOKENS.map((_, id) => values.slice(id * columns, (id + 1) * columns));
  const apart = distances(rows);
  return {
    rows,
    apart,
    points: coordinates(rows, plane),
    share: shareShown(rows, plane),
    order: rankCorrelation(PAIRS.map(([i, j]) => j - i), PAIRS.map(([i, j]) => apart[i][j])),
    farthest: farthestOf(apart, TOKENS.keys()),
  };
}

/** The largest distance between two of the tokens `ids`. */
function farthestOf(apart, ids) {
  const chosen = [...ids];
  return Math.max(...chosen.flatMap((i) => chosen.map((j) => apart[i][j])));
}

/** The window of a map in which all `points` lie. */
function windowOf(points) {
  const ends = [0, 1].map((axis) => {
    const along = points.map((point) => point[axis]);
    return [Math.min(...along), Math.max(...along)];
  });
  const half = Math.max(...ends.map(([low, high]) => (high - low) / 2));
  return { centre: ends.map(([low, high]) => (low + high) / 2), half: half || 1 };
}

/** The longest of 1, 2, 5, 10, 20, ... (and of 0.5, 0.2, ...) that is not above `most`. */
function roundLength(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((count) => count * power).find((length) => length <= most) ?? power;
}

/** Beside each of `points` the place for its name, away from all points, the line and other names. */
function namePlaces(points) {
  const halfway = DIGITS.slice(1).map((digit) =>
    [0, 1].map((axis) => (points[digit][axis] + points[digit - 1][axis]) / 2)
  );
  const taken = [...points, ...halfway];
  return points.map(([x, y], id) => {
    const wide = TOKENS[id].length > 1 ? 1.4 : 1;
    let best = { crowd: Infinity };
    for (let k = 0; k < 16; k++) {
      const offset = [16 * wide * Math.cos((k * Math.PI) / 8), -15 * Math.sin((k * Math.PI) / 8)];
      const crowd = taken.reduce(
        (sum, [a, b]) => sum + 1 / (1 + (x + offset[0] - a) ** 2 + (y + offset[1] - b) ** 2) ** 1.5,
        0,
      );
      if (crowd < best.crowd) best = { crowd, offset };
    }
    taken.push([x + best.offset[0], y + best.offset[1]]);
    return best.offset;
  });
}

function shade(share) {
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

/** A token as it is read out. */
const spoken = (id) => ({ "+": "plus", "-": "minus" })[TOKENS[id]] ?? TOKENS[id];

const fine = (value) => rounded(value, value < 0.1 ? 3 : 2);

function render({ model, el }) {
  const epochs = model.get("epochs");
  const plane = model.get("plane");
  const snapshots = model.get("matrices").map((packed) => measured(packed, plane));
  const all = {
    window: windowOf(snapshots.flatMap(({ points }) => points)),
    largest: Math.max(...snapshots.flatMap(({ rows }) => rows.flat().map(Math.abs))),
    farthest: Math.max(...snapshots.map(({ farthest }) => farthest)),
  };
  const said = announcer();

  // Which tokens, and how they are drawn.
  const token = choice("Token", TOKENS, (name) => pick({ token: name }));
  const other = choice("compared with", TOKENS, (name) => pick({ other: name }));
  const zoom = choice("Zoom in on", Object.values(ZOOMS), () => update());
  const fields = element(
    "div",
    { class: "fields" },
    token.whole,
    other.whole,
    zoom.whole,
  );

  function pick(changes) {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  }

  const way = timeline(model, { pace: PACE, said, words: () => inWords() });

  // The rows.
  const rows = [strip("Row"), strip("Row")];
  for (const { whole } of rows) whole.style.setProperty("--columns", snapshots[0].rows[0].length);

  // The map.
  const line = drawn("polyline", { class: "digits" });
  const link = drawn("line", { class: "link" });
  const points = TOKENS.map((name, id) => {
    const kind = id < DIGITS.length ? "digit" : "sign";
    const mark = kind === "digit"
      ? drawn("circle", { class: "mark", r: 4.5 })
      : drawn("rect", { class: "mark", x: -4, y: -4, width: 8, height: 8 });
    const text = drawn("text", { "text-anchor": "middle" }, name);
    const room = drawn("circle", { class: "room" });
    const group = drawn(
      "g",
      { class: `point ${kind}` },
      room,
      drawn("circle", { class: "ring", r: 9 }),
      mark,
      text,
    );
    group.addEventListener("click", () => pick({ token: name }));
    return { group, text, room };
  });
  const bar = drawn("path", { class: "scale" });
  const length = drawn("text", { class: "length", y: FLOOR - 6 });
  const map = drawn(
    "svg",
    { viewBox: "0 0 300 304", role: "img" },
    line,
    link,
    ...points.map(({ group }) => group),
    bar,
    length,
  );
  const legend = element("figcaption", {});
  let seen; // where each point is drawn, and where from there its name
  let gliding;

  function draw() {
    line.setAttribute("points", DIGITS.map((digit) => seen[digit].slice(0, 2).join(",")).join(" "));
    points.forEach(({ group, text }, id) => {
      const [x, y, right, down] = seen[id];
      group.setAttribute("transform", `translate(${x} ${y})`);
      text.setAttribute("x", right);
      text.setAttribute("y", down + 4.5);
    });
    const [from, to] = chosen().map((id) => seen[id]);
    link.setAttribute("x1", from[0]);
    link.setAttribute("y1", from[1]);
    link.setAttribute("x2", to[0]);
    link.setAttribute("y2", to[1]);
  }

  function glide(places) {
    cancelAnimationFrame(gliding);
    if (seen === undefined || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      seen = places;
      draw();
      return;
    }
    const from = seen;
    const begin = performance.now();
    const move = (now) => {
      const share = Math.min(Math.max((now - begin) / GLIDE, 0), 1);
      seen = places.map((place, id) =>
        place.map((end, k) => from[id][k] + share * (end - from[id][k]))
      );
      draw();
      if (share < 1) gliding = requestAnimationFrame(move);
    };
    gliding = requestAnimationFrame(move);
  }

  // The distances.
  const heads = TOKENS.map((name) =>
    element("th", { scope: "col", class: name.length > 1 && "long" }, element("span", {}, name))
  );
  const cells = TOKENS.map((row) =>
    TOKENS.map((column) => {
      const value = element("span", { class: "value" });
      const cell = element("td", { click: () => pick({ token: row, other: column }) }, value);
      return { cell, value };
    })
  );
  const lines = TOKENS.map((name, id) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", click: () => pick({ token: name }) }, name),
      ...cells[id].map(({ cell }) => cell),
    )
  );
  const scale = element("figcaption", {});
  const table = element(
    "table",
    { "aria-label": "Distances" },
    element("thead", {}, element("tr", {}, element("td"), ...heads)),
    element("tbody", {}, ...lines),
  );
  const scroller = element(
    "div",
    { class: "scroller", role: "group", "aria-label": "Wide table" },
    table,
  );

  const verdict = element("p", { class: "verdict" });
  const order = element("p", {});
  const root = frame(
    "Embedding explorer",
    "embedding-explorer",
    fields,
    element("div", { class: "rows" }, ...rows.map(({ whole }) => whole)),
    way.whole,
    verdict,
    order,
    element(
      "div",
      { class: "views" },
      element("figure", { class: "map" }, map, legend),
      element("figure", { class: "distances" }, scroller, scale),
    ),
    said,
  );
  const numbers = numbersSwitch(root);
  fields.append(numbers);
  numbers.addEventListener("change", () => {
    // With its numbers the table may be wider than the page: then the keyboard scrolls it.
    if (root.classList.contains("with-numbers")) scroller.setAttribute("tabindex", "0");
    else scroller.removeAttribute("tabindex");
  });
  el.append(root);

  function chosen() {
    return [TOKENS.indexOf(model.get("token")), TOKENS.indexOf(model.get("other"))];
  }

  function update() {
    const now = snapshots[model.get("snapshot")];
    const ends = fitted(now);
    token.select.value = model.get("token");
    other.select.value = model.get("other");
    way.update();
    verdict.textContent = `${inDistance()} ${inNeighbours()}`;
    order.textContent = inOrder();
    showRows(now);
    showMap(now, ends.window);
    showTable(now, ends.farthest);
  }

  function fitted({ points: places, apart, farthest }) {
    if (zoom.select.value === ZOOMS.nothing) return all;
    if (zoom.select.value === ZOOMS.all) return { window: windowOf(places), farthest };
    return {
      window: windowOf(DIGITS.map((digit) => places[digit])),
      farthest: farthestOf(apart, DIGITS),
    };
  }

  function showRows(now) {
    const both = chosen().map((id) => now.rows[id]);
    const fits = zoom.select.value !== ZOOMS.nothing;
    const largest = (fits ? Math.max(...both.flat().map(Math.abs)) : all.largest) || 1;
    chosen().forEach((id, place) => {
      rows[place].show(both[place], {
        largest,
        caption: `Row of ${spoken(id)}. A full bar is ${fine(largest)}`,
      });
    });
  }

  function showMap(now, { centre, half }) {
    const [one, two] = chosen();
    points.forEach(({ group }, id) => {
      group.classList.toggle("chosen", id === one);
      group.classList.toggle("other", id === two && id !== one);
    });
    const places = now.points.map(([x, y]) => [
      MIDDLE[0] + ((x - centre[0]) / half) * REACH,
      MIDDLE[1] - ((y - centre[1]) / half) * REACH,
    ]);
    places.forEach(([x, y], id) => {
      const inside = x > 0 && x < 300 && y > 0 && y < FLOOR - 20;
      points[id].group.setAttribute("visibility", inside ? "visible" : "hidden");
    });
    places.forEach((place, id) => {
      const away = places.filter((_, k) => k !== id).map(([x, y]) =>
        Math.hypot(x - place[0], y - place[1])
      );
      points[id].room.setAttribute("r", Math.min(ROOM, ...away.map((far) => far / 2)));
    });
    const names = namePlaces(places);
    glide(places.map((place, id) => [...place, ...names[id]]));
    const long = roundLength(half * 0.8);
    const end = 12 + (long / half) * REACH;
    bar.setAttribute("d", `M12 ${FLOOR - 4}v4H${end}v-4`);
    length.setAttribute("x", end + 6);
    length.textContent = `${Number(long.toPrecision(1))} long`;
    const epoch = epochs[model.get("snapshot")];
    const last = epochs.at(-1);
    const [first, second] = plane.share.map((share) => `${Math.round(100 * share)} %`);
    map.setAttribute(
      "aria-label",
      `Map of the tokens at epoch ${epoch}. ${inDistance()} ${inNeighbours()}`,
    );
    legend.textContent =
      "Map along two directions, the same at every epoch: those in which the rows spread most at " +
      `epoch ${last} (${first} and ${second} of the variance)` +
      (epoch === last ? ". " : `. At epoch ${epoch} they show ${Math.round(100 * now.share)} %. `) +
      {
        [ZOOMS.all]: "Zoomed in until the tokens fill the map. ",
        [ZOOMS.digits]: "Zoomed in until the digits fill the map; the others may lie outside. ",
        [ZOOMS.nothing]: "The same scale at every epoch. ",
      }[zoom.select.value] +
      "The line joins the digits in order.";
  }

  function showTable(now, farthest) {
    const [one, two] = chosen();
    scale.textContent =
      `Distances at epoch ${epochs[model.get("snapshot")]}. Dark is near; the lightest colour ` +
      `stands for ${fine(farthest)}${zoom.select.value === ZOOMS.digits ? " and more" : ""}.`;
    cells.forEach((line, row) => {
      lines[row].classList.toggle("chosen", row === one);
      heads[row].classList.toggle("chosen", row === two);
      line.forEach(({ cell, value }, column) => {
        const apart = now.apart[row][column];
        const { background, ink } = shade(apart / (farthest || 1));
        cell.style.background = background;
        cell.style.color = ink;
        cell.title = `${spoken(row)} and ${spoken(column)}: ${fine(apart)}`;
        cell.classList.toggle("chosen", row === one && column === two);
        value.textContent = rounded(apart, apart < 9.95 ? 2 : 1);
      });
    });
  }

  function inDistance() {
    const { apart } = snapshots[model.get("snapshot")];
    const [one, two] = chosen();
    if (one === two) return `Distance of ${spoken(one)} from itself: 0.`;
    const [first, second] = one < two ? [one, two] : [two, one];
    return `Distance of ${spoken(first)} and ${spoken(second)}: ${fine(apart[one][two])}.`;
  }

  function inNeighbours() {
    const { apart } = snapshots[model.get("snapshot")];
    const [one] = chosen();
    const near = TOKENS.map((_, id) => id)
      .filter((id) => id !== one)
      .sort((a, b) => apart[one][a] - apart[one][b]);
    return `Nearest to ${spoken(one)} is ${spoken(near[0])} (${fine(apart[one][near[0]])}).`;
  }

  function inOrder() {
    const { order: correlation } = snapshots[model.get("snapshot")];
    return (
      "Rank correlation of difference and distance, for the 45 pairs of digits: " +
      `${correlation === null ? "none, all distances are the same" : rounded(correlation)}.`
    );
  }

  function inWords() {
    return `Epoch ${epochs[model.get("snapshot")]}. ${verdict.textContent} ${inOrder()}`;
  }

  function change() {
    update();
    way.announce();
  }

  const traits = ["snapshot", "token", "other"];
  for (const trait of traits) model.on(`change:${trait}`, change);
  update();
  said.textContent = inWords(); // a line that stands empty is not listened to
  return () => {
    way.stop();
    cancelAnimationFrame(gliding);
    for (const trait of traits) model.off(`change:${trait}`, change);
  };
}

export default { render };
