// The pieces that all widgets are made of.

import { say } from "../domain/say.js";

/**
 * The state that a widget shares with Python, or with the page: the model of anywidget.
 *
 * @template Traits
 * @typedef {{
 *   get<Name extends keyof Traits>(name: Name): Traits[Name],
 *   set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void,
 *   save_changes(): void,
 *   on(event: string, listener: () => void): void,
 *   off(event: string, listener: () => void): void,
 * }} Model
 */

/**
 * What anywidget calls a widget with.
 *
 * @template Traits
 * @typedef {{ model: Model<Traits>, el: HTMLElement }} View
 */

/** @typedef {(event: never) => void} Listener */
/** @typedef {Record<string, string | number | boolean | null | Listener>} Attributes */

/**
 * A new element. Attributes that are functions are listeners; text is never read as markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  // What is seen follows the state, also when the browser comes back to the page.
  if (tag === "input" || tag === "select") made.setAttribute("autocomplete", "off");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      made.addEventListener(name, /** @type {EventListener} */ (value));
    } else if (value !== false && value !== null) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children);
  return made;
}

/**
 * A new element of a drawing.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAll(made, attributes);
  made.append(...children);
  return made;
}

/**
 * Set attributes.
 *
 * @param {Element} of
 * @param {Record<string, string | number | boolean>} attributes
 */
export function setAll(of, attributes) {
  for (const [name, value] of Object.entries(attributes)) of.setAttribute(name, String(value));
}

/**
 * The frame of a widget, with the class `kind` that its own style sheet starts from. Shortcuts of
 * JupyterLab stay outside: they would take Enter away.
 *
 * @param {string} name
 * @param {string} kind
 * @param {...Node} children
 */
export function frame(name, kind, ...children) {
  return element(
    "div",
    {
      class: `book-widget ${kind}`,
      role: "group",
      "aria-label": name,
      "data-lm-suppress-shortcuts": "true",
    },
    ...children,
  );
}

/**
 * A button that calls `act`.
 *
 * @param {string} text
 * @param {(event: MouseEvent) => void} act
 */
export function button(text, act) {
  return element("button", { type: "button", click: act }, text);
}

/**
 * A listener that calls `act` when Enter is pressed, but not when it ends the composition of a letter:
 * in Safari that one is the key 229.
 *
 * @param {() => void} act
 * @returns {(event: KeyboardEvent) => void}
 */
export function atEnter(act) {
  return (event) => {
    if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) act();
  };
}

/**
 * A select with its label. `act` gets the value that is chosen.
 *
 * @param {string} label
 * @param {[value: string, text: string][]} options
 * @param {(value: string) => void} act
 */
export function choice(label, options, act) {
  const select = element("select", { change: () => act(select.value) });
  select.append(...options.map(([value, text]) => option(value, text)));
  return {
    select,
    whole: element("label", { class: "field" }, element("span", {}, label), select),
  };
}

/**
 * An option of a `choice`.
 *
 * @param {string} value
 * @param {string} text
 */
export function option(value, text) {
  return element("option", { value }, text);
}

/**
 * Values that stand for themselves as the options of a `choice`.
 *
 * @param {(string | number)[]} values
 * @returns {[value: string, text: string][]}
 */
export function pairs(values) {
  return values.map((value) => [String(value), String(value)]);
}

/**
 * A box to tick that shows or hides a part of `root`: whoever asks for it sets a class of it.
 *
 * @param {HTMLElement} root
 * @param {string} text
 * @param {string} name
 */
export function showSwitch(root, text, name) {
  const box = element("input", {
    type: "checkbox",
    change: () => root.classList.toggle(name, box.checked),
  });
  return element("label", { class: "tick" }, box, text);
}

/**
 * The one for all numbers of `root`.
 *
 * @param {HTMLElement} root
 */
export function numbersSwitch(root) {
  return showSwitch(root, say("Show the numbers"), "with-numbers");
}

/** A line that a screen reader reads out when its text changes, and nobody sees. */
export function announcer() {
  return element("p", { class: "unseen", role: "status", "aria-live": "polite" });
}

/**
 * A number as the book writes it, with a true minus.
 *
 * @param {number} value
 */
export function rounded(value, digits = 2) {
  return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212");
}

/**
 * A probability; none is ever quite 0 or 1.
 *
 * @param {number} share
 */
export function percent(share) {
  if (share < 0.0005) return "<0.1 %";
  if (share > 0.9995) return ">99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

/**
 * A share of what can be counted: here none is none, and all is all.
 *
 * @param {number} share
 */
export function counted(share) {
  return share === 0 || share === 1 ? `${100 * share} %` : percent(share);
}

/**
 * A vector as a row of bars: up for positive numbers, down for negative ones.
 *
 * @param {string} name
 */
export function strip(name = "") {
  const title = element("figcaption", {}, name);
  const cells = element("div", { class: "cells", role: "img" });
  const whole = element("figure", { class: "strip" }, title, cells);

  function addCell() {
    const text = element("b");
    const cell = element("span", { class: "cell" }, element("i"), text);
    cells.append(cell);
    return { cell, text };
  }

  /** @type {ReturnType<typeof addCell>[]} */
  const places = [];
  return {
    whole,
    /**
     * Bars are drawn to `largest`, or to the largest number if that is larger.
     *
     * @param {Iterable<number>} values
     * @param {{ largest?: number, caption?: string }} [settings]
     */
    show(values, { largest = 1, caption = name } = {}) {
      const numbers = Array.from(values);
      const scale = Math.max(largest, ...numbers.map(Math.abs));
      title.textContent = caption;
      const list = numbers.map((value) => rounded(value)).join(", ");
      const words = say("{caption}, {count} numbers: {list}", {
        caption,
        count: numbers.length,
        list,
      });
      cells.setAttribute("aria-label", words);
      for (const { cell } of places.splice(numbers.length)) cell.remove();
      while (places.length < numbers.length) places.push(addCell());
      numbers.forEach((value, place) => {
        const { cell, text } = places[place];
        cell.title = rounded(value, 3);
        cell.classList.toggle("down", value < 0);
        cell.style.setProperty("--size", String(Math.abs(value) / scale));
        text.textContent = rounded(value);
      });
    },
  };
}

/**
 * The way to the numbers. With a kernel a change goes to Python, whose answer arrives as a change of
 * the trait `answer`; in a built page `compute` is the answer. If Python stays silent, `notice` says
 * so and all that is seen stays.
 *
 * @template {{ kernel: boolean }} Traits
 * @template {keyof Traits & string} Name
 * @param {Model<Traits>} model
 * @param {Name} answer
 * @param {(model: Model<Traits>) => Traits[Name]} compute
 * @param {HTMLElement} notice
 */
export function asker(model, answer, compute, notice) {
  const live = model.get("kernel");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const heard = () => {
    clearTimeout(waiting);
    notice.textContent = "";
  };
  const silent = () => {
    notice.textContent = say(
      "The kernel does not answer. It is busy, or it has stopped: then run the cell again. " +
        "What you see is its last answer.",
    );
  };
  if (live) {
    model.on(`change:${answer}`, heard);
    model.on("comm_live_update", silent);
  }
  return {
    /** @param {Partial<Traits>} changes */
    ask(changes) {
      const names = /** @type {(keyof Traits)[]} */ (Object.keys(changes));
      const news = names.filter(
        (name) => JSON.stringify(changes[name]) !== JSON.stringify(model.get(name)),
      );
      for (const name of news) model.set(name, /** @type {Traits[keyof Traits]} */ (changes[name]));
      model.save_changes();
      if (live) {
        clearTimeout(waiting);
        if (news.length > 0) waiting = setTimeout(silent, 4000);
      } else {
        model.set(answer, compute(model));
      }
    },
    stop() {
      clearTimeout(waiting);
      if (live) {
        model.off(`change:${answer}`, heard);
        model.off("comm_live_update", silent);
      }
    },
  };
}
