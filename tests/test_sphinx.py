"""Sphinx alone builds the book: pages without Jupyter Book, and catalogues for translators."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild.build import ROOT, documents
from tests.files import write_files
from tests.tiny_book import PAGES, Build, write_tiny

WITHOUT = ("jupyter_book", "sphinx_comments", "sphinx_thebe")
"""What Jupyter Book 1 would bring."""


def sphinx(*arguments: str | Path, python_path: Path | None = None) -> str:
    """Run ``sphinx-build``, with every warning an error; return all that it complains of."""
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    environment = {**os.environ, **({"PYTHONPATH": str(python_path)} if python_path else {})}
    ended = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, env=environment
    )
    assert (ended.returncode == 0) == (ended.stderr == "")
    return ended.stderr


@pytest.mark.slow
def test_the_book_has_a_catalogue_for_translators(tmp_path: Path) -> None:
    """It has messages of each page, and nothing is amiss."""
    doctrees, catalogues = tmp_path / "doctrees", tmp_path / "catalogues"
    assert sphinx("-b", "gettext", "-d", doctrees, ROOT, catalogues) == ""
    for name in documents(ROOT):
        messages = (catalogues / f"{name}.pot").read_text(encoding="utf-8")
        assert messages.count("\nmsgid ") > 5, name


@pytest.mark.slow
def test_pages_are_built_without_jupyter_book(tmp_path: Path) -> None:
    """With all extensions of the book, where nothing of Jupyter Book can be imported."""
    source, site, missing = tmp_path / "book", tmp_path / "site", tmp_path / "missing"
    write_tiny(source)
    write_files(missing, {f"{name}.py": "raise ImportError" for name in WITHOUT})
    assert sphinx("-b", "html", "-c", ROOT, source, site, python_path=missing) == ""
    wanted = [*(f"{name}.html" for name in PAGES), "404.html", "index.html", "search.html"]
    assert [name for name in wanted if not (site / name).is_file()] == []
    assert (site / "_static/fonts/serif.woff2").is_file()


def test_what_is_built_twice_stays_the_same(build: Build) -> None:
    """Where no source has changed, too."""
    site, _ = build()
    before = {path: body_of(path) for path in site.rglob("*.html")}
    build(written=True)
    assert [path for path, body in before.items() if body_of(path) != body] == []


def body_of(path: Path) -> str:
    """Return the body of a page."""
    return path.read_text(encoding="utf-8").partition("<body")[2]
