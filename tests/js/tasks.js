// Tasks for the tests.

import { Task } from "../../helpers/widgets/js/domain/task.js";

/** The task of the book. */
export const ARITHMETIC = new Task({
  name: "arithmetic",
  largest: 99,
  operators: "+-",
  tokens: [..."0123456789+-", "PAD", "EOS"],
  problem_length: 8,
  answer_length: 5,
});

/** One with another operator, another order of its tokens and less room. */
export const PRODUCTS = new Task({
  name: "products",
  largest: 12,
  operators: "*",
  tokens: ["EOS", "PAD", ..."*+9876543210"],
  problem_length: 6,
  answer_length: 5,
});
