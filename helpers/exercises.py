"""The checks behind the exercises: each says what is wrong with an answer.

``check(name, answer)`` returns a `Verdict`, which a notebook shows as one sentence. An answer is a
value or a function, as the exercise asks; a function is tried on inputs of the check's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers import decoding, pretrained, problems
from helpers.numbers import is_number
from helpers.say import say
from helpers.vocabulary import EOS, PAD

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

Check = Callable[[Any], str | None]

_checks: dict[str, Check] = {}


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and the sentence that says so."""

    right: bool
    """Whether the answer is right."""
    sentence: str
    """``"Right."``, or what is wrong with it."""

    def __repr__(self) -> str:
        return self.sentence


def check(name: str, answer: object) -> Verdict:
    """Return the verdict on ``answer`` to the exercise ``name``.

    ``...`` stands for an answer not yet given. An exception that the reader's function raises
    becomes part of the verdict.

    Raises:
        ValueError: there is no exercise of that name.
    """
    if name not in _checks:
        raise ValueError(
            say(
                "An exercise is one of {names}, not {given}.",
                names=", ".join(map(repr, _checks)),
                given=repr(name),
            )
        )
    if answer is ...:
        return Verdict(False, say("Not answered yet: replace the three dots."))
    try:
        fault = _checks[name](answer)
    except Exception as error:
        fault = say(
            "your answer raised {kind}: {message}",
            kind=type(error).__name__,
            message=(str(error).splitlines() or [""])[0].rstrip("."),
        )
    if fault is None:
        return Verdict(True, say("Right."))
    return Verdict(False, say("Not yet: {fault}.", fault=fault))


@lru_cache(maxsize=1)
def _trained() -> Seq2Seq:
    return pretrained.load("notes")


def names() -> tuple[str, ...]:
    """Return the names of all exercises in the order of the chapters."""
    return tuple(_checks)


def _exercise(name: str) -> Callable[[Check], Check]:
    def register(function: Check) -> Check:
        _checks[name] = function
        return function

    return register


# Embeddings


@_exercise("one-hot-lookup")
def _one_hot_lookup(look_up: Any) -> str | None:
    matrix = np.random.default_rng(1).normal(size=(14, 5))
    for ids in ([2, 0, 1], [13], [7, 7, 12, 0]):
        found = np.asarray(look_up(matrix, ids))
        if found.shape != (len(ids), 5):
            return say(
                "for the ids {ids} the shape is {wanted}, yours is {given}",
                ids=ids,
                wanted=(len(ids), 5),
                given=found.shape,
            )
        if not np.allclose(found, matrix[ids]):
            wrong = next(
                token
                for token, row in zip(ids, found, strict=True)
                if not np.allclose(row, matrix[token])
            )
            return say(
                "for the ids {ids} the row of id {wrong} is another one", ids=ids, wrong=wrong
            )
    return None


@_exercise("nearest-token")
def _nearest_token(nearest: Any) -> str | None:
    generator = np.random.default_rng(2)
    for _ in range(5):
        matrix = generator.normal(size=(14, 5))
        for token in range(14):
            away = np.linalg.norm(matrix - matrix[token], axis=1)
            away[token] = np.inf
            found, wanted = nearest(matrix, token), int(away.argmin())
            if found == token:
                return say("your function returns the token itself, which is at distance 0")
            if found != wanted:
                return say(
                    "for token {token} you found {found} at distance {far}, but {wanted} is "
                    "nearer, at {near}",
                    token=token,
                    found=found,
                    far=f"{away[int(found)]:.2f}",
                    wanted=wanted,
                    near=f"{away[wanted]:.2f}",
                )
    return None


@_exercise("embedding-size")
def _embedding_size(numbers: Any) -> str | None:
    return _number(
        numbers,
        14 * 16,
        {
            14 + 16: say("rows and columns are multiplied, not added"),
            14 * 5: say("that is the size for 5 columns, the question is about 16"),
            13 * 16: say("there is a row for id 0 too"),
        },
    )


# Encoder


@_exercise("padding")
def _padding(ids: Any) -> str | None:
    wanted = problems.arrays("7-12").encoder_input.tolist()
    given = list(np.asarray(ids).tolist())
    if len(given) != len(wanted):
        return say("the encoder reads 8 ids, yours are {given}", given=len(given))
    if EOS not in given:
        return say("the sequence has no EOS (13) at its end")
    if given[-1] == PAD:
        return say("the PAD (12) belongs in front, so that the problem ends where the reading ends")
    if given != wanted:
        place = next(n for n, (a, b) in enumerate(zip(given, wanted, strict=True)) if a != b)
        return say(
            "at place {place} stands {given}, which is not what '7-12' has there",
            place=place,
            given=given[place],
        )
    return None


@_exercise("gru-size")
def _gru_size(count: Any) -> str | None:
    for dim, units in ((5, 16), (16, 64), (2, 3)):
        given = count(dim, units)
        wanted = 3 * units * (dim + units + 2)
        if given == 3 * units * (dim + units + 1):
            return say(
                "Keras keeps two biases for each of the three parts, one for x and one for h"
            )
        if given * 3 == wanted:
            return say("there are three of everything: update gate, reset gate, candidate")
        if given != wanted:
            return _other_count(dim, units, wanted, given)
    return None


@_exercise("plain-layer")
def _plain_layer(layer: Any) -> str | None:
    generator = np.random.default_rng(4)
    for steps, dim, units in ((4, 3, 2), (8, 5, 16)):
        inputs, kernel = generator.normal(size=(steps, dim)), generator.normal(size=(dim, units))
        recurrent = generator.normal(size=(units, units))
        wanted, state = [], np.zeros(units)
        for x in inputs:
            state = np.tanh(x @ kernel + state @ recurrent)
            wanted.append(state)
        given = np.asarray(layer(inputs, kernel, recurrent))
        if given.shape == (units,):
            return say("that is one state, and the states after all time steps are asked for")
        if given.shape != (steps, units):
            return say(
                "the states have the axes (time, units) = {wanted}, yours the shape {given}",
                wanted=(steps, units),
                given=given.shape,
            )
        if not np.allclose(given[0], wanted[0]):
            return say("already the first state is another: it comes from zeros")
        if np.allclose(given, np.tanh(inputs @ kernel)):
            return say("your states do not look at the state before")
        if not np.allclose(given, wanted):
            return say("the first state is right, and a later one is not")
    return None


@_exercise("last-state")
def _last_state(pick: Any) -> str | None:
    for shape in ((2, 8, 16), (1, 5, 3)):
        states = np.random.default_rng(3).normal(size=shape)
        given = np.asarray(pick(states))
        wanted = states[:, -1]
        if given.shape != wanted.shape:
            return say(
                "from {states} comes (batch, units) = {wanted}, yours is {given}",
                states=shape,
                wanted=wanted.shape,
                given=given.shape,
            )
        if np.allclose(given, states[:, 0]) and shape[1] > 1:
            return say("that is the state after the first token, the last is asked for")
        if not np.allclose(given, wanted):
            return say("the shape is right, but the numbers are not those of the last time step")
    return None


# Decoder


@_exercise("shift-right")
def _shift_right(shift: Any) -> str | None:
    for text in ("50+9", "999+999", "0-999", "1-1"):
        _, wanted, target = problems.arrays(text)
        ids = target.argmax(axis=-1).tolist()
        given = list(np.asarray(shift(ids)).tolist())
        if len(given) != len(wanted):
            return say("the decoder reads 5 ids, yours are {given}", given=len(given))
        if given == [*ids[1:], PAD]:
            return say("that is one step early; PAD comes in at the front")
        if given[0] != PAD:
            return say("every answer starts from PAD (12), yours from {given}", given=given[0])
        if given != wanted.tolist():
            return say(
                "for {ids} comes {wanted}, yours is {given}",
                ids=ids,
                wanted=wanted.tolist(),
                given=given,
            )
    return None


@_exercise("greedy-loop")
def _greedy_loop(answer: Any) -> str | None:
    model = _trained()
    asked = ["50+9", "3-71", "99+99", "0-0", *problems.split("arithmetic").test[::200]]
    for problem, wanted in zip(asked, decoding.answers(model, asked), strict=True):
        given = answer(model, problem)
        if not isinstance(given, str):
            return say(
                "the answer is a text such as '59', yours is {kind}", kind=type(given).__name__
            )
        if "EOS" in given or "PAD" in given:
            return say(
                "for {problem} the text ends before EOS, yours is {given}",
                problem=repr(problem),
                given=repr(given),
            )
        if given != wanted:
            return say(
                "for {problem} the model answers {wanted}, yours is {given}",
                problem=repr(problem),
                wanted=repr(wanted),
                given=repr(given),
            )
    return None


@_exercise("first-mistake")
def _first_mistake(find: Any) -> str | None:
    target = [5, 9, EOS, PAD, PAD]
    for choices, wanted, why in (
        ([5, 9, EOS, PAD, PAD], None, say("all five tokens are right there")),
        ([5, 8, EOS, PAD, PAD], 2, say("the second token is the wrong one")),
        ([4, 8, EOS, PAD, PAD], 1, say("only the first mistake counts, and steps count from 1")),
        ([5, 9, 0, PAD, PAD], 3, say("a digit instead of EOS is a mistake too")),
        ([5, 9, EOS, 3, 3], None, say("what comes after EOS is no part of the answer")),
    ):
        given = find(choices, target)
        if given != wanted:
            return say(
                "for the choices {choices} comes {wanted}, yours is {given}: {why}",
                choices=choices,
                wanted=wanted,
                given=given,
                why=why,
            )
    return None


# Training


@_exercise("exact-match")
def _exact_match(score: Any) -> str | None:
    target = problems.batch(["50+9", "9+1", "0-3", "7+0"]).target.argmax(axis=-1)
    choices = target.copy()
    if score(choices, target) != 1:
        return say("all answers right is 1.0")
    choices[0, 1] = 8
    if np.isclose(float(score(choices, target)), 19 / 20):
        return say(
            "that is the share of right tokens; one wrong token makes the whole answer wrong"
        )
    if not np.isclose(float(score(choices, target)), 3 / 4):
        return say("one wrong answer of four is 0.75")
    choices[1, 4] = 0
    if not np.isclose(float(score(choices, target)), 3 / 4):
        return say("a token after EOS is no part of the answer and makes no mistake")
    return None


@_exercise("first-loss")
def _first_loss(loss: Any) -> str | None:
    return _number(
        loss,
        float(np.log(10)),
        {
            float(np.log(14)): say(
                "log 14 is for fourteen equally likely tokens, here they are ten"
            ),
            0.1: say("that is the probability, the loss is its negative logarithm"),
            -float(np.log(10)): say("the loss is the negative logarithm, so it is positive"),
            1.0: say("use the natural logarithm, np.log"),
            float(np.log2(10)): say("use the natural logarithm, np.log"),
        },
    )


@_exercise("mask")
def _mask(weigh: Any) -> str | None:
    texts = ["50+9", "999+999", "1-1"]
    target = problems.batch(texts).target
    wanted = problems.weights_up_to_eos(target)
    given = np.asarray(weigh(target.argmax(axis=-1)), dtype=float)
    if given.shape != wanted.shape:
        return say(
            "the weights have the axes (batch, time) = {wanted}, yours {given}",
            wanted=wanted.shape,
            given=given.shape,
        )
    if np.array_equal(given, 1 - wanted):
        return say("the weights are the wrong way round: 1 where the loss counts")
    if np.array_equal(given, wanted * (target.argmax(axis=-1) != EOS)):
        return say("EOS counts too: the model has to learn where to stop")
    if not np.array_equal(given, wanted):
        row = int((given != wanted).any(axis=1).argmax())
        return say(
            "for {problem} comes {wanted}, yours is another row",
            problem=repr(texts[row]),
            wanted=wanted[row].astype(int).tolist(),
        )
    return None


# Implementation


@_exercise("model-size")
def _model_size(count: Any) -> str | None:
    for dim, units in ((5, 16), (16, 64)):
        embedding, gru, dense = 14 * dim, 3 * units * (dim + units + 2), (units + 1) * 14
        given = count(dim, units)
        for missing, hint in (
            (embedding, say("one embedding is missing")),
            (gru, say("one GRU of encoder or decoder is missing")),
            (dense, say("one softmax layer is missing")),
        ):
            if given == embedding + 2 * gru + dense - missing:
                return hint
        if given == 2 * embedding + 2 * gru + dense:
            return say("the embedding is shared, so it counts once")
        if given == embedding + 2 * gru + dense - 14:
            return say("the softmax layer has a bias for each token")
        if given != embedding + 2 * gru + dense:
            return _other_count(dim, units, embedding + 2 * gru + dense, given)
    return None


@_exercise("softmax")
def _softmax(softmax: Any) -> str | None:
    for logits in ([0.0, 0.0], [1.0, 2.0, 3.0], [-5.0, 0.5, 4.0, 4.0], [1000.0, 999.0]):
        with np.errstate(all="ignore"):
            given = np.asarray(softmax(np.array(logits)), dtype=float)
        wanted = np.exp(np.array(logits) - max(logits))
        wanted /= wanted.sum()
        if given.shape != wanted.shape:
            return say(
                "there is a probability for each logit, {wanted}, yours are {given}",
                wanted=len(logits),
                given=given.size,
            )
        if np.isnan(given).any():
            return say(
                "for {logits} exp overflows; take the largest logit away from all of them first",
                logits=logits,
            )
        if not np.isclose(given.sum(), 1):
            return say(
                "for {logits} the probabilities sum to 1, yours to {given}",
                logits=logits,
                given=f"{given.sum():.3f}",
            )
        if not np.allclose(given, wanted):
            return say(
                "for {logits} comes {wanted}", logits=logits, wanted=wanted.round(3).tolist()
            )
    return None


@_exercise("loss-from-logits")
def _loss_from_logits(loss: Any) -> str | None:
    for logits, token in (
        ([0.0, 0.0], 0),
        ([1.0, 2.0, 3.0], 0),
        ([-5.0, 0.5, 4.0, 4.0], 3),
        ([1000.0, 0.0], 1),
    ):
        with np.errstate(all="ignore"):
            given = float(loss(np.array(logits), token))
        lowered = np.array(logits) - max(logits)
        wanted = float(np.log(np.exp(lowered).sum()) - lowered[token])
        if np.isclose(given, -wanted):
            return say("the loss is the negative logarithm, so it is never below zero")
        if np.isclose(given, np.exp(-wanted)) and wanted:
            return say("that is the probability, the loss is its negative logarithm")
        if not np.isfinite(given):
            return say(
                "for {logits} there comes {given}; take the largest logit away from all of them "
                "first, and no logarithm of the probability itself",
                logits=logits,
                given=given,
            )
        if not np.isclose(given, wanted):
            return say(
                "for {logits} and token {token} comes {wanted}, yours is {given}",
                logits=logits,
                token=token,
                wanted=f"{wanted:.3f}",
                given=f"{given:.3f}",
            )
    return None


# Making it better


@_exercise("warmup-cosine")
def _warmup_cosine(rate: Any) -> str | None:
    for update, wanted, why in (
        (0, 0.0, say("the first update has the rate 0")),
        (5, 0.1, say("after half of the warm-up it is half of the peak")),
        (10, 0.2, say("at the end of the warm-up it is the peak")),
        (55, 0.1, say("in the middle of the rest it is half of the peak")),
        (100, 0.0, say("at the end it is 0 again")),
        (28, 0.1 * (1 + np.cos(np.pi / 5)), say("between, it follows the cosine")),
    ):
        given = float(rate(update, 100, 0.2))
        if not np.isclose(given, wanted):
            return say(
                "for update {update} of 100 and a peak of 0.2 comes {wanted}, yours is {given}: "
                "{why}",
                update=update,
                wanted=f"{wanted:.3f}",
                given=f"{given:.3f}",
                why=why,
            )
    return None


@_exercise("adam")
def _adam(update: Any) -> str | None:
    w, m, s = 1.0, 0.0, 0.0
    for number, g in enumerate((0.5, -0.1, 0.3), 1):
        given = tuple(map(float, update(w, g, m, s, number)))
        if len(given) != 3:
            return say(
                "there are three results, the new w, m and s, yours are {count}", count=len(given)
            )
        new_m, new_s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
        rate = 0.001 * np.sqrt(1 - 0.999**number) / (1 - 0.9**number)
        new_w = w - rate * new_m / (np.sqrt(new_s) + 1e-7)
        if not np.isclose(given[1], new_m):
            return say(
                "after update {number} the average of the gradients is another", number=number
            )
        if not np.isclose(given[2], new_s):
            return say("after update {number} the average of the squares is another", number=number)
        if np.isclose(given[0], w - 0.001 * new_m / (np.sqrt(new_s) + 1e-7), rtol=1e-9):
            return say("the fraction with i is missing, which makes up for the start at zero")
        if not np.isclose(given[0], new_w, rtol=1e-9):
            return say(
                "the averages are right, and w is another after update {number}", number=number
            )
        w, m, s = new_w, new_m, new_s
    return None


# Back through time


@_exercise("plain-back")
def _plain_back(back: Any) -> str | None:
    generator = np.random.default_rng(5)
    delta, h = generator.normal(size=(2, 3, 4))
    h, recurrent = np.tanh(h), generator.normal(size=(4, 4))
    given = np.asarray(back(delta, h, recurrent))
    if given.shape != delta.shape:
        return say(
            "the gradient has the axes of the state, {wanted}, yours {given}",
            wanted=delta.shape,
            given=given.shape,
        )
    if np.allclose(given, delta @ recurrent.T):
        return say("the derivative of tanh is missing")
    if np.allclose(given, (delta * (1 - h * h)) @ recurrent):
        return say("back through the product it goes with R transposed")
    if np.allclose(given, (delta * (1 - np.tanh(h) ** 2)) @ recurrent.T):
        return say("h is the tanh already")
    if not np.allclose(given, (delta * (1 - h * h)) @ recurrent.T):
        return say("the shape is right, but the numbers are others")
    return None


# Beyond greedy


@_exercise("log-probability")
def _log_probability(score: Any) -> str | None:
    model = _trained()
    for problem, answer in (("50+9", "59"), ("5+4", "1"), ("3-71", "-68")):
        ids = [*model.task.encode(answer), EOS]
        steps = decoding.trace(model, problem, picks=ids).steps[: len(ids)]
        chances = [float(step.distribution[token]) for step, token in zip(steps, ids, strict=True)]
        given, wanted = float(score(model, problem, answer)), float(np.log(chances).sum())
        if np.isclose(given, wanted, atol=1e-3):
            continue
        if np.isclose(given, np.prod(chances), atol=1e-4):
            return say("that is the probability itself, its logarithm is asked for")
        if np.isclose(given, np.log(chances[:-1]).sum(), atol=1e-3):
            return say("EOS is part of the answer and has a probability as well")
        return say(
            "for {problem} and {answer} comes {wanted}, yours is {given}",
            problem=repr(problem),
            answer=repr(answer),
            wanted=f"{wanted:.3f}",
            given=f"{given:.3f}",
        )
    return None


@_exercise("keep-best")
def _keep_best(keep: Any) -> str | None:
    flat, steep = np.full((2, 14), 0.005)
    flat[8], flat[9], steep[3] = 0.44, 0.5, 0.935
    generator = np.random.default_rng(4)
    for chances, distributions, width in (
        ([0.7, 0.3], [flat, steep], 2),  # both of the best go on from the first beginning
        (generator.dirichlet(np.ones(3)), generator.dirichlet(np.ones(14), size=3), 4),
    ):
        totals, scores = np.log(chances), np.log(distributions)
        given = [(int(beginning), int(token)) for beginning, token in keep(totals, scores, width)]
        wanted = _best_pairs(totals[:, np.newaxis] + scores, width)
        if given == wanted:
            continue
        if len(given) != width:
            return say(
                "there are {wanted} pairs to keep, yours are {given}",
                wanted=width,
                given=len(given),
            )
        if sorted(given) == sorted(wanted):
            return say("these are the right pairs, but the best one comes first")
        if given == _best_pairs(scores, width):
            return say("how probable the beginning was counts as well: add totals to scores")
        if len({beginning for beginning, _ in given}) == width:
            return say("the best pairs of all are kept, also if several have the same beginning")
        return say("the best pairs are {wanted}, yours {given}", wanted=wanted, given=given)
    return None


def _best_pairs(scores: np.ndarray, width: int) -> list[tuple[int, int]]:
    """Return the places of the highest scores, axes (beginning, token), highest first."""
    rows, columns = np.unravel_index(np.argsort(-scores, axis=None)[:width], scores.shape)
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _other_count(dim: int, units: int, wanted: int, given: object) -> str:
    return say(
        "count({dim}, {units}) is {wanted}, yours is {given}",
        dim=dim,
        units=units,
        wanted=wanted,
        given=given,
    )


def _number(given: Any, wanted: float, known: dict[float, str]) -> str | None:
    if not is_number(given):
        return say("the answer is a number, yours is {kind}", kind=type(given).__name__)
    if np.isclose(float(given), wanted, rtol=1e-3):
        return None
    for value, why in known.items():
        if np.isclose(float(given), value, rtol=1e-3):
            return why
    return say("it is not {given}", given=given)
