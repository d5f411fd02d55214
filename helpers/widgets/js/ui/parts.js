// The pieces that all widgets are made of.

/** A new element. Attributes that are functions are listeners; text is never read as markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  // What is seen follows the state, also when the browser comes back to the page.
  if (tag === "input" || tag === "select") made.autocomplete = "off";
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}

/** A new element of a drawing. */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * The frame of a widget, with the class `kind` that its own style sheet starts from. Shortcuts of
 * JupyterLab stay outside: they would take Enter away.
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

/** A button that calls `act`. */
export function button(text, act) {
  return element("button", { type: "button", click: act }, text);
}

/**
 * A listener that calls `act` when Enter is pressed, but not when it ends the composition of a letter:
 * in Safari that one is the key 229.
 */
export function atEnter(act) {
  return (event) => {
    if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229) act();
  };
}

/** A select with its label; `act` gets the value that is chosen. */
export function choice(label, options, act) {
  const select = element("select", { change: () => act(select.value) });
  select.append(...options.map((option) => element("option", { value: option }, option)));
  return {
    select,
    whole: element("label", { class: "field" }, element("span", {}, label), select),
  };
}

/** A box to tick that shows or hides a part of `root`: whoever asks for it sets a class of it. */
export function showSwitch(root, text, name) {
  const box = element("input", {
    type: "checkbox",
    change: () => root.classList.toggle(name, box.checked),
  });
  return element("label", { class: "tick" }, box, text);
}

/** The one for all numbers of `root`. */
export function numbersSwitch(root) {
  return showSwitch(root, "Show the numbers", "with-numbers");
}

/** A line that a screen reader reads out when its text changes, and nobody sees. */
export function announcer() {
  return element("p", { class: "unseen", role: "status", "aria-live": "polite" });
}

/** A number as the book writes it, with a true minus. */
export function rounded(value, digits = 2) {
  return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "\u2212");
}

/** A probability; none is ever quite 0 or 1. */
export function percent(share) {
  if (share < 0.0005) return "<0.1 %";
  if (share > 0.9995) return ">99.9 %";
  return `${(100 * share).toFixed(1)} %`;
}

/** A vector as a row of bars: up for positive numbers, down for negative ones. */
export function strip(name) {
  const title = element("figcaption", {}, name);
  const cells = element("div", { class: "cells", role: "img" });
  const whole = element("figure", { class: "strip" }, title, cells);
  return {
    whole,
    /** Bars are drawn to `largest`, or to the largest number if that is larger. */
    show(values, { largest = 1, caption = name } = {}) {
      const numbers = Array.from(values);
      const scale = Math.max(largest, ...numbers.map(Math.abs));
      title.textContent = caption;
      cells.setAttribute(
        "aria-label",
        `${caption}, ${numbers.length} numbers: ${
          numbers.map((value) => rounded(value)).join(", ")
        }`,
      );
      while (cells.children.length > numbers.length) cells.lastChild.remove();
      while (cells.children.length < numbers.length) {
        cells.append(element("span", { class: "cell" }, element("i"), element("b")));
      }
      numbers.forEach((value, place) => {
        const cell = cells.children[place];
        cell.title = rounded(value, 3);
        cell.classList.toggle("down", value < 0);
        cell.style.setProperty("--size", Math.abs(value) / scale);
        cell.lastChild.textContent = rounded(value);
      });
    },
  };
}

/**
 * The way to the numbers. With a kernel a change goes to Python, whose answer arrives as a change of
 * the trait `answer`; in a built page `compute` is the answer. If Python stays silent, `notice` says
 * so and all that is seen stays.
 */
export function asker(model, answer, compute, notice) {
  const live = model.get("kernel");
  let waiting;
  const heard = () => {
    clearTimeout(waiting);
    notice.textContent = "";
  };
  const silent = () => {
    notice.textContent =
      "The kernel does not answer. It is busy, or it has stopped: then run the cell again. " +
      "What you see is its last answer.";
  };
  if (live) {
    model.on(`change:${answer}`, heard);
    model.on("comm_live_update", silent);
  }
  return {
    ask(changes) {
      const differs = ([name, value]) => JSON.stringify(value) !== JSON.stringify(model.get(name));
      const news = Object.entries(changes).filter(differs);
      for (const [name, value] of news) model.set(name, value);
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
