"""How near each way of fitting comes to what the processor can do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.decoding import REPEATS, timed
from benchmarks.learning import ADAMW, STEADY, Clock
from benchmarks.measuring import in_turns, spread
from helpers import problems, training
from helpers.records import Recipe
from helpers.results import Results, Table

WAYS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("fit as it comes", 32, {"jit_compile": "auto"}),
    ("fit as it comes", 128, {"jit_compile": "auto"}),
    ("compiled", 32, {"jit_compile": True}),
    ("compiled", 128, {"jit_compile": True}),
    ("compiled, 25 updates a call", 128, {"jit_compile": True, "steps_per_execution": 25}),
    ("compiled", 512, {"jit_compile": True}),
)
"""Ways to call `fit`: a name, the size of a batch, and what `compile` gets."""

MODELS = {"notes": Recipe(learning_rate=0.001), "grown": ADAMW}


def measure(results: Results, quick: bool) -> None:
    """Add the tables of throughput."""
    results.tables["matrix"], rates = matrix_rates()
    table = Table(
        "Training, and how far it is from the rate of the matrix product",
        (
            "",
            "an epoch (s)",
            "problems a second",
            "GFLOP/s",
            "from its own sizes (times)",
            "from large sizes (times)",
        ),
        note=(
            "The median of the epochs after the first, and of two such trainings of each way, in "
            "turns; the other columns are computed from it."
        ),
    )
    train = problems.split("arithmetic").train
    ways = {
        f"{name}: {way}, batches of {batch_size}": (
            name,
            replace(recipe, batch_size=batch_size),
            options,
        )
        for name, recipe in MODELS.items()
        for way, batch_size, options in WAYS
        if not quick or batch_size == 128
    }
    seconds = in_turns(
        {
            shown: lambda _, recipe=recipe, options=options: epoch_seconds(  # type: ignore[misc]
                recipe, train, options
            )
            for shown, (_, recipe, options) in ways.items()
        },
        1 if quick else 2,
    )
    for shown, (name, recipe, _) in ways.items():
        size = len(train) // recipe.batch_size * recipe.batch_size
        epoch = spread(seconds[shown])
        rate = recipe.flops * size / epoch[0] / 1e9
        table.add(shown, epoch, size / epoch[0], rate, rates[name] / rate, rates["large"] / rate)
    results.tables["throughput"] = table


def epoch_seconds(recipe: Recipe, train: list[str], options: Mapping[str, Any]) -> float:
    """Return what an epoch takes once all is compiled."""
    keras.backend.clear_session()
    (model, _, _), batches = training.build(replace(recipe, epochs=4), train)
    model.compile(
        loss="categorical_crossentropy",
        optimizer=model.optimizer,
        weighted_metrics=["accuracy"],
        **options,
    )
    clock = Clock(lambda: 0.0)
    model.fit(batches, epochs=4, shuffle=False, verbose=0, callbacks=[clock])
    return spread(clock.seconds[STEADY:])[0]


def matrix_rates() -> tuple[Table, dict[str, float]]:
    """Return the rate of the matrix product at several sizes, and the ones to compare with."""
    table = Table(
        "The matrix product, in float32",
        ("", "numpy (GFLOP/s)", "TensorFlow (GFLOP/s)"),
        note="The median of 7 times, each of many products.",
    )
    rates = {}
    for name, shown, shape in (
        ("large", "large: 1024 x 1024 times 1024 x 1024", (1024, 1024, 1024)),
        ("grown", "grown: a batch of 128 states, 128 x 64 times 64 x 192", (128, 64, 192)),
        ("notes", "notes: a batch of 128 states, 128 x 16 times 16 x 48", (128, 16, 48)),
    ):
        rows, inner, columns = shape
        work = 2 * rows * inner * columns
        count = max(3, int(2e8 / work))
        draw = np.random.default_rng(0)
        a = draw.random((rows, inner), dtype=np.float32)
        b = draw.random((inner, columns), dtype=np.float32)
        found = [
            work / seconds / 1e9 for seconds in (_numpy(a, b, count), _tensorflow(a, b, count))
        ]
        rates[name] = max(found)
        table.add(shown, *found)
    return table, rates


def _numpy(a: np.ndarray, b: np.ndarray, count: int) -> float:
    return _each(lambda: [a @ b for _ in range(count)], count)


def _tensorflow(a: np.ndarray, b: np.ndarray, count: int) -> float:
    left, right = tf.constant(a), tf.constant(b)

    @tf.function
    def products() -> tf.Tensor:
        total = tf.zeros(())
        for _ in tf.range(count):
            total += tf.linalg.matmul(left + total, right)[0, 0] * 1e-9
        return total

    return _each(lambda: products().numpy(), count)


def _each(act: Callable[[], object], count: int) -> float:
    act()
    return spread([timed(act) for _ in range(REPEATS)])[0] / count
