"""A Sphinx extension: each page says what it is about, and where the book is published.

Search engines, and the cards that a shared link becomes, read it. The address is ``html.baseurl``
in ``_config.yml``. As long as there is none, the pages name no address, for a wrong one is worse.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

# Pages that no source describes.
DESCRIPTIONS = {
    "genindex": "All names of the index, in the order of the alphabet.",
    "_modules/index": "The modules that the chapters import, each with all of its code.",
    "search": "Search the chapters, the glossary and the code of the book.",
}
CODE = "_modules/"
CODE_DESCRIPTION = "The code of {module}, which the chapters import, with links to what it is for."
# A description that was cut off, with the word in which it was.
CUT_OFF = re.compile(r'\s*\S*\.\.\.(?=")')
ADDRESS = re.compile(r'<meta property="og:(?:url|image)" content="(?!https?:)[^"]*"[^>]*>\s*')


def set_name_and_address(app: Sphinx, config: Config) -> None:
    """Let those that show the name of the book, and its address, know them."""
    config.html_theme_options["logo"] = {"text": config.html_title, "alt_text": ""}
    config.ogp_site_name = config.html_title
    # Addresses of pages are put to it; without a last slash they would replace its last part.
    config.ogp_site_url = config.html_baseurl and config.html_baseurl.rstrip("/") + "/"


def describe(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Describe the pages that have no source, and take out what is no address, or said twice."""
    tags = ADDRESS.sub("", CUT_OFF.sub("\N{HORIZONTAL ELLIPSIS}", context.get("metatags", "")))
    description = DESCRIPTIONS.get(pagename)
    if description is None and pagename.startswith(CODE):
        module = pagename.removeprefix(CODE).replace("/", ".")
        description = CODE_DESCRIPTION.format(module=module)
    if description:
        tags += f'<meta name="description" content="{description}">\n'
    context["metatags"] = tags
    if context.get("title") == context.get("docstitle"):
        context["docstitle"] = ""  # the first page has the name of the book


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("config-inited", set_name_and_address)
    # After the extension that writes what the cards show.
    app.connect("html-page-context", describe, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
