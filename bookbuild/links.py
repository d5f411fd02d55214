"""A Sphinx extension: every link of the built pages leads to a page, and to a place, that is there.

Sphinx checks the references that it makes itself. Links that themes, widgets and plain HTML write
are checked here, once all pages stand. Links to other sites are left to ``make linkcheck``.

It takes for granted only HTML, whatever theme writes it.
"""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import Pages, elements_of, top

# What names another file, and what a link may lead to.
NAMING = re.compile(r'<(?:a|form|img|link|script)\s[^>]*?\b(?:href|action|src)="([^"]*)"')
PLACE = re.compile(r'<[^>]*?\sid="([^"]*)"')

logger = logging.getLogger(__name__)


def broken_links(pages: Pages, site: Path, top: str = "/") -> Iterator[tuple[str, str]]:
    """Yield each link of a page that leads nowhere: the page, and the link.

    ``top`` is where the site is on its server; links that begin with it start there.
    """
    written = {path.resolve(): elements_of(page) for path, page in pages.items()}
    places = {path: {*map(unescape, PLACE.findall(page))} for path, page in written.items()}
    for path, page in written.items():
        for link in map(unescape, NAMING.findall(page)):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            name = unquote(parts.path)
            if name.startswith(top):
                target = site.resolve() / name.removeprefix(top)
            else:
                target = (path.parent / name).resolve() if name else path
            if target.is_dir():
                target /= "index.html"
            place = unquote(parts.fragment)
            there = target in places or target.is_file()
            if not there or (place and place not in places.get(target, {place})):
                yield path.relative_to(site.resolve()).as_posix(), link


def check_links(app: Sphinx, pages: Pages) -> None:
    """Warn of each broken link, which fails the build."""
    for page, link in broken_links(pages, Path(app.outdir), top(app.config.html_baseurl)):
        logger.warning("%s: a link leads nowhere: %s", page, link)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    # When all that writes pages or files has done so.
    app.setup_extension("bookbuild.site")
    app.connect("pages-written", check_links, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
