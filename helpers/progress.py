"""How far a training is: in a notebook, in a terminal, in a training lab.

Chapter: *Training*.
"""

from __future__ import annotations

import math
import sys
import time
from html import escape
from typing import TYPE_CHECKING

import keras
from IPython import get_ipython
from IPython.display import HTML, DisplayHandle

from helpers import decoding, model_file, plots
from helpers.say import say
from helpers.training import Recorder

if TYPE_CHECKING:
    from helpers.run import Run
    from helpers.widgets import TrainingLab


def in_notebook() -> bool:
    """Tell whether this is a cell of a notebook."""
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class Progress(keras.callbacks.Callback):
    """Knows how far `fit` is and how long the rest will take; how to show it is for others.

    Args:
        recorder: what the run records; it stands before this one in the list of callbacks.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show that nothing is done yet."""
        self._begun = self._steps * len(self._recorder.losses)
        self._done = self._begun
        self._first: float | None = None  # when the first batch was done: it is compiled then
        self._shown = -math.inf
        self.show()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Show how far it is, about once a second."""
        self._done = self._steps * len(self._recorder.losses) + batch + 1
        now = time.monotonic()
        if self._first is None:
            self._first, self._begun = now, self._done
        if now - self._shown > 1:
            self._shown = now
            self.show()

    def show(self) -> None:
        """Show how far it is."""
        raise NotImplementedError

    @property
    def _steps(self) -> int:
        return int(self.params["steps"])

    @property
    def _total(self) -> int:
        return self._steps * int(self.params["epochs"])

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if self._first is None:
            return say("compiling")
        epochs = self.params["epochs"]
        epoch = min(self._done // self._steps + 1, epochs)
        if self._done == self._begun:
            return say("epoch {epoch} of {epochs}", epoch=epoch, epochs=epochs)
        pace = (time.monotonic() - self._first) / (self._done - self._begun)
        return say(
            "epoch {epoch} of {epochs}, {time} left",
            epoch=epoch,
            epochs=epochs,
            time=in_words(pace * (self._total - self._done)),
        )


class LiveCurve(Progress):
    """Shows a progress bar, the loss and the exact match in a notebook; leaves a still figure."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show an empty progress bar."""
        self._picture, self._pictured = "", -math.inf
        self._handle = DisplayHandle()
        self._handle.display(HTML(""))
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Draw anew if it is time to."""
        if time.monotonic() - self._pictured > 1:
            self._picture, self._pictured = self._drawn().page(), time.monotonic()

    def show(self) -> None:
        """Move the bar on."""
        self._handle.update(
            HTML(
                f'<label>{escape(self.state)} <progress max="{self._total}" value="{self._done}">'
                f"</progress></label>{self._picture}"
            )
        )

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Leave a still figure."""
        self._handle.update(self._drawn())

    def _drawn(self) -> plots.Row:
        losses, seen = self._recorder.losses, self._recorder.snapshots
        return plots.Row(
            plots.curves(
                range(1, len(losses) + 1),
                {say("training loss"): losses},
                ylabel=say("loss per token"),
                xlim=(0, self.params["epochs"]),
                description=say("The training loss after each epoch of this run."),
            ),
            plots.curves(
                [snapshot.epoch for snapshot in seen],
                {say("exact match"): [snapshot.exact_match for snapshot in seen]},
                ylabel=say("answers right"),
                percent=True,
                xlim=(0, self.params["epochs"]),
                description=say("The share of held-out problems answered right in this run."),
            ),
        )


class ProgressLine(Progress):
    """Shows how far it is in one line of a terminal; in a log file, a line for each snapshot."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show that nothing is done yet."""
        self._written = 0
        super().on_train_begin(logs)

    def show(self) -> None:
        """Write the line anew."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{self._line}")
            sys.stderr.flush()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write a line to a log file if there is a new snapshot."""
        if not sys.stderr.isatty() and len(self._recorder.snapshots) > self._written:
            self._written = len(self._recorder.snapshots)
            print(self._line, file=sys.stderr, flush=True)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """End the line."""
        if sys.stderr.isatty():
            self.show()
            sys.stderr.write("\n")

    @property
    def _line(self) -> str:
        parts = [f"{self._done / self._total:4.0%} {self.state}"]
        if self._recorder.losses:
            parts.append(say("loss {loss}", loss=f"{self._recorder.losses[-1]:.4f}"))
        if self._recorder.snapshots:
            exact_match = self._recorder.snapshots[-1].exact_match
            parts.append(say("exact match {share}", share=f"{exact_match:.2%}"))
        return ", ".join(parts)


def in_words(seconds: float) -> str:
    """Return a time as it is said: ``'12 s'``, ``'4 min'``, ``'1 h 10 min'``."""
    if seconds < 99.5:
        return say("{seconds} s", seconds=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 60:
        return say("{minutes} min", minutes=minutes)
    return say("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


class ShownInLab(Progress):
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
        self._lab.trained = model_file.packed(run.model)

    def show(self) -> None:
        """Send how far it is."""
        run, epochs = self._run, self.params["epochs"]
        if len(run.snapshots) > self._answered:
            self._answered = len(run.snapshots)
            watched = self._lab.watched
            answers = decoding.answers(run.model, watched)
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
            "task": run.model.task.data(),
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
            "embedding": run.model.encoder.get_layer("embedding").get_weights()[0].ravel().tolist(),
            "answers": self._answers,
        }
