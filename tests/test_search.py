"""Beam search against an enumeration of all answers, sampling against the probabilities."""

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from helpers import decoding, problems, search
from helpers.model import Seq2Seq, attention, seq2seq
from helpers.task import Arithmetic
from helpers.vocabulary import EOS
from tests.messages import ONE_SENTENCE
from tests.models import forbid, load
from tests.test_architectures import filled
from tests.variants import NO_DISTRIBUTION, OTHERS

TINY = Arithmetic("tiny", 4, "+", problem_length=4, answer_length=3)
ASKED = ["0+39", "50+9", "3-71"]
EVERY = 1 + 13 + 13 * 13 * 14
"""How many answers of three tokens there are, with PAD after EOS."""


@pytest.fixture(scope="module")
def tiny() -> Seq2Seq:
    """A model with short answers; its weights are so large that it is sure of some."""
    return with_random_weights(seq2seq(3, 4, TINY))


def with_random_weights(model: Seq2Seq) -> Seq2Seq:
    """Return the model, with weights that make its answers differ."""
    random = np.random.default_rng(0)
    for variable in model.model.weights:
        variable.assign(random.normal(0, 1, variable.shape))
    return model


def enumerated(
    model: Seq2Seq, problem: str, temperature: float = 1
) -> dict[tuple[int, ...], float]:
    """Return every answer there is, PAD after EOS, with its log-probability by the teacher."""
    task = model.task
    answers = {
        (*ids[:end], *[task.pad] * (3 - end))
        for ids in itertools.product(range(14), repeat=3)
        for end in [ids.index(task.eos) + 1 if task.eos in ids else 3]
    }
    written = np.array(sorted(answers))
    shifted = np.hstack([np.full((len(written), 1), task.pad), written[:, :-1]])
    read = np.repeat(problems.batch([problem], task=task).encoder_input, len(written), axis=0)
    distributions = np.asarray(model.model([read, shifted])) ** (1 / temperature)
    distributions /= distributions.sum(axis=-1, keepdims=True)
    scores = np.log(np.take_along_axis(distributions, written[:, :, None], axis=2)[:, :, 0])
    after = np.cumsum(written == task.eos, axis=1) - (written == task.eos)
    return dict(zip(map(tuple, written.tolist()), (scores * (after == 0)).sum(axis=1), strict=True))


@pytest.mark.parametrize("name", ["step-1-notes", "notes", "sums", "grown"])
def test_one_beginning_is_greedy(name: str) -> None:
    """On all test problems, up to EOS, whichever way the model writes."""
    model = load(name)
    test = problems.split(model.task).test
    found = search.beam_search(model, test, 1)
    greedy = decoding.greedy(
        model, problems.batch(test, reverse=model.reverse, task=model.task).encoder_input
    )
    for (best,), ids in zip(found, greedy.tolist(), strict=True):
        end = ids.index(model.task.eos) + 1
        assert best.ids == (*ids[:end], *[model.task.pad] * (5 - end))
    assert [best.text for (best,) in found] == decoding.answers(model, test)


@pytest.mark.parametrize("problem", ["0+0", "4+3"])
def test_a_beam_wide_enough_finds_every_answer(tiny: Seq2Seq, problem: str) -> None:
    """Each once, with its probability, best first; together they are certain."""
    wanted = enumerated(tiny, problem)
    assert len(wanted) == EVERY
    for width in (EVERY, EVERY + 100):
        (found,) = search.beam_search(tiny, [problem], width)
        assert {one.ids: one.log_probability for one in found} == pytest.approx(wanted, abs=1e-4)
        assert len(found) == EVERY
        scores = [one.log_probability for one in found]
        assert scores == sorted(scores, reverse=True)
        assert sum(map(math.exp, scores)) == pytest.approx(1, abs=1e-4)
        assert all(one.text == TINY.decode(one.ids) for one in found)


def test_a_narrow_beam_keeps_the_best_beginnings(tiny: Seq2Seq) -> None:
    """It finds what a search by hand finds, which looks at each beginning in full."""
    wanted = enumerated(tiny, "4+3")
    for width in (2, 5):
        kept: list[tuple[int, ...]] = [()]
        for time in (1, 2, 3):
            # The probability of a beginning is that of all answers that begin so.
            mass: defaultdict[tuple[int, ...], float] = defaultdict(float)
            for ids, score in wanted.items():
                if ids[: time - 1] in kept:
                    mass[ids[:time]] += math.exp(score)
            kept = sorted(mass, key=lambda beginning: -mass[beginning])[:width]
        (found,) = search.beam_search(tiny, ["4+3"], width)
        assert [one.ids for one in found] == kept


@pytest.mark.parametrize("reverse", [False, True])
def test_all_that_is_carried_follows_its_beginning(reverse: bool) -> None:
    """A memory and a state by name: each answer has the probability that its tokens have alone."""
    model = replace(filled(partial(attention, 3, 4)), reverse=reverse)
    for problem, found in zip(ASKED, search.beam_search(model, ASKED, 4), strict=True):
        assert len({one.ids for one in found}) == 4
        for one in found:
            trace = decoding.trace(model, problem, picks=one.ids)
            length = one.ids.index(EOS) + 1 if EOS in one.ids else 5
            score = sum(
                math.log(step.distribution[token])
                for step, token in zip(trace.steps[:length], one.ids, strict=False)
            )
            assert one.log_probability == pytest.approx(score, abs=1e-4)
            assert one.text == trace.answer


def test_the_most_probable_answer_is_not_the_greedy_one() -> None:
    """The example of the chapter."""
    young = load("step-1-notes")
    (found,) = search.beam_search(young, ["0+39"], 2)
    assert [one.text for one in found] == ["40", "39"]
    assert decoding.answers(young, ["0+39"]) == ["39"]


@pytest.mark.parametrize("name", ["step-1-notes", "grown"])
def test_a_batch_is_searched_as_one_problem(name: str) -> None:
    """Problems do not mix."""
    model = load(name)
    found_together = search.beam_search(model, ASKED, 3)
    for problem, found in zip(ASKED, found_together, strict=True):
        (alone,) = search.beam_search(model, [problem], 3)
        assert [one.text for one in alone] == [one.text for one in found]
        wanted = [one.log_probability for one in alone]
        assert [one.log_probability for one in found] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("temperature", [1e-300, 1e-6])
@pytest.mark.parametrize("name", ["step-1-notes", "grown"])
def test_without_any_temperature_it_is_greedy(name: str, temperature: float) -> None:
    """Near 0 only the most probable token is drawn."""
    model = load(name)
    test = problems.split(model.task).test
    assert search.sample(model, test, temperature, 0) == decoding.answers(model, test)


@pytest.mark.parametrize("temperature", [0.5, 1, 2.0])
def test_answers_come_as_often_as_they_are_probable(tiny: Seq2Seq, temperature: float) -> None:
    """Each text, by the probabilities of all answers that say so."""
    drawn = Counter(search.sample(tiny, ["4+3"] * 20_000, temperature, 1))
    texts: defaultdict[str, float] = defaultdict(float)
    for ids, score in enumerated(tiny, "4+3", temperature).items():
        texts[TINY.decode(ids)] += math.exp(score)
    assert max(texts.values()) > 0.05
    for text, share in texts.items():
        deviation = math.sqrt(share * (1 - share) / 20_000)
        assert abs(drawn[text] / 20_000 - share) < 6 * deviation + 1e-4


def test_the_seed_decides_what_is_drawn() -> None:
    """The same answers again, and others with another seed."""
    young = load("step-1-notes")
    draws = [search.sample(young, ["0+39"] * 50, 1.0, seed) for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("width", [0, -1, 1.0, "5", None, True])
def test_a_width_is_a_whole_number(monkeypatch: pytest.MonkeyPatch, width: Any) -> None:
    """Said before a model runs."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        search.beam_search(model, ASKED, width)


@pytest.mark.parametrize("temperature", [0, -0.5, math.inf, math.nan, "1", None, True])
def test_a_temperature_is_above_0(monkeypatch: pytest.MonkeyPatch, temperature: Any) -> None:
    """Said before a model runs."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        search.sample(model, ASKED, temperature, 0)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, None, True])
def test_a_seed_is_a_whole_number(monkeypatch: pytest.MonkeyPatch, seed: Any) -> None:
    """Said before a model runs."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        search.sample(model, ASKED, 1.0, seed)


@pytest.mark.parametrize("given", ["50+9", [], ["5*9"], None, [3]])
def test_problems_are_checked(monkeypatch: pytest.MonkeyPatch, given: Any) -> None:
    """Said before a model runs."""
    model = load("notes")
    forbid(monkeypatch)
    for ask in (
        lambda: search.beam_search(model, given, 2),
        lambda: search.sample(model, given, 1.0, 0),
    ):
        with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
            ask()


@pytest.mark.parametrize("kind", NO_DISTRIBUTION)
def test_what_is_no_distribution_is_not_searched(kind: str) -> None:
    """Its numbers have no product that would be a probability."""
    model = OTHERS[kind]()
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        search.beam_search(model, ASKED, 2)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        search.sample(model, ASKED, 1.0, 0)
