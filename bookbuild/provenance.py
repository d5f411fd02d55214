"""What the stored outputs of a notebook were made from, and whether that is what there is now.

``make accept`` writes a digest into the notebook: of its code cells, and of all that they import.
Where it is another today, the outputs may be out of date: ``make book`` says so, in the page as
well, and a test fails.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

KEY = "made_from"
"""The name of the digest among the metadata of a notebook."""

LOCK = "requirements.txt"

_LEFT_OVERS = {"__pycache__", ".ipynb_checkpoints"}
_OF_PAGES = {".js", ".css", ".c", ".wasm"}  # widgets have them in a page; no output depends on them


def source_files(root: Path, sources: Iterable[str]) -> Iterator[Path]:
    """Yield the files of ``sources`` (files or folders below ``root``), always in one order."""
    for source in sources:
        path = root / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not _LEFT_OVERS.intersection(file.relative_to(root).parts):
                yield file


def made_from(root: Path, notebook: dict[str, Any]) -> str:
    """Return a digest of the code cells of a notebook, and of all that they can import.

    Comments and docstrings of Python files do not count.
    """
    code = [_text(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    digest = hashlib.sha256(json.dumps(code).encode())
    for file in source_files(root, ("helpers", LOCK)):
        if file.suffix not in _OF_PAGES:
            digest.update(f"{file.relative_to(root).as_posix()} {_digest(file)}\n".encode())
    return digest.hexdigest()[:16]


def is_stale(root: Path, path: Path) -> bool:
    """Tell whether the outputs of a notebook were made from something else than there is now."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return bool(notebook["metadata"].get(KEY) != made_from(root, notebook))


def _text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _digest(file: Path) -> str:
    return _digest_of(file.read_bytes(), file.suffix)


@cache
def _digest_of(content: bytes, suffix: str) -> str:
    if suffix == ".py":
        content = "\n".join(_code(content.decode())).encode()
    return hashlib.sha256(content).hexdigest()


def _code(text: str) -> Iterator[str]:
    """Yield the lines of a Python file, but for docstrings, comments and empty lines."""
    said: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            said.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    for number, line in enumerate(text.splitlines(), start=1):
        if number not in said and line.strip() and not line.lstrip().startswith("#"):
            yield line
