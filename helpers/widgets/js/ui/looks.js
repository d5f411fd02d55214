// What a decoder looks at: the weights of attention, a row for each time step.

import { say } from "../domain/say.js";
import { choice, element, pairs, percent } from "./parts.js";

/**
 * Weights to be shown: the tokens that may be looked at, and a row for each time step, as long as what it
 * may look at. There are some for each layer and each head.
 *
 * @typedef {{ tokens: string[], rows: { name: string, weights: number[][][] }[] }} Looks
 */

/**
 * A table of weights that grows by a row a step. With several layers or heads one of each is chosen.
 *
 * @param {string} caption
 */
export function looksTable(caption) {
  const head = element("tr");
  const body = element("tbody");
  const table = element(
    "table",
    { class: "looks" },
    element("caption", {}, caption),
    element("thead", {}, head),
    body,
  );
  const layer = choice(say("Layer"), [], draw);
  const part = choice(say("Head"), [], draw);
  const whole = element("div", { class: "attention" }, layer.whole, part.whole, table);
  /** @type {Looks} */
  let shown = { tokens: [], rows: [] };

  /**
   * @param {typeof layer} of
   * @param {number} count
   */
  function offer({ select, whole }, count) {
    if (select.options.length !== count) {
      const numbers = pairs(Array.from({ length: count }, (_, number) => number + 1));
      select.replaceChildren(...numbers.map(([value, text]) => element("option", { value }, text)));
    }
    whole.hidden = count < 2;
  }

  function draw() {
    const { tokens, rows } = shown;
    head.replaceChildren(
      element("th", { scope: "col" }, say("time step")),
      ...tokens.map((token) => element("th", { scope: "col" }, token)),
    );
    body.replaceChildren(...rows.map(({ name, weights }) => {
      const shares = weights[Number(layer.select.value) - 1][Number(part.select.value) - 1];
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        ...shares.map((share) => {
          const cell = element("td", {}, element("span", {}, percent(share)));
          cell.title = percent(share);
          cell.style.setProperty("--look", String(share));
          return cell;
        }),
      );
    }));
  }

  return {
    whole,
    /** @param {Looks | null} looks null if there is nothing to look at */
    show(looks) {
      whole.hidden = looks === null || looks.rows.length === 0;
      if (looks === null || looks.rows.length === 0) return;
      shown = looks;
      const [{ weights }] = looks.rows;
      offer(layer, weights.length);
      offer(part, weights[0].length);
      draw();
    },
  };
}
