"""Storing outputs: the same file on every run, and none at all when a cell fails."""

import json
from pathlib import Path

import nbformat
import pytest

from bookbuild import accept
from bookbuild.build import ROOT, notebooks
from helpers.pictures import PAGE

pytestmark = pytest.mark.slow  # kernels are started

pytestmark = pytest.mark.slow  # kernels are started

CELLS = [
    "import sys\nprint('one', end=' ', flush=True)\nprint('log', file=sys.stderr, flush=True)\n"
    "print('two')",
    "class Thing: ...\nThing()",
    "import ipywidgets\nipywidgets.Button(description='Step')",
    "import os\nprint('from C', flush=True)\n_ = os.write(2, b'a log line of a C library')",
    "print('10 %\\r100 %')",
    "from helpers.diagrams import architecture\narchitecture()",
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook as an editor may leave it, not yet run: no ids, odd metadata."""
    path = tmp_path / "small.ipynb"
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {"collapsed": False, "tags": ["keep"]},
            "outputs": [],
            "source": source,
        }
        for source in CELLS
    ]
    metadata = {"kernelspec": {"name": "my-env", "display_name": "Mine"}, "title": "kept"}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_twice_gives_the_same_file(notebook: Path) -> None:
    """The second run changes nothing, though objects and widgets have new names in it."""
    assert accept.accept(notebook) is True
    first = notebook.read_bytes()
    assert accept.accept(notebook) is False
    assert notebook.read_bytes() == first
    assert first.endswith(b"}\n")
    assert list(notebook.parent.iterdir()) == [notebook]


def test_what_is_stored(notebook: Path) -> None:
    """Outputs are kept in full, without log lines, addresses, random names and versions."""
    accept.accept(notebook)
    text = notebook.read_text(encoding="utf-8")
    stored = nbformat.read(notebook, as_version=4)
    nbformat.validate(stored)
    printed, thing, button, from_c, progress, drawing = (cell.outputs for cell in stored.cells)
    assert [output.text for output in printed] == ["one two\n"]
    assert thing[0].data["text/plain"] == "<__main__.Thing at 0x0>"
    assert button[0].data[accept.WIDGET_VIEW].model_id == ""
    assert [output.text for output in from_c] == ["from C\n"]
    assert [output.text for output in progress] == ["100 %\n"]
    assert "log" not in str([cell.outputs for cell in stored.cells])
    assert set(drawing[0].data) == {PAGE, "image/png", "text/plain"}
    assert [cell.execution_count for cell in stored.cells] == [1, 2, 3, 4, 5, 6]
    assert len({cell.id for cell in stored.cells}) == len(CELLS)
    assert stored.cells[0].metadata == {"tags": ["keep"]}
    assert stored.metadata.title == "kept"
    assert stored.metadata.kernelspec == accept.KERNEL
    assert "version" not in stored.metadata.language_info
    assert text == accept.as_text(accept.normal_notebook(stored))


def test_ids_that_are_there_stay() -> None:
    """A cell keeps its id; of two cells with one id, the second gets another."""
    cells = [nbformat.v4.new_code_cell("1", id="mine"), nbformat.v4.new_code_cell("2", id="mine")]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = cells
    normal = accept.normal_notebook(notebook)
    assert normal.cells[0].id == "mine"
    assert normal.cells[1].id != "mine"


def test_a_picture_stands_for_its_widget() -> None:
    """Where an output has a picture of the widget, the view of the widget is dropped."""
    data = {accept.WIDGET_VIEW: {"model_id": "ab12"}, "image/png": "iVBO"}
    assert accept.normal_data(nbformat.from_dict(data)) == {"image/png": "iVBO"}


def test_the_command_knows_every_notebook(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The landing page and the chapters are accepted by name, all of them without one."""
    accepted: list[str] = []
    monkeypatch.setattr(accept, "accept", lambda path: accepted.append(path.stem))
    monkeypatch.setattr("sys.argv", ["accept", "decoder", "intro"])
    assert accept.main() == 0
    assert accepted == ["decoder", "intro"]
    monkeypatch.setattr("sys.argv", ["accept"])
    assert accept.main() == 0
    assert accepted[2:] == [path.stem for path in notebooks(ROOT)]
    assert accepted[2] == "intro"
    monkeypatch.setattr("sys.argv", ["accept", "intro", "intor"])
    assert accept.main() == 1
    assert len(accepted) == 2 + len(notebooks(ROOT))
    assert "No chapter intor: there are intro, " in capsys.readouterr().err


def test_a_failing_cell_leaves_the_file_alone(notebook: Path) -> None:
    """Nothing is stored unless every cell ran."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][-1]["source"] = "1 / 0"
    notebook.write_text(json.dumps(content), encoding="utf-8")
    before = notebook.read_bytes()
    with pytest.raises(accept.AcceptError, match="ZeroDivisionError"):
        accept.accept(notebook)
    assert notebook.read_bytes() == before
    assert list(notebook.parent.iterdir()) == [notebook]
