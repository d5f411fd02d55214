"""A model at work: the encoder's reading, the decoder's trace, greedy decoding of a batch.

Chapters: *Encoder* and *Decoder, time step by time step*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from helpers import problems as problems_
from helpers import reference
from helpers.records import DecoderStep, EncoderStep, Reading, Trace, Values
from helpers.say import say
from helpers.task import ARITHMETIC, Task

if TYPE_CHECKING:
    from helpers.model import Seq2Seq


def context_vector(model: "Seq2Seq", problem: str) -> np.ndarray:
    """Return the encoder's last hidden state, axes (units), after reading ``problem``.

    Raises like `problems.parse`, and ValueError if the model has no context vector.
    """
    _ = model.units
    return _start(model, problem)["state"]


def reading(model: "Seq2Seq", problem: str) -> Reading:
    """Read ``problem`` and keep every embedding, gate and state on the way.

    Computed in numpy from the weights of the encoder's two layers, since a Keras layer does not
    show its gates; the context vector is held against the one that Keras gives.

    Raises:
        TypeError, ValueError: like `problems.parse`, or the encoder is another one than that of
            `model.seq2seq`, which gives another context vector.
    """
    context = context_vector(model, problem)
    ids = _arrays(model, problem).encoder_input
    arrays = reference.encoder_arrays(model.encoder)
    reference.check(
        model.encoder, context, lambda them: reference.contexts(them, ids[None])[0], arrays
    )
    embedding, *cell = arrays
    state = np.zeros(len(context), dtype=np.float32)
    steps = []
    for token in ids.tolist():
        vector = embedding[token]
        update, reset, candidate, after = reference.gru(cell, vector, state)
        steps.append(EncoderStep(token, vector, state, update, reset, candidate, after))
        state = after
    return Reading(problem, model.reverse, tuple(steps), model.task)


def encoder_states(model: "Seq2Seq", problem: str) -> np.ndarray:
    """Return the hidden state after each of the eight tokens, axes (time 8, units).

    Raises like `reading`.
    """
    return reading(model, problem).states


def step(model: "Seq2Seq", token: int, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run one time step of the decoder from ``state``, axes (units).

    Returns the distribution, axes (token 14), and the next state, axes (units).

    Raises:
        TypeError, ValueError: ``token`` is no id 0..13, ``state`` has not the axes (units), or what
            the decoder gives is no distribution.
    """
    given = model.step(model.task.check_token(token), {"state": _check_state(state, model.units)})
    return given["distribution"], given["state"]


def begin(
    model: "Seq2Seq",
    problem: str,
    *,
    teacher_forcing: bool = False,
    context: np.ndarray | None = None,
    picks: Sequence[int | None] = (),
) -> Trace:
    """Return a trace of ``problem`` with no step taken yet, for `advance`.

    It takes what `trace` takes, and raises the same but for a distribution.
    """
    target = problems_.answer_ids(problem, reverse=model.reverse, task=model.task)
    picks = check_picks(picks, teacher_forcing, model.task)
    if context is not None:
        context = _check_state(context, model.units)
    start = _start(model, problem)
    if context is not None:
        start = {**start, "state": context}
    return Trace(
        problem, teacher_forcing, model.reverse, start, (), tuple(target), picks, model.task
    )


def advance(model: "Seq2Seq", trace: Trace) -> Trace:
    """Return ``trace`` with one more time step.

    Raises:
        ValueError: what the decoder gives is no distribution.
    """
    done = trace.steps
    token, before = model.task.pad, trace.start
    if done:
        last = len(done) - 1
        token = (trace.target if trace.teacher_forcing else trace.written)[last]
        before = done[last].after
    given = dict(model.step(token, before))
    distribution = given.pop("distribution")
    after = {name: given.pop(name, values) for name, values in before.items()}
    taken = DecoderStep(token, before, distribution, after, int(distribution.argmax()), given)
    return replace(trace, steps=(*done, taken))


def trace(
    model: "Seq2Seq",
    problem: str,
    *,
    teacher_forcing: bool = False,
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
            forcing, which reads none of them; what the decoder gives is no distribution.
    """
    done = begin(model, problem, teacher_forcing=teacher_forcing, context=context, picks=picks)
    for _ in range(model.task.answer_length):
        done = advance(model, done)
    return done


def greedy(model: "Seq2Seq", encoder_input: np.ndarray, *, jit_compile: bool = False) -> np.ndarray:
    """Decode a batch of encoder inputs (batch, time 8) greedily to ids (batch, time 5).

    The whole loop is one TensorFlow function. With ``jit_compile`` it is compiled by XLA, about a
    second for each size of a batch, and then several times as fast.

    Raises:
        ValueError: ``encoder_input`` has other axes or ids outside 0..13.
    """
    ids, task = _as_array(encoder_input), model.task
    if ids.ndim != 2 or ids.shape[1] != task.problem_length or ids.dtype.kind not in "iu":
        raise ValueError(
            say(
                "The encoder input is an array of whole numbers with the axes (batch, time "
                "{steps}), not {dtype} of shape {shape}.",
                steps=task.problem_length,
                dtype=ids.dtype,
                shape=ids.shape,
            )
        )
    if ids.size and not (ids.min() >= 0 and ids.max() < len(task.tokens)):
        raise ValueError(
            say(
                "A token id is a whole number from 0 to {last}, but the encoder input goes from "
                "{least} to {most}.",
                last=len(task.tokens) - 1,
                least=ids.min(),
                most=ids.max(),
            )
        )
    return model.greedy(ids, jit_compile=jit_compile)


def answers(model: "Seq2Seq", problems: Iterable[str]) -> list[str]:
    """Return the greedily decoded answer to each problem, in reading order.

    Raises like `problems.batch`.
    """
    chosen = greedy(model, _batch(model, problems).encoder_input)
    return [model.task.decode(row)[:: -1 if model.reverse else 1] for row in chosen]


def exact_match(model: "Seq2Seq", problems: Iterable[str]) -> float:
    """Return the share of ``problems``, from 0 to 1, whose whole answer, EOS included, is right.

    Raises like `problems.batch`.
    """
    encoder_input, _, target = _batch(model, problems)
    chosen = greedy(model, encoder_input)
    wanted = target.argmax(axis=-1)
    wrong = (chosen != wanted) & (wanted != model.task.pad)
    return float(1 - wrong.any(axis=-1).mean())


def check_picks(
    picks: Sequence[int | None], teacher_forcing: bool, task: Task = ARITHMETIC
) -> tuple[int | None, ...]:
    """Return the picks of a trace if they are allowed there; raises like `trace`."""
    if not isinstance(picks, Iterable):
        raise TypeError(
            say("Picks come as a list such as [None, 7], not {kind}.", kind=type(picks).__name__)
        )
    checked = tuple(pick if pick is None else task.check_token(pick) for pick in picks)
    if len(checked) > task.answer_length:
        raise ValueError(
            say(
                "There is at most one pick for each of the {steps} time steps, not {given}.",
                steps=task.answer_length,
                given=len(checked),
            )
        )
    if teacher_forcing and any(pick is not None for pick in checked):
        raise ValueError(
            say("With teacher forcing the right token is read, so none can be picked.")
        )
    return checked


def _start(model: "Seq2Seq", problem: str) -> Values:
    return model.begin(_arrays(model, problem).encoder_input)


def _arrays(model: "Seq2Seq", problem: str) -> problems_.Arrays:
    return problems_.arrays(problem, reverse=model.reverse, task=model.task)


def _batch(model: "Seq2Seq", problems: Iterable[str]) -> problems_.Arrays:
    return problems_.batch(problems, reverse=model.reverse, task=model.task)


def _check_state(state: np.ndarray, units: int) -> np.ndarray:
    array = _as_array(state)
    if array.shape == (units,) and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(
            say(
                "A state is {units} finite numbers, but this one holds nan or infinity.",
                units=units,
            )
        )
    if array.shape != (units,) or array.dtype.kind not in "fiu":
        raise ValueError(
            say(
                "A state of this decoder is numbers with the axes (units {units}), not {dtype} of "
                "shape {shape}.",
                units=units,
                dtype=array.dtype,
                shape=array.shape,
            )
        )
    return array.astype(np.float32)


def _as_array(values: object) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError:  # rows of different lengths
        return np.empty((), dtype=object)
