"""A model that learns in the page, in front of the reader.

Chapter: *Training*.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from helpers import model_file, plots, pretrained, problems
from helpers.records import SCHEDULES
from helpers.say import any_of, say
from helpers.task import TASKS
from helpers.vocabulary import TOKENS
from helpers.widgets.base import BookWidget, Still
from helpers.widgets.traits import Number, Whole

if TYPE_CHECKING:
    import keras

    from helpers.model import Seq2Seq
    from helpers.run import Run

LEARNED = ("arithmetic", "sums")
"""The names of the tasks of `task.TASKS` that are small enough to learn in a page."""
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
    """Which of `LEARNED` is learned."""
    units = Whole(64).tag(sync=True)
    """Units of each GRU, a multiple of 8 from 8 to 128."""
    embedding_dim = Whole(16).tag(sync=True)
    """Numbers in the vector of a token, from 1 to 64."""
    reverse = traitlets.Bool(True).tag(sync=True)
    """Whether problem and answer are read and written back to front."""
    masked_loss = traitlets.Bool(True).tag(sync=True)
    """Whether only the time steps up to EOS count."""
    schedule = traitlets.Unicode("warmup-cosine").tag(sync=True)
    """One of `records.SCHEDULES`."""
    learning_rate = Number(0.03).tag(sync=True)
    """The highest learning rate, above 0, at most 1."""
    weight_decay = Number(0.1).tag(sync=True)
    """As in `records.Recipe`, from 0 to 1."""
    batch_size = Whole(128).tag(sync=True)
    """Problems in a batch, from 1 to 1,024."""
    epochs = Whole(12).tag(sync=True)
    """From 1 to 1,000."""
    seed = Whole(0).tag(sync=True)
    """Of the first weights and of the order of the problems, from 0 to 2 ** 31 - 2."""
    watched = traitlets.List(traitlets.Unicode(), list(WATCHED)).tag(sync=True)
    """The problems whose answers are shown."""
    tasks = traitlets.Dict().tag(sync=True)
    """Each task that can be learned, by name, as `Task.data` says it."""
    parts = traitlets.Dict().tag(sync=True)
    """For each task the part of each problem, packed."""
    trained = traitlets.Dict().tag(sync=True)
    """The model that was trained last, as `model_file.packed` describes it; empty before that."""
    fit = traitlets.Dict().tag(sync=True)
    """How far a training in the kernel is (see `callback`); empty if there is none."""

    def __init__(self, **settings: Any) -> None:
        allowed = {*_ALLOWED, "reverse", "masked_loss", "watched"}
        for name in settings:
            if name not in allowed:
                raise TypeError(
                    say(
                        "A setting of the lab is one of {settings}, not {given}.",
                        settings=", ".join(sorted(allowed)),
                        given=name,
                    )
                )
        super().__init__(
            tasks={name: TASKS[name].data() for name in LEARNED},
            parts={name: _packed_parts(name) for name in LEARNED},
            **settings,
        )

    @property
    def stored(self) -> Seq2Seq:
        """The model that was trained last, in Keras.

        Until one is trained this is a ``ValueError``.
        """
        if not self.trained:
            raise ValueError(say("No model is trained in this lab yet: press Train."))
        return model_file.unpacked(self.trained)

    def callback(self, run: Run) -> keras.callbacks.Callback:
        """Return a callback that shows in this lab what Keras trains in the kernel.

        ``run.fit(verbose=0, callbacks=[lab.callback(run)])``
        """
        from helpers.progress import ShownInLab  # and with it Keras, which trains it

        return ShownInLab(self, run)

    @traitlets.validate(
        *("task", "units", "embedding_dim", "schedule", "learning_rate"),
        *("weight_decay", "batch_size", "epochs", "seed"),
    )
    def _check_setting(self, proposal: traitlets.Bunch) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if not _ALLOWED[name](value):
            raise ValueError(_refusals(repr(value))[name])
        return value

    @traitlets.validate("watched")
    def _check_watched(self, proposal: traitlets.Bunch) -> list[str]:
        watched = list(proposal["value"])
        if len(watched) != len(WATCHED):
            raise ValueError(
                say(
                    "The lab watches {count} problems, not {given}.",
                    count=len(WATCHED),
                    given=len(watched),
                )
            )
        return list(map(problems.normal, watched))

    def still(self) -> Still:
        """Return the curves of a recorded run: that of ``grown``."""
        seen = pretrained.record("grown").snapshots
        epochs = [one.epoch for one in seen]
        curves = plots.Row(
            plots.curves(
                epochs,
                {say("loss"): [one.loss for one in seen]},
                ylabel=say("loss per token"),
                level=(np.log(len(TOKENS)), f"log {len(TOKENS)}"),
            ),
            plots.curves(
                epochs,
                {
                    say("whole answers"): [one.exact_match for one in seen],
                    say("tokens"): [one.token_accuracy for one in seen],
                },
                ylabel=say("right"),
                percent=True,
            ),
        )
        return Still(curves)


_ALLOWED: dict[str, Callable[[Any], bool]] = {
    "task": lambda task: task in LEARNED,
    "units": lambda units: units % 8 == 0 and 8 <= units <= 128,
    "embedding_dim": lambda dim: 1 <= dim <= 64,
    "schedule": lambda schedule: schedule in SCHEDULES,
    "learning_rate": lambda rate: 0 < rate <= 1,
    "weight_decay": lambda decay: 0 <= decay <= 1,
    "batch_size": lambda size: 1 <= size <= 1024,
    "epochs": lambda epochs: 1 <= epochs <= 1000,
    "seed": lambda seed: 0 <= seed < 2**31 - 1,
}


def _refusals(given: str) -> dict[str, str]:
    """Return for each setting what is said to a value that is not allowed."""
    return {
        "task": say(
            "A task of the lab is {tasks}, not {given}.",
            tasks=any_of(map(repr, LEARNED)),
            given=given,
        ),
        "units": say(
            "The units of a GRU in the lab are a multiple of 8, from 8 to 128, not {given}.",
            given=given,
        ),
        "embedding_dim": say(
            "An embedding in the lab has from 1 to 64 numbers, not {given}.", given=given
        ),
        "schedule": say(
            "A schedule is {schedules}, not {given}.",
            schedules=any_of(map(repr, SCHEDULES)),
            given=given,
        ),
        "learning_rate": say("A learning rate is above 0 and at most 1, not {given}.", given=given),
        "weight_decay": say("A weight decay is a number from 0 to 1, not {given}.", given=given),
        "batch_size": say(
            "A batch in the lab has from 1 to 1,024 problems, not {given}.", given=given
        ),
        "epochs": say("The epochs are a number from 1 to 1,000, not {given}.", given=given),
        "seed": say("A seed is a whole number from 0 to 2,147,483,646, not {given}.", given=given),
    }


@cache
def _packed_parts(name: str) -> str:
    """Return the part of each problem of a task, in the order of `Task.problems`.

    Each has two bits, four problems to a byte: 0 for training, 1 for validation, 2 for test.
    """
    parts = {
        problem: number for number, part in enumerate(problems.split(name)) for problem in part
    }
    bits = np.array([parts[problem] for problem in TASKS[name].problems()])
    packed = (bits.reshape(-1, 4) << np.array([0, 2, 4, 6])).sum(axis=1).astype(np.uint8)
    return b64encode(packed.tobytes()).decode("ascii")
