"""A browser, and a server of the built pages, for the tests that look at pages as readers do."""

import gzip
import mimetypes
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from numpy.typing import ArrayLike
from playwright.sync_api import (
    Browser,
    FrameLocator,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.files import HTML
from tests.oldest_browsers import TAKE_AWAY

TIMEOUT = 180_000
"""Milliseconds after which what a test waits for is taken to be broken, and not only slow."""
expect.set_options(timeout=TIMEOUT)

SHELL = "chromium-headless-shell"
"""The engine of Chromium with nothing around it: it opens a page in half the time."""
INSTALLED = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Formats that are compressed by themselves; web servers send them as they are.
COMPRESSED = {".gif", ".jpg", ".png", ".woff", ".woff2"}
# Ends what moves; waits until the page has been drawn, which its clock has no say in.
SETTLE = """() => {
    document.getAnimations().forEach((animation) => animation.finish());
    return new Promise((done) => {
        const eye = new IntersectionObserver(() => done(eye.disconnect()));
        eye.observe(document.documentElement);
    });
}"""
# Makes a promise that is kept when the scripts of the page have been told of another size.
AWAIT_SIZE = """() => {
    window.resized = new Promise((done) =>
        addEventListener("resize", () => done(), { once: true }));
}"""


@cache
def compressed(content: bytes) -> bytes:
    """Return the content of a file as a web server sends it, made small."""
    return gzip.compress(content, compresslevel=6)


class Handler(BaseHTTPRequestHandler):
    """Answers with the files of the built book, compressed as web servers do."""

    def do_GET(self) -> None:
        """Send a file, or the page that says that there is none."""
        path = HTML / unquote(urlsplit(self.path).path).lstrip("/")
        if path.is_dir():
            path /= "index.html"
        found = path.is_file()
        if not found:
            path = HTML / "404.html"
        zipped = path.suffix not in COMPRESSED
        content = self.content(path)
        if zipped:
            content = compressed(content)
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        kind = mimetypes.guess_type(path.name)[0]
        self.send_header("Content-Type", kind or "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        if zipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        with suppress(ConnectionError):  # a page that has gone waits for nothing
            self.wfile.write(content)

    def content(self, path: Path) -> bytes:
        """Return what is in a file."""
        return path.read_bytes()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is given
        """Say nothing: the tests say what is wrong."""


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Serve the built pages; give the address of the folder they are in, with its last slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def executable() -> str | None:
    """Return the browser that is installed here; None for the one that Playwright brings."""
    return next((path for name in INSTALLED if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")  # while it is open, no other test can have an event loop
def browser() -> Iterator[Browser]:
    """Start the engine of Chromium alone where it is installed, else a whole browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which(SHELL) or executable(),
            args=[
                "--no-sandbox",  # it is needed by who runs it as root
                "--font-render-hinting=none",  # letters are as wide as in a whole browser
            ],
        )
        browser.on("context", lambda context: context.set_default_timeout(TIMEOUT))
        yield browser
        browser.close()


@pytest.fixture(params=["http", "file"])
def base(request: pytest.FixtureRequest, site: str) -> str:
    """Return where the pages are: on a server, and on the disk."""
    return site if request.param == "http" else f"{HTML.as_uri()}/"


only_http = pytest.mark.parametrize("base", ["http"], indirect=True)
"""For what cannot differ between a server and the disk."""


@pytest.fixture
def page(browser: Browser, base: str) -> Iterator[Page]:
    """Give an empty page of a browser that can no more than the oldest ones of the book.

    At the end nothing has gone wrong in it.
    """
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    context.add_init_script(TAKE_AWAY)
    page = context.new_page()
    faults = watch(page, base)
    yield page
    assert faults == []
    context.close()


def main() -> int:
    """Fetch Playwright's own browser where none is installed; return the exit status."""
    if executable() is not None:
        return 0
    print("There is no Chromium or Chrome here: Playwright fetches its own.", flush=True)
    return subprocess.call([sys.executable, "-m", "playwright", "install", "chromium"])


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


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


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Let a browser go on until something holds that it cannot itself be asked to wait for."""
    end = time.monotonic() + TIMEOUT / 1000
    while not holds():
        assert time.monotonic() < end, "What is waited for has not come."
        page.wait_for_timeout(20)


def open_page(page: Page, address: str) -> None:
    """Go to a page, and come back when its scripts and fonts are there and nothing moves."""
    page.clock.install()
    page.goto(address)
    page.evaluate("document.fonts.ready.then(() => {})")
    settle(page)


def settle(page: Page) -> None:
    """Let a page do what it has put off by its clock, end what moves on it, and be drawn."""
    page.clock.run_for(1000)
    page.evaluate(SETTLE)


def resize(page: Page, width: int, height: int = 900) -> None:
    """Give the window of a page another size, and let the page make itself at home in it."""
    if page.viewport_size == {"width": width, "height": height}:
        return
    page.evaluate(AWAIT_SIZE)
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => window.resized")
    settle(page)


def framed(page: Page, address: str) -> FrameLocator:
    """Show an address in a frame that may run scripts, and nothing else: it has no origin."""
    page.set_content(
        f'<iframe sandbox="allow-scripts" width="1000" height="850" src="{address}"></iframe>'
    )
    return page.frame_locator("iframe")


def end_composition(page: Page) -> None:
    """Press Enter as Safari reports it when it ends the composition of a letter."""
    page.context.new_cdp_session(page).send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229},
    )


def stop_clock(page: Page) -> None:
    """Let time stand still in a page, but for what ``page.clock.run_for`` lets go by."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def tab_through(page: Page, widget: Locator) -> list[str]:
    """Go through all controls of a widget with Tab, see the focus; return what each is called."""
    controls = widget.locator(
        "input:not([type=radio]), input[type=radio]:checked, select, button:enabled, summary, "
        "[tabindex='0']"
    ).locator("visible=true")
    controls.first.focus()
    page.keyboard.press("Shift+Tab")
    for number in range(controls.count()):
        page.keyboard.press("Tab")
        reached, *outline = controls.nth(number).evaluate(
            """it => {
                const { outlineStyle, outlineWidth } = getComputedStyle(it);
                return [it === document.activeElement, outlineStyle, outlineWidth];
            }"""
        )
        assert reached, number
        assert outline == ["solid", "3px"], number
    return controls.evaluate_all(
        "them => them.map((it) => it.ariaLabel ?? (it.labels?.[0] ?? it).firstChild.textContent)"
    )


def strips(widget: Locator) -> list[tuple[str, list[float]]]:
    """Return the numbers that are seen in a widget, a list below each caption.

    Their bars are as long, and who cannot see them hears the same.
    """
    found = []
    for caption, label, texts, bars in widget.evaluate(
        """root => [...root.querySelectorAll(".strip")]
            .filter((it) => it.checkVisibility())
            .map((it) => [
                it.querySelector("figcaption").textContent,
                it.querySelector("[role=img]").getAttribute("aria-label"),
                [...it.querySelectorAll("b")]
                    .filter((b) => b.checkVisibility())
                    .map((b) => b.innerText),
                [...it.querySelectorAll(".cell")].map((cell) => {
                    const height = cell.querySelector("i").getBoundingClientRect().height;
                    return cell.classList.contains("down") ? -height : height;
                }),
            ])"""
    ):
        assert label == f"{caption}, {len(texts)} numbers: {', '.join(texts)}"
        numbers = [float(text.replace("\u2212", "-")) for text in texts]
        longest = max(map(abs, bars)) / (max(map(abs, numbers)) or 1)
        rounded = 0.5 + 0.005 * longest
        assert bars == pytest.approx([longest * number for number in numbers], abs=rounded)
        found.append((caption, numbers))
    return found


def sticks_out(page: Page, widget: Locator, parts: str = "*") -> list[str]:
    """Return what does not fit into the width: the page, and parts of a widget or their text.

    A text fits if it stays within the part that it stands in.
    """
    found: list[str] = widget.evaluate(
        """(frame, parts) => {
            const style = getComputedStyle(frame);
            const { left, right } = frame.getBoundingClientRect();
            const from = left + parseFloat(style.paddingLeft) - 0.5;
            const to = right - parseFloat(style.paddingRight) + 0.5;
            const words = document.createRange();
            const overflows = (it, box) => {
                const { clipPath, display, writingMode } = getComputedStyle(it);
                if (display === "inline" || clipPath !== "none") return false;
                if (it.closest("svg, select") || writingMode !== "horizontal-tb") return false;
                const isText = (part) => part.nodeType === Node.TEXT_NODE;
                return [...it.childNodes].filter(isText).some((text) => {
                    words.selectNode(text);
                    const { left, right } = words.getBoundingClientRect();
                    return right > left && (left < box.left - 0.5 || right > box.right + 0.5);
                });
            };
            return [...frame.querySelectorAll(parts)]
                .filter((it) => it.checkVisibility() && it.closest(".unseen") === null)
                .filter((it) => {
                    const box = it.getBoundingClientRect();
                    const cut = it.matches("button, select") && it.scrollWidth > it.clientWidth + 1;
                    if (cut || overflows(it, box)) return true;
                    return box.width > 0 && (box.left < from || box.right > to);
                })
                .map((it) => `${it.tagName} ${it.getAttribute("class")} ${it.textContent}`);
        }""",
        parts,
    )
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [f"the page, by {wide}"] * (wide > 0) + found


def add_widget(page: Page, name: str, state: dict[str, Any]) -> Locator:
    """Put one more widget into a page, with what a page knows of it; return its frame."""
    place = page.evaluate(
        """([name, state]) => {
            const place = document.createElement("div");
            place.className = "live-widget";
            place.id = `added-${document.querySelectorAll('[id^="added-"]').length}`;
            place.dataset.widget = name;
            const script = document.createElement("script");
            script.type = "application/json";
            script.textContent = JSON.stringify(state);
            place.append(script);
            document.querySelector(".live-widget").parentElement.append(place);
            mount(place);
            return place.id;
        }""",
        [name, state],
    )
    return page.locator(f"#{place} > div > .book-widget")


def drawing_of(places: ArrayLike, drawn: ArrayLike) -> Callable[[ArrayLike], np.ndarray]:
    """Return the way from places to a drawing of them, axes (place, 2): one scale, y upward."""
    places, drawn = np.asarray(places), np.asarray(drawn)
    upward = np.array([1, -1])
    apart = (places - places.mean(axis=0)) * upward
    scale = (apart * (drawn - drawn.mean(axis=0))).sum() / (apart**2).sum()
    return lambda other: (np.asarray(other) - places.mean(axis=0)) * upward * scale + drawn.mean(0)


if __name__ == "__main__":
    sys.exit(main())
