"""A browser, and a server of the built pages, for the tests that look at pages as readers do."""

import gzip
import mimetypes
import shutil
import threading
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

from bookbuild.build import ROOT

HTML = ROOT / "_build/html"
INSTALLED = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Formats that are compressed by themselves; web servers send them as they are.
COMPRESSED = {".gif", ".jpg", ".png", ".woff", ".woff2"}


@cache
def compressed(path: Path) -> bytes:
    """Return the content of a file as a web server sends it, made small."""
    return gzip.compress(path.read_bytes(), compresslevel=6)


class Handler(BaseHTTPRequestHandler):
    """Answers with the files of the built book, compressed as web servers do."""

    def do_GET(self) -> None:
        """Send a file, or say that there is none."""
        path = HTML / unquote(urlsplit(self.path).path).lstrip("/")
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        zipped = path.suffix not in COMPRESSED
        content = compressed(path) if zipped else path.read_bytes()
        self.send_response(HTTPStatus.OK)
        kind = mimetypes.guess_type(path.name)[0]
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is given
        """Say nothing: the tests say what is wrong."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Serve the built pages; give the address of the folder they are in, with its last slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser of this machine, or the one Playwright brings; there has to be one."""
    found = (path for name in INSTALLED if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(found, None),
            args=["--no-sandbox"],  # Chromium needs it when it is run as root
        )
        yield browser
        browser.close()


def watch(page: Page, base: str) -> list[str]:
    """Return a list that fills with what goes wrong on a page: errors, and requests elsewhere."""
    faults: list[str] = []

    def look_at_request(request: Request) -> None:
        if not request.url.startswith((base, "data:", "blob:")):
            faults.append(f"asks another host: {request.url}")

    def look_at_response(response: Response) -> None:
        if not response.ok:
            faults.append(f"status {response.status}: {response.url}")

    page.on("request", look_at_request)
    page.on("response", look_at_response)
    page.on("requestfailed", lambda request: faults.append(f"not loaded: {request.url}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type == "error" else None,
    )
    return faults
