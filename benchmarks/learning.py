"""How soon a model answers right: the book's recipe beside the peer, and each choice of the recipe.

All times run from the call of `fit`, so tracing and compiling count. What the examinations between
the epochs take does not. What is compared is trained in turns: each with one seed, then each with
the next, so that a slow minute of the machine meets all alike.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from benchmarks import peer
from benchmarks.measuring import in_turns, spread
from helpers import decoding, problems, training
from helpers.model import Seq2Seq, seq2seq
from helpers.pretrained import RECIPES
from helpers.problems import Arrays
from helpers.records import Recipe
from helpers.results import Cell, Results, Table
from helpers.training import Make
from helpers.vocabulary import PAD

ADAMW = replace(RECIPES["grown"][0], optimizer="adamw", epochs=12, learning_rate=0.05)
"""The recipe by which all is measured but where another is named."""
MUON = RECIPES["grown"][0]
"""That of ``grown``: with another optimizer, in half the epochs."""
LEVELS = (0.95, 0.99)
STEADY = 1  # the first epoch is compiled
RUNS = 3
"""Seeds of each row."""


class Clock(keras.callbacks.Callback):
    """Takes the time of each epoch and examines the model after it.

    Args:
        examine: returns the exact match.
    """

    def __init__(self, examine: Callable[[], float]) -> None:
        super().__init__()
        self._examine = examine
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


@dataclass(frozen=True)
class Trained:
    """What is told of one training."""

    clock: Clock
    """Its times, and the exact match after each epoch on the problems it is watched on."""
    at_the_end: float
    """The exact match after the last epoch, on the problems that are reported."""
    weights: int
    """How many numbers the model has."""


@dataclass(frozen=True)
class Parts:
    """The problems of a comparison."""

    train: Sequence[str]
    watched: Sequence[str]
    """On which a model is examined after each epoch."""
    reported: Sequence[str]
    """On which it is examined once, at the end."""


def exam(model: Seq2Seq, arrays: Arrays) -> float:
    """Return the exact match, free-running, on arrays that are made beforehand."""
    chosen = decoding.greedy(model, arrays.encoder_input)
    wanted = arrays.target.argmax(axis=-1)
    return float(((chosen == wanted) | (wanted == PAD)).all(axis=-1).mean())


def train_ours(
    recipe: Recipe,
    parts: Parts,
    *,
    jit_compile: bool = True,
    as_read: Callable[[Sequence[str]], Arrays] | None = None,
    make: Make = seq2seq,
) -> Trained:
    """Train by a recipe; with ``as_read`` the model reads other arrays than the recipe says.

    Another model than the recipe says is made by ``make``, as in `training.build`.
    """
    keras.backend.clear_session()
    read = as_read or (lambda asked: problems.batch(asked, reverse=recipe.reverse))
    model, batches = training.build(recipe, parts.train, make)
    if as_read is not None:
        batches = training.batches_of(as_read(parts.train), recipe)
    model.model.jit_compile = jit_compile
    watched = read(parts.watched)
    clock = Clock(lambda: exam(model, watched))
    model.model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0, callbacks=[clock])
    clock.say("this book")
    return Trained(clock, exam(model, read(parts.reported)), model.model.count_params())


def train_peer(
    parts: Parts,
    seed: int,
    *,
    epochs: int = peer.EPOCHS,
    jit_compile: bool = True,
    recipe: Recipe | None = None,
) -> Trained:
    """Train the peer as published, or by ``recipe``, which also turns the answer round."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    everything = [*parts.train, *parts.watched, *parts.reported]
    characters = peer.characters(everything)
    lengths = max(map(len, everything)), max(len(problems.solve(text)) for text in everything)
    train, watched, reported = (
        peer.arrays(asked, characters, *lengths, reverse_answer=recipe is not None)
        for asked in (parts.train, parts.watched, parts.reported)
    )
    model = peer.build(len(characters), *lengths)
    clock = Clock(lambda: peer.exact_match(model, *watched))
    if recipe is None:
        peer.compile_as_published(model, jit_compile=jit_compile)
        model.fit(*train, batch_size=peer.BATCH_SIZE, epochs=epochs, verbose=0, callbacks=[clock])
    else:
        batches = training.in_batches(train, recipe)
        training.compile_by(model, recipe, len(batches))
        model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0, callbacks=[clock])
    clock.say("the peer")
    return Trained(clock, peer.exact_match(model, *reported), model.count_params())


def published_problems(count: int) -> list[str]:
    """Return ``count`` sums of numbers 0..999, drawn and shuffled as in the Keras example.

    Each number has one to three random digits; of a sum and its mirror image one is taken. They are
    shuffled since short sums run out: what is drawn last has larger numbers.
    """
    draw = random.Random(0)
    seen: set[tuple[int, ...]] = set()
    found: list[str] = []
    while len(found) < count:
        pair = [int("".join(draw.choices("0123456789", k=draw.randint(1, 3)))) for _ in range(2)]
        if tuple(sorted(pair)) not in seen:
            seen.add(tuple(sorted(pair)))
            found.append(f"{pair[0]}+{pair[1]}")
    draw.shuffle(found)
    return found


def against_the_peer(quick: bool) -> dict[str, Table]:
    """Return a table for the peer's own task and one for the book's."""
    drawn = published_problems(50_000)
    parts = problems.split("arithmetic")
    tables = {}
    for name, title, asked, epochs in (
        (
            "peer-task",
            "0 to 999 with +: 45,000 problems to train on, 5,000 held out",
            Parts(drawn[:45_000], drawn[45_000:], drawn[45_000:]),
            6,
        ),
        (
            "book-task",
            "0 to 99 with + and -: 16,002 problems to train on, 1,995 and 2,003 held out",
            Parts(*parts),
            ADAMW.epochs,
        ),
    ):
        if quick and name == "peer-task":
            continue
        tables[name] = _side_by_side(title, asked, 2 if quick else epochs, quick)
    return tables


def _side_by_side(title: str, parts: Parts, epochs: int, quick: bool) -> Table:
    ours = replace(ADAMW, epochs=epochs)
    muon = replace(MUON, epochs=max(1, epochs // 2))
    length = epochs if quick else peer.EPOCHS
    runs = 1 if quick else RUNS
    trained = in_turns(
        {
            "peer, fit as it comes": lambda seed: train_peer(
                parts, seed, epochs=length, jit_compile=False
            ),
            "peer, compiled": lambda seed: train_peer(parts, seed, epochs=length),
            "peer, trained as in this book": lambda seed: train_peer(
                parts, seed, recipe=replace(ours, learning_rate=0.01, seed=seed)
            ),
            "peer, with Muon": lambda seed: train_peer(
                parts, seed, recipe=replace(muon, seed=seed)
            ),
            "this book": lambda seed: train_ours(replace(ours, seed=seed), parts),
            "this book, with Muon": lambda seed: train_ours(replace(muon, seed=seed), parts),
        },
        runs,
    )
    table = Table(
        title,
        (
            "",
            "weights",
            "epochs",
            "an epoch (s)",
            *(column for level in LEVELS for column in (f"{level:.0%} (s)", _ratio(level))),
            "at the end (%)",
        ),
        note=(
            "Seconds of training until 95 and 99 % of the problems that are watched were right, "
            "from the call of fit, with tracing and compiling, without the examinations; and how "
            f"many times as long as this book's model. {runs} runs of each, in turns: the median "
            "and the spread. Without a ratio: not every run got there. At the end: after the last "
            "epoch, on problems that nothing else was measured on; on the peer's task on those "
            "that were watched. Trained as in this book: batches of 128, AdamW with a "
            "weight decay of 0.1, a warm-up to a rate of 0.01 and cosine decay, the answer back "
            "to front. This book's model has a rate of 0.05. With Muon both "
            "have this rate, and half the epochs."
        ),
    )
    for name, of in trained.items():
        clocks = [one.clock for one in of]
        table.add(
            name,
            of[0].weights,
            len(clocks[0].seconds),
            spread([clock.an_epoch for clock in clocks]),
            *(
                cell
                for level in LEVELS
                for cell in (
                    _times(clocks, level),
                    _as_long(clocks, [one.clock for one in trained["this book"]], level),
                )
            ),
            spread([one.at_the_end for one in of]),
        )
    return table


def _ratio(level: float) -> str:
    return f"{level:.0%}, times as long"


def _times(clocks: Sequence[Clock], level: float) -> Cell:
    times = [seconds for clock in clocks if (seconds := clock.reached(level)) is not None]
    if not times:
        return None
    if len(times) < len(clocks):
        return f"{spread(times)[0]:.1f} in {len(times)} of {len(clocks)} runs"
    return spread(times)


def _as_long(clocks: Sequence[Clock], ours: Sequence[Clock], level: float) -> Cell:
    median, of_ours = _median_time(clocks, level), _median_time(ours, level)
    return "-" if median is None or of_ours is None else median / of_ours


def _median_time(clocks: Sequence[Clock], level: float) -> float | None:
    times = [clock.reached(level) for clock in clocks]
    found = [seconds for seconds in times if seconds is not None]
    return spread(found)[0] if len(found) == len(times) else None


AGAIN = "the recipe once more"
"""The first row of the choices again, with the same seeds: how far it is off is the noise."""

CHOICES: dict[str, Recipe] = {
    "the recipe": ADAMW,
    AGAIN: ADAMW,
    "no weight decay": replace(ADAMW, weight_decay=0.0),
    "rate 0.01": replace(ADAMW, learning_rate=0.01),
    "constant rate 0.05": replace(ADAMW, schedule="constant"),
    "constant rate 0.001": replace(ADAMW, schedule="constant", learning_rate=0.001),
    "no reversal": replace(ADAMW, reverse=False),
    "no mask": replace(ADAMW, masked_loss=False),
    "embedding of 5": replace(ADAMW, embedding_dim=5),
    "16 units": replace(ADAMW, units=16),
    "batches of 32": replace(ADAMW, batch_size=32),
    "batches of 512": replace(ADAMW, batch_size=512),
    "not compiled": ADAMW,
    "Muon": MUON,
    "Muon, no reversal": replace(MUON, reverse=False),
    **{
        f"AdamW, 6 epochs, rate {rate}": replace(ADAMW, epochs=MUON.epochs, learning_rate=rate)
        for rate in (0.02, 0.03, 0.05)
    },
}
"""The recipe with AdamW, and what becomes of it when one choice is another."""


def choices(quick: bool) -> tuple[Table, dict[str, list[float]], float]:
    """Return what each choice costs and buys, the median curve of each, and the noise.

    The noise is the larger of two times that should be equal, divided by the smaller: those of
    the recipe and of the recipe once more, of all seeds the largest such ratio.
    """
    asked = Parts(*problems.split("arithmetic"))
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
            f"Exact match on the validation part. {RUNS} runs of each, in turns: median and "
            "spread. The recipe has AdamW; Muon has the same rate, in half the epochs. The first "
            "epoch includes tracing and compiling. Not compiled, a run rounds "
            "otherwise, so it is another run, and not the same one for another price."
        ),
    )
    names = ("the recipe", AGAIN, "no weight decay") if quick else tuple(CHOICES)

    def train(name: str, seed: int) -> Clock:
        recipe = replace(CHOICES[name], seed=seed)
        recipe = replace(recipe, epochs=3) if quick else recipe
        return train_ours(recipe, asked, jit_compile=name != "not compiled").clock

    clocks = in_turns(
        {name: lambda seed, name=name: train(name, seed) for name in names},  # type: ignore[misc]
        1 if quick else RUNS,
    )
    for name, of in clocks.items():
        table.add(
            name,
            len(of[0].seconds) * (len(asked.train) // CHOICES[name].batch_size),
            spread([clock.seconds[0] for clock in of]),
            spread([clock.an_epoch for clock in of]),
            spread([sum(clock.seconds) for clock in of]),
            epochs_to(of, 0.99),
            spread([clock.matches[-1] for clock in of]),
        )
    pairs = zip(clocks["the recipe"], clocks[AGAIN], strict=True)
    totals = [sorted((sum(one.seconds), sum(other.seconds))) for one, other in pairs]
    curves = {name: curve(of) for name, of in clocks.items() if name != AGAIN}
    return table, curves, max(longer / shorter for shorter, longer in totals)


def epochs_to(clocks: Sequence[Clock], level: float) -> Cell:
    """Return after which epoch the exact match was first at ``level``, or in how many runs."""
    first = [next((n for n, m in enumerate(c.matches, 1) if m >= level), None) for c in clocks]
    there = [epoch for epoch in first if epoch is not None]
    if not there:
        return None
    if len(there) < len(first):
        return f"{spread(there)[0]:.0f} in {len(there)} of {len(first)} runs"
    return spread(there)


def curve(clocks: Sequence[Clock]) -> list[float]:
    """Return the exact match after each epoch, of several runs the median."""
    return [spread(at)[0] for at in zip(*(clock.matches for clock in clocks), strict=True)]


def orders(quick: bool) -> tuple[Table, Table]:
    """Return what it does to write back to front, and to put PAD in front of a problem.

    All by the recipe with AdamW, but for the order in which problem and answer are read and
    written, and for the place of PAD.
    """
    asked = Parts(*problems.split("arithmetic"))
    recipe = replace(ADAMW, epochs=2) if quick else ADAMW

    def turned(problem: bool, answer: bool) -> Callable[[Sequence[str]], Arrays]:
        def read(some: Sequence[str]) -> Arrays:
            encoder_input = problems.batch(some, reverse=problem).encoder_input
            return problems.batch(some, reverse=answer)._replace(encoder_input=encoder_input)

        return read

    def padded_behind(some: Sequence[str]) -> Arrays:
        arrays = problems.batch(some, reverse=recipe.reverse)
        last = np.argsort(arrays.encoder_input == PAD, axis=1, kind="stable")
        behind = np.take_along_axis(arrays.encoder_input, last, axis=1)
        return arrays._replace(encoder_input=behind)

    both = turned(True, True)
    clocks = in_turns(
        {
            name: lambda seed, read=read: (
                train_ours(  # type: ignore[misc]
                    replace(recipe, seed=seed), asked, as_read=read
                ).clock
            )
            for name, read in {
                "neither": turned(False, False),
                "the problem": turned(True, False),
                "the answer": turned(False, True),
                "both": both,
                "PAD behind": padded_behind,
            }.items()
        },
        1 if quick else RUNS,
    )
    note = (
        f"By the recipe with AdamW, exact match on the validation part. {RUNS} runs of each, in "
        "turns: median and spread."
    )
    columns = "99% after epoch", "at the end (%)"
    reversal = Table("What is read and written back to front", ("", *columns), note=note)
    padding = Table("Where PAD stands in a problem", ("", *columns), note=note)
    for name in ("neither", "the problem", "the answer", "both"):
        _add_order(reversal, name, clocks[name])
    _add_order(padding, "in front", clocks["both"])
    _add_order(padding, "behind", clocks["PAD behind"])
    return reversal, padding


def _add_order(table: Table, name: str, clocks: Sequence[Clock]) -> None:
    ends = spread([clock.matches[-1] for clock in clocks])
    table.add(name, epochs_to(clocks, 0.99), ends)


def small_model() -> Table:
    """Return how far the model of the notes gets in a given number of epochs, and in what time."""
    parts = problems.split("arithmetic")
    asked = Parts(parts.train, parts.validation, parts.validation)
    table = Table(
        "The model of the notes, 16 units, with a schedule that fits the time",
        ("epochs", "taken (s)", "at the end (%)"),
        note=(
            "Batches of 256, warm-up and cosine up to 0.03. Exact match on the validation "
            "part: the median and the spread of two runs."
        ),
    )
    clocks = in_turns(
        {
            str(epochs): lambda seed, epochs=epochs: (
                train_ours(  # type: ignore[misc]
                    Recipe(epochs=epochs, batch_size=256, learning_rate=0.03, seed=seed), asked
                ).clock
            )
            for epochs in (50, 100)
        },
        2,
    )
    for name, of in clocks.items():
        table.add(
            name,
            spread([sum(clock.seconds) for clock in of]),
            spread([clock.matches[-1] for clock in of]),
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
            model, batches = training.build(recipe, train)
            model.model.fit(batches, epochs=recipe.epochs, shuffle=False, verbose=0)
            for of, asked in zip(found, kinds.values(), strict=True):
                of.append(decoding.exact_match(model, asked))
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
    results.tables["choices"], curves, results.noise = choices(quick)
    results.curves |= curves
    results.tables["reversal"], results.tables["padding"] = orders(quick)
    if not quick:
        results.tables["small-model"] = small_model()
        results.tables["mirror"] = mirror_images()
