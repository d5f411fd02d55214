// The decoder, one time step at a time. The numbers come from Keras where there is a kernel, and
// from the weights in the page where there is none.

import {
  announcer,
  asker,
  button,
  element,
  frame,
  numbersSwitch,
  percent,
  strip,
} from "./ui/parts.js";
import {
  ANSWER_LENGTH,
  backToFront,
  decode,
  EOS,
  firstMistake,
  solve,
  TOKENS,
  unfamiliar,
} from "./domain/problems.js";
import { chosenModel, trace } from "./nn/seq2seq.js";
import { question, stepTable, walk } from "./ui/stepping.js";

function compute(model) {
  const { record, network } = chosenModel(model);
  return trace(network, {
    problem: model.get("problem"),
    reverse: record.reverse,
    teacherForcing: model.get("teacher_forcing"),
    picks: model.get("picks"),
  });
}

const TRAINED = "from the lab"; // as in decoder_stepper.py

function initialize({ model }) {
  if (!model.get("kernel")) model.set("trace", compute(model));
}

function render({ model, el }) {
  const said = announcer();
  const silence = element("p", { class: "complaint", role: "alert" });
  const about = element("p", { class: "about" });
  const { ask, stop } = asker(model, "trace", compute, silence);

  const { parts, show: showProblem, ready, stop: forget } = question(model, "Ask", begin);
  const { buttons, go, pause, isPlaying, show: showWay } = walk(model, ANSWER_LENGTH, {
    ready,
    restart: () => begin({}),
  });

  function begin(change) {
    pause();
    ask({ ...change, step: 0, picks: [] });
  }

  /**
   * Offer the model that a lab of this page has trained, and step it, unless another one is being
   * stepped. With a kernel Python does.
   */
  function take({ detail }) {
    const others = model.get("models").filter(({ name }) => name !== TRAINED);
    model.set("models", [...others, { ...detail, name: TRAINED }]);
    if (model.get("model") === TRAINED || model.get("step") === 0) begin({ model: TRAINED });
  }
  if (model.get("follows") && !model.get("kernel")) {
    document.addEventListener("model-trained", take);
  }

  // Which token the decoder reads.
  const group = `reads-${Math.random().toString(36).slice(2)}`;
  const regimes = [
    [false, "what was written (free-running)"],
    [true, "the right token (teacher forcing)"],
  ].map(([forcing, text]) => {
    const radio = element("input", {
      type: "radio",
      name: group,
      change: () => ask({ teacher_forcing: forcing, picks: [] }),
    });
    return { forcing, radio, whole: element("label", { class: "tick" }, radio, text) };
  });
  const regime = element(
    "fieldset",
    {},
    element("legend", {}, "At each time step the decoder reads"),
    ...regimes.map(({ whole }) => whole),
  );
  const same = element(
    "p",
    { class: "about" },
    "Every token so far is right, so both ways read the same.",
  );

  // What the encoder hands over.
  const read = element("span", { class: "tokens" });
  const context = strip("Context vector");

  const table = stepTable(ANSWER_LENGTH, ["reads", "writes", "right"], go);

  // One time step from the inside.
  const heading = element("p", { class: "heading" });
  const embedding = strip("Embedding");
  const before = strip("State before");
  const after = strip("State after");
  const inside = element(
    "div",
    { class: "inside" },
    heading,
    embedding.whole,
    before.whole,
    after.whole,
  );
  const bars = TOKENS.map((token, id) => {
    const name = element("span", { class: "name" }, token);
    const bar = element("i");
    const value = element("span", { class: "value" });
    const mark = element("span", { class: "part" });
    // The second click of a double one may meet another bar: they move.
    const whole = button("", (event) => event.detail < 2 && pick(id));
    whole.className = "bar";
    whole.append(name, element("span", { class: "track" }, bar), value, mark);
    return { id, bar, value, mark, whole };
  });
  const hint = element("p", { class: "about" });
  const distribution = element(
    "div",
    {
      class: "distribution",
      role: "group",
      "aria-label": "Probability of each token to come next",
    },
    ...bars.map(({ whole }) => whole),
  );

  function pick(id) {
    const place = model.get("step") - 1;
    const { steps, teacherForcing } = model.get("trace");
    if (place < 0 || teacherForcing) return;
    pause();
    const picks = Array.from({ length: place }, (_, k) => model.get("picks")[k] ?? null);
    if (id !== steps[place].choice) picks.push(id);
    ask({ picks });
  }

  const verdict = element("p", { class: "verdict" });
  const mistake = button("", () => {
    const step = firstWrong() + 1;
    go(step);
    table.focus(step); // this button goes away
  });

  function firstWrong() {
    const { steps, target } = model.get("trace");
    return firstMistake(steps.slice(0, model.get("step")).map(({ written }) => written), target);
  }

  const root = frame(
    "Decoder stepper",
    "decoder-stepper",
    ...parts,
    about,
    regime,
    same,
    element("div", { class: "reading" }, read, context.whole),
    element("div", { class: "buttons" }, ...buttons),
    silence,
    table.whole,
    element("div", { class: "result" }, verdict, mistake),
    element(
      "div",
      { class: "step" },
      inside,
      element("div", { class: "outcome" }, hint, distribution),
    ),
    said,
  );
  root.querySelector(".buttons").append(numbersSwitch(root));
  el.append(root);

  function update() {
    const seen = model.get("trace");
    const step = model.get("step");
    const written = seen.steps.slice(0, step).map((one) => one.written);
    showQuestion(seen);
    showTable(seen, step);
    showStep(seen, step);
    const words = inWords(seen, written);
    verdict.textContent = words;
    const wrong = firstWrong();
    mistake.hidden = wrong === null || wrong + 1 === step;
    mistake.textContent = wrong === null ? "" : `Go to time step ${wrong + 1}, where it went wrong`;
    same.hidden = !seen.teacherForcing || step === 0 || wrong !== null;
    said.textContent = isPlaying()
      ? heading.textContent
      : `${step === 0 ? "No time step taken yet." : stepInWords(seen, step)} ${words}`;
  }

  function showQuestion(seen) {
    showProblem(seen.problem);
    for (const { forcing, radio } of regimes) radio.checked = forcing === seen.teacherForcing;
    const notes = [];
    if (seen.reverse) {
      notes.push(
        `This model reads and writes back to front: it reads ${backToFront(seen.problem)}, ` +
          `and should write ${backToFront(solve(seen.problem))}.`,
      );
    }
    const { trainedOn } = chosenModel(model).record;
    notes.push(unfamiliar(seen.problem, trainedOn, "do not count on the answer"));
    about.textContent = notes.filter(Boolean).join(" ");
    read.replaceChildren(
      "The encoder reads ",
      ...seen.read.map((id) => element("code", {}, TOKENS[id])),
      " and hands on",
    );
    context.show(seen.context, { caption: "the context vector" });
  }

  function showTable(seen, step) {
    const end = seen.target.indexOf(EOS);
    table.show(step);
    showWay(step);
    table.cells.forEach(([token, written, wanted], place) => {
      const one = seen.steps[place];
      const done = place < step;
      const right = one.written === seen.target[place];
      const counts = place <= end; // what comes behind EOS is not part of the answer
      const mark = counts ? ` ${right ? "\u2713" : "\u2717"}` : "";
      for (const cell of [token, written, wanted]) cell.classList.toggle("over", !counts);
      token.textContent = done || place === step ? TOKENS[one.token] : "\u00b7";
      written.textContent = done ? TOKENS[one.written] + mark : "\u00b7";
      written.classList.toggle("wrong", done && counts && !right);
      if (done && one.written !== one.choice) written.append(element("small", {}, "yours"));
      wanted.textContent = TOKENS[seen.target[place]];
    });
  }

  function showStep(seen, step) {
    const one = step === 0 ? null : seen.steps[step - 1];
    const token = TOKENS[(one ?? seen.steps[0]).token];
    heading.textContent = one
      ? `Time step ${step} of ${ANSWER_LENGTH}: ${token} goes in`
      : `No time step taken yet. Next, ${token} goes in.`;
    const largest = Math.max(...seen.steps.flatMap((each) => Array.from(each.embedding, Math.abs)));
    embedding.whole.hidden = after.whole.hidden = one === null;
    if (one) {
      embedding.show(one.embedding, { largest, caption: `Embedding of ${token}` });
      after.show(one.after);
    }
    before.show(one ? one.before : seen.context, {
      caption: step < 2 ? "State before: the context vector" : "State before",
    });
    const open = one !== null && !seen.teacherForcing;
    const over = step - 1 > seen.target.indexOf(EOS);
    hint.textContent = one === null
      ? "The probability of each token to come next will stand here."
      : over
      ? "The right answer is complete: what comes now counts no more."
      : open
      ? "How probable is each token to come next? Press another one to write it instead."
      : "How probable is each token to come next?";
    for (const { id, bar, value, mark, whole } of bars) {
      const share = one ? one.distribution[id] : 0;
      const marks = [];
      if (one && id === one.choice) marks.push("chosen");
      if (one && id === one.written && id !== one.choice) marks.push("yours");
      if (one && !over && id === seen.target[step - 1]) marks.push("right");
      bar.style.setProperty("--size", share);
      value.textContent = one ? percent(share) : "";
      mark.textContent = marks.join(", ");
      whole.classList.toggle("chosen", marks.includes("chosen"));
      whole.classList.toggle("written", one !== null && id === one.written);
      whole.setAttribute("aria-disabled", !open);
      whole.setAttribute("aria-pressed", one !== null && id === one.written);
    }
  }

  function stepInWords(seen, step) {
    const { token, choice: best, distribution: shares, written } = seen.steps[step - 1];
    const yours = written === best ? "" : ` You write ${TOKENS[written]} instead.`;
    return (
      `Time step ${step} of ${ANSWER_LENGTH}: ${TOKENS[token]} goes in, ` +
      `${TOKENS[best]} is chosen with ${percent(shares[best])}.${yours}`
    );
  }

  function inWords(seen, written) {
    const spelled = decode(written);
    const front = seen.reverse ? backToFront(spelled) : spelled;
    const done = written.includes(EOS) || written.length === ANSWER_LENGTH;
    const verb = `${seen.teacherForcing ? "Chosen" : "Written"}${done ? "" : " so far"}`;
    const order = front === spelled ? "" : `, which read from the front is ${front}`;
    const outcome = `${verb}: ${spelled || "nothing"}${order}.`;
    const wrong = firstMistake(written, seen.target);
    if (wrong === null && done) return `${outcome} Right.`;
    const right = `The right answer to ${seen.problem} is ${solve(seen.problem)}.`;
    if (wrong === null) return `${outcome} ${right}`;
    const { choice, written: token } = seen.steps[wrong];
    const wanted = TOKENS[seen.target[wrong]];
    const fault = token === choice
      ? `${TOKENS[token]} in place of ${wanted}`
      : `your ${TOKENS[token]} in place of ${wanted} (the model chose ${TOKENS[choice]})`;
    return `${outcome} Wrong at time step ${wrong + 1}: ${fault}. ${right}`;
  }

  model.on("change:trace", update);
  model.on("change:step", update);
  update();
  return () => {
    pause();
    stop();
    forget();
    document.removeEventListener("model-trained", take);
    model.off("change:trace", update);
    model.off("change:step", update);
  };
}

export default { initialize, render };
