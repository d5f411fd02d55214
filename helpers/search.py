"""Other ways to an answer than the most probable token each time: beam search and sampling.

Chapter: *Beyond greedy*.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from helpers import problems as problems_
from helpers.numbers import is_number, is_whole
from helpers.records import check_seed
from helpers.say import say

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

Carried = dict[str, np.ndarray]


class Hypothesis(NamedTuple):
    """An answer that a search has found, and how probable it is."""

    text: str
    """What it says, up to EOS, in reading order."""
    log_probability: float
    """The logarithms of the probabilities of its tokens, EOS included, added up."""
    ids: tuple[int, ...]
    """Its tokens in the order in which they were written, PAD after EOS, axes (time 5)."""


def beam_search(model: "Seq2Seq", problems: Iterable[str], width: int) -> list[list[Hypothesis]]:
    """Return for each problem the most probable answers that a beam search finds, best first.

    After each time step it keeps the ``width`` most probable beginnings of an answer
    (:ref:`Graves 2012 <graves2012>`, :ref:`Sutskever et al. 2014 <sutskever2014>`). One that has
    come to EOS stays as it is: PAD after it costs nothing. With a width of 1 that is greedy
    decoding; where there are no more than ``width`` answers at all, it finds each of them.

    Raises:
        TypeError, ValueError: like `problems.batch`; ``width`` is no whole number of at least 1;
            what the decoder gives is no distribution.
    """
    if not is_whole(width) or width < 1:
        raise ValueError(
            say(
                "The width of a beam is a whole number of at least 1, not {given}.",
                given=repr(width),
            )
        )
    written, carried = _start(model, problems, width)
    count = len(written) // width
    totals = np.full((count, width), -np.inf, np.float32)
    totals[:, 0] = 0  # at first there is one beginning, and nothing is written
    for _ in range(model.task.answer_length):
        scores, carried = _step(model, written, carried)
        longer = (totals.reshape(-1, 1) + scores).reshape(count, -1)  # (problem, beginning x token)
        best = np.argsort(-longer, axis=1, kind="stable")[:, :width]
        totals = np.take_along_axis(longer, best, axis=1)
        beginning, token = np.divmod(best, len(model.task.tokens))
        rows = (np.arange(count)[:, None] * width + beginning).ravel()
        written = np.hstack([written[rows], token.reshape(-1, 1)])
        carried = {name: values[rows] for name, values in carried.items()}
    found = written[:, 1:].reshape(count, width, -1).tolist()
    return [
        [
            Hypothesis(_text(model, ids), total, tuple(ids))
            for ids, total in zip(answers, scored, strict=True)
            if total > -math.inf
        ]
        for answers, scored in zip(found, totals.tolist(), strict=True)
    ]


def sample(model: "Seq2Seq", problems: Iterable[str], temperature: float, seed: int) -> list[str]:
    """Return an answer to each problem, in reading order, whose tokens are drawn by chance.

    The logarithms of a distribution are divided by ``temperature`` before a token is drawn from
    it: at 1 each comes as often as the model says, near 0 only the most probable one, as in greedy
    decoding. The same seed draws the same answers.

    Raises:
        TypeError, ValueError: like `problems.batch`; ``temperature`` is no number above 0;
            ``seed`` is none from 0 to `LARGEST_SEED`; what the decoder gives is no distribution.
    """
    if not is_number(temperature) or not 0 < temperature < math.inf:
        raise ValueError(
            say("A temperature is a number above 0, not {given}.", given=repr(temperature))
        )
    random = np.random.default_rng(check_seed(seed))
    written, carried = _start(model, problems, 1)
    for _ in range(model.task.answer_length):
        scores, carried = _step(model, written, carried)
        behind = scores - scores.max(axis=1, keepdims=True)
        # With Gumbel noise on each score, the largest is a draw from the softmax of the scores.
        noisy = behind + temperature * random.gumbel(size=scores.shape)
        written = np.hstack([written, noisy.argmax(axis=1, keepdims=True)])
    return [_text(model, ids) for ids in written[:, 1:].tolist()]


def _start(model: "Seq2Seq", problems: Iterable[str], copies: int) -> tuple[np.ndarray, Carried]:
    """Return the first token, axes (row, time 1), and what the decoder starts with, by name.

    Each problem has so many rows, one below the other.
    """
    ids = problems_.batch(problems, reverse=model.reverse, task=model.task).encoder_input
    model.step(model.task.pad, model.begin(ids[0]))  # raises if it gives no distribution
    carried = {
        name: np.repeat(np.asarray(values), copies, axis=0)
        for name, values in model.encode(ids).items()
    }
    return np.full((len(ids) * copies, 1), model.task.pad), carried


def _step(model: "Seq2Seq", written: np.ndarray, carried: Carried) -> tuple[np.ndarray, Carried]:
    """Return the logarithm of the probability of each next token, axes (row, token).

    ``written`` has the axes (row, time). With it comes what the decoder carries on, by name.
    """
    given = model.decode(written[:, -1:].astype(np.int32), carried)
    after = {name: np.asarray(given.get(name, values)) for name, values in carried.items()}
    distribution = np.array(given["distribution"], np.float32)[:, 0]
    ended = (written == model.task.eos).any(axis=1)
    distribution[ended] = np.arange(distribution.shape[1]) == model.task.pad
    with np.errstate(divide="ignore"):
        return np.log(distribution), after


def _text(model: "Seq2Seq", ids: list[int]) -> str:
    return model.task.decode(ids)[:: -1 if model.reverse else 1]
