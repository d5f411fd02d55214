"""The training lab: what a page gets, what Python sets, what is refused."""

import json
import re
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
import traitlets

from helpers import problems
from helpers.widgets import TrainingLab
from helpers.widgets.training_lab import TASKS
from tests.messages import ONE_SENTENCE


def sent(lab: TrainingLab) -> dict[str, Any]:
    """Return what a page or a notebook gets, as it arrives there."""
    return json.loads(json.dumps(lab.get_state()))


@pytest.mark.parametrize("task", TASKS)
def test_the_parts_of_a_task_are_those_of_the_book(task: str) -> None:
    """Two bits for each problem say in which part it is."""
    packed, operators = sent(TrainingLab())["parts"][task]
    bits = np.frombuffer(b64decode(packed), np.uint8)
    parts = (bits[:, None] >> np.array([0, 2, 4, 6])) & 3
    names = [f"{a}{op}{b}" for op in operators for a in range(100) for b in range(100)]
    found = dict(zip(names, parts.ravel(), strict=True))
    for number, part in enumerate(problems.split(task)):
        assert {name for name, where in found.items() if where == number} == set(part)


def test_it_begins_with_the_recipe_of_the_book() -> None:
    """With the settings of the larger model, but for the numbers in a vector."""
    state = sent(TrainingLab())
    assert (state["units"], state["epochs"], state["batch_size"]) == (64, 12, 128)
    assert (state["learning_rate"], state["weight_decay"]) == (0.05, 0.1)
    assert state["reverse"] and state["masked_loss"] and state["schedule"] == "one-cycle"


def test_python_sets_what_the_reader_can() -> None:
    """Each setting, and the problems."""
    lab = TrainingLab(task="sums", units=16, reverse=False, watched=["1+1"])
    assert (lab.task, lab.units, lab.reverse, lab.watched) == ("sums", 16, False, ["1+1"])
    lab.learning_rate = 0.01
    assert sent(lab)["learning_rate"] == 0.01


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
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", 2.0),
        ("weight_decay", -0.1),
        ("batch_size", 0),
        ("batch_size", 2000),
        ("epochs", 0),
        ("epochs", 1001),
        ("seed", -1),
        ("watched", ["50*9"]),
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
    still = TrainingLab().still()
    assert still.count('role="img"') == 2
    assert "whole answers" in still


def test_a_page_loads_it_late() -> None:
    """Its code is no part of what a page needs at first."""
    assert sent(TrainingLab())["late"] is True
