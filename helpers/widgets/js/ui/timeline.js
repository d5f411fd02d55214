// The way through the snapshots of a training run: a slider, and three buttons.

import { say } from "../domain/say.js";
import { button, element } from "./parts.js";

/** @import { Model } from "./parts.js" */

const HUSH = 800; // milliseconds without a change before it is read out

/**
 * A slider over `model.get("epochs")` that moves the trait `snapshot`, one step each `pace`
 * milliseconds while it plays. `words` says what is seen; the line `said` gets them when the slider
 * has come to rest.
 *
 * @param {Model<{ epochs: number[], snapshot: number }>} model
 * @param {{ pace: number, said: HTMLElement, words: () => string }} settings
 */
export function timeline(model, { pace, said, words }) {
  const epochs = model.get("epochs");
  const last = epochs.length - 1;
  const slider = element("input", {
    type: "range",
    min: 0,
    max: last,
    step: 1,
    input: () => go(Number(slider.value)),
  });
  const value = element("span", { class: "epoch" });
  const play = button(say("Play"), () => (timer === undefined ? start() : pause()));
  play.classList.add("main");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;

  /** @param {number} index */
  function go(index) {
    pause();
    move(index);
  }

  /** @param {number} index */
  function move(index) {
    model.set("snapshot", Math.min(Math.max(index, 0), last));
    model.save_changes();
  }

  function start() {
    if (model.get("snapshot") === last) move(0);
    play.textContent = say("Pause");
    timer = setInterval(() => {
      move(model.get("snapshot") + 1);
      if (model.get("snapshot") === last) pause();
    }, pace);
  }

  function pause() {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    play.textContent = say("Play");
    announce();
  }

  function announce() {
    clearTimeout(silence);
    if (timer !== undefined) return;
    silence = setTimeout(() => {
      said.textContent = words();
    }, HUSH);
  }

  return {
    whole: element(
      "div",
      { class: "timeline" },
      element("label", { class: "field" }, element("span", {}, say("Epoch")), slider),
      value,
      element(
        "div",
        { class: "buttons" },
        button(say("First"), () => go(0)),
        play,
        button(say("Last"), () => go(last)),
      ),
    ),
    go,
    announce,
    update() {
      const index = model.get("snapshot");
      const epoch = epochs[index];
      slider.value = String(index);
      slider.setAttribute(
        "aria-valuetext",
        say("epoch {epoch}, snapshot {snapshot} of {snapshots}", {
          epoch,
          snapshot: index + 1,
          snapshots: last + 1,
        }),
      );
      value.textContent = say("{epoch} of {last}", { epoch, last: epochs[last] });
    },
    stop() {
      clearTimeout(silence);
      clearInterval(timer);
    },
  };
}
