// A recorded training run: two charts with a cursor, and the answers at the epoch it stands on.

import { say } from "./domain/say.js";
import { answersTitle, axis, digits, inWords, judged, lossAxis } from "./state/training_replay.js";
import { lossesInWords, lossLegend, sharesInWords, ticks } from "./state/training_replay.js";
import { chart, PERCENT } from "./ui/chart.js";
import { through } from "./ui/map.js";
import { announcer, drawn, element, frame, setAll } from "./ui/parts.js";
import { timeline } from "./ui/timeline.js";

/** @import { Run } from "./state/training_replay.js" */
/** @import { View } from "./ui/parts.js" */

/**
 * @typedef {object} Traits
 * @property {number[]} epochs
 * @property {number[]} losses
 * @property {number[]} exact_matches
 * @property {number[]} token_accuracies
 * @property {string[]} watched
 * @property {string[]} right_answers
 * @property {number} guessing_loss
 * @property {string[][]} answers
 * @property {number} snapshot
 */

const PACE = 600; // milliseconds between two snapshots while it plays
const BOX = { width: 340, height: 210, left: 50, right: 326, top: 10, bottom: 172 };

/** @param {View<Traits>} view */
function render({ model, el }) {
  const run = {
    epochs: model.get("epochs"),
    losses: model.get("losses"),
    matches: model.get("exact_matches"),
    accuracies: model.get("token_accuracies"),
    guessing: model.get("guessing_loss"),
    watched: model.get("watched"),
    right: model.get("right_answers"),
    answers: model.get("answers"),
  };
  const said = announcer();
  const now = () => model.get("snapshot");
  const way = timeline(model, { pace: PACE, said, words: () => inWords(run, now()) });
  const label = say("epoch (logarithmic)");
  const losses = chart({ box: BOX, label, level: run.guessing, ...lossAxis(run) });
  const shares = chart({ box: BOX, label, marks: PERCENT, top: 1.03 });
  const cursors = [
    withCursor(losses, run.epochs, [run.losses], way.go),
    withCursor(shares, run.epochs, [run.matches, run.accuracies], way.go),
  ];
  const answers = answerTable(run);
  const words = element("p", { class: "words" });
  const legend = say("Share that is right. Solid: whole answers. Dashed: tokens.");
  const charts = element(
    "div",
    { class: run.watched.length === 0 ? "charts alone" : "charts" },
    element("figure", {}, losses.picture, element("figcaption", {}, lossLegend(run))),
    element("figure", {}, shares.picture, element("figcaption", {}, legend)),
  );
  const views = element("div", { class: "views" }, charts, answers.whole);
  el.append(frame(say("Training replay"), "training-replay", way.whole, words, views, said));

  function update() {
    way.update();
    words.textContent = inWords(run, now());
    for (const show of cursors) show(now());
    losses.picture.setAttribute("aria-label", lossesInWords(run, now()));
    shares.picture.setAttribute("aria-label", sharesInWords(run, now()));
    answers.show(now());
  }

  function change() {
    update();
    way.announce();
  }

  model.on("change:snapshot", change);
  update();
  said.textContent = inWords(run, now()); // a line that stands empty is not listened to
  return () => {
    way.stop();
    model.off("change:snapshot", change);
  };
}

/**
 * Draw curves into a chart, and a cursor that stands at a snapshot and goes to the one that is clicked.
 * Returns what moves it.
 *
 * @param {ReturnType<typeof chart>} chart
 * @param {number[]} epochs
 * @param {number[][]} curves values at each epoch
 * @param {(snapshot: number) => void} go
 * @returns {(snapshot: number) => void}
 */
function withCursor({ picture, x, y, tick }, epochs, curves, go) {
  const along = axis(epochs);
  const across = epochs.map((epoch) => x(along(epoch)));
  for (const epoch of ticks(epochs)) {
    const mark = drawn("path", { class: "axes", d: `M${x(along(epoch))} ${BOX.bottom}v4` });
    picture.append(mark, tick(along(epoch), String(epoch)));
  }
  const cursor = drawn("path", { class: "cursor", d: `M0 ${BOX.top}V${BOX.bottom}` });
  const lines = curves.map((values, number) => {
    const points = through(values.map((value, k) => [across[k], y(value)]));
    return drawn("polyline", { class: `line line-${number}`, points });
  });
  const dots = curves.map((_, number) => drawn("circle", { class: `dot line-${number}`, r: 4.5 }));
  picture.append(...lines, cursor, ...dots);
  picture.addEventListener("click", (event) => {
    const { left, width } = picture.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * BOX.width;
    const away = across.map((place) => Math.abs(place - at));
    go(away.indexOf(Math.min(...away)));
  });
  return (snapshot) => {
    cursor.setAttribute("transform", `translate(${across[snapshot]} 0)`);
    dots.forEach((dot, number) =>
      setAll(dot, { cx: across[snapshot], cy: y(curves[number][snapshot]) })
    );
  };
}

/**
 * The table of the answers.
 *
 * @param {Run} run
 */
function answerTable(run) {
  const caption = element("caption");
  const rows = run.watched.map((problem, number) => {
    const right = run.right[number];
    const answer = element("td", { class: "answer" });
    const verdict = element("td", { class: "verdict" });
    const name = element("th", { scope: "row" }, problem);
    return { right, answer, verdict, whole: element("tr", {}, name, element("td", {}, right)) };
  });
  for (const { whole, answer, verdict } of rows) whole.append(answer, verdict);
  const names = [say("problem"), say("right"), say("written"), say("verdict")];
  const heads = names.map((name) => element("th", { scope: "col" }, name));
  const head = element("thead", {}, element("tr", {}, ...heads));
  const body = element("tbody", {}, ...rows.map(({ whole }) => whole));
  const table = element("table", {}, caption, head, body);
  table.hidden = rows.length === 0;
  return {
    whole: table,
    /** @param {number} now the snapshot */
    show(now) {
      caption.textContent = answersTitle(run, now);
      rows.forEach(({ right, answer, verdict }, number) => {
        const written = run.answers[now][number];
        const marked = digits(written, right).map(({ digit, isRight }) =>
          isRight ? digit : element("span", { class: "off" }, digit)
        );
        answer.replaceChildren(...marked);
        verdict.textContent = judged(written, right);
        verdict.classList.toggle("wrong", written !== right);
      });
    },
  };
}

export default { render };
