"""The encoder stepper with a kernel: Keras computes, Python sets and observes."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import keras
import numpy as np
import pytest
import traitlets

from helpers import decoding, problems
from helpers.model import seq2seq
from helpers.pictures import PAGE
from helpers.task import TASKS
from helpers.vocabulary import TOKENS
from helpers.widgets import EncoderStepper
from helpers.widgets.models import OWN
from tests.messages import ONE_SENTENCE
from tests.models import load

STORED = {"notes": "arithmetic", "sums": "sums", "grown": "arithmetic"}
"""Three stored models and their tasks."""


def own(embedding_dim: int = 3, units: int = 4) -> EncoderStepper:
    """Return a stepper of an untrained model, the same on every call."""
    keras.utils.set_random_seed(0)
    return EncoderStepper(replace(seq2seq(embedding_dim, units), task=TASKS["sums"], trained=True))


def sent(stepper: EncoderStepper) -> dict[str, Any]:
    """Return what a page or a notebook gets, as it arrives there."""
    return json.loads(json.dumps(stepper.get_state()))


def on_map(state: np.ndarray, plane: dict[str, Any]) -> np.ndarray:
    """Return where a state lies, axes (component), as the page computes it."""
    return np.array(plane["directions"]) @ (state - np.array(plane["mean"]))


@pytest.mark.slow
@pytest.mark.parametrize("name", STORED)
def test_it_reads_as_keras_does(name: str) -> None:
    """The last state is the encoder's output, for each example; all steps reach the page."""
    encoder = load(name).encoder
    stepper = EncoderStepper(name)
    for problem in stepper.examples:
        stepper.problem = problem
        reading = sent(stepper)["reading"]
        reverse = name == "grown"
        ids = problems.arrays(problem, reverse=reverse).encoder_input
        assert reading["model"] == name
        assert reading["reverse"] == reverse
        assert [step["token"] for step in reading["steps"]] == ids.tolist()
        context = encoder(ids[None]).numpy()[0]
        assert reading["steps"][-1]["after"] == pytest.approx(context, abs=1e-5)
        for before, after in zip(reading["steps"], reading["steps"][1:], strict=False):
            assert after["before"] == before["after"]


@pytest.mark.parametrize("name", STORED)
def test_the_map(name: str) -> None:
    """Its dots are context vectors of held-out problems, on the plane in which they spread most."""
    encoder = load(name).encoder
    (plane,) = EncoderStepper(name).maps
    assert 150 <= len(plane["problems"]) == len(plane["points"]) <= 200
    assert set(plane["problems"]) <= set(problems.split(STORED[name]).test)
    assert plane["heldOut"]
    asked = problems.batch(plane["problems"], reverse=name == "grown").encoder_input
    contexts = encoder(asked).numpy()
    directions = np.array(plane["directions"])
    assert directions @ directions.T == pytest.approx(np.eye(2), abs=1e-5)
    found = np.stack([on_map(context, plane) for context in contexts])
    assert np.array(plane["points"]) == pytest.approx(found, abs=0.006)
    variance = ((contexts - contexts.mean(axis=0)) ** 2).sum()
    assert plane["share"] == pytest.approx((found**2).sum(axis=0) / variance, abs=1e-3)
    assert plane["share"][0] > plane["share"][1] > 0


def test_the_map_of_the_sums_is_a_number_line() -> None:
    """What a reader is told to look for is there: neighbours on the map have near answers."""
    (plane,) = EncoderStepper("sums").maps
    points = np.array(plane["points"])
    sums = np.array([int(problems.solve(problem)) for problem in plane["problems"]])
    order = sums[np.argsort(points[:, 0])]
    assert abs(np.corrcoef(order, np.arange(len(order)))[0, 1]) > 0.95


@pytest.mark.parametrize(
    ("name", "problem", "answer"),
    [("notes", "50+9", 60), ("notes", "50-9", 40), ("notes", "123+456", 120)],
)
def test_what_the_chapter_says_of_the_map(name: str, problem: str, answer: int) -> None:
    """A problem ends among dots with such answers, and so many dots there are."""
    stepper = EncoderStepper(name, problem=problem)
    (plane,) = stepper.maps
    assert len(plane["problems"]) == 167
    away = np.array(plane["points"]) - on_map(stepper.reading.context, plane)
    nearest = np.linalg.norm(away, axis=1).argsort()[:3]
    answers = [int(problems.solve(plane["problems"][place])) for place in nearest]
    assert answers == pytest.approx([answer] * 3, abs=6)


def test_python_sets_and_observes() -> None:
    """A new problem or model starts over; each change gives a new reading."""
    stepper = EncoderStepper("notes", "sums")
    seen = []
    stepper.observe(
        lambda change: seen.append(change.name), ["problem", "model", "step", "reading"]
    )
    assert (stepper.problem, stepper.model, stepper.step) == ("50+9", "notes", 0)
    stepper.step = 5
    stepper.problem = "3-71"
    assert (stepper.reading.problem, stepper.step) == ("3-71", 0)
    notes = stepper.reading.context
    stepper.step = 8
    stepper.model = "sums"
    assert stepper.step == 0
    assert not np.allclose(stepper.reading.context, notes)
    assert {"problem", "model", "step", "reading"} <= set(seen)


def test_what_a_page_needs() -> None:
    """Models and maps by name, not what the page computes by itself; small enough to carry."""
    state = sent(EncoderStepper("notes", "sums"))
    assert state["computed"] == ["reading"]
    assert [record["name"] for record in state["models"]] == ["notes", "sums"]
    assert [plane["name"] for plane in state["maps"]] == ["notes", "sums"]
    assert len(json.dumps(state["maps"])) < 12_000
    for name in ("models", "maps", "problem", "step", "examples"):
        assert name in state


def test_the_picture_where_nothing_runs() -> None:
    """The states as a picture, and a table with a row for each of the eight tokens."""
    stepper = EncoderStepper("notes", problem="3-71")
    data, _ = stepper._repr_mimebundle_()
    page = ElementTree.fromstring(f"<div>{data[PAGE]}</div>")
    (picture,) = [part for part in page if part.get("role") == "img" or part.findall(".//*[@role]")]
    assert "after each token of 3-71" in ElementTree.tostring(picture, encoding="unicode")
    rows = page.findall("table/tbody/tr")
    read = problems.arrays("3-71").encoder_input
    assert [row.findtext("td[2]") for row in rows] == [TOKENS[token] for token in read]


@pytest.mark.slow
@pytest.mark.parametrize("problem", ["", "50*9", "٣+٤", "😀", "050+9", "1000+1", "5+", "1" * 50])
def test_a_bad_problem_leaves_all_as_it_was(problem: str) -> None:
    """One sentence says what is allowed; the last good state stays."""
    stepper = own()
    stepper.problem = "3-71"
    stepper.step = 4
    before = sent(stepper)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        stepper.problem = problem
    assert sent(stepper) == before


@pytest.mark.parametrize(("name", "value"), [("step", 9), ("step", -1), ("model", "grown")])
def test_other_bad_values(name: str, value: Any) -> None:
    """So with a step that is none of the eight, and a model that is not there."""
    stepper = own()
    before = sent(stepper)
    with pytest.raises((ValueError, traitlets.TraitError), match=ONE_SENTENCE):
        setattr(stepper, name, value)
    assert sent(stepper) == before


def test_what_it_is_made_of_is_checked() -> None:
    """Unknown names, bad problems, bad examples: one sentence each."""
    calls = [
        lambda: EncoderStepper("nobody"),
        lambda: EncoderStepper("notes", problem="5*5"),
        lambda: EncoderStepper("notes", examples=["50+9", "x"]),
    ]
    for call in calls:
        with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
            call()


def test_a_broken_model_has_no_map() -> None:
    """Weights that are no numbers are named as the reason; until then the last map stays."""
    keras.utils.set_random_seed(0)
    model = seq2seq(2, 3)
    stepper = EncoderStepper(model)
    before = sent(stepper)
    model.encoder.set_weights([values * np.nan for values in model.encoder.get_weights()])
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        stepper.refresh()
    assert sent(stepper) == before
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        EncoderStepper(model)


def test_two_steppers_are_independent() -> None:
    """What is done to one leaves the other as it was."""
    first, second = own(), own()
    before = sent(second)
    first.problem = "1+1"
    first.step = 3
    assert sent(second) == before


def test_after_more_training() -> None:
    """With `refresh` weights, map and reading are those of now."""
    keras.utils.set_random_seed(0)
    model = replace(seq2seq(3, 4), task=TASKS["sums"], trained=True)
    stepper = EncoderStepper(model)
    before = sent(stepper)
    model.encoder.set_weights([values * -2 for values in model.encoder.get_weights()])
    stepper.refresh()
    after = sent(stepper)
    for name in ("models", "maps", "reading"):
        assert after[name] != before[name]
    context = decoding.context_vector(model, "50+9")
    assert stepper.reading.context == pytest.approx(context, abs=1e-6)
    assert stepper.model == OWN


@pytest.mark.parametrize("units", [1, 2, 64])
def test_any_size(units: int) -> None:
    """A model with a single unit has a map too: a line."""
    stepper = own(2, units)
    plane = stepper.maps[0]
    assert np.shape(plane["directions"]) == (2, units)
    assert np.shape(plane["mean"]) == (units,)
    assert on_map(stepper.reading.context, plane).shape == (2,)
    if units == 1:
        assert plane["share"] == [1, 0]


def test_weights_that_say_nothing() -> None:
    """Where all context vectors are the same, all dots lie in one place."""
    model = seq2seq(2, 3)
    model.encoder.set_weights([values * 0 for values in model.encoder.get_weights()])
    (plane,) = EncoderStepper(model).maps
    assert not np.any(plane["points"])
    assert plane["share"] == [0, 0]
    assert not plane["heldOut"]
