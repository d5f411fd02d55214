// What the training lab knows of a run, and what it says of it.

import { Task } from "../domain/task.js";
import { counted, rounded } from "../ui/parts.js";

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
 * @property {Record<string, string>} chosen the settings, by name
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

/**
 * What the reader may choose: by trait the label, and values with their texts.
 *
 * @type {Record<string, { label: string, options: [string, string][] }>}
 */
export const CHOICES = {
  task: {
    label: "Task",
    options: [["arithmetic", "0 to 99, + and -"], ["sums", "0 to 99, +"]],
  },
  units: { label: "Units", options: numbers(8, 16, 32, 64, 96, 128) },
  embedding_dim: { label: "Embedding", options: numbers(2, 3, 5, 8, 16) },
  reverse: {
    label: "Reads and writes",
    options: [["true", "back to front"], ["false", "front to back"]],
  },
  masked_loss: { label: "Loss", options: [["true", "up to EOS"], ["false", "all five steps"]] },
  schedule: {
    label: "Schedule",
    options: [["warmup-cosine", "warm-up, cosine"], ["constant", "constant"]],
  },
  learning_rate: {
    label: "Rate",
    options: numbers(0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3),
  },
  weight_decay: { label: "Weight decay", options: numbers(0, 0.01, 0.03, 0.1, 0.3) },
  batch_size: { label: "Batch", options: numbers(32, 64, 128, 256, 512) },
  epochs: { label: "Epochs", options: numbers(2, 4, 8, 12, 24, 48, 100) },
  seed: { label: "Seed", options: numbers(0, 1, 2, 3, 4) },
};
export const COMPUTED_BY = "Computed by";
export const FAST = "WebAssembly";
export const PLAIN = "JavaScript";

/** What a model that is opened says itself. */
const SHAPE = ["units", "embedding_dim", "reverse"];
const LARGEST = 128; // units of a model that the lab opens

/**
 * @param {...number} values
 * @returns {[string, string][]}
 */
function numbers(...values) {
  return values.map((value) => [String(value), String(value)]);
}

/**
 * The text that stands for a value of a trait.
 *
 * @param {string} trait
 * @param {string} value
 */
export function textOf(trait, value) {
  return CHOICES[trait].options.find(([each]) => each === value)?.[1] ?? value;
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
    chosen: { [COMPUTED_BY]: "Keras" },
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

/** What stands on the button that trains. */
const TRAIN = {
  idle: "Train",
  ready: "Train",
  training: "Pause",
  paused: "Go on",
  over: "Train",
  failed: "Train",
};

/**
 * What stands on the buttons that change.
 *
 * @param {Run} run
 * @param {Run | null} kept
 */
export function labels(run, kept) {
  return {
    train: TRAIN[phaseOf(run)],
    keep: kept !== null && !canBeKept(run) ? "Remove the kept curves" : "Keep these curves",
  };
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
    return (
      `The lab opens models whose units are a multiple of 8, up to ${LARGEST}; ` +
      `this one has ${units}.`
    );
  }
  const written = (/** @type {TaskData} */ { tokens, problem_length, answer_length }) =>
    [problem_length, answer_length, ...tokens].join(" ");
  if (written(theirs) === written(task)) return "";
  return (
    `The lab opens models with the ${task.tokens.length} tokens of its tasks, ` +
    `${task.problem_length} time steps of the encoder and ${task.answer_length} of the decoder; ` +
    "this one has others."
  );
}

/**
 * How far the training is, in words.
 *
 * @param {Run} run
 */
function progressInWords(run) {
  const { progress, opened, hasFailed } = run;
  if (hasFailed) return "Stopped.";
  const who = run.isOfKeras ? "Keras, in Python. " : "";
  const speed = progress === null ? 0 : progress.problems / (progress.seconds || 1);
  if (progress !== null) {
    const pace = `${Math.round(speed).toLocaleString("en")} problems a second`;
    if (progress.over) return `${who}Trained in ${rounded(progress.seconds, 1)} s, ${pace}.`;
    if (progress.updates > 0 && speed > 0) {
      const { epoch, epochs, batchSize, updates, of, going } = progress;
      const left = Math.ceil(((of - updates) * batchSize) / speed);
      return `${who}Epoch ${epoch} of ${epochs}: ${pace}${going ? `, ${left} s left` : ""}.`;
    }
  }
  return opened ? "The model of the file. Train goes on with it." : `${who}Nothing learned yet.`;
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
    return "No run has begun. Press Train: the model starts from random weights.";
  }
  const plain = run.progress?.fast === false && wantsFast
    ? " This browser has no WebAssembly for it: JavaScript computes."
    : "";
  return (
    `${progressInWords(run)} Of the validation part, ${counted(last.exactMatch)} of the whole ` +
    `answers are right, ${counted(last.tokenAccuracy)} of the tokens; ` +
    `the loss is ${rounded(last.loss, 3)}.${plain}`
  );
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
    .filter(([label, value]) => chosen[label] !== value)
    .map(([label, value]) => `${label} ${value}`);
  const difference = others.length ? `; ${others.join(", ")}` : ", with the same settings";
  return (
    `Thin, the run you kept: ${counted(last.exactMatch)} of the whole answers after ` +
    `${rounded(kept.progress.seconds, 1)} s${difference}.`
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
  const marks = numbers(0, 0.5, 1, 1.5, 2, 2.5);
  return {
    marks: marks.map(([, text]) => [Number(text), text]),
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
    loss: "Loss per token. Solid: validation part. Dashed: training part. " +
      `Dotted: log ${tokens.length}, what guessing costs.`,
    right: "Right in the validation part. Solid: whole answers, free-running. " +
      "Dashed: tokens, with teacher forcing.",
    map: "The embedding, in the two directions in which it spreads most.",
  };
}

/**
 * The charts in words.
 *
 * @param {Run} run
 */
export function chartsInWords({ examined }) {
  const last = examined.at(-1);
  const loss = last ? `; now ${rounded(last.loss, 3)}` : "";
  const right = last ? `; now ${counted(last.exactMatch)} and ${counted(last.tokenAccuracy)}` : "";
  return {
    loss: `Loss per token over the epochs${loss}.`,
    right: `Whole answers and tokens right over the epochs${right}.`,
  };
}
