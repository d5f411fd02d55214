"""A Sphinx extension: what others share that work on the pages once all of them are written.

``page-written`` gives the tree of each page to those who correct it. Then ``pages-written`` gives
the texts of all to those who look at the whole site. What Sphinx wrote stays as it was, in a folder
beside its doctrees.
"""

import re
import shutil
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.build import WRITTEN

Pages = dict[Path, str]
"""The texts of the pages of a site by their files, as Beautiful Soup writes them."""
HIDDEN = re.compile(r"<!--.*?-->|(<script[^>]*>).*?</script>", re.DOTALL)


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


def elements_of(page: str) -> str:
    """Return the text of a page without comments, and without what is in scripts."""
    return HIDDEN.sub(r"\1", page)


def once(app: Sphinx, path: Path, make: Callable[[], object], *sources: bytes) -> None:
    """Let a file of the site be made, unless it was made from the same sources in the last build.

    For that it is kept beside the doctrees.
    """
    kept = Path(app.doctreedir) / "made" / f"{path.relative_to(app.outdir)}.made"
    key = sha256(b"".join(sha256(source).digest() for source in sources)).digest()
    content = kept.read_bytes() if kept.is_file() else b""
    if content.startswith(key):
        path.write_bytes(content.removeprefix(key))
    else:
        make()
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(key + path.read_bytes())


def correct(app: Sphinx, path: Path, text: str) -> None:
    """Write a page with all that extensions correct in it."""
    page = BeautifulSoup(text, "html.parser")
    app.emit("page-written", page)
    path.write_text(str(page), encoding="utf-8")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Let the extensions work on the pages, once a build of pages has succeeded."""
    if exception is None and app.builder.format == "html":
        site, doctrees = Path(app.outdir), Path(app.doctreedir)
        if not doctrees.is_relative_to(site):
            shutil.copytree(site, doctrees / WRITTEN, dirs_exist_ok=True)
        for path, text in read_pages(site).items():
            once(app, path, partial(correct, app, path, text), text.encode())
        # The index would only lead on to the first page.
        (site / "index.html").write_bytes((site / f"{app.config.root_doc}.html").read_bytes())
        app.emit("pages-written", read_pages(site))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_event("page-written")
    app.add_event("pages-written")
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
