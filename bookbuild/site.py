"""A Sphinx extension: what others share that work on the pages once all of them are written.

``page-written`` gives the tree of each page to those who correct it. Then ``pages-written`` gives
the texts of all to those who look at the whole site. What Sphinx wrote stays as it was, in a folder
beside its doctrees.
"""

import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.build import WRITTEN

Pages = dict[Path, str]
"""The texts of the pages of a site by their files, as Beautiful Soup writes them."""


def top(address: str) -> str:
    """Return where a site is on its server, from the address at which it is published."""
    return urlsplit(address).path.rstrip("/") + "/"


def read_pages(site: Path) -> Pages:
    """Return the pages of a site, always in one order; what themes keep for themselves is none."""
    return {
        path: path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts
    }


def once(app: Sphinx, path: Path, make: Callable[[], bytes], *sources: bytes) -> bytes:
    """Return what is made of the sources for a file of the site.

    It is kept beside the doctrees, and not made again until a source is another.
    """
    kept = Path(app.doctreedir) / "made" / f"{path.relative_to(app.outdir)}.made"
    key = sha256(b"".join(sha256(source).digest() for source in sources)).digest()
    content = kept.read_bytes() if kept.is_file() else b""
    if not content.startswith(key):
        content = key + make()
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
    return content.removeprefix(key)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Let the extensions work on the pages, once a build of pages has succeeded."""
    if exception is None and app.builder.format == "html":
        site, doctrees = Path(app.outdir), Path(app.doctreedir)
        if not doctrees.is_relative_to(site):
            shutil.copytree(site, doctrees / WRITTEN, dirs_exist_ok=True)
        pages = {path: corrected(app, path, text) for path, text in read_pages(site).items()}
        app.emit("pages-written", pages)
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")


def corrected(app: Sphinx, path: Path, text: str) -> str:
    """Return a page with all that extensions correct in it."""

    def make() -> bytes:
        page = BeautifulSoup(text, "html.parser")
        app.emit("page-written", page)
        return str(page).encode()

    return once(app, path, make, text.encode()).decode()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_event("page-written")
    app.add_event("pages-written")
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
