// Training a model of seq2seq.js: forward, backward through time, update.
//
// The names follow chapter 4, *Training*. A gradient is called d and the name of what it is of:
// dState is how the loss changes with each number of the state. Chapter 4 writes a Greek delta for d.
//
// All numbers lie in one flat array, the heap: `at.encoderBias` is where that array begins in it. The
// axes of an array are written behind it in comments, row after row. The gradients, and the means and
// squares of the optimizer, lie further on, in the same order as the weights (`gradientOf`).
//
// What Keras calls the kernels of a GRU, the W and R of the book, are `encoderKernel` and
// `encoderRecurrent` here; V is `softmaxKernel`. What computes on rows of
// numbers are the operations of ops.js.
// `gates` stands for 3 units: update, reset and candidate, side by side.
//
// `learnFrom` computes the gradients of a batch, in this order:
//
//   tabulate      what each token adds to the gates             (token, gates)
//   encode        the states of the encoder, by stepForward     (row, units) at each time step
//   forward       those of the decoder too
//   crossEntropy  the loss, and the gradient of the logits      (row, token)
//   stepBackward  from the last time step to the first, the
//                 gradient of the state before                  (row, units)
//   untabulate    the gradients of embedding, kernels, biases
//
// Then `update` moves the weights. A row is a problem of the batch. Problems that begin alike share a
// row until they part; all begin with PAD. Each row knows its parent, the row of the time step before
// that it goes on from. On the way back, the gradients of rows with one parent add up.

import { cellNames, EMBEDDING, layout, SOFTMAX } from "../domain/layout.js";

/** @import { Part, Sizes } from "../domain/layout.js" */
/** @import { Task } from "../domain/task.js" */
/** @import { Heap, Ops } from "./ops.js" */

/**
 * The problems of a task as ids, axes (problem, time), and how many time steps count of each.
 *
 * @typedef {{ read: Int8Array, right: Int8Array, lengths: Int8Array }} Data
 */

/**
 * One time step of a batch: how many rows it has, how many the one before that it goes on from, and
 * the addresses of what belongs to its rows.
 *
 * @typedef {Record<"rows" | "before" | "parents" | "tokens" | "state" | "dState" | "recurrent"
 *   | "dRecurrent" | "gates" | "logits", number> & { part: Part }} Step
 */

/**
 * @typedef {object} Options
 * @property {Sizes} sizes
 * @property {Task} task
 * @property {number} batch
 * @property {boolean} masked whether only the time steps up to EOS count
 * @property {boolean} [shared] whether rows that begin alike are one row until they part
 * @property {boolean} [dropped] whether rows whose answer is over are left out
 * @property {(heap: Heap, ids: Int32Array) => Ops} opsOn gives the operations
 * @property {(bytes: number) => ArrayBuffer} memory gives what they work on
 * @property {typeof Float32Array | typeof Float64Array} [heapType]
 */

// The softmax layer has more columns than there are tokens, those behind them always zero: the
// operations work on columns by the eight.
const WIDE = 16;
const PARTS = /** @type {const} */ (["encoder", "decoder"]);
const D_TABLES = { encoder: "dEncoderTable", decoder: "dDecoderTable" };

/**
 * The problems of a task as data, as a model reads and writes them.
 *
 * @param {string[]} problems
 * @param {Task} task
 * @param {boolean} reverse
 * @returns {Data}
 */
export function asData(problems, task, reverse) {
  const read = new Int8Array(problems.length * task.problemLength);
  const right = new Int8Array(problems.length * task.answerLength);
  const lengths = new Int8Array(problems.length);
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
   * @throws {RangeError} There are more tokens than columns.
   */
  constructor(options) {
    const { sizes, task, batch, masked, opsOn, memory } = options;
    const { shared = true, dropped = true, heapType = Float32Array } = options;
    const { embedding_dim: embeddingDim, units } = sizes;
    const classes = task.tokens.length;
    if (classes > WIDE) {
      throw new RangeError(`A page trains models of at most ${WIDE} tokens, not of ${classes}.`);
    }
    this.sizes = sizes;
    this.task = task;
    this.classes = classes;
    this.embeddingDim = embeddingDim;
    this.units = units;
    this.batch = batch;
    this.masked = masked;
    this.shared = shared;
    this.dropped = dropped && masked;
    const gates = 3 * units;
    /** @type {Record<string, number>} */
    const places = {};
    let end = 1 << 14; // below that lies what compiled operations keep for themselves
    /** @type {(name: string, size: number) => void} */
    const allocate = (name, size) => {
      places[name] = end;
      end += Math.ceil(size / 4) * 4;
    };
    this.first = end;
    allocate(EMBEDDING, classes * embeddingDim);
    for (const part of PARTS) {
      const { kernel, recurrent, bias } = cellNames(part);
      allocate(kernel, embeddingDim * gates);
      allocate(recurrent, units * gates);
      allocate(bias, 2 * gates);
    }
    allocate(SOFTMAX.kernel, units * WIDE);
    allocate(SOFTMAX.bias, WIDE);
    this.count = end - this.first;
    for (const name of ["gradients", "means", "squares"]) allocate(name, this.count);
    for (const part of PARTS) {
      allocate(`${part}Table`, classes * gates); // (token, gates)
      allocate(`${part}Transposed`, gates * units); // (gates, units)
    }
    allocate("dEncoderTable", classes * gates);
    allocate("dDecoderTable", classes * gates);
    allocate("softmaxTransposed", WIDE * units); // (token, units)
    allocate("start", batch * units); // (row, units), zeros: the state before the first step
    allocate("dStart", batch * units);
    this.steps = Array.from({ length: task.problemLength + task.answerLength }, (_, time) => {
      const part = PARTS[time < task.problemLength ? 0 : 1];
      const step = /** @type {Step} */ ({ part, rows: 0, before: 0 });
      // deno-fmt-ignore
      const sizes = {
        parents: 1, tokens: 1, state: units, dState: units, recurrent: gates, dRecurrent: gates,
        gates, logits: part === "encoder" ? 0 : WIDE,
      };
      for (const name of /** @type {(keyof typeof sizes)[]} */ (Object.keys(sizes))) {
        allocate(`${name}${time}`, batch * sizes[name]);
        step[name] = places[`${name}${time}`];
      }
      return step;
    });
    this.at = places;
    const buffer = memory(end * heapType.BYTES_PER_ELEMENT);
    this.heap = new heapType(buffer, 0, end);
    this.ids = heapType === Float32Array ? new Int32Array(buffer, 0, end) : new Int32Array(end);
    this.ops = opsOn(this.heap, this.ids);
    // The right token at each place of an answer, axes (place, row); -1 where it does not count.
    this.wanted = new Int8Array(batch * task.answerLength);
    this.rowOf = new Int32Array(batch);
    this.wrong = new Uint8Array(batch); // 1 where a token up to EOS is wrong
    this.seen = new Int32Array(batch * classes); // the row that goes on from a parent with a token, or -1
    this.updates = 0;
  }

  /**
   * Where the gradient of what is at `name` lies.
   *
   * @param {string} name
   */
  gradientOf(name) {
    return this.at[name] - this.first + this.at.gradients;
  }

  /**
   * The state that the step at `time` starts from.
   *
   * @param {number} time
   */
  stateBefore(time) {
    return time ? this.steps[time - 1].state : this.at.start;
  }

  /**
   * Start from random weights, as Keras does: the embedding evenly within 0.05 of zero, the kernels
   * evenly within Glorot's bound, the recurrent kernels orthogonal, the biases zero.
   *
   * @param {number} seed
   */
  initialize(seed) {
    const { heap, at, classes, embeddingDim, units } = this;
    const next = random(seed);
    const gates = 3 * units;
    heap.fill(0, this.first, at.gradients + 3 * this.count);
    this.updates = 0;
    /** @type {(from: number, size: number, bound: number) => void} */
    const evenly = (from, size, bound) => {
      for (let place = from; place < from + size; place++) heap[place] = (2 * next() - 1) * bound;
    };
    evenly(at[EMBEDDING], classes * embeddingDim, 0.05);
    for (const part of PARTS) {
      const { kernel, recurrent } = cellNames(part);
      evenly(at[kernel], embeddingDim * gates, Math.sqrt(6 / (embeddingDim + gates)));
      orthogonal(heap, at[recurrent], units, gates, next);
    }
    for (let unit = 0; unit < units; unit++) {
      evenly(at[SOFTMAX.kernel] + unit * WIDE, classes, Math.sqrt(6 / (units + classes)));
    }
  }

  /**
   * The nine arrays in the order of Keras, one behind the other, as in `layout`.
   *
   * @returns {Float32Array}
   */
  get weights() {
    const { at, end } = layout(this.sizes, this.classes);
    const weights = new Float32Array(end);
    this.copied((name, from, to) => {
      weights[at[name] + to] = this.heap[this.at[name] + from];
    });
    return weights;
  }

  set weights(weights) {
    const { at, end } = layout(this.sizes, this.classes);
    if (weights.length !== end) {
      throw new RangeError(`The weights are ${weights.length} numbers, but the model has ${end}.`);
    }
    this.heap.fill(0, this.first, this.at.gradients + 3 * this.count);
    this.updates = 0;
    this.copied((name, from, to) => {
      this.heap[this.at[name] + from] = weights[at[name] + to];
    });
  }

  /**
   * Call `copy(name, here, there)` for each weight: its place here and that in `layout`.
   *
   * @param {(name: string, here: number, there: number) => void} copy
   */
  copied(copy) {
    const { classes } = this;
    const { sizes } = layout(this.sizes, classes);
    for (const [name, size] of Object.entries(sizes)) {
      const padded = name === SOFTMAX.kernel;
      for (let place = 0; place < size; place++) {
        copy(name, padded ? Math.floor(place / classes) * WIDE + (place % classes) : place, place);
      }
    }
  }

  /** What each token adds to the gates: its embedding times the kernel, and the input bias. */
  tabulate() {
    const { heap, at, classes, embeddingDim, units, ops } = this;
    const gates = 3 * units;
    for (const part of PARTS) {
      const names = cellNames(part);
      const [table, kernel, bias] = [at[`${part}Table`], at[names.kernel], at[names.bias]];
      for (let token = 0; token < classes; token++) {
        heap.copyWithin(table + token * gates, bias, bias + gates);
      }
      ops.matmul(classes, embeddingDim, gates, at[EMBEDDING], embeddingDim, 1, kernel, table, 1);
    }
  }

  /**
   * The same backward. A table (token, gates) is embedding (token, embedding_dim) @ kernel
   * (embedding_dim, gates) + bias. So dKernel is the embedding, transposed, @ dTable; dEmbedding is
   * dTable @ the kernel, transposed; dBias is the sum of the rows of dTable. For the kernels this is
   * equation 11 of chapter 4, with all rows of a token in one term.
   */
  untabulate() {
    const { heap, at, classes, embeddingDim, units, ops } = this;
    const gates = 3 * units;
    for (const part of PARTS) {
      const table = at[D_TABLES[part]];
      const names = cellNames(part);
      const kernel = at[names.kernel];
      const dBias = this.gradientOf(names.bias);
      const dEmbedding = this.gradientOf(EMBEDDING);
      for (let token = 0; token < classes; token++) {
        const row = table + token * gates;
        for (let gate = 0; gate < gates; gate++) heap[dBias + gate] += heap[row + gate];
        for (let dim = 0; dim < embeddingDim; dim++) {
          let sum = 0;
          for (let gate = 0; gate < gates; gate++) {
            sum += heap[row + gate] * heap[kernel + dim * gates + gate];
          }
          heap[dEmbedding + token * embeddingDim + dim] += sum;
        }
      }
      const dKernel = this.gradientOf(names.kernel);
      ops.matmul(embeddingDim, classes, gates, at[EMBEDDING], 1, embeddingDim, table, dKernel, 1);
    }
  }

  /**
   * One time step of all rows: equations 2 and 3 of chapter 2. The state before (parent, units) times
   * the recurrent kernel (units, gates) is computed once for each parent; then each row takes that of
   * its own.
   *
   * @param {number} time
   */
  stepForward(time) {
    const { at, units, ops } = this;
    const { part, rows, before, parents, tokens, state, recurrent, gates } = this.steps[time];
    const from = this.stateBefore(time);
    const names = cellNames(part);
    const bias = at[names.bias] + 3 * units;
    ops.matmul(before, units, 3 * units, from, units, 1, at[names.recurrent], recurrent, 0);
    // deno-fmt-ignore
    ops.gruForward(
      rows, units, parents, tokens, at[`${part}Table`], bias, recurrent, from, gates, state,
    );
  }

  /**
   * Let the encoder read `count` problems of `data`, those numbered in `numbers` from `from` on.
   * Afterwards `rowOf` says which row of the last step is whose.
   *
   * @param {Data} data
   * @param {Int32Array} numbers
   * @param {number} from
   * @param {number} count
   */
  encode(data, numbers, from, count) {
    const { ids, rowOf, seen, shared, classes } = this;
    const { problemLength } = this.task;
    for (let i = 0; i < count; i++) rowOf[i] = shared ? 0 : i;
    let before = shared ? 1 : count;
    for (let time = 0; time < problemLength; time++) {
      const step = this.steps[time];
      step.before = before;
      step.rows = 0;
      if (shared) seen.fill(-1, 0, before * classes);
      for (let i = 0; i < count; i++) {
        const token = data.read[numbers[from + i] * problemLength + time];
        const key = rowOf[i] * classes + token;
        let row = shared ? seen[key] : -1;
        if (row < 0) {
          row = step.rows++;
          if (shared) seen[key] = row;
          ids[step.parents + row] = rowOf[i];
          ids[step.tokens + row] = token;
        }
        rowOf[i] = row;
      }
      before = step.rows;
      this.stepForward(time);
    }
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
    const { ids, rowOf, wanted, masked, dropped } = this;
    const { problemLength, answerLength, pad } = this.task;
    this.tabulate();
    let rows = numbers;
    let first = from;
    if (dropped) {
      // The longest answers first: the rows whose answer is over are then the last ones.
      rows = numbers.slice(from, from + count).sort((a, b) => data.lengths[b] - data.lengths[a]);
      first = 0;
    }
    this.encode(data, rows, first, count);
    let tokens = 0;
    for (let place = 0; place < answerLength; place++) {
      const step = this.steps[problemLength + place];
      step.rows = 0;
      for (let i = 0; i < count; i++) {
        const number = rows[first + i];
        const over = masked && data.lengths[number] <= place;
        if (over && dropped) break;
        const answer = number * answerLength + place;
        ids[step.parents + i] = place ? i : rowOf[i];
        ids[step.tokens + i] = place ? data.right[answer - 1] : pad;
        wanted[place * this.batch + i] = over ? -1 : data.right[answer];
        tokens += over ? 0 : 1;
        step.rows++;
      }
      step.before = place ? step.rows : this.steps[problemLength - 1].rows;
      if (step.rows) this.stepForward(problemLength + place);
    }
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
    const { heap, at, units, ops, classes } = this;
    const tokens = this.forward(data, numbers, from, count);
    this.transpose();
    heap.fill(0, at.gradients, at.gradients + this.count);
    heap.fill(0, at.dEncoderTable, at.dDecoderTable + classes * 3 * units);
    const { loss } = this.crossEntropy(1 / tokens);
    const dKernel = this.gradientOf(SOFTMAX.kernel);
    // Equation 8 of chapter 4, its second half: one term of the sum a time step.
    for (const { rows, state, logits } of this.steps.slice(this.task.problemLength)) {
      ops.matmul(units, rows, WIDE, state, 1, units, logits, dKernel, 1);
    }
    for (let time = this.steps.length - 1; time >= 0; time--) this.stepBackward(time);
    this.untabulate();
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

  /** The matrices that the way back needs with rows and columns exchanged. */
  transpose() {
    const { heap, at, units } = this;
    const gates = 3 * units;
    for (const part of PARTS) {
      const matrix = at[cellNames(part).recurrent];
      const other = at[`${part}Transposed`];
      for (let unit = 0; unit < units; unit++) {
        for (let gate = 0; gate < gates; gate++) {
          heap[other + gate * units + unit] = heap[matrix + unit * gates + gate];
        }
      }
    }
    for (let unit = 0; unit < units; unit++) {
      for (let token = 0; token < WIDE; token++) {
        heap[at.softmaxTransposed + token * units + unit] =
          heap[at[SOFTMAX.kernel] + unit * WIDE + token];
      }
    }
  }

  /**
   * Logits, softmax and cross-entropy of all decoder steps, and back to the gradient of the logits:
   * the distribution, less one at the right token, times `share`. These are equations 5 and 7 of
   * chapter 4, with `share` for 1/N. Afterwards `logits` (row, token) holds that gradient. Returns the
   * summed loss, and how many tokens are right.
   *
   * @param {number} share
   */
  crossEntropy(share) {
    const { heap, at, units, ops, wanted, batch, wrong, classes } = this;
    const { problemLength, answerLength, pad } = this.task;
    const dBias = this.gradientOf(SOFTMAX.bias);
    wrong.fill(0);
    let loss = 0;
    let right = 0;
    for (let place = 0; place < answerLength; place++) {
      const { rows, state, logits } = this.steps[problemLength + place];
      ops.matmul(rows, units, WIDE, state, units, 1, at[SOFTMAX.kernel], logits, 0);
      for (let row = 0; row < rows; row++) {
        const from = logits + row * WIDE;
        const target = wanted[place * batch + row];
        if (target < 0) {
          heap.fill(0, from, from + WIDE);
          continue;
        }
        let best = 0;
        for (let token = 0; token < classes; token++) {
          heap[from + token] += heap[at[SOFTMAX.bias] + token];
          if (heap[from + token] > heap[from + best]) best = token;
        }
        const largest = heap[from + best];
        if (best === target) right++;
        else if (target !== pad) wrong[row] = 1;
        const chosen = heap[from + target] - largest;
        let sum = 0;
        for (let token = 0; token < classes; token++) {
          sum += heap[from + token] = Math.exp(heap[from + token] - largest);
        }
        loss += Math.log(sum) - chosen;
        for (let token = 0; token < classes; token++) {
          const d = share * (heap[from + token] / sum - (token === target ? 1 : 0));
          heap[from + token] = d;
          heap[dBias + token] += d;
        }
      }
    }
    return { loss, right };
  }

  /**
   * One time step backward: from the gradient of its state to that of the state before.
   *
   * @param {number} time
   */
  stepBackward(time) {
    const { heap, at, units, ops } = this;
    const step = this.steps[time];
    const { part, rows, before, parents, tokens, dState, recurrent, dRecurrent } = step;
    const gates = 3 * units;
    const from = this.stateBefore(time);
    const dFrom = time ? this.steps[time - 1].dState : at.dStart;
    const names = cellNames(part);
    const bias = at[names.bias] + gates;
    const dBias = this.gradientOf(names.bias) + gates;
    const behind = this.steps[time + 1]?.rows ? 1 : 0; // whether a later step has left a gradient
    if (part === "decoder" && rows) {
      // Equation 8 of chapter 4, its first half, added to what equation 10 of chapter 4 has left.
      ops.matmul(rows, WIDE, units, step.logits, WIDE, 1, at.softmaxTransposed, dState, behind);
    }
    // Nothing comes back to rows whose answer ended there.
    const rowsBefore = time ? this.steps[time - 1].rows : before;
    heap.fill(0, dFrom, dFrom + Math.max(before, rowsBefore) * units);
    if (!rows) return;
    heap.fill(0, dRecurrent, dRecurrent + before * gates);
    const dTable = at[D_TABLES[part]];
    // deno-fmt-ignore
    ops.gruBackward(
      rows, units, parents, tokens, bias, recurrent, from, step.gates,
      dState, dFrom, dRecurrent, dBias, dTable,
    );
    if (time === 0) return; // the state before the first step is zero, whatever the weights are
    // The matrices in equation 10 of chapter 4, then this step's term of equation 11 of chapter 4.
    ops.matmul(before, gates, units, dRecurrent, gates, 1, at[`${part}Transposed`], dFrom, 1);
    // deno-fmt-ignore
    ops.matmul(
      units, before, gates, from, 1, units, dRecurrent, this.gradientOf(names.recurrent), 1,
    );
  }

  /**
   * One update of AdamW with the gradients in the heap: equation 6 of chapter 4.
   *
   * @param {{ rate: number, weightDecay?: number, beta1?: number, beta2?: number, epsilon?: number }} settings
   */
  update({ rate, weightDecay = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }) {
    const { at, ops } = this;
    this.updates++;
    const corrected = (rate * Math.sqrt(1 - beta2 ** this.updates)) / (1 - beta1 ** this.updates);
    // deno-fmt-ignore
    ops.adam(
      this.count, this.first, at.gradients, at.means, at.squares,
      corrected, rate * weightDecay, beta1, beta2, epsilon,
    );
  }

  /**
   * Answer problems greedily; axes of the ids (problem, time).
   *
   * @param {Data} data
   * @param {Int32Array} numbers
   */
  answer(data, numbers) {
    const { heap, ids, at, units, ops, rowOf, batch, classes } = this;
    const { problemLength, answerLength, pad } = this.task;
    const written = new Int8Array(numbers.length * answerLength);
    this.tabulate();
    for (let from = 0; from < numbers.length; from += batch) {
      const count = Math.min(batch, numbers.length - from);
      this.encode(data, numbers, from, count);
      for (let place = 0; place < answerLength; place++) {
        const step = this.steps[problemLength + place];
        step.rows = count;
        step.before = place ? count : this.steps[problemLength - 1].rows;
        for (let i = 0; i < count; i++) {
          ids[step.parents + i] = place ? i : rowOf[i];
          ids[step.tokens + i] = place ? written[(from + i) * answerLength + place - 1] : pad;
        }
        this.stepForward(problemLength + place);
        ops.matmul(count, units, WIDE, step.state, units, 1, at[SOFTMAX.kernel], step.logits, 0);
        for (let i = 0; i < count; i++) {
          let best = 0;
          let largest = -Infinity;
          for (let token = 0; token < classes; token++) {
            const logit = heap[step.logits + i * WIDE + token] + heap[at[SOFTMAX.bias] + token];
            if (logit > largest) [largest, best] = [logit, token];
          }
          written[(from + i) * answerLength + place] = best;
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
