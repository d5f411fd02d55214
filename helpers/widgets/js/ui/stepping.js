// What the steppers share: the question, the way through the time steps, the table of them.

import { atEnter, button, choice, element } from "./parts.js";
import { ALLOWED, normalProblem } from "../domain/problems.js";

const PACE = 1400; // milliseconds between two steps while it plays

/**
 * Where a problem is typed or picked, and a model to put it to. A change of either goes to `begin`;
 * what is no problem gets a sentence that says what is one.
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
    element("label", { class: "field" }, element("span", {}, "Problem"), problem),
    button(name, answer),
  );
  const example = choice("or pick one", ["", ...model.get("examples")], (text) => {
    if (text) pose(text);
  });
  example.select.firstChild.textContent = "examples";
  fields.append(example.whole);
  const which = choice("Model", [], (chosen) => begin({ model: chosen }));
  model.on("change:models", offer);
  offer();

  function offer() {
    const names = model.get("models").map((record) => record.name);
    which.select.replaceChildren(...names.map((each) => element("option", { value: each }, each)));
    which.select.value = model.get("model");
    if (names.length > 1) fields.append(which.whole);
  }

  let shown;
  let refused;

  function answer() {
    pose(problem.value);
  }

  function pose(text) {
    const normal = normalProblem(text);
    complaint.textContent = normal === null ? ALLOWED : "";
    problem.setAttribute("aria-invalid", normal === null);
    refused = normal === null ? text : undefined;
    if (normal === null) return;
    problem.value = normal;
    begin({ problem: normal });
  }

  return {
    parts: [fields, complaint],
    stop: () => model.off("change:models", offer),
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
 * Forth and back through the time steps, up to `last`. The trait `step` says how many are shown.
 * Nothing moves on unless all is `ready`; `restart` begins anew.
 */
export function walk(model, last, { ready, restart }) {
  const again = button("Start over", restart);
  const back = button("Back", () => go(model.get("step") - 1));
  const next = button("Next", () => ready() && go(model.get("step") + 1));
  const play = button("Play", () => {
    if (timer !== undefined) pause();
    else if (ready()) start();
  });
  next.classList.add("main");
  let timer;

  function go(step) {
    pause();
    move(step);
  }

  function move(step) {
    model.set("step", Math.min(Math.max(step, 0), last));
    model.save_changes();
  }

  function start() {
    if (model.get("step") === last) move(0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      const step = model.get("step") + 1;
      if (step >= last) pause(); // then the last step is said in full
      move(step);
    }, PACE);
  }

  function pause() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  }

  return {
    buttons: [again, back, next, play],
    go,
    pause,
    isPlaying: () => timer !== undefined,
    /** A button that leads nowhere keeps the focus of who has come there by keyboard. */
    show(step) {
      for (const each of [again, back]) each.setAttribute("aria-disabled", step === 0);
      next.setAttribute("aria-disabled", step === last);
    },
  };
}

/** A table of the time steps up to `last`, a column each. Its head leads there by `go`. */
export function stepTable(last, names, go) {
  const places = Array.from({ length: last }, (_, place) => {
    const head = button(String(place + 1), () => go(place + 1));
    head.setAttribute("aria-label", `Time step ${place + 1}`);
    return { head, cells: names.map(() => element("td")) };
  });
  const heads = places.map(({ head }) => element("th", { scope: "col" }, head));
  const rows = names.map((name, row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      ...places.map(({ cells }) => cells[row]),
    )
  );
  const first = element("tr", {}, element("th", { scope: "col" }, "time step"), ...heads);
  return {
    whole: element(
      "table",
      { class: "steps" },
      element("thead", {}, first),
      element("tbody", {}, ...rows),
    ),
    cells: places.map(({ cells }) => cells),
    focus(step) {
      places[step - 1].head.focus();
    },
    show(step) {
      places.forEach(({ head, cells }, place) => {
        const now = place + 1 === step;
        if (now) head.setAttribute("aria-current", "step");
        else head.removeAttribute("aria-current");
        for (const cell of cells) cell.classList.toggle("now", now);
      });
    },
  };
}
