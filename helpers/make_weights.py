"""Make the trained models in the repository anew.

``python -m helpers.make_weights NAME`` trains a model by its recipe and writes its file. Where a
recipe names several seeds, the validation part decides between them, and the test part says
afterwards how good the best of them is.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from helpers import decoding, model_file, packing, problems
from helpers.pretrained import RECIPES, WEIGHTS, Record, path
from helpers.run import Run
from helpers.training import examine

UNFINISHED = WEIGHTS.parent.parent / "_build" / "training"
"""Where a training that is interrupted is kept until it goes on."""


def train(name: str) -> Record:
    """Train the model ``name`` with each seed of its recipe, keep the best, write its file.

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
    loss, accuracy = examine(best.model, parts.test, masked_loss=recipe.masked_loss)
    made = Record(
        name,
        f"python -m helpers.make_weights {name}",
        best.recipe,
        best.model.model.count_params(),
        tried,
        decoding.exact_match(best.model, parts.test),
        accuracy,
        loss,
        best.snapshots,
    )
    _write(made, model_file.packed(best.model))
    for seed in seeds:
        _unfinished(name, seed).unlink()
    return made


def _unfinished(name: str, seed: int) -> Path:
    return UNFINISHED / f"{name}-{seed}.npz"


def _write(made: Record, packed: dict[str, object]) -> None:
    said = asdict(made)
    del said["name"]  # which is that of the file
    for seen in said["snapshots"]:
        (seen["embedding"],) = packing.pack([seen["embedding"]])
    file = path(made.name)
    file.parent.mkdir(exist_ok=True)
    text = json.dumps({**packed, "made": said}, indent=1, ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the models named on the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.make_weights", description=main.__doc__
    )
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
