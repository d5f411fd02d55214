"""Training with a teacher, and without one: what does the decoder learn from, while it is wrong?"""

from dataclasses import replace
from functools import partial
from typing import Any

import keras
from keras import layers, ops

from benchmarks.learning import ADAMW, RUNS, Parts, curve, epochs_to, train_ours
from benchmarks.measuring import in_turns, spread
from helpers import problems
from helpers.model import Seq2Seq, seq2seq
from helpers.results import Results, Table
from helpers.task import Task
from helpers.training import Make


class Fed(layers.Layer):
    """Gives the decoder its own choices for a share of the tokens, the right ones for the others.

    After scheduled sampling, with a share that stays what it is. The coin is tossed for each token.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share
        self._coin = keras.random.SeedGenerator()

    def call(self, right: Any, distribution: Any) -> Any:
        """Take tokens (batch, time 1) and distributions (batch, time 1, token 14)."""
        own = ops.argmax(distribution, axis=-1)  # it has no gradient
        tossed = keras.random.uniform(ops.shape(right), seed=self._coin)
        return ops.where(tossed < self._share, own, right)


def feeding_back(share: float, embedding_dim: int, units: int, task: Task) -> Seq2Seq:
    """Return `model.seq2seq`, but what is trained reads a share of its own choices, from 0 to 1.

    With 0 it computes what `seq2seq` computes, a time step at a time.
    """
    built = seq2seq(embedding_dim, units, task)
    fed = Fed(share)
    encoder_input = keras.Input((task.problem_length,), dtype="int32")
    decoder_input = keras.Input((task.answer_length,), dtype="int32")
    state = built.encoder(encoder_input)
    distributions: list[Any] = []
    for time in range(task.answer_length):
        token = decoder_input[:, time : time + 1]
        if time > 0:
            token = fed(token, distributions[-1])
        distribution, state = built.decoder([token, state])
        distributions.append(distribution)
    model = keras.Model([encoder_input, decoder_input], ops.concatenate(distributions, axis=1))
    return replace(built, model=model)


WAYS: dict[str, Make] = {
    "teacher forcing": seq2seq,
    "half of the tokens": partial(feeding_back, 0.5),
    "free-running": partial(feeding_back, 1.0),
}
"""What makes a model that is trained with the right tokens, with some, or with its own choices."""


def measure(results: Results, quick: bool) -> None:
    """Add the table of the ways, and the curve of each."""
    parts = Parts(*problems.split("arithmetic"))
    recipe = replace(ADAMW, epochs=2) if quick else ADAMW
    clocks = in_turns(
        {
            name: lambda seed, make=make: (
                train_ours(  # type: ignore[misc]
                    replace(recipe, seed=seed), parts, make=make
                ).clock
            )
            for name, make in WAYS.items()
        },
        1 if quick else RUNS,
    )
    table = Table(
        "0 to 99 with + and -: what the decoder reads while it learns",
        ("", "99% after epoch", "at the end (%)"),
        note=(
            "The right tokens, its own choices, or for each token one of the two, as a coin falls. "
            f"{recipe.epochs} epochs with AdamW, exact match on the validation part, "
            f"free-running. {RUNS} runs of each, in turns: median and spread."
        ),
    )
    for name, of in clocks.items():
        ends = spread([clock.matches[-1] for clock in of])
        table.add(name, epochs_to(of, 0.99), ends)
        results.curves[name] = curve(of)
    results.tables["teacher"] = table
