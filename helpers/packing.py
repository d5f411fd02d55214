"""Weights as text that a page can carry, and the rounding that makes them short.

A float32 takes four bytes. A *short* array takes one or two for each number: in each of its columns
every number is a whole number times one power of two. Both ways are exact: a page that unpacks the
text computes with the same weights, to the last bit.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

import numpy as np

WHOLE = {8: "<i1", 16: "<i2"}
"""The whole numbers of a short array, by their bits."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def short(values: np.ndarray, bits: int) -> np.ndarray:
    """Return ``values`` rounded to a short array of 8 or 16 bits, axes (..., column) as before.

    Each column has as its step the smallest power of two with which its largest number still fits,
    but none below ``2 ** -128``.
    """
    whole, exponents = _whole(values, bits)
    return np.ldexp(whole, exponents).astype(np.float32) + np.float32(0)  # no negative zeros


def pack(arrays: Iterable[np.ndarray]) -> list[dict[str, str]]:
    """Return the arrays as dicts of text, in their order, numbers row by row, all in base64.

    An array has either ``floats``, little-endian float32, or, if it is short, ``int8`` or
    ``int16``, and the ``exponents`` of its columns, int8.
    """
    return [_packed(np.asarray(values, dtype=np.float32)) for values in arrays]


def unpack(packed: Mapping[str, str]) -> np.ndarray:
    """Return the numbers of one packed array, row by row, as float32.

    Raises:
        ValueError: it is none.
    """
    kinds = {"floats": "<f4", **{f"int{bits}": kind for bits, kind in WHOLE.items()}}
    found = [name for name in kinds if name in packed]
    if len(found) != 1:
        raise ValueError(f"A packed array has one of {', '.join(kinds)}.")
    numbers = _numbers(packed[found[0]], kinds[found[0]])
    if found == ["floats"]:
        return numbers.astype(np.float32)
    exponents = _numbers(packed["exponents"], "i1")
    if exponents.size == 0 or numbers.size % exponents.size:
        raise ValueError("A short array has as many exponents as columns.")
    columns = numbers.reshape(-1, exponents.size).astype(np.float64)
    with np.errstate(over="ignore"):  # what is too large is infinite
        return np.ldexp(columns, exponents).astype(np.float32).ravel()


def _packed(values: np.ndarray) -> dict[str, str]:
    for bits, kind in WHOLE.items():
        whole, exponents = _whole(values, bits)
        if np.isfinite(whole).all() and np.array_equal(np.ldexp(whole, exponents), values):
            return {
                f"int{bits}": _text(whole.astype(kind)),
                "exponents": _text(np.atleast_1d(exponents).astype(np.int8)),
            }
    return {"floats": _text(values.astype("<f4"))}


def _whole(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    largest = np.abs(values).max(axis=0).astype(np.float64)
    steps = np.where((largest > 0) & np.isfinite(largest), largest, 1) / (2 ** (bits - 1) - 1)
    exponents = np.ceil(np.log2(steps)).astype(np.int32).clip(min=-128)  # as int8 has them
    return np.rint(np.ldexp(values.astype(np.float64), -exponents)), exponents


def _numbers(text: str, kind: str) -> np.ndarray:
    if len(text) % 4 or not _BASE64.fullmatch(text):
        raise ValueError("Numbers are packed in base64, with no spaces in it.")
    return np.frombuffer(b64decode(text), kind)


def _text(values: np.ndarray) -> str:
    return b64encode(values.tobytes()).decode("ascii")
