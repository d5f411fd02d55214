"""From the text of a problem to the arrays a model reads, and whole sets of problems.

Chapters: *Encoder* (the padded problem) and *Training* (the shifted answer, the splits).
"""

import hashlib
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

import numpy as np

from helpers.numbers import is_whole
from helpers.say import say
from helpers.task import ARITHMETIC, Task, named

MOST_DRAWN = 1_000_000
"""How many problems of a task without end may be drawn."""


class Arrays(NamedTuple):
    """A problem as a model reads it; ``batch`` puts a batch axis in front of each."""

    encoder_input: np.ndarray
    """Token ids, int32, axes (time 8)."""
    decoder_input: np.ndarray
    """Token ids of the answer, one step late, int32, axes (time 5)."""
    target: np.ndarray
    """One-hot answer, float32, axes (time 5, token 14)."""


class Split(NamedTuple):
    """The problems of a task in three parts that share none, mirrored sums included."""

    train: list[str]
    """Eight in ten, to which the weights are fitted."""
    validation: list[str]
    """One in ten, on which choices between runs and epochs are made."""
    test: list[str]
    """One in ten, for the figures that are reported. No choice between models is made on it."""


def parse(problem: str) -> tuple[int, str, int]:
    """Return the left operand, the operator and the right operand of ``problem``.

    >>> parse("50+9")
    (50, '+', 9)

    Raises:
        TypeError: ``problem`` is no string.
        ValueError: ``problem`` is not two numbers 0..999 with one ``+`` or ``-`` between them.
    """
    return ARITHMETIC.parse(problem)


def normal(text: str) -> str:
    """Return the problem that somebody has typed, in the characters that `parse` takes.

    Full-width, small and raised characters become plain ones, dashes a minus, and spaces and
    invisible characters are dropped. The widgets read a problem in this way, with a kernel and
    without; functions take it as `parse` does.

    >>> normal("５０ − 9")
    '50-9'

    Raises like `parse`.
    """
    return ARITHMETIC.normal(text)


def solve(problem: str) -> str:
    """Return the right answer: ``solve('50+9') == '59'``. Raises like `parse`."""
    return ARITHMETIC.solve(problem)


def answer_ids(problem: str, *, reverse: bool = False, task: Task = ARITHMETIC) -> list[int]:
    """Return the ids of the right answer, EOS behind it, up to its length with PAD (time 5)."""
    written = [*task.encode(task.solve(problem)[:: -1 if reverse else 1]), task.eos]
    return written + [task.pad] * (task.answer_length - len(written))


def arrays(problem: str, *, reverse: bool = False, task: Task = ARITHMETIC) -> Arrays:
    """Return the encoder input, the decoder input and the target of ``problem``.

    With ``reverse`` both texts are written back to front (``9+05`` and ``95``), as the model
    ``"grown"`` reads and writes them (:ref:`Sutskever et al. 2014 <sutskever2014>` reverse the
    input). Raises like `parse`.
    """
    answer = answer_ids(problem, reverse=reverse, task=task)
    read = [*task.encode(problem[:: -1 if reverse else 1]), task.eos]
    padded = [task.pad] * (task.problem_length - len(read)) + read
    return Arrays(
        encoder_input=np.array(padded, dtype=np.int32),
        decoder_input=np.array([task.pad, *answer[:-1]], dtype=np.int32),
        target=np.eye(len(task.tokens), dtype=np.float32)[answer],
    )


def batch(problems: Iterable[str], *, reverse: bool = False, task: Task = ARITHMETIC) -> Arrays:
    """Return the arrays of many problems, stacked along a batch axis.

    Axes: encoder input (batch, time 8), decoder input (batch, time 5), target
    (batch, time 5, token 14).

    Raises:
        TypeError: ``problems`` is one string, or holds something that is none.
        ValueError: ``problems`` is empty, or one of them is not allowed by `parse`.
    """
    if isinstance(problems, str) or not isinstance(problems, Iterable):
        raise TypeError(
            say(
                "A batch is a list of problems such as ['50+9'], not {kind}.",
                kind=type(problems).__name__,
            )
        )
    rows = [arrays(problem, reverse=reverse, task=task) for problem in problems]
    if not rows:
        raise ValueError(say("A batch holds at least one problem."))
    return Arrays(*(np.stack(column) for column in zip(*rows, strict=True)))


def weights_up_to_eos(target: np.ndarray, task: Task = ARITHMETIC) -> np.ndarray:
    """Return the weight of each time step in a masked loss: 1 up to EOS, 0 for the PAD after it.

    Axes: (batch, time 5) from a one-hot target (batch, time 5, token 14).

    Raises:
        ValueError: ``target`` has not fourteen numbers for each token.
    """
    if target.ndim < 2 or target.shape[-1] != len(task.tokens):
        raise ValueError(
            say(
                "A target has the axes (batch, time {steps}, token {tokens}), not the shape "
                "{shape}.",
                steps=task.answer_length,
                tokens=len(task.tokens),
                shape=target.shape,
            )
        )
    return (target.argmax(axis=-1) != task.pad).astype(np.float32)


def split(task: str | Task, size: int | None = None) -> Split:
    """Return the problems of ``task``, split into training, validation and test part.

    Which part a problem belongs to follows from a hash of its text, so it is the same on every
    machine. ``50+9`` and ``9+50`` always fall into the same part: a sum in the test part has no
    mirror image in the training part. ``size`` takes that many problems of the task, drawn by
    the same hash.

    Raises:
        ValueError: ``task`` is none of `task.TASKS`, or ``size`` is not from 1 to the task's size.
    """
    drawn_from = task if isinstance(task, Task) else named(task)
    listed = [] if drawn_from.endless else list(drawn_from.problems())
    most = len(listed) or MOST_DRAWN
    if (size is not None or drawn_from.endless) and not (is_whole(size) and 1 <= size <= most):
        raise ValueError(
            say(
                "A size of {task} is a whole number from 1 to {most}, not {given}.",
                task=repr(drawn_from.name),
                most=most,
                given=repr(size),
            )
        )
    if drawn_from.endless:
        drawn = list(islice(drawn_from.problems(), size))
    else:
        drawn = listed if size is None else sorted(listed, key=_digest)[:size]
    parts = Split([], [], [])
    for problem in drawn:
        tenth = _digest(drawn_from.twins(problem)) % 10
        parts[{0: 2, 1: 1}.get(tenth, 0)].append(problem)
    return parts


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
