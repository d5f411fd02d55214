"""The comparison of notebooks: what passes, and that what should fail does fail."""

import shutil

import nbformat
import pytest

from bookbuild import accept
from bookbuild.build import ROOT

pytest_plugins = ["pytester"]

LIVE = """
from IPython.display import HTML, display
handle = display(HTML("<p>loss ?</p>"), display_id=True)
for loss in (2.6, 0.5):
    handle.update(HTML(f"<p>loss {loss}</p>"))
"""
FIGURE = """
import random
from IPython.display import HTML
HTML(f'<p>before</p><svg\\n width="{random.random()}" role="img" aria-label="Loss falls from 2.6">'
     f'<path d="{random.random()}"/>\\n</svg><table><tr><td>1</td></tr></table>')
"""


CLEARING = "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)"

CHANGES = [
    ("print('loss 0.598')", "598", "698"),
    (LIVE, "0.5", "0.4"),
    (FIGURE, "falls", "rises"),
    (FIGURE, "<td>1", "<td>2"),
    (FIGURE, "before", "after"),
]


def stored(pytester: pytest.Pytester, cells: list[str]) -> nbformat.NotebookNode:
    """Return a notebook of some cells with its outputs; the test folder is set up like the book."""
    shutil.copy(ROOT / "conftest.py", pytester.path)
    path = pytester.path / "small.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path.write_text(accept.as_text(notebook), encoding="utf-8")
    accept.accept(path)
    return nbformat.read(path, as_version=4)


def compare(pytester: pytest.Pytester, notebook: nbformat.NotebookNode) -> pytest.RunResult:
    """Run nbval on a notebook as the book does."""
    nbformat.write(notebook, pytester.path / "small.ipynb")
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests/nbval-sanitize.cfg'}"
    return pytester.runpytest_subprocess("--nbval", "--nbval-current-env", sanitize, "small.ipynb")


def test_equal_outputs_pass(pytester: pytest.Pytester) -> None:
    """Live figures, still figures, widgets and log lines of C libraries pass."""
    log = "import os\nprint('x', flush=True)\n_ = os.write(2, b'log')"
    widget = "import ipywidgets\nipywidgets.Button(description='Step')"
    notebook = stored(pytester, [LIVE, FIGURE, widget, log, "object()"])
    compare(pytester, notebook).assert_outcomes(passed=5)


def test_other_outputs_fail(pytester: pytest.Pytester) -> None:
    """A number printed, in a live display, in a table or in the description of a figure counts.

    A cell that clears its output fails as well, for it cannot be compared.
    """
    notebook = stored(pytester, [*(cell for cell, _, _ in CHANGES), CLEARING])
    for cell, (_, old, new) in zip(notebook.cells, CHANGES, strict=False):
        (output,) = cell.outputs
        if output.output_type == "stream":
            output.text = output.text.replace(old, new)
        else:
            output.data["text/html"] = output.data["text/html"].replace(old, new)
    result = compare(pytester, notebook)
    result.assert_outcomes(failed=len(CHANGES) + 1)
    result.stdout.fnmatch_lines(["*clears its output*"])
