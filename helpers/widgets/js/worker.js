// The worker of the training lab: it trains, and the page stays awake.
//
// It is told what to do by messages { order, ... } and answers by messages { news, ... }; the first says
// that it is there. While it trains it looks for an order every 40 ms, and after each epoch.

import compiled from "./nn/ops.wasm" with { type: "bytes" };
import { fastOps, trainingOps, wasmModule } from "./nn/training_ops.js";
import { littleEndian } from "./domain/packing.js";
import { say } from "./domain/say.js";
import { backToFront, Task } from "./domain/task.js";
import { asData, random, shuffle, Trainer, warmupCosine } from "./nn/training.js";

/** @import { Sizes, Weights } from "./domain/layout.js" */
/** @import { TaskData } from "./domain/task.js" */
/** @import { Data } from "./nn/training.js" */

/**
 * How a model is trained. `run` is a number by which the page knows the run; `fast` asks for WebAssembly.
 *
 * @typedef {object} Settings
 * @property {number} run
 * @property {Sizes} sizes
 * @property {boolean} reverse
 * @property {boolean} masked
 * @property {number} learningRate
 * @property {string} schedule
 * @property {number} weightDecay
 * @property {number} batch
 * @property {number} epochs
 * @property {number} seed
 * @property {boolean} fast
 */

/**
 * What the worker is told. `parts` says to which part each problem of the task belongs, in the order
 * of `Task.problems` of Python, two bits each, in base64.
 *
 * @typedef {{ order: "start", settings: Settings, task: TaskData, parts: string, watched: string[],
 *   weights?: Weights }
 *   | { order: "go" | "pause" | "step" }
 *   | { order: "watch", watched: string[] }} Order
 */

/**
 * How well the model does on the held-out part.
 *
 * @typedef {{ loss: number, tokenAccuracy: number, exactMatch: number }} Measured
 */

/**
 * Where a run is.
 *
 * @typedef {object} Progress
 * @property {number} updates
 * @property {number} of how many updates there will be
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} batchSize
 * @property {boolean} going
 * @property {boolean} over
 * @property {boolean} [fast] whether WebAssembly computes
 * @property {number} [loss] of the training part, since the progress before
 * @property {number} seconds
 * @property {number} problems
 * @property {Float32Array} embedding axes (token, embedding_dim)
 * @property {Record<string, string>} [answers] to the problems of the reader
 * @property {Measured} [measured] after each epoch, and when it stops
 * @property {Weights} [weights] with `measured`
 */

/**
 * What the worker tells.
 *
 * @typedef {{ news: "ready" } | { news: "failed", reason: string }
 *   | { news: "progress", run: number } & Progress} News
 */

const PATIENCE = 40; // milliseconds of training between two looks at the messages
const PAUSE = 100; // milliseconds between two pieces of news

/** @type {Run} */
let run; // what is being trained

/** @param {Order} order */
function obey(order) {
  switch (order.order) {
    case "start": { // with new weights, or with those that are given
      const { settings, parts, watched, weights } = order;
      run = new Run(settings, new Task(order.task), parts, watched);
      if (weights) run.trainer.weights = weights;
      else run.trainer.initialize(settings.seed);
      return run.examine();
    }
    case "go":
      return run.go();
    case "pause":
      return run.pause();
    case "step": // learn from one batch
      run.learn();
      return run.examine();
    case "watch": // answer other problems of the reader
      run.watched = order.watched;
      return run.tell();
  }
}

/**
 * The problems of the training and of the held-out part (see training_lab.py).
 *
 * @param {Task} task
 * @param {string} packed
 */
function partsOf(task, packed) {
  const bytes = littleEndian(packed, "uint8");
  /** @type {string[][]} */
  const parts = [[], [], []]; // training, held-out, test
  let number = 0;
  for (const problem of task.problems()) {
    const part = (bytes[number >> 2] >> (2 * (number & 3))) & 3;
    parts[part].push(problem);
    number++;
  }
  return parts;
}

/** What a trainer computes with where there is no WebAssembly. */
function inJavaScript() {
  return {
    memory: orTooLarge((bytes) => new ArrayBuffer(bytes)),
    opsOn: trainingOps,
  };
}

/**
 * What it computes with where there is.
 *
 * @param {WebAssembly.Module} module
 */
function inWebAssembly(module) {
  /** @type {WebAssembly.Memory} */
  let memory;
  return {
    memory: orTooLarge((bytes) => {
      memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 2 ** 16) });
      return memory.buffer;
    }),
    opsOn: () => fastOps(memory, module),
  };
}

/**
 * The same function; where it fails, it says what to do.
 *
 * @param {(bytes: number) => ArrayBuffer} allocate
 */
function orTooLarge(allocate) {
  return (/** @type {number} */ bytes) => {
    try {
      return allocate(bytes);
    } catch {
      throw new RangeError(
        say("The browser gave it no memory: choose fewer units or a smaller batch."),
      );
    }
  };
}

class Run {
  /**
   * @param {Settings} settings
   * @param {Task} task
   * @param {string} parts
   * @param {string[]} watched
   */
  constructor(settings, task, parts, watched) {
    const { sizes, batch, masked, fast, reverse } = settings;
    const [train, heldOut] = partsOf(task, parts);
    this.settings = settings;
    this.task = task;
    const module = fast ? wasmModule(compiled) : null;
    this.fast = module !== null;
    this.trainer = new Trainer({
      sizes,
      task,
      batch,
      masked,
      ...(module === null ? inJavaScript() : inWebAssembly(module)),
    });
    this.train = asData(train, task, reverse);
    this.heldOut = asData(heldOut, task, reverse);
    this.order = Int32Array.from(train, (_, number) => number);
    this.batches = Math.floor(train.length / batch);
    this.next = random(settings.seed + 1);
    this.watched = watched;
    this.batchNumber = 0; // in this epoch
    this.epoch = 0;
    this.loss = 0; // summed over the tokens since the last news
    this.tokens = 0;
    this.milliseconds = 0; // of training and exams
    this.going = false;
  }

  get updates() {
    return this.batches * this.settings.epochs;
  }

  get over() {
    return this.trainer.updates >= this.updates;
  }

  /** Learn from one batch. */
  learn() {
    if (this.over) return;
    const { batch, learningRate, schedule, weightDecay } = this.settings;
    const began = performance.now();
    if (this.batchNumber === 0) shuffle(this.order, this.next);
    const { loss, tokens } = this.trainer.learnFrom(
      this.train,
      this.order,
      this.batchNumber * batch,
      batch,
    );
    if (!Number.isFinite(loss)) {
      throw new RangeError(say("The loss is no number any more: lower the rate."));
    }
    const rate = schedule === "constant"
      ? learningRate
      : warmupCosine(learningRate, this.trainer.updates, this.updates);
    this.trainer.update({ rate, weightDecay });
    this.loss += loss;
    this.tokens += tokens;
    this.batchNumber++;
    if (this.batchNumber === this.batches) {
      this.batchNumber = 0;
      this.epoch++;
    }
    this.milliseconds += performance.now() - began;
  }

  go() {
    if (this.going || this.over) return;
    this.going = true;
    let told = performance.now();
    const { port1, port2 } = new MessageChannel(); // unlike a timer, not slowed down in the background
    port1.onmessage = careful(() => {
      if (!this.going) {
        port1.close();
        return;
      }
      const began = performance.now();
      while (performance.now() - began < PATIENCE && !this.over) {
        this.learn();
        if (this.batchNumber === 0) {
          if (!this.over) this.examine();
          break;
        }
      }
      if (this.over) {
        this.pause();
        port1.close();
        return;
      }
      if (performance.now() - told > PAUSE) {
        told = performance.now();
        this.tell();
      }
      port2.postMessage(null);
    });
    port2.postMessage(null);
  }

  pause() {
    if (!this.going) return;
    this.going = false;
    this.examine();
  }

  /**
   * Say where the run is.
   *
   * @param {Pick<Progress, "measured" | "weights">} [more]
   */
  tell(more) {
    send({
      news: "progress",
      run: this.settings.run,
      updates: this.trainer.updates,
      of: this.updates,
      epoch: this.epoch,
      epochs: this.settings.epochs,
      batchSize: this.settings.batch,
      going: this.going,
      over: this.over,
      fast: this.fast,
      loss: this.tokens ? this.loss / this.tokens : undefined,
      seconds: this.milliseconds / 1000,
      problems: this.trainer.updates * this.settings.batch,
      embedding: this.trainer.embedding,
      answers: this.answers(),
      ...more,
    });
    this.loss = this.tokens = 0;
  }

  /** The held-out part, and what the reader has asked. */
  examine() {
    const began = performance.now();
    const count = this.heldOut.lengths.length;
    const sums = this.trainer.examine(
      this.heldOut,
      Int32Array.from({ length: count }, (_, k) => k),
    );
    this.milliseconds += performance.now() - began;
    this.tell({
      measured: {
        loss: sums.loss / sums.tokens,
        tokenAccuracy: sums.right / sums.tokens,
        exactMatch: sums.exact / count,
      },
      weights: this.trainer.weights,
    });
  }

  /** The answers to the problems of the reader, by problem. */
  answers() {
    const { task, settings } = this;
    const { answerLength } = task;
    const data = asData(this.watched, task, settings.reverse);
    const written = this.trainer.answer(data, Int32Array.from(this.watched, (_, number) => number));
    const answers = this.watched.map((problem, number) => {
      const ids = written.subarray(number * answerLength, (number + 1) * answerLength);
      const text = task.decode(Array.from(ids));
      return [problem, settings.reverse ? backToFront(text) : text];
    });
    return Object.fromEntries(answers);
  }
}

/** @param {News} news */
function send(news) {
  postMessage(news);
}

/**
 * The same function; what it throws becomes news.
 *
 * @template Given
 * @param {(given: Given) => void} act
 * @returns {(given: Given) => void}
 */
function careful(act) {
  return (event) => {
    try {
      act(event);
    } catch (error) {
      if (run) run.going = false;
      send({ news: "failed", reason: error instanceof Error ? error.message : String(error) });
    }
  };
}

onmessage = careful(({ data }) => obey(data));
send({ news: "ready" });
