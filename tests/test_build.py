"""What decides whether the book must be built again, and whether its notebooks must run again."""

from pathlib import Path

import pytest

from bookbuild import build
from tests.files import write_files

TOC = """
format: jb-book
root: intro
chapters:
  - file: chapters/one
    sections:
      - file: chapters/two.md
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small book that was just built."""
    files = {
        "_config.yml": "title: A book\n",
        "_toc.yml": TOC,
        "assets/book.css": "",
        "bookbuild/offline.py": "",
        "bookbuild/settings/kernel.py": "",
        "chapters/one.ipynb": "{}",
        "helpers/model.py": "units = 16\n",
        "helpers/weights.json": "{}",
        "intro.ipynb": "{}",
        "requirements.txt": "keras==3\n",
        "_build/.jupyter_cache/outputs": "",
        "_build/.doctrees/intro": "",
        "_build/html/index.html": "",
        "_build/html/intro.html": "",
        "_build/html/chapters/one.html": "",
        "_build/html/chapters/two.html": "",
    }
    write_files(tmp_path, files)
    now = build.fingerprints(tmp_path)
    record = {"outputs": {"execution": now["execution"]}, "built": now}
    build.write_record(tmp_path, record)
    return tmp_path


def test_documents_are_those_of_the_table_of_contents(book: Path) -> None:
    """Root, chapters and sections are found, without suffix."""
    assert build.documents(book) == ["intro", "chapters/one", "chapters/two"]


def test_notebooks_are_the_pages_that_can_run(book: Path) -> None:
    """The landing page comes first; a page in Markdown is none of them."""
    (book / "chapters/two.md").write_text("# Two\n", encoding="utf-8")
    (book / "chapters/three.ipynb").write_text("{}", encoding="utf-8")
    assert build.notebooks(book) == [book / "intro.ipynb", book / "chapters/one.ipynb"]


def test_every_source_of_the_book_is_there() -> None:
    """Each file or folder that the fingerprints name exists, and the landing page is a notebook."""
    for source in (*build.EXECUTION_SOURCES, *build.BOOK_SOURCES):
        assert (build.ROOT / source).exists(), source
    assert build.notebooks(build.ROOT)[0] == build.ROOT / "intro.ipynb"


def test_an_unchanged_book_is_current(book: Path) -> None:
    """Left-overs of Python do not count as a change."""
    (book / "helpers/__pycache__").mkdir()
    (book / "helpers/__pycache__/model.pyc").write_bytes(b"0")
    assert build.is_current(book, build.fingerprints(book))


@pytest.mark.parametrize(
    "name", ["helpers/model.py", "helpers/weights.json", "helpers/new.npz", "requirements.txt"]
)
def test_a_change_in_what_cells_import_runs_every_notebook(book: Path, name: str) -> None:
    """Outputs made with other helpers or packages are dropped."""
    (book / name).write_text("changed", encoding="utf-8")
    now = build.fingerprints(book)
    assert not build.is_current(book, now)
    assert build.prepare(book, now) is False
    assert not (book / "_build/.jupyter_cache").exists()


@pytest.mark.parametrize(
    "name", ["intro.ipynb", "chapters/one.ipynb", "_config.yml", "assets/book.css"]
)
def test_a_change_in_a_page_keeps_stored_outputs(book: Path, name: str) -> None:
    """Every page is made anew, from the outputs that are there."""
    (book / name).write_text("changed", encoding="utf-8")
    now = build.fingerprints(book)
    assert not build.is_current(book, now)
    assert build.prepare(book, now) is True
    assert (book / "_build/.jupyter_cache").exists()
    assert not (book / "_build/.doctrees").exists()
    assert not (book / "_build/html").exists()


def test_a_file_that_goes_or_moves_is_a_change(book: Path) -> None:
    """The names of the files count as well as what is in them."""
    before = build.fingerprints(book)
    (book / "helpers/model.py").rename(book / "helpers/models.py")
    moved = build.fingerprints(book)
    (book / "helpers/models.py").unlink()
    gone = build.fingerprints(book)
    assert len({state["execution"] for state in (before, moved, gone)}) == 3


def test_a_missing_page_is_noticed(book: Path) -> None:
    """A book that lacks a page is not current."""
    (book / "_build/html/chapters/two.html").unlink()
    assert build.missing_pages(book) == ["_build/html/chapters/two.html"]
    assert not build.is_current(book, build.fingerprints(book))


def test_a_failed_build_is_not_taken_for_a_finished_one(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failure the next run builds again, also when nothing has changed since."""

    def fail(root: Path) -> None:
        raise build.BuildError("a cell failed")

    (book / "intro.ipynb").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(build, "run_jupyter_book", fail)
    for _ in range(2):
        with pytest.raises(build.BuildError):
            build.build(book)


def test_a_build_without_pages_fails(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter Book may end well and yet leave out a page."""
    (book / "intro.ipynb").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(build, "run_jupyter_book", lambda root: None)
    with pytest.raises(build.BuildError, match="chapters/one"):
        build.build(book)


def test_a_damaged_record_means_a_new_build(book: Path) -> None:
    """A record that cannot be read is no record."""
    (book / "_build/fingerprints.json").write_text("{", encoding="utf-8")
    assert not build.is_current(book, build.fingerprints(book))
