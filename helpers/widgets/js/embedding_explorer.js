// The rows of an embedding matrix, their distances and a map of them, on the way through training.

import { say } from "./domain/say.js";
import { fine, fitOf, fitOfAll, inOrder, mapLegend } from "./state/embedding_explorer.js";
import { namePlaces, placed, shade, snapshotsOf, spoken } from "./state/embedding_explorer.js";
import { tableLegend, verdict, zooms } from "./state/embedding_explorer.js";
import { through } from "./ui/map.js";
import { announcer, choice, drawn, element, frame, numbersSwitch } from "./ui/parts.js";
import { pairs, rounded, setAll, strip } from "./ui/parts.js";
import { timeline } from "./ui/timeline.js";

/** @import { Packed } from "./domain/packing.js" */
/** @import { Fit, Snapshot, Zoom } from "./state/embedding_explorer.js" */
/** @import { Plane } from "./ui/geometry.js" */
/** @import { Point } from "./ui/map.js" */
/** @import { View } from "./ui/parts.js" */

/**
 * @typedef {object} Traits
 * @property {string[]} tokens in the order of their ids
 * @property {number[]} epochs
 * @property {Packed[]} matrices
 * @property {Plane & { share: number[] }} plane
 * @property {number} snapshot
 * @property {string} token
 * @property {string} other
 */

/** @typedef {[number, number]} Chosen the ids of the two tokens */
/** @typedef {(changes: { token: string, other?: string }) => void} Picker */

const PACE = 500; // milliseconds between two snapshots while it plays
const GLIDE = 300; // milliseconds in which a point moves to its next place

// Of the map: its size, where the points are to lie, the line on which its scale stands, and how far
// from a point a click still is a click on it.
const WIDTH = 300;
const HEIGHT = 304;
const BOX = { left: 26, right: 258, top: 22, bottom: 254 };
const FLOOR = 298;
const ROOM = 12;

/** @param {View<Traits>} view */
function render({ model, el }) {
  const epochs = model.get("epochs");
  const plane = model.get("plane");
  const tokens = model.get("tokens");
  const snapshots = snapshotsOf(epochs, model.get("matrices"), plane, tokens);
  const all = fitOfAll(snapshots);
  const now = () => snapshots[model.get("snapshot")];
  const said = announcer();
  const words = () => {
    const epoch = say("Epoch {epoch}.", { epoch: now().epoch });
    return `${epoch} ${verdict(now(), chosen())} ${inOrder(now())}`;
  };
  const way = timeline(model, { pace: PACE, said, words });
  const token = choice(say("Token"), pairs(tokens), (name) => pick({ token: name }));
  const other = choice(say("compared with"), pairs(tokens), (name) => pick({ other: name }));
  const zoom = choice(say("Zoom in on"), zooms(), update);
  const rows = rowStrips(snapshots[0].rows[0].length);
  const map = tokenMap(snapshots[0], pick);
  const table = distanceTable(tokens, pick);
  const judged = element("p", { class: "verdict" });
  const order = element("p", {});
  const fields = element("div", { class: "fields" }, token.whole, other.whole, zoom.whole);
  const root = frame(
    say("Embedding explorer"),
    "embedding-explorer",
    fields,
    rows.whole,
    way.whole,
    judged,
    order,
    element("div", { class: "views" }, map.whole, table.whole),
    said,
  );
  const numbers = numbersSwitch(root);
  fields.append(numbers);
  numbers.addEventListener("change", () => table.widen(root.classList.contains("with-numbers")));
  el.append(root);

  /** @param {Partial<Pick<Traits, "token" | "other">>} changes */
  function pick({ token, other }) {
    if (token !== undefined) model.set("token", token);
    if (other !== undefined) model.set("other", other);
    model.save_changes();
  }

  /** @returns {Chosen} */
  function chosen() {
    return [tokens.indexOf(model.get("token")), tokens.indexOf(model.get("other"))];
  }

  function update() {
    const ids = chosen();
    const zoomed = /** @type {Zoom} */ (zoom.select.value);
    const fit = fitOf(now(), zoomed, ids, all);
    token.select.value = model.get("token");
    other.select.value = model.get("other");
    way.update();
    judged.textContent = verdict(now(), ids);
    order.textContent = inOrder(now());
    rows.show(now(), ids, fit);
    map.show(now(), ids, fit, mapLegend(now(), zoomed, plane.share, epochs[epochs.length - 1]));
    table.show(now(), ids, fit, tableLegend(now(), zoomed, fit));
  }

  function change() {
    update();
    way.announce();
  }

  const traits = ["snapshot", "token", "other"];
  for (const trait of traits) model.on(`change:${trait}`, change);
  update();
  said.textContent = words(); // a line that stands empty is not listened to
  return () => {
    way.stop();
    map.stop();
    for (const trait of traits) model.off(`change:${trait}`, change);
  };
}

/**
 * The rows of two tokens.
 *
 * @param {number} columns
 */
function rowStrips(columns) {
  const rows = [strip(), strip()];
  for (const { whole } of rows) whole.style.setProperty("--columns", String(columns));
  return {
    whole: element("div", { class: "rows" }, ...rows.map(({ whole }) => whole)),
    /**
     * @param {Snapshot} now
     * @param {Chosen} chosen
     * @param {Fit} fit
     */
    show(now, chosen, { largest }) {
      chosen.forEach((id, place) => {
        const caption = say("Row of {token}. A full bar is {number}", {
          token: spoken(now.tokens[id]),
          number: fine(largest),
        });
        rows[place].show(now.rows[id], { largest, caption });
      });
    },
  };
}

/**
 * The map of the tokens.
 *
 * @param {Pick<Snapshot, "tokens" | "digits">} shown
 * @param {Picker} pick
 */
function tokenMap({ tokens, digits }, pick) {
  const line = drawn("polyline", { class: "digits" });
  const link = drawn("line", { class: "link" });
  const points = tokens.map((name, id) =>
    tokenPoint(name, digits.includes(id), () => pick({ token: name }))
  );
  const bar = drawn("path", { class: "scale" });
  const length = drawn("text", { class: "length", y: FLOOR - 6 });
  const groups = points.map(({ group }) => group);
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" };
  const picture = drawn("svg", box, line, link, ...groups, bar, length);
  const caption = element("figcaption");
  /** @type {Chosen} */
  let chosen = [0, 0];

  const motion = gliding((places) => {
    line.setAttribute("points", through(digits.map((digit) => places[digit].slice(0, 2))));
    points.forEach(({ group, text }, id) => {
      const [x, y, right, down] = places[id];
      group.setAttribute("transform", `translate(${x} ${y})`);
      setAll(text, { x: right, y: down + 4.5 });
    });
    const [from, to] = chosen.map((id) => places[id]);
    setAll(link, { x1: from[0], y1: from[1], x2: to[0], y2: to[1] });
  });

  return {
    whole: element("figure", { class: "map" }, picture, caption),
    stop: motion.stop,
    /**
     * @param {Snapshot} now
     * @param {Chosen} ids
     * @param {Fit} fit
     * @param {string} legend
     */
    show(now, ids, fit, legend) {
      chosen = ids;
      const { places, rooms, bar: scale } = placed(now, fit, BOX);
      points.forEach(({ group, room }, id) => {
        const [x, y] = places[id];
        const inside = x > 0 && x < WIDTH && y > 0 && y < FLOOR - 20;
        group.setAttribute("visibility", inside ? "visible" : "hidden");
        group.classList.toggle("chosen", id === ids[0]);
        group.classList.toggle("other", id === ids[1] && id !== ids[0]);
        room.setAttribute("r", String(Math.min(ROOM, rooms[id])));
      });
      const names = namePlaces(places, now);
      motion.to(places.map((place, id) => [...place, ...names[id]]));
      bar.setAttribute("d", `M12 ${FLOOR - 4}v4h${scale.drawn}v-4`);
      length.setAttribute("x", String(12 + scale.drawn + 6));
      length.textContent = say("{length} long", {
        length: Number(scale.length.toPrecision(1)),
      });
      const title = say("Map of the tokens at epoch {epoch}.", { epoch: now.epoch });
      picture.setAttribute("aria-label", `${title} ${verdict(now, ids)}`);
      caption.textContent = legend;
    },
  };
}

/**
 * A token on the map: a mark, its name, a ring for when it is chosen, and room around it to click on.
 *
 * @param {string} name
 * @param {boolean} isDigit
 * @param {() => void} act
 */
function tokenPoint(name, isDigit, act) {
  const mark = isDigit
    ? drawn("circle", { class: "mark", r: 4.5 })
    : drawn("rect", { class: "mark", x: -4, y: -4, width: 8, height: 8 });
  const text = drawn("text", { "text-anchor": "middle" }, name);
  const room = drawn("circle", { class: "room" });
  const ring = drawn("circle", { class: "ring", r: 9 });
  const kind = { class: `point ${isDigit ? "digit" : "sign"}` };
  const group = drawn("g", kind, room, ring, mark, text);
  group.addEventListener("click", act);
  return { group, text, room };
}

/**
 * Let numbers glide to others, and `draw` them on the way; at once for readers who want less motion.
 *
 * @param {(numbers: number[][]) => void} draw
 */
function gliding(draw) {
  /** @type {number[][] | undefined} */
  let seen;
  /** @type {number} */
  let frame;
  return {
    stop: () => cancelAnimationFrame(frame),
    /** @param {number[][]} ends */
    to(ends) {
      cancelAnimationFrame(frame);
      const from = seen;
      if (from === undefined || matchMedia("(prefers-reduced-motion: reduce)").matches) {
        seen = ends;
        draw(seen);
        return;
      }
      const begin = performance.now();
      const move = (/** @type {number} */ time) => {
        const share = Math.min(Math.max((time - begin) / GLIDE, 0), 1);
        seen = ends.map((row, id) =>
          row.map((end, k) => from[id][k] + share * (end - from[id][k]))
        );
        draw(seen);
        if (share < 1) frame = requestAnimationFrame(move);
      };
      frame = requestAnimationFrame(move);
    },
  };
}

/**
 * The distances of the tokens.
 *
 * @param {string[]} tokens
 * @param {Picker} pick
 */
function distanceTable(tokens, pick) {
  const heads = tokens.map((name) =>
    element("th", { scope: "col", class: name.length > 1 && "long" }, element("span", {}, name))
  );
  const cells = tokens.map((row) =>
    tokens.map((column) => {
      const value = element("span", { class: "value" });
      const cell = element("td", { click: () => pick({ token: row, other: column }) }, value);
      return { cell, value };
    })
  );
  const lines = tokens.map((name, id) => {
    const head = element("th", { scope: "row", click: () => pick({ token: name }) }, name);
    return element("tr", {}, head, ...cells[id].map(({ cell }) => cell));
  });
  const caption = element("figcaption");
  const head = element("thead", {}, element("tr", {}, element("td"), ...heads));
  const body = element("tbody", {}, ...lines);
  const table = element("table", { "aria-label": say("Distances") }, head, body);
  const wide = { class: "scroller", role: "group", "aria-label": say("Wide table") };
  const scroller = element("div", wide, table);
  return {
    whole: element("figure", { class: "distances" }, scroller, caption),
    /**
     * With its numbers the table may be wider than the page: then the keyboard scrolls it.
     *
     * @param {boolean} withNumbers
     */
    widen(withNumbers) {
      if (withNumbers) scroller.setAttribute("tabindex", "0");
      else scroller.removeAttribute("tabindex");
    },
    /**
     * @param {Snapshot} now
     * @param {Chosen} chosen
     * @param {Fit} fit
     * @param {string} legend
     */
    show(now, [one, two], { farthest }, legend) {
      caption.textContent = legend;
      cells.forEach((line, row) => {
        lines[row].classList.toggle("chosen", row === one);
        heads[row].classList.toggle("chosen", row === two);
        line.forEach(({ cell, value }, column) => {
          const apart = now.apart[row][column];
          const { background, ink } = shade(apart / (farthest || 1));
          cell.style.background = background;
          cell.style.color = ink;
          cell.title = say("{first} and {second}: {distance}", {
            first: spoken(tokens[row]),
            second: spoken(tokens[column]),
            distance: fine(apart),
          });
          cell.classList.toggle("chosen", row === one && column === two);
          value.textContent = rounded(apart, apart < 9.95 ? 2 : 1);
        });
      });
    },
  };
}

export default { render };
