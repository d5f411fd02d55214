"""The comments of the arithmetic in the page name equations of the book as its chapters do."""

import json
import re
from pathlib import Path

import pytest

from bookbuild.build import ROOT
from helpers.widgets.base import JS

MODULES = sorted((JS / "nn").glob("*.js"))
MENTION = re.compile(r"(`eq-[\w-]+`)(?: and (`eq-[\w-]+`))? of \*([\w ]+)\*")


def comments(text: str) -> str:
    """Return a module with its comments on one line, so that no mention is broken."""
    return re.sub(r"\n\s*(?:\*(?!/)|//) ?", " ", text)


def labels(chapter: str) -> set[str]:
    """Return the labels of the equations in a chapter, which is named by its title."""
    texts = [
        "".join("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"])
        for path in (ROOT / "chapters").glob("*.ipynb")
    ]
    [text] = [text for text in texts if re.match(rf"# {chapter}\b", text)]
    return {f"`{label}`" for label in re.findall(r"^\$\$ ?\((eq-[\w-]+)\)", text, re.MULTILINE)}


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_each_equation_is_in_the_chapter(path: Path) -> None:
    """The one that is named with it."""
    text = comments(path.read_text(encoding="utf-8"))
    mentioned = MENTION.findall(text)
    for *named, chapter in mentioned:
        assert set(filter(None, named)) <= labels(chapter)
    assert len(re.findall(r"`eq-", text)) == sum(2 if two else 1 for _, two, _ in mentioned)
    assert not re.search(r"\bequations? \d|\bchapter \d", text, re.IGNORECASE)


def test_equations_are_named() -> None:
    """So the test above looks at something."""
    found = [MENTION.findall(comments(path.read_text(encoding="utf-8"))) for path in MODULES]
    assert len(list(filter(None, found))) >= 4
