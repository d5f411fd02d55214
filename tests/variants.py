"""Models whose layers have the book's names, and other settings; or are other layers."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import keras
from keras import layers

from helpers.model import Seq2Seq


def parts(
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
) -> tuple[keras.Model, keras.Model]:
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


def together(encoder: keras.Model, decoder: keras.Model) -> Seq2Seq:
    """Return an encoder and its decoder with the training model of the two."""
    read, tokens = keras.Input((8,), dtype="int32"), keras.Input((5,), dtype="int32")
    state, distributions = encoder(read), []
    for time in range(5):
        distribution, state = decoder([tokens[:, time : time + 1], state])
        distributions.append(distribution)
    model = keras.Model([read, tokens], keras.ops.concatenate(distributions, axis=1))
    return Seq2Seq(model, encoder, decoder)


def variant(**settings: Any) -> Seq2Seq:
    """Return an untrained model of the `parts` with these settings."""
    return together(*parts(**settings))


def both_ways(units: int, name: str) -> layers.Layer:
    """Return a layer of so many units that reads from both ends."""
    return layers.Bidirectional(layers.GRU(units // 2), name=name)


def wired_otherwise() -> Seq2Seq:
    """Return a model of the book's layers, whose decoder says what it held likely before."""
    encoder, decoder = parts()
    token, state = decoder.inputs
    last = decoder.get_layer("softmax")
    said = last(keras.ops.expand_dims(state, 1))
    other = keras.Model([token, state], [said, decoder.outputs[1]], name="decoder")
    return together(encoder, other)


def _made_once(kinds: dict[str, Callable[[], Seq2Seq]]) -> dict[str, Callable[[], Seq2Seq]]:
    return {kind: cache(make) for kind, make in kinds.items()}


SAME = _made_once(
    {
        "as it comes": variant,
        "one unit": lambda: variant(embedding_dim=1, units=1),
        "dropout": lambda: variant(encoder={"dropout": 0.5}, decoder={"recurrent_dropout": 0.5}),
        "a dropout layer": lambda: variant(between=layers.Dropout(0.5)),
        "noise": lambda: variant(between=layers.GaussianNoise(1.0)),
        "a penalty": lambda: variant(encoder={"kernel_regularizer": "l2"}),
        "unrolled": lambda: variant(encoder={"unroll": True}),
        "a layer that does nothing": lambda: variant(between=layers.Activation("linear")),
    }
)
"""Models that compute what the book's layers compute; each is made once, and no test changes it."""

GRU: dict[str, dict[str, Any]] = {
    "activation=relu": {"activation": "relu"},
    "recurrent_activation=hard_sigmoid": {"recurrent_activation": "hard_sigmoid"},
    "reset_after=False": {"reset_after": False},
    "use_bias=False": {"use_bias": False},
}
"""Settings of a GRU."""

OTHERS = _made_once(
    {
        **{f"encoder: {name}": partial(variant, encoder=setting) for name, setting in GRU.items()},
        **{f"decoder: {name}": partial(variant, decoder=setting) for name, setting in GRU.items()},
        "encoder: activation=linear": lambda: variant(encoder={"activation": "linear"}),
        "encoder: activation=softsign": lambda: variant(encoder={"activation": "softsign"}),
        "encoder: go_backwards": lambda: variant(encoder={"go_backwards": True}),
        "mask_zero": lambda: variant(embedding={"mask_zero": True}),
        "logits": lambda: variant(softmax={"activation": None}),
        "sigmoid": lambda: variant(softmax={"activation": "sigmoid"}),
        "log of softmax": lambda: variant(softmax={"activation": "log_softmax"}),
        "softmax without bias": lambda: variant(softmax={"use_bias": False}),
        "a softmax behind the softmax": lambda: variant(behind=layers.Softmax(name="again")),
        "a factor": lambda: variant(between=layers.Lambda(lambda vectors: 1.01 * vectors)),
        "a normalisation": lambda: variant(between=layers.BatchNormalization()),
        "wired otherwise": wired_otherwise,
        "an LSTM": lambda: variant(encoder_layer=layers.LSTM),
        "a simple recurrence": lambda: variant(encoder_layer=layers.SimpleRNN),
        "both ways": lambda: variant(encoder_layer=both_ways),
    }
)
"""Models that have the book's names and contract, and compute something else; made once as well."""

NO_DISTRIBUTION = ("logits", "sigmoid", "log of softmax")
"""Those of `OTHERS` whose decoder gives no probabilities."""
