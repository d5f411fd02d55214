"""A book of a few lines, built as this one is: with its settings, assets and extensions.

Only the extensions that cut fonts and style sheets stay out, for they take long.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from runpy import run_path

import pytest
import yaml
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from bookbuild.build import ROOT, doctrees, go_back
from bookbuild.edition import FIRST, Edition
from tests.files import write_files

INTRO = "# A tiny book\n\nIt tells in one sentence how a model reads a problem, token by token."
PAGES = {
    "intro": INTRO,
    "chapters/one": "# One: the first\n\nThe first chapter says what stands in it, and no more.",
    "chapters/two": "# Two, the second\n\nThe second one says 은닉 상태 and $h_t = 1$ in a line.",
    "chapters/words": "# Words\n\nWords of the book, each with the sense that it has in it.",
}
TOC = {
    "format": "jb-book",
    "root": "intro",
    "parts": [
        {"chapters": [{"file": "chapters/one"}, {"file": "chapters/two"}]},
        {"chapters": [{"file": "chapters/words"}]},
    ],
}
LEFT_OUT = ("bookbuild.fonts", "bookbuild.styles")
COLOURS = re.compile(r"\x1b\[[\d;]*m")

Build = Callable[..., tuple[Path, str]]
"""Takes pages, by name, and an address; gives the site, and the warnings."""


def write_tiny(source: Path, pages: Mapping[str, str] | None = None) -> None:
    """Write the sources of a tiny book into a folder, with other pages if there are."""
    texts = {**PAGES, **(pages or {})}
    write_files(source, {f"{name}.md": text for name, text in texts.items()})
    (source / "_toc.yml").write_text(yaml.safe_dump(TOC), encoding="utf-8")


@contextlib.contextmanager
def one_language() -> Iterator[None]:
    """Let Sphinx forget the languages of other books that this process has built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locale, "translators", {})
        yield


def build_tiny(
    source: Path,
    pages: Mapping[str, str] | None = None,
    address: str = "",
    written: bool = False,
    changed: Mapping[str, str] | None = None,
    edition: Edition = FIRST,
) -> tuple[Path, str]:
    """Build a tiny book in a folder, with other pages if there are; return site and warnings.

    If it has been ``written`` there before, it stays as it is. If pages have ``changed`` since it
    was built, only they are built.
    """
    if changed:
        write_files(source, {f"{name}.md": text for name, text in changed.items()})
        assert go_back(source, edition, list(changed))
    elif not written:
        write_tiny(source, pages)
    site, said = edition.pages(source), StringIO()
    extensions = run_path(str(ROOT / "conf.py"))["extensions"]
    with one_language(), docutils_namespace(), contextlib.redirect_stdout(None):
        app = Sphinx(
            source,
            ROOT,
            site,
            doctrees(source, edition),
            "html",
            confoverrides={
                "extensions": [name for name in extensions if name not in LEFT_OUT],
                "html_baseurl": address,
                "only_changed": bool(changed),
                **edition.settings,
            },
            status=None,
            warning=said,
        )
        app.build()
    return site, COLOURS.sub("", said.getvalue())


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a tiny book for one test."""
    return lambda *args, **kwargs: build_tiny(tmp_path, *args, **kwargs)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny book that is published below the top of a server; nothing in it is amiss."""
    site, said = build_tiny(
        tmp_path_factory.mktemp("published"), address="https://example.org/book/"
    )
    assert said == ""
    return site


@pytest.fixture(scope="session")
def unpublished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny book without an address; nothing in it is amiss."""
    site, said = build_tiny(tmp_path_factory.mktemp("unpublished"))
    assert said == ""
    return site
