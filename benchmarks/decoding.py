"""Ways to decode the same thousand problems, and to take one step: what each costs.

All ways have to choose the same tokens.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from benchmarks.measuring import in_turns, spread
from helpers import decoding, pretrained, problems
from helpers.results import Results, Table
from helpers.task import ARITHMETIC
from helpers.vocabulary import PAD

PROBLEMS = 1000
REPEATS = 7

Advance = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Token (batch, 1) and state (batch, units) to distribution (batch, 1, token) and next state."""


def token_by_token(
    encode: Callable[[np.ndarray], np.ndarray], advance: Advance, ids: np.ndarray
) -> np.ndarray:
    """Decode encoder inputs (batch, time 8) together, a step at a time, to ids (batch, time 5)."""
    state = encode(ids)
    token = np.full((len(ids), 1), PAD, dtype=np.int32)
    chosen = []
    for _ in range(ARITHMETIC.answer_length):
        distribution, state = advance(token, state)
        token = distribution.argmax(axis=-1).astype(np.int32)
        chosen.append(token)
    return np.concatenate(chosen, axis=1)


class Numpy:
    """The two models again, in numpy: what the arithmetic costs with nothing around it."""

    def __init__(self, model: keras.Model) -> None:
        """Take the weights of a model of `seq2seq`."""
        weights = {variable.path: variable.numpy() for variable in model.weights}
        matrix = weights["embedding/embeddings"]
        self._layers = {}
        for name in ("encoder_gru", "decoder_gru"):
            bias, recurrent_bias = weights[f"{name}/gru_cell/bias"]
            table = matrix @ weights[f"{name}/gru_cell/kernel"] + bias  # a row a token
            recurrent = weights[f"{name}/gru_cell/recurrent_kernel"]
            self._layers[name] = table, recurrent, recurrent_bias
        self._softmax = weights["softmax/kernel"], weights["softmax/bias"]

    def encode(self, ids: np.ndarray) -> np.ndarray:
        """Return the context vectors, axes (batch, units)."""
        state = np.zeros((len(ids), len(self._softmax[0])), dtype=np.float32)
        for token in ids.T:
            state = self._gru("encoder_gru", token, state)
        return state

    def advance(self, token: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take a time step of the decoder; the order of the logits is that of the softmax."""
        state = self._gru("decoder_gru", token[:, 0], state)
        kernel, bias = self._softmax
        return (state @ kernel + bias)[:, None], state

    def _gru(self, name: str, token: np.ndarray, state: np.ndarray) -> np.ndarray:
        table, recurrent, recurrent_bias = self._layers[name]
        update_x, reset_x, candidate_x = np.split(table[token], 3, axis=-1)
        update_h, reset_h, candidate_h = np.split(state @ recurrent + recurrent_bias, 3, axis=-1)
        update, reset = _sigmoid(update_x + update_h), _sigmoid(reset_x + reset_h)
        candidate = np.tanh(candidate_x + reset * candidate_h)
        return np.asarray(update * state + (1 - update) * candidate)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray((1 + np.tanh(x / 2)) / 2)


def measure(results: Results, quick: bool) -> None:
    """Add the tables of decoding."""
    model = pretrained.load("notes")
    encoder, decoder = model.encoder, model.decoder
    ids = problems.batch(problems.split("arithmetic").test[:PROBLEMS]).encoder_input
    by_hand = Numpy(model.model)

    def predict(token: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distribution, after = decoder.predict([token, state], verbose=0)
        return distribution, after

    def call(token: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distribution, after = decoder([tf.constant(token), tf.constant(state)])
        return distribution.numpy(), after.numpy()

    def compiled(token: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distribution, after = decoding.step(model, int(token[0, 0]), state[0])
        return distribution[None, None], after[None]

    xla = tf.function(lambda token, state: decoder([token, state]), jit_compile=True)

    def with_xla(token: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distribution, after = xla(tf.constant(token), tf.constant(state))
        return distribution.numpy(), after.numpy()

    def predicted(ids: np.ndarray) -> np.ndarray:
        return np.asarray(encoder.predict(ids, verbose=0))

    def called(ids: np.ndarray) -> np.ndarray:
        return np.asarray(encoder(tf.constant(ids)).numpy())

    compiled_encoder = tf.function(lambda ids: encoder(ids))

    def encoded(ids: np.ndarray) -> np.ndarray:
        return np.asarray(compiled_encoder(tf.constant(ids)).numpy())

    def one_by_one(encode: Callable[[np.ndarray], np.ndarray], advance: Advance) -> Decode:
        return lambda ids: np.concatenate(
            [token_by_token(encode, advance, row[None]) for row in ids]
        )

    ways: dict[str, tuple[Decode, int]] = {
        "predict, a token and a problem at a time": (one_by_one(predicted, predict), 10),
        "model called, a token and a problem at a time": (one_by_one(called, call), 20),
        "decoding.step, a token and a problem at a time": (one_by_one(encoded, compiled), 50),
        "predict, a token at a time for all": (
            lambda ids: token_by_token(predicted, predict, ids),
            PROBLEMS,
        ),
        "model called, a token at a time for all": (
            lambda ids: token_by_token(called, call, ids),
            PROBLEMS,
        ),
        "decoding.greedy": (lambda ids: decoding.greedy(model, ids), PROBLEMS),
        "decoding.greedy, with XLA": (
            lambda ids: decoding.greedy(model, ids, jit_compile=True),
            PROBLEMS,
        ),
        "numpy": (lambda ids: token_by_token(by_hand.encode, by_hand.advance, ids), PROBLEMS),
    }
    results.tables["decoding"] = _ways(ways, ids)
    results.tables["one-step"] = _steps(
        {
            "decoder.predict": predict,
            "decoder called": call,
            "decoding.step, compiled": compiled,
            "compiled with XLA": with_xla,
            "numpy": by_hand.advance,
        }
    )


Decode = Callable[[np.ndarray], np.ndarray]
"""Encoder inputs (batch, time 8) to ids (batch, time 5)."""


def _ways(ways: dict[str, tuple[Decode, int]], ids: np.ndarray) -> Table:
    table = Table(
        f"Decoding {PROBLEMS:,} problems with the model of the notes",
        ("", "problems timed", "a problem (ms)", "times numpy", "same tokens"),
        note=(
            "What is compiled was compiled before. The median, and from the lowest to the "
            f"highest, of {REPEATS} times, in turns."
        ),
    )
    chosen = {name: decode(ids[:count]) for name, (decode, count) in ways.items()}
    times = in_turns(
        {
            name: lambda _, decode=decode, count=count: timed(  # type: ignore[misc]
                lambda: decode(ids[:count])
            )
            for name, (decode, count) in ways.items()
        },
        REPEATS,
    )
    cost = {
        name: spread([1000 * seconds / ways[name][1] for seconds in times[name]]) for name in ways
    }
    for name, (_, count) in ways.items():
        same = float((chosen[name] == chosen["numpy"][:count]).all(axis=1).mean())
        agreement = "all" if same == 1 else f"{same:.1%}"
        table.add(name, count, cost[name], cost[name][0] / cost["numpy"][0], agreement)
    return table


def _steps(ways: dict[str, Advance]) -> Table:
    table = Table(
        "One time step of one problem, as a widget takes it",
        ("", "a step (ms)", "times numpy"),
        note=f"The median, and from the lowest to the highest, of {REPEATS} times, in turns.",
    )
    token, state = np.array([[PAD]], dtype=np.int32), np.zeros((1, 16), dtype=np.float32)

    def cost_of(advance: Advance, count: int) -> float:
        return 1000 * timed(lambda: [advance(token, state) for _ in range(count)]) / count

    for advance in ways.values():
        advance(token, state)
    costs = in_turns(
        {
            name: lambda _, advance=advance, count=5 if "predict" in name else 50: cost_of(  # type: ignore[misc]
                advance, count
            )
            for name, advance in ways.items()
        },
        REPEATS,
    )
    steps = {name: spread(cost) for name, cost in costs.items()}
    for name, step in steps.items():
        table.add(name, step, step[0] / steps["numpy"][0])
    return table


def timed(act: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
