"""The encoder, one token at a time, and where its state goes on a map of context vectors.

Chapter: *Encoder*.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from helpers import decoding, plots, problems, reference
from helpers.geometry import spread
from helpers.records import Reading
from helpers.say import say
from helpers.task import Task
from helpers.widgets.base import Still
from helpers.widgets.stepper import Stepper

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

EXAMPLES = ("50+9", "9+50", "30+29", "50-9", "123+456")
DOTS = 180
"""How many context vectors the map shows."""


def _reading_as_json(reading: Reading, stepper: EncoderStepper) -> dict[str, Any]:
    return {
        "model": stepper.model,
        "problem": reading.problem,
        "reverse": reading.reverse,
        "steps": [
            {
                "token": step.token,
                "embedding": step.embedding.tolist(),
                "before": step.state_before.tolist(),
                "update": step.update.tolist(),
                "reset": step.reset.tolist(),
                "candidate": step.candidate.tolist(),
                "after": step.state_after.tolist(),
            }
            for step in reading.steps
        ],
    }


@cache
def _held_out(task: Task) -> list[str]:
    """Return problems of the test part of ``task``, from all over it."""
    test = problems.split(task).test
    return test[:: -(-len(test) // DOTS)]


def _map(name: str, model: Seq2Seq) -> dict[str, Any]:
    """Return the map of a model: a plane, and the problems whose context vectors lie on it.

    The plane is a `geometry.Spread` of two components, its numbers rounded. ``points`` are the
    places of the ``problems``, axes (problem, component 2).
    """
    asked = _held_out(model.task)
    encoder_input = problems.batch(asked, reverse=model.reverse, task=model.task).encoder_input
    arrays = [array.astype(float) for array in reference.encoder_arrays(model.encoder)]
    contexts = reference.contexts(arrays, encoder_input)
    units = contexts.shape[1]
    if units == 1:  # the map is a line
        contexts = np.pad(contexts, [(0, 0), (0, 1)])
    mean, directions, share = spread(contexts)
    return {
        "name": name,
        "heldOut": model.trained,
        "problems": asked,
        "points": ((contexts - mean) @ directions.T).round(2).tolist(),
        "mean": mean[:units].round(6).tolist(),
        "directions": directions[:, :units].round(6).tolist(),
        "share": share.round(4).tolist(),
    }


class EncoderStepper(Stepper):
    """Reads a problem one token at a time, with the encoder it is given.

    ``EncoderStepper(model)`` steps a `model.Seq2Seq`, such as `model.seq2seq` returns, trained or
    not. ``EncoderStepper("notes", "sums")`` lets the reader choose between stored
    models. What the reader can set, Python can set and observe: ``stepper.problem = "3-71"``.

    The map shows the context vectors of problems that the model was not trained on, along the two
    directions in which they spread most, and the state among them.

    Args:
        models: one model, or names of `pretrained.RECIPES` or of files of `model_file`. The map of
            one that is not trained shows problems of ``"arithmetic"``.
        problem: what to start with.
        examples: the problems that are offered.

    Raises:
        TypeError: the models are neither one model nor names.
        ValueError: a name is unknown, a page would compute something else with the weights (see
            `model_file.packed`), or a problem is not allowed by `problems.normal`.
    """

    module = "encoder_stepper.js"
    computed = traitlets.Tuple(("reading",)).tag(sync=True)

    @property
    def last(self) -> int:
        """How many time steps there are."""
        return self.chosen.task.problem_length

    maps = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The map of each model (see `_map`)."""
    reading = traitlets.Instance(Reading).tag(sync=True, to_json=_reading_as_json)
    """All eight time steps, with their gates."""

    def __init__(
        self,
        *models: Seq2Seq | str,
        problem: str = "50+9",
        examples: Iterable[str] = EXAMPLES,
    ) -> None:
        super().__init__(models, problem=problem, examples=examples)
        self.observe(self._react, ["problem", "model", "step"])

    def refresh(self) -> None:
        """Take weights, map and reading anew, after the models have been trained further."""
        models, maps = self._packed(), self._mapped()
        with self.hold_sync():
            self.models, self.maps, self.reading = models, maps, self._read()

    def still(self) -> Still:
        """Return the states after all eight tokens as a picture, and as a table."""
        seen = self.reading
        labels = [
            f"{number}: {seen.task.tokens[step.token]}" for number, step in enumerate(seen.steps, 1)
        ]
        title = say("after each token of {problem}", problem=seen.problem)
        return Still(plots.states(seen.states, labels, title), seen._repr_html_())

    def _react(self, change: traitlets.Bunch) -> None:
        with self.hold_sync():
            if change.name in ("problem", "model"):
                self.set_trait("step", 0)
            self.reading = self._read()

    @traitlets.default("maps")
    def _mapped(self) -> list[dict[str, Any]]:
        return [_map(name, model) for name, model in self.by_name.items()]

    @traitlets.default("reading")
    def _read(self) -> Reading:
        return decoding.reading(self.chosen, self.problem)
