"""What a reader sees is said in the reader's language, and each sentence can be found."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from bookbuild.build import ROOT
from bookbuild.messages import KINDS, sentences
from helpers import diagrams, exercises, plots, problems, say
from helpers.problems import answer_ids
from helpers.records import DecoderStep, Trace
from helpers.widgets import TrainingLab
from tests.catalogues import Translate

FILES = sorted((ROOT / "helpers").rglob("*.py"))
STATE = {"state": np.zeros(3)}
TRACE = Trace(
    "50+9",
    False,
    False,
    STATE,
    tuple(
        DecoderStep(token, STATE, np.eye(14, dtype=np.float32)[choice], STATE, choice)
        for token, choice in zip((12, 5, 8, 13, 12), (5, 8, 13, 12, 12), strict=True)
    ),
    tuple(answer_ids("50+9")),
)
"""The second token is wrong."""


def calls(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of ``say`` in a piece of code."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and ast.unparse(part.func) == "say":
            yield part


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is evaluated when a file is imported: all but what is inside of functions."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts: list[ast.AST] = [*node.decorator_list, node.args]
    elif isinstance(node, ast.Lambda):
        parts = [node.args]
    else:
        parts = [*ast.iter_child_nodes(node)]
        yield node
    for part in parts:
        yield from at_import(part)


def code(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_sentence_is_written_where_it_is_said(path: Path) -> None:
    """Its slots are names alone, and exactly those that it is given."""
    for call in calls(code(path)):
        place = f"{path.name}:{call.lineno}"
        assert len(call.args) == 1, place
        assert isinstance(call.args[0], ast.Constant), place
        sentence = call.args[0].value
        assert isinstance(sentence, str), place
        slots = [part[1:] for part in Formatter().parse(sentence) if part[1] is not None]
        assert all(name and name.isidentifier() for name, *_ in slots), place
        assert all(how == ["", None] for _, *how in slots), place
        assert {name for name, *_ in slots} == {keyword.arg for keyword in call.keywords}, place


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_said_at_import(path: Path) -> None:
    """The reader's language is known only later, and a sentence cannot change."""
    for node in at_import(code(path)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) != "say", f"{path.name}:{node.lineno}"


def test_each_sentence_is_collected() -> None:
    """One within an f-string would not be."""
    said = {ast.literal_eval(call.args[0]) for path in FILES for call in calls(code(path))}
    collected = sentences(ROOT / "helpers", *KINDS["helpers"])
    assert said == {message.id for message in collected if message.id}
    assert len(said) > 200


def test_without_a_catalogue_it_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the reader has a language that there is none for."""
    for code_ in ("", "en", "yy"):
        monkeypatch.setenv(say.VARIABLE, code_)
        assert say.say("Time step {step}", step=2) == "Time step 2"


@pytest.mark.parametrize("slots", [{}, {"steps": 2}, {"step": 2, "last": 5}], ids=str)
def test_the_slots_are_those_of_the_sentence(slots: dict[str, int]) -> None:
    """One that is missing is an error, and so is one too many."""
    with pytest.raises(TypeError, match="slots"):
        say.say("Time step {step}", **slots)


@pytest.mark.parametrize("translation", ["Schritt", "Schritt {schritt}", "{step} {step.real}"])
def test_a_translation_has_the_same_slots(translate: Translate, translation: str) -> None:
    """A translation that has lost one says less than the sentence."""
    translate({"Time step {step}": translation})
    with pytest.raises(TypeError, match="slots"):
        say.say("Time step {step}", step=2)


def test_a_widget_in_another_language(translate: Translate) -> None:
    """Its module says what the catalogue of the widgets has, and the rest in English."""
    assert 'say("One batch")' in TrainingLab()._esm
    assert 'LANGUAGE = "en"' in TrainingLab()._esm
    translate({"One batch": "배치 하나", "Pausing…": "잠시 멈춤…"}, say.WIDGETS)
    module = TrainingLab()._esm
    for said in ('say("배치 하나")', 'say("잠시 멈춤…")', 'say("Reset")', 'LANGUAGE = "xx"'):
        assert said in module
    assert "One batch" not in module


def test_a_translation_for_a_widget_has_the_same_slots(translate: Translate) -> None:
    """Otherwise there is no widget."""
    translate({"Problem {number}": "{problem}번"}, say.WIDGETS)
    with pytest.raises(TypeError, match="slots"):
        TrainingLab()


def test_an_order_of_words(translate: Translate) -> None:
    """Another language has its own; what is not in the catalogue stays English."""
    translate({"epoch {epoch} of {epochs}": "{epochs}에폭 중 {epoch}번째"})
    assert say.say("epoch {epoch} of {epochs}", epoch=3, epochs=12) == "12에폭 중 3번째"
    assert say.say("loss") == "loss"


def test_lists_in_words(translate: Translate) -> None:
    """A list is put together as the language does it."""
    assert say.any_of(["a", "b", "c"]) == "a or b or c"
    assert say.all_of(["a"]) == "a"
    translate({"{some} and {last}": "{some}, {last}", "{some} or {last}": "{some} / {last}"})
    assert say.all_of(["a", "b", "c"]) == "a, b, c"
    assert say.any_of(["a", "b"]) == "a / b"


@pytest.fixture
def elsewhere(translate: Translate) -> None:
    """A language in which each sentence of the helpers stands in brackets."""
    known = sentences(ROOT / "helpers", *KINDS["helpers"])
    translate({str(message.id): f"«{message.id}»" for message in known if message.id})


@pytest.mark.usefixtures("elsewhere")
def test_a_table() -> None:
    """Its caption, its head, its words and the verdict below it."""
    caption, head, *rows, verdict = repr(TRACE).splitlines()
    assert caption == "«50+9, free-running»"
    assert head.split("  ")[0] == "«time step»"
    assert head.count("«") == 6
    assert ["«yes»" in row for row in rows] == [True, False, True, True, True]
    assert verdict == "«answer: 58, first mistake at time step 2; right is 59»"
    page = TRACE._repr_html_()
    assert "<caption>«50+9, free-running»</caption>" in page
    assert '<th scope="col">«time step»</th>' in page


@pytest.mark.usefixtures("elsewhere")
def test_an_unfinished_table() -> None:
    """It says how far it is."""
    assert repr(replace(TRACE, steps=())).endswith("«so far: nothing»")


@pytest.mark.usefixtures("elsewhere")
def test_a_verdict() -> None:
    """The hint is a sentence of its own."""
    assert exercises.check("embedding-size", 14 * 16).sentence == "«Right.»"
    assert exercises.check("embedding-size", 14 + 16).sentence == (
        "«Not yet: «rows and columns are multiplied, not added».»"
    )


@pytest.mark.usefixtures("elsewhere")
def test_an_error() -> None:
    """It says what is allowed."""
    with pytest.raises(ValueError, match=r"^«A problem is .* «'\+' or '-'» between .*'x'\.»$"):
        problems.parse("x")


@pytest.mark.usefixtures("elsewhere")
def test_a_picture() -> None:
    """Its axes and its description."""
    picture = plots.curves([1, 2], {"a": [2.0, 1.0]}, ylabel="b")
    assert picture.description == "«b against «epoch»: «a from 2 to 1».»"
    assert "«epoch»" in picture.page()


@pytest.mark.usefixtures("elsewhere")
def test_a_drawing() -> None:
    """All that is written in it, but for tokens, numbers and the name of a layer."""
    drawing = diagrams.architecture("training", "encoder")
    assert drawing.description.startswith("«An encoder-decoder in training on 50+9.» «Embedding")
    assert drawing.description.endswith("«Lit: «encoder», «training».»")
    for name in ("embedding", "context", "loss", "update", "problem", "target", "time"):
        assert f">«{name}" in drawing.svg
        assert f">{name}<" not in drawing.svg
    assert 'data-part="encoder"' in drawing.svg
