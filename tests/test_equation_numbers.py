"""The comments of the training in the page name equations of the book: by the numbers it shows."""

import re

import pytest

from bookbuild.build import ROOT
from tests.test_pages import DOCUMENTS, built

NN = ROOT / "helpers/widgets/js/nn"

# What the comment before or in a function means, in the order in which the comments name it.
MEANT = {
    ("training", "stepForward"): ["eq-gates", "eq-state"],
    ("training", "untabulate"): ["eq-weights-back"],
    ("training", "learnFrom"): ["eq-softmax-back"],
    ("training", "crossEntropy"): ["eq-loss", "eq-logits-back"],
    ("training", "stepBackward"): [
        *("eq-softmax-back", "eq-state-back"),
        *("eq-state-back", "eq-weights-back"),
    ],
    ("training", "update"): ["eq-adam"],
    ("ops", "gruForward"): ["eq-gates", "eq-state"],
    ("ops", "gruBackward"): ["eq-state-back", "eq-gates-back"],
    ("ops", "adam"): ["eq-adam"],
}
MENTION = re.compile(r"\bequations? (\d+)(?: and (\d+))? of chapter (\d)\b", re.IGNORECASE)


def mentions(text: str) -> dict[str, list[tuple[int, str]]]:
    """Return what a module's comments name, chapter and number, by the function they belong to.

    A function begins at the comment before it, if that says more than types.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for part in re.split(r"(?=/\*\*(?!(?:\s|\*)*@))", text)[1:]:
        head = re.search(
            r"\*/\s+(?:// .*\s+)?(?:export )?(?:function |class |get |set )?(\w+)", part
        )
        if head is None:
            continue
        for first, second, chapter in MENTION.findall(as_one_line(part)):
            numbers = [first, second] if second else [first]
            found.setdefault(head[1], []).extend((int(chapter), number) for number in numbers)
    return found


def as_one_line(text: str) -> str:
    """Return a text with its comments on one line, so that no mention is broken."""
    return re.sub(r"\n\s*(?:\*(?!/)|//) ?", " ", text)


def numbered(document: str) -> dict[str, str]:
    """Return the label of each equation of a built page, by the number that the page shows."""
    labels = {}
    for equation in built(document).select('[id^="equation-"]'):
        shown = equation.select_one(".eqno")
        number = re.match(r"\((\d+)\)", shown.get_text()) if shown else None
        assert number is not None, equation["id"]
        labels[number[1]] = str(equation["id"]).removeprefix("equation-")
    return labels


@pytest.mark.slow  # it looks the numbers up in the built pages
@pytest.mark.parametrize("module", ["training", "ops"])
def test_comments_name_the_equations_that_they_mean(module: str) -> None:
    """When an equation is added before them, the numbers in the comments move with it."""
    text = (NN / f"{module}.js").read_text(encoding="utf-8")
    named = {
        function: [numbered(DOCUMENTS[chapter]).get(number) for chapter, number in mentioned]
        for function, mentioned in mentions(text).items()
    }
    meant = {function: labels for (file, function), labels in MEANT.items() if file == module}
    assert named == meant


@pytest.mark.parametrize("module", ["training", "ops"])
def test_every_mention_is_read(module: str) -> None:
    """No comment names an equation in other words, which the test above would not see."""
    text = as_one_line((NN / f"{module}.js").read_text(encoding="utf-8"))
    assert len(re.findall(r"\bequations?\b", text, re.IGNORECASE)) == len(MENTION.findall(text)) > 0


def test_a_mention_is_found_where_it_stands() -> None:
    """Before a function or in it, and over two lines."""
    text = (
        "/** Equation 4 of chapter 3. */\nexport function one() {}\n/**\n * As equations 1\n"
        " * and 12 of chapter 2.\n */\n  two() {\n // Equation 3 of chapter 2.\n}"
    )
    assert mentions(text) == {"one": [(3, "4")], "two": [(2, "1"), (2, "12"), (2, "3")]}
