"""Build the book into ``_build/html``, or say that there is nothing to do.

Jupyter Book keeps the outputs of a notebook until a code cell of that notebook changes, and Sphinx
reads a page again only when the page itself changes. Neither looks at what the cells import. So
this module takes two fingerprints of the sources:

* *execution*: all that the outputs of a cell depend on, besides the cells. When it changes, the
  stored outputs are dropped and every notebook runs again.
* *book*: all that the pages are made of. When it changes, every page is written anew, from stored
  outputs where they still hold.

The fingerprint of the book is recorded only after a build that succeeded, so a failed build is
never taken for a finished one.

Run it as ``python -m bookbuild.build``.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent

EXECUTION_SOURCES = ("helpers", "benchmarks", "bookbuild/settings", "requirements.txt")
BOOK_SOURCES = ("chapters", "assets", "bookbuild", "intro.ipynb", "_config.yml", "_toc.yml")

_LEFT_OVERS = {"__pycache__", ".ipynb_checkpoints"}


class BuildError(Exception):
    """The book was not built; the message says why."""


def source_files(root: Path, sources: Iterable[str]) -> Iterator[Path]:
    """Yield the files of ``sources`` (files or folders below ``root``), always in one order."""
    for source in sources:
        path = root / source
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and not _LEFT_OVERS.intersection(file.relative_to(root).parts):
                yield file


def fingerprint(root: Path, sources: Iterable[str]) -> str:
    """Return a digest of the names and the contents of the sources, and of the Python version."""
    digest = hashlib.sha256(f"Python {sys.version_info.major}.{sys.version_info.minor}\n".encode())
    for file in source_files(root, sources):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def fingerprints(root: Path) -> dict[str, str]:
    """Return the two fingerprints of the sources, by name."""
    return {
        "execution": fingerprint(root, EXECUTION_SOURCES),
        "book": fingerprint(root, (*EXECUTION_SOURCES, *BOOK_SOURCES)),
    }


def documents(root: Path) -> list[str]:
    """Return the pages that ``_toc.yml`` names, without suffix, in the order of the book."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))

    def below(entry: dict[str, object]) -> Iterator[str]:
        for key in ("root", "file"):
            if key in entry:
                yield str(entry[key])
        for key in ("parts", "chapters", "sections"):
            children = entry.get(key, [])
            assert isinstance(children, list)
            for child in children:
                yield from below(child)

    return [str(Path(name).with_suffix("")) for name in below(toc)]


def notebooks(root: Path) -> list[Path]:
    """Return the notebooks among the pages, in the order of the book."""
    paths = [(root / document).with_suffix(".ipynb") for document in documents(root)]
    return [path for path in paths if path.is_file()]


def missing_pages(root: Path) -> list[str]:
    """Return the HTML files that the table of contents asks for and the built book lacks."""
    pages = [f"_build/html/{document}.html" for document in documents(root)]
    return [page for page in ["_build/html/index.html", *pages] if not (root / page).is_file()]


def read_record(root: Path) -> dict[str, dict[str, str]]:
    """Return the fingerprints of the stored outputs and of the last good build; empty if none."""
    try:
        record = json.loads((root / "_build/fingerprints.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(root: Path, record: dict[str, dict[str, str]]) -> None:
    """Record the fingerprints for the next run."""
    file = root / "_build/fingerprints.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def is_current(root: Path, now: dict[str, str]) -> bool:
    """Tell whether the built book is complete and made from exactly these sources."""
    return read_record(root).get("built") == now and not missing_pages(root)


def prepare(root: Path, now: dict[str, str]) -> bool:
    """Remove what is out of date under ``_build``; return whether the stored outputs stay.

    The pages and what Sphinx remembers of them always go: Sphinx would not look again at a page
    whose source has not changed, even if its last build failed.
    """
    build = root / "_build"
    outputs = {"execution": now["execution"]}
    kept = read_record(root).get("outputs") == outputs and (build / ".jupyter_cache").is_dir()
    for name in ("html", ".doctrees", "jupyter_execute", *(() if kept else (".jupyter_cache",))):
        if (build / name).exists():
            shutil.rmtree(build / name)
    write_record(root, {"outputs": outputs})
    return kept


def run_jupyter_book(root: Path) -> None:
    """Run Jupyter Book on the sources, with every warning an error."""
    program = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", ".", "--warningiserror", "--keep-going"]
    # Unbuffered, so that each line is shown at once.
    if subprocess.call([sys.executable, "-u", "-c", program, *arguments], cwd=root):
        raise BuildError(
            "The book was not built: see the warnings and errors above. "
            "The traceback of a failed cell is in _build/html/reports/."
        )


def build(root: Path = ROOT) -> None:
    """Build the book, unless it is up to date.

    Raises:
        BuildError: There was a warning, a cell failed, or a page is missing.
    """
    now = fingerprints(root)
    if is_current(root, now):
        print("The book is up to date.")
        return
    if prepare(root, now):
        print("Notebooks whose code has not changed keep their outputs.", flush=True)
    else:
        print("Every notebook runs in a fresh kernel; this takes a few minutes.", flush=True)
    run_jupyter_book(root)
    missing = missing_pages(root)
    if missing:
        raise BuildError(f"Jupyter Book said that all is well, but made no {', '.join(missing)}.")
    if fingerprints(root) != now:
        raise BuildError("A source changed during the build: run `make book` again.")
    write_record(root, {"outputs": {"execution": now["execution"]}, "built": now})


def main() -> int:
    """Build the book and say how to open it; return the exit status."""
    try:
        build()
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\nOpen the book in a browser:\n    {(ROOT / '_build/html/index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
