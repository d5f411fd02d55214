"""From the text of a problem to arrays, and the sets of problems."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from helpers import problems
from helpers.task import TASKS
from helpers.vocabulary import EOS, PAD, decode
from tests.messages import ONE_SENTENCE

BAD_TEXTS = [
    *["", " ", "5", "+", "5+", "+5", "5+-3", "-5+3", "1+2+3", "50++9", "50+9=", "50+9=59"],
    *["50 + 9", " 50+9", "50+9 ", "50+9\n", "\n50+9", "50\t+9"],
    *["050+9", "50+09", "00+1", "1+00", "1000+1", "1+1000", "99999999+1", "1" * 10_000],
    *["50*9", "50/9", "a+b", "5.0+1", "1e2+1", "５０+９", "50＋9", "50−9", "50–9", "٣+٤", "²+1"],
    *["😀", "1+😀", "5\x00+1", "PAD", "EOS", "''"],
]
BAD_TYPES = [None, 59, 50.9, True, b"50+9", ["50+9"], ("5", "+", "9"), np.array([5, 0])]

TAKES_A_PROBLEM: list[Callable[[Any], object]] = [
    problems.parse,
    problems.solve,
    problems.arrays,
    lambda problem: problems.arrays(problem, reverse=True),
    lambda problem: problems.batch(["1+1", problem]),
]

SIZES = {"sums": 10_000, "arithmetic": 20_000}

# SHA-256 of each part's problems, one a line: the same on every machine and in every process.
DIGESTS = {
    "sums": ["732b579ab8bb1d25", "6096205b14de0c45", "2ae68163613087c8"],
    "arithmetic": ["fedecde1d4a3063e", "b33088c462fe65fd", "fa753c2567faa5bb"],
    "three-digit": ["6c8714097b0114b1", "80f1f13e3ebee7f3", "2423f52b076e5251"],
}


@pytest.fixture(scope="module")
def splits() -> dict[str, problems.Split]:
    """The tasks in parts; of the 2,000,000 three-digit problems, 5,000."""
    return {task: problems.split(task, 5000 if task == "three-digit" else None) for task in TASKS}


def test_the_arrays_of_the_notes() -> None:
    """'50+9' as the notes write it down."""
    encoder_input, decoder_input, target = problems.arrays("50+9")
    assert encoder_input.tolist() == [12, 12, 12, 5, 0, 10, 9, 13]
    assert decoder_input.tolist() == [12, 5, 9, 13, 12]
    onehot = np.zeros((5, 14))
    onehot[range(5), [5, 9, 13, 12, 12]] = 1
    assert np.array_equal(target, onehot)
    assert encoder_input.dtype == decoder_input.dtype == np.int32
    assert target.dtype == np.float32


def test_reversed_arrays() -> None:
    """Back to front both texts, not the padding and not EOS."""
    encoder_input, decoder_input, target = problems.arrays("50+9", reverse=True)
    assert encoder_input.tolist() == [12, 12, 12, 9, 10, 0, 5, 13]
    assert decoder_input.tolist() == [12, 9, 5, 13, 12]
    assert target.argmax(axis=-1).tolist() == [9, 5, 13, 12, 12]


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        ("999+999", [1, 9, 9, 8, 13]),
        ("0-999", [11, 9, 9, 9, 13]),
        ("0+0", [0, 13, 12, 12, 12]),
        ("7-7", [0, 13, 12, 12, 12]),
        ("3-71", [11, 6, 8, 13, 12]),
    ],
)
def test_extremes(problem: str, answer: list[int]) -> None:
    """The longest and the shortest texts fit."""
    encoder_input, decoder_input, target = problems.arrays(problem)
    assert decode(encoder_input) == problem
    assert target.argmax(axis=-1).tolist() == answer
    assert decoder_input.tolist() == [PAD, *answer[:-1]]


def test_parse_and_solve() -> None:
    """Operands and operator come apart; the answer is a text."""
    assert problems.parse("50+9") == (50, "+", 9)
    assert problems.parse("0-999") == (0, "-", 999)
    assert problems.solve("50+9") == "59"
    assert problems.solve("3-71") == "-68"
    assert problems.solve("5-5") == "0"


@pytest.mark.slow
@pytest.mark.parametrize("reverse", [False, True])
def test_all_twenty_thousand(splits: dict[str, problems.Split], reverse: bool) -> None:
    """Each problem and its answer can be read back out of the arrays of the whole task."""
    texts = [problem for part in splits["arithmetic"] for problem in part]
    encoder_input, decoder_input, target = problems.batch(texts, reverse=reverse)
    assert encoder_input.shape == (20_000, 8)
    assert decoder_input.shape == (20_000, 5)
    assert target.shape == (20_000, 5, 14)
    assert encoder_input.dtype == decoder_input.dtype == np.int32
    answer = target.argmax(axis=-1)
    assert np.array_equal(target.sum(axis=-1), np.ones((20_000, 5)))
    assert np.array_equal(decoder_input[:, 1:], answer[:, :-1])
    assert (decoder_input[:, 0] == PAD).all()
    assert (encoder_input[:, -1] == EOS).all()
    assert ((answer == EOS).sum(axis=1) == 1).all()
    direction = -1 if reverse else 1
    assert [decode(row)[::direction] for row in encoder_input] == texts
    wanted = [str(a + b if op == "+" else a - b) for a, op, b in map(problems.parse, texts)]
    assert [decode(row)[::direction] for row in answer] == wanted
    assert list(map(problems.solve, texts)) == wanted


def test_batch_is_arrays_stacked() -> None:
    """A generator will do, and the order stays."""
    texts = ["50+9", "1-2", "999+999"]
    stacked = problems.batch(text for text in texts)
    for row, text in enumerate(texts):
        for whole, single in zip(stacked, problems.arrays(text), strict=True):
            assert np.array_equal(whole[row], single)


def test_weights_up_to_eos() -> None:
    """1 for the answer and its EOS, 0 for the PAD after it."""
    weights = problems.weights_up_to_eos(problems.batch(["50+9", "999+999", "1-1"]).target)
    assert weights.tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]
    assert weights.dtype == np.float32


@pytest.mark.slow
@pytest.mark.parametrize("task", SIZES)
def test_a_task_is_all_its_problems(splits: dict[str, problems.Split], task: str) -> None:
    """Every problem once, in one of three parts of about eight, one and one in ten."""
    parts = splits[task]
    together = [problem for part in parts for problem in part]
    numbers = range(100)
    wanted = {f"{a}{op}{b}" for a in numbers for b in numbers for op in TASKS[task].operators}
    assert len(together) == len(set(together)) == SIZES[task]
    assert set(together) == wanted
    shares = [len(part) / len(together) for part in parts]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_three_digit_task(splits: dict[str, problems.Split]) -> None:
    """As many as were asked for, from the whole range, disjoint."""
    together = [problem for part in splits["three-digit"] for problem in part]
    assert len(together) == len(set(together)) == 5000
    operands = [n for left, _, right in map(problems.parse, together) for n in (left, right)]
    assert min(operands) < 10
    assert max(operands) > 990
    assert {problems.parse(problem)[1] for problem in together} == {"+", "-"}
    shares = [len(part) / 5000 for part in splits["three-digit"]]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.015)


@pytest.mark.parametrize("task", TASKS)
def test_no_mirrored_sum_in_another_part(splits: dict[str, problems.Split], task: str) -> None:
    """'50+9' and '9+50' are in the same part."""
    part_of = {problem: n for n, part in enumerate(splits[task]) for problem in part}
    mirrors = 0
    for problem, part in part_of.items():
        left, operator, right = problems.parse(problem)
        mirror = f"{right}{operator}{left}"
        if operator == "+" and mirror in part_of:
            assert part_of[mirror] == part, problem
            mirrors += 1
    assert mirrors > 0


@pytest.mark.parametrize("task", TASKS)
def test_split_never_changes(splits: dict[str, problems.Split], task: str) -> None:
    """The shipped figures hold for exactly these parts."""
    digests = [hashlib.sha256("\n".join(part).encode()).hexdigest()[:16] for part in splits[task]]
    assert digests == DIGESTS[task]


def test_a_size_takes_from_the_same_parts(splits: dict[str, problems.Split]) -> None:
    """A smaller set is part of the larger, and no problem changes its part."""
    small, middle = problems.split("arithmetic", 100), problems.split("arithmetic", 1000)
    for few, more, everything in zip(small, middle, splits["arithmetic"], strict=True):
        assert set(few) <= set(more) <= set(everything)
    assert sum(map(len, small)) == 100
    assert sum(map(len, problems.split("sums", 1))) == 1


@pytest.mark.parametrize("problem", BAD_TEXTS)
def test_bad_problems(problem: str) -> None:
    """Every function that takes a problem says in one sentence what is allowed."""
    for function in TAKES_A_PROBLEM:
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            function(problem)
        assert "0 to 999" in str(caught.value)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        *[f"50{minus}9" for minus in "-‐‑‒–—―−－﹣⁻₋ーｰ"],
        *["５０ー９", "５０－９", " 50 - 9\n", "50\u3000−\u00a09", "⁵⁰⁻⁹", "₅₀₋₉", "⑤0-9", "5 0-9"],
        *[f"50{unseen}-9" for unseen in "\u200b\u200e\u200f\u2060\ufeff\u00ad\u2066\u2069\u061c"],
        *["\u202a50-9\u202c", "\ufeff50-9", "50\ufe0f-\ufe0f9", "5\u200d0-9"],
        np.str_("50-9"),
    ],
)
def test_what_people_type(text: str) -> None:
    """Dashes and the minus of a Japanese keyboard; wide, raised and small forms; unseen letters."""
    assert problems.normal(text) == "50-9"
    assert type(problems.normal(text)) is str
    if text != "50-9":
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            problems.parse(text)


@pytest.mark.parametrize("sign", "+＋﹢⁺₊")
def test_a_plus_in_other_forms(sign: str) -> None:
    """So with a plus."""
    assert problems.normal(f"50{sign}9") == "50+9"


@pytest.mark.parametrize("problem", ["50+9", "0-0", "999+999", "3-71"])
def test_a_problem_is_normal(problem: str) -> None:
    """It is the text that `parse` takes."""
    assert problems.normal(problem) == problem


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            " ",
            "\u200b",
            "5",
            "+",
            "50+−9",
            "1+2+3",
            "50+9=",
            "050+9",
            "1000+1",
            "50*9",
            "50/9",
        ],
        *[
            "٣+٤",
            "五+9",
            "½+1",
            "50➖9",
            "50─9",
            "50~9",
            "5\u0300+9",
            "5\x00+1",
            "😀",
            "PAD",
            "1" * 10_000,
        ],
        "50+9\ud800",
    ],
)
def test_what_nobody_means_by_a_problem(text: str) -> None:
    """It is refused in the one sentence, as it was typed."""
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        problems.normal(text)
    assert "0 to 999" in str(caught.value)
    assert repr(text[:20])[1:-1] in str(caught.value)


@pytest.mark.parametrize("problem", BAD_TYPES)
def test_only_a_string_is_normal(problem: Any) -> None:
    """Anything else is a TypeError."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        problems.normal(problem)


@pytest.mark.parametrize("problem", BAD_TYPES)
def test_a_problem_is_a_string(problem: Any) -> None:
    """Anything but a string is a TypeError."""
    for function in TAKES_A_PROBLEM:
        with pytest.raises(TypeError, match=ONE_SENTENCE):
            function(problem)


def test_bad_batches() -> None:
    """Nothing, one string and no list at all are no batch."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        problems.batch([])
    for wrong in ("50+9", 59, None):
        with pytest.raises(TypeError, match=ONE_SENTENCE):
            problems.batch(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["", "Sums", "sum", "products", None, 3, ["sums"]])
def test_unknown_task(task: Any) -> None:
    """The tasks there are are named."""
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE) as caught:
        problems.split(task)
    assert "'arithmetic'" in str(caught.value)


@pytest.mark.parametrize("size", [0, -1, 10_001, 2.5, "5", True])
def test_bad_size(size: Any) -> None:
    """A size is a whole number from 1 to that of the task."""
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE) as caught:
        problems.split("sums", size)
    assert "from 1 to 10000" in str(caught.value)


def test_bad_target() -> None:
    """The weights of the time steps are made from one-hot targets."""
    for shape in ((5,), (5, 13), (2, 5, 3)):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            problems.weights_up_to_eos(np.zeros(shape))
