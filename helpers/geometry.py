"""How far apart vectors are, which way they spread, and whether two rankings agree.

Chapters: *Embeddings* and *Encoder*.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from helpers.numbers import is_whole
from helpers.say import say


def distances(vectors: ArrayLike) -> np.ndarray:
    """Return the Euclidean distance of each row from each, axes (row, row).

    Raises:
        ValueError: ``vectors`` has not the axes (row, column).
    """
    rows = _as_rows(vectors)
    return np.linalg.norm(rows[:, None] - rows[None], axis=-1)


class Spread(NamedTuple):
    """Which way the rows spread: their mean, and the directions in which they do so most."""

    mean: np.ndarray
    """Axes (column)."""
    directions: np.ndarray
    """Each of length 1 and at a right angle to the others, axes (component, column)."""
    share: np.ndarray
    """Each component's share of the variance, axes (component)."""


def spread(vectors: ArrayLike, count: int = 2) -> Spread:
    """Return the directions in which the rows spread most.

    ``(row - mean) @ directions.T`` are the coordinates of a row, also of one that was not among
    ``vectors``. Signs are chosen, and errors raised, as by `principal_components`.
    """
    mean, directions, _, share = _decomposed(vectors, count)
    return Spread(mean, directions, share)


def principal_components(vectors: ArrayLike, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows seen along the directions in which they spread most.

    Returns:
        The coordinates, axes (row, component), and each component's share of the variance, axes
        (component). The sign of a component is chosen so that its largest coordinate is positive.

    Raises:
        ValueError: ``vectors`` has not the axes (row, column), or fewer than ``count`` of either.
    """
    _, _, coordinates, share = _decomposed(vectors, count)
    return coordinates, share


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Return Spearman's rank correlation: 1 for the same order, -1 for the opposite one.

    Equal values share the mean of their ranks.

    Raises:
        ValueError: the two are not of the same length, shorter than 2, or one of them holds the
            same number everywhere.
    """
    a, b = np.ravel(first), np.ravel(second)
    if a.shape != b.shape or a.size < 2:
        raise ValueError(
            say(
                "A rank correlation takes two lists of the same length, at least 2, not of "
                "lengths {first} and {second}.",
                first=a.size,
                second=b.size,
            )
        )
    if (a == a[0]).all() or (b == b[0]).all():
        raise ValueError(say("A list in which all numbers are the same has no order to compare."))
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _decomposed(
    vectors: ArrayLike, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, directions (component, column), coordinates (row, component) and share."""
    rows = _as_rows(vectors)
    if not is_whole(count) or not 1 <= count <= min(rows.shape):
        raise ValueError(
            say(
                "The count is a whole number from 1 to {most}, not {given}.",
                most=min(rows.shape),
                given=repr(count),
            )
        )
    mean = rows.mean(axis=0)
    left, strength, directions = np.linalg.svd(rows - mean, full_matrices=False)
    coordinates = left * strength
    largest = np.abs(coordinates).argmax(axis=0)
    sign = np.where(coordinates[largest, range(coordinates.shape[1])] < 0, -1, 1)
    share = strength**2 / ((strength**2).sum() or 1.0)
    return (
        mean,
        (directions * sign[:, None])[:count],
        (coordinates * sign)[:, :count],
        share[:count],
    )


def _as_rows(vectors: ArrayLike) -> np.ndarray:
    rows = np.asarray(vectors, dtype=float)
    if rows.ndim != 2:
        raise ValueError(
            say("Vectors have the axes (row, column), not the shape {shape}.", shape=rows.shape)
        )
    return rows


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
