"""A model that learns in the page, in front of the reader.

Chapter: *Training*.
"""

import time
from base64 import b64encode
from functools import cache
from typing import Any

import keras
import numpy as np
import traitlets

from helpers import decoding, model_file, plots, pretrained, problems
from helpers.run import Progress, Run
from helpers.training import SCHEDULES
from helpers.vocabulary import TOKENS
from helpers.widgets.base import BookWidget, Still
from helpers.widgets.traits import Number, Whole

TASKS = ("arithmetic", "sums")
"""The tasks of `problems.TASKS` that are small enough to learn in a page."""
WATCHED = ("50+9", "7+8", "99+99", "12-85", "64-7")


class TrainingLab(BookWidget):
    """Trains a model of `model.seq2seq` in the page, from random weights, with no kernel.

    ``TrainingLab()`` begins with the settings of the model ``grown``, but for the rate. What the
    reader can choose, Python can set: ``TrainingLab(units=16, epochs=24)``. The problems are those
    of `problems.split`; the curves are of its validation part.

    Args:
        **settings: any of the traits below.

    Raises:
        TypeError: there is no such setting.
        ValueError: a setting is not allowed; it is then as it was.
    """

    module = "training_lab.js"

    late = traitlets.Bool(True, read_only=True).tag(sync=True)
    task = traitlets.Unicode("arithmetic").tag(sync=True)
    """Which of `TASKS` is learned."""
    units = Whole(64).tag(sync=True)
    """Units of each GRU, a multiple of 8 from 8 to 128."""
    embedding_dim = Whole(16).tag(sync=True)
    """Numbers in the vector of a token, from 1 to 64."""
    reverse = traitlets.Bool(True).tag(sync=True)
    """Whether problem and answer are read and written back to front."""
    masked_loss = traitlets.Bool(True).tag(sync=True)
    """Whether only the time steps up to EOS count."""
    schedule = traitlets.Unicode("warmup-cosine").tag(sync=True)
    """One of `training.SCHEDULES`."""
    learning_rate = Number(0.03).tag(sync=True)
    """The highest learning rate, above 0, at most 1."""
    weight_decay = Number(0.1).tag(sync=True)
    """As in `training.Recipe`, from 0 to 1."""
    batch_size = Whole(128).tag(sync=True)
    """Problems in a batch, from 1 to 1,024."""
    epochs = Whole(12).tag(sync=True)
    """From 1 to 1,000."""
    seed = Whole(0).tag(sync=True)
    """Of the first weights and of the order of the problems, from 0 to 2 ** 31 - 2."""
    watched = traitlets.List(traitlets.Unicode(), list(WATCHED)).tag(sync=True)
    """The problems whose answers are shown."""
    parts = traitlets.Dict().tag(sync=True)
    """For each task the part of each problem, packed, and the operators."""
    trained = traitlets.Dict().tag(sync=True)
    """The model that was trained last, as `model_file.record` writes it; empty before that."""
    fit = traitlets.Dict().tag(sync=True)
    """How far a training in the kernel is (see `callback`); empty if there is none."""

    def __init__(self, **settings: Any) -> None:
        allowed = set(_ALLOWED) | {"reverse", "masked_loss", "watched"}
        for name in settings:
            if name not in allowed:
                raise TypeError(
                    f"A setting of the lab is one of {', '.join(sorted(allowed))}, not {name}."
                )
        super().__init__(parts={task: list(_packed_parts(task)) for task in TASKS}, **settings)

    @property
    def stored(self) -> model_file.Stored:
        """The model that was trained last, in Keras, such as ``lab.stored.encoder``.

        Until one is trained this is a ``ValueError``.
        """
        if not self.trained:
            raise ValueError("No model is trained in this lab yet: press Train.")
        return model_file.built(self.trained)

    def callback(self, run: Run) -> keras.callbacks.Callback:
        """Return a callback that shows in this lab what Keras trains in the kernel.

        ``run.fit(verbose=0, callbacks=[lab.callback(run)])``
        """
        return _ShownInLab(self, run)

    @traitlets.validate(
        *("task", "units", "embedding_dim", "schedule", "learning_rate"),
        *("weight_decay", "batch_size", "epochs", "seed"),
    )
    def _check_setting(self, proposal: traitlets.Bunch) -> Any:
        allowed, sentence = _ALLOWED[proposal["trait"].name]
        if not allowed(proposal["value"]):
            raise ValueError(f"{sentence}, not {proposal['value']!r}.")
        return proposal["value"]

    @traitlets.validate("watched")
    def _check_watched(self, proposal: traitlets.Bunch) -> list[str]:
        watched = list(proposal["value"])
        if len(watched) != len(WATCHED):
            raise ValueError(f"The lab watches {len(WATCHED)} problems, not {len(watched)}.")
        return list(map(problems.normal, watched))

    def still(self) -> Still:
        """Return the curves of a recorded run: that of ``grown``."""
        seen = pretrained.record("grown").snapshots
        epochs = [one.epoch for one in seen]
        curves = plots.Row(
            plots.curves(
                epochs,
                {"loss": [one.loss for one in seen]},
                ylabel="loss per token",
                level=(np.log(len(TOKENS)), f"log {len(TOKENS)}"),
            ),
            plots.curves(
                epochs,
                {
                    "whole answers": [one.exact_match for one in seen],
                    "tokens": [one.token_accuracy for one in seen],
                },
                ylabel="right",
                percent=True,
            ),
        )
        return Still(curves)


class _ShownInLab(Progress):
    """Sends a run of Keras to a lab."""

    def __init__(self, lab: TrainingLab, run: Run) -> None:
        super().__init__(run.recorder)
        self._lab, self._run = lab, run
        self._answers: dict[str, str] = {}  # by problem
        self._answered = 0  # how many snapshots there were
        self._over = False

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show the model as it is before the first update."""
        self._over = False
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the epoch, and what was measured after it."""
        self.show()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Hand the model over."""
        self._over = True
        self.show()
        run = self._run
        self._lab.trained = model_file.record(
            run.encoder, run.decoder, reverse=run.recipe.reverse, task=run.recipe.task
        )

    def show(self) -> None:
        """Send how far it is."""
        run, epochs = self._run, self.params["epochs"]
        if len(run.snapshots) > self._answered:
            self._answered = len(run.snapshots)
            watched = self._lab.watched
            answers = decoding.answers(
                run.encoder, run.decoder, watched, reverse=run.recipe.reverse
            )
            self._answers = dict(zip(watched, answers, strict=True))
        self._lab.fit = {
            "updates": self._done,
            "of": self._total,
            "epoch": run.epoch,
            "epochs": epochs,
            "going": not self._over,
            "over": self._over and run.complete,
            "problems": (self._done - self._begun) * run.recipe.batch_size,
            "seconds": 0 if self._first is None else time.monotonic() - self._first,
            "batchSize": run.recipe.batch_size,
            "training": [(n / epochs, loss) for n, loss in enumerate(run.losses, 1)],
            "examined": [
                {
                    "share": seen.epoch / epochs,
                    "loss": seen.loss,
                    "tokenAccuracy": seen.token_accuracy,
                    "exactMatch": seen.exact_match,
                }
                for seen in run.snapshots
            ],
            "embedding": run.encoder.get_layer("embedding").get_weights()[0].ravel().tolist(),
            "answers": self._answers,
        }


_ALLOWED: dict[str, tuple[Any, str]] = {
    "task": (lambda task: task in TASKS, f"A task of the lab is {' or '.join(map(repr, TASKS))}"),
    "units": (
        lambda units: units % 8 == 0 and 8 <= units <= 128,
        "The units of a GRU in the lab are a multiple of 8, from 8 to 128",
    ),
    "embedding_dim": (
        lambda dim: 1 <= dim <= 64,
        "An embedding in the lab has from 1 to 64 numbers",
    ),
    "schedule": (
        lambda schedule: schedule in SCHEDULES,
        f"A schedule is {' or '.join(map(repr, SCHEDULES))}",
    ),
    "learning_rate": (lambda rate: 0 < rate <= 1, "A learning rate is above 0 and at most 1"),
    "weight_decay": (lambda decay: 0 <= decay <= 1, "A weight decay is a number from 0 to 1"),
    "batch_size": (
        lambda size: 1 <= size <= 1024,
        "A batch in the lab has from 1 to 1,024 problems",
    ),
    "epochs": (lambda epochs: 1 <= epochs <= 1000, "The epochs are a number from 1 to 1,000"),
    "seed": (
        lambda seed: 0 <= seed < 2**31 - 1,
        "A seed is a whole number from 0 to 2,147,483,646",
    ),
}


@cache
def _packed_parts(task: str) -> tuple[str, str]:
    """Return the part of each problem, and the operators.

    The problems are in the order of `problems.split`: by operator, left and right operand. Each has
    two bits, four problems to a byte: 0 for training, 1 for validation, 2 for test.
    """
    largest, operators = problems.TASKS[task]
    parts = {
        problem: number for number, part in enumerate(problems.split(task)) for problem in part
    }
    numbers = range(largest + 1)
    bits = np.array([parts[f"{a}{op}{b}"] for op in operators for a in numbers for b in numbers])
    packed = (bits.reshape(-1, 4) << np.array([0, 2, 4, 6])).sum(axis=1).astype(np.uint8)
    return b64encode(packed.tobytes()).decode("ascii"), operators
