"""The rows of an embedding matrix, and how they move while the model learns.

Chapter: *Embeddings*.
"""

from collections.abc import Iterable
from html import escape

import numpy as np
import traitlets

from helpers import packing, plots
from helpers.geometry import distances, rank_correlation, spread
from helpers.records import Snapshot
from helpers.say import say
from helpers.vocabulary import TOKENS
from helpers.widgets.base import Still
from helpers.widgets.snapshots import SnapshotWidget, checked, moments, not_finite


class EmbeddingExplorer(SnapshotWidget):
    """Shows a token's row, all distances and a map, at each snapshot of a training run.

    ``EmbeddingExplorer(pretrained.record("notes").snapshots)`` shows a stored run, and
    ``EmbeddingExplorer(run.snapshots)`` your own. What the reader can set, Python can set and
    observe: ``explorer.token = "7"``. The map always has the same two directions, those in which
    the rows of the last snapshot spread most.

    Args:
        snapshots: those of one run, such as `run.Run.snapshots`.
        token: whose row is shown.
        other: the token it is compared with.
        snapshot: which snapshot to start with, 0 for the first; the last one if left out.

    Raises:
        TypeError: ``snapshots`` is no list of `records.Snapshot`.
        ValueError: there is no snapshot, their epochs do not rise, their embeddings differ in
            shape, are not finite or have less than two numbers for a token, or a token or the
            number of the snapshot is not allowed.
    """

    module = "embedding_explorer.js"

    tokens = traitlets.List(traitlets.Unicode(), list(TOKENS)).tag(sync=True)
    """The tokens in the order of their ids."""
    token = traitlets.Unicode("5").tag(sync=True)
    """The token whose row is shown."""
    other = traitlets.Unicode("4").tag(sync=True)
    """The token it is compared with."""
    matrices = traitlets.List(traitlets.Dict()).tag(sync=True)
    """The embedding matrix of each snapshot, as `packing.pack` returns them."""
    plane = traitlets.Dict().tag(sync=True)
    """The map: a `geometry.Spread` of the last matrix, as lists, its numbers rounded."""

    def __init__(
        self,
        snapshots: Iterable[Snapshot],
        token: str = "5",
        other: str = "4",
        *,
        snapshot: int | None = None,
    ) -> None:
        seen = checked(snapshots)
        _check_embeddings(seen)
        for name in (token, other):
            _check_token(name)
        plane = spread(seen[-1].embedding)
        super().__init__(
            seen,
            snapshot,
            token=token,
            other=other,
            matrices=packing.pack(one.embedding for one in seen),
            plane={name: part.round(9).tolist() for name, part in plane._asdict().items()},
        )

    def still(self) -> Still:
        """Return map and distances as pictures, and two rows and the way of their distance."""
        shown = self.shown
        title = say("epoch {epoch}", epoch=shown.epoch)
        pictures = plots.Row(
            plots.token_map(shown.embedding, title),
            plots.distance_matrix(shown.embedding, title),
        )
        return Still(pictures, self._rows(), self._way())

    def _rows(self) -> str:
        body = "".join(
            f'<tr><th scope="row">{escape(name)}</th>'
            + "".join(
                f"<td>{value:z.2f}</td>" for value in self.shown.embedding[TOKENS.index(name)]
            )
            + "</tr>"
            for name in dict.fromkeys((self.token, self.other))
        )
        caption = escape(say("Rows at epoch {epoch}", epoch=self.shown.epoch))
        return f"<table><caption>{caption}</caption>{body}</table>"

    def _way(self) -> str:
        body = ""
        for at in moments(len(self.snapshots)):
            apart = distances(self.snapshots[at].embedding)
            between = apart[TOKENS.index(self.token), TOKENS.index(self.other)]
            order = escape(_order(apart))
            body += f"<tr><td>{self.epochs[at]}</td><td>{between:.3f}</td><td>{order}</td></tr>"
        head = (
            say("epoch"),
            say("distance of {token} and {other}", token=self.token, other=self.other),
            say("rank correlation of the digits"),
        )
        return (
            "<table><thead><tr>"
            + "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
            + f"</tr></thead><tbody>{body}</tbody></table>"
        )

    @traitlets.validate("token", "other")
    def _check_name(self, proposal: traitlets.Bunch) -> str:
        _check_token(proposal.value)
        return proposal.value


def _order(apart: np.ndarray) -> str:
    """Say how far the distances of the digits, axes (token, token), follow their differences."""
    i, j = np.triu_indices(10, 1)
    try:
        return f"{rank_correlation(j - i, apart[i, j]):z.2f}"
    except ValueError:  # all distances are the same
        return say("none")


def _check_token(token: object) -> None:
    if token not in TOKENS:
        raise ValueError(
            say(
                "A token is one of {tokens}, not {given}.",
                tokens=", ".join(map(repr, TOKENS)),
                given=repr(token),
            )
        )


def _check_embeddings(snapshots: list[Snapshot]) -> None:
    shape = np.shape(snapshots[0].embedding)
    if len(shape) != 2 or shape[0] != len(TOKENS) or shape[1] < 2:
        raise ValueError(
            say(
                "An embedding has a row of at least two numbers for each of the {tokens} tokens, "
                "not the shape {shape}.",
                tokens=len(TOKENS),
                shape=shape,
            )
        )
    for snapshot in snapshots:
        if np.shape(snapshot.embedding) != shape:
            raise ValueError(
                say(
                    "The embeddings of all snapshots have the same shape, but here are {first} "
                    "and {other}.",
                    first=shape,
                    other=np.shape(snapshot.embedding),
                )
            )
    if odd := not_finite(snapshots, lambda one: one.embedding):
        raise ValueError(
            say(
                "An embedding is made of finite numbers, but at epoch {epoch} it is not.",
                epoch=odd.epoch,
            )
        )
