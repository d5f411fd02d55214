// What the steppers share: the question, the way through the time steps, the table of them.

import { say } from "../domain/say.js";
import { learnedBy } from "../domain/task.js";
import { atEnter, button, choice, element, option, pairs } from "./parts.js";

/** @import { ModelRecord } from "../domain/model_file.js" */
/** @import { Model } from "./parts.js" */

/**
 * The traits that steppers have in common.
 *
 * @typedef {object} Traits
 * @property {string} problem
 * @property {string[]} examples problems to pick
 * @property {string} model the name of the one that is stepped
 * @property {(ModelRecord & { name: string })[]} models
 * @property {number} step how many time steps are shown
 * @property {boolean} kernel whether Python computes
 */

const OWN = "own"; // as in models.py
/** The id of the model of a lab, as in decoder_stepper.py. */
export const TRAINED = "lab";

const PACE = 1400; // milliseconds between two steps while it plays

/**
 * The record of a model, by its name.
 *
 * @param {Model<Pick<Traits, "model" | "models">>} model
 * @throws {RangeError} There is none.
 */
export function recordOf(model, name = model.get("model")) {
  const found = model.get("models").find((record) => record.name === name);
  if (found === undefined) throw new RangeError(`There is no model called ${name}.`);
  return found;
}

/**
 * How a model is called: the reader's own and that of a lab of the page have no name, only an id.
 *
 * @param {string} name
 */
export function calledModel(name) {
  if (name === OWN) return say("your model");
  return name === TRAINED ? say("from the lab") : name;
}

/**
 * Where a problem is typed or picked, and a model to put it to. A change of either goes to `begin`;
 * what is no problem gets a sentence that says what is one.
 *
 * @param {Model<Traits>} model
 * @param {string} name of the button
 * @param {(change: { problem: string } | { model: string }) => void} begin
 */
export function question(model, name, begin) {
  const problem = element("input", {
    type: "text",
    spellcheck: "false",
    size: 9,
    enterkeyhint: "go",
    keydown: atEnter(answer),
  });
  const complaint = element("p", { class: "complaint", role: "alert" });
  // No form: JupyterLab keeps Enter from submitting one, and some frames let none be submitted.
  const fields = element(
    "div",
    { class: "fields" },
    element("label", { class: "field" }, element("span", {}, say("Problem")), problem),
    button(name, answer),
  );
  const examples = pairs(model.get("examples"));
  const example = choice(say("or pick one"), [["", say("examples")], ...examples], (text) => {
    if (text) pose(text);
  });
  fields.append(example.whole);
  const which = choice(say("Model"), [], choose);
  model.on("change:models", offer);
  offer();

  function offer() {
    const names = model.get("models").map((record) => record.name);
    which.select.replaceChildren(...names.map((name) => option(name, calledModel(name))));
    which.select.value = model.get("model");
    if (names.length > 1) fields.append(which.whole);
  }

  /** @type {string | undefined} */
  let shown;
  /** @type {string | undefined} */
  let refused;

  function answer() {
    pose(problem.value);
  }

  /** @param {string} name */
  function choose(name) {
    const { task } = learnedBy(recordOf(model, name));
    if (task.normal(model.get("problem")) === null) {
      const first = say("Ask for one before you choose {model}.", { model: calledModel(name) });
      complaint.textContent = `${task.allowed} ${first}`;
      which.select.value = model.get("model");
      return;
    }
    if (refused === undefined) complaint.textContent = "";
    begin({ model: name });
  }

  /** @param {string} text */
  function pose(text) {
    const { task } = learnedBy(recordOf(model));
    const normal = task.normal(text);
    complaint.textContent = normal === null ? task.allowed : "";
    problem.setAttribute("aria-invalid", String(normal === null));
    refused = normal === null ? text : undefined;
    if (normal === null) return;
    problem.value = normal;
    begin({ problem: normal });
  }

  return {
    parts: [fields, complaint],
    stop: () => model.off("change:models", offer),
    /** @param {string} text */
    show(text) {
      const untouched = shown === undefined || problem.value === shown;
      shown = text;
      which.select.value = model.get("model");
      // An example that has been left can be picked once more.
      if (example.select.value !== model.get("problem")) example.select.value = "";
      if (untouched && document.activeElement !== problem && complaint.textContent === "") {
        problem.value = text;
      }
    },
    /** Put a text that was typed and not yet put; false if it has to be refused. */
    ready() {
      if (problem.value !== shown && problem.value !== refused) {
        pose(problem.value);
        return refused === undefined;
      }
      return true;
    },
  };
}

/**
 * Forth and back through the time steps. The trait `step` says how many are shown, `last` how many
 * there are. Nothing moves on unless all is `ready`; `restart` begins anew.
 *
 * @param {Model<Pick<Traits, "step">>} model
 * @param {{ last: () => number, ready: () => boolean, restart: () => void }} actions
 */
export function walk(model, { last, ready, restart }) {
  const again = button(say("Start over"), restart);
  const back = button(say("Back"), () => go(model.get("step") - 1));
  const next = button(say("Next"), () => ready() && go(model.get("step") + 1));
  const play = button(say("Play"), () => {
    if (timer !== undefined) pause();
    else if (ready()) start();
  });
  next.classList.add("main");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {number} step */
  function go(step) {
    pause();
    move(step);
  }

  /** @param {number} step */
  function move(step) {
    model.set("step", Math.min(Math.max(step, 0), last()));
    model.save_changes();
  }

  function start() {
    if (model.get("step") === last()) move(0);
    play.textContent = say("Pause");
    timer = setInterval(() => {
      const step = model.get("step") + 1;
      if (step >= last()) pause(); // then the last step is said in full
      move(step);
    }, PACE);
  }

  function pause() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = say("Play");
  }

  return {
    buttons: [again, back, next, play],
    go,
    pause,
    isPlaying: () => timer !== undefined,
    /**
     * A button that leads nowhere keeps the focus of who has come there by keyboard.
     *
     * @param {number} step
     */
    show(step) {
      for (const each of [again, back]) each.setAttribute("aria-disabled", String(step === 0));
      next.setAttribute("aria-disabled", String(step === last()));
    },
  };
}

/**
 * A table of the time steps, a column each. Its head leads there by `go`.
 *
 * @param {string[]} names of its rows
 * @param {(step: number) => void} go
 */
export function stepTable(names, go) {
  const first = element("tr", {}, element("th", { scope: "col" }, say("time step")));
  const rows = names.map((name) => element("tr", {}, element("th", { scope: "row" }, name)));

  /** @param {number} place */
  function addColumn(place) {
    const head = button(String(place + 1), () => go(place + 1));
    head.setAttribute("aria-label", say("Time step {step}", { step: place + 1 }));
    const title = element("th", { scope: "col" }, head);
    const cells = rows.map(() => element("td"));
    first.append(title);
    rows.forEach((row, number) => row.append(cells[number]));
    return { head, cells, all: [title, ...cells] };
  }

  /** @type {ReturnType<typeof addColumn>[]} */
  const places = [];
  return {
    whole: element(
      "table",
      { class: "steps" },
      element("thead", {}, first),
      element("tbody", {}, ...rows),
    ),
    places,
    /** @param {number} step */
    focus(step) {
      places[step - 1].head.focus();
    },
    /**
     * @param {number} step the one that is shown
     * @param {number} count how many there are
     */
    show(step, count) {
      for (const { all } of places.splice(count)) all.forEach((cell) => cell.remove());
      while (places.length < count) places.push(addColumn(places.length));
      places.forEach(({ head, cells }, place) => {
        const now = place + 1 === step;
        if (now) head.setAttribute("aria-current", "step");
        else head.removeAttribute("aria-current");
        for (const cell of cells) cell.classList.toggle("now", now);
      });
    },
  };
}
