"""A task of one's own: other operators, other lengths, and nothing else has to know of it."""

import json
from collections import Counter
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest

from helpers import decoding, model_file, problems
from helpers.model import seq2seq
from helpers.task import ARITHMETIC, TASKS, Arithmetic, Pairs, named
from helpers.widgets import DecoderStepper, EncoderStepper
from tests.messages import ONE_SENTENCE

PRODUCTS = Arithmetic(
    "products",
    12,
    "*",
    tokens=(*"0123456789", *"+-*", "PAD", "EOS"),
    problem_length=6,
    answer_length=5,
)
"""Products of numbers up to 12; numbers up to 99 can be asked for, and sums and differences."""


def test_what_follows_from_it() -> None:
    """Ids, what can be asked, and what there is room for."""
    assert (PRODUCTS.pad, PRODUCTS.eos, PRODUCTS.askable, PRODUCTS.most) == (13, 14, "+-*", 99)
    assert (ARITHMETIC.pad, ARITHMETIC.eos, ARITHMETIC.askable, ARITHMETIC.most) == (
        *(12, 13, "+-", 999),
    )
    assert PRODUCTS.encode("7*8") == [7, 12, 8]
    assert PRODUCTS.decode([13, 5, 6, 14, 1]) == "56"
    assert len(list(PRODUCTS.problems())) == 13**2
    assert json.loads(json.dumps(PRODUCTS.data())) == PRODUCTS.data()


@pytest.mark.parametrize(
    ("problem", "answer"), [("12*12", "144"), ("99*99", "9801"), ("3-9", "-6")]
)
def test_right_answers(problem: str, answer: str) -> None:
    """By the operator."""
    assert PRODUCTS.solve(problem) == answer
    assert PRODUCTS.normal(f" {problem} ") == problem
    ids = problems.answer_ids(problem, task=PRODUCTS)
    assert len(ids) == 5
    assert PRODUCTS.decode(ids) == answer


@pytest.mark.parametrize("problem", ["100*2", "2/3", "02*3", "2**3", ""])
def test_what_it_does_not_know(problem: str) -> None:
    """One sentence says what it does."""
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        PRODUCTS.parse(problem)
    assert "0 to 99 with one '+' or '-' or '*'" in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"answer_length": 4},  # 99*99 takes four tokens and EOS
        {"problem_length": 3},
        {"largest": 100},
        {"tokens": ARITHMETIC.tokens},
        {"tokens": (*"0123456789", *"+-*", "EOS")},
        {"operators": "", "tokens": (*"0123456789", "PAD", "EOS")},
    ],
)
def test_what_is_no_task(changes: dict[str, Any]) -> None:
    """One sentence says which token is missing, or what has no room."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        replace(PRODUCTS, **changes)


def test_the_example_is_a_problem() -> None:
    """What is said of a wrong text names a right one."""
    for task in (PRODUCTS, ARITHMETIC, replace(PRODUCTS, largest=9, problem_length=4)):
        with pytest.raises(ValueError, match="such as '") as caught:
            task.parse("?")
        example = str(caught.value).split("such as '")[1].split("'")[0]
        assert task.parse(example)


@pytest.mark.slow
def test_a_model_that_cannot_take_the_problem(tmp_path: Path) -> None:
    """It is refused as long as the problem stands there, and nothing changes."""
    model_file.write(tmp_path / "products.json", seq2seq(3, 8, PRODUCTS))
    stepper = DecoderStepper("notes", str(tmp_path / "products.json"), problem="123+4")
    before = stepper.trace
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        stepper.model = "products"
    assert (stepper.model, stepper.trace) == ("notes", before)
    stepper.problem = "50+9"
    stepper.model = "products"
    assert stepper.trace.task == PRODUCTS


def test_its_parts() -> None:
    """A product and its mirror image are in the same part."""
    parts = problems.split(PRODUCTS)
    assert sum(map(len, parts)) == 13**2
    part_of = {problem: part for part in parts for problem in part for part in [part]}
    for problem, part in part_of.items():
        left, right = problem.split("*")
        assert part_of[f"{right}*{left}"] is part


def test_names() -> None:
    """The book has three tasks; there is no other name."""
    assert [named(name) for name in TASKS] == list(TASKS.values())
    for name in ("products", "", None, ["sums"]):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            named(name)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_model_of_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is built, traced, decoded, stepped and kept in a file; all have its lengths."""
    model = replace(seq2seq(3, 8, PRODUCTS), trained=True)
    trace = decoding.trace(model, "7*8")
    assert len(trace.steps) == 5
    assert trace.steps[0].distribution.shape == (15,)
    assert trace.target == (5, 6, 14, 13, 13)
    assert decoding.answers(model, ["7*8"]) == [trace.answer]
    assert decoding.reading(model, "7*8").states.shape == (6, 8)
    writes = DecoderStepper(model, problem="7*8", examples=["2*2"])
    reads = EncoderStepper(model, problem="7*8", examples=["2*2"])
    assert (writes.last, reads.last) == (5, 6)
    assert writes.models[0]["task"] == PRODUCTS.data()
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        writes.problem = "123*2"
    path = tmp_path_factory.mktemp("files") / "products.json"
    model_file.write(path, model)
    found = model_file.read(path)
    assert (found.task, found.trained) == (PRODUCTS, True)
    assert decoding.answers(found, ["7*8"]) == [trace.answer]


DATES = {
    "28 November 2026": "2026-11-28",
    "1 May 1999": "1999-05-01",
    "2026년 3월 1일": "2026-03-01",
}


def test_pairs_of_texts() -> None:
    """Tokens and lengths are those that they need; each problem has its answer."""
    dates = Pairs("dates", DATES)
    assert dates.tokens[-2:] == ("PAD", "EOS")
    assert set(dates.tokens[:-2]) == set("".join([*DATES, *DATES.values()]))
    assert (dates.problem_length, dates.answer_length) == (17, 11)
    assert dates.normal(" 1 May 1999\n") == "1 May 1999"
    assert dates.solve("1 May 1999") == "1999-05-01"
    arrays = problems.batch(DATES, task=dates)
    assert [dates.decode(row) for row in arrays.encoder_input.tolist()] == [*DATES]
    answers = arrays.target.argmax(axis=-1)
    assert [dates.decode(row) for row in answers.tolist()] == [*DATES.values()]
    assert sorted(chain(*problems.split(dates))) == sorted(DATES)


def test_what_a_page_is_told_of_pairs() -> None:
    """The tokens and lengths of all, the answers to some."""
    dates = Pairs("dates", DATES)
    told = dates.told(["1 May 1999"]).data()
    assert told == {**dates.data(), "answers": {"1 May 1999": "1999-05-01"}}
    assert ARITHMETIC.told(["50+9"]) is ARITHMETIC


@pytest.mark.parametrize(
    "given",
    [
        {"answers": {}},
        {"answers": {"": "1"}},
        {"answers": {"1": ""}},
        {"answers": DATES, "tokens": ("1", "PAD", "EOS")},
        {"answers": DATES, "problem_length": 16},
        {"answers": DATES, "answer_length": 10},
    ],
)
def test_pairs_that_cannot_be_written(given: dict[str, Any]) -> None:
    """A sentence says what is needed."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        Pairs("dates", **given)


def test_what_is_no_problem_of_a_task_of_pairs() -> None:
    """Only the texts are problems."""
    dates = Pairs("dates", DATES)
    for text in ("2 May 1999", ""):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            dates.solve(text)
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        dates.normal(5)  # type: ignore[arg-type]


def test_numbers_that_are_drawn() -> None:
    """No problem comes twice, operands have one to five digits, and it is the same each time."""
    task = TASKS["five-digit"]
    drawn = list(islice(task.problems(), 5000))
    assert drawn == list(islice(task.problems(), 5000))
    assert len(set(drawn)) == 5000
    digits = Counter(len(str(number)) for problem in drawn for number in task.parse(problem)[::2])
    assert {*digits} == {1, 2, 3, 4, 5}
    assert min(digits.values()) > 0.7 * max(digits.values())
    parts = problems.split(task, 5000)
    assert {problem for part in parts for problem in part} == {*drawn}
    assert 400 < len(parts.test) < 600 and 400 < len(parts.validation) < 600
    for size in (None, 0, problems.MOST_DRAWN + 1):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            problems.split(task, size)
