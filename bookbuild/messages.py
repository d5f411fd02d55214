"""Collect the sentences that a reader sees, for those who translate them.

``make messages`` writes catalogues of gettext below ``_build/locale``, the same on every run:

* ``helpers.pot`` has what Python says, by `helpers.say.say`;
* ``widgets.pot`` has what the JavaScript of the widgets says, by ``say``;
* ``prose`` has a catalogue a page, as Sphinx makes them, and ``sphinx.pot``, which has the words
  that the build itself writes into pages, in templates and by ``_``.

Run it as ``python -m bookbuild.messages``.
"""

import os
import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from bookbuild.build import ROOT, BuildError

KINDS = {"helpers": ("python", ".py"), "widgets": ("javascript", ".js")}
"""What a catalogue of code is called, and of which files it is: their language and their suffix."""

KEYWORD = "say"
"""The name of the function whose first argument is a sentence."""

OPTIONS = {"parse_template_string": True}
"""What is said within a template of JavaScript is found as well."""

_DATE = re.compile(r'^"[\w-]+-Date: .*\n', re.MULTILINE)


def sentences(folder: Path, language: str, suffix: str, keyword: str = KEYWORD) -> Catalog:
    """Return what the files of a folder say, with the lines on which they say it."""
    catalog = Catalog(header_comment="# Sentences of the book.", charset="utf-8")
    for path in sorted(folder.rglob(f"*{suffix}")):
        name = path.relative_to(folder.parent).as_posix()
        with path.open("rb") as file:
            said = extract(language, file, {keyword: None}, options=OPTIONS)
            for line, sentence, *_ in said:
                catalog.add(sentence, locations=[(name, line)])
    return catalog


def collect(root: Path, folder: Path) -> None:
    """Write the catalogues of a book, whose sources are in ``root``, into a folder.

    Raises:
        BuildError: Sphinx has complained of a page.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name, (language, suffix) in KINDS.items():
        file = BytesIO()
        write_po(file, sentences(root / "helpers", language, suffix))
        write(folder / f"{name}.pot", file.getvalue().decode())
    collect_prose(root, folder / "prose")


def collect_prose(root: Path, folder: Path) -> None:
    """Let Sphinx write the catalogues of the pages; raises like `collect`."""
    work = folder.with_name("work")  # where Sphinx leaves more than catalogues
    made = work / "prose"
    command = [
        *(sys.executable, "-m", "sphinx", "-b", "gettext", "-c", ROOT, "-d", work / "doctrees"),
        *("--fail-on-warning", "--keep-going", "--quiet", root, made),
    ]
    if subprocess.call(list(map(str, command))):
        raise BuildError("The sentences were not collected: see the warnings and errors above.")
    above = f"#: {Path(os.path.relpath(root, made)).as_posix()}/"
    for file in made.glob("sphinx.pot"):  # where there are templates
        add_words(file, root / "bookbuild")
    for path in made.rglob("*.pot"):
        text = path.read_text(encoding="utf-8")
        write(folder / path.relative_to(made), text.replace(above, "#: "))
    shutil.rmtree(work)


def add_words(file: Path, code: Path) -> None:
    """Add to the catalogue of the templates what code in a folder says."""
    with file.open("rb") as opened:
        words = read_po(opened)
    for message in sentences(code, "python", ".py", "_"):
        if message.id:
            words.add(message.id, locations=message.locations)
    with file.open("wb") as opened:
        write_po(opened, words)


def write(file: Path, catalogue: str) -> None:
    """Write a catalogue into a file, without the dates in its head."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_DATE.sub("", catalogue), encoding="utf-8", newline="\n")


def main() -> int:
    """Collect the sentences of the book and say where they are; return the exit status."""
    folder = ROOT / "_build/locale"
    try:
        collect(ROOT, folder)
    except BuildError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"The sentences of the book are in {folder.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
