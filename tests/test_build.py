"""What decides whether the book must be built again."""

from pathlib import Path

import pytest

from bookbuild import build
from bookbuild.edition import Edition
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
        "bookbuild/fonts.py": "",
        "bookbuild/settings/kernel.py": "",
        "chapters/one.ipynb": "{}",
        "helpers/model.py": "units = 16\n",
        "helpers/weights.json": "{}",
        "intro.ipynb": "{}",
        "requirements.txt": "keras==3\n",
        "_build/.doctrees/intro": "",
        "_build/html/index.html": "",
        "_build/html/intro.html": "",
        "_build/html/chapters/one.html": "",
        "_build/html/chapters/two.html": "",
    }
    write_files(tmp_path, files)
    build.recorded(tmp_path).write_text(build.fingerprint(tmp_path), encoding="utf-8")
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
    for source in build.SOURCES:
        assert (build.ROOT / source).exists(), source
    assert build.notebooks(build.ROOT)[0] == build.ROOT / "intro.ipynb"


def test_an_unchanged_book_is_current(book: Path) -> None:
    """Left-overs of Python do not count as a change."""
    (book / "helpers/__pycache__").mkdir()
    (book / "helpers/__pycache__/model.pyc").write_bytes(b"0")
    assert build.is_current(book, build.fingerprint(book))


@pytest.mark.parametrize(
    "name",
    ["intro.ipynb", "chapters/one.ipynb", "_config.yml", "assets/book.css", "helpers/new.npz"],
)
def test_any_change_of_a_source_means_a_new_build(book: Path, name: str) -> None:
    """Also of what no page shows: a page may stand on it."""
    (book / name).write_text("changed", encoding="utf-8")
    assert not build.is_current(book, build.fingerprint(book))


def test_pages_are_removed_with_all_that_is_known_of_them(book: Path) -> None:
    """Sphinx looks at each of them again."""
    build.remove_pages(book)
    assert [path.name for path in (book / "_build").iterdir()] == []


def test_a_file_that_goes_or_moves_is_a_change(book: Path) -> None:
    """The names of the files count as well as what is in them."""
    before = build.fingerprint(book)
    (book / "helpers/model.py").rename(book / "helpers/models.py")
    moved = build.fingerprint(book)
    (book / "helpers/models.py").unlink()
    gone = build.fingerprint(book)
    assert len({before, moved, gone}) == 3


@pytest.mark.parametrize(
    ("names", "pages"),
    [
        (["intro.ipynb"], ["intro"]),
        (["chapters/one.ipynb", "chapters/two.md"], ["chapters/one", "chapters/two"]),
        (["chapters/one.ipynb", "helpers/model.py"], []),
        (["chapters/one.ipynb", "chapters/other.md"], []),
        (["_toc.yml"], []),
    ],
)
def test_a_build_goes_on_only_where_nothing_but_pages_has_changed(
    book: Path, names: list[str], pages: list[str]
) -> None:
    """Neither what they are made with nor which there are; without a record all is new."""
    write_files(book, {"chapters/two.md": "# Two\n"})
    before = build.fingerprint(book)
    write_files(book, dict.fromkeys(names, TOC))
    now = build.fingerprint(book)
    assert sorted(build.changed_pages(book, before, now)) == pages
    assert build.changed_pages(book, "", now) == build.changed_pages(book, "{", now) == []
    (book / "intro.ipynb").unlink()
    assert build.changed_pages(book, before, build.fingerprint(book)) == []


def test_a_missing_page_is_noticed(book: Path) -> None:
    """A book that lacks a page is not current."""
    (book / "_build/html/chapters/two.html").unlink()
    assert build.missing_pages(book) == ["_build/html/chapters/two.html"]
    assert not build.is_current(book, build.fingerprint(book))


def test_a_failed_build_is_not_taken_for_a_finished_one(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failure the next run builds again, also when nothing has changed since."""

    def fail(root: Path, edition: Edition) -> None:
        raise build.BuildError("a warning")

    (book / "intro.ipynb").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(build, "run_jupyter_book", fail)
    for _ in range(2):
        with pytest.raises(build.BuildError):
            build.build(book)


def test_a_build_without_pages_fails(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter Book may end well and yet leave out a page."""
    (book / "intro.ipynb").write_text("changed", encoding="utf-8")
    monkeypatch.setattr(build, "run_jupyter_book", lambda root, edition: None)
    with pytest.raises(build.BuildError, match="chapters/one"):
        build.build(book)


def test_a_damaged_record_means_a_new_build(book: Path) -> None:
    """A record that says something else is no record."""
    build.recorded(book).write_text("{", encoding="utf-8")
    assert not build.is_current(book, build.fingerprint(book))


def test_editions_are_built_apart(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has pages and a fingerprint of its own; a catalogue is a source of its language."""
    built: list[Edition] = []

    def run(root: Path, edition: Edition) -> None:
        built.append(edition)
        names = ("index", *build.documents(root))
        write_files(edition.pages(root), {f"{name}.html": "" for name in names})

    monkeypatch.setattr(build, "run_jupyter_book", run)
    korean = Edition("ko")
    for _ in range(2):
        build.build(book, korean)
        build.build(book)
    assert built == [korean]
    write_files(book, {"locale/ko/LC_MESSAGES/intro.po": ""})
    assert build.is_current(book, build.fingerprint(book))
    build.build(book, korean)
    assert built == [korean, korean]
    assert build.is_current(book, build.fingerprint(book))
