"""The models a widget steps: given by the reader, or stored with the book."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from helpers import decoding, packing, pretrained, problems

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
            ValueError: the layers are not those of `model.seq2seq`, or not of one call of it.
        """
        try:
            own, other = [part.get_layer("embedding") for part in (self.encoder, self.decoder)]
            layers = [
                own,
                self.encoder.get_layer("encoder_gru"),
                self.decoder.get_layer("decoder_gru"),
                self.decoder.get_layer("softmax"),
            ]
        except ValueError as error:
            raise ValueError(
                "The layers of the two models are called 'embedding', 'encoder_gru', "
                "'decoder_gru' and 'softmax', as `seq2seq` calls them."
            ) from error
        if own is not other and not np.array_equal(own.get_weights()[0], other.get_weights()[0]):
            raise ValueError(
                "The encoder and the decoder come from one call of `seq2seq`, but these two have "
                "different embeddings."
            )
        trained_on = None
        if self.task is not None:
            largest, operators = problems.TASKS[self.task]
            trained_on = {"largest": largest, "operators": operators}
        return {
            "name": self.name,
            "embeddingDim": layers[0].output_dim,
            "units": layers[1].units,
            "reverse": self.reverse,
            "trainedOn": trained_on,
            "weights": packing.pack([array for layer in layers for array in layer.get_weights()]),
        }


def pairs(
    models: Sequence[keras.Model | str], *, reverse: bool = False, task: str | None = None
) -> dict[str, Pair]:
    """Return the pairs by name: those stored under the names given, or the two models given.

    Raises:
        TypeError: ``models`` are neither an encoder and a decoder nor names.
        ValueError: a name is unknown, the two models do not belong together, ``task`` is none of
            `problems.TASKS`, or ``reverse`` or ``task`` comes with names, whose records have both.
    """
    if models and all(isinstance(model, str) for model in models):
        if reverse or task is not None:
            raise ValueError("The records of stored models say how they read: give names only.")
        return {name: _stored(name) for name in models}
    if len(models) != 2 or not all(isinstance(model, keras.Model) for model in models):
        raise TypeError(
            "A widget steps an encoder and a decoder from one call of `seq2seq`, or stored models "
            "given by name, such as 'notes'."
        )
    if task is not None and task not in problems.TASKS:
        raise ValueError(f"A task is one of {', '.join(map(repr, problems.TASKS))}, not {task!r}.")
    encoder, decoder = models
    decoding.check_pair(encoder, decoder)
    return {OWN: Pair(OWN, encoder, decoder, reverse, task)}


def _stored(name: str) -> Pair:
    _, encoder, decoder = pretrained.load(name)
    recipe = pretrained.record(name).recipe
    return Pair(name, encoder, decoder, recipe.reverse, recipe.task)
