// A model that learns in the page: settings, curves, a map of the embedding, answers to the reader's
// problems. The work is done by a worker; see training_worker.js.

import workerText from "./training_worker.js" with { type: "text" };
import { announcer, button, choice, drawn, element, frame, percent, rounded } from "./parts.js";
import { ALLOWED, TOKENS, normalProblem, solve } from "./problems.js";
import { littleEndian } from "./packing.js";
import { coordinates, principalPlane } from "./geometry.js";

const GUESSING = Math.log(TOKENS.length); // what it costs to give all tokens the same probability
const HUSH = 4000; // milliseconds between two things that are read out

// What the reader may choose, by trait: the label, and the values with their names.
const CHOICES = {
  task: ["Task", { arithmetic: "0 to 99, + and -", sums: "0 to 99, +" }],
  units: ["Units", named([8, 16, 32, 64, 96, 128])],
  embedding_dim: ["Embedding", named([2, 3, 5, 8, 16])],
  reverse: ["Reads and writes", { true: "back to front", false: "front to back" }],
  masked_loss: ["Loss", { true: "up to EOS", false: "all five steps" }],
  schedule: ["Schedule", { "one-cycle": "one cycle", constant: "constant" }],
  learning_rate: ["Rate", named([0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3])],
  weight_decay: ["Weight decay", named([0, 0.01, 0.03, 0.1, 0.3])],
  batch_size: ["Batch", named([32, 64, 128, 256, 512])],
  epochs: ["Epochs", named([2, 4, 8, 12, 24, 48, 100])],
  seed: ["Seed", named([0, 1, 2, 3, 4])],
};
const KERNELS = { fast: "WebAssembly", plain: "JavaScript" };

// Of a chart and of the map: the size, and where the axes end.
const WIDTH = 340;
const HEIGHT = 200;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 330, 8, 164];
const MAP = 260;

function named(values) {
  return Object.fromEntries(values.map((value) => [value, String(value)]));
}

/** The problems of the training and of the held-out part, from two bits each (see training_lab.py). */
function partsOf(packed, operators) {
  const bytes = littleEndian(packed, 1, "getUint8");
  const train = [];
  const heldOut = [];
  let number = 0;
  for (const operator of operators) {
    for (let left = 0; left < 100; left++) {
      for (let right = 0; right < 100; right++, number++) {
        const part = (bytes[number >> 2] >> (2 * (number & 3))) & 3;
        if (part === 0) train.push(`${left}${operator}${right}`);
        if (part === 1) heldOut.push(`${left}${operator}${right}`);
      }
    }
  }
  return { train, heldOut };
}

/** A chart over the epochs; `marks` are the labelled values of its upright axis, which ends at `top`. */
function chart({ marks, top, level }) {
  const y = (value) => BOTTOM - (Math.min(value, top) / top) * (BOTTOM - TOP);
  const x = (share) => LEFT + share * (RIGHT - LEFT);
  const end = drawn("text", { x: RIGHT, y: BOTTOM + 16, "text-anchor": "end" });
  const still = [
    drawn("path", { class: "axes", d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` }),
    ...marks.flatMap(([value, name]) => [
      drawn("path", { class: "axes", d: `M${LEFT - 4} ${y(value)}h4` }),
      drawn("text", { x: LEFT - 7, y: y(value) + 4, "text-anchor": "end" }, name),
    ]),
    drawn("text", { x: LEFT, y: BOTTOM + 16, "text-anchor": "middle" }, "0"),
    drawn("text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 30, "text-anchor": "middle" }, "epoch"),
    end,
  ];
  if (level !== undefined) {
    still.push(drawn("path", { class: "level", d: `M${LEFT} ${y(level)}H${RIGHT}` }));
  }
  const lines = drawn("g");
  const picture = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, ...still, lines);
  return {
    picture,
    /** Draw lines of points [share of the way, value], each in a class, and say what they show. */
    show(all, epochs, words) {
      end.textContent = epochs;
      lines.replaceChildren(
        ...all.map(({ points, kind }) =>
          drawn("polyline", {
            class: `line ${kind}`,
            points: points.map(([share, value]) => `${x(share).toFixed(1)},${y(value).toFixed(1)}`).join(" "),
          }),
        ),
      );
      picture.setAttribute("aria-label", words);
    },
  };
}

/** The map: a point for each token, and a line through the digits. */
function map() {
  const way = drawn("polyline", { class: "way" });
  const names = TOKENS.map((name) =>
    drawn("text", { class: name.length > 1 || Number.isNaN(Number(name)) ? "sign" : "digit", "text-anchor": "middle" }, name),
  );
  const picture = drawn("svg", { viewBox: `0 0 ${MAP} ${MAP}`, role: "img" }, way, ...names);
  let plane;
  return {
    picture,
    show(numbers) {
      const columns = numbers.length / TOKENS.length;
      const rows = TOKENS.map((_, id) => Array.from(numbers.subarray(id * columns, (id + 1) * columns)));
      plane = principalPlane(rows, plane);
      const points = coordinates(rows, plane);
      const reach = Math.max(...points.flat().map(Math.abs)) || 1;
      const places = points.map(([a, b]) => [
        MAP / 2 + (a / reach) * (MAP / 2 - 22), MAP / 2 - (b / reach) * (MAP / 2 - 22),
      ]);
      way.setAttribute("points", places.slice(0, 10).map((place) => place.map((v) => v.toFixed(1)).join(",")).join(" "));
      names.forEach((name, id) => {
        name.setAttribute("x", places[id][0].toFixed(1));
        name.setAttribute("y", (places[id][1] + 4).toFixed(1));
      });
      picture.setAttribute(
        "aria-label",
        `Map of the ${TOKENS.length} tokens with a line through the digits from 0 to 9.`,
      );
    },
  };
}

/** A share of what can be counted: here none is none, and all is all. */
function counted(share) {
  return share === 0 || share === 1 ? `${100 * share} %` : percent(share);
}

function render({ model, el }) {
  const said = announcer();
  const settings = new Map();
  const fields = element("div", { class: "fields" });
  for (const [trait, [label, options]] of Object.entries(CHOICES)) {
    const value = String(model.get(trait));
    const all = value in options ? options : { [value]: value, ...options };
    const keys = Object.keys(all);
    const made = choice(label, Object.values(all), (name) => {
      const key = keys.find((each) => all[each] === name);
      const given = model.get(trait);
      model.set(trait, typeof given === "string" ? key : JSON.parse(key));
      model.save_changes();
      reset();
    });
    made.select.value = all[value];
    settings.set(trait, made.select);
    fields.append(made.whole);
  }
  const kernels = choice("Computed by", Object.values(KERNELS), () => reset());
  fields.append(kernels.whole);

  // The five problems.
  const rows = model.get("watched").map((problem, number) => {
    const input = element("input", {
      type: "text", value: problem, "aria-label": `Problem ${number + 1}`, spellcheck: "false",
      change: () => ask(number),
    });
    return {
      input, problem, right: element("td"), answer: element("td", { class: "answer" }), verdict: element("td"),
    };
  });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const table = element(
    "table",
    {},
    element("caption", {}, "Your problems. Change one, and see what the model makes of it."),
    element(
      "thead",
      {},
      element(
        "tr", {},
        ...["problem", "right", "written", ""].map((name) => (name ? element("th", { scope: "col" }, name) : element("td"))),
      ),
    ),
    element(
      "tbody",
      {},
      ...rows.map((row) => element("tr", {}, element("td", {}, row.input), row.right, row.answer, row.verdict)),
    ),
  );

  // Curves and map.
  const losses = chart({
    marks: [0, 0.5, 1, 1.5, 2, 2.5].map((value) => [value, String(value)]),
    top: 2.8,
    level: GUESSING,
  });
  const shares = chart({ marks: [0, 25, 50, 75, 100].map((value) => [value / 100, `${value} %`]), top: 1.03 });
  const places = map();

  const train = button("Train", () => (going ? pause() : go()));
  train.classList.add("main");
  const step = button("One batch", () => order({ order: "step" }));
  const again = button("Reset", () => reset());
  const keep = button("Keep these curves", () => {
    kept = run;
    reset();
  });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Progress of the training" });
  const words = element("p", { class: "words" });
  const root = frame(
    "Training lab",
    "training-lab",
    fields,
    element("div", { class: "buttons" }, train, step, again, keep),
    bar,
    words,
    element(
      "div",
      { class: "views" },
      element(
        "figure", {}, losses.picture,
        element("figcaption", {}, `Loss per token. Solid: held-out part. Dashed: training. Dotted: log ${TOKENS.length}, what guessing costs.`),
      ),
      element(
        "figure", {}, shares.picture,
        element("figcaption", {}, "Right in the held-out part. Solid: whole answers. Dashed: tokens. Thin: the curves you kept."),
      ),
      element("figure", { class: "map" }, places.picture, element("figcaption", {}, "The embedding, in the two directions in which it spreads most.")),
      element("div", {}, table, complaint),
    ),
    said,
  );
  el.append(root);

  let worker;
  let going = false;
  let run = emptyRun();
  let kept;
  let spoken = -Infinity;

  function emptyRun() {
    return { number: Math.random(), training: [], examined: [], epochs: model.get("epochs") };
  }

  /** Tell the worker; the first order starts it, with a model of the settings. */
  function order(message) {
    if (worker === undefined) {
      const address = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
      try {
        worker = new Worker(address);
      } catch {
        words.textContent = "This browser starts no worker from a page, so nothing can be trained here.";
        return;
      } finally {
        URL.revokeObjectURL(address);
      }
      worker.onmessage = ({ data }) => hear(data);
      worker.onerror = () => failed("The training has stopped: the browser gave it no memory, or no time.");
      begin();
    }
    worker.postMessage(message);
  }

  function begin() {
    const task = model.get("task");
    const [packed, operators] = model.get("parts")[task];
    run = emptyRun();
    worker.postMessage({
      order: "start",
      settings: {
        run: run.number,
        units: model.get("units"),
        embeddingDim: model.get("embedding_dim"),
        reverse: model.get("reverse"),
        masked: model.get("masked_loss"),
        learningRate: model.get("learning_rate"),
        schedule: model.get("schedule"),
        weightDecay: model.get("weight_decay"),
        batch: model.get("batch_size"),
        epochs: model.get("epochs"),
        seed: model.get("seed"),
        fast: kernels.select.value === KERNELS.fast,
      },
      ...partsOf(packed, operators),
      watched: rows.map(({ problem }) => problem),
    });
  }

  function go() {
    if (run.over) reset();
    order({ order: "go" });
  }

  function pause() {
    order({ order: "pause" });
  }

  /** Forget the run; the next one begins with new weights. */
  function reset() {
    worker?.terminate();
    worker = undefined;
    going = false;
    run = emptyRun();
    update();
  }

  function failed(reason) {
    reset();
    words.textContent = reason;
    said.textContent = reason;
  }

  function hear(data) {
    if (data.news === "failed") return failed(`The training has stopped: ${data.reason}`);
    if (data.run !== run.number) return;
    const share = data.updates / data.of;
    if (data.loss !== undefined) run.training.push([share, data.loss]);
    if (data.measured) run.examined.push({ share, ...data.measured });
    if (data.weights) run.weights = data.weights;
    Object.assign(run, data);
    going = data.going;
    update();
    if (!going || performance.now() - spoken > HUSH) {
      spoken = performance.now();
      said.textContent = words.textContent;
    }
  }

  function ask(number) {
    const row = rows[number];
    const problem = normalProblem(row.input.value);
    row.input.setAttribute("aria-invalid", problem === null);
    complaint.textContent = problem === null ? ALLOWED : "";
    if (problem === null) return;
    row.problem = row.input.value = problem;
    model.set("watched", rows.map((each) => each.problem));
    model.save_changes();
    if (worker !== undefined) worker.postMessage({ order: "watch", watched: rows.map((each) => each.problem) });
    update();
  }

  function inWords() {
    const last = run.examined.at(-1);
    if (last === undefined) return "The model has random weights. Press Train.";
    const speed = run.problems / (run.seconds || 1);
    const left = ((run.of - run.updates) * run.seconds) / (run.updates || 1);
    const how = run.over
      ? `Trained in ${rounded(run.seconds, 1)} s, ${Math.round(speed).toLocaleString("en")} problems a second.`
      : run.updates === 0
        ? "Nothing learned yet."
        : `Epoch ${run.epoch} of ${run.epochs}: ${Math.round(speed).toLocaleString("en")} problems a second, ${Math.ceil(left)} s left.`;
    return (
      `${how} Of the held-out part, ${counted(last.exactMatch)} of the whole answers are right, ` +
      `${counted(last.tokenAccuracy)} of the tokens; the loss is ${rounded(last.loss, 3)}.`
    );
  }

  function curves(of, thin) {
    const kind = thin ? "kept" : "";
    return {
      loss: [
        { kind: `training ${kind}`, points: of.training },
        { kind, points: of.examined.map(({ share, loss }) => [share, loss]) },
      ],
      right: [
        { kind: `tokens ${kind}`, points: of.examined.map(({ share, tokenAccuracy }) => [share, tokenAccuracy]) },
        { kind, points: of.examined.map(({ share, exactMatch }) => [share, exactMatch]) },
      ],
    };
  }

  function update() {
    train.textContent = going ? "Pause" : run.updates > 0 && !run.over ? "Go on" : "Train";
    step.disabled = going || run.over === true;
    again.disabled = run.examined.length === 0;
    keep.disabled = going || run.examined.length < 2;
    bar.value = run.updates ? run.updates / run.of : 0;
    words.textContent = inWords();
    const now = curves(run, false);
    const before = kept ? curves(kept, true) : { loss: [], right: [] };
    const last = run.examined.at(-1);
    const all = last ? `; now ${rounded(last.loss, 3)}` : "";
    losses.show([...before.loss, ...now.loss], run.epochs, `Loss per token over the epochs${all}.`);
    shares.show(
      [...before.right, ...now.right],
      run.epochs,
      `Whole answers and tokens right over the epochs${last ? `; now ${counted(last.exactMatch)} and ${counted(last.tokenAccuracy)}` : ""}.`,
    );
    if (run.embedding) places.show(run.embedding);
    rows.forEach((row, number) => {
      const right = solve(row.problem);
      const written = run.answers?.[number];
      row.right.textContent = right;
      row.answer.textContent = written ?? "";
      row.verdict.textContent = written === undefined ? "" : written === right ? "\u2713 right" : "\u2717 wrong";
      row.verdict.className = written === right ? "" : "wrong";
    });
  }

  update();
  said.textContent = words.textContent;
  return () => worker?.terminate();
}

export default { render };
