// Training a model: forward, backward through time, update.
//
// The names follow the chapter *Training*. A gradient is called d and the name of what it is of. The
// gradients, and the means and squares of the optimizer, lie in the heap of the net as well, each in the
// same order as the weights (`gradientOf`). `learnFrom` computes the gradients of a batch; then `update`
// moves the weights.

import { EMBEDDING } from "../domain/layout.js";
import { say } from "../domain/say.js";
import { BUILDERS } from "./architectures.js";
import { Net } from "./net.js";
import { Optimizer } from "./optimizers.js";
import { argmax, exponentiate } from "./ops.js";
import { Rows } from "./rows.js";

/** @import { Architecture, Sizes, Weights } from "../domain/layout.js" */
/** @import { Task } from "../domain/task.js" */
/** @import { Heap } from "./ops.js" */
/** @import { Kind, Step } from "./optimizers.js" */
/** @import { TrainingOps } from "./training_ops.js" */

/**
 * The problems of a task as ids, axes (problem, time), and how many time steps count of each.
 *
 * @typedef {{ read: Int16Array, right: Int16Array, lengths: Int16Array }} Data
 */

/**
 * @typedef {object} Options
 * @property {Architecture} [architecture]
 * @property {Sizes} sizes
 * @property {Task} task
 * @property {number} batch
 * @property {boolean} masked whether only the time steps up to EOS count
 * @property {boolean} [shared] whether rows that begin alike are one row until they part
 * @property {boolean} [dropped] whether rows whose answer is over are left out
 * @property {Kind} [optimizer]
 * @property {(heap: Heap, ids: Int32Array) => TrainingOps} opsOn gives the operations
 * @property {(bytes: number) => ArrayBuffer} memory gives what they work on
 * @property {typeof Float32Array | typeof Float64Array} [heapType]
 */

const RESERVED = 1 << 14; // addresses below it are what compiled operations keep for themselves
const ROUND = 8; // compiled operations work on columns by the eight

/**
 * The problems of a task as data, as a model reads and writes them.
 *
 * @param {string[]} problems
 * @param {Task} task
 * @param {boolean} reverse
 * @returns {Data}
 */
export function asData(problems, task, reverse) {
  const read = new Int16Array(problems.length * task.problemLength);
  const right = new Int16Array(problems.length * task.answerLength);
  const lengths = new Int16Array(problems.length);
  problems.forEach((problem, place) => {
    const answer = task.target(problem, reverse);
    read.set(task.encoderInput(problem, reverse), place * task.problemLength);
    right.set(answer, place * task.answerLength);
    lengths[place] = answer.indexOf(task.eos) + 1;
  });
  return { read, right, lengths };
}

/**
 * Numbers from 0 to 1 that look random, always the same for a seed (mulberry32).
 *
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Put a list in another order, in place.
 *
 * @param {Int32Array} list
 * @param {() => number} next
 */
export function shuffle(list, next) {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    [list[last], list[other]] = [list[other], list[last]];
  }
}

/**
 * The learning rate of update `number` of `updates`: up in a straight line for the first tenth, then
 * down to zero along a cosine. `helpers.training.warmup_cosine` says the same.
 *
 * @param {number} peak
 * @param {number} number
 * @param {number} updates
 */
export function warmupCosine(peak, number, updates) {
  const rise = Math.max(1, Math.floor(updates / 10));
  if (number < rise) return peak / 25 + (peak - peak / 25) * (number / rise);
  return 0.5 * peak * (1 + Math.cos((Math.PI * (number - rise)) / Math.max(1, updates - rise)));
}

/** A model that learns. */
export class Trainer {
  /**
   * Neither `shared` nor `dropped` changes a result.
   *
   * @param {Options} options
   */
  constructor(options) {
    const { sizes, task, batch, masked, opsOn, memory } = options;
    const { architecture = "gru", optimizer = "adamw" } = options;
    const { shared = true, dropped = true, heapType = Float32Array } = options;
    const shape = { architecture, sizes, task, batch };
    const net = new Net({ ...shape, learns: true, first: RESERVED, round: ROUND });
    this.built = BUILDERS[architecture](net);
    this.optimizer = new Optimizer(net, optimizer);
    const buffer = memory(net.end * heapType.BYTES_PER_ELEMENT);
    const heap = new heapType(buffer, 0, net.end);
    const isShort = heapType === Float32Array;
    const ids = isShort ? new Int32Array(buffer, 0, net.end) : new Int32Array(net.end);
    net.bind(heap, ids, opsOn(heap, ids));
    this.net = net;
    this.heap = heap;
    this.task = task;
    this.batch = batch;
    this.masked = masked;
    this.dropped = dropped && masked;
    this.rows = new Rows(net, shared && this.built.recurrent);
    // The right token of each row of the decoder; -1 where it does not count.
    this.wanted = new Int16Array(net.decoder.most);
    this.powers = new heapType(net.classes); // of the logits in one row
    this.wrong = new Uint8Array(batch); // 1 where a token up to EOS is wrong
  }

  /**
   * Where the gradient of a weight lies.
   *
   * @param {number} weight its address
   */
  gradientOf(weight) {
    return weight - this.net.first + this.net.gradients;
  }

  /** Forget all weights, and what was learned. */
  #forget() {
    const { first, count, gradients } = this.net;
    for (const from of [first, gradients]) this.heap.fill(0, from, from + count);
    this.optimizer.reset();
  }

  /**
   * Start from random weights, as Keras does.
   *
   * @param {number} seed
   */
  initialize(seed) {
    const next = random(seed);
    this.#forget();
    for (const [name, { rows, columns, start }] of Object.entries(this.net.matrices)) {
      const { at, columns: wide } = this.net.weights[name];
      if (start === "orthogonal") orthogonal(this.heap, at, rows, columns, next);
      else {
        const bound = typeof start === "number" ? 0 : start.bound;
        for (let row = at; row < at + rows * wide; row += wide) {
          for (let k = row; k < row + columns; k++) {
            this.heap[k] = bound ? (2 * next() - 1) * bound : Number(start);
          }
        }
      }
    }
  }

  /**
   * The address of a weight, by the name of its array and its place in it.
   *
   * @param {string} name
   * @param {number} place
   */
  addressOf(name, place) {
    const { at, columns: wide } = this.net.weights[name];
    const { columns } = this.net.matrices[name];
    return at + Math.floor(place / columns) * wide + (place % columns);
  }

  /** @returns {Weights} */
  get weights() {
    const arrays = Object.entries(this.net.matrices).map(([name, { rows, columns }]) => [
      name,
      Float32Array.from({ length: rows * columns }, (_, k) => this.heap[this.addressOf(name, k)]),
    ]);
    return Object.fromEntries(arrays);
  }

  set weights(weights) {
    this.#forget();
    for (const [name, { rows, columns }] of Object.entries(this.net.matrices)) {
      if (weights[name]?.length !== rows * columns) {
        throw new RangeError(say("These are not the weights of a model of these sizes."));
      }
      weights[name].forEach((number, place) => {
        this.heap[this.addressOf(name, place)] = number;
      });
    }
  }

  /** The embedding matrix, axes (token, embedding_dim). */
  get embedding() {
    const { at, rows, columns } = this.net.weights[EMBEDDING];
    return Float32Array.from(this.heap.subarray(at, at + rows * columns));
  }

  /**
   * Let the model read `count` problems and, with teacher forcing, their answers: those numbered in
   * `numbers` from `from` on. Returns how many tokens count.
   *
   * @param {Data} data
   * @param {Int32Array} numbers
   * @param {number} from
   * @param {number} count
   */
  forward(data, numbers, from, count) {
    const { net, rows, wanted, masked, dropped } = this;
    const { problemLength, answerLength, pad } = this.task;
    let chosen = numbers.subarray(from, from + count);
    if (dropped) { // the longest answers first: the rows whose answer is over are then the last ones
      chosen = chosen.slice().sort((a, b) => data.lengths[b] - data.lengths[a]);
    }
    rows.read(count, (i, time) => data.read[chosen[i] * problemLength + time]);
    let tokens = 0;
    let left = count;
    for (let place = 0; place < answerLength; place++) {
      if (dropped) { while (left && data.lengths[chosen[left - 1]] <= place) left--; }
      if (left === 0) break;
      rows.write(
        place,
        left,
        (i) => place ? data.right[chosen[i] * answerLength + place - 1] : pad,
      );
      const { first } = net.decoder.spans[place];
      for (let i = 0; i < left; i++) {
        const over = masked && data.lengths[chosen[i]] <= place;
        wanted[first + i] = over ? -1 : data.right[chosen[i] * answerLength + place];
        tokens += over ? 0 : 1;
      }
    }
    net.tabulate();
    net.encoder.forward();
    net.decoder.forward();
    return tokens;
  }

  /**
   * The loss of a batch, summed over its tokens, and the gradients of its mean, in the heap. The
   * mean is over the tokens that count.
   *
   * @param {Data} data
   * @param {Int32Array} numbers
   * @param {number} from
   * @param {number} count
   */
  learnFrom(data, numbers, from, count) {
    const tokens = this.forward(data, numbers, from, count);
    this.net.clear();
    const { loss } = this.crossEntropy(1 / tokens);
    this.net.backward();
    return { loss, tokens };
  }

  /**
   * The loss with teacher forcing, summed over the tokens, how many of these are right, and how many
   * whole answers. Where each token up to EOS is right with the right tokens before it, the model
   * writes these same tokens free-running; where one is wrong, it goes wrong there. So nothing has to
   * be decoded for it.
   *
   * @param {Data} data
   * @param {Int32Array} numbers
   */
  examine(data, numbers) {
    const sum = { loss: 0, right: 0, tokens: 0, exact: 0 };
    for (let from = 0; from < numbers.length; from += this.batch) {
      const count = Math.min(this.batch, numbers.length - from);
      sum.tokens += this.forward(data, numbers, from, count);
      const { loss, right } = this.crossEntropy(0);
      sum.loss += loss;
      sum.right += right;
      sum.exact += count - this.wrong.subarray(0, count).reduce((sum, one) => sum + one, 0);
    }
    return sum;
  }

  /**
   * Softmax and cross-entropy of all rows of the decoder, and back to the gradient of the logits: the
   * distribution, less one at the right token, times `share`. These are `eq-loss` of *Training* and
   * `eq-logits-back` of *Back through time*, with `share` for 1/N. Returns the summed loss, and how many
   * tokens are right.
   *
   * @param {number} share
   */
  crossEntropy(share) {
    const { heap, wanted, wrong, powers } = this;
    const { at, d, columns } = this.built.logits;
    const { decoder, classes } = this.net;
    wrong.fill(0);
    let loss = 0;
    let right = 0;
    for (const { first, count } of decoder.spans) {
      for (let row = first; row < first + count; row++) {
        const target = wanted[row];
        if (target < 0) continue;
        const logits = at + row * columns;
        const gradient = d + row * columns;
        const best = argmax(heap, logits, classes);
        if (best === target) right++;
        else if (target !== this.task.pad) wrong[row - first] = 1;
        const largest = heap[logits + best];
        const sum = exponentiate(heap, logits, largest, powers);
        loss += Math.log(sum) - (heap[logits + target] - largest);
        for (let token = 0; token < classes; token++) {
          heap[gradient + token] = share * (powers[token] / sum - (token === target ? 1 : 0));
        }
      }
    }
    return { loss, right };
  }

  /** How many updates there were. */
  get updates() {
    return this.optimizer.updates;
  }

  /**
   * One update with the gradients in the heap.
   *
   * @param {Step} step
   */
  update(step) {
    this.optimizer.update(step);
  }

  /**
   * Answer problems greedily; axes of the ids (problem, time).
   *
   * @param {Data} data
   * @param {Int32Array} numbers
   */
  answer(data, numbers) {
    const { heap, net, rows, batch } = this;
    const { at, columns } = this.built.logits;
    const { problemLength, answerLength, pad } = this.task;
    const written = new Int16Array(numbers.length * answerLength);
    net.tabulate();
    for (let from = 0; from < numbers.length; from += batch) {
      const count = Math.min(batch, numbers.length - from);
      rows.read(count, (i, time) => data.read[numbers[from + i] * problemLength + time]);
      net.encoder.forward();
      for (let place = 0; place < answerLength; place++) {
        const start = from * answerLength + place;
        rows.write(place, count, (i) => place ? written[start + i * answerLength - 1] : pad);
        net.decoder.step(place);
        const { first } = net.decoder.spans[place];
        for (let i = 0; i < count; i++) {
          const logits = at + (first + i) * columns;
          written[start + i * answerLength] = argmax(heap, logits, net.classes);
        }
      }
    }
    return written;
  }
}

/**
 * Fill a matrix (rows, columns), not more rows than columns, with rows at right angles.
 *
 * @param {Heap} heap
 * @param {number} at
 * @param {number} rows
 * @param {number} columns
 * @param {() => number} next
 */
function orthogonal(heap, at, rows, columns, next) {
  for (let row = 0; row < rows; row++) {
    const from = at + row * columns;
    for (let column = 0; column < columns; column++) {
      heap[from + column] = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    }
    for (let other = at; other < from; other += columns) {
      let along = 0;
      for (let column = 0; column < columns; column++) {
        along += heap[from + column] * heap[other + column];
      }
      for (let column = 0; column < columns; column++) {
        heap[from + column] -= along * heap[other + column];
      }
    }
    let length = 0;
    for (let column = 0; column < columns; column++) length += heap[from + column] ** 2;
    length = Math.sqrt(length);
    for (let column = 0; column < columns; column++) heap[from + column] /= length;
  }
}
