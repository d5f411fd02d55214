"""The whole program of *Implementation* needs nothing of the book."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild.build import ROOT


def program() -> str:
    """Return the cell that builds and trains a model from nothing."""
    notebook = json.loads((ROOT / "chapters/implementation.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    [found] = [cell for cell in cells if cell.startswith("import keras\n") and ".fit(" in cell]
    return found


def test_it_is_as_short_as_the_chapter_says() -> None:
    """About sixty lines that hold something, and none wider than a page."""
    lines = [line for line in program().splitlines() if line]
    assert 50 <= len(lines) <= 70
    assert max(map(len, lines)) <= 75


@pytest.mark.slow
def test_it_runs_in_an_empty_folder(tmp_path: Path) -> None:
    """As a file, with one epoch; the notebook itself trains to the end."""
    once, changed = re.subn(r"EPOCHS, BATCH = 64, \d+,", "EPOCHS, BATCH = 64, 1,", program())
    assert changed == 1
    assert "helpers" not in once
    (tmp_path / "program.py").write_text(once, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", "program.py"],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=True,
    )
    assert re.fullmatch(r"1978 held-out problems, nine in ten right: (True|False)\n", ran.stdout)
