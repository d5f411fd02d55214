"""How fast the training lab trains in a page, beside Keras compiled by XLA.

The lab's own worker trains with the lab's own recipe. All times include the exam on the validation
part after each epoch: one pass with teacher forcing in both, which gives the exact match as well as
decoding does. It looks at the built pages for the pauses alone.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from playwright.sync_api import Browser, sync_playwright

from benchmarks.measuring import in_turns, spread
from helpers import problems, training
from helpers.records import Recipe
from helpers.results import Cell, Results, Table
from helpers.vocabulary import PAD
from helpers.widgets import TrainingLab, bundle
from helpers.widgets.base import JS
from tests.browser import executable
from tests.files import HTML

SEEDS = 5
LEVEL = 0.99
ROW_BY_ROW = 4
"""Epochs of a training without shared or dropped rows."""
STEPS_A_CALL = 25
"""Updates that Keras makes in one call at its fastest (see the table of `throughput`)."""
FASTEST = f"Keras, {STEPS_A_CALL} updates a call"
LOOKS = 5
"""How often the lab is watched for pauses."""

# Orders as training_lab.js gives them. The times are in seconds since the worker was asked for.
TRAIN = """([text, start]) => new Promise((resolve, reject) => {
    const begun = performance.now();
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    const fast = start.settings.fast;
    const epochs = [];
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
        const seconds = (performance.now() - begun) / 1000;
        if (data.news === "ready") return;
        if (data.news === "failed") return reject(new Error(data.reason));
        if (data.fast !== fast) return reject(new Error("Other operations than were asked for."));
        if (data.measured) epochs.push([seconds, data.measured.exactMatch]);
        if (!data.over || !data.measured) return;
        worker.terminate();
        resolve(epochs);
    };
    worker.postMessage(start);
    worker.postMessage({ order: "go" });
})"""

# The longest time between two ticks of a timer, in ms, while the lab trains.
LONGEST_PAUSE = """(lab) => new Promise((resolve) => {
    const words = lab.querySelector(".words");
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        if (!words.textContent.startsWith("Trained in")) return;
        clearInterval(timer);
        resolve(longest);
    }, 5);
    [...lab.querySelectorAll("button")].find((it) => it.textContent === "Train").click();
})"""


@dataclass(frozen=True)
class Course:
    """How one training went."""

    seconds: list[float]
    """From the beginning to the end of each epoch and its exam."""
    matches: list[float]
    """The exact match after each epoch."""

    @property
    def reached(self) -> float | None:
        """Seconds until the exact match was first at `LEVEL`."""
        there = (s for s, match in zip(self.seconds, self.matches, strict=True) if match >= LEVEL)
        return next(there, None)

    @property
    def an_epoch(self) -> float:
        """Seconds of an epoch: the mean of all but the first, in which Keras compiles."""
        return (self.seconds[-1] - self.seconds[0]) / (len(self.seconds) - 1)

    def say(self, who: str) -> None:
        """Tell whoever waits how it went."""
        print(
            f"  {who}: {len(self.seconds)} epochs in {self.seconds[-1]:.1f} s, "
            f"exact match {self.matches[-1]:.1%}",
            file=sys.stderr,
            flush=True,
        )


class Stopwatch(keras.callbacks.Callback):
    """Examines the model after each epoch, then takes the time."""

    def __init__(self, examine: Callable[[], float]) -> None:
        super().__init__()
        self._examine = examine
        self.taken: list[float] = []
        self.matches: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Examine, then take the time."""
        self.matches.append(self._examine())
        self.taken.append(time.perf_counter())


def exam(model: keras.Model, arrays: problems.Arrays) -> Callable[[], float]:
    """Return what gives the exact match in one pass with teacher forcing, compiled by XLA.

    An answer is right with teacher forcing if and only if it is right free-running.
    """
    encoder_input, decoder_input, target = map(tf.constant, arrays)
    wanted = tf.argmax(target, axis=-1)

    @tf.function(jit_compile=True)
    def right() -> tf.Tensor:
        chosen = tf.argmax(model([encoder_input, decoder_input]), axis=-1)
        return tf.reduce_all((chosen == wanted) | (wanted == PAD), axis=-1)

    return lambda: float(right().numpy().mean())


def recipe_of(lab: TrainingLab) -> Recipe:
    """Return the recipe of a lab, for Keras."""
    return Recipe(
        task=lab.task,
        embedding_dim=lab.embedding_dim,
        units=lab.units,
        reverse=lab.reverse,
        masked_loss=lab.masked_loss,
        epochs=lab.epochs,
        batch_size=lab.batch_size,
        learning_rate=lab.learning_rate,
        schedule=lab.schedule,
        weight_decay=lab.weight_decay,
        seed=lab.seed,
    )


def in_keras(lab: TrainingLab, *, steps_a_call: int = 1) -> Course:
    """Train by the recipe of a lab in Keras, compiled by XLA, so many updates in a call."""
    recipe = recipe_of(lab)
    parts = problems.split(recipe.task)
    held_out = problems.batch(parts.validation, reverse=recipe.reverse)
    keras.backend.clear_session()
    begun = time.perf_counter()
    (model, _, _), batches = training.build(recipe, parts.train)
    model.steps_per_execution = steps_a_call
    watch = Stopwatch(exam(model, held_out))
    model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0, callbacks=[watch])
    course = Course([taken - begun for taken in watch.taken], watch.matches)
    course.say("Keras")
    return course


def in_page(browser: Browser, lab: TrainingLab, *, fast: bool, row_by_row: bool = False) -> Course:
    """Train by the recipe of a lab in a page, with its worker.

    Args:
        browser: where the page is opened.
        lab: its settings are those of the training.
        fast: whether with the operations in WebAssembly, else with those in JavaScript.
        row_by_row: whether all rows take all time steps, as in Keras.
    """
    page = browser.new_page()
    _, *course = page.evaluate(TRAIN, [worker_text(row_by_row=row_by_row), start_of(lab, fast)])
    page.close()
    found = Course([seconds for seconds, _ in course], [match for _, match in course])
    found.say(f"page, {'WebAssembly' if fast else 'JavaScript'}")
    return found


def worker_text(*, row_by_row: bool = False) -> str:
    """Return the worker of the lab.

    Raises:
        ValueError: it makes its trainer in another way than is known here.
    """
    text = bundle.module(JS / "worker.js")
    made = "new Trainer({"
    if text.count(made) != 1:
        raise ValueError(f"The worker has `{made}` not once, but {text.count(made)} times.")
    return text.replace(made, f"{made} shared: false, dropped: false,") if row_by_row else text


def start_of(lab: TrainingLab, fast: bool) -> dict[str, Any]:
    """Return the order that begins a training with the settings of a lab."""
    return {
        "order": "start",
        "settings": {
            "run": 1,
            "sizes": {"embedding_dim": lab.embedding_dim, "units": lab.units},
            "reverse": lab.reverse,
            "masked": lab.masked_loss,
            "learningRate": lab.learning_rate,
            "schedule": lab.schedule,
            "weightDecay": lab.weight_decay,
            "batch": lab.batch_size,
            "epochs": lab.epochs,
            "seed": lab.seed,
            "fast": fast,
        },
        "task": lab.tasks[lab.task],
        "parts": lab.parts[lab.task],
        "watched": list(lab.watched),
    }


def longest_pause(browser: Browser) -> float:
    """Return how long the page of the lab stands still at most while it trains, in ms."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{HTML.as_uri()}/chapters/training.html")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    pause = float(page.locator(".training-lab").evaluate(LONGEST_PAUSE))
    context.close()
    return pause


def table(quick: bool) -> Table:
    """Return what training takes in a page and in Keras."""
    runs, looks = (1, 1) if quick else (SEEDS, LOOKS)
    epochs = 2 if quick else ROW_BY_ROW
    ops = {"WebAssembly": True, "JavaScript": False}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])

        def page(fast: bool) -> Callable[[int], Course]:
            return lambda seed: in_page(browser, TrainingLab(seed=seed), fast=fast)

        def in_kernel(steps_a_call: int) -> Callable[[int], Course]:
            return lambda seed: in_keras(TrainingLab(seed=seed), steps_a_call=steps_a_call)

        def rows(fast: bool) -> Callable[[int], Course]:
            lab = TrainingLab(epochs=epochs)
            return lambda _: in_page(browser, lab, fast=fast, row_by_row=True)

        whole = in_turns(
            {
                **{f"page, {name}": page(fast) for name, fast in ops.items()},
                "Keras, an update a call": in_kernel(1),
                FASTEST: in_kernel(STEPS_A_CALL),
            },
            runs,
        )
        row_by_row = in_turns({f"{name}, row by row": rows(fast) for name, fast in ops.items()}, 1)
        pauses = spread([longest_pause(browser) for _ in range(looks)])
        browser.close()
    found = Table(
        "The recipe of the training lab, in a page and in Keras",
        (
            "",
            "99% (s)",
            "seeds there",
            "all (s)",
            "times as fast",
            "an epoch (s)",
            "times as fast an epoch",
            "at the end (%)",
            "longest pause (ms)",
        ),
        note=(
            f"{TrainingLab().epochs} epochs; exact match on the validation part. All times include "
            "the exam after each epoch, one pass with teacher forcing. Those of all epochs and to "
            "99 % run from the start of the worker, or from the building of the model, with "
            "tracing and compiling; an epoch is the mean of those after the first. "
            f"{runs} runs of each, in turns, the median and the spread. Times as fast: as Keras at "
            f"its fastest, {STEPS_A_CALL} updates in a call. Row by row: one run of "
            f"{epochs} epochs with no rows shared or dropped, so that a page computes all "
            f"that Keras does. Longest pause: of the page while its lab trains, {looks} times, "
            "between two ticks of a timer of 5 ms."
        ),
    )
    keras_epoch = spread([course.an_epoch for course in whole[FASTEST]])[0]
    keras_seconds = spread([course.seconds[-1] for course in whole[FASTEST]])[0]
    for name, courses in (whole | row_by_row).items():
        epoch = spread([course.an_epoch for course in courses])
        there: Cell
        there, seeds, seconds, at_the_end = learned(courses) if name in whole else ("-",) * 4
        found.add(
            name,
            there,
            seeds,
            seconds,
            keras_seconds / seconds[0] if isinstance(seconds, list) else "-",
            epoch,
            keras_epoch / epoch[0],
            at_the_end,
            pauses if name == "page, WebAssembly" else "-",
        )
    return found


def learned(courses: Sequence[Course]) -> tuple[Cell, Cell, Cell, Cell]:
    """Return the seconds to `LEVEL`, how many got there, all seconds, and the last exact match."""
    there = [seconds for course in courses if (seconds := course.reached) is not None]
    return (
        spread(there) if there else None,
        f"{len(there)} of {len(courses)}",
        spread([course.seconds[-1] for course in courses]),
        spread([course.matches[-1] for course in courses]),
    )


def measure(results: Results, quick: bool) -> None:
    """Add the table of training in a page."""
    results.tables["in-page"] = table(quick)
