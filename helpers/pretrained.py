"""The trained models in the repository: load one, read how it was made, make it anew.

``python -m helpers.pretrained NAME`` trains a model by its recipe and writes its two files:
``weights/NAME.npz``, the weights and the embedding at each snapshot, and ``weights/NAME.json``, the
record. Where a recipe names several seeds, the validation part decides between them, and the test
part says afterwards how good the best of them is.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras
import numpy as np

from helpers import decoding, model_file, problems
from helpers.model import seq2seq
from helpers.run import UNREADABLE, Run
from helpers.training import Recipe, Snapshot, examine

WEIGHTS = Path(__file__).with_name("weights")
"""The folder of the weights and records."""

UNFINISHED = WEIGHTS.parent.parent / "_build" / "training"
"""Where a training that is interrupted is kept until it goes on."""

_GROWN = Recipe(
    embedding_dim=16,
    units=64,
    reverse=True,
    masked_loss=True,
    epochs=12,
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


def load(name: str | Path) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return ``model, encoder, decoder`` of `model.seq2seq` with trained weights.

    ``"notes"`` is the model of the study notes, ``"grown"`` the larger one, which reads and writes
    back to front (``reverse=True`` in `decoding`). `RECIPES` has the others. A name that ends in
    ``.json`` is the path of a file that `model_file.write` or the training lab has written.

    Raises:
        ValueError: the name is unknown, or its files are missing or damaged.
    """
    if isinstance(name, Path) or (isinstance(name, str) and name.endswith(".json")):
        found = model_file.read(name)
        return found.model, found.encoder, found.decoder
    recipe = record(name).recipe
    try:
        models = seq2seq(recipe.embedding_dim, recipe.units)
    except (TypeError, ValueError) as error:
        raise _damaged(name, ".json") from error
    stored = _read_weights(name)
    for variable in models[0].weights:
        values = stored.get(variable.path)
        if values is None or values.shape != tuple(variable.shape):
            raise _damaged(name, ".npz")
        variable.assign(values)
    return models


def record(name: str) -> Record:
    """Return how a model was made, and how good it is. Raises like `load`."""
    if not isinstance(name, str) or name not in RECIPES:
        raise ValueError(f"A model is one of {', '.join(map(repr, RECIPES))}, not {name!r}.")
    path = _existing(name, ".json")
    embeddings = _read_weights(name).get("snapshots/embedding")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        seen = values.pop("snapshots")
        if embeddings is None or len(embeddings) != len(seen):
            raise _damaged(name, ".npz")
        snapshots = [
            Snapshot(**values_, embedding=embedding)
            for values_, embedding in zip(seen, embeddings, strict=True)
        ]
        return Record(
            recipe=Recipe(**values.pop("recipe")),
            seeds={int(seed): match for seed, match in values.pop("seeds").items()},
            snapshots=snapshots,
            **values,
        )
    except _DamagedFileError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(name, ".json") from error


def train(name: str) -> Record:
    """Train the model ``name`` with each seed of its recipe, keep the best, write its files.

    An interrupt ends it after the epoch it is in, and the same call goes on from there.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    recipe, seeds = RECIPES[name]
    parts = problems.split(recipe.task, recipe.size)
    runs = {}
    for seed in seeds:
        print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
        runs[seed] = Run(
            replace(recipe, seed=seed),
            parts,
            watched=parts.validation[:: len(parts.validation) // 10],
            file=_unfinished(name, seed),
        )
        if not runs[seed].complete:
            runs[seed].fit()
        if runs[seed].interrupted:
            raise KeyboardInterrupt
    tried = {seed: run.snapshots[-1].exact_match for seed, run in runs.items()}
    best = runs[max(tried, key=lambda seed: tried[seed])]
    loss, accuracy = examine(
        best.model, parts.test, reverse=recipe.reverse, masked_loss=recipe.masked_loss
    )
    made = Record(
        name,
        f"python -m helpers.pretrained {name}",
        best.recipe,
        best.model.count_params(),
        tried,
        decoding.exact_match(best.encoder, best.decoder, parts.test, reverse=recipe.reverse),
        accuracy,
        loss,
        best.snapshots,
    )
    _write(made, best.model)
    for seed in seeds:
        _unfinished(name, seed).unlink()
    return made


def _unfinished(name: str, seed: int) -> Path:
    return UNFINISHED / f"{name}-{seed}.npz"


def _write(made: Record, model: keras.Model) -> None:
    WEIGHTS.mkdir(exist_ok=True)
    values = asdict(made)
    for snapshot in values["snapshots"]:
        del snapshot["embedding"]
    (WEIGHTS / f"{made.name}.json").write_text(
        json.dumps(values, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    arrays = {variable.path: variable.numpy() for variable in model.weights}
    embeddings = np.stack([snapshot.embedding for snapshot in made.snapshots])
    np.savez_compressed(
        WEIGHTS / f"{made.name}.npz",
        allow_pickle=False,
        **arrays,
        **{"snapshots/embedding": embeddings},
    )


def _read_weights(name: str) -> dict[str, np.ndarray]:
    path = _existing(name, ".npz")
    try:
        with np.load(path, allow_pickle=False) as file:
            stored = dict(file)
        sound = all(np.isfinite(values).all() for values in stored.values())
    except UNREADABLE as error:
        raise _damaged(name, ".npz") from error
    if not sound:
        raise _damaged(name, ".npz")
    return stored


def _existing(name: str, ending: str) -> Path:
    path = WEIGHTS / f"{name}{ending}"
    if not path.is_file():
        raise ValueError(
            f"The file helpers/weights/{path.name} is missing; "
            f"`python -m helpers.pretrained {name}` makes it anew."
        )
    return path


class _DamagedFileError(ValueError):
    pass


def _damaged(name: str, ending: str) -> ValueError:
    return _DamagedFileError(
        f"The file helpers/weights/{name}{ending} is damaged; "
        f"`python -m helpers.pretrained {name}` makes it anew."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the models named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m helpers.pretrained", description=main.__doc__)
    parser.add_argument("names", nargs="+", choices=list(RECIPES), metavar="NAME")
    for name in parser.parse_args(arguments).names:
        try:
            made = train(name)
        except KeyboardInterrupt:
            print("Interrupted: the same command goes on from there.", file=sys.stderr)
            return 130
        print(f"{name}: exact match {made.exact_match:.4f} on the test part")
    return 0


if __name__ == "__main__":
    sys.exit(main())
