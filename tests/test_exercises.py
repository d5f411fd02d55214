"""The checks behind the exercises: right answers pass, wrong ones hear what is wrong."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from helpers import decoding, exercises, pretrained, problems, records
from helpers.model import Seq2Seq
from helpers.vocabulary import EOS, PAD, TOKENS, decode, encode
from tests.models import load


def look_up(matrix: np.ndarray, ids: Sequence[int]) -> np.ndarray:
    """Look rows up as one-hot @ matrix."""
    return np.eye(len(matrix))[ids] @ matrix


def nearest(matrix: np.ndarray, token: int) -> int:
    """Return the nearest other row."""
    away = np.linalg.norm(matrix - matrix[token], axis=1)
    away[token] = np.inf
    return int(away.argmin())


def greedy(model: Seq2Seq, problem: str) -> str:
    """Answer a problem in a loop of single steps."""
    state, token, text = decoding.context_vector(model, problem), PAD, ""
    for _ in range(5):
        distribution, state = decoding.step(model, token, state)
        token = int(distribution.argmax())
        if token == EOS:
            break
        text += TOKENS[token]
    return text


def first_mistake(choices: Sequence[int], target: Sequence[int]) -> int | None:
    """Return the first wrong time step up to EOS, from 1."""
    for step, (choice, wanted) in enumerate(zip(choices, target, strict=True), start=1):
        if choice != wanted:
            return step
        if wanted == EOS:
            return None
    return None


def exact_match(choices: np.ndarray, target: np.ndarray) -> float:
    """Return the share of answers that are right up to EOS."""
    return float(((choices == target) | (target == PAD)).all(axis=1).mean())


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities, safe against overflow."""
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def loss_of(logits: np.ndarray, token: int) -> float:
    """Return the cross-entropy from logits, safe against overflow."""
    lowered = logits - np.max(logits)
    return float(np.log(np.exp(lowered).sum()) - lowered[token])


def plain_layer(inputs: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray) -> np.ndarray:
    """Return the states of a plain recurrent layer."""
    states = [np.zeros(len(recurrent))]
    for x in inputs:
        states.append(np.tanh(x @ kernel + states[-1] @ recurrent))
    return np.array(states[1:])


def rate_of(update: int, updates: int, peak: float) -> float:
    """Warm up, then follow a cosine."""
    warmup = updates / 10
    if update < warmup:
        return peak * update / warmup
    return peak * (1 + np.cos(np.pi * (update - warmup) / (updates - warmup))) / 2


def adam(w: float, g: float, m: float, s: float, i: int) -> tuple[float, float, float]:
    """Make one update of Adam."""
    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
    rate = 0.001 * np.sqrt(1 - 0.999**i) / (1 - 0.9**i)
    return w - rate * m / (np.sqrt(s) + 1e-7), m, s


def adam_uncorrected(w: float, g: float, m: float, s: float, i: int) -> tuple[float, float, float]:
    """Forget that the averages start at zero."""
    _, m, s = adam(w, g, m, s, i)
    return w - 0.001 * m / (np.sqrt(s) + 1e-7), m, s


def raises(*_: object) -> None:
    """Fail, as a reader's function may."""
    raise RuntimeError("no idea")


def gru_count(dim: int, units: int) -> int:
    """Count the numbers in a GRU with two biases a gate."""
    return 3 * units * (dim + units + 2)


def model_count(dim: int, units: int, *, embeddings: int = 1, grus: int = 2) -> int:
    """Count the numbers in the whole model."""
    return 14 * dim * embeddings + grus * gru_count(dim, units) + (units + 1) * 14


def log_probability(model: Seq2Seq, problem: str, answer: str) -> float:
    """Add up the logarithms of the probabilities of the tokens, EOS included."""
    state, token, total = decoding.context_vector(model, problem), PAD, 0.0
    for following in [*encode(answer), EOS]:
        distribution, state = decoding.step(model, token, state)
        total += np.log(distribution[following])
        token = following
    return total


def without_eos(model: Seq2Seq, problem: str, answer: str) -> float:
    """Leave the last factor out."""
    state = decoding.context_vector(model, problem)
    for token in [PAD, *encode(answer)]:
        distribution, state = decoding.step(model, token, state)
    return log_probability(model, problem, answer) - float(np.log(distribution[EOS]))


def keep_best(totals: np.ndarray, scores: np.ndarray, width: int) -> list[tuple[int, int]]:
    """Sort all pairs of a beginning and a token."""
    pairs = [(totals[b] + scores[b, t], b, t) for b in range(len(totals)) for t in range(14)]
    return [(b, t) for _, b, t in sorted(pairs, reverse=True)[:width]]


def best_of_each(totals: np.ndarray, scores: np.ndarray, width: int) -> list[tuple[int, int]]:
    """Keep one token for each beginning."""
    order = np.argsort(-(totals + scores.max(axis=1)))[:width]
    return [(b, int(scores[b].argmax())) for b in order.tolist()]


def weights(ids: np.ndarray) -> np.ndarray:
    """Return 1 up to EOS and 0 for PAD."""
    return (ids != PAD).astype(float)


RIGHT: dict[str, list[Any]] = {
    "one-hot-lookup": [look_up, lambda matrix, ids: matrix[ids], lambda m, i: m[i].tolist()],
    "nearest-token": [nearest, lambda matrix, token: np.int64(nearest(matrix, token))],
    "embedding-size": [224, 224.0, np.int64(224)],
    "padding": [
        [12, 12, 12, 7, 11, 1, 2, 13],
        np.array([12, 12, 12, 7, 11, 1, 2, 13]),
        (12, 12, 12, *encode("7-12"), EOS),
    ],
    "gru-size": [gru_count],
    "last-state": [lambda states: states[:, -1], lambda states: states[:, -1, :].tolist()],
    "shift-right": [
        lambda ids: [PAD, *ids[:-1]],
        lambda ids: np.concatenate([[PAD], ids[:-1]]),
    ],
    "greedy-loop": [
        greedy,
        lambda model, text: decoding.trace(model, text).answer,
    ],
    "first-mistake": [first_mistake],
    "exact-match": [exact_match],
    "first-loss": [np.log(10), 2.302585, 2.303, -np.log(0.1)],
    "mask": [weights, lambda ids: ids != PAD, lambda ids: (ids != PAD).astype(int).tolist()],
    "model-size": [model_count],
    "softmax": [softmax, lambda logits: softmax(logits).tolist()],
    "loss-from-logits": [loss_of],
    "plain-layer": [plain_layer, lambda *given: plain_layer(*given).tolist()],
    "warmup-cosine": [rate_of],
    "adam": [adam, lambda *given: list(adam(*given))],
    "plain-back": [lambda delta, h, r: (delta * (1 - h * h)) @ r.T],
    "log-probability": [
        log_probability,
        lambda *asked: np.float32(log_probability(*asked)),
    ],
    "keep-best": [keep_best, lambda *given: np.array(keep_best(*given))],
}

WRONG: list[tuple[str, Any, str]] = [
    ("one-hot-lookup", lambda matrix, ids: matrix[: len(ids)], "row of id 2"),
    ("one-hot-lookup", lambda matrix, ids: matrix, r"shape is \(3, 5\), yours is \(14, 5\)"),
    ("one-hot-lookup", lambda matrix, ids: np.eye(14)[ids], r"yours is \(3, 14\)"),
    ("one-hot-lookup", lambda matrix, ids: matrix[sorted(ids)], "another one"),
    ("one-hot-lookup", lambda matrix, ids: None, "shape"),
    ("nearest-token", lambda matrix, token: token, "token itself"),
    ("nearest-token", lambda matrix, token: 0 if token else 1, "is nearer"),
    (
        "nearest-token",
        lambda matrix, token: int(np.linalg.norm(matrix - matrix[token], axis=1).argmax()),
        "is nearer",
    ),
    ("nearest-token", lambda matrix, token: None, "raised"),
    ("embedding-size", 30, "multiplied"),
    ("embedding-size", 70, "5 columns"),
    ("embedding-size", 208, "id 0"),
    ("embedding-size", 16, "not 16"),
    ("embedding-size", "224", "a number, yours is str"),
    ("embedding-size", True, "a number, yours is bool"),
    ("embedding-size", float("nan"), "nan"),
    ("padding", [7, 11, 1, 2, 13], "8 ids, yours are 5"),
    ("padding", [12, 12, 12, 12, 7, 11, 1, 2], "no EOS"),
    ("padding", [7, 11, 1, 2, 13, 12, 12, 12], "in front"),
    ("padding", [12, 12, 12, 7, 10, 1, 2, 13], "at place 4 stands 10"),
    ("padding", [0, 0, 0, 7, 11, 1, 2, 13], "at place 0 stands 0"),
    ("padding", "7-12", "8 ids, yours are 4"),
    ("padding", 5, "raised"),
    ("gru-size", lambda dim, units: 3 * units * (dim + units + 1), "two biases"),
    ("gru-size", lambda dim, units: units * (dim + units + 2), "three of everything"),
    ("gru-size", lambda dim, units: 4 * units * (dim + units + 1), r"count\(5, 16\) is 1104"),
    ("gru-size", lambda dim, units: 1104, r"count\(16, 64\) is 15744, yours is 1104"),
    ("gru-size", 1104, "raised TypeError"),
    ("last-state", lambda states: states, r"\(2, 16\), yours is \(2, 8, 16\)"),
    ("last-state", lambda states: states[-1], r"yours is \(8, 16\)"),
    ("last-state", lambda states: states[:, -1:], r"yours is \(2, 1, 16\)"),
    ("last-state", lambda states: states[:, 0], "first token"),
    ("last-state", lambda states: states.mean(axis=1), "last time step"),
    ("shift-right", lambda ids: ids, "starts from PAD"),
    ("shift-right", lambda ids: [PAD, *ids], "5 ids, yours are 6"),
    ("shift-right", lambda ids: ids[:-1], "5 ids, yours are 4"),
    ("shift-right", lambda ids: [*ids[1:], PAD], "one step early"),
    ("shift-right", lambda ids: np.roll(ids, 1), "starts from PAD"),
    ("shift-right", lambda ids: [EOS, *ids[:-1]], r"starts from PAD \(12\), yours from 13"),
    ("shift-right", lambda ids: [PAD, *ids[1:]], "yours is"),
    ("shift-right", lambda ids: [PAD] * 5, "yours is"),
    ("greedy-loop", lambda model, text: [5, 9], "a text such as '59', yours is list"),
    ("greedy-loop", lambda model, text: problems.solve(text) + "EOS", "before EOS"),
    ("greedy-loop", lambda model, text: "59", "'3-71' the model answers"),
    (
        "greedy-loop",
        lambda model, text: decoding.answers(model, [text])[0][::-1],
        "'50[+]9' the model answers '59', yours is '95'",
    ),
    ("first-mistake", lambda choices, target: None, "second token is the wrong one"),
    (
        "first-mistake",
        lambda choices, target: records.first_mistake(choices, target),
        "yours is 1",
    ),
    (
        "first-mistake",
        lambda choices, target: next(
            (
                n
                for n, pair in enumerate(zip(choices, target, strict=True), 1)
                if pair[0] != pair[1]
            ),
            None,
        ),
        "after EOS",
    ),
    (
        "first-mistake",
        lambda choices, target: (
            None
            if decode(choices) == decode(target)
            else max(n for n in range(1, 6) if choices[n - 1] != target[n - 1])
        ),
        "only the first|steps count from 1",
    ),
    ("exact-match", lambda choices, target: (choices == target).mean(), "share of right tokens"),
    ("exact-match", lambda choices, target: (choices == target).all(axis=1).mean(), "after EOS"),
    ("exact-match", lambda choices, target: 0.0, "all answers right"),
    ("exact-match", lambda choices, target: 1.0, "0.75"),
    ("exact-match", lambda choices, target: float((choices == target).all()), "0.75"),
    ("exact-match", lambda choices, target: (choices == target).all(axis=1), "raised ValueError"),
    ("first-loss", np.log(14), "fourteen"),
    ("first-loss", 0.1, "negative logarithm"),
    ("first-loss", -np.log(10), "positive"),
    ("first-loss", 1, "natural logarithm"),
    ("first-loss", np.log2(10), "natural logarithm"),
    ("first-loss", 7, "not 7"),
    ("first-loss", "log 10", "a number"),
    ("mask", lambda ids: ids == PAD, "wrong way round"),
    ("mask", lambda ids: (ids != PAD) & (ids != EOS), "EOS counts"),
    ("mask", np.ones_like, "for '50[+]9' comes"),
    ("mask", lambda ids: (ids != PAD)[0], r"\(3, 5\), yours \(5,\)"),
    ("mask", lambda ids: (ids != PAD).sum(), r"yours \(\)"),
    (
        "model-size",
        lambda dim, units: model_count(dim, units, embeddings=2),
        "shared, so it counts once",
    ),
    ("model-size", lambda dim, units: model_count(dim, units, embeddings=0), "one embedding is"),
    ("model-size", lambda dim, units: model_count(dim, units, grus=1), "one GRU"),
    ("model-size", lambda dim, units: 14 * dim + 2 * gru_count(dim, units), "softmax layer is"),
    ("model-size", lambda dim, units: model_count(dim, units) - 14, "bias for each token"),
    ("model-size", lambda dim, units: 2516, r"count\(16, 64\) is 32622, yours is 2516"),
    ("softmax", lambda logits: np.exp(logits), "yours to 2.000"),
    ("softmax", lambda logits: np.exp(logits) / np.exp(logits).sum(), "overflows"),
    ("softmax", lambda logits: 1 / (1 + np.exp(-logits)), "sum to 1, yours to"),
    ("softmax", lambda logits: np.eye(len(logits))[logits.argmax()], r"comes \[0.5, 0.5\]"),
    ("softmax", lambda logits: softmax(logits).max(), "a probability for each logit"),
    ("softmax", lambda logits: softmax(-logits), "comes"),
    ("loss-from-logits", lambda logits, token: -loss_of(logits, token), "never below zero"),
    ("loss-from-logits", lambda logits, token: np.exp(-loss_of(logits, token)), "probability"),
    ("loss-from-logits", lambda logits, token: -np.log(softmax(logits)[token]), "comes inf"),
    ("loss-from-logits", lambda logits, token: loss_of(logits, 0) + 1, "yours is"),
    ("plain-layer", lambda x, w, r: plain_layer(x, w, r)[-1], "one state"),
    ("plain-layer", lambda x, w, r: np.tanh(x @ w), "do not look"),
    ("plain-layer", lambda x, w, r: np.ones((len(x), len(r))), "already the first"),
    ("plain-layer", lambda x, w, r: plain_layer(x, w, r.T), "a later one"),
    ("plain-layer", lambda x, w, r: x, r"\(time, units\) = \(4, 2\)"),
    ("warmup-cosine", lambda update, updates, peak: peak, "the rate 0"),
    ("warmup-cosine", lambda n, of, peak: rate_of(n, of, peak) / 2, "half of the peak"),
    (
        "warmup-cosine",
        lambda n, of, peak: rate_of(n, of, peak) if n <= 10 else peak * (100 - n) / 90,
        "follows the cosine",
    ),
    ("adam", lambda *given: adam(*given)[0], "raised TypeError"),
    ("adam", lambda *given: adam(*given)[:2], "yours are 2"),
    ("adam", lambda w, g, m, s, i: (w, g, s), "average of the gradients"),
    ("adam", lambda w, g, m, s, i: (w, adam(w, g, m, s, i)[1], g), "average of the squares"),
    ("adam", adam_uncorrected, "fraction with i"),
    ("adam", lambda w, *others: (w - 1, *adam(w, *others)[1:]), "w is another"),
    ("plain-back", lambda delta, h, r: delta @ r.T, "derivative of tanh"),
    ("plain-back", lambda delta, h, r: (delta * (1 - h * h)) @ r, "transposed"),
    ("plain-back", lambda delta, h, r: (delta * (1 - np.tanh(h) ** 2)) @ r.T, "tanh already"),
    ("plain-back", lambda delta, h, r: delta, "numbers are others"),
    ("plain-back", lambda delta, h, r: delta[0], "yours"),
    ("log-probability", lambda *asked: np.exp(log_probability(*asked)), "probability itself"),
    ("log-probability", without_eos, "EOS is part"),
    ("log-probability", lambda *asked: -log_probability(*asked), "'50[+]9' and '59' comes -"),
    ("log-probability", lambda *asked: 0.0, "yours is 0.000"),
    ("keep-best", lambda totals, scores, width: keep_best(totals * 0, scores, width), "add totals"),
    ("keep-best", lambda *given: keep_best(*given)[::-1], "best one comes first"),
    ("keep-best", lambda *given: keep_best(*given)[:1], "2 pairs to keep, yours are 1"),
    ("keep-best", best_of_each, "same beginning"),
    ("keep-best", lambda totals, scores, width: [(0, 0), (0, 1)], "the best pairs are"),
]


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some checks load a trained model: the same one each time."""
    monkeypatch.setattr(pretrained, "load", load)


def test_every_exercise_is_tested() -> None:
    """No check without a right answer and at least three wrong ones here."""
    assert set(RIGHT) == set(exercises.names())
    for name in exercises.names():
        assert sum(wrong[0] == name for wrong in WRONG) >= 3, name


@pytest.mark.parametrize(
    ("name", "answer"), [(name, answer) for name, answers in RIGHT.items() for answer in answers]
)
def test_right_answers(name: str, answer: Any) -> None:
    """A right answer is told so, whatever it looks like."""
    verdict = exercises.check(name, answer)
    assert verdict.sentence == "Right."
    assert verdict.right


@pytest.mark.parametrize(("name", "answer", "fault"), WRONG)
def test_wrong_answers(name: str, answer: Any, fault: str) -> None:
    """A wrong answer is told its fault."""
    verdict = exercises.check(name, answer)
    assert not verdict.right
    assert re.fullmatch(r"Not yet: [^\n]+[^.]\.", verdict.sentence)
    assert re.search(fault, verdict.sentence)
    assert repr(verdict) == verdict.sentence


@pytest.mark.parametrize("name", exercises.names())
def test_not_answered(name: str) -> None:
    """The three dots of an empty answer cell are no answer."""
    verdict = exercises.check(name, ...)
    assert not verdict.right
    assert verdict.sentence.startswith("Not answered yet")


@pytest.mark.parametrize("name", exercises.names())
@pytest.mark.parametrize("answer", [raises, None, [], {}, "", object()])
def test_any_answer_gets_a_verdict(name: str, answer: Any) -> None:
    """Nothing that a reader hands in stops the notebook."""
    verdict = exercises.check(name, answer)
    assert not verdict.right
    assert verdict.sentence.startswith("Not yet: ")


def test_an_exception_is_named() -> None:
    """The reader learns what his function raised."""
    verdict = exercises.check("softmax", raises)
    assert verdict.sentence == "Not yet: your answer raised RuntimeError: no idea."


@pytest.mark.parametrize("name", ["", "Softmax", "lookup", None, 3])
def test_unknown_exercise(name: Any) -> None:
    """The exercises there are are named."""
    with pytest.raises(ValueError, match=r"\AAn exercise is one of 'one-hot-lookup'.*\.\Z"):
        exercises.check(name, 1)


def test_checks_do_not_depend_on_chance() -> None:
    """A check gives the same verdict each time, whatever numpy's own seed is."""
    sentences = set()
    for seed in (0, 1):
        np.random.seed(seed)  # noqa: NPY002
        sentences.add(exercises.check("nearest-token", lambda m, t: 0 if t else 1).sentence)
    assert len(sentences) == 1
