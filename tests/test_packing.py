"""Weights as text: what is rounded and how far, and that a page gets exactly the same numbers."""

import gzip
import json
from base64 import b64decode
from struct import iter_unpack

import numpy as np
import pytest

from helpers import model_file, packing
from helpers.pretrained import RECIPES
from tests.models import load

RANDOM = np.random.default_rng(0)
SIZES = {"notes": 6000, "step-1-notes": 6000, "grown": 36_000}
"""The models that pages carry, and how many bytes of a page each may take, gzipped."""
LETTERS = {"floats": "<f", "int8": "<b", "int16": "<h"}
"""How `struct` calls the numbers of each form."""

ARRAYS = {
    "a matrix": RANDOM.normal(size=(14, 5)),
    "a bias": RANDOM.normal(size=14),
    "a bias of a GRU": RANDOM.normal(size=(2, 48)),
    "three axes": RANDOM.normal(size=(3, 4, 5)),
    "one number": np.array([[-0.3]]),
    "negative numbers": -np.abs(RANDOM.normal(size=(7, 3))),
    "a column of zeros": RANDOM.normal(size=(6, 3)) * [1, 0, 1],
    "nothing but zeros": np.zeros((3, 2)),
    "huge and tiny columns": RANDOM.normal(size=(9, 5)) * [1e37, 1e-30, 1, 1e6, 1e-6],
    "a column of the smallest numbers": RANDOM.normal(size=(9, 2)) * [1e-38, 1e-44],
    "exactly the largest numbers": np.array([[127, 32767, -127], [1, 2, 3]]),
    "a little more than the largest": np.array([[127.00001, 32767.002, -128], [1, 2, 3]]),
    "powers of two": np.ldexp(1.0, np.arange(-20, 20)).reshape(8, 5),
}

each_array = pytest.mark.parametrize(
    "values", [values.astype(np.float32) for values in ARRAYS.values()], ids=list(ARRAYS)
)
each_kind = pytest.mark.parametrize("bits", packing.WHOLE)


def unpacked(text: dict[str, str]) -> np.ndarray:
    """Return the numbers of one packed array, row by row, each read by itself."""
    (kind,) = set(text) - {"exponents"}
    content = b64decode(text[kind], validate=True)
    numbers = [number for (number,) in iter_unpack(LETTERS[kind], content)]
    if kind == "floats":
        assert "exponents" not in text
        return np.array(numbers, np.float32)
    exponents = iter_unpack("<b", b64decode(text["exponents"], validate=True))
    steps = [2.0**exponent for (exponent,) in exponents]
    return np.array([n * steps[at % len(steps)] for at, n in enumerate(numbers)], np.float32)


def packed(values: np.ndarray) -> dict[str, str]:
    """Return one array as text."""
    (text,) = packing.pack([values])
    return text


def same_bits(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Tell whether two arrays of float32 are the same to the last bit."""
    return found.astype("<f4").tobytes() == wanted.astype("<f4").tobytes()


def steps_of(values: np.ndarray, bits: int) -> np.ndarray:
    """Return the smallest power of two with which the largest number of each column fits."""
    most = 2 ** (bits - 1) - 1
    wanted = []
    for largest in np.abs(values).max(axis=0).astype(float).ravel():
        step = 2.0**-128
        while largest > most * step:
            step *= 2
        wanted.append(step)
    return np.reshape(wanted, values.shape[1:])


# Rounding.


@each_array
@each_kind
def test_rounding_again_changes_nothing(values: np.ndarray, bits: int) -> None:
    """What is short stays as it is."""
    once = packing.short(values, bits)
    assert once.dtype == np.float32
    assert once.shape == values.shape
    assert same_bits(packing.short(once, bits), once)


@each_array
@each_kind
def test_rounding_moves_by_half_a_step_at_most(values: np.ndarray, bits: int) -> None:
    """Every number becomes the nearest multiple of the step of its column, and the largest fits."""
    step = steps_of(values, bits)
    short = packing.short(values, bits).astype(float)
    assert (np.abs(short - values) <= step / 2).all()
    whole = short / step
    assert (whole == np.rint(whole)).all()
    assert np.abs(whole).max() <= 2 ** (bits - 1) - 1


@each_kind
def test_the_step_is_the_smallest_that_fits(bits: int) -> None:
    """A step of one is fine enough while the largest number fits, and not beyond."""
    most = 2 ** (bits - 1) - 1
    fits = np.array([[most], [1], [0.25]], np.float32)
    assert packing.short(fits, bits).ravel().tolist() == [most, 1, 0]
    too_large = fits.copy()
    too_large[0] = np.nextafter(fits[0], np.float32(np.inf))
    assert packing.short(too_large, bits).ravel().tolist() == [most + 1, 0, 0]


@each_kind
def test_each_column_has_its_own_step(bits: int) -> None:
    """A large number in one column makes no other column coarser."""
    small = RANDOM.normal(size=(10, 1)).astype(np.float32)
    both = packing.short(np.hstack([small, small * 1e6]), bits)
    assert same_bits(both[:, :1], packing.short(small, bits))


@each_kind
def test_a_row_of_numbers_is_one_column(bits: int) -> None:
    """All numbers of an array with one axis share one step."""
    values = RANDOM.normal(size=20).astype(np.float32)
    column = packing.short(values[:, None], bits)
    assert same_bits(packing.short(values, bits), column.ravel())


@each_kind
def test_signs_are_alike(bits: int) -> None:
    """A negative number is rounded as its positive twin is, and no zero is negative."""
    values = RANDOM.normal(size=(50, 3)).astype(np.float32)
    values[0] = 1e-9
    short, mirrored = packing.short(values, bits), packing.short(-values, bits)
    assert np.array_equal(mirrored, -short)
    assert not short[0].any()
    assert not np.signbit(mirrored[mirrored == 0]).any()


def test_more_bits_are_closer() -> None:
    """Sixteen bits come about 256 times as close as eight."""
    values = RANDOM.normal(size=(100, 4)).astype(np.float32)
    errors = {bits: np.abs(packing.short(values, bits) - values).max() for bits in packing.WHOLE}
    assert 100 < errors[8] / errors[16] < 600


# Packing.


@each_array
def test_floats_arrive_to_the_last_bit(values: np.ndarray) -> None:
    """Whatever the numbers are, the same come out again, row by row."""
    assert same_bits(unpacked(packed(values)), values.ravel())
    assert same_bits(packing.unpack(packed(values)), values.ravel())


@each_array
@each_kind
def test_short_numbers_arrive_to_the_last_bit(values: np.ndarray, bits: int) -> None:
    """So they do from the short forms, which take one or two bytes for each number."""
    short = packing.short(values, bits)
    text = packed(short)
    assert same_bits(unpacked(text), short.ravel())
    assert same_bits(packing.unpack(text), short.ravel())
    assert "floats" not in text
    assert bits == 16 or "int8" in text


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([[0.1], [0.2]], "floats"),
        ([[0, 1], [2, 3]], "int8"),
        ([[0.5, 1000], [-63.5, 24]], "int8"),
        ([[127.0], [1]], "int8"),
        ([[128.0], [1]], "int16"),
        ([[32767.0], [1]], "int16"),
        ([[32768.0], [1]], "floats"),
        ([[1, 0.1], [1, 1]], "floats"),
        ([0, 0, 0], "int8"),
    ],
)
def test_the_shortest_form(values: list[list[float]], kind: str) -> None:
    """One byte a number if that is exact, else two, else four."""
    text = packed(np.array(values, np.float32))
    assert kind in text
    assert same_bits(unpacked(text), np.array(values, np.float32).ravel())


@pytest.mark.parametrize(
    "values",
    [
        [np.inf, 1],
        [-np.inf, 0],
        [np.inf, np.inf],
        [np.nan, 1],
        [np.nan, np.inf],
        [np.inf, 3e5],
        [3.4028235e38, 1],
        [1e-45, 1],
        [1e-45, 3e-45],
        [1e-40, -1e-45],
        [1.1754944e-38, 0],
    ],
)
@pytest.mark.parametrize("axes", [(2,), (2, 1), (1, 2)])
def test_numbers_at_the_edge(values: list[float], axes: tuple[int, ...]) -> None:
    """Infinity, nan and the smallest and largest numbers arrive as they are too."""
    array = np.array(values, np.float32).reshape(axes)
    assert same_bits(unpacked(packed(array)), array.ravel())


def test_a_negative_zero_is_a_zero() -> None:
    """It takes no longer form for its sign, which changes no result."""
    text = packed(np.array([-0.0, 1], np.float32))
    assert "int8" in text
    assert unpacked(text).tolist() == [0, 1]


def test_the_order_of_the_arrays() -> None:
    """They come in the order in which they were given, each in its own form."""
    given = [np.full((2, 2), 0.1), np.ones(3), np.full((1, 2), 1001), np.full(1, 0.3)]
    texts = packing.pack(iter(given))
    assert [next(iter(text)) for text in texts] == ["floats", "int8", "int16", "floats"]
    for text, values in zip(texts, given, strict=True):
        assert same_bits(unpacked(text), values.astype(np.float32).ravel())
    assert packing.pack([]) == []


@pytest.mark.parametrize("bits", [None, *packing.WHOLE])
def test_rows_in_whatever_way_they_lie_in_memory(bits: int | None) -> None:
    """A transposed or cut array is read row by row as well."""
    values = RANDOM.normal(size=(6, 4)).astype(np.float32)
    if bits is not None:
        values = packing.short(values, bits)
    assert packed(np.asfortranarray(values)) == packed(values)
    assert packed(values.T) == packed(np.ascontiguousarray(values.T))
    assert packed(values[::2, ::-1]) == packed(values[::2, ::-1].copy())


def test_packing_changes_nothing() -> None:
    """The arrays given are as they were, and float64 is taken as the float32 it becomes."""
    values = RANDOM.normal(size=(3, 3))
    before = values.copy()
    assert packed(values) == packed(values.astype(np.float32))
    packing.short(values.astype(np.float32), 8)
    assert np.array_equal(values, before)


# The stored models.


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_stored_weights_arrive(name: str) -> None:
    """Unpacked in the order of the layers, a page has exactly the weights that Keras has."""
    model = load(name).model
    arrays = model_file.packed(load(name))["arrays"]
    wanted = {variable.path: variable.numpy() for variable in model.weights}
    assert list(arrays) == list(wanted)
    for path, text in arrays.items():
        assert np.array_equal(unpacked(text), wanted[path].ravel())
    assert sum(len(unpacked(text)) for text in arrays.values()) == model.count_params()


@pytest.mark.parametrize("name", SIZES)
def test_a_page_can_carry_them(name: str) -> None:
    """The models that pages carry are short, and their text is small when it is compressed."""
    said = model_file.packed(load(name))
    bits = RECIPES[name][0].weight_bits
    for text in said["arrays"].values():
        assert "floats" not in text
        assert bits == 16 or "int8" in text
    assert len(gzip.compress(json.dumps(said).encode(), 9)) < SIZES[name]
