"""A Sphinx extension: where an output has HTML that is made for a page, the page shows it.

Notebooks keep it under a MIME type of the book's own, beside an image for all other viewers.
"""

from typing import Any

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from helpers.pictures import PAGE


class PageRenderer:
    """Puts the HTML of an output into a page, before any other form of the output."""

    mime_priority_overrides = (("html", PAGE, 1),)

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return what a page shows of the HTML; None of any other form."""
        if data.mime_type != PAGE:
            return None
        shown: list[nodes.Element] = renderer.render_text_html(data)
        return shown


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    renderers: list[Any] = load_mime_renders()  # those of installed packages, and now this one
    if PageRenderer not in renderers:
        renderers.append(PageRenderer)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
