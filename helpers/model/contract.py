"""What every model of this book is: an encoder, a decoder of one time step, and the two in one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.records import Values
from helpers.say import all_of, say
from helpers.task import ARITHMETIC, Task

Shape = tuple[int | None, ...]
Tensors = dict[str, tf.Tensor]

_TOKEN = tf.TensorSpec((1, 1), tf.int32)


@dataclass(frozen=True, eq=False, repr=False)
class Seq2Seq:
    """Three views of the same layers, and what has to be known to use them.

    It unpacks as the three: ``model, encoder, decoder = seq2seq()``. ``reverse`` says whether
    problem and answer are written back to front, ``task`` how problems are written and which are
    learned, ``trained`` whether they have been. ``dataclasses.replace`` makes one that differs.

    What the decoder carries from step to step has names: the encoder gives the values to start
    with, a step of the decoder takes them and gives the next ones. Keras models whose inputs and
    outputs are lists, like those of `seq2seq`, carry one value, ``"state"``.

    Raises:
        TypeError: one of the three is no Keras model that knows its inputs and outputs, or
            ``reverse`` is neither true nor false.
        ValueError: the encoder or the decoder takes or gives something else than one for this
            task does, or the two do not belong together.
    """

    model: keras.Model
    """Encoder input (batch, time 8) and decoder input (batch, time 5) to distributions (batch,
    time 5, token 14). It is the one that is trained."""
    encoder: keras.Model
    """Encoder input (batch, time 8) to the context vector (batch, units)."""
    decoder: keras.Model
    """Token (batch, time 1) and state (batch, units) to the distribution (batch, time 1, token 14)
    and the next state (batch, units). A call is one time step."""
    reverse: bool = False
    """Whether problem and answer are written back to front."""
    task: Task = ARITHMETIC
    """How its problems are written, and which it learns."""
    trained: bool = False
    """Whether it was trained on the problems of its task."""
    architecture: str = "gru"
    """What kind of model it is: one of `ARCHITECTURES`."""

    def __post_init__(self) -> None:
        """Check the parts."""
        if not isinstance(self.model, keras.Model):
            raise TypeError(
                say(
                    "The model of a `Seq2Seq` is one of Keras, not {kind}.",
                    kind=type(self.model).__name__,
                )
            )
        if not isinstance(self.task, Task):
            raise TypeError(
                say("The task of a model is a `Task`, not {given}.", given=repr(self.task))
            )
        _check_encoder(self.encoder, self.task)
        _check_decoder(self.decoder, self.task)
        _check_together(self.encoder, self.decoder)
        if not isinstance(self.reverse, (bool, np.bool_)):
            raise TypeError(say("reverse is True or False, not {given}.", given=repr(self.reverse)))

    def __iter__(self) -> Iterator[keras.Model]:
        """Give model, encoder and decoder in turn."""
        return iter((self.model, self.encoder, self.decoder))

    def __repr__(self) -> str:
        order = ", back to front" if self.reverse else ""
        return f"<Seq2Seq of {self.model.count_params():,} weights{order}>"

    @property
    def carried(self) -> dict[str, Shape]:
        """What the decoder carries from step to step: the shape of each value, without a batch."""
        return {name: shape[1:] for name, shape in _given(self.encoder, ("state",)).items()}

    @property
    def units(self) -> int:
        """How many numbers a state has.

        Raises:
            ValueError: no hidden state goes from step to step.
        """
        if "state" not in self.carried:
            raise ValueError(
                say(
                    "{name} has no hidden state that goes from step to step, and so no context "
                    "vector: it carries {carried}.",
                    name=repr(self.decoder.name),
                    carried=all_of(self.carried),
                )
            )
        return int(self.carried["state"][0] or 0)

    def encode(self, encoder_input: tf.Tensor) -> Tensors:
        """Return what the decoder starts with, by name, for ids with the axes (batch, time 8)."""
        return _by_name(self.encoder(encoder_input), ("state",))

    def decode(self, token: tf.Tensor, carried: Tensors) -> Tensors:
        """Run one time step from a token, axes (batch, time 1).

        Returns, by name, ``"distribution"``, axes (batch, time 1, token 14), the carried values
        that have changed, and whatever else the decoder shows.
        """
        taken: Any = {"token": token, **carried}
        if not isinstance(self.decoder.input, dict):
            taken = list(taken.values())
        return _by_name(self.decoder(taken), ("distribution", "state"))

    def begin(self, ids: np.ndarray) -> Values:
        """Return what the decoder starts with after the encoder has read ids, axes (time 8)."""
        return _numbers(self._encode_one(tf.constant(ids[None], tf.int32)))

    def step(self, token: int, carried: Values) -> Values:
        """Run one time step: as `decode`, without the axis of the batch.

        Compiled: a call takes a fraction of the time of ``decoder.predict``.

        Raises:
            ValueError: what the decoder gives is no distribution.
        """
        given = self._decode_one(
            tf.constant([[token]], tf.int32),
            {name: tf.constant(values[None]) for name, values in carried.items()},
        )
        _check_distribution(self.decoder, given["distribution"].numpy()[0, 0])
        numbers = _numbers(given)
        return {**numbers, "distribution": numbers["distribution"][0]}

    def greedy(self, encoder_input: np.ndarray, *, jit_compile: bool = False) -> np.ndarray:
        """Decode a batch of encoder inputs (batch, time 8) greedily to ids (batch, time 5)."""
        decode_batch = self._greedy_with_xla if jit_compile else self._greedy
        return decode_batch(tf.constant(encoder_input, tf.int32)).numpy()

    # Concrete functions: TensorFlow, which counts how often a function is traced, leaves them out.

    @cached_property
    def _encode_one(self) -> Any:
        return tf.function(self.encode, input_signature=[self._ids(1)]).get_concrete_function()

    @cached_property
    def _decode_one(self) -> Any:
        carried = {
            name: tf.TensorSpec((1, *shape), tf.float32) for name, shape in self.carried.items()
        }
        return tf.function(self.decode, input_signature=[_TOKEN, carried]).get_concrete_function()

    def _ids(self, batch: int | None) -> tf.TensorSpec:
        return tf.TensorSpec((batch, self.task.problem_length), tf.int32)

    @cached_property
    def _greedy(self) -> Any:
        return self._compiled_greedy(False)

    @cached_property
    def _greedy_with_xla(self) -> Any:
        return self._compiled_greedy(True)

    def _compiled_greedy(self, jit_compile: bool) -> Any:
        def decode_batch(encoder_input: tf.Tensor) -> tf.Tensor:
            carried = self.encode(encoder_input)
            token = tf.fill((tf.shape(encoder_input)[0], 1), self.task.pad)
            chosen = tf.TensorArray(tf.int32, self.task.answer_length)
            times = tf.range(self.task.answer_length)
            for time in times:  # a loop of TensorFlow: the decoder is traced once
                given = self.decode(token, carried)
                carried = {name: given.get(name, value) for name, value in carried.items()}
                token = tf.argmax(given["distribution"], axis=-1, output_type=tf.int32)
                chosen = chosen.write(time, token[:, 0])
            return tf.transpose(chosen.stack())

        return tf.function(
            decode_batch,
            input_signature=[self._ids(None)],
            jit_compile=jit_compile,
        ).get_concrete_function()


def _by_name(given: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(given, dict):
        return given
    return dict(zip(names, given if isinstance(given, list | tuple) else [given], strict=True))


def _numbers(tensors: Mapping[str, tf.Tensor]) -> Values:
    """Return tensors without the axis of the batch, in float32 whatever the model computes in."""
    return {name: values.numpy()[0].astype(np.float32) for name, values in tensors.items()}


def _check_encoder(encoder: keras.Model, task: Task) -> None:
    """Raise the errors of `Seq2Seq` if this is no encoder."""
    try:
        taken, given = _shapes(encoder)
    except AttributeError as error:
        raise TypeError(
            say(
                "An encoder is a Keras model that knows its inputs and outputs, as those of "
                "`seq2seq` do, but this {kind} does not.",
                kind=type(encoder).__name__,
            )
        ) from error
    named = isinstance(encoder.output, dict)
    if not (
        len(taken) == 1
        and _fits(taken[0], (task.problem_length,))
        and (named or (len(given) == 1 and len(given[0]) == 2))
        and all(shape[0] is None and None not in shape[1:] for shape in given)
    ):
        raise ValueError(
            say(
                "An encoder takes token ids with the axes (batch, time {steps}), in batches of any "
                "size, and gives a context vector (batch, units), but {name} takes {taken} and "
                "gives {given}.",
                steps=task.problem_length,
                name=repr(encoder.name),
                taken=all_of(map(str, taken)),
                given=all_of(map(str, given)),
            )
        )


def _check_decoder(decoder: keras.Model, task: Task) -> None:
    """Raise the errors of `Seq2Seq` if this is no decoder."""
    try:
        taken, given = _shapes(decoder)
    except AttributeError as error:
        raise TypeError(
            say(
                "A decoder is a Keras model that knows its inputs and outputs, as those of "
                "`seq2seq` do, but this {kind} does not.",
                kind=type(decoder).__name__,
            )
        ) from error
    named = isinstance(decoder.input, dict) and isinstance(decoder.output, dict)
    tokens = len(task.tokens)
    if named:
        fits = "token" in decoder.input and "distribution" in decoder.output
        fits = fits and _fits(decoder.input["token"].shape, (1,))
        fits = fits and _is_distribution(decoder.output["distribution"].shape, tokens)
    else:
        units = taken[1][-1] if len(taken) == 2 else None
        fits = len(taken) == len(given) == 2 and units is not None
        fits = fits and _fits(taken[0], (1,)) and _fits(taken[1], (units,))
        fits = fits and _is_distribution(given[0], tokens) and _fits(given[1], (units,))
    if not fits:
        raise ValueError(
            say(
                "A decoder takes a token (batch, time 1) and a state (batch, units), in batches of "
                "any size, and gives a distribution (batch, time 1, token {tokens}) and the next "
                "state (batch, units), but {name} takes {taken} and gives {given}.",
                tokens=tokens,
                name=repr(decoder.name),
                taken=all_of(map(str, taken)),
                given=all_of(map(str, given)),
            )
        )


def _check_together(encoder: keras.Model, decoder: keras.Model) -> None:
    """Raise ValueError unless the decoder starts with what the encoder gives, and keeps it so."""
    started = _given(encoder, ("state",))
    taken = {
        name: tuple(tensor.shape)
        for name, tensor in _by_name(decoder.input, ("token", "state")).items()
        if name != "token"
    }
    kept = {
        name: shape
        for name, shape in _given(decoder, ("distribution", "state")).items()
        if name in taken
    }
    if started != taken or not kept.items() <= taken.items():
        raise ValueError(
            say(
                "The encoder and the decoder come from one call of `seq2seq`, but {encoder} gives "
                "{given} and {decoder} starts with {taken}.",
                encoder=repr(encoder.name),
                given=_sizes(started),
                decoder=repr(decoder.name),
                taken=_sizes(taken),
            )
        )


def _given(model: keras.Model, names: Sequence[str]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in _by_name(model.output, names).items()}


def _sizes(shapes: Mapping[str, Shape]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in shapes.items())


def _is_distribution(shape: Shape, tokens: int) -> bool:
    return _fits(shape, (1, tokens)) and shape[-1] == tokens


def _shapes(model: keras.Model) -> tuple[list[Shape], list[Shape]]:
    """Return the shapes of what a model takes and of what it gives.

    Raises:
        AttributeError: the model does not know them.
    """
    taken, given = (
        [tuple(tensor.shape) for tensor in tensors] for tensors in (model.inputs, model.outputs)
    )
    return taken, given


def _fits(shape: Shape, wanted: Shape) -> bool:
    """Tell whether batches of any size with the axes ``wanted`` have a shape, None for any."""
    return len(shape) == 1 + len(wanted) and all(
        size in (None, length) for size, length in zip(shape, (None, *wanted), strict=True)
    )


def _check_distribution(decoder: keras.Model, distribution: np.ndarray) -> None:
    together = float(distribution.sum(dtype=np.float32))
    half = distribution.dtype.itemsize < 4
    if not (distribution.min() >= 0 and abs(together - 1) <= (0.1 if half else 1e-4)):
        raise ValueError(
            say(
                "A decoder gives probabilities, which are at least 0 and together 1, but the "
                "numbers of {name} begin at {least} and are {together} together: its last layer "
                'has the activation "softmax".',
                name=repr(decoder.name),
                least=f"{distribution.min():.2g}",
                together=f"{together:.2g}",
            )
        )
