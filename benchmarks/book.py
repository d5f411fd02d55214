"""The book itself: how long it takes to build, and what its pages weigh."""

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
from bookbuild.accept import execute
from bookbuild.build import ROOT, documents, notebooks
from helpers.results import Results, Table
from tests.browser import Handler, executable
from tests.files import HTML

TESTS = ROOT / "_build/tests.xml"
"""What `make test` writes of its last run."""


def measure(results: Results, quick: bool) -> None:
    """Add the tables of the book."""
    if not quick:
        results.tables["build"] = builds()
        results.tables["chapters"] = chapters()
    results.tables["pages"] = pages()
    results.tables["widgets"] = widgets.table()


def builds() -> Table:
    """Return what building takes, in a copy of the sources."""
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
        table.add("all pages", seconds_of(root))
        table.add("nothing changed", seconds_of(root))
        intro = root / "intro.ipynb"
        intro.write_text(intro.read_text(encoding="utf-8").replace("real one", "real one,", 1))
        table.add("the text of a page changed", seconds_of(root))
    if TESTS.is_file():
        suites = ElementTree.parse(TESTS).getroot().iter("testsuite")
        count, seconds = 0, 0.0
        for suite in suites:
            count += int(suite.attrib["tests"])
            seconds += float(suite.attrib["time"])
        table.add(f"the last make test: {count:,} tests", seconds)
    return table


def seconds_of(root: Path) -> float:
    """Build the book in ``root``; return the seconds."""
    program = (
        f"from pathlib import Path; from bookbuild.build import build; build(Path({str(root)!r}))"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)
    return time.perf_counter() - start


def chapters() -> Table:
    """Return how long each notebook runs, in a fresh kernel, and how it is made."""
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
    for path in notebooks(ROOT):
        start = time.perf_counter()
        execute(path)
        seconds = time.perf_counter() - start
        cells = nbformat.read(path, as_version=4).cells
        lines = sorted(lines_of(cell.source) for cell in cells if cell.cell_type == "code")
        words = sum(len(cell.source.split()) for cell in cells if cell.cell_type == "markdown")
        table.add(
            path.stem,
            seconds,
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
