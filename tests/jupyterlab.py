"""A JupyterLab for all tests that need one, and what a reader does in it."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from bookbuild.build import ROOT
from tests.browser import TIMEOUT, free_port

TOKEN = "reader"

# Whether the kernel can be told to run a cell: what the notebook shows says so too early.
READY = """() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.context?.sessionContext.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""


@dataclass(frozen=True)
class JupyterLab:
    """A JupyterLab that runs."""

    address: str
    """Where it answers, with the slash at the end."""
    folder: Path
    """The folder it shows."""

    def put(self, name: str, notebook: nbformat.NotebookNode) -> str:
        """Write a notebook, which nobody has signed, into the folder; return its address."""
        nbformat.write(notebook, self.folder / name)
        return f"{self.address}lab/tree/{name}?token={TOKEN}"


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """Start a JupyterLab that knows nothing of the reader's own settings, in an empty folder."""
    folder, own = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    settings = own / "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        json.dumps({"windowingMode": "none"}), encoding="utf-8"
    )  # all cells at once
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={TOKEN}",
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.workspaces_dir={own / 'workspaces'}",
            f"--LabApp.user_settings_dir={own / 'settings'}",
            "--LabApp.expose_app_in_browser=True",  # so that a test can give it commands
        ],
        cwd=ROOT,
        env=os.environ
        | {"JUPYTER_CONFIG_DIR": str(own / "config"), "JUPYTER_DATA_DIR": str(own / "data")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"{address}api/status?token={TOKEN}", server)
        yield JupyterLab(address, folder)
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + TIMEOUT / 1000
    while time.monotonic() < end:
        assert server.poll() is None, "JupyterLab did not start."
        try:
            with urlopen(address, timeout=TIMEOUT / 1000):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("JupyterLab did not answer.")


class Notebook:
    """A notebook that is open in JupyterLab, in a window so tall that every cell is drawn."""

    def __init__(self, page: Page, address: str, names: Iterable[str] = ()) -> None:
        """Open it, and wait until its kernel has nothing to do.

        Args:
            page: an empty page.
            address: what `JupyterLab.put` has returned.
            names: what a test calls the code cells, in their order.
        """
        self.page = page
        self._names = list(names)
        page.goto(address)
        page.wait_for_function(READY)

    def cell(self, name: str) -> Locator:
        """Return a code cell."""
        return self.page.locator(".jp-CodeCell").nth(self._names.index(name))

    def start(self, name: str) -> None:
        """Run a cell, and do not wait for it."""
        cell = self.cell(name)
        cell.locator(".jp-InputArea-editor").click()
        expect(cell).to_have_class(re.compile(r"\bjp-mod-active\b"))
        self.page.evaluate("void jupyterapp.commands.execute('notebook:run-cell')")

    def run(self, name: str) -> Locator:
        """Run a cell and wait until it is done; return what it shows."""
        prompt = self.cell(name).locator(".jp-InputPrompt")
        before = re.escape(prompt.inner_text())
        self.start(name)
        expect(prompt).to_have_text(re.compile(rf"^(?!{before})\[\d+\]:$"))
        return self.cell(name).locator(".jp-OutputArea")
