"""What a page and Python read alike: problems as people type them, and models in files."""

import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from unicodedata import category

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from helpers import decoding, model_file, problems, reference
from helpers.model import Seq2Seq, seq2seq
from helpers.task import ARITHMETIC, TASKS
from helpers.widgets import bundle
from helpers.widgets.base import JS

LOAD = """async ([modules, arithmetic]) => {
    const kind = { type: "text/javascript" };
    for (const text of modules) {
        Object.assign(window, await import(URL.createObjectURL(new Blob([text], kind))));
    }
    window.arithmetic = new Task(arithmetic);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that has the modules."""
    page = browser.new_page()
    modules = [bundle.module(JS / f"domain/{name}.js") for name in ("task", "model_file")]
    page.evaluate(LOAD, [modules, ARITHMETIC.data()])
    yield page
    page.close()


def normal(text: str) -> str | None:
    """Return the problem that Python reads in a text; None if it reads none."""
    try:
        return problems.normal(text)
    except ValueError:
        return None


# Problems.


FORMS = {
    "0123456789": 30,
    "０１２３４５６７８９": 12,
    "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉①②③④⑤⑥⑦⑧⑨⑳": 8,
    "٠١٢٣٤五Ⅷ½㎏😀٫.,'\u0300\u20e3": 3,
    "+＋﹢⁺₊➕": 14,
    "-‐‑‒–—―−－﹣⁻₋ーｰ─➖": 14,
    " \t\n\u00a0\u3000\x1c\x85": 4,
    "\u200b\u200e\u202e\u2060\u2066\ufeff\u00ad\u034f\ufe0f": 10,
}
"""What an odd text is made of, and how often."""


def odd_text(source: random.Random) -> str:
    """Return a text that holds the characters of a problem in one form or another, or others."""
    kinds = source.choices(list(FORMS), list(FORMS.values()), k=source.randint(1, 9))
    return "".join(source.choice(kind) for kind in kinds)


def test_odd_texts(page: Page) -> None:
    """The two read the same problems in five thousand texts, and many are problems."""
    source = random.Random(0)
    texts = [odd_text(source) for _ in range(5000)]
    wanted = [normal(text) for text in texts]
    assert page.evaluate("(texts) => texts.map((text) => arithmetic.normal(text))", texts) == wanted
    assert 200 < len(wanted) - wanted.count(None) < 4000


def test_every_character(page: Page) -> None:
    """Each character of Unicode that this Python knows, beside a digit and in place of a sign."""
    signs = [chr(code) for code in range(0x110000)]
    known = [sign for sign in signs if category(sign) not in ("Cn", "Cs")]
    found = page.evaluate(
        """(known) => {
            const read = (sign) =>
                [`5${sign}0+9`, `50${sign}9`].map((text) => arithmetic.normal(text));
            return known
                .map((sign) => [sign, ...read(sign)])
                .filter(([_, ...read]) => read.some((problem) => problem !== null));
        }""",
        known,
    )
    wanted = [[sign, normal(f"5{sign}0+9"), normal(f"50{sign}9")] for sign in known]
    assert found == [read for read in wanted if any(read[1:])]
    assert len(found) > 100


# Models in files.

UNITS, EMBEDDING_DIM = 8, 3


@cache
def good() -> dict[str, Any]:
    """Return what a file says."""
    keras.utils.set_random_seed(0)
    model = replace(seq2seq(EMBEDDING_DIM, UNITS, TASKS["sums"]), reverse=True, trained=True)
    model.encoder.get_layer("embedding").set_weights([np.full((14, 3), 0.25)])  # in eight bits
    return model_file.packed(model)


def said(**changes: Any) -> str:
    """Return the text of a file with other entries; with an entry left out, if it is ``...``."""
    changed = {**good(), **changes}
    return json.dumps({name: value for name, value in changed.items() if value is not ...})


def sized(**changes: Any) -> str:
    """Return the text of a file with another size; without one, if it is ``...``."""
    changed = {**good()["sizes"], **changes}
    return said(sizes={name: value for name, value in changed.items() if value is not ...})


def tasked(**changes: Any) -> str:
    """Return the text of a file with another task; with a part left out, if it is ``...``."""
    changed = {**good()["task"], **changes}
    return said(task={name: value for name, value in changed.items() if value is not ...})


def with_array(name: str, **changes: Any) -> str:
    """Return the text of a file with another array of this name."""
    changed = {**good()["arrays"][name], **changes}
    array = {key: value for key, value in changed.items() if value is not ...}
    return said(arrays={**good()["arrays"], name: array})


def of_the_first_format(**changes: Any) -> str:
    """Return the text of a file of the first format, with other entries."""
    changed = {
        "format": "arithmetic seq2seq, version 1",
        "embeddingDim": EMBEDDING_DIM,
        "units": UNITS,
        "reverse": True,
        "trainedOn": {"largest": 99, "operators": "+", "more": 1},
        "weights": list(good()["arrays"].values()),
        **changes,
    }
    return json.dumps({name: value for name, value in changed.items() if value is not ...})


def packed(values: Any, kind: str) -> str:
    """Return numbers in base64."""
    return b64encode(np.asarray(values, kind).tobytes()).decode()


def weight(number: float) -> str:
    """Return the text of a file with one weight that is this number."""
    numbers = packed([number] + [0] * 13, "<f4")
    return with_array(BIAS, int8=..., exponents=..., floats=numbers)


def spoilt(text: str) -> str:
    """Return a text of a file with a space in its longest packed array."""
    at = text.index('"floats": "') + 30
    return f"{text[:at]} {text[at:]}"


TABLE, FLOATS, *_, BIAS = reference.NAMES
"""Arrays that are packed in eight bits, as floats, and in eight bits, all of them zeros."""

SHORT: dict[str, Any] = {"int8": packed([100] * 42, "i1")}

OPENED: dict[str, Callable[[], str | bytes]] = {
    "as it is written": said,
    "a byte-order mark": lambda: b"\xef\xbb\xbf" + said().encode(),
    "Windows lines": lambda: json.dumps(good(), indent=1).replace("\n", "\r\n"),
    "more entries": lambda: said(more=[None, "?"], __proto__={"reverse": 3}).replace(
        '"?"', "1e400"
    ),
    "an entry that is no Unicode": lambda: said(name="?").encode().replace(b"?", b"\xff\xfe"),
    "an entry with half a character": lambda: said(name="?").replace("?", "\\ud800"),
    "an entry of many digits": lambda: said(name=0).replace('"name": 0', f'"name": {"1" * 5000}'),
    "an entry twice": lambda: said().replace('{"format"', '{"reverse": false, "format"', 1),
    "a size with a point": lambda: sized(units=8.0),
    "a size with an exponent": lambda: sized(units=0).replace('"units": 0', '"units": 80e-1'),
    "not trained": lambda: said(trained=False),
    "a task of no name": lambda: tasked(name=""),
    "another task": lambda: tasked(largest=50, operators="-"),
    "a task of no operators": lambda: tasked(operators=""),
    "a task of other lengths": lambda: tasked(problem_length=6, answer_length=9.0),
    "tokens in another order": lambda: tasked(tokens=list(reversed(good()["task"]["tokens"]))),
    "other tokens": lambda: tasked(
        tokens=["PAD", "EOS", *"0123456789", "+", "\U0001f600"], operators="\U0001f600"
    ),
    "a task, and more": lambda: tasked(more=1),
    "tiny numbers": lambda: with_array(TABLE, **SHORT, exponents=packed([-128, -30, -20], "i1")),
    "large numbers": lambda: with_array(TABLE, **SHORT, exponents=packed([20, 20, 121], "i1")),
    "sixteen bits": lambda: with_array(
        TABLE, int8=..., int16=packed([-32768] * 42, "<i2"), exponents=packed([-128, -1, 1], "i1")
    ),
    "one exponent for all": lambda: with_array(TABLE, exponents=packed([-2], "i1")),
    "exponents of floats": lambda: with_array(FLOATS, exponents=7),
    "a negative zero": lambda: with_array(
        BIAS, floats=packed([-0.0] * 14, "<f4"), int8=..., exponents=...
    ),
    "arrays in another order": lambda: said(arrays=dict(reversed(good()["arrays"].items()))),
    "the first format": of_the_first_format,
    "the first format, not trained": lambda: of_the_first_format(trainedOn=None),
    "the first format, another task": lambda: of_the_first_format(
        trainedOn={"largest": 50, "operators": "-"}
    ),
}
"""Texts that hold a model."""

SIZES = [..., None, 0, -8, 8.5, 9, "8", "3", True, [8], 10**9, 10**400, 1e308]
WRONG: dict[str, list[Any]] = {
    "architecture": [..., None, "lstm", "GRU", 1],
    "sizes": [..., None, 8, [], {}, [EMBEDDING_DIM, UNITS]],
    "reverse": [..., None, 1, 0, "true", ""],
    "task": [..., None, False, 99, "sums", [], {}],
    "trained": [..., None, 1, "true"],
    "arrays": [
        *[..., None, [], {}, "floats", 9],
        *[dict.fromkeys(reference.NAMES, array) for array in (None, "floats", 9)],
    ],
}
"""Values that an entry may not have; ``...`` for an entry that is not there."""
WRONG_TASK: dict[str, list[Any]] = {
    "name": [..., None, 5, ["sums"]],
    "largest": [..., "99", 0.5, -1, 1000, True, None],
    "operators": [..., ["+"], None, 5, "*", "\U0001f600"],
    "tokens": [
        ...,
        None,
        "0123456789+-",
        [*"0123456789+-", "PAD", 0],
        [],
        [*"0123456789+-", "EOS"],
    ],
    "problem_length": [..., None, "8", 3, 5, 8.5, True],
    "answer_length": [..., None, "5", 1, 4, 5.5, True],
}
"""The same of a task."""
WRONG_AT_FIRST: dict[str, list[Any]] = {
    "units": [..., "8", 9],
    "embeddingDim": [..., None, 2],
    "reverse": [..., 1],
    "trainedOn": [
        ...,
        "sums",
        {},
        [],
        0,
        False,
        {"largest": 99},
        {"largest": "9", "operators": "+"},
    ],
    "weights": [..., None, {}, [], [None] * 9],
}
"""The same of the first format."""

NO_FLOATS: list[Any] = [
    ...,
    None,
    "",
    "?",
    "AAA",
    "AAAA=",
    "A===",
    "====",
    "AAAAAA==AAAA",
    "_-8=",
    7,
    [],
]
NO_EXPONENTS: list[Any] = [..., None, "", "AAAAAA==", "AAA", "AAA ", "AAAA\n", 3, []]

REFUSED: dict[str, Callable[[], str | bytes]] = {
    "nothing": str,
    "no JSON": lambda: "seq2seq",
    "half of it": lambda: said()[:-100],
    "more behind it": lambda: said() + "{}",
    "two byte-order marks": lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + said().encode(),
    "null": lambda: "null",
    "a number": lambda: "5",
    "a list": lambda: f"[{said()}]",
    "another format": lambda: said(format="seq2seq-book model, version 3"),
    "no format": lambda: said(format=...),
    "NaN in an entry": lambda: said(name=float("nan")),
    "infinity in an entry": lambda: said(name=float("inf")),
    "a comma too many": lambda: said().replace("}", ",}"),
    "single quotes": lambda: said().replace('"', "'"),
    "a line break in a text": lambda: said(name="?").replace("?", "\n"),
    **{
        f"{name} is {value!r}": partial(said, **{name: value})
        for name, values in WRONG.items()
        for value in values
    },
    **{
        f"{name} of the task is {value!r}": partial(tasked, **{name: value})
        for name, values in WRONG_TASK.items()
        for value in values
    },
    **{
        f"{name} is {value!r}": partial(sized, **{name: value})
        for name in ("embedding_dim", "units")
        for value in SIZES
    },
    "arrays without names": lambda: said(arrays=list(good()["arrays"].values())),
    "arrays by number": lambda: said(arrays=dict(enumerate(good()["arrays"].values()))),
    "eight arrays": lambda: said(arrays=dict([*good()["arrays"].items()][:-1])),
    "ten arrays": lambda: said(arrays={**good()["arrays"], "more": good()["arrays"][BIAS]}),
    **{
        f"the first format, {name} is {value!r}": partial(of_the_first_format, **{name: value})
        for name, values in WRONG_AT_FIRST.items()
        for value in values
    },
    "the first format, another order": lambda: of_the_first_format(
        weights=[*good()["arrays"].values()][::-1]
    ),
    "the first format, arrays by name": lambda: of_the_first_format(weights=good()["arrays"]),
    "spaces in an array": lambda: spoilt(said()),
    **{f"floats are {text!r}": partial(with_array, FLOATS, floats=text) for text in NO_FLOATS},
    "floats of one byte too few": lambda: with_array(BIAS, int8=..., floats=packed([0] * 55, "i1")),
    "floats of one byte too many": lambda: with_array(
        BIAS, int8=..., floats=packed([0] * 57, "i1")
    ),
    "floats and short numbers": lambda: with_array(TABLE, floats=packed([0] * 42, "<f4")),
    "two kinds of short numbers": lambda: with_array(TABLE, int16=packed([0] * 42, "<i2")),
    "short numbers and null": lambda: with_array(TABLE, floats=None),
    "sixteen bits and a byte": lambda: with_array(TABLE, int8=..., int16=packed([0] * 85, "i1")),
    **{
        f"exponents are {text!r}": partial(with_array, TABLE, exponents=text)
        for text in NO_EXPONENTS
    },
    "a number too large": lambda: with_array(TABLE, **SHORT, exponents=packed([0, 0, 122], "i1")),
    **{f"a weight is {number}": partial(weight, number) for number in (np.nan, np.inf, -np.inf)},
}
"""Texts that hold none."""


def in_page(page: Page, content: bytes) -> dict[str, Any] | None:
    """Return what a page reads in a file."""
    found: dict[str, Any] | None = page.evaluate(
        """async (bytes) => {
            const text = await new Blob([Uint8Array.from(bytes)]).text();
            const found = read(text, arithmetic.data);
            if (found === null) return null;
            const weights = {};
            for (const name in found.weights) weights[name] = Array.from(found.weights[name]);
            return { ...found.model, weights };
        }""",
        list(content),
    )
    return found


def in_python(path: Path, content: bytes) -> Seq2Seq | None:
    """Return what Python reads in a file."""
    path.write_bytes(content)
    try:
        return model_file.read(path)
    except ValueError:
        return None


def as_bytes(made: Callable[[], str | bytes]) -> bytes:
    """Return the content of a file."""
    content = made()
    return content.encode() if isinstance(content, str) else content


@pytest.mark.parametrize("made", OPENED.values(), ids=OPENED)
def test_both_open_it(page: Page, tmp_path: Path, made: Callable[[], str | bytes]) -> None:
    """With the same sizes, order, task and weights."""
    content = as_bytes(made)
    theirs, ours = in_page(page, content), in_python(tmp_path / "mine.json", content)
    assert theirs is not None
    assert ours is not None
    weights = {variable.path: variable.numpy().ravel() for variable in ours.model.weights}
    assert theirs["weights"].keys() == weights.keys()
    for path, values in weights.items():
        assert np.array_equal(np.float32(theirs["weights"][path]), values)
    assert theirs["sizes"] == {"embedding_dim": EMBEDDING_DIM, "units": UNITS}
    assert (theirs["reverse"], ours.reverse) == (True, True)
    assert theirs["trained"] == ours.trained
    task = ours.task.data()
    same = task.keys() - {"name"}  # Python names a task of the book
    assert {name: theirs["task"][name] for name in same} == {name: task[name] for name in same}


@pytest.mark.parametrize("made", REFUSED.values(), ids=REFUSED)
def test_neither_opens_it(page: Page, tmp_path: Path, made: Callable[[], str | bytes]) -> None:
    """Each says in its way that this is no model."""
    content = as_bytes(made)
    assert in_page(page, content) is None
    assert in_python(tmp_path / "mine.json", content) is None


def test_what_python_writes_the_page_reads(page: Page, tmp_path: Path) -> None:
    """And back: the text of the page is a file for Python, with the same answers."""
    model = replace(seq2seq(EMBEDDING_DIM, UNITS), reverse=True, trained=True)
    path = tmp_path / "mine.json"
    model_file.write(path, model)
    text = page.evaluate(
        """(text) => {
            const { model, weights } = read(text, arithmetic.data);
            return written(record(weights, model));
        }""",
        path.read_text(encoding="utf-8"),
    )
    path.write_text(text, encoding="utf-8")
    found = model_file.read(path)
    assert (found.reverse, found.task, found.trained) == (True, ARITHMETIC, True)
    asked = problems.split("arithmetic").test[:50]
    assert decoding.answers(found, asked) == decoding.answers(model, asked)
