"""A trained model in a file that Python and a built page can both read.

It is JSON: how large the model is, how it reads, what it was trained on, and its nine arrays in the
order of Keras, as `packing.pack` writes them. The widgets carry models in the same form.

Chapter: *Training*.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from helpers import packing, problems
from helpers.model import seq2seq
from helpers.vocabulary import TOKENS

FORMAT = "arithmetic seq2seq, version 1"
"""What the first entry of a file says."""


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds."""

    model: keras.Model
    encoder: keras.Model
    decoder: keras.Model
    reverse: bool
    """Problem and answer written back to front."""
    task: str | None
    """Which of `problems.TASKS` it was trained on, if that is known."""


def write(
    path: str | Path,
    encoder: keras.Model,
    decoder: keras.Model,
    *,
    reverse: bool = False,
    task: str | None = None,
) -> None:
    """Write an encoder and its decoder to a file, which the training lab of a page can open.

    The lab opens models whose units are a multiple of 8, up to 128.

    Args:
        path: where to; its name ends in ``.json``.
        encoder: of one call of `model.seq2seq`, like ``decoder``.
        decoder: see ``encoder``.
        reverse: whether they read and write back to front.
        task: which of `problems.TASKS` they were trained on, if any.

    Raises:
        ValueError: the name ends in something else, the two models do not belong together, or there
            is no such task.
    """
    if Path(path).suffix != ".json":
        raise ValueError(f"The name of a model's file ends in .json, not {Path(path).name!r}.")
    said = {"format": FORMAT, **record(encoder, decoder, reverse=reverse, task=task)}
    Path(path).write_text(json.dumps(said) + "\n", encoding="utf-8")


def read(path: str | Path) -> Stored:
    """Return the models in a file that `write` or a page has written.

    Raises:
        ValueError: there is no such file, or it holds no such model.
    """
    try:
        said = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"There is no file {Path(path).name} that can be read.") from error
    except ValueError as error:
        raise _no_model(path) from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise _no_model(path)
    try:
        return built(said)
    except ValueError as error:
        raise _no_model(path) from error


def record(
    encoder: keras.Model, decoder: keras.Model, *, reverse: bool, task: str | None
) -> dict[str, Any]:
    """Return all that it takes to compute what two models do, ready for JSON.

    Raises:
        ValueError: the layers are not those of `model.seq2seq`, or not of one call of it, or
            ``task`` is none of `problems.TASKS`.
    """
    try:
        own, other = [part.get_layer("embedding") for part in (encoder, decoder)]
        layers = [
            own,
            encoder.get_layer("encoder_gru"),
            decoder.get_layer("decoder_gru"),
            decoder.get_layer("softmax"),
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
    if task is not None:
        if task not in problems.TASKS:
            names = ", ".join(map(repr, problems.TASKS))
            raise ValueError(f"A task is one of {names}, not {task!r}.")
        largest, operators = problems.TASKS[task]
        trained_on = {"largest": largest, "operators": operators}
    return {
        "embeddingDim": layers[0].output_dim,
        "units": layers[1].units,
        "reverse": reverse,
        "trainedOn": trained_on,
        "weights": packing.pack([array for layer in layers for array in layer.get_weights()]),
    }


def built(said: dict[str, Any]) -> Stored:
    """Return the models of a `record`.

    Raises:
        ValueError: it describes none.
    """
    try:
        arrays = [packing.unpack(packed) for packed in said["weights"]]
        sizes = [len(TOKENS) * said["embeddingDim"], len(TOKENS) * said["units"]]
        if [arrays[0].size, arrays[-2].size] != sizes:
            raise ValueError("The sizes are not those of the arrays.")
        models = seq2seq(said["embeddingDim"], said["units"])
        for variable, values in zip(models[0].weights, arrays, strict=True):
            if not np.isfinite(values).all():
                raise ValueError("A weight is no number.")
            variable.assign(values.reshape(variable.shape))
        on = said["trainedOn"]
        tasks = [
            task
            for task, (largest, operators) in problems.TASKS.items()
            if on == {"largest": largest, "operators": operators}
        ]
        return Stored(*models, reverse=bool(said["reverse"]), task=tasks[0] if tasks else None)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("This describes no model of `seq2seq`.") from error


def _no_model(path: str | Path) -> ValueError:
    return ValueError(f"The file {Path(path).name} holds no model of this book.")
