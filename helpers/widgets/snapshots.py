"""What the widgets share that show a model on its way through training."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import traitlets

from helpers.numbers import is_whole
from helpers.records import Snapshot
from helpers.say import say
from helpers.widgets.base import BookWidget
from helpers.widgets.traits import Whole


class SnapshotWidget(BookWidget):
    """A widget with a slider through the snapshots of one training run.

    A subclass checks the snapshots with `checked` and hands them on.
    """

    snapshot = Whole(0).tag(sync=True)
    """Which snapshot is shown; 0 is the first."""
    epochs = traitlets.List(traitlets.Int()).tag(sync=True)
    """The epoch of each snapshot."""

    def __init__(self, snapshots: list[Snapshot], snapshot: int | None, **traits: Any) -> None:
        self.snapshots = snapshots
        """The snapshots, in the order of their epochs."""
        shown = len(snapshots) - 1 if snapshot is None else snapshot
        self._check_index(shown)
        epochs = [int(seen.epoch) for seen in snapshots]
        super().__init__(snapshot=shown, epochs=epochs, **traits)

    @property
    def shown(self) -> Snapshot:
        """The snapshot that is shown."""
        return self.snapshots[self.snapshot]

    @traitlets.validate("snapshot")
    def _check_snapshot(self, proposal: traitlets.Bunch) -> int:
        self._check_index(proposal.value)
        return proposal.value

    def _check_index(self, index: object) -> None:
        last = len(self.snapshots) - 1
        if not is_whole(index) or not 0 <= index <= last:
            raise ValueError(
                say(
                    "A snapshot is a whole number from 0 to {last}, not {given}.",
                    last=last,
                    given=repr(index),
                )
            )


def checked(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Return ``snapshots`` as a list.

    Raises:
        TypeError: they are no list of `records.Snapshot`.
        ValueError: there is none, or their epochs do not rise.
    """
    seen = list(snapshots) if isinstance(snapshots, Iterable) else None
    if seen is None or not all(isinstance(snapshot, Snapshot) for snapshot in seen):
        raise TypeError(
            say(
                "Snapshots are a list of `records.Snapshot`, such as `recorder.snapshots` or "
                "`pretrained.record('notes').snapshots`."
            )
        )
    if not seen:
        raise ValueError(
            say(
                "There is at least one snapshot, but this list is empty: a recorder fills it in "
                "`fit`."
            )
        )
    for before, after in pairwise(seen):
        if after.epoch <= before.epoch:
            raise ValueError(
                say(
                    "Snapshots are of one run with rising epochs, but here epoch {after} follows "
                    "epoch {before}: take a new recorder for each run.",
                    after=after.epoch,
                    before=before.epoch,
                )
            )
    return seen


def not_finite(snapshots: Iterable[Snapshot], part: Callable[[Snapshot], Any]) -> Snapshot | None:
    """Return the first snapshot of which ``part`` is not all finite numbers."""
    return next((one for one in snapshots if not np.isfinite(part(one)).all()), None)


def moments(count: int, most: int = 5) -> list[int]:
    """Return at most ``most`` indices of ``count`` snapshots, evenly spread, both ends included."""
    return sorted({round(at) for at in np.linspace(0, count - 1, min(count, most))})
