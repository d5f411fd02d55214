"""The sentences of the book are collected for those who translate them."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bookbuild.build import ROOT
from bookbuild.messages import KINDS, collect, sentences
from tests.files import write_files
from tests.tiny_book import write_tiny

CODE = {
    "helpers/one.py": 'say("A sentence of {count} words.", count=5)\nprint("none of them")\n',
    "helpers/widgets/js/one.js": 'const text = say("Time step {step}", { step });\n',
    "helpers/widgets/js/ui/two.js": "const text = say(`A sentence\\u2026`) ?? `${none}`;\n",
}


def written(file: Path) -> dict[str, list[tuple[str, int]]]:
    """Return the sentences of a catalogue, each with the places at which it is said."""
    with file.open("rb") as opened:
        return {str(message.id): message.locations for message in read_po(opened) if message.id}


def test_the_sentences_of_the_helpers() -> None:
    """In tables, pictures, errors, verdicts and widgets; each once, wherever it is said."""
    found = sentences(ROOT / "helpers", *KINDS["helpers"])
    for sentence in (
        "so far: nothing",
        "next token",
        "A batch holds at least one problem.",
        "rows and columns are multiplied, not added",
        "What the model answered",
    ):
        assert sentence in found
    assert len(found["epoch {epoch}"].locations) == 2


@pytest.mark.slow
def test_a_catalogue_of_each_kind(tmp_path: Path) -> None:
    """The command finds what Python, JavaScript and pages say, and where."""
    write_tiny(tmp_path)
    write_files(tmp_path, CODE)
    (tmp_path / "bookbuild").symlink_to(ROOT / "bookbuild")
    folder = tmp_path / "_build/locale"
    collect(tmp_path, folder)
    assert written(folder / "helpers.pot") == {
        "A sentence of {count} words.": [("helpers/one.py", 1)]
    }
    assert written(folder / "widgets.pot") == {
        "Time step {step}": [("helpers/widgets/js/one.js", 1)],
        "A sentence…": [("helpers/widgets/js/ui/two.js", 1)],
    }
    said = "The first chapter says what stands in it, and no more."
    assert written(folder / "prose/chapters/one.pot")[said] == [("chapters/one.md", 3)]
    words = written(folder / "prose/sphinx.pot")
    assert words["Chapters"] == [("bookbuild/templates/page.html", 6)]
    assert [name for name, _ in words["Book"]] == ["bookbuild/theme.py"]
    assert {path.name for path in folder.iterdir()} == {"helpers.pot", "prose", "widgets.pot"}


@pytest.mark.slow
def test_twice_gives_the_same_catalogues(tmp_path: Path) -> None:
    """No date stands in them."""
    write_tiny(tmp_path)
    write_files(tmp_path, CODE)
    folder = tmp_path / "_build/locale"
    runs = []
    for _ in range(2):
        collect(tmp_path, folder)
        runs.append({path: path.read_text(encoding="utf-8") for path in folder.rglob("*.pot")})
    assert runs[0] == runs[1]
    assert not [path for path, text in runs[0].items() if "Date" in text]
