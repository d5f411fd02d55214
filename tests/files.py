"""Files that a test needs."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from bs4 import BeautifulSoup

from bookbuild.build import ROOT
from bookbuild.edition import FIRST

CHAPTERS: list[str] = [
    entry["file"]
    for entry in yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"][0][
        "chapters"
    ]
]
"""The pages of the first part of the book, in their order."""
HTML = FIRST.pages(ROOT)
"""The built pages. A test file that names them is not among the quick ones."""


@cache
def tree(path: Path) -> BeautifulSoup:
    """Return the tree of a built page, which is read once: no test may change it."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts into files of a folder, by their names; folders between are made."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
