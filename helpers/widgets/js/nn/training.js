// Training a model of seq2seq.js: forward, backward through time, update.
//
// The names follow the chapter *Training*. A gradient is called d and the name of what it is of: dState
// is how the loss changes with each number of the state. The chapter writes a Greek delta for d. Equations
// are called as in the source of the chapters.
//
// The gradients, and the means and squares of the optimizer, lie in the heap of seq2seq.js as well, each
// in the same order as the weights (`gradientOf`). What Keras calls the kernels of a GRU, the W and R of
// the book, are `kernel` and `recurrent` of a cell; V is the kernel of the softmax layer.
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

import { EMBEDDING, layout, SOFTMAX_BIAS, SOFTMAX_KERNEL } from "../domain/layout.js";
import { say } from "../domain/say.js";
import { argmax, exponentiate } from "./ops.js";
import { planOf, Seq2Seq } from "./seq2seq.js";

/** @import { Sizes, Weights } from "../domain/layout.js" */
/** @import { Task } from "../domain/task.js" */
/** @import { Heap } from "./ops.js" */
/** @import { TrainingOps } from "./training_ops.js" */

/**
 * The problems of a task as ids, axes (problem, time), and how many time steps count of each.
 *
 * @typedef {{ read: Int16Array, right: Int16Array, lengths: Int16Array }} Data
 */

/**
 * @typedef {object} Options
 * @property {Sizes} sizes
 * @property {Task} task
 * @property {number} batch
 * @property {boolean} masked whether only the time steps up to EOS count
 * @property {boolean} [shared] whether rows that begin alike are one row until they part
 * @property {boolean} [dropped] whether rows whose answer is over are left out
 * @property {(heap: Heap, ids: Int32Array) => TrainingOps} opsOn gives the operations
 * @property {(bytes: number) => ArrayBuffer} memory gives what they work on
 * @property {typeof Float32Array | typeof Float64Array} [heapType]
 */

const RESERVED = 1 << 14; // addresses below it are what compiled operations keep for themselves
const PARTS = /** @type {const} */ (["encoder", "decoder"]);

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

/**
 * A model that learns.
 *
 * @extends {Seq2Seq<TrainingOps>}
 */
export class Trainer extends Seq2Seq {
  /**
   * Neither `shared` nor `dropped` changes a result.
   *
   * @param {Options} options
   */
  constructor(options) {
    const { sizes, task, batch, masked, opsOn, memory } = options;
    const { shared = true, dropped = true, heapType = Float32Array } = options;
    const { units } = sizes;
    const classes = task.tokens.length;
    const gates = 3 * units;
    // Compiled operations work on columns by the eight.
    const columns = 8 * Math.ceil(classes / 8);
    const plan = planOf(options, RESERVED, columns);
    const { count, take } = plan;
    const [gradients, means, squares] = [take(count), take(count), take(count)];
    const backwardOf = () => ({
      dTable: take(classes * gates), // (token, gates)
      transposed: take(gates * units), // (gates, units)
    });
    const back = { encoder: backwardOf(), decoder: backwardOf() };
    const softmaxTransposed = take(columns * units); // (token, units)
    const dStart = take(batch * units);
    const dSteps = plan.steps.map(() => ({
      dState: take(batch * units),
      dRecurrent: take(batch * gates),
    }));
    const end = plan.end();
    const buffer = memory(end * heapType.BYTES_PER_ELEMENT);
    const heap = new heapType(buffer, 0, end);
    const ids = heapType === Float32Array ? new Int32Array(buffer, 0, end) : new Int32Array(end);
    super(options, plan, heap, ids, opsOn(heap, ids));
    this.gradients = gradients;
    this.means = means;
    this.squares = squares;
    this.back = back;
    this.softmaxTransposed = softmaxTransposed;
    this.dStart = dStart;
    this.dSteps = dSteps;
    this.batch = batch;
    this.masked = masked;
    this.shared = shared;
    this.dropped = dropped && masked;
    // The right token at each place of an answer, axes (place, row); -1 where it does not count.
    this.wanted = new Int16Array(batch * task.answerLength);
    this.powers = new heapType(classes); // of the logits in one row
    this.rowOf = new Int32Array(batch);
    this.wrong = new Uint8Array(batch); // 1 where a token up to EOS is wrong
    this.seen = new Int32Array(batch * classes); // the row that goes on from a parent with a token, or -1
    this.updates = 0;
  }

  /**
   * Where the gradient of a weight lies.
   *
   * @param {number} weight its address
   */
  gradientOf(weight) {
    return weight - this.first + this.gradients;
  }

  /** Forget all weights, and what was learned. */
  #forget() {
    this.heap.fill(0, this.first, this.first + this.count);
    for (const from of [this.gradients, this.means, this.squares]) {
      this.heap.fill(0, from, from + this.count);
    }
    this.updates = 0;
  }

  /**
   * Start from random weights, as Keras does: the embedding evenly within 0.05 of zero, the kernels
   * evenly within Glorot's bound, the recurrent kernels orthogonal, the biases zero.
   *
   * @param {number} seed
   */
  initialize(seed) {
    const { heap, at, classes, units, columns } = this;
    const { embedding_dim: embeddingDim } = this.sizes;
    const next = random(seed);
    const gates = 3 * units;
    this.#forget();
    /** @type {(from: number, size: number, bound: number) => void} */
    const evenly = (from, size, bound) => {
      for (let place = from; place < from + size; place++) heap[place] = (2 * next() - 1) * bound;
    };
    evenly(at[EMBEDDING], classes * embeddingDim, 0.05);
    for (const part of PARTS) {
      const { kernel, recurrent } = this.cells[part];
      evenly(kernel, embeddingDim * gates, Math.sqrt(6 / (embeddingDim + gates)));
      orthogonal(heap, recurrent, units, gates, next);
    }
    for (let unit = 0; unit < units; unit++) {
      evenly(at[SOFTMAX_KERNEL] + unit * columns, classes, Math.sqrt(6 / (units + classes)));
    }
  }

  /**
   * The address of a weight, by the name of its array and its place in it.
   *
   * @param {string} name
   * @param {number} place
   */
  addressOf(name, place) {
    const { at, classes, columns } = this;
    const row = name === SOFTMAX_KERNEL ? Math.floor(place / classes) : 0;
    return at[name] + place + row * (columns - classes);
  }

  /** @returns {Weights} */
  get weights() {
    const arrays = Object.entries(layout(this.sizes, this.classes)).map(([name, size]) => [
      name,
      Float32Array.from({ length: size }, (_, place) => this.heap[this.addressOf(name, place)]),
    ]);
    return Object.fromEntries(arrays);
  }

  set weights(weights) {
    this.#forget();
    for (const [name, size] of Object.entries(layout(this.sizes, this.classes))) {
      if (weights[name]?.length !== size) {
        throw new RangeError(say("These are not the weights of a model of these sizes."));
      }
      weights[name].forEach((number, place) => {
        this.heap[this.addressOf(name, place)] = number;
      });
    }
  }

  /**
   * The way back through the tables. A table (token, gates) is embedding (token, embedding_dim) @ kernel
   * (embedding_dim, gates) + bias. So dKernel is the embedding, transposed, @ dTable; dEmbedding is
   * dTable @ the kernel, transposed; dBias is the sum of the rows of dTable. For the kernels this is
   * `eq-weights-back` of *Back through time*, with all rows of a token in one term.
   */
  untabulate() {
    const { heap, at, classes, units, ops } = this;
    const { embedding_dim: embeddingDim } = this.sizes;
    const gates = 3 * units;
    for (const part of PARTS) {
      const { kernel, bias } = this.cells[part];
      const table = this.back[part].dTable;
      const dBias = this.gradientOf(bias);
      const dEmbedding = this.gradientOf(at[EMBEDDING]);
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
      const dKernel = this.gradientOf(kernel);
      ops.matmul(embeddingDim, classes, gates, at[EMBEDDING], 1, embeddingDim, table, dKernel, 1);
    }
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
    const { heap, at, units, ops, classes, columns, gradients } = this;
    const tokens = this.forward(data, numbers, from, count);
    this.transpose();
    heap.fill(0, gradients, gradients + this.count);
    for (const { dTable } of Object.values(this.back)) {
      heap.fill(0, dTable, dTable + classes * 3 * units);
    }
    const { loss } = this.crossEntropy(1 / tokens);
    const dKernel = this.gradientOf(at[SOFTMAX_KERNEL]);
    // The second half of `eq-softmax-back` of *Back through time*: one term of the sum a time step.
    for (const { rows, state, logits } of this.steps.slice(this.task.problemLength)) {
      ops.matmul(units, rows, columns, state, 1, units, logits, dKernel, 1);
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
    const { heap, at, units, columns, softmaxTransposed } = this;
    const gates = 3 * units;
    for (const part of PARTS) {
      const matrix = this.cells[part].recurrent;
      const other = this.back[part].transposed;
      for (let unit = 0; unit < units; unit++) {
        for (let gate = 0; gate < gates; gate++) {
          heap[other + gate * units + unit] = heap[matrix + unit * gates + gate];
        }
      }
    }
    const kernel = at[SOFTMAX_KERNEL];
    for (let unit = 0; unit < units; unit++) {
      for (let token = 0; token < columns; token++) {
        heap[softmaxTransposed + token * units + unit] = heap[kernel + unit * columns + token];
      }
    }
  }

  /**
   * Softmax and cross-entropy of all decoder steps, and back to the gradient of the logits: the
   * distribution, less one at the right token, times `share`. These are `eq-loss` of
   * *Training* and `eq-logits-back` of *Back through time*, with `share` for 1/N. Afterwards `logits` (row, token) holds that
   * gradient. Returns the summed loss, and how many tokens are right.
   *
   * @param {number} share
   */
  crossEntropy(share) {
    const { heap, at, wanted, batch, wrong, powers, classes, columns } = this;
    const { problemLength, answerLength, pad } = this.task;
    const dBias = this.gradientOf(at[SOFTMAX_BIAS]);
    wrong.fill(0);
    let loss = 0;
    let right = 0;
    for (let place = 0; place < answerLength; place++) {
      const { rows, logits } = this.steps[problemLength + place];
      this.computeLogits(problemLength + place);
      for (let row = 0; row < rows; row++) {
        const from = logits + row * columns;
        const target = wanted[place * batch + row];
        if (target < 0) {
          heap.fill(0, from, from + columns);
          continue;
        }
        const best = argmax(heap, from, classes);
        if (best === target) right++;
        else if (target !== pad) wrong[row] = 1;
        const largest = heap[from + best];
        const sum = exponentiate(heap, from, largest, powers);
        loss += Math.log(sum) - (heap[from + target] - largest);
        for (let token = 0; token < classes; token++) {
          const d = share * (powers[token] / sum - (token === target ? 1 : 0));
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
    const { heap, units, columns, ops } = this;
    const { part, rows, before, from, parents, tokens, recurrent, ...step } = this.steps[time];
    const { dState, dRecurrent } = this.dSteps[time];
    const { dTable, transposed } = this.back[part];
    const cell = this.cells[part];
    const gates = 3 * units;
    const dFrom = time ? this.dSteps[time - 1].dState : this.dStart;
    const bias = cell.bias + gates;
    const dBias = this.gradientOf(cell.bias) + gates;
    const behind = this.steps[time + 1]?.rows ? 1 : 0; // whether a later step has left a gradient
    if (part === "decoder" && rows) {
      // The first half of `eq-softmax-back` of *Back through time*, added to what the step behind has left.
      // deno-fmt-ignore
      ops.matmul(
        rows, columns, units, step.logits, columns, 1, this.softmaxTransposed, dState, behind,
      );
    }
    // Nothing comes back to rows whose answer ended there.
    const rowsBefore = time ? this.steps[time - 1].rows : before;
    heap.fill(0, dFrom, dFrom + Math.max(before, rowsBefore) * units);
    if (!rows) return;
    heap.fill(0, dRecurrent, dRecurrent + before * gates);
    // deno-fmt-ignore
    ops.gruBackward(
      rows, units, parents, tokens, bias, recurrent, from, step.gates,
      dState, dFrom, dRecurrent, dBias, dTable,
    );
    if (time === 0) return; // the state before the first step is zero, whatever the weights are
    // The matrices in `eq-state-back` of *Back through time*, then the term of this step in `eq-weights-back` of
    // *Back through time*.
    ops.matmul(before, gates, units, dRecurrent, gates, 1, transposed, dFrom, 1);
    // deno-fmt-ignore
    ops.matmul(
      units, before, gates, from, 1, units, dRecurrent, this.gradientOf(cell.recurrent), 1,
    );
  }

  /**
   * One update of AdamW with the gradients in the heap: `eq-adam` of *Making it better*.
   *
   * @param {{ rate: number, weightDecay?: number, beta1?: number, beta2?: number, epsilon?: number }} settings
   */
  update({ rate, weightDecay = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }) {
    this.updates++;
    const corrected = (rate * Math.sqrt(1 - beta2 ** this.updates)) / (1 - beta1 ** this.updates);
    // deno-fmt-ignore
    this.ops.adam(
      this.count, this.first, this.gradients, this.means, this.squares,
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
    const { heap, ids, rowOf, batch, classes, columns } = this;
    const { problemLength, answerLength, pad } = this.task;
    const written = new Int16Array(numbers.length * answerLength);
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
        this.computeLogits(problemLength + place);
        for (let i = 0; i < count; i++) {
          const best = argmax(heap, step.logits + i * columns, classes);
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
