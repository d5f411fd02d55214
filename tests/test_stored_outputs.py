"""The stored outputs: without them nbval would compare nothing and still be content."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from bookbuild.accept import as_text, normal_notebook
from bookbuild.build import ROOT, notebooks
from helpers.pictures import PAGE

NOTEBOOKS = notebooks(ROOT)
LOG_LINE = re.compile(
    r"oneDNN|cuda_|cudart|TF-TRT|cpu_feature_guard|absl::|WARNING: All log mess|\bE0000 "
)

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[NotebookNode]:
    """Return the code cells of a notebook."""
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def problems(cells: list[NotebookNode]) -> list[str]:
    """Say what is wrong with the stored outputs of some code cells, one sentence each."""
    found = []
    for number, cell in enumerate(cells, start=1):
        if cell.execution_count != number:
            found.append(f"cell {number} was not run in its turn: {cell.source[:60]!r}")
        tags = cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in tags:
                found.append(f"cell {number} stores an error")
            if output.get("name") == "stderr":
                found.append(f"cell {number} stores stderr")
            if LOG_LINE.search(str(output)):
                found.append(f"cell {number} stores a log line of TensorFlow")
            forms = output.get("data", {})
            if "<svg" in forms.get("text/html", ""):
                found.append(f"cell {number} stores SVG in HTML, which a notebook does not show")
            if PAGE in forms and not {"image/png", "text/plain"} <= set(forms):
                found.append(f"cell {number} stores what only a page shows")
    return found


def test_every_chapter_notebook_is_in_the_book() -> None:
    """No notebook is left out of ``_toc.yml``, so none escapes the tests."""
    assert NOTEBOOKS
    assert sorted([*ROOT.glob("*.ipynb"), *(ROOT / "chapters").glob("*.ipynb")]) == sorted(
        NOTEBOOKS
    )


@every_notebook
def test_every_cell_was_run_in_order(path: Path) -> None:
    """Each code cell has its outputs, from one run from top to bottom without an error."""
    cells = code_cells(path)
    assert cells
    assert problems(cells) == [], f"run: make accept CHAPTER={path.stem}"


@every_notebook
def test_the_file_is_in_its_normal_form(path: Path) -> None:
    """The file is what ``make accept`` writes: no times, versions or random names."""
    text = path.read_text(encoding="utf-8")
    assert text == as_text(normal_notebook(nbformat.read(path, as_version=4))), (
        f"run: make accept CHAPTER={path.stem}"
    )


@every_notebook
def test_no_cell_escapes_comparison(path: Path) -> None:
    """No cell asks nbval to skip it or to ignore its output."""
    for cell in code_cells(path):
        assert not {"nbval-skip", "nbval-ignore-output"} & set(cell.metadata.get("tags", []))
        assert not re.search("NBVAL_(SKIP|IGNORE_OUTPUT)", cell.source)


def shows(forms: dict[str, str]) -> NotebookNode:
    """Return an output that has these forms."""
    return nbformat.v4.new_output("display_data", forms)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"execution_count": None}, "not run"),
        ({"execution_count": 2}, "not run"),
        ({"outputs": [nbformat.v4.new_output("error", ename="E")]}, "error"),
        ({"outputs": [nbformat.v4.new_output("stream", name="stderr", text="x")]}, "stderr"),
        ({"outputs": [nbformat.v4.new_output("stream", text="oneDNN custom")]}, "log line"),
        ({"outputs": [shows({"text/html": "<div><svg></svg></div>"})]}, "SVG in HTML"),
        ({"outputs": [shows({PAGE: "<svg></svg>", "text/plain": "in words"})]}, "only a page"),
    ],
)
def test_what_would_be_found(change: dict[str, object], complaint: str) -> None:
    """The check finds each kind of fault in a cell, and none in a good one."""
    cell = nbformat.v4.new_code_cell("1", execution_count=1)
    assert problems([cell]) == []
    cell.update(change)
    assert any(complaint in problem for problem in problems([cell]))
