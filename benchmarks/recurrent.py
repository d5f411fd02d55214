"""Other recurrent layers in the place of the GRU: what do its gates buy?"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
from keras import layers, ops

from benchmarks.learning import ADAMW, RUNS, Parts, epochs_to, train_ours
from benchmarks.measuring import in_turns, spread
from helpers import problems
from helpers.model import Seq2Seq
from helpers.results import Results, Table
from helpers.task import Task

Layer = Callable[..., layers.RNN]

CARRIED = ("state", "cell")
"""What is carried from step to step; only an LSTM has the second."""


class Ungated(layers.Layer):
    """The cell of a GRU whose reset gate is always 1, so it needs no weights for it."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.state_size = self.output_size = units

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weights: of the update gate, then of the candidate."""
        units = self.state_size
        self.kernel = self.add_weight((shape[-1], 2 * units), name="kernel")
        self.recurrent_kernel = self.add_weight(
            (units, 2 * units), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((2 * units,), initializer="zeros", name="bias")

    def call(self, inputs: Any, states: list[Any], **_: Any) -> tuple[Any, list[Any]]:
        """Take a time step: vectors (batch, embedding_dim), states (batch, units)."""
        (before,) = states
        both = inputs @ self.kernel + before @ self.recurrent_kernel + self.bias
        update, candidate = ops.split(both, 2, axis=-1)
        update = ops.sigmoid(update)
        after = update * before + (1 - update) * ops.tanh(candidate)
        return after, [after]


UNITS = ADAMW.units

LAYERS: dict[str, tuple[Layer, int, float]] = {
    "plain": (layers.SimpleRNN, UNITS, 0.01),
    "plain, with more units": (layers.SimpleRNN, 116, 0.01),
    "GRU without the reset gate": (
        lambda units, **options: layers.RNN(Ungated(units), **options),
        UNITS,
        0.05,
    ),
    "GRU": (layers.GRU, UNITS, 0.05),
    "LSTM": (layers.LSTM, UNITS, 0.1),
}
"""What makes a layer, its units, and the rate with which most was right at the end.

That of 0.01, 0.02, 0.05 and 0.1; it was tried with seed 3, for "plain" also with seeds 0 to 2. With
116 units a plain layer makes the model as large as the GRU does.
"""


def recurrent(layer: Layer, embedding_dim: int, units: int, task: Task) -> Seq2Seq:
    """Return what `model.seq2seq` returns, with another layer that reads and another that writes.

    Encoder and decoder name what is carried, as in `CARRIED`.
    """
    embedding = layers.Embedding(len(task.tokens), embedding_dim, name="embedding")
    reader = layer(units, return_state=True, name="reader")
    writer = layer(units, return_state=True, return_sequences=True, name="writer")
    softmax = layers.Dense(len(task.tokens), activation="softmax", name="softmax")

    encoder_input = keras.Input((task.problem_length,), dtype="int32")
    _, *context = reader(embedding(encoder_input))
    names = CARRIED[: len(context)]
    encoder = keras.Model(encoder_input, dict(zip(names, context, strict=True)), name="encoder")

    decoder_input = keras.Input((task.answer_length,), dtype="int32")
    states, *_ = writer(embedding(decoder_input), initial_state=context)
    model = keras.Model([encoder_input, decoder_input], softmax(states))

    token = keras.Input((1,), dtype="int32", name="token")
    before = {name: keras.Input((units,), name=name) for name in names}
    step, *after = writer(embedding(token), initial_state=[*before.values()])
    given = {"distribution": softmax(step), **dict(zip(names, after, strict=True))}
    decoder = keras.Model({"token": token, **before}, given, name="decoder")
    return Seq2Seq(model, encoder, decoder, task=task)


def measure(results: Results, quick: bool) -> None:
    """Add the table of the layers."""
    parts = Parts(*problems.split("arithmetic"))
    recipe = replace(ADAMW, epochs=2) if quick else ADAMW
    trained = in_turns(
        {
            name: lambda seed, layer=layer, units=units, rate=rate: train_ours(  # type: ignore[misc]
                replace(recipe, units=units, learning_rate=rate, seed=seed),
                parts,
                make=partial(recurrent, layer),
            )
            for name, (layer, units, rate) in LAYERS.items()
        },
        1 if quick else RUNS,
    )
    table = Table(
        "0 to 99 with + and -: other layers in the place of the GRU",
        ("", "units", "weights", "rate", "later epochs (s)", "99% after epoch", "at the end (%)"),
        note=(
            f"{recipe.epochs} epochs with AdamW, exact match on the "
            f"validation part. {RUNS} runs of each, in turns: median and spread. Of four rates, "
            "0.01, 0.02, 0.05 and 0.1, that were tried before, each layer has its best."
        ),
    )
    for name, of in trained.items():
        clocks = [one.clock for one in of]
        _, units, rate = LAYERS[name]
        table.add(
            name,
            units,
            of[0].weights,
            str(rate),
            spread([clock.an_epoch for clock in clocks]),
            epochs_to(clocks, 0.99),
            spread([clock.matches[-1] for clock in clocks]),
        )
    results.tables["recurrent"] = table
