"""What the stored outputs were made from: what counts, what does not, and that all are fresh."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookbuild.build import ROOT, notebooks
from bookbuild.provenance import KEY, is_stale, made_from
from tests.files import write_files

MODEL = '"""A model."""\n\nunits = 16\n\n\ndef build():\n    """Build it."""\n    return units\n'


def notebook(code: str = "from helpers import model") -> dict[str, Any]:
    """Return a notebook of two cells."""
    cells = [{"cell_type": "markdown", "source": "# Title"}, {"cell_type": "code", "source": code}]
    return {"cells": cells, "metadata": {}}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The sources of a small book."""
    files = {
        "helpers/model.py": MODEL,
        "helpers/weights/notes.json": "{}",
        "helpers/widgets/dial.js": "",
        "requirements.txt": "keras==3\n",
    }
    write_files(tmp_path, files)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("helpers/model.py", MODEL.replace("16", "17")),
        ("helpers/weights/notes.json", "[]"),
        ("helpers/new.py", ""),
        ("requirements.txt", "keras==4\n"),
    ],
)
def test_what_counts(book: Path, name: str, text: str) -> None:
    """Code, weights, a new file, another version of a package."""
    before = made_from(book, notebook())
    write_files(book, {name: text})
    assert made_from(book, notebook()) != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("helpers/model.py", MODEL.replace("A model", "The model").replace("Build it", "Build")),
        ("helpers/model.py", MODEL.replace("units = 16", "# Few.\nunits = 16\n")),
        ("helpers/widgets/dial.js", "export default {};"),
        ("benchmarks/learning.py", ""),
        ("helpers/__pycache__/model.pyc", ""),
    ],
)
def test_what_does_not_count(book: Path, name: str, text: str) -> None:
    """Docstrings, comments, what only pages run, and what no cell may import."""
    before = made_from(book, notebook())
    write_files(book, {name: text})
    assert made_from(book, notebook()) == before


def test_the_cells_count() -> None:
    """Code does, and prose does not."""
    changed = notebook()
    changed["cells"][0]["source"] = "# Another title"
    assert made_from(ROOT, changed) == made_from(ROOT, notebook())
    assert made_from(ROOT, notebook("import helpers")) != made_from(ROOT, notebook())


def test_a_notebook_that_was_never_accepted_is_stale(book: Path) -> None:
    """It says nothing of what its outputs were made from."""
    path = book / "one.ipynb"
    content = notebook()
    path.write_text(json.dumps(content), encoding="utf-8")
    assert is_stale(book, path)
    content["metadata"][KEY] = made_from(book, content)
    path.write_text(json.dumps(content), encoding="utf-8")
    assert not is_stale(book, path)


@pytest.mark.parametrize("path", notebooks(ROOT), ids=lambda path: path.stem)
def test_stored_outputs_are_fresh(path: Path) -> None:
    """All notebooks were accepted after the last change of what they import."""
    assert not is_stale(ROOT, path), f"run: make accept CHAPTER={path.stem}"
