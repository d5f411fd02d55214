// What the training lab knows of a run, and what it says of it.

import { LANGUAGE, say } from "../domain/say.js";
import { Task } from "../domain/task.js";
import { counted, pairs, rounded } from "../ui/parts.js";

/** @import { Weights } from "../domain/layout.js" */
/** @import { ModelRecord } from "../domain/model_file.js" */
/** @import { TaskData } from "../domain/task.js" */
/** @import { Model } from "../ui/parts.js" */
/** @import { Measured, Progress } from "../worker.js" */

/**
 * A model that was read from a file.
 *
 * @typedef {{ model: ModelRecord, weights: Weights }} Opened
 */

/**
 * A run. A share says how far it was, from 0 to 1.
 *
 * @typedef {object} Run
 * @property {number} number by which the worker knows it
 * @property {number} epochs
 * @property {Record<string, string>} chosen the value of each setting, by its id
 * @property {boolean} isOfKeras whether Keras trains, in Python
 * @property {TaskData | null} taskOfKeras what it trains on
 * @property {boolean} hasFailed
 * @property {Progress | null} progress null before a worker has begun
 * @property {[number, number][]} training [share, loss]
 * @property {(Measured & { share: number })[]} examined
 * @property {Weights | null} weights
 * @property {Opened | null} opened the model that it began with, if there was one
 */

/**
 * How far a training in Keras is (see `training_lab.py`).
 *
 * @typedef {Progress & { task: TaskData, training: [number, number][], examined: Run["examined"] }} Fit
 */

/** @typedef {"idle" | "ready" | "training" | "paused" | "over" | "failed"} Phase */

/** The id of the setting that is no trait: what computes. */
export const COMPUTED_BY = "computed_by";
export const FAST = "wasm";
const PLAIN = "js";
const KERAS = "keras";

/**
 * What the reader may choose: by the id of a setting its label, and values with their texts.
 *
 * @returns {Record<string, { label: string, options: [value: string, text: string][] }>}
 */
export function choices() {
  return {
    task: {
      label: say("Task"),
      options: [["arithmetic", say("0 to 99, + and -")], ["sums", say("0 to 99, +")]],
    },
    units: { label: say("Units"), options: pairs([8, 16, 32, 64, 96, 128]) },
    embedding_dim: { label: say("Embedding"), options: pairs([2, 3, 5, 8, 16]) },
    reverse: {
      label: say("Reads and writes"),
      options: [["true", say("back to front")], ["false", say("front to back")]],
    },
    masked_loss: {
      label: say("Loss"),
      options: [["true", say("up to EOS")], ["false", say("all five steps")]],
    },
    schedule: {
      label: say("Schedule"),
      options: [["warmup-cosine", say("warm-up, cosine")], ["constant", say("constant")]],
    },
    learning_rate: {
      label: say("Rate"),
      options: pairs([0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3]),
    },
    weight_decay: { label: say("Weight decay"), options: pairs([0, 0.01, 0.03, 0.1, 0.3]) },
    batch_size: { label: say("Batch"), options: pairs([32, 64, 128, 256, 512]) },
    epochs: { label: say("Epochs"), options: pairs([2, 4, 8, 12, 24, 48, 100]) },
    seed: { label: say("Seed"), options: pairs([0, 1, 2, 3, 4]) },
    [COMPUTED_BY]: {
      label: say("Computed by"),
      options: [[FAST, say("WebAssembly")], [PLAIN, say("JavaScript")]],
    },
  };
}

/** What a model that is opened says itself. */
const SHAPE = ["units", "embedding_dim", "reverse"];
const LARGEST = 128; // units of a model that the lab opens

/**
 * A setting and its value, as a reader calls them.
 *
 * @param {string} id
 * @param {string} value
 */
export function calledSetting(id, value) {
  const { label, options } = choices()[id];
  const text = value === KERAS ? say("Keras") : options.find(([each]) => each === value)?.[1];
  return say("{setting} {value}", { setting: label, value: text ?? value });
}

/**
 * A run that has not begun.
 *
 * @param {Pick<Run, "number" | "epochs" | "chosen">} settings
 * @returns {Run}
 */
export function newRun(settings) {
  return {
    ...settings,
    isOfKeras: false,
    taskOfKeras: null,
    hasFailed: false,
    progress: null,
    training: [],
    examined: [],
    weights: null,
    opened: null,
  };
}

/**
 * A run after news of its worker.
 *
 * @param {Run} run
 * @param {Progress} news
 * @returns {Run}
 */
export function after(run, news) {
  const share = news.updates / news.of;
  const { loss, measured, weights } = news;
  return {
    ...run,
    epochs: news.epochs,
    progress: news,
    training: loss === undefined ? run.training : [...run.training, [share, loss]],
    examined: measured === undefined ? run.examined : [...run.examined, { share, ...measured }],
    weights: weights ?? run.weights,
  };
}

/**
 * A run in which Keras trains.
 *
 * @param {Run} run
 * @param {Fit} fit
 * @returns {Run}
 */
export function afterFit(run, fit) {
  return {
    ...run,
    isOfKeras: true,
    taskOfKeras: fit.task,
    chosen: { [COMPUTED_BY]: KERAS },
    epochs: fit.epochs,
    progress: { ...fit, embedding: Float32Array.from(fit.embedding) },
    training: fit.training,
    examined: fit.examined,
  };
}

/**
 * Where a run is.
 *
 * @param {Run} run
 * @returns {Phase}
 */
export function phaseOf({ hasFailed, progress }) {
  if (hasFailed) return "failed";
  if (progress === null) return "idle";
  if (progress.over) return "over";
  if (progress.going) return "training";
  return progress.updates > 0 ? "paused" : "ready";
}

/**
 * Whether the curves of a run can be kept.
 *
 * @param {Run} run
 */
export function canBeKept(run) {
  return phaseOf(run) !== "training" && run.examined.length > 1;
}

/**
 * What can be done.
 *
 * @param {Run} run
 * @param {Run | null} kept
 */
export function can(run, kept) {
  const phase = phaseOf(run);
  const isBusyInPython = run.isOfKeras && phase === "training";
  return {
    train: !isBusyInPython,
    step: ["idle", "ready", "paused"].includes(phase),
    reset: !isBusyInPython && run.examined.length > 0,
    keep: kept !== null || canBeKept(run),
    save: run.weights !== null && !run.isOfKeras && phase !== "training" && phase !== "failed",
  };
}

/**
 * What stands on the buttons that change.
 *
 * @param {Run} run
 * @param {Run | null} kept
 */
export function labels(run, kept) {
  return {
    train: trainLabel(phaseOf(run)),
    keep: kept !== null && !canBeKept(run)
      ? say("Remove the kept curves")
      : say("Keep these curves"),
  };
}

/** @param {Phase} phase */
function trainLabel(phase) {
  if (phase === "training") return say("Pause");
  return phase === "paused" ? say("Go on") : say("Train");
}

/**
 * The task that is chosen.
 *
 * @param {Model<{ task: string, tasks: Record<string, TaskData> }>} model
 */
export function taskIn(model) {
  return new Task(model.get("tasks")[model.get("task")]);
}

/**
 * Whether a model that was opened still fits after a change of a trait.
 *
 * @param {string} trait
 */
export function stillFits(trait) {
  return !SHAPE.includes(trait);
}

/**
 * Why the lab does not open a model; "" if it does.
 *
 * @param {Pick<ModelRecord, "sizes" | "task">} model
 * @param {TaskData} task that is learned here
 */
export function refusal({ sizes: { units }, task: theirs }, task) {
  if (units % 8 || units > LARGEST) {
    return say(
      "The lab opens models whose units are a multiple of 8, up to {largest}; " +
        "this one has {units}.",
      { largest: LARGEST, units },
    );
  }
  const written = (/** @type {TaskData} */ { tokens, problem_length, answer_length }) =>
    [problem_length, answer_length, ...tokens].join(" ");
  if (written(theirs) === written(task)) return "";
  return say(
    "The lab opens models with the {tokens} tokens of its tasks, {read} time steps of the encoder " +
      "and {written} of the decoder; this one has others.",
    { tokens: task.tokens.length, read: task.problem_length, written: task.answer_length },
  );
}

/**
 * How far the training is, in words.
 *
 * @param {Run} run
 */
function progressInWords(run) {
  const { progress, opened, hasFailed } = run;
  if (hasFailed) return say("Stopped.");
  const pace = paceInWords(progress);
  if (pace === "" && opened) return say("The model of the file. Train goes on with it.");
  const who = run.isOfKeras ? `${say("Keras, in Python.")} ` : "";
  return who + (pace || say("Nothing learned yet."));
}

/**
 * How fast it goes; "" if nothing is learned yet.
 *
 * @param {Progress | null} progress
 */
function paceInWords(progress) {
  if (progress === null) return "";
  const { problems, seconds, epoch, epochs, batchSize, updates, of, going, over } = progress;
  const speed = problems / (seconds || 1);
  const count = Math.round(speed).toLocaleString(LANGUAGE);
  if (over) {
    const time = rounded(seconds, 1);
    return say("Trained in {seconds} s, {count} problems a second.", { seconds: time, count });
  }
  if (updates === 0 || speed === 0) return "";
  const pace = { epoch, epochs, count };
  if (!going) return say("Epoch {epoch} of {epochs}: {count} problems a second.", pace);
  const left = Math.ceil(((of - updates) * batchSize) / speed);
  return say("Epoch {epoch} of {epochs}: {count} problems a second, {left} s left.", {
    ...pace,
    left,
  });
}

/**
 * A run in words.
 *
 * @param {Run} run
 * @param {boolean} wantsFast whether the reader has chosen WebAssembly
 */
export function inWords(run, wantsFast) {
  const last = run.examined.at(-1);
  if (last === undefined) {
    return say("No run has begun. Press Train: the model starts from random weights.");
  }
  const measured = say(
    "Of the validation part, {answers} of the whole answers are right, {tokens} of the tokens; " +
      "the loss is {loss}.",
    {
      answers: counted(last.exactMatch),
      tokens: counted(last.tokenAccuracy),
      loss: rounded(last.loss, 3),
    },
  );
  const words = `${progressInWords(run)} ${measured}`;
  if (run.progress?.fast !== false || !wantsFast) return words;
  return `${words} ${say("This browser has no WebAssembly for it: JavaScript computes.")}`;
}

/**
 * What was kept, and in what it differs from the settings now.
 *
 * @param {Run | null} kept
 * @param {Record<string, string>} chosen
 */
export function keptInWords(kept, chosen) {
  const last = kept?.examined.at(-1);
  if (!kept?.progress || last === undefined) return "";
  const others = Object.entries(kept.chosen)
    .filter(([id, value]) => chosen[id] !== value)
    .map(([id, value]) => calledSetting(id, value));
  const run = { answers: counted(last.exactMatch), seconds: rounded(kept.progress.seconds, 1) };
  if (others.length === 0) {
    return say(
      "Thin, the run you kept: {answers} of the whole answers after {seconds} s, " +
        "with the same settings.",
      run,
    );
  }
  return say(
    "Thin, the run you kept: {answers} of the whole answers after {seconds} s; {settings}.",
    { ...run, settings: others.join(", ") },
  );
}

/**
 * A curve: points [share of the axis, value], and the class of its line.
 *
 * @typedef {{ kind: string, points: [number, number][] }} Curve
 */

/**
 * The curves of a run, over an axis of `epochs`.
 *
 * @param {Run | null} run
 * @param {number} epochs
 * @param {"" | "kept"} kind
 * @returns {{ loss: Curve[], right: Curve[] }}
 */
export function curves(run, epochs, kind) {
  if (run === null) return { loss: [], right: [] };
  const at = (/** @type {number} */ share) => (share * run.epochs) / epochs;
  /** @type {(name: keyof Measured) => [number, number][]} */
  const measured = (name) => run.examined.map((one) => [at(one.share), one[name]]);
  return {
    loss: [
      { kind: `training ${kind}`, points: run.training.map(([share, loss]) => [at(share), loss]) },
      { kind, points: measured("loss") },
    ],
    right: [
      { kind: `tokens ${kind}`, points: measured("tokenAccuracy") },
      { kind, points: measured("exactMatch") },
    ],
  };
}

/**
 * The axis of the losses, and on it what guessing costs.
 *
 * @param {string[]} tokens
 * @returns {{ marks: [number, string][], top: number, level: number }}
 */
export function lossAxis(tokens) {
  return {
    marks: [0, 0.5, 1, 1.5, 2, 2.5].map((value) => [value, String(value)]),
    top: 2.8,
    level: Math.log(tokens.length),
  };
}

/**
 * What stands below the charts and the map.
 *
 * @param {string[]} tokens
 */
export function legends(tokens) {
  return {
    loss: say(
      "Loss per token. Solid: validation part. Dashed: training part. " +
        "Dotted: log {tokens}, what guessing costs.",
      { tokens: tokens.length },
    ),
    right: say(
      "Right in the validation part. Solid: whole answers, free-running. " +
        "Dashed: tokens, with teacher forcing.",
    ),
    map: say("The embedding, in the two directions in which it spreads most."),
  };
}

/**
 * The charts in words.
 *
 * @param {Run} run
 */
export function chartsInWords({ examined }) {
  const last = examined.at(-1);
  if (last === undefined) {
    return {
      loss: say("Loss per token over the epochs."),
      right: say("Whole answers and tokens right over the epochs."),
    };
  }
  return {
    loss: say("Loss per token over the epochs; now {loss}.", { loss: rounded(last.loss, 3) }),
    right: say("Whole answers and tokens right over the epochs; now {answers} and {tokens}.", {
      answers: counted(last.exactMatch),
      tokens: counted(last.tokenAccuracy),
    }),
  };
}
