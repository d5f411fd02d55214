"""Numbers of numpy are taken wherever numbers are asked for, and bools nowhere."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
import pytest
import traitlets

from helpers import decoding, problems
from helpers.geometry import principal_components
from helpers.model import seq2seq
from helpers.numbers import is_number, is_whole
from helpers.pretrained import RECIPES
from helpers.records import Recipe
from helpers.task import ARITHMETIC
from helpers.training import recording_epochs
from helpers.widgets import (
    DecoderStepper,
    EmbeddingExplorer,
    EncoderStepper,
    TrainingLab,
    TrainingReplay,
)
from tests.messages import ONE_SENTENCE
from tests.models import load
from tests.snapshots import made_up

WHOLE = [5, 0, -3, np.int8(5), np.uint64(5), np.int64(-3)]
FLOATS = [0.5, 5.0, np.float16(0.5), np.float32(0.5), np.float64(0.5), float("nan")]
REFUSALS = (TypeError, ValueError, traitlets.TraitError)

NEITHER: list[Any] = [True, False, np.True_, np.False_, "5", None, [5], np.array(5), 5j, Decimal(5)]


@pytest.mark.parametrize("value", WHOLE, ids=repr)
def test_whole_numbers(value: Any) -> None:
    """An int or a numpy integer is one, and a number."""
    assert is_whole(value)
    assert is_number(value)


@pytest.mark.parametrize("value", FLOATS, ids=repr)
def test_numbers(value: Any) -> None:
    """A float of either kind is a number, but no whole one."""
    assert is_number(value)
    assert not is_whole(value)


@pytest.mark.parametrize("value", NEITHER, ids=repr)
def test_neither(value: Any) -> None:
    """A bool is none, nor is what only looks like a number."""
    assert not is_whole(value)
    assert not is_number(value)


def put(widget: Any, name: str, value: Any) -> Any:
    """Set a trait; return what it is then, as a front end gets it."""
    setattr(widget, name, value)
    return json.loads(json.dumps(widget.get_state()[name]))


def in_recipe(name: str) -> Callable[[Any], Any]:
    """Return what puts a value into a recipe, and gives what a file has of it."""
    return lambda value: json.loads(json.dumps(asdict(Recipe(**{name: value}))))[name]


def in_lab(name: str) -> Callable[[Any], Any]:
    """Return what sets a value of a lab, and gives what a page has of it."""
    return lambda value: put(TrainingLab(), name, value)


@cache
def stepper(kind: type) -> Any:
    """Return a stepper."""
    return kind("notes")


TAKES_A_WHOLE: dict[str, Callable[[Any], Any]] = {
    "units": lambda size: seq2seq(3, size).units,
    "embedding_dim": lambda size: seq2seq(size, 3).encoder.get_layer("embedding").output_dim,
    "token": ARITHMETIC.check_token,
    "step": lambda token: decoding.step(load("notes"), token, np.zeros(16)) and token,
    "picks": lambda token: decoding.check_picks([None, token], False)[1],
    "size of a split": lambda size: sum(map(len, problems.split("sums", size))),
    "components": lambda count: len(principal_components(np.eye(9), count)[0]) and count,
    **{
        f"the {name} of a recipe": in_recipe(name)
        for name in ("size", "embedding_dim", "units", "epochs", "batch_size", "seed")
    },
    "the step of a decoder": lambda step: put(stepper(DecoderStepper), "step", step),
    "the step of an encoder": lambda step: put(stepper(EncoderStepper), "step", step),
    "a pick": lambda token: put(stepper(DecoderStepper), "picks", [token])[0],
    "a snapshot to begin with": lambda at: TrainingReplay(made_up(range(9)), snapshot=at).snapshot,
    "a snapshot": lambda at: put(EmbeddingExplorer(made_up(range(9))), "snapshot", at),
    **{
        f"the lab's {name}": in_lab(name)
        for name in ("embedding_dim", "batch_size", "epochs", "seed")
    },
}
"""What takes a 5 and gives it back."""


@pytest.mark.parametrize("kind", [int, np.int8, np.uint16, np.int32, np.int64])
@pytest.mark.parametrize("place", TAKES_A_WHOLE)
def test_a_whole_number_of_any_kind(place: str, kind: type) -> None:
    """``for units in np.arange(...)`` is the way to write it."""
    assert TAKES_A_WHOLE[place](kind(5)) == 5


@pytest.mark.parametrize("value", [True, np.True_, 5.0, np.float32(5), "5"], ids=repr)
@pytest.mark.parametrize("place", TAKES_A_WHOLE)
def test_nothing_else(place: str, value: Any) -> None:
    """A bool is no number here, and a float is not whole."""
    with pytest.raises(REFUSALS, match=ONE_SENTENCE):
        TAKES_A_WHOLE[place](value)


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint8])
def test_the_lab_takes_units(kind: type) -> None:
    """A multiple of 8, of any kind."""
    assert put(TrainingLab(), "units", kind(16)) == 16
    assert put(TrainingLab(units=kind(32)), "seed", kind(3)) == 3


TAKES_A_NUMBER: dict[str, Callable[[Any], Any]] = {
    **{f"the {name} of a recipe": in_recipe(name) for name in ("learning_rate", "weight_decay")},
    **{f"the lab's {name}": in_lab(name) for name in ("learning_rate", "weight_decay")},
}


@pytest.mark.parametrize("value", [0.5, np.float16(0.5), np.float32(0.5), np.float64(0.5)])
@pytest.mark.parametrize("place", TAKES_A_NUMBER)
def test_a_number_of_any_kind(place: str, value: Any) -> None:
    """A rate out of ``np.geomspace`` too, and 1 for 1.0."""
    assert TAKES_A_NUMBER[place](value) == 0.5
    assert TAKES_A_NUMBER[place](np.int64(1)) == TAKES_A_NUMBER[place](1) == 1


@pytest.mark.parametrize("value", [True, np.True_, "0.5", None, [0.5], 0.5j], ids=repr)
@pytest.mark.parametrize("place", TAKES_A_NUMBER)
def test_no_number(place: str, value: Any) -> None:
    """Anything else is refused in one sentence."""
    with pytest.raises(REFUSALS, match=ONE_SENTENCE):
        TAKES_A_NUMBER[place](value)


def test_a_recipe_of_numpy_is_the_same_recipe() -> None:
    """Each of its values is Python's own, so that it can be written down and compared."""
    values: dict[str, Any] = {
        **{"size": np.int64(600), "units": np.int32(8), "epochs": np.uint8(3), "seed": np.int64(1)},
        **{"learning_rate": np.float64(0.5), "weight_bits": np.int64(8), "reverse": np.True_},
    }
    given = Recipe(**values)
    assert given == Recipe(
        size=600, units=8, epochs=3, learning_rate=0.5, seed=1, weight_bits=8, reverse=True
    )
    for field in fields(given):
        assert type(getattr(given, field.name)).__module__ == "builtins"
    assert all(type(epoch) is int for epoch in recording_epochs(np.int64(100)))  # type: ignore[arg-type]


def test_stored_recipes_are_as_they_were() -> None:
    """The check changes no value of those in the repository."""
    for made, _ in RECIPES.values():
        assert Recipe(**asdict(made)) == made
