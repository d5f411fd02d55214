"""Build the book into ``_build/html`` from the stored outputs, or say that there is nothing to do.

Sphinx reads a page again only when the page itself changes, and the book has more sources than its
pages. So this module takes a fingerprint of all of them. It is recorded only after a build that
succeeded, so a failed build is never taken for a finished one.

Run it as ``python -m bookbuild.build``.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from bookbuild.provenance import LOCK, is_stale, source_files

ROOT = Path(__file__).resolve().parent.parent

SOURCES = (
    *("chapters", "assets", "bookbuild", "helpers"),
    *("intro.ipynb", "_config.yml", "_toc.yml", "conf.py", LOCK, "requirements-pages.txt"),
)
"""All that the pages are made of."""


class BuildError(Exception):
    """The book was not built; the message says why."""


def fingerprint(root: Path) -> str:
    """Return a digest of the names and the contents of the sources, and of the Python version."""
    digest = hashlib.sha256(f"Python {sys.version_info.major}.{sys.version_info.minor}\n".encode())
    for file in source_files(root, SOURCES):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


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


def recorded(root: Path) -> Path:
    """Return the file with the fingerprint of the last good build."""
    return root / "_build/fingerprint"


def is_current(root: Path, now: str) -> bool:
    """Tell whether the built book is complete and made from exactly these sources."""
    file = recorded(root)
    return file.is_file() and file.read_text(encoding="utf-8") == now and not missing_pages(root)


def remove_pages(root: Path) -> None:
    """Remove the pages and what Sphinx remembers of them.

    Sphinx would not look again at a page whose source has not changed, even if its last build
    failed.
    """
    for name in ("html", ".doctrees"):
        shutil.rmtree(root / "_build" / name, ignore_errors=True)
    recorded(root).unlink(missing_ok=True)


def run_jupyter_book(root: Path) -> None:
    """Run Jupyter Book on the sources, with every warning an error."""
    program = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", ".", "--warningiserror", "--keep-going"]
    # Unbuffered, so that each line is shown at once.
    if subprocess.call([sys.executable, "-u", "-c", program, *arguments], cwd=root):
        raise BuildError("The book was not built: see the warnings and errors above.")


def build(root: Path = ROOT) -> None:
    """Build the book, unless it is up to date.

    Raises:
        BuildError: There was a warning, or a page is missing.
    """
    now = fingerprint(root)
    if is_current(root, now):
        print("The book is up to date.")
        return
    remove_pages(root)
    run_jupyter_book(root)
    missing = missing_pages(root)
    if missing:
        raise BuildError(f"Jupyter Book said that all is well, but made no {', '.join(missing)}.")
    if fingerprint(root) != now:
        raise BuildError("A source changed during the build: run `make book` again.")
    recorded(root).write_text(now, encoding="utf-8")


def main() -> int:
    """Build the book and say how to open it; return the exit status."""
    try:
        build()
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    stale = [path.name for path in notebooks(ROOT) if is_stale(ROOT, path)]
    if stale:
        print(
            f"\nCode has changed since the outputs of {', '.join(stale)} were stored, and their "
            "pages say so: `make accept` runs them again."
        )
    print(f"\nOpen the book in a browser:\n    {(ROOT / '_build/html/index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
