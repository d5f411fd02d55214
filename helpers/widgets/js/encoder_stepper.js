// The encoder, one token at a time, and where its state goes on a map of context vectors. The numbers
// come from Keras where there is a kernel, and from the weights in the page where there is none.

import { coordinates } from "./ui/geometry.js";
import {
  announcer,
  asker,
  drawn,
  element,
  frame,
  numbersSwitch,
  percent,
  rounded,
  showSwitch,
  strip,
} from "./ui/parts.js";
import { backToFront, PROBLEM_LENGTH, solve, TOKENS, unfamiliar } from "./domain/problems.js";
import { chosenModel, reading } from "./nn/seq2seq.js";
import { question, stepTable, walk } from "./ui/stepping.js";

const GATES = [
  ["update", "Update gate", "how much of the old state is kept"],
  ["reset", "Reset gate", "how much of the old state is looked at for the candidate"],
];

function compute(model) {
  const { record, network } = chosenModel(model);
  return { model: record.name, ...reading(network, model.get("problem"), record.reverse) };
}

function initialize({ model }) {
  if (!model.get("kernel")) model.set("reading", compute(model));
}

function render({ model, el }) {
  const said = announcer();
  const silence = element("p", { class: "complaint", role: "alert" });
  const about = element("p", { class: "about" });
  const { ask, stop } = asker(model, "reading", compute, silence);
  const { parts, show: showProblem, ready, stop: forget } = question(model, "Read it", begin);
  const { buttons, go, pause, isPlaying, show: showWay } = walk(model, PROBLEM_LENGTH, {
    ready,
    restart: () => begin({}),
  });
  const table = stepTable(PROBLEM_LENGTH, ["reads"], go);

  function begin(change) {
    pause();
    ask({ ...change, step: 0 });
  }

  // One time step from the inside.
  const heading = element("p", { class: "heading" });
  const embedding = strip("Embedding");
  const before = strip("State before");
  const gates = GATES.map(([name, title, meaning]) => {
    const bars = strip(`${title}: ${meaning}`);
    bars.whole.classList.add("gate");
    const words = element("p", { class: "about" });
    return { name, bars, words };
  });
  const candidate = strip("Candidate: what takes the place of all that is not kept");
  const between = element(
    "p",
    { class: "about" },
    "The state after lies between the state before and the candidate.",
  );
  const opened = element(
    "div",
    { class: "gates" },
    element("p", { class: "about wait" }, "The gates appear with the first time step."),
    ...gates.flatMap(({ bars, words }) => [bars.whole, words]),
    candidate.whole,
    between,
  );
  const after = strip("State after");
  const map = contextMap();

  const root = frame(
    "Encoder stepper",
    "encoder-stepper",
    ...parts,
    about,
    element("div", { class: "buttons" }, ...buttons),
    silence,
    table.whole,
    element(
      "div",
      { class: "step" },
      element(
        "div",
        { class: "inside" },
        heading,
        embedding.whole,
        before.whole,
        opened,
        after.whole,
      ),
      map.whole,
    ),
    said,
  );
  root
    .querySelector(".buttons")
    .append(numbersSwitch(root), showSwitch(root, "Show the gates", "with-gates"));
  el.append(root);

  function update() {
    const seen = model.get("reading");
    const step = model.get("step");
    showProblem(seen.problem);
    const { trainedOn } = chosenModel(model, seen.model).record;
    const order = seen.reverse
      ? `This model reads back to front: it reads ${backToFront(seen.problem)}.`
      : "";
    const strange = unfamiliar(seen.problem, trainedOn, "do not count on its place on the map");
    about.textContent = [order, strange].filter(Boolean).join(" ");
    table.show(step);
    showWay(step);
    table.cells.forEach(([token], place) => {
      token.textContent = TOKENS[seen.steps[place].token];
      token.classList.toggle("done", place < step);
    });
    showStep(seen, step);
    const plane = model.get("maps").find(({ name }) => name === seen.model);
    const where = map.show(plane, seen, step);
    said.textContent = isPlaying() ? heading.textContent : `${heading.textContent}. ${where}`;
  }

  function showStep(seen, step) {
    const one = step === 0 ? null : seen.steps[step - 1];
    const token = TOKENS[(one ?? seen.steps[0]).token];
    heading.textContent = one
      ? `Time step ${step} of ${PROBLEM_LENGTH}: ${token} goes in`
      : `No time step taken yet. Next, ${token} goes in`;
    for (const { whole } of [embedding, after]) whole.hidden = one === null;
    opened.classList.toggle("unread", one === null);
    before.show((one ?? seen.steps[0]).before, {
      caption: step < 2 ? "State before: nothing read, all zeros" : "State before",
    });
    if (one === null) return;
    const largest = Math.max(...seen.steps.flatMap((each) => Array.from(each.embedding, Math.abs)));
    embedding.show(one.embedding, { largest, caption: `Embedding of ${token}` });
    for (const { name, bars, words } of gates) {
      const open = Array.from(one[name]).filter((share) => share > 0.5).length;
      bars.show(one[name]);
      words.textContent = `It is above 0.5 in ${open} of ${one[name].length} units.`;
    }
    candidate.show(one.candidate);
    after.show(one.after, {
      caption: step === PROBLEM_LENGTH ? "State after: the context vector" : "State after",
    });
  }

  const changes = ["reading", "step", "maps"].map((name) => `change:${name}`);
  for (const change of changes) model.on(change, update);
  update();
  return () => {
    pause();
    stop();
    forget();
    for (const change of changes) model.off(change, update);
  };
}

// The map of context vectors. Lengths are those of the drawing, which is as wide as the page allows.
const WIDTH = 400;
const HEIGHT = 330;
const PLOT = { left: 44, right: 392, top: 10, bottom: 282 };

/** A drawing of dots, and of one point that moves among them. */
function contextMap() {
  const axes = drawn("g", { class: "axes" });
  const dots = drawn("g", { class: "dots" });
  const path = drawn("polyline", { class: "path" });
  const visited = drawn("g", { class: "visited" });
  const point = drawn("circle", { class: "point", r: 8 });
  const name = drawn("text", { class: "name", y: -13 });
  const here = drawn("g", { class: "here" }, point, name);
  const picture = drawn(
    "svg",
    { class: "map", role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    axes,
    dots,
    path,
    visited,
    here,
  );
  const scale = element("p", { class: "scale" });
  const legend = element("p", { class: "about" });
  const words = element("p");
  let drawnFor;

  return {
    whole: element("div", { class: "outcome" }, picture, scale, legend, words),

    /** Draw the way of the state up to `step`; return in words where it is. */
    show(plane, seen, step) {
      const states = [seen.steps[0].before, ...seen.steps.map((one) => one.after)];
      const way = coordinates(states.map((state) => Array.from(state)), plane);
      const at = viewOf([...plane.points, ...way]);
      const answers = plane.problems.map((problem) => Number(solve(problem)));
      const [least, most] = [Math.min(...answers), Math.max(...answers)];
      const share = (answer) => (most === least ? 0.5 : (answer - least) / (most - least));

      if (drawnFor !== seen) {
        drawnFor = seen;
        showAxes(at, plane.share);
        dots.replaceChildren(
          ...plane.points.map((place, k) => dot(at(place), share(answers[k]), plane.problems[k])),
        );
      }
      path.setAttribute(
        "points",
        way.slice(0, step + 1).map((place) => at(place).join()).join(" "),
      );
      visited.replaceChildren(
        ...way.slice(0, step).map((place, k) => {
          const [x, y] = at(place);
          const title = drawn("title", {}, k === 0 ? "start" : `after time step ${k}`);
          return drawn("circle", { cx: x, cy: y, r: 3.5 }, title);
        }),
      );
      const [x, y] = at(way[step]);
      here.style.transform = `translate(${x}px, ${y}px)`;
      name.textContent = step === 0 ? "start" : TOKENS[seen.steps[step - 1].token];

      const marks = [0, 0.25, 0.5, 0.75, 1].map((part) =>
        Math.round(least + part * (most - least))
      );
      scale.replaceChildren(
        "Answer ",
        ...[...new Set(marks)].map((answer) =>
          element(
            "span",
            {},
            drawn(
              "svg",
              { viewBox: "-6 -6 12 12", "aria-hidden": "true" },
              dot([0, 0], share(answer)),
            ),
            rounded(answer, 0),
          )
        ),
      );
      legend.textContent =
        `Each dot is the context vector of a ${plane.heldOut ? "held-out " : ""}problem, ` +
        `${plane.problems.length} in all. The large point is the state now, the line its way.`;
      const where = whereabouts(way[step], [x, y], plane, step);
      words.textContent = where;
      picture.setAttribute(
        "aria-label",
        `Map of ${plane.problems.length} context vectors along two components, which hold ` +
          `${percent(plane.share[0])} and ${
            percent(plane.share[1])
          } of the variance. Their answers ` +
          `go from ${rounded(least, 0)} to ${rounded(most, 0)}. ${where}`,
      );
      return where;
    },
  };

  function showAxes(at, share) {
    const middle = (PLOT.top + PLOT.bottom) / 2;
    const across = ticks(at.from[0], at.to[0]).flatMap((value) => {
      const [x] = at([value, 0]);
      return [
        drawn("line", { x1: x, x2: x, y1: PLOT.bottom, y2: PLOT.bottom + 4 }),
        drawn("text", { x, y: PLOT.bottom + 17, class: "across" }, rounded(value, 0)),
      ];
    });
    const upward = ticks(at.from[1], at.to[1]).flatMap((value) => {
      const [, y] = at([0, value]);
      return [
        drawn("line", { x1: PLOT.left - 4, x2: PLOT.left, y1: y, y2: y }),
        drawn("text", { x: PLOT.left - 7, y: y + 4, class: "upward" }, rounded(value, 0)),
      ];
    });
    axes.replaceChildren(
      drawn("path", { d: `M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}` }),
      ...across,
      ...upward,
      drawn(
        "text",
        { x: (PLOT.left + PLOT.right) / 2, y: HEIGHT - 8, class: "across" },
        `component 1 (${percent(share[0])} of the variance)`,
      ),
      drawn(
        "text",
        { x: 0, y: 0, class: "across", transform: `translate(13 ${middle}) rotate(-90)` },
        `component 2 (${percent(share[1])})`,
      ),
    );
  }
}

/** A dot whose colour and size say how large the answer is: `share` is 0 for the least, 1 for the most. */
function dot([x, y], share, problem) {
  const made = drawn("circle", { cx: x, cy: y, r: 2 + 2.5 * share, class: "dot" });
  made.style.setProperty("--share", share);
  if (problem) made.append(drawn("title", {}, `${problem} = ${solve(problem)}`));
  return made;
}

/** From places to the plot, in which all `places` find room; one unit is as long on either axis. */
function viewOf(places) {
  const bounds = [0, 1].map((axis) => {
    const values = places.map((place) => place[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const room = [PLOT.right - PLOT.left - 24, PLOT.bottom - PLOT.top - 24];
  const length = Math.min(...bounds.map(([least, most], axis) => room[axis] / (most - least || 1)));
  const [x, y] = bounds.map(([least, most]) => (least + most) / 2);
  const centre = [(PLOT.left + PLOT.right) / 2, (PLOT.top + PLOT.bottom) / 2];
  const at = (place) => [centre[0] + (place[0] - x) * length, centre[1] - (place[1] - y) * length];
  at.from = [x - (centre[0] - PLOT.left) / length, y - (PLOT.bottom - centre[1]) / length];
  at.to = [x + (PLOT.right - centre[0]) / length, y + (centre[1] - PLOT.top) / length];
  return at;
}

/** Whole numbers on an axis, six at most. */
function ticks(from, to) {
  const apart = [1, 2, 5, 10, 20, 50].find((step) => (to - from) / step <= 6) ?? to - from;
  const first = Math.ceil(from / apart);
  const count = Math.floor(to / apart) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, k) => (first + k) * apart);
}

/** A sentence or two: where the state is on the map, and next to which answers. */
function whereabouts(place, [x, y], { points, problems }, step) {
  const third = (value, from, to, names) =>
    names[Math.min(Math.max(Math.floor((3 * (value - from)) / (to - from)), 0), 2)];
  const column = third(x, PLOT.left, PLOT.right, ["left", "middle", "right"]);
  const row = third(y, PLOT.top, PLOT.bottom, ["top", "middle", "bottom"]);
  const side = column === row ? "in the middle" : `${row} ${column}`;
  const numbers = place.map((value) => rounded(value, 1)).join(" and ");
  const where = `On the map the state is at ${numbers}, ${side}.`;
  if (step < PROBLEM_LENGTH) return where;
  const nearest = points
    .map((other, k) => [Math.hypot(other[0] - place[0], other[1] - place[1]), problems[k]])
    .sort(([a], [b]) => a - b)
    .slice(0, 3)
    .map(([, problem]) => `${problem} = ${solve(problem)}`);
  return `${where} The nearest dots are ${nearest.slice(0, 2).join(", ")} and ${nearest[2]}.`;
}

export default { initialize, render };
