// A task, made from what Python says of it: the JavaScript side of helpers/task.py.

import { allOf, anyOf, say } from "./say.js";

/**
 * What every task says of itself.
 *
 * @typedef {object} Lengths
 * @property {string} name
 * @property {string[]} tokens in the order of their ids
 * @property {number} problem_length time steps of the encoder
 * @property {number} answer_length time steps of the decoder
 */

/**
 * A task of numbers: it learns those from 0 to the largest, and these operators, one character for each.
 *
 * @typedef {Lengths & { largest: number, operators: string, drawn?: boolean }} ArithmeticData
 */

/** @typedef {Lengths & { answers: Record<string, string> }} PairsData a task of texts and their answers */
/** @typedef {ArithmeticData | PairsData} TaskData a task as data, as `Task.data` of Python says it */

/**
 * What a task makes of texts.
 *
 * @typedef {object} Kind
 * @property {() => string} allowed what a reader is told who types no problem
 * @property {() => boolean} hasRoom whether all that can be asked can be written, and each answer
 * @property {(text: string) => string | null} normal the problem that somebody has typed
 * @property {(problem: string) => string} solve the right answer
 * @property {(problem: string) => boolean} isFamiliar whether it learns such a problem
 * @property {() => string} learned what a model has met that has learned it
 * @property {() => Iterable<string>} problems all that it learns or is tested on
 */

/**
 * A task, and whether a model has been trained on it: if not, nothing is known of what it has learned.
 *
 * @typedef {{ task: Task, trained: boolean }} Learned
 */

/**
 * What an operator can be, and what it does.
 *
 * @type {Map<string, (a: number, b: number) => number>}
 */
const OPERATIONS = new Map([
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => a * b],
]);

// What nobody sees: white space, and what Unicode lets be ignored.
const UNSEEN = /[\s\p{Default_Ignorable_Code_Point}]/gu;
// The dashes that stand for a minus, and the long vowel that a Japanese keyboard writes for it.
const MINUS = /[\u2010-\u2015\u2212\u30fc]/g;

/**
 * The kind of a task of numbers.
 *
 * @param {ArithmeticData} data
 * @returns {Kind}
 */
function arithmetic({ largest, operators, tokens, problem_length, answer_length }) {
  const askable = tokens.filter((token) => OPERATIONS.has(token));
  const digits = Math.floor((problem_length - 2) / 2); // that have room on both sides
  const number = `(0|[1-9][0-9]{0,${digits - 1}})`;
  const most = 10 ** digits - 1;
  const signs = askable.map((sign) => `\\${sign}`).join("");
  const written = new RegExp(`^${number}([${signs}])${number}$`);
  const allowed = () =>
    say(
      "A problem is two whole numbers from 0 to {most} with one {operators} between them, " +
        "such as {example}.",
      {
        most,
        operators: anyOf(askable),
        example: [50, 9].map((each) => Math.min(each, most)).join(askable[0]),
      },
    );
  const parse = (/** @type {string} */ problem) => {
    const found = written.exec(problem);
    if (found === null) throw new RangeError(allowed());
    const [, left, operator, right] = found;
    return { left: Number(left), operator, right: Number(right) };
  };
  const solve = (/** @type {string} */ problem) => {
    const { left, operator, right } = parse(problem);
    return String(OPERATIONS.get(operator)?.(left, right));
  };
  return {
    allowed,
    solve,
    hasRoom() {
      const ends = [0, most];
      const answers = askable.flatMap((sign) =>
        ends.flatMap((a) => ends.map((b) => solve(`${a}${sign}${b}`)))
      );
      return answers.length > 0 && largest <= most &&
        answers.every((answer) => answer.length < answer_length);
    },
    normal(text) {
      const problem = text.normalize("NFKC").replace(UNSEEN, "").replace(MINUS, "-");
      return written.test(problem) ? problem : null;
    },
    isFamiliar(problem) {
      const { left, operator, right } = parse(problem);
      return Math.max(left, right) <= largest && operators.includes(operator);
    },
    learned: () =>
      say("This model was trained on numbers from 0 to {largest} with {operators}.", {
        largest,
        operators: allOf(Array.from(operators)),
      }),
    *problems() {
      for (const operator of operators) {
        for (let left = 0; left <= largest; left++) {
          for (let right = 0; right <= largest; right++) yield `${left}${operator}${right}`;
        }
      }
    },
  };
}

/**
 * The kind of a task of texts and their answers.
 *
 * @param {PairsData} data
 * @returns {Kind}
 */
function pairs({ answers, problem_length, answer_length }) {
  const known = new Map(Object.entries(answers));
  return {
    allowed: () =>
      say("A problem is one of those that can be picked, such as {example}.", {
        example: [...known.keys()][0],
      }),
    hasRoom: () =>
      known.size > 0 &&
      [...known].every(([problem, answer]) =>
        [...problem].length < problem_length && [...answer].length < answer_length
      ),
    normal(text) {
      const problem = text.normalize("NFC").trim();
      return known.has(problem) ? problem : null;
    },
    solve(problem) {
      const answer = known.get(problem);
      if (answer === undefined) throw new RangeError(this.allowed());
      return answer;
    },
    isFamiliar: () => true,
    learned: () => "",
    problems: () => known.keys(),
  };
}

/** The problems that a model learns, and how they are written. */
export class Task {
  #kind;

  /** @param {TaskData} data */
  constructor(data) {
    const { tokens, problem_length, answer_length } = data;
    this.#kind = "answers" in data ? pairs(data) : arithmetic(data);
    this.data = data;
    this.tokens = tokens;
    /** The ids of PAD and EOS. */
    this.pad = tokens.indexOf("PAD");
    this.eos = tokens.indexOf("EOS");
    this.problemLength = problem_length;
    this.answerLength = answer_length;
  }

  /** What a reader is told who types something else. */
  get allowed() {
    return this.#kind.allowed();
  }

  /** What a model has met that has learned it. */
  get learned() {
    return this.#kind.learned();
  }

  /** Whether there is room for all that can be asked, and for each answer. */
  get hasRoom() {
    return this.#kind.hasRoom();
  }

  /**
   * The problem that somebody has typed, in plain characters (`５０ − ９` is 50-9); null if it is none.
   * `Task.normal` of Python reads it in the same way.
   *
   * @param {string} text
   */
  normal(text) {
    return this.#kind.normal(text);
  }

  /**
   * The right answer as text.
   *
   * @param {string} problem
   * @throws {RangeError} It is no problem.
   */
  solve(problem) {
    return this.#kind.solve(problem);
  }

  /** All problems that it learns or is tested on, in the order of Python. */
  problems() {
    return this.#kind.problems();
  }

  /**
   * Whether a problem is one of those that it learns or is tested on.
   *
   * @param {string} problem
   */
  isFamiliar(problem) {
    return this.#kind.isFamiliar(problem);
  }

  /**
   * The id of each character.
   *
   * @param {string} text
   */
  encode(text) {
    return Array.from(text, (character) => this.tokens.indexOf(character));
  }

  /**
   * The text that ids spell, up to the first EOS; PAD is read over.
   *
   * @param {number[]} ids
   */
  decode(ids) {
    const end = ids.indexOf(this.eos);
    const spelled = end < 0 ? ids : ids.slice(0, end);
    return spelled.filter((id) => id !== this.pad).map((id) => this.tokens[id]).join("");
  }

  /**
   * The ids that the encoder reads, PAD in front and EOS at the end.
   *
   * @param {string} problem
   * @param {boolean} reverse
   * @returns {number[]}
   */
  encoderInput(problem, reverse) {
    const ids = [...this.encode(reverse ? backToFront(problem) : problem), this.eos];
    return [...Array(this.problemLength - ids.length).fill(this.pad), ...ids];
  }

  /**
   * The ids of the right answer, EOS and PAD behind it.
   *
   * @param {string} problem
   * @param {boolean} reverse
   * @returns {number[]}
   */
  target(problem, reverse) {
    const answer = this.solve(problem);
    const ids = [...this.encode(reverse ? backToFront(answer) : answer), this.eos];
    return [...ids, ...Array(Math.max(this.answerLength - ids.length, 0)).fill(this.pad)];
  }

  /**
   * The place (0 is the first) of the first wrong token up to EOS, or null; as far as written.
   *
   * @param {number[]} written ids
   * @param {number[]} wanted ids
   */
  firstMistake(written, wanted) {
    for (const [place, id] of written.entries()) {
      if (id !== wanted[place]) return place;
      if (id === this.eos) return null;
    }
    return null;
  }
}

/**
 * What a model has learned, as its record says it.
 *
 * @param {{ task: TaskData, trained: boolean }} record
 * @returns {Learned}
 */
export function learnedBy({ task, trained }) {
  return { task: new Task(task), trained };
}

/**
 * What to say to who asks a model for a problem like none it has met, and then the advice; or "".
 *
 * @param {string} problem
 * @param {Learned} learned
 * @param {string} advice a sentence
 */
export function unfamiliar(
  problem,
  { task, trained },
  advice = say("It never saw a problem like {problem}, so do not count on the answer.", {
    problem,
  }),
) {
  return !trained || task.isFamiliar(problem) ? "" : `${task.learned} ${advice}`;
}

/** @param {string} text */
export function backToFront(text) {
  return Array.from(text).reverse().join("");
}
