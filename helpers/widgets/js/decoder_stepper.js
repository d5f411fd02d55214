// The decoder, one time step at a time. The numbers come from Keras where there is a kernel, and
// from the weights in the page where there is none.

import { say } from "./domain/say.js";
import { learnedBy } from "./domain/task.js";
import { trace } from "./nn/seq2seq.js";
import {
  bars,
  calledMarks,
  canPick,
  columns,
  handed,
  heading,
  hint,
} from "./state/decoder_stepper.js";
import { inWords, looks, note, picksWith, strengths } from "./state/decoder_stepper.js";
import { verdict, wrongStep } from "./state/decoder_stepper.js";
import { looksTable } from "./ui/looks.js";
import { announcer, asker, button, element, frame, numbersSwitch, strip } from "./ui/parts.js";
import { question, recordOf, stepTable, TRAINED, walk } from "./ui/stepping.js";

/** @import { ModelRecord } from "./domain/model_file.js" */
/** @import { Trace } from "./nn/seq2seq.js" */
/** @import { Seen } from "./state/decoder_stepper.js" */
/** @import { Model, View } from "./ui/parts.js" */
/** @import { Traits as Stepping } from "./ui/stepping.js" */

/** @typedef {Trace & { model: string }} Answer with the name of the model that has given it */
/**
 * @typedef {Stepping & { teacher_forcing: boolean, picks: (number | null)[], trace: Answer,
 *   follows: boolean, details: boolean }} Traits
 */

const GAP = "\0"; // no sentence has one

/** @param {Model<Traits>} model */
function compute(model) {
  const record = recordOf(model);
  const answer = trace(record, {
    problem: model.get("problem"),
    teacherForcing: model.get("teacher_forcing"),
    picks: model.get("picks"),
  });
  return { model: record.name, ...answer };
}

/**
 * The answer, and what the model has learned that has given it.
 *
 * @param {Model<Traits>} model
 * @returns {Seen}
 */
function seenIn(model) {
  const answer = model.get("trace");
  return { ...answer, ...learnedBy(recordOf(model, answer.model)) };
}

/** @param {{ model: Model<Traits> }} view */
function initialize({ model }) {
  if (!model.get("kernel")) model.set("trace", compute(model));
}

/** @param {View<Traits>} view */
function render({ model, el }) {
  const detailed = model.get("details");
  const said = announcer();
  const silence = element("p", { class: "complaint", role: "alert" });
  const about = element("p", { class: "about" });
  const { ask, stop } = asker(model, "trace", compute, silence);
  const asked = question(model, say("Ask"), begin);
  const way = walk(model, {
    last: () => model.get("trace").steps.length,
    ready: asked.ready,
    restart: () => begin({}),
  });
  const regime = regimeChoice((forcing) => ask({ teacher_forcing: forcing, picks: [] }));
  const hand = handedOn();
  const table = stepTable([say("reads"), say("writes"), say("right")], way.go);
  const inside = stepInside();
  const shares = distribution(pick);
  const problem = looksTable(say("How much it looks at each token of the problem"));
  const own = looksTable(say("How much it looks at each token that it has read"));
  const judged = element("p", { class: "verdict" });
  const mistake = button("", goToMistake);
  const root = frame(
    say("Decoder stepper"),
    "decoder-stepper",
    ...asked.parts,
    about,
    ...(detailed ? [...regime.parts, hand.whole] : []),
    element("div", { class: "buttons" }, ...way.buttons),
    silence,
    table.whole,
    element("div", { class: "result" }, judged, mistake),
    element("div", { class: "step" }, ...(detailed ? [inside.whole] : []), shares.whole),
    ...(detailed ? [problem.whole, own.whole] : []),
    said,
  );
  if (detailed) root.querySelector(".buttons")?.append(numbersSwitch(root));
  el.append(root);

  /** @param {Partial<Traits>} change */
  function begin(change) {
    way.pause();
    ask({ ...change, step: 0, picks: [] });
  }

  /** @param {number} id */
  function pick(id) {
    const picks = picksWith(seenIn(model), model.get("step"), id);
    if (picks === null) return;
    way.pause();
    ask({ picks });
  }

  function goToMistake() {
    const step = wrongStep(seenIn(model), model.get("step"));
    if (step === null) return;
    way.go(step);
    table.focus(step); // this button goes away
  }

  function update() {
    const seen = seenIn(model);
    const step = model.get("step");
    asked.show(seen.problem);
    about.textContent = note(seen);
    hand.show(seen, step);
    way.show(step);
    table.show(step, seen.steps.length);
    showColumns(table.places, seen, step);
    inside.show(seen, step);
    shares.show(seen, step);
    problem.show(looks(seen, step, "attention"));
    own.show(looks(seen, step, "selfAttention"));
    const wrong = wrongStep(seen, step);
    regime.show(seen.teacherForcing, step > 0 && wrong === null);
    judged.textContent = verdict(seen, step);
    mistake.hidden = wrong === null || wrong === step;
    mistake.textContent = wrong === null
      ? ""
      : say("Go to time step {step}, where it went wrong", { step: wrong });
    said.textContent = way.isPlaying()
      ? heading(seen, step)
      : `${inWords(seen, step)} ${judged.textContent}`;
  }

  const forget = follow(model, begin);
  model.on("change:trace", update);
  model.on("change:step", update);
  update();
  return () => {
    way.pause();
    stop();
    asked.stop();
    forget();
    model.off("change:trace", update);
    model.off("change:step", update);
  };
}

/**
 * Offer the model that a lab of this page has trained, and step it, unless another one is being
 * stepped. With a kernel Python does. Returns what ends it.
 *
 * @param {Model<Traits>} model
 * @param {(change: { model: string }) => void} begin
 */
function follow(model, begin) {
  const take = (/** @type {Event} */ event) => {
    const { detail } = /** @type {CustomEvent<ModelRecord>} */ (event);
    const others = model.get("models").filter(({ name }) => name !== TRAINED);
    model.set("models", [...others, { ...detail, name: TRAINED }]);
    if (model.get("model") === TRAINED || model.get("step") === 0) begin({ model: TRAINED });
  };
  if (model.get("follows") && !model.get("kernel")) {
    document.addEventListener("model-trained", take);
  }
  return () => document.removeEventListener("model-trained", take);
}

/**
 * Which token the decoder reads: the one it wrote, or the right one.
 *
 * @param {(forcing: boolean) => void} act
 */
function regimeChoice(act) {
  const group = `reads-${Math.random().toString(36).slice(2)}`;
  const make = (/** @type {boolean} */ forcing, /** @type {string} */ text) => {
    const radio = element("input", { type: "radio", name: group, change: () => act(forcing) });
    return { forcing, radio, whole: element("label", { class: "tick" }, radio, text) };
  };
  const regimes = [
    make(false, say("what was written (free-running)")),
    make(true, say("the right token (teacher forcing)")),
  ];
  const legend = element("legend", {}, say("At each time step the decoder reads"));
  const words = say("Every token so far is right, so both ways read the same.");
  const same = element("p", { class: "about" }, words);
  return {
    parts: [element("fieldset", {}, legend, ...regimes.map(({ whole }) => whole)), same],
    /**
     * @param {boolean} now
     * @param {boolean} alike whether all tokens so far are right
     */
    show(now, alike) {
      for (const { forcing, radio } of regimes) radio.checked = forcing === now;
      same.hidden = !now || !alike;
    },
  };
}

/** What the encoder hands over. */
function handedOn() {
  const read = element("span", { class: "tokens" });
  const context = strip(say("the context vector"));
  return {
    whole: element("div", { class: "reading" }, read, context.whole),
    /**
     * @param {Seen} seen
     * @param {number} step
     */
    show(seen, step) {
      const weights = strengths(seen, step);
      const tokens = seen.read.map((id, place) => {
        const token = element("code", {}, seen.task.tokens[id]);
        if (weights) token.style.setProperty("--look", String(weights[place]));
        return token;
      });
      const [before, behind] = handed(seen, GAP).split(GAP);
      read.replaceChildren(before, ...tokens, behind);
      context.whole.hidden = seen.context === undefined;
      if (seen.context) context.show(seen.context);
    },
  };
}

/**
 * @param {{ cells: HTMLTableCellElement[] }[]} places
 * @param {Seen} seen
 * @param {number} step
 */
function showColumns(places, seen, step) {
  columns(seen, step).forEach((column, place) => {
    const { cells } = places[place];
    const [reads, writes, right] = cells;
    for (const cell of cells) cell.classList.toggle("over", !column.counts);
    reads.textContent = column.reads;
    writes.textContent = column.writes;
    writes.classList.toggle("wrong", column.isWrong);
    if (column.isYours) writes.append(element("small", {}, say("yours")));
    right.textContent = column.right;
  });
}

/** One time step from the inside. */
function stepInside() {
  const title = element("p", { class: "heading" });
  const [embedding, before] = [strip(), strip()];
  const after = strip(say("State after"));
  const strips = [embedding, before, after].map(({ whole }) => whole);
  return {
    whole: element("div", { class: "inside" }, title, ...strips),
    /**
     * @param {Seen} seen
     * @param {number} step
     */
    show(seen, step) {
      const one = step === 0 ? null : seen.steps[step - 1];
      title.textContent = heading(seen, step);
      const state = one ? one.before : seen.context;
      embedding.whole.hidden = one === null;
      after.whole.hidden = one?.after === undefined;
      before.whole.hidden = state === undefined;
      if (one) {
        const largest = Math.max(
          ...seen.steps.flatMap((each) => Array.from(each.embedding, Math.abs)),
        );
        embedding.show(one.embedding, {
          largest,
          caption: say("Embedding of {token}", { token: seen.task.tokens[one.token] }),
        });
        if (one.after) after.show(one.after);
      }
      if (state === undefined) return;
      before.show(state, {
        caption: step < 2 ? say("State before: the context vector") : say("State before"),
      });
    },
  };
}

/**
 * The probabilities: a bar for each token, which can be pressed to write that token.
 *
 * @param {(id: number) => void} pick
 */
function distribution(pick) {
  /**
   * @param {string} token
   * @param {number} id
   */
  function addRow(token, id) {
    const bar = element("i");
    const value = element("span", { class: "value" });
    const mark = element("span", { class: "part" });
    // The second click of a double one may meet another bar: they move.
    const whole = button("", (event) => event.detail < 2 && pick(id));
    whole.className = "bar";
    const name = element("span", { class: "name" }, token);
    whole.append(name, element("span", { class: "track" }, bar), value, mark);
    all.append(whole);
    return { token, bar, value, mark, whole };
  }

  const about = element("p", { class: "about" });
  const label = say("Probability of each token to come next");
  const all = element("div", { class: "distribution", role: "group", "aria-label": label });
  /** @type {ReturnType<typeof addRow>[]} */
  let rows = [];
  return {
    whole: element("div", { class: "outcome" }, about, all),
    /**
     * @param {Seen} seen
     * @param {number} step
     */
    show(seen, step) {
      about.textContent = hint(seen, step);
      const { tokens } = seen.task;
      if (tokens.join() !== rows.map(({ token }) => token).join()) {
        all.replaceChildren();
        rows = tokens.map(addRow);
      }
      bars(seen, step).forEach(({ share, value, marks, isWritten }, id) => {
        const row = rows[id];
        row.bar.style.setProperty("--size", String(share));
        row.value.textContent = value;
        row.mark.textContent = calledMarks(marks);
        row.whole.classList.toggle("chosen", marks.includes("chosen"));
        row.whole.classList.toggle("written", isWritten);
        row.whole.setAttribute("aria-disabled", String(!canPick(seen, step)));
        row.whole.setAttribute("aria-pressed", String(isWritten));
      });
    },
  };
}

export default { initialize, render };
