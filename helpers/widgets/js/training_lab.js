// A model that learns in the page: settings, curves, a map of the embedding, answers to the reader's
// problems. The work is done by a worker; see worker.js.

import workerText from "./worker.js" with { type: "text" };
import { announcer, button, choice, drawn, element, frame, percent, rounded } from "./ui/parts.js";
import { coordinates, principalPlane } from "./ui/geometry.js";
import { NO_MODEL, read, record, written } from "./domain/model_file.js";
import { ALLOWED, normalProblem, solve, TOKENS, unfamiliar } from "./domain/problems.js";

const GUESSING = Math.log(TOKENS.length); // what it costs to give all tokens the same probability
const HUSH = 4000; // milliseconds between two times that progress is read out

// What the reader may choose, by trait: the label, and the values with their names.
const CHOICES = {
  task: ["Task", { arithmetic: "0 to 99, + and -", sums: "0 to 99, +" }],
  units: ["Units", named([8, 16, 32, 64, 96, 128])],
  embedding_dim: ["Embedding", named([2, 3, 5, 8, 16])],
  reverse: ["Reads and writes", { true: "back to front", false: "front to back" }],
  masked_loss: ["Loss", { true: "up to EOS", false: "all five steps" }],
  schedule: ["Schedule", { "warmup-cosine": "warm-up, cosine", constant: "constant" }],
  learning_rate: ["Rate", named([0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3])],
  weight_decay: ["Weight decay", named([0, 0.01, 0.03, 0.1, 0.3])],
  batch_size: ["Batch", named([32, 64, 128, 256, 512])],
  epochs: ["Epochs", named([2, 4, 8, 12, 24, 48, 100])],
  seed: ["Seed", named([0, 1, 2, 3, 4])],
};
const SHAPE = ["units", "embedding_dim", "reverse"]; // what a model that is opened says itself
const FAST = "WebAssembly";
const PLAIN = "JavaScript";
const KEEP = "Keep these curves";
const LARGEST = 128; // units of a model that the lab opens
const NO_WORKER = "This browser starts no worker from this page, so nothing can be trained here.";

// Of a chart and of the map: the size, and where the axes end.
const WIDTH = 340;
const HEIGHT = 200;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 330, 8, 164];
const MAP = 260;

function named(values) {
  return Object.fromEntries(values.map((value) => [value, String(value)]));
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
            points: points.map(([share, value]) => `${x(share).toFixed(1)},${y(value).toFixed(1)}`)
              .join(" "),
          })
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
    drawn("text", {
      class: name.length > 1 || Number.isNaN(Number(name)) ? "sign" : "digit",
      "text-anchor": "middle",
    }, name)
  );
  const tokens = drawn("g", {}, way, ...names);
  const none = drawn(
    "text",
    { class: "none", x: MAP / 2, y: MAP / 2, "text-anchor": "middle" },
    "no weights yet",
  );
  const picture = drawn("svg", { viewBox: `0 0 ${MAP} ${MAP}`, role: "img" });
  let plane;
  return {
    picture,
    /** Draw the numbers of the embedding, axes (token, embedding_dim), if there are any. */
    show(numbers) {
      picture.replaceChildren(numbers ? tokens : none);
      if (!numbers) {
        plane = undefined;
        picture.setAttribute("aria-label", "Map of the tokens: no weights yet.");
        return;
      }
      const columns = numbers.length / TOKENS.length;
      const rows = TOKENS.map((_, id) =>
        Array.from(numbers.subarray(id * columns, (id + 1) * columns))
      );
      plane = principalPlane(rows, plane);
      const points = coordinates(rows, plane);
      const [across, upward] = [0, 1].map((axis) => extent(points.map((point) => point[axis])));
      const scale = (MAP - 44) / (Math.max(across.length, upward.length) || 1);
      const places = points.map(([a, b]) => [
        MAP / 2 + (a - across.middle) * scale,
        MAP / 2 - (b - upward.middle) * scale,
      ]);
      way.setAttribute(
        "points",
        places.slice(0, 10).map((place) => place.map((v) => v.toFixed(1)).join(",")).join(" "),
      );
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

function extent(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return { middle: (least + most) / 2, length: most - least };
}

/** The settings: a select for each trait in `CHOICES`, and one for what computes. */
function settingsOf(model, changed) {
  const selects = Object.entries(CHOICES).map(([trait, [label, options]]) => {
    const names = { ...options };
    const made = choice(label, Object.values(names), (name) => {
      const key = Object.keys(names).find((each) => names[each] === name);
      model.set(trait, typeof model.get(trait) === "string" ? key : JSON.parse(key));
      model.save_changes();
    });
    const show = () => {
      const value = String(model.get(trait));
      if (!(value in names)) {
        names[value] = value;
        made.select.append(element("option", { value }, value));
      }
      made.select.value = names[value];
    };
    show();
    return { label, trait, show, ...made };
  });
  const computedBy = choice("Computed by", [FAST, PLAIN], changed);
  const all = [...selects, { label: "Computed by", ...computedBy }];
  return {
    whole: element("div", { class: "fields" }, ...all.map(({ whole }) => whole)),
    selects,
    get fast() {
      return computedBy.select.value === FAST;
    },
    /** What is chosen, by label. */
    get chosen() {
      return Object.fromEntries(all.map(({ label, select }) => [label, select.value]));
    },
  };
}

/** The table of the reader's problems. */
function problemTable(model) {
  const complaint = element("p", { class: "complaint", role: "alert" });
  const note = element("p", { class: "about" });
  const rows = model.get("watched").map((_, number) => {
    const input = element("input", {
      type: "text",
      "aria-label": `Problem ${number + 1}`,
      spellcheck: "false",
      change: () => put(number),
    });
    return {
      input,
      right: element("td"),
      answer: element("td", { class: "answer" }),
      verdict: element("td"),
    };
  });

  function put(number) {
    const { input } = rows[number];
    const problem = normalProblem(input.value);
    input.setAttribute("aria-invalid", problem === null);
    const wrong = rows.some((row) => row.input.getAttribute("aria-invalid") === "true");
    complaint.textContent = wrong ? ALLOWED : "";
    if (problem === null) return;
    input.value = problem;
    model.set(
      "watched",
      model.get("watched").map((old, place) => (place === number ? problem : old)),
    );
    model.save_changes();
  }

  const heads = ["problem", "right", "written"].map((name) =>
    element("th", { scope: "col" }, name)
  );
  const table = element(
    "table",
    {},
    element("caption", {}, "Your problems. Change one, and see what the model makes of it."),
    element("thead", {}, element("tr", {}, ...heads, element("td"))),
    element(
      "tbody",
      {},
      ...rows.map(({ input, right, answer, verdict }) =>
        element("tr", {}, element("td", {}, input), right, answer, verdict)
      ),
    ),
  );
  return {
    whole: element("div", {}, table, complaint, note),
    /** Show the answers, by problem, of a model that was trained on problems like those of `trainedOn`. */
    show(answers, trainedOn) {
      note.textContent = model
        .get("watched")
        .map((problem) => unfamiliar(problem, trainedOn, "do not count on the answer"))
        .find(Boolean) ?? "";
      rows.forEach(({ input, right, answer, verdict }, number) => {
        const problem = model.get("watched")[number];
        const wanted = solve(problem);
        const given = answers?.[problem];
        if (input.getAttribute("aria-invalid") !== "true" && document.activeElement !== input) {
          input.value = problem;
        }
        right.textContent = wanted;
        answer.textContent = given ?? "";
        verdict.textContent = given === undefined
          ? ""
          : given === wanted
          ? "\u2713 right"
          : "\u2717 wrong";
        verdict.className = given === wanted ? "" : "wrong";
      });
    },
  };
}

/** A button that does nothing while it is `aria-disabled`, and keeps the focus meanwhile. */
function able(text, act) {
  return button(text, ({ currentTarget }) => {
    if (currentTarget.getAttribute("aria-disabled") !== "true") act();
  });
}

/** A share of what can be counted: here none is none, and all is all. */
function counted(share) {
  return share === 0 || share === 1 ? `${100 * share} %` : percent(share);
}

function render({ model, el }) {
  const said = announcer();
  const settings = settingsOf(model, reset);
  const asked = problemTable(model);
  const losses = chart({
    marks: [0, 0.5, 1, 1.5, 2, 2.5].map((value) => [value, String(value)]),
    top: 2.8,
    level: GUESSING,
  });
  const shares = chart({
    marks: [0, 25, 50, 75, 100].map((value) => [value / 100, `${value} %`]),
    top: 1.03,
  });
  const places = map();

  const train = able("Train", () => (run.going ? pause() : go()));
  train.classList.add("main");
  const step = able("One batch", () => order({ order: "step" }));
  const again = able("Reset", reset);
  const keep = able(KEEP, () => {
    kept = canBeKept() ? run : undefined;
    if (kept) reset();
    else update();
  });
  const save = able("Save the model", download);
  const file = element("input", { type: "file", accept: ".json,application/json", change: open });
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Progress of the training" });
  const words = element("p", { class: "words" });
  const keptWords = element("p", { class: "about" });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const root = frame(
    "Training lab",
    "training-lab",
    settings.whole,
    element("div", { class: "buttons" }, train, step, again, keep),
    bar,
    words,
    complaint,
    keptWords,
    element(
      "div",
      { class: "views" },
      element(
        "figure",
        {},
        losses.picture,
        element(
          "figcaption",
          {},
          `Loss per token. Solid: validation part. Dashed: training part. Dotted: log ${TOKENS.length}, what guessing costs.`,
        ),
      ),
      element(
        "figure",
        {},
        shares.picture,
        element(
          "figcaption",
          {},
          "Right in the validation part. Solid: whole answers, free-running. Dashed: tokens, with teacher forcing.",
        ),
      ),
      element(
        "figure",
        { class: "map" },
        places.picture,
        element("figcaption", {}, "The embedding, in the two directions in which it spreads most."),
      ),
      asked.whole,
    ),
    element(
      "div",
      { class: "buttons" },
      save,
      element("label", { class: "field file" }, element("span", {}, "Open a model"), file),
    ),
    said,
  );
  el.append(root);

  let worker;
  let run = newRun();
  let kept;
  let spoken = -Infinity;

  function newRun() {
    return {
      number: Math.random(),
      training: [],
      examined: [],
      epochs: model.get("epochs"),
      chosen: settings.chosen,
    };
  }

  function canBeKept() {
    return !run.going && run.examined.length > 1;
  }

  /** Tell the worker; the first order starts it, with a model of the settings. */
  function order(message) {
    if (run.keras) reset();
    if (worker === undefined && !hire()) return;
    worker.postMessage(message);
  }

  /** Start a worker, with random weights or those given; false if the browser refuses at once. */
  function hire(weights) {
    const address = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
    try {
      worker = new Worker(address);
    } catch {
      doWithout();
      return false;
    } finally {
      URL.revokeObjectURL(address);
    }
    const hired = worker;
    let ready = false;
    worker.onmessage = ({ data }) => {
      ready = true; // that it is, is the first that it says
      if (worker === hired) hear(data);
    };
    worker.onerror = () => {
      if (worker !== hired) return;
      if (ready) fail("The browser has ended it, perhaps for want of memory.");
      else doWithout();
    };
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
        fast: settings.fast,
      },
      parts: model.get("parts")[model.get("task")],
      watched: model.get("watched"),
      weights,
    });
    return true;
  }

  /** Say that there is no worker, and be as before. */
  function doWithout() {
    reset();
    complaint.textContent = NO_WORKER;
  }

  function go() {
    if (run.over) reset();
    complaint.textContent = "";
    if (run.updates === undefined) words.textContent = "Getting ready\u2026";
    order({ order: "go" });
  }

  function pause() {
    words.textContent = "Pausing\u2026";
    order({ order: "pause" });
  }

  /** Forget the run; the next one begins with new weights. */
  function reset() {
    worker?.terminate();
    worker = undefined;
    complaint.textContent = "";
    run = newRun();
    update();
    said.textContent = words.textContent;
  }

  /** Begin anew after a change of a setting; with the model that was opened, if it still fits. */
  function change(trait) {
    const { opened } = run;
    reset();
    if (opened && !SHAPE.includes(trait)) use(opened);
  }

  /** End the run and say why. What is seen stays. */
  function fail(reason) {
    worker?.terminate();
    worker = undefined;
    Object.assign(run, { going: false, over: true, failed: true, answers: undefined });
    update();
    complaint.textContent = `The training has stopped. ${reason}`;
  }

  function hear(data) {
    if (data.news === "failed") return fail(data.reason);
    if (data.run !== run.number) return;
    const share = data.updates / data.of;
    if (data.loss !== undefined) run.training.push([share, data.loss]);
    if (data.measured) run.examined.push({ share, ...data.measured });
    Object.assign(run, data);
    update();
    if (data.weights && !run.going && run.updates > 0) setTimeout(handOn); // when this is drawn
    if (!run.going || performance.now() - spoken > HUSH) {
      spoken = performance.now();
      said.textContent = words.textContent;
    }
  }

  /** Ask what the model answers to other problems. */
  function watch() {
    worker?.postMessage({ order: "watch", watched: model.get("watched") });
    update();
  }

  /** What Keras trains in Python. */
  function hearKeras() {
    const fit = model.get("fit");
    if (!fit.of) return;
    if (!run.keras) reset();
    run = {
      ...run,
      ...fit,
      keras: true,
      chosen: { "Computed by": "Keras" },
      embedding: Float32Array.from(fit.embedding),
    };
    update();
  }

  /** The model as it is now, for the stepper of the page, for Python and for a file. */
  function trained() {
    return record(run.weights, {
      embeddingDim: model.get("embedding_dim"),
      units: model.get("units"),
      reverse: model.get("reverse"),
      trainedOn: trainedOn(),
    });
  }

  function trainedOn() {
    if (run.opened && !run.updates) return run.opened.model.trainedOn;
    const [, operators] = model.get("parts")[model.get("task")];
    return { largest: 99, operators };
  }

  function handOn() {
    if (!run.weights) return; // it was reset meanwhile
    const detail = trained();
    model.set("trained", detail);
    model.save_changes();
    document.dispatchEvent(new CustomEvent("model-trained", { detail }));
  }

  function download() {
    const address = URL.createObjectURL(
      new Blob([written(trained())], { type: "application/json" }),
    );
    element("a", { href: address, download: "model.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  async function open() {
    const [chosen] = file.files;
    if (!chosen) return;
    const found = read(await chosen.text().catch(() => ""));
    file.value = ""; // the same file can be opened once more
    if (found === null) {
      complaint.textContent = NO_MODEL;
      return;
    }
    const { units, embeddingDim, reverse } = found.model;
    if (units % 8 || units > LARGEST) {
      complaint.textContent =
        `The lab opens models whose units are a multiple of 8, up to ${LARGEST}; this one has ${units}.`;
      return;
    }
    model.set("units", units);
    model.set("embedding_dim", embeddingDim);
    model.set("reverse", reverse);
    model.save_changes();
    reset();
    use(found);
  }

  /** Begin with a model that was read from a file. */
  function use(opened) {
    Object.assign(run, { opened, weights: opened.weights });
    handOn();
    hire(opened.weights);
  }

  function inWords() {
    const last = run.examined.at(-1);
    if (last === undefined) {
      return "No run has begun. Press Train: the model starts from random weights.";
    }
    const speed = run.problems / (run.seconds || 1);
    const pace = `${Math.round(speed).toLocaleString("en")} problems a second`;
    const who = run.keras ? "Keras, in Python. " : "";
    const left = Math.ceil(((run.of - run.updates) * run.batchSize) / speed);
    const how = run.failed
      ? "Stopped."
      : run.over
      ? `${who}Trained in ${rounded(run.seconds, 1)} s, ${pace}.`
      : run.updates > 0 && speed > 0
      ? `${who}Epoch ${run.epoch} of ${run.epochs}: ${pace}${run.going ? `, ${left} s left` : ""}.`
      : run.opened
      ? "The model of the file. Train goes on with it."
      : `${who}Nothing learned yet.`;
    const plain = run.fast === false && settings.fast
      ? " This browser has no WebAssembly for it: JavaScript computes."
      : "";
    return (
      `${how} Of the validation part, ${
        counted(last.exactMatch)
      } of the whole answers are right, ` +
      `${counted(last.tokenAccuracy)} of the tokens; the loss is ${rounded(last.loss, 3)}.${plain}`
    );
  }

  /** What was kept, and in what it differs from the settings now. */
  function keptInWords() {
    if (!kept) return "";
    const { exactMatch } = kept.examined.at(-1);
    const others = Object.entries(kept.chosen)
      .filter(([label, value]) => settings.chosen[label] !== value)
      .map(([label, value]) => `${label} ${value}`);
    return (
      `Thin, the run you kept: ${counted(exactMatch)} of the whole answers after ${
        rounded(kept.seconds, 1)
      } s` +
      `${others.length ? `; ${others.join(", ")}` : ", with the same settings"}.`
    );
  }

  /** The curves of a run, over an axis of `epochs`. */
  function curves(of, epochs, kind) {
    const at = (share) => (share * of.epochs) / epochs;
    const measured = (name) => of.examined.map((one) => [at(one.share), one[name]]);
    return {
      loss: [
        { kind: `training ${kind}`, points: of.training.map(([share, loss]) => [at(share), loss]) },
        { kind, points: measured("loss") },
      ],
      right: [
        { kind: `tokens ${kind}`, points: measured("tokenAccuracy") },
        { kind, points: measured("exactMatch") },
      ],
    };
  }

  function update() {
    const busy = run.keras && run.going;
    train.textContent = run.going ? "Pause" : run.updates > 0 && !run.over ? "Go on" : "Train";
    keep.textContent = kept && !canBeKept() ? "Remove the kept curves" : KEEP;
    for (
      const [one, off] of [
        [train, busy],
        [step, run.going || run.over],
        [again, busy || run.examined.length === 0],
        [keep, !kept && !canBeKept()],
        [save, run.going || run.failed || run.keras || !run.weights],
      ]
    ) {
      one.setAttribute("aria-disabled", Boolean(off));
    }
    bar.value = run.updates ? run.updates / run.of : 0;
    words.textContent = inWords();
    keptWords.textContent = keptInWords();
    const epochs = Math.max(run.epochs, kept?.epochs ?? 0);
    const now = curves(run, epochs, "");
    const before = kept ? curves(kept, epochs, "kept") : { loss: [], right: [] };
    const last = run.examined.at(-1);
    losses.show(
      [...before.loss, ...now.loss],
      epochs,
      `Loss per token over the epochs${last ? `; now ${rounded(last.loss, 3)}` : ""}.`,
    );
    shares.show(
      [...before.right, ...now.right],
      epochs,
      `Whole answers and tokens right over the epochs${
        last ? `; now ${counted(last.exactMatch)} and ${counted(last.tokenAccuracy)}` : ""
      }.`,
    );
    places.show(run.embedding);
    asked.show(run.answers, trainedOn());
  }

  const listeners = [
    ...settings.selects.map((
      { trait, show },
    ) => [`change:${trait}`, () => (show(), change(trait))]),
    ["change:watched", watch],
    ["change:fit", hearKeras],
  ];
  for (const [event, listener] of listeners) model.on(event, listener);
  update();
  hearKeras();
  said.textContent = words.textContent;
  return () => {
    worker?.terminate();
    for (const [event, listener] of listeners) model.off(event, listener);
  };
}

export default { render };
