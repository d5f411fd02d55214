"""A Sphinx extension: a page loads only what it uses, and its parts have the names that one sees.

The theme writes some things into every page that this book has no use for, or that are not right
for readers who hear a page. No setting changes them, so the pages are corrected once written.
"""

from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

# What a page must hold to need these style sheets and scripts.
NEEDED_FOR = {"sphinx-design.min.css": "sd-", "design-tabs.js": "sd-tab-"}
# It draws the icons, which the fonts of the theme hold as well, in a hundredth of the size.
ICON_SCRIPT = "_static/scripts/fontawesome.js"
# Only the page of results searches: on the others, the search field leads to it.
SEARCH_PAGE = "search.html"
SEARCH_SCRIPTS = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")


def drop_unneeded(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Leave out the style sheets and scripts of an extension that the page makes no use of."""
    for files in (context["css_files"], context["script_files"]):
        files[:] = [
            file
            for file in files
            if NEEDED_FOR.get(Path(file.filename or "").name, "") in context.get("body", "")
        ]


def corrected(html: str, searches: bool) -> str:
    """Return a page without the scripts that it does not use, and with the right names."""
    page = BeautifulSoup(html, "html.parser")
    unused = (ICON_SCRIPT,) if searches else (ICON_SCRIPT, *SEARCH_SCRIPTS)
    for script in page.select("script[src]"):
        if str(script["src"]).partition("?")[0].endswith(unused):
            script.decompose()
    for icon in page.select('[class*="fa-"]'):
        icon["aria-hidden"] = "true"
    # These say something else than what is written on them.
    for labelled in page.select(".search-button-field, details.hide > summary"):
        del labelled["aria-label"]
    for sidebar in page.select("#pst-primary-sidebar"):
        sidebar["role"] = "navigation"
        sidebar["aria-label"] = "Book"
    return str(page)


def correct_pages(app: Sphinx, exception: Exception | None) -> None:
    """Correct every page of the site."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for path in site.rglob("*.html"):
        if "_static" not in path.relative_to(site).parts:
            html = path.read_text(encoding="utf-8")
            path.write_text(corrected(html, path.name == SEARCH_PAGE), encoding="utf-8")
    for path in site.glob(f"{ICON_SCRIPT}*"):
        path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", drop_unneeded, priority=900)
    app.connect("build-finished", correct_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
