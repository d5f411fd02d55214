"""Run notebooks in a fresh kernel and store their outputs in the file, the same on every run.

The tests compare each output with the stored one. After a change that is meant to change outputs,
``make accept`` stores the new ones, and ``git diff`` shows what they are.

What says nothing about the book is left out: times, log lines, versions, the random names of
widgets and objects. So two runs give the same file, whatever the machine or the Python.

Run it as ``python -m bookbuild.accept [chapter ...]``; without a chapter it takes all of them.
"""

import argparse
import copy
import hashlib
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from bookbuild.build import ROOT, notebooks
from bookbuild.provenance import KEY, made_from

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# Left in a cell by editors and by the execution itself.
DROPPED_CELL_METADATA = ("ExecuteTime", "collapsed", "execution", "scrolled", "vscode")

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)


class AcceptError(Exception):
    """A notebook was not accepted and its file is as it was; the message says why."""


def without_addresses(text: str) -> str:
    """Return the text with every memory address replaced by ``0x0``."""
    return _ADDRESS.sub("0x0", text)


def normal_data(data: NotebookNode) -> NotebookNode:
    """Return the formats of one output without what differs from run to run.

    A live widget is known only to the kernel that made it. Its view is dropped where a picture of
    it is there to see. Else it stays, with an empty name, which JupyterLab does not show until the
    cell is run.
    """
    data = NotebookNode(data)
    if WIDGET_VIEW in data:
        del data[WIDGET_VIEW]
        if "image/png" not in data:
            data[WIDGET_VIEW] = NotebookNode(model_id="", version_major=2, version_minor=0)
    for kind, value in data.items():
        if isinstance(value, str) and kind.startswith("text/"):
            data[kind] = without_addresses(value)
    return data


def normal_outputs(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Return the outputs of a cell: no stderr, printed text in one piece, each output normal."""
    normal: list[NotebookNode] = []
    for output in outputs:
        output = copy.deepcopy(output)
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            if normal and normal[-1].output_type == "stream":
                normal[-1].text += output.text
                continue
        elif "data" in output:
            output.data = normal_data(output.data)
        normal.append(output)
    for output in normal:
        if output.output_type == "stream":
            output.text = without_addresses(_OVERWRITTEN.sub("", output.text))
    return normal


def normal_notebook(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook in the one form in which the repository keeps it."""
    notebook = copy.deepcopy(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata.pop("widgets", None)
    notebook.metadata.kernelspec = NotebookNode(KERNEL)
    notebook.metadata.language_info = NotebookNode(name="python")
    taken: set[str] = set()
    for cell in notebook.cells:
        if not cell.get("id") or cell.id in taken:
            cell.id = new_cell_id(cell.source, taken)
        taken.add(cell.id)
        for key in DROPPED_CELL_METADATA:
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = normal_outputs(cell.outputs)
    return notebook


def new_cell_id(source: str, taken: set[str]) -> str:
    """Return a name for a cell that has none: it follows from the source and is not yet taken."""
    for count in range(len(taken) + 1):
        name = hashlib.sha256(f"{count} {source}".encode()).hexdigest()[:8]
        if name not in taken:
            break
    return name


def as_text(notebook: NotebookNode) -> str:
    """Return the file of a notebook, as Jupyter writes it."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def execute(path: Path, timeout: int = 300) -> NotebookNode:
    """Run a notebook from its first cell to its last, in its folder, in a fresh kernel.

    Raises:
        AcceptError: A cell failed or took too long, or the kernel died.
    """
    # Read as written: a cell without an id would be given a random one by nbformat.
    notebook = nbformat.from_dict(nbformat.reader.reads(path.read_text(encoding="utf-8")))
    notebook = normal_notebook(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        store_widget_state=False,
        timeout=timeout,
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise AcceptError(f"{path.name} is left as it was: {error}") from error
    return normal_notebook(notebook)


def accept(path: Path) -> bool:
    """Run one notebook and store its outputs; return whether its file changed."""
    notebook = execute(path)
    notebook.metadata[KEY] = made_from(ROOT, notebook)
    text = as_text(notebook)
    if path.read_text(encoding="utf-8") == text:
        return False
    # Written beside the file and moved over it: it is never there by half.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=path.parent, suffix=".tmp", delete=False
    ) as file:
        file.write(text)
    written = Path(file.name)
    written.chmod(path.stat().st_mode)
    written.replace(path)
    return True


def main() -> int:
    """Accept the outputs of the chapters named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="make accept", description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as encoder; all when none is named")
    names: list[str] = parser.parse_args().chapters
    known = {path.stem: path for path in notebooks(ROOT)}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No chapter {', '.join(unknown)}: there are {', '.join(known)}.", file=sys.stderr)
        return 1
    failed = False
    for name in names or known:
        print(f"{name}.ipynb: running ...", flush=True)
        try:
            changed = accept(known[name])
        except AcceptError as error:
            print(error, file=sys.stderr)
            failed = True
        else:
            print(f"{name}.ipynb: {'new outputs stored' if changed else 'unchanged'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
