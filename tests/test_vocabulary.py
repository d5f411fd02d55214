"""The fourteen tokens, and text to ids and back."""

from typing import Any

import numpy as np
import pytest

from helpers.problems import split
from helpers.task import ARITHMETIC
from helpers.vocabulary import EOS, PAD, TOKENS, decode, encode
from tests.messages import ONE_SENTENCE


def test_tokens() -> None:
    """The notes' fourteen tokens, in the notes' order."""
    assert " ".join(TOKENS) == "0 1 2 3 4 5 6 7 8 9 + - PAD EOS"
    assert (PAD, EOS) == (12, 13)


def test_encode_the_notes_problem() -> None:
    """One id a character, no EOS added."""
    assert encode("50+9") == [5, 0, 10, 9]
    assert encode("") == []


@pytest.mark.parametrize(("number", "token"), list(enumerate(TOKENS[:PAD])))
def test_every_character(number: int, token: str) -> None:
    """Each digit and operator has the id of its place, both ways."""
    assert encode(token) == [number]
    assert decode([number]) == token


def test_round_trip() -> None:
    """Every problem of 0..99 with + and - comes back as it went in."""
    problems = [problem for part in split("arithmetic") for problem in part]
    assert len(problems) == 20_000
    assert [decode(encode(problem)) for problem in problems] == problems


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([12, 12, 12, 5, 0, 10, 9, 13], "50+9"),
        ([5, 9, 13, 12, 12], "59"),
        ([5, 9, 13, 1, 1], "59"),
        ([12, 5, 12, 9], "59"),
        ([13], ""),
        ([], ""),
        (np.array([5, 9, 13], dtype=np.int32), "59"),
        ((number for number in (5, 9)), "59"),
    ],
)
def test_decode(ids: Any, text: str) -> None:
    """PAD is read over, and nothing after the first EOS is read."""
    assert decode(ids) == text


@pytest.mark.parametrize(
    "text", ["50*9", "5 0", " 50+9", "50+9\n", "５０", "50＋9", "50−9", "²", "٣", "😀", "a", "."]
)
def test_encode_unknown_characters(text: str) -> None:
    """What has no token is named in one sentence."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        encode(text)


@pytest.mark.parametrize("text", [None, 59, 5.0, True, b"50+9", ["5", "0"], [5, 0]])
def test_encode_takes_text(text: Any) -> None:
    """Anything but a string is a TypeError."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        encode(text)


@pytest.mark.parametrize("token", [-1, 14, 10**30, np.int64(14)])
def test_ids_out_of_range(token: Any) -> None:
    """An id outside 0..13 is refused, behind an EOS too."""
    for call in (lambda: ARITHMETIC.check_token(token), lambda: decode([5, EOS, token])):
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            call()
        assert "0 to 13" in str(caught.value)


@pytest.mark.parametrize(
    "token", [5.0, np.float32(5), True, np.True_, "5", None, [5], np.array([5]), np.array(5)]
)
def test_ids_are_whole_numbers(token: Any) -> None:
    """Floats, bools and whatever else is no whole number are refused."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        ARITHMETIC.check_token(token)
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        decode([token])


@pytest.mark.parametrize("ids", [5, None, "59", np.array([[5, 9]]), np.array([5.0])])
def test_decode_takes_a_list_of_ids(ids: Any) -> None:
    """A single id, a text or a whole batch is no list of ids."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        decode(ids)


@pytest.mark.parametrize("token", [0, 13, np.int32(7), np.uint8(12), np.int64(3)])
def test_check_token(token: Any) -> None:
    """Whole numbers of any kind come back as a plain int."""
    assert ARITHMETIC.check_token(token) == token
    assert type(ARITHMETIC.check_token(token)) is int
