// The encoder, one token at a time, and where its state goes on a map of context vectors. The numbers
// come from Keras where there is a kernel, and from the weights in the page where there is none.

import { say } from "./domain/say.js";
import { learnedBy } from "./domain/task.js";
import { reading } from "./nn/seq2seq.js";
import { answersOf, heading, mapInWords, mapLegend, note } from "./state/encoder_stepper.js";
import { openness, ticks, wayOf, whereabouts } from "./state/encoder_stepper.js";
import { projection, through } from "./ui/map.js";
import { announcer, asker, drawn, element, frame, numbersSwitch } from "./ui/parts.js";
import { percent, rounded, setAll, showSwitch, strip } from "./ui/parts.js";
import { question, recordOf, stepTable, walk } from "./ui/stepping.js";

/** @import { Task } from "./domain/task.js" */
/** @import { Reading } from "./nn/seq2seq.js" */
/** @import { ContextMap, Seen } from "./state/encoder_stepper.js" */
/** @import { Point, Projection } from "./ui/map.js" */
/** @import { Model, View } from "./ui/parts.js" */
/** @import { Traits as Stepping } from "./ui/stepping.js" */

/** @typedef {Reading & { model: string }} Read with the name of the model that has read */
/** @typedef {Stepping & { reading: Read, maps: ContextMap[] }} Traits */

/** @param {Model<Traits>} model */
function compute(model) {
  const record = recordOf(model);
  return { model: record.name, ...reading(record, model.get("problem")) };
}

/** @param {{ model: Model<Traits> }} view */
function initialize({ model }) {
  if (!model.get("kernel")) model.set("reading", compute(model));
}

/** @param {View<Traits>} view */
function render({ model, el }) {
  const said = announcer();
  const silence = element("p", { class: "complaint", role: "alert" });
  const about = element("p", { class: "about" });
  const { ask, stop } = asker(model, "reading", compute, silence);
  const asked = question(model, say("Read it"), begin);
  const way = walk(model, {
    last: () => model.get("reading").steps.length,
    ready: asked.ready,
    restart: () => begin({}),
  });
  const table = stepTable([say("reads")], way.go);
  const inside = stepInside();
  const map = contextMap();
  const root = frame(
    say("Encoder stepper"),
    "encoder-stepper",
    ...asked.parts,
    about,
    element("div", { class: "buttons" }, ...way.buttons),
    silence,
    table.whole,
    element("div", { class: "step" }, inside.whole, map.whole),
    said,
  );
  root
    .querySelector(".buttons")
    ?.append(numbersSwitch(root), showSwitch(root, say("Show the gates"), "with-gates"));
  el.append(root);

  /** @param {Partial<Traits>} change */
  function begin(change) {
    way.pause();
    ask({ ...change, step: 0 });
  }

  function update() {
    const { model: name, ...read } = model.get("reading");
    const seen = { ...read, ...learnedBy(recordOf(model, name)) };
    const step = model.get("step");
    asked.show(seen.problem);
    about.textContent = note(seen);
    table.show(step, seen.steps.length);
    way.show(step);
    table.places.forEach(({ cells: [token] }, place) => {
      token.textContent = seen.task.tokens[seen.steps[place].token];
      token.classList.toggle("done", place < step);
    });
    inside.show(seen, step);
    const here = model.get("maps").find((map) => map.name === name);
    const where = here === undefined ? "" : map.show(here, seen, step);
    const title = heading(seen, step);
    said.textContent = way.isPlaying() ? title : say("{title}. {where}", { title, where });
  }

  const changes = ["reading", "step", "maps"].map((name) => `change:${name}`);
  for (const change of changes) model.on(change, update);
  update();
  return () => {
    way.pause();
    stop();
    asked.stop();
    for (const change of changes) model.off(change, update);
  };
}

/** One time step from the inside. */
function stepInside() {
  const title = element("p", { class: "heading" });
  const [embedding, before, after] = [strip(), strip(), strip()];
  const gates = gateStrips();
  const { whole: row } = embedding;
  return {
    whole: element("div", { class: "inside" }, title, row, before.whole, gates.whole, after.whole),
    /**
     * @param {Seen} seen
     * @param {number} step
     */
    show(seen, step) {
      const one = step === 0 ? null : seen.steps[step - 1];
      title.textContent = heading(seen, step);
      for (const { whole } of [embedding, after]) whole.hidden = one === null;
      before.show((one ?? seen.steps[0]).before, {
        caption: step < 2 ? say("State before: nothing read, all zeros") : say("State before"),
      });
      gates.show(one);
      if (one === null) return;
      const largest = Math.max(
        ...seen.steps.flatMap((each) => Array.from(each.embedding, Math.abs)),
      );
      embedding.show(one.embedding, {
        largest,
        caption: say("Embedding of {token}", { token: seen.task.tokens[one.token] }),
      });
      after.show(one.after, {
        caption: step === seen.steps.length
          ? say("State after: the context vector")
          : say("State after"),
      });
    },
  };
}

/** The gates of a time step, and its candidate. */
function gateStrips() {
  const names = /** @type {const} */ ([
    ["update", say("Update gate: how much of the old state is kept")],
    ["reset", say("Reset gate: how much of the old state is looked at for the candidate")],
  ]);
  const gates = names.map(([name, title]) => {
    const bars = strip(title);
    bars.whole.classList.add("gate");
    return { name, bars, words: element("p", { class: "about" }) };
  });
  const candidate = strip(say("Candidate: what takes the place of all that is not kept"));
  const between = say("The state after lies between the state before and the candidate.");
  const whole = element(
    "div",
    { class: "gates" },
    element("p", { class: "about wait" }, say("The gates appear with the first time step.")),
    ...gates.flatMap(({ bars, words }) => [bars.whole, words]),
    candidate.whole,
    element("p", { class: "about" }, between),
  );
  return {
    whole,
    /** @param {Reading["steps"][number] | null} one */
    show(one) {
      whole.classList.toggle("unread", one === null);
      if (one === null) return;
      for (const { name, bars, words } of gates) {
        bars.show(one[name]);
        words.textContent = openness(one[name]);
      }
      candidate.show(one.candidate);
    },
  };
}

// The map of context vectors. Lengths are those of the drawing, which is as wide as the page allows.
const WIDTH = 400;
const HEIGHT = 330;
const PLOT = { left: 44, right: 392, top: 10, bottom: 282 };
const MARGIN = 12; // between the edge of the plot and the points
const INSIDE = {
  left: PLOT.left + MARGIN,
  right: PLOT.right - MARGIN,
  top: PLOT.top + MARGIN,
  bottom: PLOT.bottom - MARGIN,
};

/** A drawing of dots, and of one point that moves among them. */
function contextMap() {
  const axes = drawn("g", { class: "axes" });
  const dots = drawn("g", { class: "dots" });
  const path = drawn("polyline", { class: "path" });
  const visited = drawn("g", { class: "visited" });
  const name = drawn("text", { class: "name", y: -13 });
  const here = drawn("g", { class: "here" }, drawn("circle", { class: "point", r: 8 }), name);
  const box = { class: "map", role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}` };
  const picture = drawn("svg", box, axes, dots, path, visited, here);
  const scale = element("p", { class: "scale" });
  const legend = element("p", { class: "about" });
  const words = element("p");
  /** @type {Reading["steps"] | undefined} */
  let drawnFor;

  return {
    whole: element("div", { class: "outcome" }, picture, scale, legend, words),

    /**
     * Draw the way of the state up to `step`; return in words where it is.
     *
     * @param {ContextMap} map
     * @param {Seen} seen
     * @param {number} step
     */
    show(map, seen, step) {
      const way = wayOf(seen, map);
      const projected = projection([...map.points, ...way], INSIDE);
      const places = way.map(projected.at);
      if (drawnFor !== seen.steps) {
        drawnFor = seen.steps;
        axes.replaceChildren(...axesOf(projected, map.share));
        dots.replaceChildren(...dotsOf(map, seen.task, projected));
        scale.replaceChildren(`${say("Answer")} `, ...scaleOf(map, seen.task));
        legend.textContent = mapLegend(map);
      }
      path.setAttribute("points", through(places.slice(0, step + 1)));
      visited.replaceChildren(...places.slice(0, step).map(visit));
      here.style.transform = `translate(${places[step].map((part) => `${part}px`).join(", ")})`;
      name.textContent = step === 0 ? say("start") : seen.task.tokens[seen.steps[step - 1].token];
      const where = whereabouts(way[step], places[step], PLOT, map, seen, step);
      words.textContent = where;
      picture.setAttribute("aria-label", mapInWords(map, seen.task, where));
      return where;
    },
  };
}

/**
 * A place where the state has been.
 *
 * @param {Point} place
 * @param {number} step
 */
function visit([cx, cy], step) {
  const title = step === 0 ? say("start") : say("after time step {step}", { step });
  return drawn("circle", { cx, cy, r: 3.5 }, drawn("title", {}, title));
}

/**
 * @param {ContextMap} map
 * @param {Task} task
 * @param {Projection} projected
 */
function dotsOf(map, task, { at }) {
  const { answers, share } = answersOf(map, task);
  return map.points.map((point, k) => {
    const made = dot(at(point), share(answers[k]));
    made.append(drawn("title", {}, `${map.problems[k]} = ${answers[k]}`));
    return made;
  });
}

/**
 * @param {ContextMap} map
 * @param {Task} task
 */
function scaleOf(map, task) {
  const { marks, share } = answersOf(map, task);
  return marks.map((answer) => {
    const box = { viewBox: "-6 -6 12 12", "aria-hidden": "true" };
    return element("span", {}, drawn("svg", box, dot([0, 0], share(answer))), rounded(answer, 0));
  });
}

/**
 * A dot whose colour and size say how large the answer is: `share` is 0 for the least, 1 for the most.
 *
 * @param {Point} place
 * @param {number} share
 */
function dot([cx, cy], share) {
  const made = drawn("circle", { cx, cy, r: 2 + 2.5 * share, class: "dot" });
  made.style.setProperty("--share", String(share));
  return made;
}

/**
 * The axes of the map, with whole numbers.
 *
 * @param {Projection} projected
 * @param {number[]} share
 */
function axesOf({ at, of }, share) {
  const { left, right, top, bottom } = PLOT;
  const [from, to] = [of([left, bottom]), of([right, top])];
  const across = ticks(from[0], to[0]).flatMap((value) => {
    const [x] = at([value, 0]);
    return [
      drawn("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4 }),
      drawn("text", { x, y: bottom + 17, class: "across" }, rounded(value, 0)),
    ];
  });
  const upward = ticks(from[1], to[1]).flatMap((value) => {
    const [, y] = at([0, value]);
    return [
      drawn("line", { x1: left - 4, x2: left, y1: y, y2: y }),
      drawn("text", { x: left - 7, y: y + 4, class: "upward" }, rounded(value, 0)),
    ];
  });
  const below = drawn("text", { x: (left + right) / 2, y: HEIGHT - 8, class: "across" });
  const [first, second] = share.map(percent);
  below.textContent = say("component 1 ({share} of the variance)", { share: first });
  const beside = drawn("text", { x: 0, y: 0, class: "across" });
  setAll(beside, { transform: `translate(13 ${(top + bottom) / 2}) rotate(-90)` });
  beside.textContent = say("component 2 ({share})", { share: second });
  const frame = drawn("path", { d: `M${left} ${top}V${bottom}H${right}` });
  return [frame, ...across, ...upward, below, beside];
}

export default { initialize, render };
