"""A recorded training run, epoch by epoch.

Chapter: *Training*.
"""

from collections.abc import Iterable
from html import escape

import numpy as np
import traitlets

from helpers import plots, problems
from helpers.records import Snapshot
from helpers.say import say
from helpers.widgets.base import Still
from helpers.widgets.snapshots import SnapshotWidget, checked, moments, not_finite


class TrainingReplay(SnapshotWidget):
    """Replays a training run: the curves, and what the model answered at each snapshot.

    ``TrainingReplay(pretrained.record("notes").snapshots)`` replays a stored run, and
    ``TrainingReplay(run.snapshots)`` your own. What the reader can set, Python can set and
    observe: ``replay.snapshot = 0``.

    Args:
        snapshots: those of one run, such as `run.Run.snapshots`.
        snapshot: which snapshot to start with, 0 for the first; the last one if left out.

    Raises:
        TypeError: ``snapshots`` is no list of `records.Snapshot`, or a watched problem no string.
        ValueError: there is no snapshot, their epochs do not rise, a number is not finite, they
            watch different problems or one that `problems.parse` does not allow, or the number of
            the snapshot is not allowed.
    """

    module = "training_replay.js"

    losses = traitlets.List(traitlets.Float()).tag(sync=True)
    """The loss of each snapshot."""
    exact_matches = traitlets.List(traitlets.Float()).tag(sync=True)
    """The share of problems that were answered right, for each snapshot."""
    token_accuracies = traitlets.List(traitlets.Float()).tag(sync=True)
    """The share of tokens that were right, for each snapshot."""
    watched = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The problems that were watched."""
    right_answers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """What should be answered to them."""
    guessing_loss = traitlets.Float().tag(sync=True)
    """The loss of a model to which all tokens are alike."""
    answers = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    """For each snapshot the answers to them."""

    def __init__(self, snapshots: Iterable[Snapshot], *, snapshot: int | None = None) -> None:
        seen = checked(snapshots)
        watched = _watched(seen)
        if odd := not_finite(seen, lambda one: [one.loss, one.exact_match, one.token_accuracy]):
            raise ValueError(
                say(
                    "What was measured is made of finite numbers, but at epoch {epoch} it is not.",
                    epoch=odd.epoch,
                )
            )
        super().__init__(
            seen,
            snapshot,
            losses=[float(one.loss) for one in seen],
            exact_matches=[float(one.exact_match) for one in seen],
            token_accuracies=[float(one.token_accuracy) for one in seen],
            watched=watched,
            right_answers=list(map(problems.solve, watched)),
            guessing_loss=float(np.log(len(seen[0].embedding)).round(9)),
            answers=[[one.answers[problem] for problem in watched] for one in seen],
        )

    def still(self) -> Still:
        """Return the curves as pictures, and the answers at a few moments as a table."""
        at = np.array(self.epochs) + 1
        pictures = plots.Row(
            plots.curves(
                at,
                {say("loss"): self.losses},
                xlabel=say("epoch + 1"),
                ylabel=say("loss per token"),
                level=(self.guessing_loss, f"log {len(self.snapshots[0].embedding)}"),
                xscale="log",
            ),
            plots.curves(
                at,
                {say("whole answers"): self.exact_matches, say("tokens"): self.token_accuracies},
                xlabel=say("epoch + 1"),
                ylabel=say("right"),
                percent=True,
                xscale="log",
            ),
        )
        return Still(pictures, *([self._answers()] if self.watched else []))

    def _answers(self) -> str:
        columns = moments(len(self.snapshots))
        names = [
            *(say("problem"), say("right answer")),
            *(say("epoch {epoch}", epoch=self.epochs[at]) for at in columns),
        ]
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
        body = ""
        for number, problem in enumerate(self.watched):
            right = self.right_answers[number]
            cells = "".join(_cell(self.answers[at][number], right) for at in columns)
            body += f'<tr><th scope="row">{problem}</th><td>{right}</td>{cells}</tr>'
        caption = escape(say("What the model answered"))
        return (
            f"<table><caption>{caption}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def _cell(answer: str, right: str) -> str:
    shown = escape(answer or say("nothing"))
    mark = "✓" if answer == right else "✗"
    return f"<td>{shown} {mark}</td>"


def _watched(snapshots: list[Snapshot]) -> list[str]:
    watched = list(snapshots[0].answers)
    for snapshot in snapshots:
        if set(snapshot.answers) != set(watched):
            raise ValueError(
                say(
                    "All snapshots of a run watch the same problems, but those of the epochs "
                    "{first} and {other} watch different ones.",
                    first=snapshots[0].epoch,
                    other=snapshot.epoch,
                )
            )
    for problem in watched:
        problems.parse(problem)
    return watched
