"""How long each chapter takes to run, and how it is made: cells, lines, words.

Run it with ``make bench``. Each chapter is executed once, in a fresh kernel, one after the other;
the seconds hold for the machine and the hour, the ratios say more.
"""

import statistics
import time
from pathlib import Path

import nbformat

from bookbuild.accept import execute

ROOT = Path(__file__).resolve().parent.parent


def lines_of(source: str) -> int:
    """Return how many lines of ``source`` are not blank."""
    return sum(bool(line.strip()) for line in source.splitlines())


def main() -> None:
    """Print one line a chapter."""
    print("chapter          seconds  code cells  lines: median  90th pct  max  words  words a line")
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        lines = sorted(lines_of(cell.source) for cell in cells if cell.cell_type == "code")
        words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
        start = time.perf_counter()
        execute(path)
        seconds = time.perf_counter() - start
        print(
            f"{path.stem:15} {seconds:8.1f} {len(lines):11} {statistics.median(lines):14.0f} "
            f"{lines[int(0.9 * (len(lines) - 1))]:9} {lines[-1]:4} {words:6} "
            f"{words / sum(lines):13.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
