"""The comparison of notebooks: what passes, and that what should fail does fail."""

import copy
import re
import shutil

import nbformat
import pytest

from bookbuild import accept
from bookbuild.build import ROOT
from helpers.pictures import PAGE

pytest_plugins = ["pytester"]

LIVE = """
from IPython.display import HTML, display
handle = display(HTML("<p>loss ?</p>"), display_id=True)
for loss in (2.6, 0.5):
    handle.update(HTML(f"<p>loss {loss}</p>"))
"""
FIGURE = """
import random
from helpers.pictures import Shown

class Figure(Shown):
    description = "Loss falls from 2.6"

    def page(self):
        return (
            f'<p>before</p><svg role="img" aria-label="{self.description}" width="9" height="9">'
            f'<path d="M0 0h{9 * random.random()}" stroke="red"/>'
            "</svg><table><tr><td>1</td></tr></table>"
        )

figure = Figure()
figure
"""
LIVE_FIGURE = """
handle = display(HTML("<progress></progress>"), display_id=True)
handle.update(figure)
"""


CLEARING = "from IPython.display import clear_output\nprint(1)\nclear_output()\nprint(2)"

# A cell, the form of its output that is changed, and how; what is changed into None is left out.
CHANGES: list[tuple[str, str, str, str | None]] = [
    ("print('loss 0.598')", "text", "598", "698"),
    (LIVE, "text/html", "0.5", "0.4"),
    *(
        (figure, *change)
        for figure in (FIGURE, LIVE_FIGURE)
        for change in (
            (PAGE, "falls", "rises"),
            ("text/plain", "falls", "rises"),
            (PAGE, "<td>1", "<td>2"),
            (PAGE, "before", "after"),
            ("image/png", "", None),
        )
    ),
]


def stored(pytester: pytest.Pytester, cells: list[str]) -> nbformat.NotebookNode:
    """Return a notebook of some cells with its outputs; the test folder is set up like the book."""
    shutil.copy(ROOT / "conftest.py", pytester.path)
    path = pytester.path / "small.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path.write_text(accept.as_text(notebook), encoding="utf-8")
    accept.accept(path)
    return nbformat.read(path, as_version=4)


def test_equal_outputs_pass_and_others_fail(pytester: pytest.Pytester) -> None:
    """Live figures, still figures, widgets and log lines of C libraries pass as they are stored.

    A number printed, in a live display, in a table or in the description of a figure counts. So
    does an image that is not there. A cell that clears its output fails in any case, for it cannot
    be compared.
    """
    log = "import os\nprint('x', flush=True)\n_ = os.write(2, b'log')"
    widget = "import ipywidgets\nipywidgets.Button(description='Step')"
    cells = [*(cell for cell, *_ in CHANGES), widget, log, "object()", CLEARING]
    equal = stored(pytester, cells)
    nbformat.write(equal, pytester.path / "equal.ipynb")
    changed = copy.deepcopy(equal)
    for cell, (_, form, old, new) in zip(changed.cells, CHANGES, strict=False):
        (output,) = cell.outputs
        forms = output if form == "text" else output.data
        if new is None:
            del forms[form]
        else:
            assert old in forms[form]
            forms[form] = forms[form].replace(old, new)
    nbformat.write(changed, pytester.path / "changed.ipynb")
    sanitize = f"--nbval-sanitize-with={ROOT / 'tests/nbval-sanitize.cfg'}"
    result = pytester.runpytest_subprocess(
        *("--nbval", "--nbval-current-env", sanitize, "-rA", "equal.ipynb", "changed.ipynb")
    )
    ended = re.findall(r"^(PASSED|FAILED) (\w+)\.ipynb::Cell (\d+)", result.stdout.str(), re.M)
    others = range(len(CHANGES), len(cells) - 1)
    cleared = len(cells) - 1
    assert {(name, int(number)) for how, name, number in ended if how == "PASSED"} == {
        *(("equal", number) for number in range(cleared)),
        *(("changed", number) for number in others),
    }
    assert {(name, int(number)) for how, name, number in ended if how == "FAILED"} == {
        *(("changed", number) for number in range(len(CHANGES))),
        *((name, cleared) for name in ("equal", "changed")),
    }
    result.stdout.fnmatch_lines(["*clears its output*"])
