// Brings the widgets of a page to life. Each stands in the page as a still picture with its state as
// JSON beside it; its module has been registered by a script of its own before this one.

class PageModel {
  #state;
  #listeners = new Map();

  constructor(state) {
    this.#state = state;
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    if (this.#state[name] === value) return;
    this.#state[name] = value;
    for (const listener of [...(this.#listeners.get(`change:${name}`) ?? [])]) listener();
  }

  save_changes() {} // there is no kernel to save them to

  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event).add(listener);
  }

  off(event, listener) {
    this.#listeners.get(event)?.delete(listener);
  }
}

const styled = new Set();

function enliven(place) {
  const name = place.dataset.widget;
  const { style, initialize, render } = window.bookWidgets[name];
  if (!styled.has(name)) {
    styled.add(name);
    document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
  }
  const model = new PageModel(JSON.parse(place.querySelector(":scope > script").textContent));
  const el = document.createElement("div");
  initialize?.({ model });
  render({ model, el });
  place.replaceChildren(el);
}

for (const place of document.querySelectorAll(".live-widget")) {
  try {
    enliven(place);
  } catch (error) {
    console.error(error); // its still picture stays, and the others come to life
  }
}
