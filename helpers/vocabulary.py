"""The fourteen tokens of the book, and the way from text to ids and back.

Chapter: *Embeddings*.
"""

from collections.abc import Iterable

from helpers.task import ARITHMETIC

TOKENS: tuple[str, ...] = ARITHMETIC.tokens
"""The tokens in the order of their ids, so ``TOKENS[10] == '+'``."""

PAD: int = ARITHMETIC.pad
"""The id that fills a sequence up to its length, and that starts every answer."""

EOS: int = ARITHMETIC.eos
"""The id that ends a sequence."""


def encode(text: str) -> list[int]:
    """Return the token id of each character of ``text``.

    >>> encode("50+9")
    [5, 0, 10, 9]

    Raises:
        TypeError: ``text`` is no string.
        ValueError: a character is neither a digit 0 to 9 nor ``+`` nor ``-``.
    """
    return ARITHMETIC.encode(text)


def decode(ids: Iterable[int]) -> str:
    """Return the text that ``ids`` spell, up to the first EOS; PAD is read over.

    >>> decode([12, 12, 12, 5, 0, 10, 9, 13])
    '50+9'

    Raises:
        TypeError: ``ids`` is no list, or an id is no whole number.
        ValueError: an id lies outside 0..13.
    """
    return ARITHMETIC.decode(ids)
