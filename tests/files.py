"""Files that a test needs."""

from collections.abc import Mapping
from pathlib import Path

from bookbuild.build import ROOT

HTML = ROOT / "_build/html"
"""The built pages. A test file that names them is not among the quick ones."""


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts into files of a folder, by their names; folders between are made."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
