"""A model at work: the encoder's reading, the decoder's trace, greedy decoding of a batch.

Chapters: *Encoder* and *Decoder, time step by time step*.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from html import escape
from typing import Any
from weakref import WeakKeyDictionary, ref

import keras
import numpy as np
import tensorflow as tf

from helpers import problems as problems_
from helpers import reference
from helpers.problems import ANSWER_LENGTH, PROBLEM_LENGTH
from helpers.vocabulary import EOS, PAD, TOKENS, check_token, decode

_COLUMNS = ("time step", "input", "choice", "probability", "target", "right")
_SHOWN = 4  # of a state, in a table


@dataclass(frozen=True, eq=False)
class EncoderStep:
    """One time step of the encoder, from the inside."""

    token: int
    """The id that went in."""
    embedding: np.ndarray
    """Its vector, axes (embedding_dim)."""
    state_before: np.ndarray
    """Hidden state that went in, axes (units)."""
    update: np.ndarray
    """Update gate, how much of the old state is kept, from 0 to 1, axes (units)."""
    reset: np.ndarray
    """Reset gate, how much of what it contributes goes into the candidate, 0 to 1, axes (units)."""
    candidate: np.ndarray
    """What takes the place of all that is not kept, axes (units)."""
    state_after: np.ndarray
    """Hidden state that came out, axes (units)."""


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """All that happened while a problem was read; a notebook shows it as a table."""

    problem: str
    """Its text, as it was given."""
    reverse: bool
    """Whether it was read back to front."""
    steps: tuple[EncoderStep, ...]
    """The eight time steps."""

    @property
    def states(self) -> np.ndarray:
        """The hidden state after each token, axes (time 8, units)."""
        return np.stack([step.state_after for step in self.steps])

    @property
    def context(self) -> np.ndarray:
        """The context vector, which is the last state, axes (units)."""
        return self.steps[-1].state_after

    def __repr__(self) -> str:
        return _as_text(self._caption, self._columns, self._rows())

    def _repr_html_(self) -> str:
        return _as_table(self._caption, self._columns, self._rows())

    @property
    def _caption(self) -> str:
        return f"{self.problem}, read {'back to front' if self.reverse else 'from the front'}"

    @property
    def _columns(self) -> tuple[str, ...]:
        units = len(self.context)
        shown = "state" if units <= _SHOWN else f"state, first {_SHOWN} of {units} numbers"
        return ("time step", "token", shown)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(number),
                TOKENS[step.token],
                " ".join(f"{value:z.2f}" for value in step.state_after[:_SHOWN]),
            )
            for number, step in enumerate(self.steps, start=1)
        ]


@dataclass(frozen=True, eq=False)
class Step:
    """One time step of the decoder."""

    token: int
    """The id that went in."""
    state_before: np.ndarray
    """Hidden state that went in, axes (units)."""
    distribution: np.ndarray
    """Probability of each token to come next, axes (token 14)."""
    state_after: np.ndarray
    """Hidden state that came out, axes (units)."""
    choice: int
    """The id of the most probable token."""


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """All that happened while a problem was answered; a notebook shows it as a table."""

    problem: str
    """Its text, as it was given."""
    teacher_forcing: bool
    """Whether the right token went in, whatever was written before it."""
    reverse: bool
    """Whether the problem was read and the answer written back to front."""
    context: np.ndarray
    """The context vector the decoder started from, axes (units)."""
    steps: tuple[Step, ...]
    """The time steps taken, five when the answer is done."""
    target: tuple[int, ...]
    """The five ids of the right answer, EOS and PAD included."""
    picks: tuple[int | None, ...] = ()
    """For each time step a token that somebody wrote in place of the model's choice, or None."""

    @property
    def choices(self) -> tuple[int, ...]:
        """The ids the model chose, one a time step."""
        return tuple(step.choice for step in self.steps)

    @property
    def written(self) -> tuple[int, ...]:
        """The ids that stand in the answer, chosen or picked in place of a choice."""
        picks = itertools.chain(self.picks, itertools.repeat(None))
        return tuple(
            choice if pick is None else pick
            for choice, pick in zip(self.choices, picks, strict=False)
        )

    @property
    def answer(self) -> str:
        """The text written, up to EOS, in reading order."""
        return decode(self.written)[:: -1 if self.reverse else 1]

    def __repr__(self) -> str:
        return f"{_as_text(self._caption, _COLUMNS, self._rows())}\n{self._verdict}"

    def _repr_html_(self) -> str:
        table = _as_table(self._caption, _COLUMNS, self._rows())
        return f"{table}<p>{escape(self._verdict)}</p>"

    @property
    def _caption(self) -> str:
        return f"{self.problem}, {'teacher-forced' if self.teacher_forcing else 'free-running'}"

    @property
    def _verdict(self) -> str:
        if len(self.steps) < len(self.target):
            return f"so far: {' '.join(TOKENS[token] for token in self.written) or 'nothing'}"
        wanted = decode(self.target)[:: -1 if self.reverse else 1]
        name = "choices" if self.teacher_forcing else "answer"
        mistake = first_mistake(self.written, self.target)
        if mistake is None:
            return f"{name}: {self.answer}, right"
        return f"{name}: {self.answer}, first mistake at time step {mistake + 1}; right is {wanted}"

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(number),
                TOKENS[step.token],
                TOKENS[step.choice]
                + (f", but {TOKENS[token]} is written" if token != step.choice else ""),
                f"{step.distribution[step.choice]:.3f}",
                TOKENS[wanted],
                "yes" if token == wanted else "no",
            )
            for number, (step, token, wanted) in enumerate(
                zip(self.steps, self.written, self.target, strict=False), start=1
            )
        ]

    @property
    def correct(self) -> bool:
        """Whether every token written up to and including EOS is right."""
        return first_mistake(self.written, self.target) is None


def step(decoder: keras.Model, token: int, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run one time step from ``state``, axes (units).

    Returns the distribution, axes (token 14), and the next state, axes (units).

    Compiled: a call takes a fraction of the time of ``decoder.predict``.

    Raises:
        TypeError, ValueError: ``token`` is no id 0..13, ``state`` has not the axes (units),
            ``decoder`` is no decoder, or what it gives is no distribution.
    """
    units = check_decoder(decoder)
    token, state = check_token(token), _check_state(state, units)
    distribution, next_state = _compiled_step(decoder)(
        tf.constant([[token]], tf.int32), tf.constant(state[None])
    )
    distribution, next_state = distribution.numpy()[0, 0], next_state.numpy()[0]
    _check_distribution(decoder, distribution)
    return _floats(distribution), _floats(next_state)


def context_vector(encoder: keras.Model, problem: str, *, reverse: bool = False) -> np.ndarray:
    """Return the encoder's last hidden state, axes (units), after reading ``problem``.

    Raises:
        TypeError, ValueError: like `problems.parse`, or ``encoder`` is no encoder.
    """
    check_encoder(encoder)
    ids = problems_.arrays(problem, reverse=reverse).encoder_input
    return _floats(_compiled_encoder(encoder)(tf.constant(ids[None])).numpy()[0])


def reading(encoder: keras.Model, problem: str, *, reverse: bool = False) -> Reading:
    """Read ``problem`` and keep every embedding, gate and state on the way.

    Computed in numpy from the weights of the encoder's two layers, since a Keras layer does not
    show its gates; the context vector is held against the one that Keras gives.

    Raises:
        TypeError, ValueError: like `context_vector`, or ``encoder`` is another model than that of
            `model.seq2seq`, which gives another context vector.
    """
    context = context_vector(encoder, problem, reverse=reverse)
    ids = problems_.arrays(problem, reverse=reverse).encoder_input
    arrays = reference.encoder_arrays(encoder)
    reference.check(encoder, context, lambda them: reference.contexts(them, ids[None])[0], arrays)
    embedding, *cell = arrays
    state = np.zeros(len(context), dtype=np.float32)
    steps = []
    for token in ids.tolist():
        vector = embedding[token]
        update, reset, candidate, after = reference.gru(cell, vector, state)
        steps.append(EncoderStep(token, vector, state, update, reset, candidate, after))
        state = after
    return Reading(problem, reverse, tuple(steps))


def encoder_states(encoder: keras.Model, problem: str, *, reverse: bool = False) -> np.ndarray:
    """Return the hidden state after each of the eight tokens, axes (time 8, units).

    Raises like `reading`.
    """
    return reading(encoder, problem, reverse=reverse).states


def begin(
    encoder: keras.Model,
    problem: str,
    *,
    teacher_forcing: bool = False,
    reverse: bool = False,
    context: np.ndarray | None = None,
    picks: Sequence[int | None] = (),
) -> Trace:
    """Return a trace of ``problem`` with no step taken yet, for `advance`.

    It takes what `trace` takes, and raises the same for the problem and the picks.
    """
    picks = check_picks(picks, teacher_forcing)
    target = problems_.arrays(problem, reverse=reverse).target.argmax(axis=-1)
    if context is None:
        context = context_vector(encoder, problem, reverse=reverse)
    return Trace(problem, teacher_forcing, reverse, context, (), tuple(map(int, target)), picks)


def advance(decoder: keras.Model, trace: Trace) -> Trace:
    """Return ``trace`` with one more time step.

    Raises like `step`.
    """
    done = trace.steps
    token, state = PAD, trace.context
    if done:
        last = len(done) - 1
        token = (trace.target if trace.teacher_forcing else trace.written)[last]
        state = done[last].state_after
    distribution, next_state = step(decoder, token, state)
    taken = Step(token, state, distribution, next_state, int(distribution.argmax()))
    return replace(trace, steps=(*done, taken))


def trace(
    encoder: keras.Model,
    decoder: keras.Model,
    problem: str,
    *,
    teacher_forcing: bool = False,
    reverse: bool = False,
    context: np.ndarray | None = None,
    picks: Sequence[int | None] = (),
) -> Trace:
    """Answer ``problem`` and keep every token, state and distribution on the way.

    Free-running, the token written last goes in. With teacher forcing the right token does
    (:ref:`Williams and Zipser 1989 <williams1989>`). ``context``, axes (units), starts the decoder
    from another vector than the encoder's. ``picks`` are tokens to write in place of the model's
    choices: ``[None, 7]`` leaves the first time step to the model and writes a 7 at the second.

    Raises:
        TypeError, ValueError: like `problems.parse`; ``context`` has not the axes (units); a pick
            is no id 0..13; there are more picks than time steps, or any at all with teacher
            forcing, which reads none of them; the two models do not belong together.
    """
    problems_.parse(problem)
    picks = check_picks(picks, teacher_forcing)
    units = check_pair(encoder, decoder)
    if context is not None:
        context = _check_state(context, units)
    done = begin(
        encoder,
        problem,
        teacher_forcing=teacher_forcing,
        reverse=reverse,
        context=context,
        picks=picks,
    )
    for _ in range(ANSWER_LENGTH):
        done = advance(decoder, done)
    return done


def greedy(
    encoder: keras.Model,
    decoder: keras.Model,
    encoder_input: np.ndarray,
    *,
    jit_compile: bool = False,
) -> np.ndarray:
    """Decode a batch of encoder inputs (batch, time 8) greedily to ids (batch, time 5).

    The whole loop is one TensorFlow function. With ``jit_compile`` it is compiled by XLA, about a
    second for each size of a batch, and then several times as fast.

    Raises:
        ValueError: ``encoder_input`` has other axes or ids outside 0..13, or the two models do
            not belong together.
    """
    check_pair(encoder, decoder)
    ids = _as_array(encoder_input)
    if ids.ndim != 2 or ids.shape[1] != PROBLEM_LENGTH or ids.dtype.kind not in "iu":
        raise ValueError(
            f"The encoder input is an array of whole numbers with the axes (batch, time "
            f"{PROBLEM_LENGTH}), not {ids.dtype} of shape {ids.shape}."
        )
    if ids.size and not (ids.min() >= 0 and ids.max() < len(TOKENS)):
        raise ValueError(
            f"A token id is a whole number from 0 to {len(TOKENS) - 1}, "
            f"but the encoder input goes from {ids.min()} to {ids.max()}."
        )
    return _compiled_greedy(encoder, decoder, jit_compile)(tf.constant(ids, tf.int32)).numpy()


def answers(
    encoder: keras.Model,
    decoder: keras.Model,
    problems: Iterable[str],
    *,
    reverse: bool = False,
) -> list[str]:
    """Return the greedily decoded answer to each problem, in reading order.

    Raises like `problems.batch`.
    """
    chosen = greedy(encoder, decoder, problems_.batch(problems, reverse=reverse).encoder_input)
    return [decode(row)[:: -1 if reverse else 1] for row in chosen]


def exact_match(
    encoder: keras.Model,
    decoder: keras.Model,
    problems: Iterable[str],
    *,
    reverse: bool = False,
) -> float:
    """Return the share of ``problems``, from 0 to 1, whose whole answer, EOS included, is right.

    Raises like `problems.batch`.
    """
    encoder_input, _, target = problems_.batch(problems, reverse=reverse)
    chosen = greedy(encoder, decoder, encoder_input)
    wanted = target.argmax(axis=-1)
    wrong = (chosen != wanted) & (wanted != PAD)
    return float(1 - wrong.any(axis=-1).mean())


def first_mistake(choices: Iterable[int], target: Iterable[int]) -> int | None:
    """Return the time step (0 is the first) of the first wrong choice up to EOS, or None.

    Raises:
        ValueError: the two are not of the same length.
    """
    choices, target = list(choices), list(target)
    if len(choices) != len(target):
        raise ValueError(
            f"There is a choice for each of the {len(target)} time steps of the target, "
            f"not {len(choices)}."
        )
    for number, (choice, wanted) in enumerate(zip(choices, target, strict=True)):
        if choice != wanted:
            return number
        if wanted == EOS:
            return None
    return None


def check_picks(picks: Sequence[int | None], teacher_forcing: bool) -> tuple[int | None, ...]:
    """Return the picks of a trace if they are allowed there; raises like `trace`."""
    if not isinstance(picks, Iterable):
        raise TypeError(f"Picks come as a list such as [None, 7], not {type(picks).__name__}.")
    checked = tuple(pick if pick is None else check_token(pick) for pick in picks)
    if len(checked) > ANSWER_LENGTH:
        raise ValueError(
            f"There is at most one pick for each of the {ANSWER_LENGTH} time steps, "
            f"not {len(checked)}."
        )
    if teacher_forcing and any(pick is not None for pick in checked):
        raise ValueError("With teacher forcing the right token is read, so none can be picked.")
    return checked


def _as_text(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the lines of a table: its caption, its head, a line a row."""
    cells = [columns, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([caption, *lines])


def _as_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<table class="trace"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _check_state(state: np.ndarray, units: int) -> np.ndarray:
    array = _as_array(state)
    if array.shape == (units,) and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"A state is {units} finite numbers, but this one holds nan or infinity.")
    if array.shape != (units,) or array.dtype.kind not in "fiu":
        raise ValueError(
            f"A state of this decoder is numbers with the axes (units {units}), "
            f"not {array.dtype} of shape {array.shape}."
        )
    return array.astype(np.float32)


def _as_array(values: object) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError:  # rows of different lengths
        return np.empty((), dtype=object)


def check_encoder(encoder: keras.Model) -> int:
    """Return how many numbers an encoder gives, which are the units of its decoder.

    Raises:
        TypeError: it is no Keras model that says what it takes and gives.
        ValueError: it takes or gives something else than an encoder does.
    """
    taken, given = _shapes(encoder, "An encoder")
    units = given[0][-1] if given else None
    if not (
        len(taken) == len(given) == 1
        and _fits(taken[0], (PROBLEM_LENGTH,))
        and _fits(given[0], (units,))
        and units is not None
    ):
        raise ValueError(
            f"An encoder takes token ids with the axes (batch, time {PROBLEM_LENGTH}), in batches "
            f"of any size, and gives a context vector (batch, units), but {encoder.name!r} "
            f"{_in_words(taken, given)}."
        )
    return int(units)


def check_decoder(decoder: keras.Model) -> int:
    """Return the units of a decoder; raises like `check_encoder`."""
    taken, given = _shapes(decoder, "A decoder")
    units = taken[1][-1] if len(taken) == 2 else None
    if not (
        len(taken) == len(given) == 2
        and _fits(taken[0], (1,))
        and _fits(taken[1], (units,))
        and _fits(given[0], (1, len(TOKENS)))
        and given[0][-1] == len(TOKENS)
        and _fits(given[1], (units,))
        and units is not None
    ):
        raise ValueError(
            f"A decoder takes a token (batch, time 1) and a state (batch, units), in batches of "
            f"any size, and gives a distribution (batch, time 1, token {len(TOKENS)}) and the next "
            f"state (batch, units), but {decoder.name!r} {_in_words(taken, given)}."
        )
    return int(units)


def check_pair(encoder: keras.Model, decoder: keras.Model) -> int:
    """Return the units of an encoder and a decoder.

    Raises:
        TypeError, ValueError: like `check_encoder` and `check_decoder`, or the two do not belong
            together.
    """
    units, given = check_decoder(decoder), check_encoder(encoder)
    if given != units:
        raise ValueError(
            f"The encoder and the decoder come from one call of `seq2seq`, but {encoder.name!r} "
            f"gives {given} numbers and {decoder.name!r} starts with {units}."
        )
    return units


Shape = tuple[int | None, ...]


def _shapes(model: keras.Model, what: str) -> tuple[list[Shape], list[Shape]]:
    """Return the shapes of what a model takes and of what it gives."""
    try:
        taken, given = (
            [tuple(tensor.shape) for tensor in tensors] for tensors in (model.inputs, model.outputs)
        )
    except AttributeError as error:
        raise TypeError(
            f"{what} is a Keras model that knows its inputs and outputs, as those of `seq2seq` do, "
            f"but this {type(model).__name__} does not."
        ) from error
    return taken, given


def _fits(shape: Shape, wanted: Shape) -> bool:
    """Tell whether batches of any size with the axes ``wanted`` have a shape, None for any."""
    return len(shape) == 1 + len(wanted) and all(
        size in (None, length) for size, length in zip(shape, (None, *wanted), strict=True)
    )


def _in_words(taken: Sequence[Shape], given: Sequence[Shape]) -> str:
    inputs, outputs = (" and ".join(map(str, shapes)) for shapes in (taken, given))
    return f"takes {inputs} and gives {outputs}"


def _check_distribution(decoder: keras.Model, distribution: np.ndarray) -> None:
    together = float(distribution.sum(dtype=np.float32))
    half = distribution.dtype.itemsize < 4
    if not (distribution.min() >= 0 and abs(together - 1) <= (0.1 if half else 1e-4)):
        raise ValueError(
            f"A decoder gives probabilities, which are at least 0 and together 1, but the numbers "
            f"of {decoder.name!r} begin at {distribution.min():.2g} and are {together:.2g} "
            f'together: its last layer has the activation "softmax".'
        )


def _floats(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)  # whatever the model computes in


def _once_a_model(make: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what ``make`` returns for its models and options, as long as its first model is there.

    It returns concrete functions: they hold no model, and TensorFlow, which counts how often a
    function is traced, does not count them.
    """
    made: WeakKeyDictionary[keras.Model, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()

    @wraps(make)
    def once(model: keras.Model, *others: Any) -> Any:
        known = made.setdefault(model, {})
        key = tuple(ref(other) if isinstance(other, keras.Model) else other for other in others)
        if key not in known:
            known[key] = make(model, *others).get_concrete_function()
        return known[key]

    return once


@_once_a_model
def _compiled_encoder(encoder: keras.Model) -> Callable[..., tf.Tensor]:
    return tf.function(
        lambda ids: encoder(ids), input_signature=[tf.TensorSpec((1, PROBLEM_LENGTH), tf.int32)]
    )


@_once_a_model
def _compiled_step(decoder: keras.Model) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
    units = decoder.inputs[1].shape[-1]
    return tf.function(
        lambda token, state: decoder([token, state]),
        input_signature=[
            tf.TensorSpec((1, 1), tf.int32),
            tf.TensorSpec((1, units), tf.float32),
        ],
    )


@_once_a_model
def _compiled_greedy(
    encoder: keras.Model, decoder: keras.Model, jit_compile: bool
) -> Callable[..., tf.Tensor]:
    def decode_batch(encoder_input: tf.Tensor) -> tf.Tensor:
        state = encoder(encoder_input)
        token = tf.fill((tf.shape(encoder_input)[0], 1), PAD)
        chosen = tf.TensorArray(tf.int32, ANSWER_LENGTH)
        for time in tf.range(ANSWER_LENGTH):  # a loop of TensorFlow: the decoder is traced once
            distribution, state = decoder([token, state])
            token = tf.argmax(distribution, axis=-1, output_type=tf.int32)
            chosen = chosen.write(time, token[:, 0])
        return tf.transpose(chosen.stack())

    return tf.function(
        decode_batch,
        input_signature=[tf.TensorSpec((None, PROBLEM_LENGTH), tf.int32)],
        jit_compile=jit_compile,
    )
