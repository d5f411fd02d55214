"""Training runs for the widgets that show one: made up, stored, and really recorded."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from helpers import problems
from helpers.model import seq2seq
from helpers.records import Snapshot
from helpers.training import Recorder

WATCHED = {"50+9": "59", "3-71": "-67", "1+1": ""}
"""Problems, and answers to them of which the first is right."""


DIV = '<div xmlns:xlink="http://www.w3.org/1999/xlink">'
"""What a still is put into to be read as XML."""


def made_up(epochs: Iterable[int] = (0, 1, 3, 10), columns: int = 3) -> list[Snapshot]:
    """Return a run that nobody trained, its embeddings with the axes (token 14, columns)."""
    random = np.random.default_rng(0)
    return [
        Snapshot(
            epoch,
            2.5 / (1 + epoch),
            epoch / 20,
            epoch / 12,
            dict(WATCHED),
            random.normal(size=(14, columns)).astype(np.float32) * (epoch + 1),
        )
        for epoch in epochs
    ]


def changed(place: int, **changes: Any) -> list[Snapshot]:
    """Return a made-up run of which one snapshot is different."""
    run = made_up()
    run[place] = replace(run[place], **changes)
    return run


def recorded(watched: Iterable[str] = WATCHED) -> list[Snapshot]:
    """Return what a recorder keeps of an untrained model, before and after an epoch."""
    keras.utils.set_random_seed(0)
    examined = problems.split("sums", 300).validation
    recorder = Recorder(seq2seq(2, 3), examined, epochs=[0, 1], watched=list(watched))
    recorder.on_train_begin()
    recorder.on_epoch_end(0)
    return recorder.snapshots


BAD_RUNS: list[Any] = [
    [],
    range(0),
    None,
    7,
    "notes",
    made_up()[0],
    [*made_up(), "epoch 11"],
    [made_up()[0].embedding],
    made_up([0, 2, 1]),
    [*made_up([0, 40]), *made_up([0, 40])],
]
"""What is no run of snapshots."""

BAD_INDICES: list[Any] = [-1, 4, 99, 1.5, True, "2", None]
"""What is no place in a made-up run."""
