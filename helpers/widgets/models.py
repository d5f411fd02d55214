"""The models a widget steps: given by the reader, or stored with the book."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from helpers import decoding, model_file, pretrained, problems

OWN = "your model"
"""The name of a model that the reader gave."""


@dataclass(frozen=True, eq=False)
class Pair:
    """An encoder and a decoder, and what a reader has to know about them."""

    name: str
    encoder: keras.Model
    decoder: keras.Model
    reverse: bool
    """Problem and answer written back to front."""
    task: str | None
    """Which of `problems.TASKS` it was trained on, if that is known."""

    def packed(self) -> dict[str, Any]:
        """Return all that a page without a kernel needs to compute what the two models do.

        Raises:
            TypeError, ValueError: by `model_file.record`.
        """
        said = model_file.record(self.encoder, self.decoder, reverse=self.reverse, task=self.task)
        return {"name": self.name, **said}


def pairs(
    models: Sequence[keras.Model | str], *, reverse: bool = False, task: str | None = None
) -> dict[str, Pair]:
    """Return the pairs by name: those stored under the names given, or the two models given.

    A name that ends in ``.json`` is that of a file of `model_file`.

    Raises:
        TypeError: ``models`` are neither an encoder and a decoder nor names, or by
            `decoding.check_pair`.
        ValueError: a name is unknown, the two models do not belong together, ``task`` is none of
            `problems.TASKS`, or ``reverse`` or ``task`` comes with names, whose records have both.
    """
    if models and all(isinstance(model, str) for model in models):
        if reverse or task is not None:
            raise ValueError("The records of stored models say how they read: give names only.")
        return {pair.name: pair for pair in map(_stored, models)}
    if len(models) != 2 or not all(isinstance(model, keras.Model) for model in models):
        raise TypeError(
            "A widget steps an encoder and a decoder from one call of `seq2seq`, or stored models "
            "given by name, such as 'notes'."
        )
    if task is not None:
        problems.check_task(task)
    encoder, decoder = models
    decoding.check_pair(encoder, decoder)
    return {OWN: Pair(OWN, encoder, decoder, reverse, task)}


def _stored(name: str) -> Pair:
    if name.endswith(".json"):
        found = model_file.read(name)
        return Pair(Path(name).stem, found.encoder, found.decoder, found.reverse, found.task)
    _, encoder, decoder = pretrained.load(name)
    recipe = pretrained.record(name).recipe
    return Pair(name, encoder, decoder, recipe.reverse, recipe.task)
