"""A Sphinx extension: above the text of each chapter stand all chapters, in their order.

The chapters are the pages of the first part in ``_toc.yml``.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri
from sphinx.util.typing import ExtensionMetadata


def chapters(app: Sphinx) -> dict[str, str]:
    """Return the titles of the chapters by the names of their pages, in the order of the book."""
    parts = app.env.tocs[app.config.root_doc].findall(addnodes.toctree)
    pages = [page for _, page in next(iter(parts))["entries"]]
    return {page: app.env.titles[page].astext() for page in pages}


def short(title: str) -> str:
    """Return a title up to the first colon or comma."""
    return title.partition(":")[0].partition(",")[0]


def trail(names: Sequence[str], titles: Sequence[str], here: str) -> str:
    """Return a list of links to the chapters that tells which of them the reader is in."""
    items = []
    for number, (name, title) in enumerate(zip(names, titles, strict=True), 1):
        passed = ' class="passed"' if number <= names.index(here) else ""
        current = ' aria-current="page"' if name == here else ""
        link = relative_uri(f"{here}.html", f"{name}.html") or "#"
        text = f"<b>{number}</b> <span>{escape(short(title))}</span>"
        items.append(f'<li{passed}><a href="{link}"{current}>{text}</a></li>')
    return f'<nav class="trail" aria-label="Chapters"><ol>{"".join(items)}</ol></nav>'


def add_trail(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Put the trail above the text of a chapter."""
    titles = chapters(app)
    if pagename in titles:
        context["body"] = trail([*titles], [*titles.values()], pagename) + context["body"]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", add_trail)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
