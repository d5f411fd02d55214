// The rows of a batch: which token each reads, which row it goes on from, which ones it may look at.
//
// A row is a problem of the batch at one time step. Problems that begin alike may share a row until they
// part; all begin with PAD. On the way back, the gradients of rows with one parent add up.

/** @import { Net, Part } from "./net.js" */

export class Rows {
  #path;
  #seen;

  /**
   * @param {Net} net
   * @param {boolean} shared whether rows that begin alike are one row until they part
   */
  constructor(net, shared) {
    this.net = net;
    this.shared = shared;
    this.#path = new Int32Array(net.encoder.most); // the row of each problem at each time step
    this.#seen = new Int32Array(net.batch * net.classes); // the row by parent and token, or -1
  }

  /**
   * The rows of the encoder for so many problems. Nothing is written yet.
   *
   * @param {number} count
   * @param {(problem: number, time: number) => number} token which is read
   */
  read(count, token) {
    const { net, shared } = this;
    const { encoder, decoder, ids, batch, classes } = net;
    const path = this.#path, seen = this.#seen;
    let first = 0;
    for (let time = 0; time < encoder.steps; time++) {
      const span = encoder.spans[time];
      const before = encoder.before[time];
      Object.assign(before, time ? encoder.spans[time - 1] : { first: 0, count: 1 });
      span.first = first;
      span.count = 0;
      if (shared) seen.fill(-1, 0, before.count * classes);
      for (let problem = 0; problem < count; problem++) {
        const parent = time ? path[(time - 1) * batch + problem] - before.first : 0;
        const read = token(problem, time);
        const key = parent * classes + read;
        let row = shared ? seen[key] : -1;
        if (row < 0) {
          row = first + span.count++;
          if (shared) seen[key] = row;
          ids[encoder.tokens + row] = read;
          ids[encoder.times + row] = time;
          ids[encoder.parents + row] = parent;
        }
        path[time * batch + problem] = row;
      }
      first += span.count;
    }
    encoder.all.count = first;
    for (const span of decoder.spans) span.first = span.count = 0;
    decoder.all.count = 0;
    if (encoder.self === undefined) return;
    for (let time = 0; time < encoder.steps; time++) {
      for (let problem = 0; problem < count; problem++) {
        this.#look(encoder.self, path[time * batch + problem], problem, encoder.steps);
      }
    }
  }

  /**
   * The rows of one time step of the decoder, after those before it, for the first `count` problems.
   *
   * @param {number} time
   * @param {number} count
   * @param {(problem: number) => number} token which is read
   */
  write(time, count, token) {
    const { encoder, decoder, ids, batch } = this.net;
    const path = this.#path;
    const span = decoder.spans[time];
    const last = time ? decoder.spans[time - 1] : encoder.spans[encoder.steps - 1];
    span.first = decoder.all.count;
    span.count = count;
    decoder.all.count += count;
    Object.assign(decoder.before[time], { first: last.first, count: time ? count : last.count });
    for (let problem = 0; problem < count; problem++) {
      const row = span.first + problem;
      const read = path[(encoder.steps - 1) * batch + problem] - last.first;
      ids[decoder.tokens + row] = token(problem);
      ids[decoder.times + row] = time;
      ids[decoder.parents + row] = time ? problem : read;
      if (decoder.cross) this.#look(decoder.cross, row, problem, encoder.steps);
      if (decoder.self === undefined) continue;
      const { table, counts, most } = decoder.self;
      for (let at = 0; at <= time; at++) {
        ids[table + row * most + at] = decoder.spans[at].first + problem;
      }
      ids[counts + row] = time + 1;
    }
  }

  /**
   * Let a row look at all that was read of a problem.
   *
   * @param {import("./net.js").Looks} looks
   * @param {number} row
   * @param {number} problem
   * @param {number} steps
   */
  #look({ table, counts, most }, row, problem, steps) {
    const { ids, batch } = this.net;
    for (let time = 0; time < steps; time++) {
      ids[table + row * most + time] = this.#path[time * batch + problem];
    }
    ids[counts + row] = steps;
  }
}
