"""The environment that ``make`` installs: its kernels and its JupyterLab."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient


def test_log_lines_of_libraries_are_no_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a C library writes to file descriptor 2 is not shown; what Python writes to stderr is.

    So TensorFlow's log lines are in no output, in JupyterLab and in the built pages alike.
    """
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, a kernel never looks at the descriptor
    cell = nbformat.v4.new_code_cell(
        "import os, sys\n_ = os.write(2, b'from C\\n')\nprint('from Python', file=sys.stderr)"
    )
    NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3").execute(
        stderr=subprocess.DEVNULL
    )
    assert [output.text for output in cell.outputs] == ["from Python\n"]


def test_jupyterlab_loads_its_extensions() -> None:
    """JupyterLab can load what shows widgets and what shows MyST in notebooks."""
    jupyter = Path(sys.executable).with_name("jupyter")
    listed = subprocess.run(
        [jupyter, "labextension", "list"], capture_output=True, text=True, check=True
    )
    text = listed.stdout + listed.stderr
    assert "jupyterlab-myst" in text
    assert "@jupyter-widgets/jupyterlab-manager" in text
    assert "not compatible" not in text, text
