"""How soon a model answers right: the book's recipe beside the peer, and each choice of the recipe.

All times run from the call of `fit`, so tracing and compiling count. What the examinations between
the epochs take does not.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import keras

from benchmarks import peer
from benchmarks.results import Cell, Results, Table, spread
from helpers import decoding, problems, training
from helpers.pretrained import RECIPES
from helpers.training import Recipe

GROWN = RECIPES["grown"][0]
LEVELS = (0.95, 0.99, 0.999)
STEADY = 1  # the first epoch is compiled


class Clock(keras.callbacks.Callback):
    """Takes the time of each epoch and examines the model after it; stops at a time limit.

    Args:
        examine: returns the exact match.
        limit: seconds of training, after which no epoch is begun.
    """

    def __init__(self, examine: Callable[[], float], limit: float = float("inf")) -> None:
        super().__init__()
        self._examine = examine
        self._limit = limit
        self.seconds: list[float] = []
        """Each epoch's own time."""
        self.matches: list[float] = []
        """The exact match after each epoch."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Begin with `fit`: what comes before the first batch belongs to the first epoch."""
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Take the time, then examine."""
        self.seconds.append(time.perf_counter() - self._begun)
        self.matches.append(self._examine())
        self.model.stop_training = sum(self.seconds) > self._limit
        self._begun = time.perf_counter()

    def reached(self, level: float) -> float | None:
        """Return the seconds of training until the exact match was first at ``level``."""
        for number, match in enumerate(self.matches, start=1):
            if match >= level:
                return sum(self.seconds[:number])
        return None

    def say(self, who: str) -> None:
        """Tell whoever waits how a training went."""
        print(
            f"  {who}: {len(self.seconds)} epochs in {sum(self.seconds):.0f} s, "
            f"exact match {self.matches[-1]:.1%}",
            file=sys.stderr,
            flush=True,
        )

    @property
    def an_epoch(self) -> float:
        """What an epoch takes once all is compiled, seconds."""
        return spread(self.seconds[STEADY:] or self.seconds)[0]


def train_ours(
    recipe: Recipe, train: Sequence[str], held_out: Sequence[str], *, jit_compile: bool = True
) -> Clock:
    """Train by a recipe; return what the clock saw."""
    keras.backend.clear_session()
    (model, encoder, decoder), batches = training.build(recipe, train)
    model.jit_compile = jit_compile
    clock = Clock(lambda: decoding.exact_match(encoder, decoder, held_out, reverse=recipe.reverse))
    model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0, callbacks=[clock])
    clock.say("this book")
    return clock


def train_peer(
    train: Sequence[str], held_out: Sequence[str], *, compiled: bool, epochs: int, limit: float
) -> Clock:
    """Train the peer with batches of its own size; return what the clock saw."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    everything = [*train, *held_out]
    characters = peer.characters(everything)
    lengths = max(map(len, everything)), max(len(problems.solve(text)) for text in everything)
    questions, answers = peer.arrays(train, characters, *lengths)
    examined = peer.arrays(held_out, characters, *lengths)
    model = peer.build(len(characters), *lengths, compiled=compiled)
    clock = Clock(lambda: peer.exact_match(model, *examined), limit)
    model.fit(
        questions,
        answers,
        batch_size=peer.BATCH_SIZE,
        epochs=epochs,
        verbose=0,
        callbacks=[clock],
    )
    clock.say("the peer")
    return clock


def published_problems(count: int) -> list[str]:
    """Return ``count`` sums of numbers 0..999, drawn as the Keras example draws them.

    Each number has one to three random digits; of a sum and its mirror image one is taken.
    """
    draw = random.Random(0)
    seen: set[tuple[int, ...]] = set()
    found: list[str] = []
    while len(found) < count:
        pair = [int("".join(draw.choices("0123456789", k=draw.randint(1, 3)))) for _ in range(2)]
        if tuple(sorted(pair)) not in seen:
            seen.add(tuple(sorted(pair)))
            found.append(f"{pair[0]}+{pair[1]}")
    return found


def against_the_peer(quick: bool) -> dict[str, Table]:
    """Return a table for the peer's own task and one for the book's."""
    drawn = published_problems(50_000)
    parts = problems.split("arithmetic")
    tables = {}
    for name, title, train, held_out, recipe, seeds in (
        (
            "peer-task",
            "0 to 999 with +: 45,000 problems to train on, 5,000 held out",
            drawn[:45_000],
            drawn[45_000:],
            replace(GROWN, epochs=6),
            3,
        ),
        (
            "book-task",
            "0 to 99 with + and -: 16,002 problems to train on, 2,003 held out",
            parts.train,
            parts.test,
            GROWN,
            5,
        ),
    ):
        if quick and name == "peer-task":
            continue
        clocks = {
            "peer, fit as it comes": [
                train_peer(
                    train,
                    held_out,
                    compiled=False,
                    epochs=2 if quick else 30,
                    limit=200,
                )
            ],
            "peer, compiled": [
                train_peer(train, held_out, compiled=True, epochs=2 if quick else 30, limit=200)
            ],
            "this book": [
                train_ours(replace(recipe, seed=seed), train, held_out)
                for seed in range(1 if quick else seeds)
            ],
        }
        tables[name] = _side_by_side(title, clocks)
    return tables


def _side_by_side(title: str, clocks: dict[str, list[Clock]]) -> Table:
    best = max(max(clock.matches) for name, of in clocks.items() if "peer" in name for clock in of)
    table = Table(
        title,
        (
            "",
            "an epoch (s)",
            *(f"{level:.1%} (s)".replace(".0%", "%") for level in LEVELS),
            "best (%)",
            "peers' best (s)",
            "times as long",
        ),
        note=(
            "Seconds of training until 95, 99 and 99.9 % of the answers were right, and as "
            f"many as the better peer had right at its best, {best:.2%}: from the call of fit, "
            "with tracing and compiling, without the examinations. One run of each peer, for 30 "
            f"epochs or 200 s; {len(clocks['this book'])} runs of this book's recipe, "
            "the median and the spread."
        ),
    )
    ours = _median_time(clocks["this book"], best)
    for name, of in clocks.items():
        own_best = max(max(clock.matches) for clock in of)
        wanted = best if "book" in name else min(best, own_best)
        there = _median_time(of, wanted)
        table.add(
            name,
            spread([clock.an_epoch for clock in of]),
            *(_times(of, level) for level in LEVELS),
            spread([max(clock.matches) for clock in of]),
            _times(of, wanted),
            None if there is None or ours is None else there / ours,
        )
    return table


def _times(clocks: Sequence[Clock], level: float) -> Cell:
    times = [seconds for clock in clocks if (seconds := clock.reached(level)) is not None]
    if not times:
        return None
    if len(times) < len(clocks):
        return f"{spread(times)[0]:.1f} in {len(times)} of {len(clocks)} runs"
    return spread(times)


def _median_time(clocks: Sequence[Clock], level: float) -> float | None:
    times = [clock.reached(level) for clock in clocks]
    found = [seconds for seconds in times if seconds is not None]
    return spread(found)[0] if len(found) == len(times) else None


CHOICES: dict[str, Recipe] = {
    "the recipe": GROWN,
    "no weight decay": replace(GROWN, weight_decay=0.0),
    "rate 0.01": replace(GROWN, learning_rate=0.01),
    "constant rate 0.05": replace(GROWN, schedule="constant"),
    "constant rate 0.001": replace(GROWN, schedule="constant", learning_rate=0.001),
    "no reversal": replace(GROWN, reverse=False),
    "no mask": replace(GROWN, masked_loss=False),
    "embedding of 5": replace(GROWN, embedding_dim=5),
    "16 units": replace(GROWN, units=16),
    "batches of 32": replace(GROWN, batch_size=32),
    "batches of 512": replace(GROWN, batch_size=512),
    "not compiled": GROWN,
}
"""The recipe of the model ``grown``, and what becomes of it when one choice is another."""

FIRST = ("the recipe", "no weight decay", "rate 0.01")
"""Those that vary most from seed to seed, and what they are compared with."""


def choices(quick: bool) -> tuple[Table, dict[str, list[float]]]:
    """Return what each choice costs and buys, and the median curve of each."""
    parts = problems.split("arithmetic")
    table = Table(
        "0 to 99 with + and -: the recipe with one choice changed",
        (
            "",
            "updates",
            "first epoch (s)",
            "later ones (s)",
            "all (s)",
            "99% after epoch",
            "at the end (%)",
        ),
        note=(
            "Exact match on the validation part. Three runs of the first three, two of the others "
            "but the last, of which there is one: median and spread. Not compiled, a run rounds "
            "otherwise, so it is another run. The first epoch includes tracing and compiling."
        ),
    )
    curves = {}
    for name, recipe in CHOICES.items():
        if quick and name not in ("the recipe", "no weight decay", "not compiled"):
            continue
        recipe = replace(recipe, epochs=3) if quick else recipe
        once = name == "not compiled"
        seeds = 1 if quick or once else 3 if name in FIRST else 2
        clocks = [
            train_ours(
                replace(recipe, seed=seed), parts.train, parts.validation, jit_compile=not once
            )
            for seed in range(seeds)
        ]
        matches = [clock.matches for clock in clocks]
        curves[name] = [spread(at)[0] for at in zip(*matches, strict=True)]
        epochs = [next((n for n, m in enumerate(of, 1) if m >= 0.99), None) for of in matches]
        there = [epoch for epoch in epochs if epoch is not None]
        table.add(
            name,
            recipe.epochs * (len(parts.train) // recipe.batch_size),
            spread([clock.seconds[0] for clock in clocks]),
            spread([clock.an_epoch for clock in clocks]),
            spread([sum(clock.seconds) for clock in clocks]),
            None
            if not there
            else spread(there)
            if len(there) == len(epochs)
            else f"{spread(there)[0]:.0f} in {len(there)} of {len(epochs)} runs",
            spread([of[-1] for of in matches]),
        )
    return table, curves


def small_model() -> Table:
    """Return how far the model of the notes gets in a given number of epochs, and in what time."""
    parts = problems.split("arithmetic")
    table = Table(
        "The model of the notes, 16 units, with a schedule that fits the time",
        ("epochs", "taken (s)", "at the end (%)"),
        note=(
            "Batches of 256, warm-up and cosine up to 0.03. Exact match on the validation part: "
            "the median and the spread of two runs, but one of 200 epochs."
        ),
    )
    for epochs, seeds in ((50, 2), (100, 2), (200, 1)):
        recipe = Recipe(epochs=epochs, batch_size=256, learning_rate=0.03)
        clocks = [
            train_ours(replace(recipe, seed=seed), parts.train, parts.validation)
            for seed in range(seeds)
        ]
        table.add(
            f"{epochs}",
            spread([sum(clock.seconds) for clock in clocks]),
            spread([clock.matches[-1] for clock in clocks]),
        )
    return table


def mirror_images() -> Table:
    """Return what it helps when the mirror image of a sum is trained on."""
    everything = [problem for part in problems.split("arithmetic") for problem in part]
    random.Random(0).shuffle(everything)
    count = len(everything) * 8 // 10
    train, held_out = everything[:count], everything[count:]
    trained_on = set(train)
    kinds: dict[str, list[str]] = {"trained on": [], "held out, mirror image trained on": []}
    kinds["held out, and the mirror image too"] = []
    for problem in everything:
        left, operator, right = problems.parse(problem)
        if operator == "-" or left == right:
            continue
        if problem in trained_on:
            kinds["trained on"].append(problem)
        elif f"{right}+{left}" in trained_on:
            kinds["held out, mirror image trained on"].append(problem)
        else:
            kinds["held out, and the mirror image too"].append(problem)
    columns, cells = [], []
    for name, shown in (("step-1-notes", "16 units (%)"), ("step-2-units", "64 units (%)")):
        columns.append(shown)
        found: list[list[float]] = [[] for _ in kinds]
        for seed in range(2):
            recipe = replace(RECIPES[name][0], seed=seed)
            keras.backend.clear_session()
            (model, encoder, decoder), batches = training.build(recipe, train)
            model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0)
            for of, asked in zip(found, kinds.values(), strict=True):
                of.append(decoding.exact_match(encoder, decoder, asked))
        cells.append([spread(of) for of in found])
    table = Table(
        "Sums, when the split pays no heed to mirror images",
        ("", "problems", *columns),
        note=(
            f"{len(held_out):,} of all {len(everything):,} problems held out at random; 24 epochs "
            "in plain order. Exact match, two runs: their mean and both."
        ),
    )
    for (name, asked), *measured in zip(kinds.items(), *cells, strict=True):
        table.add(name, len(asked), *measured)
    return table


def measure(results: Results, quick: bool) -> None:
    """Add the tables of learning."""
    results.tables |= against_the_peer(quick)
    results.tables["choices"], results.curves = choices(quick)
    if not quick:
        results.tables["small-model"] = small_model()
        results.tables["mirror"] = mirror_images()
