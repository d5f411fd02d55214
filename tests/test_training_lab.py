"""The training lab: what a page gets, what Python sets, what is refused."""

import json
import re
from base64 import b64decode
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import traitlets

from helpers import decoding, model_file, pretrained, problems
from helpers.records import Recipe
from helpers.run import Run
from helpers.task import TASKS
from helpers.widgets import DecoderStepper, TrainingLab
from helpers.widgets.training_lab import LEARNED
from tests.messages import ONE_SENTENCE
from tests.models import load


def sent(lab: TrainingLab) -> dict[str, Any]:
    """Return what a page or a notebook gets, as it arrives there."""
    return json.loads(json.dumps(lab.get_state()))


@pytest.mark.parametrize("task", LEARNED)
def test_the_parts_of_a_task_are_those_of_the_book(task: str) -> None:
    """Two bits for each problem say in which part it is."""
    packed, learned = (sent(TrainingLab())[name][task] for name in ("parts", "tasks"))
    bits = np.frombuffer(b64decode(packed), np.uint8)
    parts = (bits[:, None] >> np.array([0, 2, 4, 6])) & 3
    assert learned == TASKS[task].data()
    numbers = range(100)
    names = [f"{a}{op}{b}" for op in learned["operators"] for a in numbers for b in numbers]
    found = dict(zip(names, parts.ravel(), strict=True))
    for number, part in enumerate(problems.split(task)):
        assert {name for name, where in found.items() if where == number} == set(part)


def test_it_begins_with_the_recipe_of_the_book() -> None:
    """With the settings of the larger model, but for the optimizer: its own rate and epochs."""
    state = sent(TrainingLab())
    recipe = asdict(pretrained.record("grown").recipe)
    same = set(recipe) & set(state) - {"seed", "learning_rate", "epochs"}
    assert len(same) == 8
    assert {name: state[name] for name in same} == {name: recipe[name] for name in same}
    assert (state["learning_rate"], state["epochs"]) == (0.03, 12)


def test_python_sets_what_the_reader_can() -> None:
    """Each setting, and the problems."""
    lab = TrainingLab(task="sums", units=16, reverse=False, watched=["1+1"] * 5)
    assert (lab.task, lab.units, lab.reverse, lab.watched[0]) == ("sums", 16, False, "1+1")
    lab.learning_rate = 0.01
    assert sent(lab)["learning_rate"] == 0.01
    lab.watched = ["５０ー９", " 1 + 1 ", "2\u20101", "3+\u200b3", "4+4"]
    assert sent(lab)["watched"] == ["50-9", "1+1", "2-1", "3+3", "4+4"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("task", "three-digit"),
        ("units", 20),
        ("units", 0),
        ("units", 136),
        ("embedding_dim", 0),
        ("embedding_dim", 65),
        ("schedule", "cosine"),
        ("schedule", "one-cycle"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", 2.0),
        ("weight_decay", -0.1),
        ("batch_size", 0),
        ("batch_size", 2000),
        ("epochs", 0),
        ("epochs", 1001),
        ("seed", -1),
        ("watched", ["50*9"] * 5),
        ("watched", ["1+1"]),
    ],
)
def test_absurd_settings_get_one_sentence(name: str, value: object) -> None:
    """And the last good ones stay."""
    lab = TrainingLab()
    before = getattr(lab, name)
    with pytest.raises((ValueError, traitlets.TraitError)) as error:
        setattr(lab, name, value)
    assert re.fullmatch(ONE_SENTENCE, str(error.value))
    assert getattr(lab, name) == before


def test_an_unknown_setting_is_refused() -> None:
    """The sentence names those there are."""
    with pytest.raises(TypeError, match=r"one of .*units.*, not layers"):
        TrainingLab(layers=2)


def test_without_scripts_a_recorded_run_stands_there() -> None:
    """As pictures that say what they show."""
    still = TrainingLab().still().page()
    assert still.count('role="img"') == 2
    assert "whole answers" in still


def test_a_page_loads_it_late() -> None:
    """Its code is no part of what a page needs at first."""
    assert sent(TrainingLab())["late"] is True


def test_what_the_page_has_trained_is_a_model_of_keras() -> None:
    """With the weights, the order and the task that the page sends."""
    lab = TrainingLab()
    with pytest.raises(ValueError, match=r"^No model is trained in this lab yet: press Train\.$"):
        _ = lab.stored
    lab.set_state({"trained": json.loads(json.dumps(model_file.packed(load("grown"))))})
    found = lab.stored
    assert (found.reverse, found.task) == (True, TASKS["arithmetic"])
    assert decoding.answers(found, ["50+9"]) == ["59"]


@pytest.mark.slow
def test_a_stepper_takes_the_model_of_a_lab() -> None:
    """As soon as it is trained, and each time anew."""
    lab = TrainingLab()
    stepper = DecoderStepper("notes", lab=lab)
    assert list(stepper.by_name) == ["notes"] and sent(stepper)["follows"] is True
    assert sent(DecoderStepper("notes"))["follows"] is False
    lab.trained = model_file.packed(load("grown"))
    assert stepper.model == "from the lab" and stepper.trace.reverse
    assert [model["name"] for model in sent(stepper)["models"]] == ["notes", "from the lab"]
    stepper.step, stepper.model = 3, "notes"
    lab.trained = model_file.packed(load("notes"))
    assert (stepper.model, stepper.step) == ("from the lab", 0)
    assert not stepper.trace.reverse
    stepper.model, stepper.step = "notes", 2
    lab.trained = model_file.packed(load("grown"))
    assert (stepper.model, stepper.step) == ("notes", 2)
    assert sent(stepper)["models"][1]["sizes"]["units"] == 64
    late = DecoderStepper("grown", lab=lab)
    assert list(late.by_name) == ["grown", "from the lab"]


@pytest.mark.slow
def test_it_shows_what_keras_trains() -> None:
    """The curves are those of the run, and the model is handed over at the end."""
    recipe = Recipe(task="sums", size=600, embedding_dim=3, units=8, epochs=3, batch_size=32)
    run = Run(recipe, epochs=[0, 1, 3])
    lab = TrainingLab()
    states: list[dict[str, Any]] = []
    lab.observe(lambda change: states.append(json.loads(json.dumps(change.new))), "fit")
    run.fit(verbose=0, callbacks=[lab.callback(run)])
    first, last = states[0], states[-1]
    updates = 3 * len(run.batches)
    assert (first["updates"], first["of"], first["going"]) == (0, updates, True)
    assert (first["training"], [one["share"] for one in first["examined"]]) == ([], [0])
    assert (last["updates"], last["epoch"], last["going"], last["over"]) == (
        updates,
        3,
        False,
        True,
    )
    assert [loss for _, loss in last["training"]] == run.losses
    assert [share for share, _ in last["training"]] == [1 / 3, 2 / 3, 1]
    assert [
        (one["share"] * 3, one["loss"], one["tokenAccuracy"], one["exactMatch"])
        for one in last["examined"]
    ] == [(s.epoch, s.loss, s.token_accuracy, s.exact_match) for s in run.snapshots]
    answers = decoding.answers(run.model, lab.watched)
    assert last["answers"] == dict(zip(lab.watched, answers, strict=True))
    matrix = run.model.encoder.get_layer("embedding").get_weights()[0]
    assert np.allclose(np.reshape(last["embedding"], (14, 3)), matrix)
    assert last["problems"] == (updates - 1) * 32 and last["seconds"] > 0
    assert (lab.stored.reverse, lab.stored.task) == (False, TASKS["sums"])
    for ours, theirs in zip(lab.stored.model.weights, run.model.model.weights, strict=True):
        assert np.array_equal(ours, theirs)
