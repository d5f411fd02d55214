// What is seen of the training lab: settings, buttons, curves, a map of the embedding, and a table of
// the reader's problems.

import { say } from "../domain/say.js";
import { unfamiliar } from "../domain/task.js";
import { can, chartsInWords, choices, COMPUTED_BY, curves, FAST } from "../state/training_lab.js";
import { inWords, keptInWords, labels, legends, lossAxis, taskIn } from "../state/training_lab.js";
import { chart, PERCENT } from "./chart.js";
import { coordinates, principalPlane } from "./geometry.js";
import { projection, through } from "./map.js";
import { announcer, button, choice, drawn, element, frame, option, setAll } from "./parts.js";

/** @import { Learned } from "../domain/task.js" */
/** @import { Curve, Run } from "../state/training_lab.js" */
/** @import { Setting, Traits } from "../training_lab.js" */
/** @import { Plane } from "./geometry.js" */
/** @import { Model } from "./parts.js" */

// The charts: the size, and where the axes end. The map: where the tokens are to lie.
const BOX = { width: 340, height: 200, left: 46, right: 330, top: 8, bottom: 164 };
const MAP = 260;
const MAP_BOX = { left: 22, right: MAP - 22, top: 22, bottom: MAP - 22 };

/** The settings that are seen at once. */
const FIRST = ["task", "units"];

/**
 * What is seen of a lab.
 *
 * @param {Model<Traits>} model
 * @param {Record<"train" | "step" | "reset" | "keep" | "save", () => void>
 *   & { open: (file: File) => Promise<void> }} act
 */
export function labView(model, act) {
  const said = announcer();
  const settings = settingChoices(model, act.reset);
  const asked = problemTable(model);
  let views = learningViews(taskIn(model).tokens);
  const buttons = {
    train: able(say("Train"), act.train),
    step: able(say("One batch"), act.step),
    reset: able(say("Reset"), act.reset),
    keep: able("", act.keep),
    save: able(say("Save the model"), act.save),
  };
  buttons.train.classList.add("main");
  const { train, step, reset, keep, save } = buttons;
  const title = say("Progress of the training");
  const bar = element("progress", { max: 1, value: 0, "aria-label": title });
  const words = element("p", { class: "words" });
  const keptWords = element("p", { class: "about" });
  const complaint = element("p", { class: "complaint", role: "alert" });
  const seen = element("div", { class: "views" }, ...views.figures, asked.whole);
  const root = frame(
    say("Training lab"),
    "training-lab",
    settings.whole,
    element("div", { class: "buttons" }, train, step, reset, keep),
    bar,
    words,
    complaint,
    keptWords,
    seen,
    element("div", { class: "buttons" }, save, fileChoice(act.open)),
    said,
  );
  return {
    root,
    settings,
    /** @param {string} text */
    tell(text) {
      words.textContent = text;
    },
    /** @param {string} text */
    complain(text) {
      complaint.textContent = text;
    },
    /** Read out what stands there. */
    announce() {
      said.textContent = words.textContent;
    },
    /**
     * @param {Run} run
     * @param {Run | null} kept
     * @param {Learned} learned
     */
    show(run, kept, learned) {
      const { progress } = run;
      Object.entries(can(run, kept)).forEach(([name, is]) =>
        buttons[/** @type {keyof typeof buttons} */ (name)]
          .setAttribute("aria-disabled", String(!is))
      );
      const texts = labels(run, kept);
      train.textContent = texts.train;
      keep.textContent = texts.keep;
      bar.value = progress ? progress.updates / progress.of : 0;
      words.textContent = inWords(run, settings.isFast);
      keptWords.textContent = keptInWords(kept, settings.chosen);
      const { tokens } = learned.task;
      if (tokens.join() !== views.tokens.join()) {
        views = learningViews(tokens);
        seen.replaceChildren(...views.figures, asked.whole);
      }
      views.show(run, kept);
      asked.show(run.hasFailed ? undefined : progress?.answers, learned);
    },
  };
}

/**
 * A button that does nothing while it is `aria-disabled`, and keeps the focus meanwhile.
 *
 * @param {string} text
 * @param {() => void} act
 */
function able(text, act) {
  const made = button(text, () => {
    if (made.getAttribute("aria-disabled") !== "true") act();
  });
  return made;
}

/**
 * Where a file with a model is chosen.
 *
 * @param {(file: File) => Promise<void>} open
 */
function fileChoice(open) {
  const file = element("input", {
    type: "file",
    accept: ".json,application/json",
    change: async () => {
      const chosen = file.files?.[0];
      if (!chosen) return;
      await open(chosen);
      file.value = ""; // the same file can be opened once more
    },
  });
  return element("label", { class: "field file" }, element("span", {}, say("Open a model")), file);
}

/**
 * The settings: a select for each of `choices`, which are traits, and what computes.
 *
 * @param {Model<Traits>} model
 * @param {() => void} changed
 */
function settingChoices(model, changed) {
  const { [COMPUTED_BY]: by, ...offered } = choices();
  const traits = /** @type {Setting[]} */ (Object.keys(offered));
  const selects = traits.map((trait) => {
    const { label, options } = offered[trait];
    const isText = typeof model.get(trait) === "string";
    const made = choice(label, options, (value) => {
      model.set(trait, isText ? value : JSON.parse(value));
      model.save_changes();
    });
    return { trait, ...made };
  });
  const computedBy = choice(by.label, by.options, changed);
  const [first, others] = [
    selects.filter(({ trait }) => FIRST.includes(trait)),
    [...selects.filter(({ trait }) => !FIRST.includes(trait)), computedBy],
  ].map((group) => element("div", { class: "fields" }, ...group.map(({ whole }) => whole)));
  const more = element("details", {}, element("summary", {}, say("More settings")), others);

  /** Show what is chosen, also what the lab does not offer. */
  function show() {
    for (const { trait, select } of selects) {
      const value = String(model.get(trait));
      if (!Array.from(select.options).some((each) => each.value === value)) {
        select.append(option(value, value));
      }
      select.value = value;
    }
  }

  show();
  return {
    whole: element("div", {}, first, more),
    traits,
    show,
    get isFast() {
      return computedBy.select.value === FAST;
    },
    /**
     * What is chosen, by the ids of the settings.
     *
     * @returns {Record<string, string>}
     */
    get chosen() {
      const values = selects.map(({ trait, select }) => [trait, select.value]);
      return { ...Object.fromEntries(values), [COMPUTED_BY]: computedBy.select.value };
    },
  };
}

/**
 * The curves and the map.
 *
 * @param {string[]} tokens
 */
function learningViews(tokens) {
  const losses = curveChart(lossAxis(tokens));
  const shares = curveChart({ marks: PERCENT, top: 1.03 });
  const places = tokenMap(tokens);
  const { loss, right, map } = legends(tokens);
  return {
    tokens,
    figures: [
      element("figure", {}, losses.picture, element("figcaption", {}, loss)),
      element("figure", {}, shares.picture, element("figcaption", {}, right)),
      element("figure", { class: "map" }, places.picture, element("figcaption", {}, map)),
    ],
    /**
     * @param {Run} run
     * @param {Run | null} kept
     */
    show(run, kept) {
      const epochs = Math.max(run.epochs, kept?.epochs ?? 0);
      const now = curves(run, epochs, "");
      const before = curves(kept, epochs, "kept");
      const words = chartsInWords(run);
      losses.show([...before.loss, ...now.loss], epochs, words.loss);
      shares.show([...before.right, ...now.right], epochs, words.right);
      places.show(run.progress?.embedding);
    },
  };
}

/**
 * A chart over the epochs.
 *
 * @param {{ marks: [number, string][], top: number, level?: number }} upright
 */
function curveChart(upright) {
  const { picture, x, y, tick } = chart({ box: BOX, label: say("epoch"), ...upright });
  const end = tick(1, "", "end");
  const lines = drawn("g");
  picture.append(tick(0, "0"), end, lines);
  const line = (/** @type {Curve} */ { kind, points }) =>
    drawn("polyline", {
      class: `line ${kind}`,
      points: through(points.map(([share, value]) => [x(share), y(value)].map(short))),
    });
  return {
    picture,
    /**
     * Draw curves, and say what they show.
     *
     * @param {Curve[]} all
     * @param {number} epochs
     * @param {string} words
     */
    show(all, epochs, words) {
      end.textContent = String(epochs);
      lines.replaceChildren(...all.map(line));
      picture.setAttribute("aria-label", words);
    },
  };
}

/**
 * A place with one decimal.
 *
 * @param {number} value
 */
function short(value) {
  return Math.round(10 * value) / 10;
}

/**
 * The map: a point for each token, and a line through the digits.
 *
 * @param {string[]} tokens
 */
function tokenMap(tokens) {
  const way = drawn("polyline", { class: "way" });
  const digits = Array.from("0123456789", (digit) => tokens.indexOf(digit));
  const names = tokens.map((name, id) => {
    const kind = digits.includes(id) ? "digit" : "sign";
    return drawn("text", { class: kind, "text-anchor": "middle" }, name);
  });
  const points = drawn("g", {}, way, ...names);
  const centre = { x: MAP / 2, y: MAP / 2, "text-anchor": "middle" };
  const none = drawn("text", centre, say("no weights yet"));
  const box = { class: "chart", viewBox: `0 0 ${MAP} ${MAP}`, role: "img" };
  const picture = drawn("svg", box);
  /** @type {Plane | undefined} */
  let plane;

  /** @param {Float32Array} numbers */
  function draw(numbers) {
    const columns = numbers.length / tokens.length;
    const rows = tokens.map((_, id) =>
      Array.from(numbers.subarray(id * columns, (id + 1) * columns))
    );
    plane = principalPlane(rows, plane);
    const flat = coordinates(rows, plane);
    const { at } = projection(flat, MAP_BOX);
    const places = flat.map((point) => at(point).map(short));
    way.setAttribute("points", through(digits.map((id) => places[id])));
    names.forEach((name, id) => setAll(name, { x: places[id][0], y: places[id][1] + 4 }));
  }

  return {
    picture,
    /**
     * Draw the numbers of the embedding, axes (token, embedding_dim), if there are any.
     *
     * @param {Float32Array} [numbers]
     */
    show(numbers) {
      picture.replaceChildren(numbers ? points : none);
      if (numbers) draw(numbers);
      else plane = undefined;
      const words = numbers
        ? say("Map of the {count} tokens with a line through the digits from 0 to 9.", {
          count: tokens.length,
        })
        : say("Map of the tokens: no weights yet.");
      picture.setAttribute("aria-label", words);
    },
  };
}

/**
 * The table of the reader's problems.
 *
 * @param {Model<Traits>} model
 */
function problemTable(model) {
  const complaint = element("p", { class: "complaint", role: "alert" });
  const note = element("p", { class: "about" });
  const rows = model.get("watched").map((_, number) => problemRow(number, () => put(number)));
  const isInvalid = (/** @type {typeof rows[number]} */ { input }) =>
    input.getAttribute("aria-invalid") === "true";

  /** @param {number} number */
  function put(number) {
    const { input } = rows[number];
    const task = taskIn(model);
    const problem = task.normal(input.value);
    input.setAttribute("aria-invalid", String(problem === null));
    complaint.textContent = rows.some(isInvalid) ? task.allowed : "";
    if (problem === null) return;
    input.value = problem;
    const others = model.get("watched");
    model.set("watched", others.map((old, place) => place === number ? problem : old));
    model.save_changes();
  }

  const names = [say("problem"), say("right"), say("written")];
  const heads = names.map((name) => element("th", { scope: "col" }, name));
  const title = say("Your problems. Change one, and see what the model makes of it.");
  const head = element("thead", {}, element("tr", {}, ...heads, element("td")));
  const body = element("tbody", {}, ...rows.map(({ whole }) => whole));
  const table = element("table", {}, element("caption", {}, title), head, body);
  return {
    whole: element("div", {}, table, complaint, note),
    /**
     * Show the answers, by problem, of a model that has learned this.
     *
     * @param {Record<string, string> | undefined} answers
     * @param {Learned} learned
     */
    show(answers, learned) {
      const watched = model.get("watched");
      note.textContent = watched
        .map((problem) => unfamiliar(problem, learned))
        .find(Boolean) ?? "";
      rows.forEach((row, number) => {
        const problem = watched[number];
        if (!isInvalid(row) && document.activeElement !== row.input) row.input.value = problem;
        row.show(learned.task.solve(problem), answers?.[problem]);
      });
    },
  };
}

/**
 * A row of that table.
 *
 * @param {number} number
 * @param {() => void} put
 */
function problemRow(number, put) {
  const input = element("input", {
    type: "text",
    "aria-label": say("Problem {number}", { number: number + 1 }),
    spellcheck: "false",
    change: put,
  });
  const right = element("td");
  const answer = element("td", { class: "answer" });
  const verdict = element("td");
  return {
    input,
    whole: element("tr", {}, element("td", {}, input), right, answer, verdict),
    /**
     * @param {string} wanted
     * @param {string | undefined} given
     */
    show(wanted, given) {
      const isRight = given === wanted;
      right.textContent = wanted;
      answer.textContent = given ?? "";
      const words = isRight ? say("\u2713 right") : say("\u2717 wrong");
      verdict.textContent = given === undefined ? "" : words;
      verdict.className = isRight ? "" : "wrong";
    },
  };
}
