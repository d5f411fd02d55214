// A model that learns in the page: settings, curves, a map of the embedding, answers to the reader's
// problems. The work is done by a worker; see worker.js.

import workerText from "./worker.js" with { type: "text" };
import { read, record, written } from "./domain/model_file.js";
import { say } from "./domain/say.js";
import { learnedBy } from "./domain/task.js";
import { after, afterFit, canBeKept, newRun, phaseOf, refusal } from "./state/training_lab.js";
import { stillFits, taskIn } from "./state/training_lab.js";
import { labView } from "./ui/lab_view.js";
import { element } from "./ui/parts.js";

/** @import { Weights } from "./domain/layout.js" */
/** @import { ModelRecord } from "./domain/model_file.js" */
/** @import { Learned, TaskData } from "./domain/task.js" */
/** @import { Fit, Opened, Run } from "./state/training_lab.js" */
/** @import { Model, View } from "./ui/parts.js" */
/** @import { News, Order, Settings } from "./worker.js" */

/**
 * @typedef {object} Traits
 * @property {string} task
 * @property {number} units
 * @property {number} embedding_dim
 * @property {boolean} reverse
 * @property {boolean} masked_loss
 * @property {string} schedule
 * @property {number} learning_rate
 * @property {number} weight_decay
 * @property {number} batch_size
 * @property {number} epochs
 * @property {number} seed
 * @property {string[]} watched
 * @property {Record<string, TaskData>} tasks by name
 * @property {Record<string, string>} parts which part each problem belongs to, by task
 * @property {ModelRecord} trained
 * @property {Fit | Record<string, never>} fit empty if Keras does not train
 */

/** @typedef {Exclude<keyof Traits, "watched" | "tasks" | "parts" | "trained" | "fit">} Setting */

const HUSH = 4000; // milliseconds between two times that progress is read out

/** @param {View<Traits>} view */
function render({ model, el }) {
  const lab = new Lab(model);
  el.append(lab.view.root);
  /** @type {Record<string, () => void>} */
  const listeners = {
    "change:watched": () => lab.watch(),
    "change:fit": () => lab.hearKeras(),
  };
  for (const trait of lab.view.settings.traits) {
    listeners[`change:${trait}`] = () => lab.change(trait);
  }
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);
  lab.update();
  lab.hearKeras();
  lab.view.announce();
  return () => {
    lab.dismiss();
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

/** A run, what was kept of an earlier one, and the worker that trains. */
class Lab {
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Run | null} */
  #kept = null;
  #spoken = -Infinity;

  /** @param {Model<Traits>} model */
  constructor(model) {
    this.model = model;
    this.view = labView(model, {
      train: () => phaseOf(this.run) === "training" ? this.pause() : this.train(),
      step: () => this.order({ order: "step" }),
      reset: () => this.reset(),
      keep: () => this.keep(),
      save: () => this.download(),
      open: (file) => this.open(file),
    });
    this.run = this.#newRun();
  }

  #newRun() {
    const { chosen } = this.view.settings;
    return newRun({ number: Math.random(), epochs: this.model.get("epochs"), chosen });
  }

  update() {
    this.view.show(this.run, this.#kept, this.#learned());
  }

  /** End the worker. */
  dismiss() {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  train() {
    if (["over", "failed"].includes(phaseOf(this.run))) this.reset();
    this.view.complain("");
    if (phaseOf(this.run) === "idle") this.view.tell(say("Getting ready\u2026"));
    this.order({ order: "go" });
  }

  pause() {
    this.view.tell(say("Pausing\u2026"));
    this.order({ order: "pause" });
  }

  /** Forget the run; the next one begins with new weights. */
  reset() {
    this.dismiss();
    this.view.complain("");
    this.run = this.#newRun();
    this.update();
    this.view.announce();
  }

  keep() {
    this.#kept = canBeKept(this.run) ? this.run : null;
    if (this.#kept) this.reset();
    else this.update();
  }

  /**
   * Begin anew after a change of a setting; with the model that was opened, if it still fits.
   *
   * @param {Setting} trait
   */
  change(trait) {
    this.view.settings.show();
    const { opened } = this.run;
    this.reset();
    if (opened && stillFits(trait) && !this.#refusal(opened)) this.use(opened);
  }

  /**
   * Tell the worker; the first order starts it, with a model of the settings.
   *
   * @param {Order} message
   */
  order(message) {
    if (this.run.isOfKeras) this.reset();
    this.#worker ??= this.#start();
    this.#worker?.postMessage(message);
  }

  /**
   * Start a worker, with random weights or those given; undefined if the browser refuses at once.
   *
   * @param {Weights} [weights]
   */
  #start(weights) {
    const worker = startWorker(workerText);
    if (worker === undefined) {
      this.#doWithout();
      return undefined;
    }
    let isReady = false;
    worker.onmessage = ({ data }) => {
      isReady = true; // that it is, is the first that it says
      if (worker === this.#worker) this.hear(data);
    };
    worker.onerror = () => {
      if (worker !== this.#worker) return;
      if (isReady) this.#fail(say("The browser has ended it, perhaps for want of memory."));
      else this.#doWithout();
    };
    const { model, run, view } = this;
    const name = model.get("task");
    /** @type {Order} */
    const start = {
      order: "start",
      settings: settingsFor(model, run.number, view.settings.isFast),
      task: model.get("tasks")[name],
      parts: model.get("parts")[name],
      watched: model.get("watched"),
      weights,
    };
    worker.postMessage(start);
    return worker;
  }

  /** Say that there is no worker, and be as before. */
  #doWithout() {
    this.reset();
    this.view.complain(
      say("This browser starts no worker from this page, so nothing can be trained here."),
    );
  }

  /**
   * End the run and say why. What is seen stays.
   *
   * @param {string} reason
   */
  #fail(reason) {
    this.dismiss();
    this.run = { ...this.run, hasFailed: true };
    this.update();
    this.view.complain(`${say("The training has stopped.")} ${reason}`);
  }

  /** @param {News} data */
  hear(data) {
    if (data.news === "failed") return this.#fail(data.reason);
    if (data.news === "ready" || data.run !== this.run.number) return;
    this.run = after(this.run, data);
    this.update();
    if (data.weights && !data.going && data.updates > 0) setTimeout(() => this.#handOn()); // when drawn
    if (!data.going || performance.now() - this.#spoken > HUSH) {
      this.#spoken = performance.now();
      this.view.announce();
    }
  }

  /** Ask what the model answers to other problems. */
  watch() {
    this.#worker?.postMessage({ order: "watch", watched: this.model.get("watched") });
    this.update();
  }

  /** Show what Keras trains in Python. */
  hearKeras() {
    const fit = this.model.get("fit");
    if (!fit.of) return;
    if (!this.run.isOfKeras) this.reset();
    this.run = afterFit(this.run, /** @type {Fit} */ (fit));
    this.update();
  }

  /**
   * The model as it is now, for the stepper of the page, for Python and for a file.
   *
   * @param {Weights} weights
   */
  #trained(weights) {
    const { task, trained } = this.#learned();
    return record(weights, {
      architecture: "gru",
      sizes: sizesIn(this.model),
      reverse: this.model.get("reverse"),
      task: task.data,
      trained,
    });
  }

  /**
   * What the model learns here or in Keras; or what one from a file has learned, until it is trained.
   *
   * @returns {Learned}
   */
  #learned() {
    const { opened, progress, taskOfKeras } = this.run;
    if (taskOfKeras) return learnedBy({ task: taskOfKeras, trained: true });
    if (opened && !progress?.updates) return learnedBy(opened.model);
    return { task: taskIn(this.model), trained: true };
  }

  #handOn() {
    if (this.run.weights === null) return; // it was reset meanwhile
    const detail = this.#trained(this.run.weights);
    this.model.set("trained", detail);
    this.model.save_changes();
    document.dispatchEvent(new CustomEvent("model-trained", { detail }));
  }

  download() {
    if (this.run.weights === null) return;
    const text = written(this.#trained(this.run.weights));
    const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    element("a", { href: address, download: "model.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  /** @param {Opened} opened */
  #refusal({ model }) {
    return refusal(model, taskIn(this.model).data);
  }

  /** @param {File} file */
  async open(file) {
    const opened = read(await file.text().catch(() => ""), this.model.get("tasks").arithmetic);
    const complaint = opened === null
      ? say("This file holds no model of this book: a lab saves one, and so does Python.")
      : this.#refusal(opened);
    if (opened === null || complaint) return this.view.complain(complaint);
    this.model.set("units", opened.model.sizes.units);
    this.model.set("embedding_dim", opened.model.sizes.embedding_dim);
    this.model.set("reverse", opened.model.reverse);
    this.model.save_changes();
    this.reset();
    this.use(opened);
  }

  /**
   * Begin with a model that was read from a file.
   *
   * @param {Opened} opened
   */
  use(opened) {
    this.run = { ...this.run, opened, weights: opened.weights };
    this.#handOn();
    this.#worker = this.#start(opened.weights);
  }
}

/**
 * Start a worker from its text; undefined if the browser refuses at once.
 *
 * @param {string} text
 */
function startWorker(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return new Worker(address);
  } catch {
    return undefined;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** @param {Model<Traits>} model */
function sizesIn(model) {
  return { embedding_dim: model.get("embedding_dim"), units: model.get("units") };
}

/**
 * What a worker is to know of the settings.
 *
 * @param {Model<Traits>} model
 * @param {number} run
 * @param {boolean} fast
 * @returns {Settings}
 */
function settingsFor(model, run, fast) {
  return {
    run,
    sizes: sizesIn(model),
    reverse: model.get("reverse"),
    masked: model.get("masked_loss"),
    learningRate: model.get("learning_rate"),
    schedule: model.get("schedule"),
    weightDecay: model.get("weight_decay"),
    batch: model.get("batch_size"),
    epochs: model.get("epochs"),
    seed: model.get("seed"),
    fast,
  };
}

export default { render };
