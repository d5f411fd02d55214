"""Firefox and WebKit, both driven by selenium, and a server that shows what fails in them."""

import itertools
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitService

from bookbuild.theme import FIRST
from tests.browser import TIMEOUT, Handler

# What a script or the browser itself complains of in a page, from its first script on. Firefox
# would fetch the next page ahead of time; the policy of the pages forbids it, and nobody misses it.
NOTE = b"""
window.faults = [];
{
    const note = (fault) => faults.push(String(fault));
    const ahead = (address) =>
        address && address === document.querySelector("link[rel=next]")?.href;
    addEventListener("error", ({ message, target }) =>
        ahead(target.href) || note(message ?? target.outerHTML), true);
    addEventListener("unhandledrejection", ({ reason }) => note(reason));
    addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
        ahead(blockedURI) || note(`${effectiveDirective} forbids ${blockedURI}`));
    console.error = (...said) => note(said.join(" "));
}
"""


class NotingHandler(Handler):
    """Answers with the files of the built book; the first script of a page notes what fails."""

    def content(self, path: Path) -> bytes:
        """Return what is in a file."""
        return NOTE * path.as_posix().endswith(FIRST) + super().content(path)


@pytest.fixture(scope="module")
def noting_site() -> Iterator[str]:
    """Serve the built pages, which note what fails in them; give their address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), NotingHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def faults(driver: WebDriver) -> list[str]:
    """Return what a page of the noting site has noted."""
    # Scripts that Firefox is told to run stand beside those of the page.
    noted: list[str] = driver.execute_script("return (window.wrappedJSObject ?? window).faults")
    return noted


COMMANDS = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.GET: "WebDriver:Navigate",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.FIND_CHILD_ELEMENT: "WebDriver:FindElement",
    Command.FIND_CHILD_ELEMENTS: "WebDriver:FindElements",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.GET_ELEMENT_TAG_NAME: "WebDriver:GetElementTagName",
    Command.GET_ELEMENT_PROPERTY: "WebDriver:GetElementProperty",
    Command.GET_ELEMENT_ATTRIBUTE: "WebDriver:GetElementAttribute",
    Command.GET_ELEMENT_VALUE_OF_CSS_PROPERTY: "WebDriver:GetElementCSSValue",
    Command.IS_ELEMENT_SELECTED: "WebDriver:IsElementSelected",
    Command.IS_ELEMENT_ENABLED: "WebDriver:IsElementEnabled",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.QUIT: "Marionette:Quit",
}
"""Commands of selenium, and their names in the language that Firefox speaks."""


class Marionette:
    """Takes the commands of selenium to a Firefox, in the language that Firefox itself speaks.

    It does what geckodriver does, which not every system has.
    """

    def __init__(self, port: int) -> None:
        """Connect to the Firefox that listens at a port."""
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._file = self._socket.makefile("rb")
        self._numbers = itertools.count(1)
        self._read()  # it says which language it speaks

    def execute(self, command: str, params: dict[str, Any] | None) -> dict[str, Any]:
        """Send a command; return the answer as selenium understands it."""
        said = dict(params or {})
        if command in (Command.FIND_CHILD_ELEMENT, Command.FIND_CHILD_ELEMENTS):
            said["element"] = said.pop("id")
        message = json.dumps([0, next(self._numbers), COMMANDS[command], said]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, _, error, answer = self._read()
        if error is not None:
            return {"status": error["error"], "value": error}
        if isinstance(answer, dict) and "value" in answer:
            return answer
        return {"value": answer}

    def _read(self) -> Any:
        length = b"".join(iter(lambda: self._file.read(1), b":"))
        return json.loads(self._file.read(int(length)))

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


@contextmanager
def firefox(folder: Path) -> Iterator[WebDriver]:
    """Start a Firefox with a profile of its own in a folder."""
    program = needed("Firefox", "firefox-esr", "firefox")
    (folder / "user.js").write_text('user_pref("marionette.port", 0);\n', encoding="utf-8")
    command = [program, "--headless", "--marionette", "--profile", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            file = folder / "MarionetteActivePort"
            wait_until(lambda: file.is_file() and file.read_text(encoding="utf-8").strip() != "")
            there = Marionette(int(file.read_text(encoding="utf-8")))
            driver = WebDriver(there, options=webdriver.FirefoxOptions())  # type: ignore[arg-type]
            yield driver
            driver.quit()
        finally:
            process.terminate()


@contextmanager
def webkit(folder: Path) -> Iterator[WebDriver]:
    """Start a WebKit with a screen of its own."""
    program = needed("WebKit", "WebKitWebDriver")
    with screen() as display:
        settings = {**os.environ, "DISPLAY": display, "HOME": str(folder)}
        if os.geteuid() == 0:
            settings["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
        driver = webdriver.WebKitGTK(
            options=WebKitOptions(),
            service=WebKitService(program, env=settings, log_output=subprocess.DEVNULL),
        )
        try:
            yield driver
        finally:
            driver.quit()


@contextmanager
def screen() -> Iterator[str]:
    """Start a screen that nobody sees; give its name."""
    program = needed("WebKit", "Xvfb")
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", "1280x1024x24"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        try:
            with os.fdopen(reading, encoding="ascii") as said:
                yield f":{said.readline().strip()}"
        finally:
            process.terminate()


ENGINES: dict[str, Callable[[Path], Any]] = {"Firefox": firefox, "WebKit": webkit}


@pytest.fixture(scope="module", params=ENGINES)
def driver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebDriver]:
    """Start each engine in turn."""
    with ENGINES[request.param](tmp_path_factory.mktemp("engine")) as driver:
        yield driver


def needed(engine: str, *names: str) -> str:
    """Return the path of a program; where there is none, no test can be made, but for CI."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        missing = f"The pages are not tried in {engine}: there is no {' or '.join(names)} here."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + TIMEOUT / 1000
    while not holds():
        assert time.monotonic() < end, "What is waited for has not come."
        time.sleep(0.05)
