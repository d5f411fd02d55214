"""A small encoder-decoder Transformer: attention in the place of recurrence.

After Vaswani et al. 2017, with the layer norm in front of each part, as in Xiong et al. 2020.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from helpers.model.contract import Seq2Seq
from helpers.model.sizes import check_sizes
from helpers.say import say
from helpers.task import ARITHMETIC, Task


def transformer(
    width: int = 32, heads: int = 4, depth: int = 1, task: Task = ARITHMETIC
) -> Seq2Seq:
    """Return ``model, encoder, decoder`` as `seq2seq` does, with no recurrent layer in it.

    A token at a place is a vector, axes (width), to which each layer adds: what attention gathers
    from other places, then what two dense layers make of it.

    * ``model``: as that of `seq2seq`. Each token of the answer looks at those up to itself.
    * ``encoder``: encoder input (batch, time 8) to what the decoder may look at,
      ``"memory_keys"`` and ``"memory_values"`` (batch, layer, time 8, head, width of a head), and
      to an empty cache: ``"keys"`` and ``"values"`` (batch, layer, time 5, head, width of a head)
      and ``"place"`` (batch, 1), which says how many tokens are in it.
    * ``decoder``: ``"token"`` (batch, time 1) and all of these to ``"distribution"`` (batch,
      time 1, token 14), the next cache, and two kinds of weights: ``"attention"`` of each token of
      the problem (batch, layer, head, time 8), and ``"self_attention"`` of each token that the
      decoder has read (batch, layer, head, time 5).

    Raises:
        TypeError: a size is no whole number.
        ValueError: a size is smaller than 1, or ``heads`` does not divide ``width``.
    """
    width, heads, depth = check_sizes(width=width, heads=heads, depth=depth)
    if width % heads:
        raise ValueError(
            say(
                "The width is a multiple of the heads, for each has an equal part of it, but "
                "{width} is none of {heads}.",
                width=width,
                heads=heads,
            )
        )
    tokens, problem, answer = len(task.tokens), task.problem_length, task.answer_length
    embedding = layers.Embedding(tokens, width, name="embedding")
    reading = [_Reading.of(width, heads, f"encoder_{layer}") for layer in range(depth)]
    writing = [_Writing.of(width, heads, f"decoder_{layer}") for layer in range(depth)]
    positions = {
        part: layers.Embedding(length, width, name=f"{part}_positions")
        for part, length in (("encoder", problem), ("decoder", answer))
    }
    normal = {part: _norm(f"{part}_norm") for part in positions}
    softmax = layers.Dense(tokens, activation="softmax", name="softmax")

    encoder_input = keras.Input((problem,), dtype="int32", name="encoder_input")
    vectors = embedding(encoder_input) + positions["encoder"](_counted(encoder_input))
    for reader in reading:
        vectors = reader(vectors)
    memory = normal["encoder"](vectors)

    decoder_input = keras.Input((answer,), dtype="int32", name="decoder_input")
    vectors = embedding(decoder_input) + positions["decoder"](_counted(decoder_input))
    for writer in writing:
        vectors = writer(vectors, memory)
    distributions = softmax(normal["decoder"](vectors))
    model = keras.Model([encoder_input, decoder_input], distributions, name="transformer")
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

    projected = [_Project(writer.cross_attention)(memory) for writer in writing]
    memory_keys, memory_values = (ops.stack(of, axis=1) for of in zip(*projected, strict=True))
    empty = ops.repeat(ops.zeros_like(memory_keys[:, :, :1]), answer, axis=2)
    started = {
        "memory_keys": memory_keys,
        "memory_values": memory_values,
        "keys": empty,
        "values": empty,
        "place": ops.zeros_like(encoder_input[:, :1], dtype="float32"),
    }
    encoder = keras.Model(encoder_input, started, name="encoder")

    token = keras.Input((1,), dtype="int32", name="token")
    carried = {name: keras.Input(given.shape[1:], name=name) for name, given in started.items()}
    vectors = embedding(token) + positions["decoder"](ops.cast(carried["place"], "int32"))
    here = ops.one_hot(ops.cast(carried["place"], "int32"), answer)
    steps = []
    for layer, writer in enumerate(writing):
        of_layer = {name: carried[name][:, layer] for name in started if name != "place"}
        vectors, *step = writer.step(vectors, here, **of_layer)
        steps.append(step)
    keys, values, self_attention, attention = (
        ops.stack(parts, axis=1) for parts in zip(*steps, strict=True)
    )
    given = {
        "distribution": softmax(normal["decoder"](vectors)),
        "keys": keys,
        "values": values,
        "place": carried["place"] + 1,
        "attention": attention,
        "self_attention": self_attention,
    }
    decoder = keras.Model({"token": token, **carried}, given, name="decoder")
    return Seq2Seq(model, encoder, decoder, task=task, architecture="transformer")


def _counted(ids: Any) -> Any:
    """Return the place of each token, counted from 0: ids of the same axes (batch, time)."""
    return ops.cumsum(ops.ones_like(ids), axis=1) - 1


def _norm(name: str) -> layers.Layer:
    return layers.LayerNormalization(epsilon=1e-6, name=name)


def _attention(width: int, heads: int, name: str) -> layers.MultiHeadAttention:
    return layers.MultiHeadAttention(heads, width // heads, name=name)


@dataclass(frozen=True)
class _FeedForward:
    """Two dense layers, at each place for itself."""

    norm: layers.Layer
    inner: layers.Layer
    outer: layers.Layer

    @classmethod
    def of(cls, width: int, name: str) -> "_FeedForward":
        return cls(
            _norm(f"{name}_norm"),
            layers.Dense(4 * width, activation="relu", name=f"{name}_inner"),
            layers.Dense(width, name=f"{name}_outer"),
        )

    def __call__(self, vectors: Any) -> Any:
        return vectors + self.outer(self.inner(self.norm(vectors)))


@dataclass(frozen=True)
class _Reading:
    """A layer of the encoder: every place looks at every place."""

    self_norm: layers.Layer
    self_attention: layers.MultiHeadAttention
    feed_forward: _FeedForward

    @classmethod
    def of(cls, width: int, heads: int, name: str) -> "_Reading":
        return cls(
            _norm(f"{name}_self_norm"),
            _attention(width, heads, f"{name}_self"),
            _FeedForward.of(width, f"{name}_feed_forward"),
        )

    def __call__(self, vectors: Any) -> Any:
        known = self.self_norm(vectors)
        return self.feed_forward(vectors + self.self_attention(known, known))


@dataclass(frozen=True)
class _Writing:
    """A layer of the decoder: a place looks at itself and those before it, then at the problem."""

    self_norm: layers.Layer
    self_attention: layers.MultiHeadAttention
    cross_norm: layers.Layer
    cross_attention: layers.MultiHeadAttention
    feed_forward: _FeedForward

    @classmethod
    def of(cls, width: int, heads: int, name: str) -> "_Writing":
        return cls(
            _norm(f"{name}_self_norm"),
            _attention(width, heads, f"{name}_self"),
            _norm(f"{name}_cross_norm"),
            _attention(width, heads, f"{name}_cross"),
            _FeedForward.of(width, f"{name}_feed_forward"),
        )

    def __call__(self, vectors: Any, memory: Any) -> Any:
        known = self.self_norm(vectors)
        vectors = vectors + self.self_attention(known, known, use_causal_mask=True)
        vectors = vectors + self.cross_attention(self.cross_norm(vectors), memory)
        return self.feed_forward(vectors)

    def step(
        self,
        vectors: Any,
        here: Any,
        keys: Any,
        values: Any,
        memory_keys: Any,
        memory_values: Any,
    ) -> tuple[Any, ...]:
        """Take the token at one place, axes (batch, time 1, width).

        ``here`` (batch, 1, time 5) is one at its place. Returns the vectors, keys and values with
        its own among them (batch, time 5, head, width of a head), and the weights of each token of
        the answer (batch, head, time 5) and of the problem (batch, head, time 8).
        """
        known = self.self_norm(vectors)
        written = ops.transpose(here, (0, 2, 1))[..., None]
        key, value = _Project(self.self_attention)(known)
        keys, values = keys + written * key, values + written * value
        later = 1 - ops.flip(ops.cumsum(ops.flip(here, axis=2), axis=2), axis=2)
        seen, own_weights = _Look(self.self_attention)(known, keys, values, later)
        vectors = vectors + seen
        known = self.cross_norm(vectors)
        seen, weights = _Look(self.cross_attention)(known, memory_keys, memory_values)
        return self.feed_forward(vectors + seen), keys, values, own_weights, weights


class _Project(layers.Layer):
    """Gives the keys and values that a layer of attention makes of vectors.

    Axes: from (batch, time, width) to two of (batch, time, head, width of a head).
    """

    def __init__(self, attention: layers.MultiHeadAttention) -> None:
        super().__init__(name=f"{attention.name}_project")
        self.attention = attention

    def call(self, vectors: Any) -> tuple[Any, Any]:
        return self.attention.key_dense(vectors), self.attention.value_dense(vectors)


class _Look(layers.Layer):
    """Does what a layer of attention does, with keys and values that are there already."""

    def __init__(self, attention: layers.MultiHeadAttention) -> None:
        super().__init__(name=f"{attention.name}_look")
        self.attention = attention

    def call(self, vectors: Any, keys: Any, values: Any, hidden: Any = None) -> tuple[Any, Any]:
        """Take vectors (batch, time 1, width), keys, values (batch, time, head, width of a head).

        What is ``hidden``, axes (batch, 1, time), gets no weight. Returns vectors and weights
        (batch, head, time).
        """
        queries = self.attention.query_dense(vectors) / self.attention.key_dim**0.5
        scores = ops.einsum("bqhd,bkhd->bhqk", queries, keys)
        if hidden is not None:
            scores = scores - 1e9 * hidden[:, None]
        weights = ops.softmax(scores, axis=-1)
        seen = ops.einsum("bhqk,bkhd->bqhd", weights, values)
        return self.attention.output_dense(seen), weights[:, :, 0]
