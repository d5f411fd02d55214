"""The fourteen tokens of the book, and the way from text to ids and back.

Chapter: *Embeddings*.
"""

from collections.abc import Iterable

from helpers.numbers import is_whole

TOKENS: tuple[str, ...] = (*"0123456789", "+", "-", "PAD", "EOS")
"""The tokens in the order of their ids, so ``TOKENS[10] == '+'``."""

PAD: int = TOKENS.index("PAD")
"""The id that fills a sequence up to its length, and that starts every answer."""

EOS: int = TOKENS.index("EOS")
"""The id that ends a sequence."""

_CHARACTERS = {token: number for number, token in enumerate(TOKENS[:PAD])}


def encode(text: str) -> list[int]:
    """Return the token id of each character of ``text``.

    >>> encode("50+9")
    [5, 0, 10, 9]

    Raises:
        TypeError: ``text`` is no string.
        ValueError: a character is neither a digit 0 to 9 nor ``+`` nor ``-``.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"A text is a string of the digits 0 to 9, '+' and '-', not {type(text).__name__}."
        )
    for character in text:
        if character not in _CHARACTERS:
            raise ValueError(
                f"A text holds only the digits 0 to 9, '+' and '-', so {character!r} has no token."
            )
    return [_CHARACTERS[character] for character in text]


def decode(ids: Iterable[int]) -> str:
    """Return the text that ``ids`` spell, up to the first EOS; PAD is read over.

    >>> decode([12, 12, 12, 5, 0, 10, 9, 13])
    '50+9'

    Raises:
        TypeError: ``ids`` is no list, or an id is no whole number.
        ValueError: an id lies outside 0..13.
    """
    if not isinstance(ids, Iterable):
        raise TypeError(f"Token ids come as a list such as [5, 9, 13], not {type(ids).__name__}.")
    text = []
    for number in [check_token(token) for token in ids]:
        if number == EOS:
            break
        if number != PAD:
            text.append(TOKENS[number])
    return "".join(text)


def check_token(token: int) -> int:
    """Return ``token`` as an int if it is one of the ids 0..13.

    Raises:
        TypeError: ``token`` is no whole number.
        ValueError: ``token`` lies outside 0..13.
    """
    if not is_whole(token):
        raise TypeError(
            f"A token id is a whole number from 0 to {len(TOKENS) - 1}, not {type(token).__name__}."
        )
    if not 0 <= token < len(TOKENS):
        raise ValueError(f"A token id is a whole number from 0 to {len(TOKENS) - 1}, not {token}.")
    return int(token)
