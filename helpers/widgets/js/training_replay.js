// A recorded training run: two charts with a cursor, and the answers at the epoch it stands on.

import { announcer, drawn, element, frame, percent, rounded } from "./ui/parts.js";
import { solve, TOKENS } from "./domain/problems.js";
import { timeline } from "./ui/timeline.js";

const PACE = 600; // milliseconds between two snapshots while it plays

const GUESSING = Math.log(TOKENS.length); // what it costs to give all tokens the same probability
const NUMBER = /^(0|-?[1-9][0-9]*)$/;

// Of a chart: its size, and where its axes end.
const WIDTH = 340;
const HEIGHT = 210;
const [LEFT, RIGHT, TOP, BOTTOM] = [50, 326, 10, 172];

/** The position of an epoch between 0 and 1; the axis is logarithmic, and has a place for epoch 0. */
function axis(epochs) {
  const place = (epoch) => Math.log(epoch + 1);
  const first = place(epochs[0]);
  const length = place(epochs.at(-1)) - first || 1;
  return (epoch) => (place(epoch) - first) / length;
}

/** 0, 1, 10, 100, ... as far as the run has them, and its last epoch where there is room. */
function ticks(epochs, along) {
  const last = epochs.at(-1);
  const round = [0];
  for (let epoch = 1; epoch <= last; epoch *= 10) round.push(epoch);
  const inside = round.filter((epoch) => epoch >= epochs[0]);
  const room = inside.length === 0 || along(last) - along(inside.at(-1)) > 0.12;
  return room ? [...inside, last] : inside;
}

/**
 * A chart of `lines` over the epochs. `marks` are the labelled values of its upright axis, which
 * ends at `top`; `level` is the height of a dotted line.
 */
function chart({ epochs, lines, marks, top, level, go }) {
  const along = axis(epochs);
  const x = (epoch) => LEFT + along(epoch) * (RIGHT - LEFT);
  const y = (value) => BOTTOM - (value / top) * (BOTTOM - TOP);
  const parts = [drawn("path", { class: "axes", d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` })];
  for (const [value, name] of marks) {
    parts.push(
      drawn("path", { class: "axes", d: `M${LEFT - 4} ${y(value)}h4` }),
      drawn("text", { x: LEFT - 7, y: y(value) + 4, "text-anchor": "end" }, name),
    );
  }
  for (const epoch of ticks(epochs, along)) {
    parts.push(
      drawn("path", { class: "axes", d: `M${x(epoch)} ${BOTTOM}v4` }),
      drawn("text", { x: x(epoch), y: BOTTOM + 17, "text-anchor": "middle" }, epoch),
    );
  }
  parts.push(
    drawn(
      "text",
      { x: (LEFT + RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" },
      "epoch (logarithmic)",
    ),
  );
  if (level !== undefined) {
    parts.push(drawn("path", { class: "level", d: `M${LEFT} ${y(level)}H${RIGHT}` }));
  }
  const dots = lines.map((values, number) => {
    const way = values.map((value, k) => `${x(epochs[k])},${y(value)}`).join(" ");
    const dot = drawn("circle", { class: `dot line-${number}`, r: 4.5 });
    parts.push(drawn("polyline", { class: `line line-${number}`, points: way }));
    return dot;
  });
  const cursor = drawn("path", { class: "cursor", d: `M0 ${TOP}V${BOTTOM}` });
  const picture = drawn(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    ...parts,
    cursor,
    ...dots,
  );
  picture.addEventListener("click", (event) => {
    const { left, width } = picture.getBoundingClientRect();
    const at = ((event.clientX - left) / width) * WIDTH;
    const away = epochs.map((epoch) => Math.abs(x(epoch) - at));
    go(away.indexOf(Math.min(...away)));
  });
  return {
    picture,
    show(index, words) {
      picture.setAttribute("aria-label", words);
      cursor.setAttribute("transform", `translate(${x(epochs[index])} 0)`);
      dots.forEach((dot, number) => {
        dot.setAttribute("cx", x(epochs[index]));
        dot.setAttribute("cy", y(lines[number][index]));
      });
    },
  };
}

/** A share of what can be counted: here none is none, and all is all. */
function counted(share) {
  return share === 0 || share === 1 ? `${100 * share} %` : percent(share);
}

/** What is to be said of an answer. */
function judged(answer, right) {
  if (answer === right) return "\u2713 right";
  if (answer === "") return "\u2717 nothing written";
  if (!NUMBER.test(answer)) return "\u2717 no number";
  const off = Math.abs(Number(answer) - Number(right));
  return off < 1000 ? `\u2717 off by ${off}` : "\u2717 far off";
}

/** The answer, with its wrong digits underlined, and an empty place for each that is missing. */
function marked(answer, right) {
  const length = Math.max(answer.length, right.length);
  return Array.from({ length }, (_, place) => {
    const digit = answer[place];
    if (digit === right[place]) return digit;
    return element("span", { class: "off" }, digit ?? "\u00a0");
  });
}

function render({ model, el }) {
  const epochs = model.get("epochs");
  const losses = model.get("losses");
  const matches = model.get("exact_matches");
  const accuracies = model.get("token_accuracies");
  const watched = model.get("watched").map((problem) => ({ problem, right: solve(problem) }));
  const answers = model.get("answers");
  const said = announcer();
  const way = timeline(model, { pace: PACE, said, words: () => inWords() });

  // The curves.
  const top = 1.05 * Math.max(GUESSING, ...losses);
  const step = [0.5, 1, 2, 5, 10].find((each) => top / each <= 6) ?? Math.ceil(top / 6);
  const loss = chart({
    epochs,
    lines: [losses],
    marks: Array.from(
      { length: Math.floor(top / step) + 1 },
      (_, k) => [k * step, String(k * step)],
    ),
    top,
    level: GUESSING,
    go: way.go,
  });
  const shares = chart({
    epochs,
    lines: [matches, accuracies],
    marks: [0, 25, 50, 75, 100].map((value) => [value / 100, `${value} %`]),
    top: 1.03,
    go: way.go,
  });
  const charts = [
    { drawing: loss, legend: element("figcaption", {}) },
    { drawing: shares, legend: element("figcaption", {}) },
  ];

  // The answers.
  const caption = element("caption", {});
  const cells = watched.map(({ problem, right }) => ({
    right,
    answer: element("td", { class: "answer" }),
    verdict: element("td", { class: "verdict" }),
    head: element("th", { scope: "row" }, problem),
  }));
  const head = ["problem", "right", "written", "verdict"].map((name) =>
    element("th", { scope: "col" }, name)
  );
  const table = element(
    "table",
    {},
    caption,
    element("thead", {}, element("tr", {}, ...head)),
    element(
      "tbody",
      {},
      ...cells.map((cell) =>
        element("tr", {}, cell.head, element("td", {}, cell.right), cell.answer, cell.verdict)
      ),
    ),
  );
  table.hidden = watched.length === 0;

  const words = element("p", { class: "words" });
  const root = frame(
    "Training replay",
    "training-replay",
    way.whole,
    words,
    element(
      "div",
      { class: "views" },
      element(
        "div",
        { class: watched.length === 0 ? "charts alone" : "charts" },
        ...charts.map(({ drawing, legend }) => element("figure", {}, drawing.picture, legend)),
      ),
      table,
    ),
    said,
  );
  el.append(root);

  function update() {
    const now = model.get("snapshot");
    const epoch = epochs[now];
    way.update();
    words.textContent = inWords();
    charts[0].legend.textContent = `Loss per token. Dotted: log ${TOKENS.length} = ${
      rounded(GUESSING)
    }, what guessing costs.`;
    charts[1].legend.textContent = "Share that is right. Solid: whole answers. Dashed: tokens.";
    loss.show(
      now,
      `Loss per token over ${epochs.length} snapshots, from ${rounded(losses[0], 3)} to ` +
        `${rounded(losses.at(-1), 3)}; ${rounded(losses[now], 3)} at epoch ${epoch}.`,
    );
    shares.show(
      now,
      `Whole answers right, from ${counted(matches[0])} to ${counted(matches.at(-1))}; ` +
        `${counted(matches[now])} at epoch ${epoch}. Tokens right, from ${
          counted(accuracies[0])
        } ` +
        `to ${counted(accuracies.at(-1))}; ${counted(accuracies[now])} at epoch ${epoch}.`,
    );
    caption.textContent = `What the model answers after epoch ${epoch}: ${inRight()}`;
    cells.forEach(({ right, answer, verdict }, number) => {
      const written = answers[now][number];
      answer.replaceChildren(...marked(written, right));
      verdict.textContent = judged(written, right);
      verdict.classList.toggle("wrong", written !== right);
    });
  }

  function inRight() {
    const given = answers[model.get("snapshot")];
    const right = watched.filter((one, number) => given[number] === one.right).length;
    return `${right} of ${watched.length} right.`;
  }

  function inWords() {
    const now = model.get("snapshot");
    const seen = watched.length === 0 ? "" : ` Of the answers below: ${inRight()}`;
    return (
      `After epoch ${epochs[now]}: loss ${rounded(losses[now], 3)}, ${
        counted(matches[now])
      } of the ` +
      `whole answers right, ${counted(accuracies[now])} of the tokens.${seen}`
    );
  }

  function change() {
    update();
    way.announce();
  }

  model.on("change:snapshot", change);
  update();
  said.textContent = inWords(); // a line that stands empty is not listened to
  return () => {
    way.stop();
    model.off("change:snapshot", change);
  };
}

export default { render };
