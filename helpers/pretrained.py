"""The trained models in the repository: load one, or read how it was made and how good it is.

`helpers.make_weights` makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers import model_file, packing
from helpers.records import Recipe, Snapshot
from helpers.say import say

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

WEIGHTS = Path(__file__).with_name("weights")
"""The folder of the models, each a file of `model_file` with a `Record`."""

_GROWN = Recipe(
    embedding_dim=16,
    units=64,
    reverse=True,
    masked_loss=True,
    epochs=6,
    optimizer="muon",
    learning_rate=0.05,
    weight_decay=0.1,
    weight_bits=8,
)

RECIPES: dict[str, tuple[Recipe, Sequence[int]]] = {
    "notes": (Recipe(epochs=2400, batch_size=512, weight_bits=16), (0, 1)),
    "grown": (_GROWN, (0, 1, 2, 3, 4)),
    "three-digit": (
        replace(
            _GROWN,
            task="three-digit",
            size=125_000,
            epochs=8,
            optimizer="adamw",
            learning_rate=0.03,
            weight_decay=0.05,
        ),
        (0, 1, 2),
    ),
    "sums": (Recipe(task="sums", epochs=300), (0,)),
    "two-numbers": (Recipe(embedding_dim=2, epochs=150), (0, 1, 2)),
    "five-numbers": (Recipe(embedding_dim=5, epochs=150), (0, 1, 2)),
    "sixteen-numbers": (Recipe(embedding_dim=16, epochs=150), (0, 1, 2)),
    "step-1-notes": (Recipe(epochs=24, learning_rate=0.01, weight_bits=16), (0,)),
    "step-2-units": (Recipe(units=64, epochs=24, learning_rate=0.01), (0,)),
    "step-3-reversal": (Recipe(units=64, epochs=24, learning_rate=0.01, reverse=True), (0,)),
    "step-4-mask": (
        Recipe(units=64, epochs=24, learning_rate=0.01, reverse=True, masked_loss=True),
        (0,),
    ),
}
"""Each model's recipe and the seeds that were tried."""


@dataclass(frozen=True, eq=False)
class Record:
    """How a model in the repository was made, and how good it is."""

    name: str
    """As `load` takes it."""
    command: str
    """What makes it anew."""
    recipe: Recipe
    """With the best of the seeds."""
    parameters: int
    """How many weights the model has."""
    seeds: dict[int, float]
    """Exact match on the validation part for each seed that was tried."""
    exact_match: float
    """On the test part, free-running."""
    token_accuracy: float
    """On the test part, teacher-forced. With ``recipe.masked_loss`` the time steps up to EOS count,
    without it all five."""
    loss: float
    """On the test part, teacher-forced, nats a token, of the same time steps."""
    snapshots: list[Snapshot]
    """The way there, from before the first update to the last epoch."""


def load(name: str) -> Seq2Seq:
    """Return a trained model: ``model, encoder, decoder`` of `model.seq2seq`.

    ``"notes"`` is the model of the study notes, ``"grown"`` the larger one, which reads and writes
    back to front. `RECIPES` has the others. `model_file.read` opens a file of your own.

    Raises:
        ValueError: the name is unknown, or its file is missing or damaged.
    """
    said = _said(name)
    try:
        return model_file.unpacked(said)
    except ValueError as error:
        raise _damaged(name) from error


def record(name: str) -> Record:
    """Return how a model was made, and how good it is. Raises like `load`."""
    said = _said(name)
    try:
        values, tokens = dict(said["made"]), len(said["task"]["tokens"])
        return Record(
            name,
            recipe=Recipe(**values.pop("recipe")),
            seeds={int(seed): match for seed, match in values.pop("seeds").items()},
            snapshots=[_snapshot(seen, tokens) for seen in values.pop("snapshots")],
            **values,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(name) from error


def path(name: str) -> Path:
    """Return the file of a model; raises ValueError if there is no model of that name."""
    if not isinstance(name, str) or name not in RECIPES:
        raise ValueError(
            say(
                "A model is one of {names}, not {given}.",
                names=", ".join(map(repr, RECIPES)),
                given=repr(name),
            )
        )
    return WEIGHTS / f"{name}.json"


def _said(name: str) -> dict[str, Any]:
    file = path(name)
    if not file.is_file():
        raise ValueError(
            say(
                "The file helpers/weights/{name}.json is missing; "
                "`python -m helpers.make_weights {name}` makes it anew.",
                name=name,
            )
        )
    try:
        return model_file.parsed(file)
    except ValueError as error:
        raise _damaged(name) from error


def _snapshot(seen: dict[str, Any], tokens: int) -> Snapshot:
    embedding = packing.unpack(seen["embedding"]).reshape(tokens, -1)
    return Snapshot(**{**seen, "embedding": embedding})


def _damaged(name: str) -> ValueError:
    return ValueError(
        say(
            "The file helpers/weights/{name}.json is damaged; "
            "`python -m helpers.make_weights {name}` makes it anew.",
            name=name,
        )
    )
