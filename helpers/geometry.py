"""How far apart vectors are, which way they spread, and whether two rankings agree.

Chapters: *Embeddings* and *Encoder*.
"""

import numpy as np
from numpy.typing import ArrayLike


def distances(vectors: ArrayLike) -> np.ndarray:
    """Return the Euclidean distance of each row from each, axes (row, row).

    Raises:
        ValueError: ``vectors`` has not the axes (row, column).
    """
    rows = _as_rows(vectors)
    return np.linalg.norm(rows[:, None] - rows[None], axis=-1)


def principal_components(vectors: ArrayLike, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows seen along the directions in which they spread most.

    Returns:
        The coordinates, axes (row, component), and each component's share of the variance, axes
        (component). The sign of a component is chosen so that its largest coordinate is positive.

    Raises:
        ValueError: ``vectors`` has not the axes (row, column), or fewer than ``count`` of either.
    """
    rows = _as_rows(vectors)
    if not 1 <= count <= min(rows.shape):
        raise ValueError(f"The count is a number from 1 to {min(rows.shape)}, not {count}.")
    centred = rows - rows.mean(axis=0)
    left, strength, _ = np.linalg.svd(centred, full_matrices=False)
    coordinates = left * strength
    largest = np.abs(coordinates).argmax(axis=0)
    coordinates *= np.sign(coordinates[largest, range(coordinates.shape[1])])
    share = strength**2 / (strength**2).sum()
    return coordinates[:, :count], share[:count]


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
            "A rank correlation takes two lists of the same length, at least 2, "
            f"not of lengths {a.size} and {b.size}."
        )
    if (a == a[0]).all() or (b == b[0]).all():
        raise ValueError("A list in which all numbers are the same has no order to compare.")
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _as_rows(vectors: ArrayLike) -> np.ndarray:
    rows = np.asarray(vectors, dtype=float)
    if rows.ndim != 2:
        raise ValueError(f"Vectors have the axes (row, column), not the shape {rows.shape}.")
    return rows


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]
