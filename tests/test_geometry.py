"""Distances, principal components and rank correlation."""

from typing import Any

import numpy as np
import pytest

from helpers.geometry import distances, principal_components, rank_correlation, spread
from tests.messages import ONE_SENTENCE


def test_king_queen_car() -> None:
    """The notes' example: 0.173 and 5.385."""
    found = distances([[1.0, 2.0, 3.0], [1.1, 2.1, 2.9], [5.0, 5.0, 5.0]])
    assert found[0, 1] == pytest.approx(0.173, abs=5e-4)
    assert found[0, 2] == pytest.approx(5.385, abs=5e-4)


def test_distances() -> None:
    """Each row from each, as a loop would find it."""
    rows = np.random.default_rng(0).normal(size=(14, 5))
    found = distances(rows)
    assert found.shape == (14, 14)
    assert np.array_equal(found, found.T)
    assert not found.diagonal().any()
    for i in range(14):
        for j in range(14):
            assert found[i, j] == pytest.approx(sum((rows[i] - rows[j]) ** 2) ** 0.5)


def test_principal_components_of_a_line() -> None:
    """Points on a slanted line spread in one direction only."""
    along = np.array([0.0, 1, 2, 5])
    coordinates, share = principal_components(along[:, None] * [0.6, 0.8] + [3, -7])
    assert share == pytest.approx([1, 0])
    assert coordinates[:, 0] == pytest.approx(along - 2)
    assert coordinates[:, 1] == pytest.approx(0, abs=1e-9)


def test_principal_components() -> None:
    """They keep all distances, fall in strength, do not correlate; the signs are settled."""
    rows = np.random.default_rng(1).normal(size=(30, 4)) * [1, 5, 2, 3]
    coordinates, share = principal_components(rows, 4)
    assert coordinates.shape == (30, 4)
    assert distances(coordinates) == pytest.approx(distances(rows))
    assert share.sum() == pytest.approx(1)
    assert (np.diff(share) < 0).all()
    assert np.cov(coordinates.T) == pytest.approx(np.diag(coordinates.var(axis=0, ddof=1)))
    assert (coordinates.max(axis=0) > -coordinates.min(axis=0)).all()
    again, _ = principal_components(-rows, 4)
    assert np.abs(again) == pytest.approx(np.abs(coordinates))
    first, first_share = principal_components(rows)
    assert np.array_equal(first, coordinates[:, :2])
    assert np.array_equal(first_share, share[:2])


def test_spread() -> None:
    """The directions give the coordinates of the rows; they stand at right angles."""
    rows = np.random.default_rng(1).normal(size=(30, 4)) * [1, 5, 2, 3]
    mean, directions, share = spread(rows, 3)
    coordinates, wanted_share = principal_components(rows, 3)
    assert mean == pytest.approx(rows.mean(axis=0))
    assert directions.shape == (3, 4)
    assert directions @ directions.T == pytest.approx(np.eye(3))
    assert (rows - mean) @ directions.T == pytest.approx(coordinates)
    assert np.array_equal(share, wanted_share)


def test_rows_that_are_all_the_same_spread_nowhere() -> None:
    """They lie in one place, and no component has a share of nothing."""
    rows = np.full((5, 3), 7.0)
    coordinates, share = principal_components(rows)
    assert not coordinates.any()
    assert not share.any()
    assert spread(rows).directions.shape == (2, 3)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 1000], 1),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1),
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.8207826816681233),
        ([1, 1, 2, 2], [1, 2, 1, 2], 0),
        ([[1, 2], [3, 4]], [1, 2, 3, 4], 1),
    ],
)
def test_rank_correlation(first: Any, second: Any, wanted: float) -> None:
    """Only the order counts; equal values share the mean of their ranks."""
    assert rank_correlation(first, second) == pytest.approx(wanted)


@pytest.mark.parametrize("vectors", [3, [], [1, 2, 3], np.zeros((2, 3, 4))])
def test_vectors_have_two_axes(vectors: Any) -> None:
    """Anything else is refused in one sentence."""
    for function in (distances, principal_components, spread):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            function(vectors)


@pytest.mark.parametrize("count", [0, -1, 4, 6, 1.5, True, "1", None])
def test_count_of_components(count: Any) -> None:
    """Not more components than rows or columns."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        principal_components(np.zeros((5, 3)), count)


@pytest.mark.parametrize(("first", "second"), [([1, 2], [1, 2, 3]), ([], []), ([1], [1]), (1, 2)])
def test_bad_rankings(first: Any, second: Any) -> None:
    """Two lists of the same length, at least two values each."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        rank_correlation(first, second)


@pytest.mark.parametrize(("first", "second"), [([1, 1, 1], [1, 2, 3]), ([1, 2, 3], [7, 7, 7])])
def test_no_order_to_compare(first: Any, second: Any) -> None:
    """A constant list has no ranking, so there is no correlation with it."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        rank_correlation(first, second)
