"""The models a widget steps: given by the reader, or stored with the book."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import model_file, pretrained
from helpers.say import say

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

OWN = "own"
"""The id of a model that the reader gave; how it is called is said where it is shown."""


def by_name(models: Sequence[Seq2Seq | str]) -> dict[str, Seq2Seq]:
    """Return the models by name: those stored under the names given, or the one given.

    A name that ends in ``.json`` is that of a file of `model_file`.

    Raises:
        TypeError: ``models`` are neither one model nor names.
        ValueError: a name is unknown.
    """
    names = [model for model in models if isinstance(model, str)]
    if models and len(names) == len(models):
        return dict(map(_stored, names))
    from helpers.model import Seq2Seq  # and with it Keras, which is there if a model is

    if len(models) != 1 or not isinstance(models[0], Seq2Seq):
        raise TypeError(
            say(
                "A widget steps one model, such as `seq2seq()` returns or "
                "`Seq2Seq(model, encoder, decoder)`, or stored models given by name, such as "
                "'notes'."
            )
        )
    return {OWN: models[0]}


def _stored(name: str) -> tuple[str, Seq2Seq]:
    if name.endswith(".json"):
        return Path(name).stem, model_file.read(name)
    return name, pretrained.load(name)
