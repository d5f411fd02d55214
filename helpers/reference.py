"""What the layers of `model.seq2seq` compute, written out in numpy.

A page computes in this way, a file keeps the nine arrays it takes, and `decoding.reading` shows the
gates. A Keras model may do something else with the same arrays: its layers have settings, and
others may stand between them. So whoever takes a model for its arrays compares numbers first, which
forgets no setting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from helpers.say import say

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from helpers.model import Seq2Seq

NAMES = (
    "embedding/embeddings",
    *(
        f"{part}_gru/gru_cell/{name}"
        for part in ("encoder", "decoder")
        for name in ("kernel", "recurrent_kernel", "bias")
    ),
    *("softmax/kernel", "softmax/bias"),
)
"""The nine arrays, as Keras calls them and in its order."""

_COARSE = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
_FLOAT32, _TENSOR_FLOAT32 = 2.0**-23, 2.0**-10
_SLACK = 8.0  # times what rounding is expected to cost; of many models the worst took 1.3
_DRAWS = 4
_PROBLEMS = 8  # that an encoder is asked to read

Compute = Callable[[Sequence[np.ndarray]], np.ndarray]


class Gates(NamedTuple):
    """A time step of a GRU from the inside, each part with the axes (..., units)."""

    update: np.ndarray
    reset: np.ndarray
    candidate: np.ndarray
    after: np.ndarray


def gru(cell: Sequence[np.ndarray], vector: np.ndarray, state: np.ndarray) -> Gates:
    """Return a time step from ``vector``, axes (..., embedding_dim), and ``state``, (..., units).

    ``cell`` is kernel, recurrent kernel and biases of a Keras GRU as it comes.
    """
    kernel, recurrent, (bias, recurrent_bias) = cell
    update_x, reset_x, candidate_x = np.split(vector @ kernel + bias, 3, axis=-1)
    update_h, reset_h, candidate_h = np.split(state @ recurrent + recurrent_bias, 3, axis=-1)
    update, reset = _sigmoid(update_x + update_h), _sigmoid(reset_x + reset_h)
    candidate = np.tanh(candidate_x + reset * candidate_h)
    return Gates(update, reset, candidate, update * state + (1 - update) * candidate)


def contexts(arrays: Sequence[np.ndarray], encoder_input: np.ndarray) -> np.ndarray:
    """Return the context vectors, axes (batch, units), by the four arrays of an encoder."""
    embedding, *cell = arrays
    state = np.zeros((len(encoder_input), len(cell[1])), embedding.dtype)
    for tokens in encoder_input.T:
        state = gru(cell, embedding[tokens], state).after
    return state


def steps(arrays: Sequence[np.ndarray], tokens: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Return distributions and next states, axes (batch, token 14 + units), by a decoder's six."""
    embedding, *cell, kernel, bias = arrays
    after = gru(cell, embedding[tokens], states).after
    logits = after @ kernel + bias
    shares = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.concatenate([shares / shares.sum(axis=-1, keepdims=True), after], axis=-1)


def arrays_of(model: Seq2Seq) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Return the arrays of a model by name, in float32, and its sizes.

    Raises:
        ValueError: it has not the layers of its architecture, computes something else with them, or
            encoder and decoder are not of one call of its builder.
    """
    if model.architecture != "gru":
        return _arrays_of_another(model)
    reading, writing = encoder_arrays(model.encoder), decoder_arrays(model.decoder)
    if not np.array_equal(reading[0], writing[0]):
        raise ValueError(
            say(
                "The encoder and the decoder come from one call of `seq2seq`, but these two have "
                "different embeddings."
            )
        )
    check_encoder(model.encoder, reading)
    check_decoder(model.decoder, writing)
    arrays = dict(zip(NAMES, [*reading, *writing[1:]], strict=True))
    return arrays, {"embedding_dim": reading[0].shape[1], "units": model.units}


def _arrays_of_another(model: Seq2Seq) -> tuple[dict[str, np.ndarray], dict[str, int]]:
    """Do the same by holding a model against a twin, one of its builder with the same arrays."""
    from helpers.model import ARCHITECTURES  # where there is a model, it is there

    arrays = {variable.path: variable.numpy() for variable in model.model.weights}
    try:
        architecture = ARCHITECTURES[model.architecture]
        sizes = architecture.sizes(model.model)
        twin = architecture.build(**sizes, task=model.task)
        names = [variable.path for variable in twin.model.weights]
        twin.model.set_weights([arrays[name] for name in names])
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _other_layers(model) from error
    if arrays.keys() != set(names):
        raise _other_layers(model)
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError(
            say(
                "Steppers and files are for models with finite weights, but one is nan or infinite."
            )
        )

    def of_twin(moved: Sequence[np.ndarray]) -> np.ndarray:
        twin.model.set_weights(moved)
        return _written(twin)

    check(model.model, _written(model), of_twin, [arrays[name] for name in names])
    return {name: arrays[name].astype(np.float32) for name in names}, sizes


def _other_layers(model: Seq2Seq) -> ValueError:
    return ValueError(
        say(
            "Steppers and files are for models whose layers are those of a builder of this book, "
            "but {name}, said to be of the kind {architecture}, has others; "
            '`model.save("x.keras")` keeps any model.',
            name=repr(model.model.name),
            architecture=repr(model.architecture),
        )
    )


def _written(model: Seq2Seq) -> np.ndarray:
    """Return the distributions of some answers, axes (time, problem, token), a step at a time.

    The tokens that are read do not depend on the model.
    """
    import tensorflow as tf  # where there is a model, it is there

    task = model.task
    ids = _ids(len(task.tokens), task.problem_length)
    carried = model.encode(tf.constant(ids))
    distributions = []
    for time in range(task.answer_length):
        tokens = (np.arange(len(ids), dtype=np.int32)[:, None] + time) % len(task.tokens)
        given = model.decode(tf.constant(tokens), carried)
        carried = {name: given.get(name, value) for name, value in carried.items()}
        distributions.append(_floats(given["distribution"][:, 0]))
    return np.array(distributions)


def encoder_arrays(encoder: keras.Model) -> list[np.ndarray]:
    """Return embedding, kernel, recurrent kernel and biases of an encoder, in float32.

    Raises:
        ValueError: it has not the layers of `model.seq2seq`, or a weight is nan or infinite.
    """
    units = encoder.outputs[0].shape[-1]
    (embedding,) = _weights_of(encoder, "embedding", [(None, None)])
    return [embedding, *_weights_of(encoder, "encoder_gru", _gru_shapes(embedding, units))]


def decoder_arrays(decoder: keras.Model) -> list[np.ndarray]:
    """Return the arrays of a decoder's embedding, GRU and softmax; raises like `encoder_arrays`."""
    units, tokens = decoder.inputs[1].shape[-1], decoder.outputs[0].shape[-1]
    (embedding,) = _weights_of(decoder, "embedding", [(tokens, None)])
    return [
        embedding,
        *_weights_of(decoder, "decoder_gru", _gru_shapes(embedding, units)),
        *_weights_of(decoder, "softmax", [(units, tokens), (tokens,)]),
    ]


def check_encoder(encoder: keras.Model, arrays: Sequence[np.ndarray]) -> None:
    """Hold an encoder against `contexts` by its `encoder_arrays`; raises like `check`."""
    ids = _ids(len(arrays[0]), encoder.inputs[0].shape[1] or _PROBLEMS)
    given = _floats(encoder(ids))
    check(encoder, given, lambda them: contexts(them, ids), arrays)


def check_decoder(decoder: keras.Model, arrays: Sequence[np.ndarray]) -> None:
    """Hold a decoder against `steps` by its `decoder_arrays`; raises like `check`."""
    tokens = np.arange(len(arrays[0]), dtype=np.int32)
    random = np.random.default_rng(0)
    states = random.uniform(-1, 1, (len(tokens), len(arrays[2]))).astype(np.float32)
    distributions, after = map(_floats, decoder([tokens[:, None], states]))
    given = np.concatenate([distributions[:, 0], after], axis=-1)
    check(decoder, given, lambda them: steps(them, tokens, states), arrays)


def check(
    model: keras.Model, given: np.ndarray, compute: Compute, arrays: Sequence[np.ndarray]
) -> None:
    """Hold what a model has given against what ``compute`` makes of its arrays.

    The two may be as far apart as rounding takes them. How far that is depends on the weights, so
    it is tried out where a few roundings do not explain it: each weight is moved by what the
    precision of the model leaves open.

    Raises:
        ValueError: they are farther apart, or what was given is not finite.
    """
    if not np.isfinite(given).all():
        raise ValueError(
            say(
                "Steppers, readings and files are for models with the layers of `seq2seq`, but "
                "with its weights {name} gives nan or infinity; "
                '`model.save("x.keras")` keeps any model.',
                name=repr(model.name),
            )
        )
    precise = [array.astype(np.float64) for array in arrays]
    wanted = compute(precise)
    apart, precision = np.abs(given - wanted).max(), _precision(model)
    allowed = _SLACK * precision * np.abs(wanted).max()
    if apart <= allowed:
        return
    random = np.random.default_rng(0)
    moved = [
        np.abs(compute([_moved(array, precision, random) for array in precise]) - wanted).max()
        for _ in range(_DRAWS)
    ]
    if apart > allowed + _SLACK * max(moved):
        raise ValueError(
            say(
                "Steppers, readings and files are for models with the layers of `seq2seq`, but "
                "{name} makes other numbers of the same weights, up to {apart} apart: a layer of "
                "it has another setting or stands in another place; "
                '`model.save("x.keras")` keeps any model.',
                name=repr(model.name),
                apart=f"{apart:.2g}",
            )
        )


def _ids(tokens: int, time: int) -> np.ndarray:
    """Return what an encoder is asked to read, axes (problem, time); each token is among it."""
    count = max(_PROBLEMS * time, tokens)
    ids = np.random.default_rng(0).permutation(np.arange(-(-count // time) * time) % tokens)
    return ids.reshape(-1, time).astype(np.int32)


def _weights_of(
    model: keras.Model, name: str, shapes: Sequence[tuple[int | None, ...]]
) -> list[np.ndarray]:
    layer = next((layer for layer in model.layers if layer.name == name), None)
    if layer is None:
        raise ValueError(
            say(
                "Steppers, readings and files are for models with the layers of `seq2seq`, which "
                "are called 'embedding', 'encoder_gru', 'decoder_gru' and 'softmax', but {name} "
                'has no {layer}; `model.save("x.keras")` keeps any model.',
                name=repr(model.name),
                layer=repr(name),
            )
        )
    arrays = [np.asarray(array, dtype=np.float32) for array in layer.get_weights()]
    if len(arrays) != len(shapes) or not all(map(_fits, arrays, shapes)):
        found = ", ".join(str(array.shape) for array in arrays) or say("none")
        wanted = ", ".join(str(shape).replace("None", "embedding_dim") for shape in shapes)
        raise ValueError(
            say(
                "Steppers, readings and files are for models with the layers of `seq2seq`, where "
                "the arrays of {layer} have the shapes {wanted}, but those of {name} have {found}; "
                '`model.save("x.keras")` keeps any model.',
                layer=repr(name),
                wanted=wanted,
                name=repr(model.name),
                found=found,
            )
        )
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(
            say(
                "Steppers, readings and files are for models with the layers of `seq2seq` and "
                "finite weights, but {layer} holds nan or infinity.",
                layer=repr(name),
            )
        )
    return arrays


def _fits(array: np.ndarray, shape: tuple[int | None, ...]) -> bool:
    return len(array.shape) == len(shape) and all(
        wanted in (size, None) for size, wanted in zip(array.shape, shape, strict=True)
    )


def _gru_shapes(embedding: np.ndarray, units: int) -> list[tuple[int | None, ...]]:
    gates = 3 * units
    return [(embedding.shape[1], gates), (units, gates), (2, gates)]


def _precision(model: keras.Model) -> float:
    """Return how coarse the coarsest numbers are with which a model computes."""
    import tensorflow as tf  # where there is a model, it is there

    coarse = [_COARSE.get(layer.compute_dtype, _FLOAT32) for layer in model.layers]
    graphics = tf.config.list_physical_devices("GPU")
    if graphics and tf.config.experimental.tensor_float_32_execution_enabled():
        coarse.append(_TENSOR_FLOAT32)
    return max(coarse)


def _moved(array: np.ndarray, precision: float, random: np.random.Generator) -> np.ndarray:
    return array * (1 + precision * random.choice([-1, 1], array.shape))


def _floats(tensor: tf.Tensor) -> np.ndarray:
    return np.asarray(tensor.numpy(), dtype=np.float64)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return (1 + np.tanh(x / 2)) / 2  # as 1 / (1 + exp(-x)), but exp would overflow
