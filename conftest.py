"""How nbval compares notebooks. It stands at the top so that one chapter can be tested alone.

Settings of the reader's own change nothing, also where it is not ``make`` that starts the tests.

It also brings the fixtures that several test files use, and says which tests are not quick.
"""

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

import helpers  # noqa: F401, it sets up Keras, which many a test imports first
from bookbuild.build import ROOT
from tests.files import HTML

pytest_plugins = [
    *("tests.browser", "tests.catalogues", "tests.engines"),
    *("tests.jupyterlab", "tests.tiny_book"),
]

SLOW = {
    *("browser", "driver", "jupyterlab", "pytester"),
    *("build", "published", "unpublished"),
    *("run", "stopped", "whole"),
}
"""Fixtures that start a browser, a server or a kernel, build a book, or train a model."""

READERS = ("BOOK_LANGUAGE", "IPYTHON", "JUPYTER_PATH", "MPL", "PYTHON")
"""How the variables begin in which a reader may have settings for each kernel."""
THIS_MACHINE = "localhost,127.0.0.1,::1"


def pytest_configure() -> None:
    """Let kernels start as the book has them, and let no proxy stand before this machine."""
    for name in [name for name in os.environ if name.startswith(READERS)]:
        del os.environ[name]
    os.environ["IPYTHONDIR"] = str(ROOT / "_build/ipython")
    os.environ["PYTHONPATH"] = str(ROOT)
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = f"{spared},{THIS_MACHINE}".lstrip(",")


@pytest.fixture(scope="module")
def without_xla() -> Iterator[None]:
    """For tests with which XLA has nothing to do: how a run goes, and what is kept of it."""
    from tests.models import leave_out_xla  # not every process of pytest needs TensorFlow

    with pytest.MonkeyPatch.context() as patch:
        leave_out_xla(patch)
        yield


def pytest_collection_finish() -> None:
    """Look for no garbage in what is there to stay: TensorFlow alone has a million objects."""
    gc.freeze()


class DisplayUpdates:
    """Gives nbval the messages of a kernel with updates of a display already applied.

    A live figure is displayed once and then updated, so what is stored in the notebook is its last
    state. nbval 0.11 does not know updates and would compare the first state with it.
    """

    def __init__(self, notebook: IPyNbFile) -> None:
        """Take messages where the notebook takes them."""
        self._next_message = notebook.get_kernel_message
        self._displays: dict[str, NotebookNode] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the next message that is not an update."""
        while True:
            message: dict[str, Any] = self._next_message(*args, **kwargs)
            kind, content = message["msg_type"], message["content"]
            if kind == "clear_output":
                raise RuntimeError(
                    "A cell clears its output, which nbval cannot follow: "
                    "update a display instead, display(..., display_id=True).update(...)."
                )
            name = content.get("transient", {}).get("display_id")
            if kind == "update_display_data":
                self._update(name, content["data"])
                continue
            if kind == "display_data" and name:
                # nbval keeps this very object as the output of the cell: it can still be updated.
                content["data"] = NotebookNode(content["data"])
                self._displays[name] = content["data"]
            return message

    def _update(self, name: str, data: dict[str, Any]) -> None:
        if name in self._displays:
            self._displays[name].clear()
            self._displays[name].update(data)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Set up the comparison of a notebook: all outputs but stderr.

    Of an image it is compared that it is there (``tests/nbval-sanitize.cfg``).
    """
    if isinstance(collector, IPyNbFile):
        skipped = {*collector.skip_compare, "stderr"} - {"image/png"}
        collector.skip_compare = tuple(skipped)
        collector.get_kernel_message = DisplayUpdates(collector)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what runs a notebook, needs one of the slow fixtures, or looks at built pages.

    A test that is slow for another reason, such as a training, is marked where it stands. Files
    with slow tests go first: then quick ones are left to share out at the end.
    """
    for item in items:
        needs = SLOW & {*getattr(item, "fixturenames", ())}
        looks = getattr(getattr(item, "module", None), "HTML", None) == HTML
        if isinstance(item, IPyNbCell) or needs or looks:
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
