"""The notebooks that readers download from the pages."""

from pathlib import Path

import nbformat
import pytest

from bookbuild.build import ROOT, notebooks
from bookbuild.downloads import say_what_it_needs
from tests.files import HTML


def file_of(folder: Path, cells: list[nbformat.NotebookNode]) -> Path:
    """Write a notebook file; return where it is."""
    path = folder / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.parametrize("repository", ["", "https://example.org/book"])
def test_a_cell_says_what_a_notebook_needs(tmp_path: Path, repository: str) -> None:
    """It names the book, the notebook and the command, and the repository if there is one."""
    cells = [
        nbformat.v4.new_markdown_cell("# One"),
        nbformat.v4.new_code_cell("from helpers import plots"),
    ]
    path = file_of(tmp_path, cells)
    say_what_it_needs(path, "chapters/one.ipynb", "A *tiny* book", repository)
    first, *rest = nbformat.read(path, as_version=4).cells
    assert [cell.source for cell in rest] == ["# One", "from helpers import plots"]
    for named in ("A *tiny* book", "`helpers`", "`make lab`", "`chapters/one.ipynb`"):
        assert named in first.source
    assert (" from <https://example.org/book>" in first.source) == bool(repository)
    nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("path", notebooks(ROOT), ids=lambda path: path.stem)
def test_a_page_offers_the_whole_notebook(path: Path) -> None:
    """It is as in the sources, with its outputs, and valid; one cell more says what it needs."""
    name = path.relative_to(ROOT)
    offered = nbformat.read(HTML / "_sources" / name, as_version=nbformat.NO_CONVERT)
    nbformat.validate(offered)
    first = offered.cells.pop(0)
    assert f"`{name.as_posix()}`" in first.source
    assert offered == nbformat.read(path, as_version=nbformat.NO_CONVERT)
