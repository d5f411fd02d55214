"""A trained model in a file that Python and a built page can both read.

It is JSON: how large the model is, how it reads, what it was trained on, and its nine arrays in the
order of Keras, as `packing.pack` writes them. The widgets carry models in the same form.

Chapter: *Training*.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np

from helpers import decoding, packing, problems, reference
from helpers.model import seq2seq
from helpers.numbers import is_number
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

    The lab opens models whose units are a multiple of 8, up to 128. Any other model of Keras goes
    into a file by ``model.save("x.keras")``, which ``keras.models.load_model`` reads.

    Args:
        path: where to; its name ends in ``.json``.
        encoder: of one call of `model.seq2seq`, like ``decoder``.
        decoder: see ``encoder``.
        reverse: whether they read and write back to front.
        task: which of `problems.TASKS` they were trained on, if any.

    Raises:
        TypeError: a model is none, or ``reverse`` is neither true nor false.
        ValueError: the name ends in something else, the two models do not belong together, a page
            would compute something else with their weights, or there is no such task. Nothing is
            written then.
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
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
        # As JavaScript reads it, where every number is a float.
        said = json.loads(text, parse_int=float, parse_constant=_no_constant)
    except OSError as error:
        raise ValueError(f"There is no file {Path(path).name} that can be read.") from error
    except (ValueError, RecursionError) as error:
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
        TypeError: by `decoding.check_pair`, or ``reverse`` is neither true nor false.
        ValueError: by `decoding.check_pair`, the layers are not those of `model.seq2seq` or compute
            something else, they are not of one call of it, or ``task`` is none of `problems.TASKS`.
    """
    decoding.check_pair(encoder, decoder)
    if not isinstance(reverse, (bool, np.bool_)):
        raise TypeError(f"reverse is True or False, not {reverse!r}.")
    trained_on = None
    if task is not None:
        largest, operators = problems.check_task(task)
        trained_on = {"largest": largest, "operators": operators}
    reading, writing = reference.encoder_arrays(encoder), reference.decoder_arrays(decoder)
    if not np.array_equal(reading[0], writing[0]):
        raise ValueError(
            "The encoder and the decoder come from one call of `seq2seq`, but these two have "
            "different embeddings."
        )
    reference.check_encoder(encoder, reading)
    reference.check_decoder(decoder, writing)
    arrays = [*reading, *writing[1:]]
    return {
        "embeddingDim": arrays[0].shape[1],
        "units": arrays[-2].shape[0],
        "reverse": bool(reverse),
        "trainedOn": trained_on,
        "weights": packing.pack(arrays),
    }


def built(said: dict[str, Any]) -> Stored:
    """Return the models of a `record`.

    Raises:
        ValueError: it describes none.
    """
    try:
        sizes = [_whole(said[name], 1) for name in ("embeddingDim", "units")]
        arrays = [packing.unpack(packed) for packed in _checked(said["weights"], list)]
        reverse, task = _checked(said["reverse"], bool), _task(said["trainedOn"])
        if [len(array) for array in arrays] != _lengths(*sizes):
            raise ValueError("The sizes are not those of the arrays.")
        if not all(np.isfinite(values).all() for values in arrays):
            raise ValueError("A weight is no number.")
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise ValueError("This describes no model of `seq2seq`.") from error
    models = seq2seq(*sizes)
    for variable, values in zip(models[0].weights, arrays, strict=True):
        variable.assign(values.reshape(variable.shape))
    return Stored(*models, reverse=reverse, task=task)


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"This is no {kind.__name__}.")
    return value


def _whole(value: Any, least: int) -> int:
    if not is_number(value) or not float(value).is_integer() or value < least:
        raise ValueError(f"This is no whole number of at least {least}.")
    return int(value)


def _lengths(embedding_dim: int, units: int) -> list[int]:
    """Return how many numbers each of the nine arrays has."""
    gates = 3 * units
    gru = [embedding_dim * gates, units * gates, 2 * gates]
    return [len(TOKENS) * embedding_dim, *gru, *gru, units * len(TOKENS), len(TOKENS)]


def _task(trained_on: Any) -> str | None:
    """Return the name of the task that a record says, if it is one of the book."""
    if trained_on is None:
        return None
    largest, operators = _whole(trained_on["largest"], 0), _checked(trained_on["operators"], str)
    known = {(rule.largest_operand, rule.operators): name for name, rule in problems.TASKS.items()}
    return known.get((largest, operators))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}.")


def _no_model(path: str | Path) -> ValueError:
    return ValueError(f"The file {Path(path).name} holds no model of this book.")
