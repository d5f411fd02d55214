"""A trained model in a file that Python and a built page can both read.

It is JSON: what kind of model it is, how large, how it reads, what it was trained on, and its
arrays by name, as `packing.pack` writes them. The widgets carry models in the same form.

Chapter: *Training*.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from helpers import packing, reference
from helpers.numbers import is_number
from helpers.say import say
from helpers.task import ARITHMETIC, TASKS, Arithmetic, Pairs, Task

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

FORMAT = "seq2seq-book model, version 2"
"""What the first entry of a file says."""

_FIRST_FORMAT = "arithmetic seq2seq, version 1"  # arrays without names, in the order of NAMES


def write(path: str | Path, model: Seq2Seq) -> None:
    """Write a model to a file, which the training lab of a page can open.

    The lab opens models whose units are a multiple of 8, up to 128. Any other model of Keras goes
    into a file by ``model.save("x.keras")``, which ``keras.models.load_model`` reads.

    Args:
        path: where to; its name ends in ``.json``.
        model: one that computes what `model.seq2seq` does.

    Raises:
        ValueError: the name ends in something else, or a page would compute something else with
            the weights. Nothing is written then.
    """
    if Path(path).suffix != ".json":
        raise ValueError(
            say(
                "The name of a model's file ends in .json, not {given}.",
                given=repr(Path(path).name),
            )
        )
    Path(path).write_text(json.dumps(packed(model)) + "\n", encoding="utf-8")


def read(path: str | Path) -> Seq2Seq:
    """Return the model in a file that `write` or a page has written.

    Raises:
        ValueError: there is no such file, or it holds no such model.
    """
    try:
        return unpacked(parsed(path))
    except FileNotFoundError as error:
        raise ValueError(
            say("There is no file {name} that can be read.", name=Path(path).name)
        ) from error
    except ValueError as error:
        raise ValueError(
            say("The file {name} holds no model of this book.", name=Path(path).name)
        ) from error


def parsed(path: str | Path) -> dict[str, Any]:
    """Return what a file says, which is not yet checked, in the format of today.

    Raises:
        FileNotFoundError: it cannot be read.
        ValueError: it is no file of a model.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise FileNotFoundError(str(path)) from error
    try:
        said = json.loads(text, parse_int=_number, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("This is no JSON that can be read.") from error
    if not isinstance(said, dict) or said.get("format") not in (FORMAT, _FIRST_FORMAT):
        raise ValueError("This is no model.")
    return said if said["format"] == FORMAT else _renewed(said)


def packed(model: Seq2Seq) -> dict[str, Any]:
    """Return all that it takes to compute what a model does, ready for JSON.

    Raises:
        ValueError: the layers are not those of `model.seq2seq` or compute something else, or
            encoder and decoder are not of one call of it.
    """
    arrays, sizes = reference.arrays_of(model)
    return {
        "format": FORMAT,
        "architecture": model.architecture,
        "sizes": sizes,
        "reverse": bool(model.reverse),
        "task": model.task.data(),
        "trained": bool(model.trained),
        "arrays": dict(zip(arrays, packing.pack(arrays.values()), strict=True)),
    }


def unpacked(said: dict[str, Any]) -> Seq2Seq:
    """Return the model that `packed` has described.

    Raises:
        ValueError: this describes none.
    """
    from helpers.model import ARCHITECTURES  # and with it Keras, which a description does not need

    try:
        architecture = ARCHITECTURES[_checked(said["architecture"], str)]
        sizes = {name: _whole(size, 1) for name, size in _checked(said["sizes"], dict).items()}
        arrays = {
            name: packing.unpack(array) for name, array in _checked(said["arrays"], dict).items()
        }
        reverse, trained = _checked(said["reverse"], bool), _checked(said["trained"], bool)
        task = _task(_checked(said["task"], dict))
        lengths = {name: len(array) for name, array in arrays.items()}
        if not architecture.holds(lengths, sizes, len(task.tokens)):
            raise ValueError("The sizes are not those of the arrays.")
        if not all(np.isfinite(values).all() for values in arrays.values()):
            raise ValueError("A weight is no number.")
        built = architecture.build(**sizes, task=task)
        if lengths != {variable.path: variable.numpy().size for variable in built.model.weights}:
            raise ValueError("These are not all of its arrays.")
    except (LookupError, OverflowError, TypeError, ValueError) as error:
        raise ValueError("This describes no model of this book.") from error
    for variable in built.model.weights:
        variable.assign(arrays[variable.path].reshape(variable.shape))
    return replace(built, reverse=reverse, trained=trained)


def _renewed(said: dict[str, Any]) -> dict[str, Any]:
    """Return what a file of the first format says, as one of today would say it."""
    try:
        arrays = dict(zip(reference.NAMES, _checked(said["weights"], list), strict=True))
        trained_on = said["trainedOn"]
        learned = ARITHMETIC.data() if trained_on is None else trained_on
        part = {name: learned[name] for name in ("largest", "operators")}
        return {
            "architecture": "gru",
            "sizes": {"embedding_dim": said["embeddingDim"], "units": said["units"]},
            "reverse": said["reverse"],
            "task": {**ARITHMETIC.data(), "name": "", **part},
            "trained": trained_on is not None,
            "arrays": arrays,
        }
    except (LookupError, TypeError) as error:
        raise ValueError("This is no model of the first format.") from error


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"This is no {kind.__name__}.")
    return value


def _whole(value: Any, least: int) -> int:
    if not is_number(value) or not float(value).is_integer() or value < least:
        raise ValueError(f"This is no whole number of at least {least}.")
    return int(value)


def _task(said: dict[str, Any]) -> Task:
    """Return the task that a file says, one of the book if it is the same but for its name."""
    lengths = {
        "name": _checked(said["name"], str),
        "tokens": tuple(_checked(token, str) for token in _checked(said["tokens"], list)),
        "problem_length": _whole(said["problem_length"], 4),
        "answer_length": _whole(said["answer_length"], 2),
    }
    if "answers" in said:
        return Pairs(answers=_checked(said["answers"], dict), **lengths)
    task = Arithmetic(
        largest=_whole(said["largest"], 0),
        operators=_checked(said["operators"], str),
        drawn=_checked(said.get("drawn", False), bool),  # earlier files do not say it
        **lengths,
    )
    known = [one for one in TASKS.values() if replace(one, name="") == replace(task, name="")]
    return known[0] if known else task


def _number(digits: str) -> float:
    """Return a whole number; a long one as JavaScript reads it, where every number is a float."""
    return int(digits) if len(digits) < 16 else float(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}.")
