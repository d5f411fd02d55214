// Mounts the widgets of a page: their host is the page itself. Each stands there as a still picture
// with its state as JSON beside it; its module has been registered by a script before this one.

/**
 * What the script of a widget registers.
 *
 * @typedef {object} Widget
 * @property {string} style
 * @property {(view: { model: PageModel }) => void} [initialize]
 * @property {(view: { model: PageModel, el: HTMLElement }) => void} render
 */

/** The widgets of the page, by name; one that comes late is missing at first. */
const page = /** @type {Window & { bookWidgets?: Record<string, Widget> }} */ (window);

class PageModel {
  /** @type {Record<string, unknown>} */
  #state;
  /** @type {Map<string, Set<() => void>>} */
  #listeners = new Map();

  /** @param {Record<string, unknown>} state */
  constructor(state) {
    this.#state = state;
  }

  /** @param {string} name */
  get(name) {
    return this.#state[name];
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    for (const listener of [...(this.#listeners.get(`change:${name}`) ?? [])]) listener();
  }

  save_changes() {} // there is no kernel to save them to

  /**
   * @param {string} event
   * @param {() => void} listener
   */
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  /**
   * @param {string} event
   * @param {() => void} listener
   */
  off(event, listener) {
    this.#listeners.get(event)?.delete(listener);
  }
}

const styled = new Set();

/**
 * Put a widget in the place of its still picture.
 *
 * @param {HTMLElement} place
 * @throws {ReferenceError} Its script is not there.
 */
function mount(place) {
  const name = place.dataset.widget ?? "";
  const widget = page.bookWidgets?.[name];
  if (widget === undefined) throw new ReferenceError(`There is no script of the widget ${name}.`);
  const { style, initialize, render } = widget;
  if (!styled.has(name)) {
    styled.add(name);
    document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  }
  const model = new PageModel(
    JSON.parse(place.querySelector(":scope > script")?.textContent ?? "{}"),
  );
  const el = document.createElement("div");
  initialize?.({ model });
  render({ model, el });
  place.replaceChildren(el);
}

/** @param {HTMLElement} place */
function tryToMount(place) {
  try {
    mount(place);
  } catch (error) {
    console.error(error); // its still picture stays, and the others come to life
  }
}

// The script of some comes when the reader comes near.
const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      near.unobserve(target);
      const { widget = "", script: src = "" } = target.dataset;
      if (widget in (page.bookWidgets ?? {})) {
        tryToMount(target);
        continue;
      }
      const script = Object.assign(document.createElement("script"), { src });
      script.onload = () => tryToMount(target);
      document.head.append(script);
    }
  },
  { rootMargin: "800px" },
);

/** @type {NodeListOf<HTMLElement>} */
const places = document.querySelectorAll(".live-widget");
for (const place of places) {
  if (place.dataset.script) near.observe(place);
  else tryToMount(place);
}
