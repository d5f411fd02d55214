"""Other recurrent layers in the place of the GRU: what do its gates buy?"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import keras
from keras import layers, ops

from benchmarks.learning import ADAMW, RUNS, Parts, Trained, train_ours
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

LAYERS: dict[str, tuple[Layer, int]] = {
    "plain": (layers.SimpleRNN, UNITS),
    "plain, with more units": (layers.SimpleRNN, 116),
    "GRU without the reset gate": (
        lambda units, **options: layers.RNN(Ungated(units), **options),
        UNITS,
    ),
    "GRU": (layers.GRU, UNITS),
    "LSTM": (layers.LSTM, UNITS),
}
"""What makes a layer, and its units. With 116 a plain layer makes a model as large as the GRU."""

RATES = (0.01, 0.02, 0.05, 0.1)


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
    rates = (ADAMW.learning_rate,) if quick else RATES

    def train(name: str, rate: float, seed: int) -> Trained:
        layer, units = LAYERS[name]
        own = replace(recipe, units=units, learning_rate=rate, seed=seed)
        return train_ours(own, parts, make=partial(recurrent, layer))

    trained = in_turns(
        {(name, rate): partial(train, name, rate) for name in LAYERS for rate in rates},
        1 if quick else RUNS,
    )
    table = Table(
        "0 to 99 with + and -: other layers in the place of the GRU",
        ("", "units", "weights", *(f"rate {rate} (%)" for rate in rates)),
        note=(
            f"Exact match on the validation part after {recipe.epochs} epochs with AdamW, at each "
            f"of the learning rates. {RUNS} runs of each, in turns: median and spread."
        ),
    )
    for name, (_, units) in LAYERS.items():
        at_rates = [trained[name, rate] for rate in rates]
        table.add(
            name,
            units,
            at_rates[0][0].weights,
            *(spread([one.clock.matches[-1] for one in of]) for of in at_rates),
        )
    results.tables["recurrent"] = table
