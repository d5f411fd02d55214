"""Pairs of an encoder and a decoder that have the book's names, and other settings or layers."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import keras
from keras import layers

Pair = tuple[keras.Model, keras.Model]


def pair(
    *,
    embedding_dim: int = 4,
    units: int = 8,
    embedding: dict[str, Any] | None = None,
    between: Callable[[Any], Any] = lambda vectors: vectors,
    encoder: dict[str, Any] | None = None,
    encoder_layer: Callable[..., Any] = layers.GRU,
    encoder_units: int | None = None,
    decoder: dict[str, Any] | None = None,
    softmax: dict[str, Any] | None = None,
    behind: Callable[[Any], Any] = lambda distribution: distribution,
    tokens: int = 14,
    batch: int | None = None,
) -> Pair:
    """Return an untrained encoder and its decoder; what is not said is as `seq2seq` has it."""
    keras.utils.set_random_seed(1)
    table = layers.Embedding(tokens, embedding_dim, name="embedding", **embedding or {})
    read = keras.Input(batch_shape=(batch, 8), dtype="int32")
    reader = encoder_layer(encoder_units or units, name="encoder_gru", **encoder or {})
    token = keras.Input(batch_shape=(batch, 1), dtype="int32")
    state = keras.Input(batch_shape=(batch, units))
    writer = layers.GRU(
        units, return_sequences=True, return_state=True, name="decoder_gru", **decoder or {}
    )
    states, after = writer(table(token), initial_state=state)
    last = layers.Dense(tokens, name="softmax", **{"activation": "softmax", **(softmax or {})})
    return (
        keras.Model(read, reader(between(table(read))), name="encoder"),
        keras.Model([token, state], [behind(last(states)), after], name="decoder"),
    )


def both_ways(units: int, name: str) -> layers.Layer:
    """Return a layer of so many units that reads from both ends."""
    return layers.Bidirectional(layers.GRU(units // 2), name=name)


def wired_otherwise() -> Pair:
    """Return a pair with the layers of the book, whose decoder says what it held likely before."""
    encoder, decoder = pair()
    token, state = decoder.inputs
    last = decoder.get_layer("softmax")
    said = last(keras.ops.expand_dims(state, 1))
    return encoder, keras.Model([token, state], [said, decoder.outputs[1]], name="decoder")


def _made_once(kinds: dict[str, Callable[[], Pair]]) -> dict[str, Callable[[], Pair]]:
    return {kind: cache(make) for kind, make in kinds.items()}


SAME = _made_once(
    {
        "as it comes": pair,
        "one unit": lambda: pair(embedding_dim=1, units=1),
        "dropout": lambda: pair(encoder={"dropout": 0.5}, decoder={"recurrent_dropout": 0.5}),
        "a dropout layer": lambda: pair(between=layers.Dropout(0.5)),
        "noise": lambda: pair(between=layers.GaussianNoise(1.0)),
        "a penalty": lambda: pair(encoder={"kernel_regularizer": "l2"}),
        "unrolled": lambda: pair(encoder={"unroll": True}),
        "a layer that does nothing": lambda: pair(between=layers.Activation("linear")),
    }
)
"""Pairs that compute what the book's layers compute; each is made once, and no test changes it."""

GRU: dict[str, dict[str, Any]] = {
    "activation=relu": {"activation": "relu"},
    "recurrent_activation=hard_sigmoid": {"recurrent_activation": "hard_sigmoid"},
    "reset_after=False": {"reset_after": False},
    "use_bias=False": {"use_bias": False},
}
"""Settings of a GRU."""

OTHERS = _made_once(
    {
        **{f"encoder: {name}": partial(pair, encoder=setting) for name, setting in GRU.items()},
        **{f"decoder: {name}": partial(pair, decoder=setting) for name, setting in GRU.items()},
        "encoder: activation=linear": lambda: pair(encoder={"activation": "linear"}),
        "encoder: activation=softsign": lambda: pair(encoder={"activation": "softsign"}),
        "encoder: go_backwards": lambda: pair(encoder={"go_backwards": True}),
        "mask_zero": lambda: pair(embedding={"mask_zero": True}),
        "logits": lambda: pair(softmax={"activation": None}),
        "sigmoid": lambda: pair(softmax={"activation": "sigmoid"}),
        "log of softmax": lambda: pair(softmax={"activation": "log_softmax"}),
        "softmax without bias": lambda: pair(softmax={"use_bias": False}),
        "a softmax behind the softmax": lambda: pair(behind=layers.Softmax(name="again")),
        "a factor": lambda: pair(between=layers.Lambda(lambda vectors: 1.01 * vectors)),
        "a normalisation": lambda: pair(between=layers.BatchNormalization()),
        "wired otherwise": wired_otherwise,
        "an LSTM": lambda: pair(encoder_layer=layers.LSTM),
        "a simple recurrence": lambda: pair(encoder_layer=layers.SimpleRNN),
        "both ways": lambda: pair(encoder_layer=both_ways),
    }
)
"""Pairs that have the book's names and contract, and compute something else; made once as well."""

NO_DISTRIBUTION = ("logits", "sigmoid", "log of softmax")
"""Those of `OTHERS` whose decoder gives no probabilities."""
