"""The encoder, one token at a time, and where its state goes on a map of context vectors.

Chapter: *Encoder*.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import keras
import numpy as np
import traitlets

from helpers import decoding, plots, problems, reference
from helpers.decoding import Reading
from helpers.geometry import spread
from helpers.vocabulary import TOKENS
from helpers.widgets.base import Still
from helpers.widgets.models import Pair
from helpers.widgets.stepper import Stepper

EXAMPLES = ("50+9", "9+50", "30+29", "50-9", "123+456")
DOTS = 180
"""How many context vectors the map shows."""


def _reading_as_json(reading: Reading, stepper: "EncoderStepper") -> dict[str, Any]:
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
def _held_out(task: str) -> list[str]:
    """Return problems of the test part of ``task``, from all over it."""
    test = problems.split(task).test
    return test[:: -(-len(test) // DOTS)]


def _map(pair: Pair) -> dict[str, Any]:
    """Return the map of a model: a plane, and the problems whose context vectors lie on it.

    The plane is a `geometry.Spread` of two components, its numbers rounded. ``points`` are the
    places of the ``problems``, axes (problem, component 2).
    """
    asked = _held_out(pair.task or "arithmetic")
    encoder_input = problems.batch(asked, reverse=pair.reverse).encoder_input
    arrays = [array.astype(float) for array in reference.encoder_arrays(pair.encoder)]
    contexts = reference.contexts(arrays, encoder_input)
    units = contexts.shape[1]
    if units == 1:  # the map is a line
        contexts = np.pad(contexts, [(0, 0), (0, 1)])
    mean, directions, share = spread(contexts)
    return {
        "name": pair.name,
        "heldOut": pair.task is not None,
        "problems": asked,
        "points": ((contexts - mean) @ directions.T).round(2).tolist(),
        "mean": mean[:units].round(6).tolist(),
        "directions": directions[:, :units].round(6).tolist(),
        "share": share.round(4).tolist(),
    }


class EncoderStepper(Stepper):
    """Reads a problem one token at a time, with the encoder it is given.

    ``EncoderStepper(encoder, decoder)`` steps two of the three models that `model.seq2seq` returns,
    trained or not. ``EncoderStepper("notes", "sums")`` lets the reader choose between stored
    models. What the reader can set, Python can set and observe: ``stepper.problem = "3-71"``.

    The map shows the context vectors of problems that the model was not trained on, along the two
    directions in which they spread most, and the state among them.

    Args:
        models: encoder and decoder, or names of `pretrained.RECIPES` or of files of `model_file`.
        problem: what to start with.
        reverse: whether the models given read and write back to front.
        task: which of `problems.TASKS` the models given were trained on, if any. Without it the map
            shows problems of ``"arithmetic"``.
        examples: the problems that are offered.

    Raises:
        TypeError: the models are neither an encoder and a decoder nor names.
        ValueError: a name is unknown, the two models do not belong together, a page would compute
            something else with their weights (see `model_file.record`), a problem is not allowed by
            `problems.normal`, or ``reverse`` or ``task`` comes with names.
    """

    module = "encoder_stepper.js"
    computed = traitlets.Tuple(("reading",)).tag(sync=True)
    last = problems.PROBLEM_LENGTH

    maps = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The map of each model (see `_map`)."""
    reading = traitlets.Instance(Reading).tag(sync=True, to_json=_reading_as_json)
    """All eight time steps, with their gates."""

    def __init__(
        self,
        *models: keras.Model | str,
        problem: str = "50+9",
        reverse: bool = False,
        task: str | None = None,
        examples: Iterable[str] = EXAMPLES,
    ) -> None:
        super().__init__(models, problem=problem, reverse=reverse, task=task, examples=examples)
        self.observe(self._react, ["problem", "model", "step"])

    def refresh(self) -> None:
        """Take weights, map and reading anew, after the models have been trained further."""
        models, maps = self._packed(), self._mapped()
        with self.hold_sync():
            self.models, self.maps, self.reading = models, maps, self._read()

    def still(self) -> Still:
        """Return the states after all eight tokens as a picture, and as a table."""
        seen = self.reading
        labels = [f"{number}: {TOKENS[step.token]}" for number, step in enumerate(seen.steps, 1)]
        picture = plots.states(seen.states, labels, f"after each token of {seen.problem}")
        return Still(picture, seen._repr_html_())

    def _react(self, change: traitlets.Bunch) -> None:
        with self.hold_sync():
            if change.name in ("problem", "model"):
                self.set_trait("step", 0)
            self.reading = self._read()

    @traitlets.default("maps")
    def _mapped(self) -> list[dict[str, Any]]:
        return [_map(pair) for pair in self.pairs.values()]

    @traitlets.default("reading")
    def _read(self) -> Reading:
        pair = self.pairs[self.model]
        return decoding.reading(pair.encoder, self.problem, reverse=pair.reverse)
