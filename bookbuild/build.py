"""Build an edition of the book from the stored outputs, or say that there is nothing to do.

Sphinx reads a page again only when the page itself changes, and the book has more sources than its
pages. So this module takes a fingerprint of all of them. It is recorded only after a build that
succeeded, so a failed build is never taken for a finished one. Where nothing but pages has changed
since, Sphinx goes on from that build (``bookbuild.changed``); else it begins afresh.

Run it as ``python -m bookbuild.build``, and for another language than English, for example Korean,
with ``--language ko``.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from bookbuild.edition import FIRST, Edition
from bookbuild.provenance import LOCK, is_stale, source_files

ROOT = Path(__file__).resolve().parent.parent

SOURCES = (
    *("chapters", "assets", "bookbuild", "helpers"),
    *("intro.ipynb", "_config.yml", "_toc.yml", "conf.py", LOCK, "requirements-pages.txt"),
)
"""All that the pages are made of, in each edition; catalogues come to it."""

WRITTEN = "site"
"""The folder, beside the doctrees, with what Sphinx wrote."""
AFRESH = 3
"""The exit status of a build of changed pages where all have to be built afresh."""


class BuildError(Exception):
    """The book was not built; the message says why."""


def fingerprint(root: Path, edition: Edition = FIRST) -> str:
    """Return the version of Python, and a line for each source: a digest, and the name."""
    lines = [f"{sys.version_info.major}.{sys.version_info.minor} Python\n"]
    catalogues = sorted((root / "locale" / edition.language).rglob("*.po"))
    for file in (*source_files(root, SOURCES), *catalogues):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        lines.append(f"{content} {file.relative_to(root).as_posix()}\n")
    return "".join(lines)


def changed_pages(root: Path, before: str, now: str) -> list[str]:
    """Return the pages that have changed between two fingerprints; none if more has changed."""
    old, new = (
        {name: content for content, _, name in (line.partition(" ") for line in text.splitlines())}
        for text in (before, now)
    )
    changed = [Path(name) for name in new if old.get(name) != new[name]]
    pages = [path.with_suffix("").as_posix() for path in changed]
    alike = old.keys() == new.keys() and {".ipynb", ".md"}.issuperset(p.suffix for p in changed)
    return pages if alike and set(documents(root)).issuperset(pages) else []


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


def missing_pages(root: Path, edition: Edition = FIRST) -> list[str]:
    """Return the HTML files that the table of contents asks for and the built book lacks."""
    pages = [edition.pages(root) / f"{name}.html" for name in ("index", *documents(root))]
    return [page.relative_to(root).as_posix() for page in pages if not page.is_file()]


def recorded(root: Path, edition: Edition = FIRST) -> Path:
    """Return the file with the fingerprint of the last good build."""
    return root / f"_build/fingerprint{edition.suffix}"


def doctrees(root: Path, edition: Edition = FIRST) -> Path:
    """Return the folder in which Sphinx keeps what it has read."""
    return root / f"_build/.doctrees{edition.suffix}"


def is_current(root: Path, now: str, edition: Edition = FIRST) -> bool:
    """Tell whether the built book is complete and made from exactly these sources."""
    file = recorded(root, edition)
    same = file.is_file() and file.read_text(encoding="utf-8") == now
    return same and not missing_pages(root, edition)


def remove_pages(root: Path, edition: Edition = FIRST) -> None:
    """Remove the pages and what Sphinx remembers of them.

    Sphinx would not look again at a page whose source has not changed, even if its last build
    failed.
    """
    for folder in (edition.pages(root), doctrees(root, edition)):
        shutil.rmtree(folder, ignore_errors=True)
    recorded(root, edition).unlink(missing_ok=True)


def go_back(root: Path, edition: Edition, pages: Sequence[str]) -> bool:
    """Put back what Sphinx wrote, but for some pages; tell whether it was there.

    It reads a page anew that it has not: it would go by the time of the file, not by its content.
    """
    written = doctrees(root, edition) / WRITTEN
    if not written.is_dir():
        return False
    for page in pages:
        (doctrees(root, edition) / f"{page}.doctree").unlink(missing_ok=True)
    shutil.rmtree(edition.pages(root))
    written.rename(edition.pages(root))
    return True


def run_jupyter_book(root: Path, edition: Edition, only_changed: bool = False) -> bool:
    """Run Jupyter Book on the sources, with every warning an error.

    Returns:
        Whether the book is built: where only changed pages are to be, it may have to begin afresh.
    """
    program = (
        "import gc, json, sys; gc.disable(); sys.modules['rfc3987_syntax'] = None; "
        "from jupyter_book.sphinx import build_sphinx; "
        "sys.exit(bool(build_sphinx(**json.loads(sys.argv[1]))))"
    )
    arguments = {
        "sourcedir": str(root),
        "outputdir": str(edition.pages(root)),
        "doctreedir": str(doctrees(root, edition)),
        "noconfig": True,  # of Sphinx
        "path_config": str(root / "_config.yml"),
        "confoverrides": {
            "latex_individualpages": False,
            "only_changed": only_changed,
            **edition.settings,
        },
        "warningiserror": True,
        "keep_going": True,
    }
    # Unbuffered, so that each line is shown at once.
    command = [sys.executable, "-u", "-c", program, json.dumps(arguments)]
    status = subprocess.call(command, cwd=root)
    if status and not (only_changed and status == AFRESH):
        raise BuildError("The book was not built: see the warnings and errors above.")
    return not status


def build(root: Path = ROOT, edition: Edition = FIRST) -> None:
    """Build an edition of the book, unless it is up to date.

    Raises:
        BuildError: There was a warning, or a page is missing.
    """
    now = fingerprint(root, edition)
    if is_current(root, now, edition):
        print("The book is up to date.")
        return
    record = recorded(root, edition)
    before = record.read_text(encoding="utf-8") if record.is_file() else ""
    record.unlink(missing_ok=True)
    changed = changed_pages(root, before, now)
    goes_on = changed and go_back(root, edition, changed)
    if not (goes_on and run_jupyter_book(root, edition, only_changed=True)):
        remove_pages(root, edition)
        run_jupyter_book(root, edition)
    missing = missing_pages(root, edition)
    if missing:
        raise BuildError(f"Jupyter Book said that all is well, but made no {', '.join(missing)}.")
    if fingerprint(root, edition) != now:
        raise BuildError("A source changed during the build: run `make book` again.")
    recorded(root, edition).write_text(now, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the book and say how to open it; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bookbuild.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--language", default=FIRST.language, help="such as ko; en if left out")
    try:
        edition = Edition(parser.parse_args(arguments).language)
        build(ROOT, edition)
    except (BuildError, ValueError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    stale = [path.name for path in notebooks(ROOT) if is_stale(ROOT, path)]
    if stale:
        print(
            f"\nCode has changed since the outputs of {', '.join(stale)} were stored, and their "
            "pages say so: `make accept` runs them again."
        )
    print(f"\nOpen the book in a browser:\n    {(edition.pages(ROOT) / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
