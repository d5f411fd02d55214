// A model at work: steppers take one problem at a time through it, in double precision.

import { EMBEDDING } from "../domain/layout.js";
import { unpacked } from "../domain/packing.js";
import { Task } from "../domain/task.js";
import { BUILDERS } from "./architectures.js";
import { Net } from "./net.js";
import { argmax, exponentiate, plainOps } from "./ops.js";
import { Rows } from "./rows.js";

/** @import { ModelRecord } from "../domain/model_file.js" */
/** @import { Built, Weights } from "./architectures.js" */

/**
 * Numbers of a vector: as Python sends them, or as they are computed here.
 *
 * @typedef {number[] | Float64Array} Vector
 */

/**
 * One time step of the encoder. All vectors have an axis (units), but for the embedding.
 *
 * @typedef {object} EncoderStep
 * @property {number} token
 * @property {Vector} embedding (embedding_dim)
 * @property {Vector} before the state
 * @property {Vector} update
 * @property {Vector} reset
 * @property {Vector} candidate
 * @property {Vector} after the state
 */

/**
 * A problem that the encoder has read.
 *
 * @typedef {{ problem: string, reverse: boolean, steps: EncoderStep[] }} Reading
 */

/**
 * One time step of the decoder. `choice` is the token that the model holds likeliest, `written` the
 * one that the reader may have written in its place.
 *
 * @typedef {object} DecoderStep
 * @property {number} token
 * @property {Vector} embedding (embedding_dim)
 * @property {Vector} [before] the state (units), where there is one
 * @property {Vector} [after] the state (units)
 * @property {number[][][]} attention weights of the tokens of the problem, axes (layer, head, time)
 * @property {number[][][]} selfAttention those of the tokens that were read so far
 * @property {Vector} distribution (token)
 * @property {number} choice
 * @property {number} written
 */

/**
 * What the reader asks for: `picks` are tokens, by time step, to write in place of the choice.
 *
 * @typedef {object} Asked
 * @property {string} problem
 * @property {boolean} teacherForcing
 * @property {(number | null)[]} picks
 */

/**
 * An answer: `read` are the ids that the encoder has read, `target` those of the right answer.
 *
 * @typedef {Asked & { reverse: boolean, read: number[], context?: Vector, steps: DecoderStep[],
 *   target: number[] }} Trace
 */

/** @typedef {{ net: Net, built: Built, rows: Rows }} Model */

/** @type {WeakMap<ModelRecord, Model>} */
const ready = new WeakMap();

/**
 * The model of a record, for one problem at a time; it is made once. Keras computes in single
 * precision: in double precision the page is as near to it as can be, and what is left between the two
 * is the rounding of Keras.
 *
 * @param {ModelRecord} record
 * @returns {Model}
 */
function modelOf(record) {
  const made = ready.get(record);
  if (made) return made;
  const { architecture, sizes, arrays } = record;
  const net = new Net({ architecture, sizes, task: new Task(record.task), batch: 1 });
  const built = BUILDERS[architecture](net);
  const heap = new Float64Array(net.end);
  const ids = new Int32Array(net.end);
  net.bind(heap, ids, plainOps(heap, ids, Math.tanh));
  for (const [name, array] of Object.entries(arrays)) {
    heap.set(unpacked(array), net.weights[name].at);
  }
  net.tabulate();
  const model = { net, built, rows: new Rows(net, false) };
  ready.set(record, model);
  return model;
}

/**
 * Numbers of a heap.
 *
 * @param {Net} net
 * @param {number} from
 * @param {number} count
 */
function vector({ heap }, from, count) {
  return Float64Array.from(heap.subarray(from, from + count));
}

/**
 * The vector of a token, axes (embedding_dim).
 *
 * @param {Net} net
 * @param {number} token
 */
function embeddingOf(net, token) {
  const { at, columns } = net.weights[EMBEDDING];
  return vector(net, at + token * columns, columns);
}

/**
 * The state before a time step and after it, where there is one.
 *
 * @param {Model} model
 * @param {"encoder" | "decoder"} part
 * @param {number} time
 */
function statesOf({ net, built }, part, time) {
  const { cells, start } = built;
  if (!cells || !start) return {};
  const { states } = cells[part];
  const first = part === "encoder" ? start : cells.encoder.states;
  const from = time ? states : first;
  const row = time ? time - 1 : part === "encoder" ? 0 : net.encoder.steps - 1;
  return {
    before: vector(net, from.at + row * from.columns, from.columns),
    after: vector(net, states.at + time * states.columns, states.columns),
  };
}

/**
 * The weights of attention in one row, axes (layer, head, time), of what may be looked at.
 *
 * @param {Net} net
 * @param {Weights[]} layers
 * @param {number} row
 * @param {number} count
 */
function weightsOf(net, layers, row, count) {
  return layers.map(({ at, heads, most }) =>
    Array.from(
      { length: heads },
      (_, head) => Array.from(vector(net, at + (row * heads + head) * most, count)),
    )
  );
}

/**
 * Read a problem with the encoder; returns the ids.
 *
 * @param {Model} model
 * @param {ModelRecord} record
 * @param {string} problem
 */
function read({ net, rows }, { reverse }, problem) {
  const ids = net.task.encoderInput(problem, reverse);
  rows.read(1, (_, time) => ids[time]);
  net.encoder.forward();
  return ids;
}

/**
 * Read a problem: the time steps of an encoder with a GRU.
 *
 * @param {ModelRecord} record
 * @param {string} problem
 * @returns {Reading}
 */
export function reading(record, problem) {
  const model = modelOf(record);
  const { net, built } = model;
  const gates = built.cells?.encoder.gates ?? 0;
  const { units } = net.sizes;
  const steps = read(model, record, problem).map((token, time) => {
    const { before = [], after = [] } = statesOf(model, "encoder", time);
    const [update, reset, candidate] = [0, 1, 2].map((gate) =>
      vector(net, gates + (3 * time + gate) * units, units)
    );
    return { token, embedding: embeddingOf(net, token), before, update, reset, candidate, after };
  });
  return { problem, reverse: record.reverse, steps };
}

/**
 * Answer a problem: the time steps of the decoder, free-running or with teacher forcing. A pick is a
 * token that the reader writes in place of the model's choice.
 *
 * @param {ModelRecord} record
 * @param {Asked} asked
 * @returns {Trace}
 */
export function trace(record, { problem, teacherForcing, picks }) {
  const model = modelOf(record);
  const { net, built, rows } = model;
  const { task, heap, classes } = net;
  const { reverse } = record;
  const target = task.target(problem, reverse);
  const ids = read(model, record, problem);
  /** @type {DecoderStep[]} */
  const steps = [];
  let token = task.pad;
  for (let time = 0; time < task.answerLength; time++) {
    const reads = token;
    rows.write(time, 1, () => reads);
    net.decoder.step(time);
    const logits = built.logits.at + time * built.logits.columns;
    const choice = argmax(heap, logits, classes);
    const distribution = new Float64Array(classes);
    const sum = exponentiate(heap, logits, heap[logits + choice], distribution);
    for (let id = 0; id < classes; id++) distribution[id] /= sum;
    const written = picks[time] ?? choice;
    steps.push({
      token,
      embedding: embeddingOf(net, token),
      ...statesOf(model, "decoder", time),
      attention: weightsOf(net, built.cross, time, task.problemLength),
      selfAttention: weightsOf(net, built.self, time, time + 1),
      distribution,
      choice,
      written,
    });
    token = teacherForcing ? target[time] : written;
  }
  const { before: context } = steps[0];
  return { problem, reverse, teacherForcing, picks, read: ids, context, steps, target };
}
