"""The book itself: how long it takes to build, and what its pages weigh."""

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ElementTree
from http.server import ThreadingHTTPServer
from pathlib import Path
from statistics import median

import nbformat
from playwright.sync_api import Browser, Request, sync_playwright

from benchmarks import widgets
from bookbuild.build import ROOT, documents
from helpers.results import Cell, Results, Table
from tests.browser import Handler, executable
from tests.files import HTML

TESTS = ROOT / "_build/tests.xml"
"""What `make test` writes of its last run."""


def measure(results: Results, quick: bool) -> None:
    """Add the tables of the book."""
    if not quick:
        results.tables["build"], seconds = builds()
        results.tables["chapters"] = chapters(seconds)
    results.tables["pages"] = pages()
    results.tables["widgets"] = widgets.table()


def builds() -> tuple[Table, dict[str, float]]:
    """Return what building takes, and the seconds of each notebook, in a copy of the sources."""
    table = Table("Building the book", ("", "seconds"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, root / name)
        cold, said = build(root)
        table.add("everything, every notebook run", cold)
        table.add("nothing changed", build(root)[0])
    if TESTS.is_file():
        suites = ElementTree.parse(TESTS).getroot().iter("testsuite")
        count, seconds = 0, 0.0
        for suite in suites:
            count += int(suite.attrib["tests"])
            seconds += float(suite.attrib["time"])
        table.add(f"the last make test: {count:,} tests", seconds)
    return table, said


def build(root: Path) -> tuple[float, dict[str, float]]:
    """Build the book in ``root``; return the seconds, and those of each notebook that was run."""
    program = (
        f"from pathlib import Path; from bookbuild.build import build; build(Path({str(root)!r}))"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds = time.perf_counter() - start
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    found = re.findall(r"([\w/-]+)\.ipynb: Executed notebook in ([\d.]+) seconds", said)
    return seconds, {Path(name).name: float(time_) for name, time_ in found}


def chapters(seconds: dict[str, float]) -> Table:
    """Return how long each notebook runs, and how it is made."""
    table = Table(
        "The notebooks",
        (
            "",
            "runs (s)",
            "code cells",
            "lines a cell, median",
            "90 in 100 have at most",
            "words",
            "words a line of code",
        ),
    )
    for document in documents(ROOT):
        path = (ROOT / document).with_suffix(".ipynb")
        if not path.is_file():
            continue
        cells = nbformat.read(path, as_version=4).cells
        lines = sorted(lines_of(cell.source) for cell in cells if cell.cell_type == "code")
        words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
        run: Cell = seconds.get(path.stem, "-")
        table.add(
            path.stem,
            run,
            len(lines),
            median(lines),
            lines[int(0.9 * (len(lines) - 1))],
            words,
            words / sum(lines),
        )
    return table


def lines_of(source: str) -> int:
    """Return how many lines of ``source`` are not blank."""
    return sum(bool(line.strip()) for line in source.splitlines())


def pages() -> Table:
    """Return what a browser has to load for each page, from a server that compresses."""
    table = Table("The pages", ("", "transferred (KB)", "requests"))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        for document in documents(ROOT):
            if not (HTML / f"{document}.html").is_file():
                continue
            transferred, requests = weight(
                browser, f"http://127.0.0.1:{server.server_port}/{document}.html"
            )
            table.add(Path(document).name, transferred / 1024, requests)
        browser.close()
        server.shutdown()
    return table


def weight(browser: Browser, address: str) -> tuple[int, int]:
    """Return the bytes that a page transfers, headers included, and the number of requests."""
    page = browser.new_page()
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto(address, wait_until="networkidle")
    sizes = [request.sizes() for request in finished]
    page.close()
    return sum(s["responseBodySize"] + s["responseHeadersSize"] for s in sizes), len(sizes)
