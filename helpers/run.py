"""A training that can be watched, stopped, and gone on with.

Chapter: *Training*.
"""

import json
import signal
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from helpers import problems
from helpers.progress import LiveCurve, ProgressLine, in_notebook
from helpers.records import Recipe, Snapshot
from helpers.say import say
from helpers.training import Recorder, ShortWeights, build, recording_epochs

SAVE_EVERY = 30.0
"""Seconds between two saves of a run that has a file."""

ITERATORS_AN_EPOCH = 2
"""How many iterators over its data Keras makes in an epoch of `fit`."""

UNREADABLE = (
    *(ValueError, TypeError, AttributeError, KeyError, OSError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged file raises."""


class Run:
    """A training by a recipe, from its first epoch to its last, in as many goes as it takes.

    An interrupt (the stop button of a notebook, Ctrl-C) ends `fit` after the epoch it is in. The
    next `fit` goes on there, and the numbers are those of a run that was never stopped. A second
    interrupt stops at once: the weights stay as they are, but the epoch it falls into is trained
    from its beginning, and a file has what was saved last.

    Args:
        recipe: what is trained and how.
        parts: the problems; by default the parts of the task of ``recipe``.
        epochs: after which epochs a snapshot is taken; by default about forty, close together
            early.
        watched: problems whose answers the snapshots keep.
        file: where the run is saved about twice a minute, when it is interrupted and when it is
            complete. If the file is there, the run goes on from it.

    Raises:
        ValueError: there are fewer problems than a batch takes; ``file`` holds the run of another
            recipe, or none.
    """

    def __init__(
        self,
        recipe: Recipe,
        parts: problems.Split | None = None,
        *,
        epochs: Iterable[int] | None = None,
        watched: Sequence[str] = (),
        file: Path | None = None,
    ) -> None:
        self.recipe = recipe
        self.parts = problems.split(recipe.task, recipe.size) if parts is None else parts
        """The problems it trains on and is examined on."""
        self.model, self.batches = build(recipe, self.parts.train)
        """The model that is trained, a `model.Seq2Seq`."""
        self.recorder = Recorder(
            self.model,
            self.parts.validation,
            epochs=recording_epochs(recipe.epochs) if epochs is None else epochs,
            watched=watched,
            masked_loss=recipe.masked_loss,
        )
        self._file = file
        self._saved = time.monotonic()
        self._stop = False
        if file is not None and file.is_file():
            self._restore(file)

    def __repr__(self) -> str:
        return f"<Run on {self.recipe.task!r}: epoch {self.epoch} of {self.recipe.epochs}>"

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.losses)

    @property
    def complete(self) -> bool:
        """Whether all epochs of the recipe are done."""
        return self.epoch == self.recipe.epochs

    @property
    def interrupted(self) -> bool:
        """Whether an interrupt came during the last `fit`, be it in the last epoch."""
        return self._stop

    @property
    def losses(self) -> list[float]:
        """The training loss of each epoch done, nats a token."""
        return self.recorder.losses

    @property
    def snapshots(self) -> list[Snapshot]:
        """What was seen after the epochs named."""
        return self.recorder.snapshots

    def fit(self, *, verbose: int = 1, callbacks: Iterable[keras.callbacks.Callback] = ()) -> None:
        """Train to the end of the recipe, or until an interrupt.

        With ``verbose=1`` a notebook shows a progress bar with the time left, the loss and the
        exact match while it goes on, and a terminal shows a line; with 0 nothing is shown. Further
        ``callbacks``, such as that of a training lab, come after the run's own.
        """
        if self.complete:
            print(self._done)
            return
        own: list[keras.callbacks.Callback] = [self.recorder]
        if self.recipe.weight_bits is not None:
            own.insert(0, ShortWeights(self.recipe.weight_bits))
        if verbose:
            own.append((LiveCurve if in_notebook() else ProgressLine)(self.recorder))
        own.append(keras.callbacks.LambdaCallback(on_epoch_end=self._after_epoch))
        self._stop = False
        with _first_interrupt(self._ask_to_stop):
            self.model.model.fit(
                self.batches,
                epochs=self.recipe.epochs,
                initial_epoch=self.epoch,
                shuffle=False,
                verbose=0,
                callbacks=[*own, *callbacks],
            )
        if not self.complete:
            print(
                say(
                    "Stopped after epoch {epoch} of {epochs}. Run this again, and it goes on from "
                    "there.",
                    epoch=self.epoch,
                    epochs=self.recipe.epochs,
                )
            )

    @property
    def _done(self) -> str:
        if self._file is None:
            return say(
                "All {epochs} epochs are done; a new `Run` starts from the beginning.",
                epochs=self.epoch,
            )
        return say(
            "All {epochs} epochs are done; without its file a new `Run` starts from the beginning.",
            epochs=self.epoch,
        )

    def _ask_to_stop(self) -> None:
        self._stop = True

    def _after_epoch(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.model.model.stop_training = self._stop
        due = self._stop or self.complete or time.monotonic() - self._saved > SAVE_EVERY
        if self._file is not None and due:
            self._save(self._file)
            self._saved = time.monotonic()

    def _save(self, file: Path) -> None:
        said = {
            "recipe": asdict(self.recipe),
            "losses": self.losses,
            "snapshots": [{**asdict(seen), "embedding": None} for seen in self.snapshots],
        }
        arrays = {f"variable/{number}": value for number, value in enumerate(self._variables())}
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(".half.npz")
        np.savez(
            half,
            allow_pickle=False,
            said=np.array(json.dumps(said)),
            embeddings=np.array([seen.embedding for seen in self.snapshots]),
            **arrays,
        )
        half.replace(file)  # it is never there by half

    def _restore(self, file: Path) -> None:
        try:
            with np.load(file, allow_pickle=False) as stored:
                said = json.loads(str(stored["said"]))
                same = Recipe(**said["recipe"]) == self.recipe
                if same:
                    for number, variable in enumerate(self._variables()):
                        variable.assign(stored[f"variable/{number}"])
                    self.losses.extend(said["losses"])
                    self.snapshots.extend(
                        Snapshot(**{**seen, "embedding": embedding})
                        for seen, embedding in zip(
                            said["snapshots"], stored["embeddings"], strict=True
                        )
                    )
        except UNREADABLE as error:
            raise ValueError(
                say("{file} holds no run: remove it, and the run begins anew.", file=file)
            ) from error
        if not same:
            raise ValueError(
                say(
                    "{file} holds a run of another recipe: remove it, and the run begins anew.",
                    file=file,
                )
            )
        for _ in range(self.epoch * ITERATORS_AN_EPOCH):
            iter(self.batches)  # each iterator has another order

    def _variables(self) -> list[keras.Variable]:
        return [*self.model.model.variables, *self.model.model.optimizer.variables]


@contextmanager
def _first_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """Let the first interrupt call ``act``; the second does what interrupts did before."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread can be interrupted
        return
    before = signal.getsignal(signal.SIGINT) or signal.SIG_DFL

    def first(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        act()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
