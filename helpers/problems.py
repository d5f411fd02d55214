"""From the text of a problem to the arrays a model reads, and whole sets of problems.

Chapters: *Encoder* (the padded problem) and *Training* (the shifted answer, the splits).
"""

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import normalize

import numpy as np

from helpers.numbers import is_whole
from helpers.vocabulary import EOS, PAD, TOKENS, encode

PROBLEM_LENGTH: int = 8
"""Time steps of the encoder: room for '999+999' and EOS."""

ANSWER_LENGTH: int = 5
"""Time steps of the decoder: room for '1998' or '-999' and EOS."""

_PROBLEM = re.compile(r"(0|[1-9][0-9]{0,2})([+-])(0|[1-9][0-9]{0,2})", re.ASCII)

# What nobody sees: white space as JavaScript has it, and what Unicode lets be ignored.
_UNSEEN = re.compile(
    "[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
# The dashes that stand for a minus, and the long vowel that a Japanese keyboard writes for it.
_MINUS = re.compile("[\u2010-\u2015\u2212\u30fc]")


class Arrays(NamedTuple):
    """A problem as a model reads it; ``batch`` puts a batch axis in front of each."""

    encoder_input: np.ndarray
    """Token ids, int32, axes (time 8)."""
    decoder_input: np.ndarray
    """Token ids of the answer, one step late, int32, axes (time 5)."""
    target: np.ndarray
    """One-hot answer, float32, axes (time 5, token 14)."""


class Task(NamedTuple):
    """The rule that makes a set of problems."""

    largest_operand: int
    """Its operands are the numbers from 0 to this one."""
    operators: str
    """One character for each, such as ``"+-"``."""


class Split(NamedTuple):
    """The problems of a task in three parts that share none, mirrored sums included."""

    train: list[str]
    """Eight in ten, to which the weights are fitted."""
    validation: list[str]
    """One in ten, on which choices between runs and epochs are made."""
    test: list[str]
    """One in ten, for the figures that are reported. No choice between models is made on it."""


TASKS: dict[str, Task] = {
    "sums": Task(99, "+"),
    "arithmetic": Task(99, "+-"),
    "three-digit": Task(999, "+-"),
}
"""Three tasks by name. ``"sums"`` is 0..99 with ``+`` (10,000 problems), ``"arithmetic"`` 0..99
with ``+`` and ``-`` (20,000), ``"three-digit"`` 0..999 with ``+`` and ``-`` (2,000,000)."""


def parse(problem: str) -> tuple[int, str, int]:
    """Return the left operand, the operator and the right operand of ``problem``.

    >>> parse("50+9")
    (50, '+', 9)

    Raises:
        TypeError: ``problem`` is no string.
        ValueError: ``problem`` is not two numbers 0..999 with one ``+`` or ``-`` between them.
    """
    match = _PROBLEM.fullmatch(_text(problem))
    if match is None:
        raise _no_problem(problem)
    return int(match[1]), match[2], int(match[3])


def normal(text: str) -> str:
    """Return the problem that somebody has typed, in the characters that `parse` takes.

    Full-width, small and raised characters become plain ones, dashes a minus, and spaces and
    invisible characters are dropped. The widgets read a problem in this way, with a kernel and
    without; functions take it as `parse` does.

    >>> normal("５０ − 9")
    '50-9'

    Raises like `parse`.
    """
    problem = _MINUS.sub("-", _UNSEEN.sub("", normalize("NFKC", _text(text))))
    if not _PROBLEM.fullmatch(problem):
        raise _no_problem(text)
    return problem


def solve(problem: str) -> str:
    """Return the right answer: ``solve('50+9') == '59'``. Raises like `parse`."""
    left, operator, right = parse(problem)
    return str(left + right if operator == "+" else left - right)


def arrays(problem: str, *, reverse: bool = False) -> Arrays:
    """Return the encoder input, the decoder input and the target of ``problem``.

    With ``reverse`` both texts are written back to front (``9+05`` and ``95``), as the model
    ``"grown"`` reads and writes them (:ref:`Sutskever et al. 2014 <sutskever2014>` reverse the
    input). Raises like `parse`.
    """
    direction = -1 if reverse else 1
    answer = [*encode(solve(problem)[::direction]), EOS]
    answer += [PAD] * (ANSWER_LENGTH - len(answer))
    return Arrays(
        encoder_input=_left_padded(problem[::direction]),
        decoder_input=np.array([PAD, *answer[:-1]], dtype=np.int32),
        target=np.eye(len(TOKENS), dtype=np.float32)[answer],
    )


def batch(problems: Iterable[str], *, reverse: bool = False) -> Arrays:
    """Return the arrays of many problems, stacked along a batch axis.

    Axes: encoder input (batch, time 8), decoder input (batch, time 5), target
    (batch, time 5, token 14).

    Raises:
        TypeError: ``problems`` is one string, or holds something that is none.
        ValueError: ``problems`` is empty, or one of them is not allowed by `parse`.
    """
    if isinstance(problems, str) or not isinstance(problems, Iterable):
        raise TypeError(
            f"A batch is a list of problems such as ['50+9'], not {type(problems).__name__}."
        )
    rows = [arrays(problem, reverse=reverse) for problem in problems]
    if not rows:
        raise ValueError("A batch holds at least one problem.")
    return Arrays(*(np.stack(column) for column in zip(*rows, strict=True)))


def weights_up_to_eos(target: np.ndarray) -> np.ndarray:
    """Return the weight of each time step in a masked loss: 1 up to EOS, 0 for the PAD after it.

    Axes: (batch, time 5) from a one-hot target (batch, time 5, token 14).

    Raises:
        ValueError: ``target`` has not fourteen numbers for each token.
    """
    if target.ndim < 2 or target.shape[-1] != len(TOKENS):
        raise ValueError(
            f"A target has the axes (batch, time 5, token {len(TOKENS)}), "
            f"not the shape {target.shape}."
        )
    return (target.argmax(axis=-1) != PAD).astype(np.float32)


def check_task(task: str) -> Task:
    """Return the rule of a task; raises ValueError if it is none of `TASKS`."""
    if not isinstance(task, str) or task not in TASKS:
        raise ValueError(f"A task is one of {', '.join(map(repr, TASKS))}, not {task!r}.")
    return TASKS[task]


def split(task: str, size: int | None = None) -> Split:
    """Return the problems of ``task``, split into training, validation and test part.

    Which part a problem belongs to follows from a hash of its text, so it is the same on every
    machine. ``50+9`` and ``9+50`` always fall into the same part: a sum in the test part has no
    mirror image in the training part. ``size`` takes that many problems of the task, drawn by
    the same hash.

    Raises:
        ValueError: ``task`` is none of `TASKS`, or ``size`` is not from 1 to the task's size.
    """
    largest, operators = check_task(task)
    numbers = range(largest + 1)
    drawn = [f"{a}{op}{b}" for op in operators for a in numbers for b in numbers]
    if size is not None:
        if not is_whole(size) or not 1 <= size <= len(drawn):
            raise ValueError(
                f"A size of {task!r} is a whole number from 1 to {len(drawn)}, not {size!r}."
            )
        drawn = sorted(drawn, key=_digest)[:size]
    parts = Split([], [], [])
    for problem in drawn:
        tenth = _digest(_mirror_free(problem)) % 10
        parts[{0: 2, 1: 1}.get(tenth, 0)].append(problem)
    return parts


def _text(problem: object) -> str:
    if not isinstance(problem, str):
        raise TypeError(f"A problem is a string such as '50+9', not {type(problem).__name__}.")
    return problem


def _no_problem(text: str) -> ValueError:
    shown = text if len(text) <= 20 else text[:20] + "…"
    return ValueError(
        "A problem is two whole numbers from 0 to 999 with one '+' or '-' between them and "
        f"nothing else, such as '50+9', not {shown!r}."
    )


def _left_padded(text: str) -> np.ndarray:
    ids = [*encode(text), EOS]
    return np.array([PAD] * (PROBLEM_LENGTH - len(ids)) + ids, dtype=np.int32)


def _mirror_free(problem: str) -> str:
    left, operator, right = parse(problem)
    if operator == "+":
        left, right = sorted((left, right))
    return f"{left}{operator}{right}"


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
