"""A Sphinx extension: what the theme writes becomes fit for this book.

``templates`` adds to its pages, in blocks that Sphinx and the theme name: the policy and the first
scripts, the trail of the chapters, the page of results, the page for what is not there. What has no
block is corrected here, once the pages are written: it is found by classes and by names of files.
A new theme may have others, or other blocks. Then tests of the pages fail: ``test_scripts.py`` and
``test_trail.py`` for what is not where it should be, ``test_light_pages.py`` for what is too heavy
or, says axe, has no name.
"""

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import AttributeValueList
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import _
from sphinx.util.typing import ExtensionMetadata

from bookbuild.edition import Edition
from bookbuild.site import Pages, top

# The script draws the icons, which the fonts of the theme hold as well, in a hundredth of the size;
# `assets/book.css` has the rules of the style sheet.
UNWANTED = ("scripts/fontawesome.js", "sphinx-codeautolink.css")
# It makes the object that scripts written into the pages set things in, so it comes before them.
FIRST = "documentation_options.js"
WORDS = {"ko": re.compile(r"([가-힣]+(?: [가-힣]+)*)")}
"""By language, one or more of its words: they are known by their letters."""


def set_address(app: Sphinx, config: Config) -> None:
    """Let the cards of shared links name the address at which the book is published."""
    # Addresses of pages are put to it; without a last slash they would replace its last part.
    config.ogp_site_url = config.html_baseurl and config.html_baseurl.rstrip("/") + "/"


def short(title: str) -> str:
    """Return a title up to the first colon or comma."""
    return title.partition(":")[0].partition(",")[0]


def chapters(app: Sphinx) -> list[dict[str, str]]:
    """Return page, title and name of each chapter: the pages of the first part in ``_toc.yml``."""
    parts = app.env.tocs[app.config.root_doc].findall(addnodes.toctree)
    pages = [page for _, page in next(iter(parts))["entries"]]
    titles = {page: app.env.titles[page].astext() for page in pages}
    return [{"page": page, "title": title, "name": short(title)} for page, title in titles.items()]


def add_to_context(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Give the templates what they need, and the first page the name of the book only once."""
    policy = Edition(app.config.language, app.config.live).policy
    context.update(chapters=chapters(app), policy=policy, top=top(app.config.html_baseurl))
    if context.get("title") == context["docstitle"]:
        context["docstitle"] = ""


def correct_names(page: BeautifulSoup) -> None:
    """Give the parts of a page the names that one sees, to those who hear them."""
    for icon in page.select('[class*="fa-"]'):
        icon["aria-hidden"] = "true"
    # These say something else than what is written on them.
    for labelled in page.select(".search-button-field, details.hide > summary"):
        del labelled["aria-label"]
    for sidebar in page.select("#pst-primary-sidebar"):
        sidebar["role"] = "navigation"
        sidebar["aria-label"] = _("Book")


def correct_logo(page: BeautifulSoup) -> None:
    """Show one logo: that of the dark is the same, and says its size so that nothing moves."""
    for logo in page.select("img.logo__image.only-dark"):
        logo.decompose()
    for logo in page.select("img.logo__image"):
        logo["class"] = AttributeValueList(["logo__image", "dark-light"])  # not darkened
        logo["width"] = logo["height"] = "48"


def remove_unwanted(page: BeautifulSoup) -> None:
    """Remove an advertisement, parts of addresses, and files without a use; defer the scripts."""
    for advertisement in page.select("#ethical-ad-placement"):
        advertisement.decompose()
    for card in page.select('meta[property="og:url"], meta[property="og:image"]'):
        if not str(card["content"]).startswith("http"):  # a book without an address has none
            card.decompose()
    for file in page.select("link[rel=stylesheet], script[src]"):
        address = str(file.get("src") or file.get("href")).partition("?")[0]
        if address.endswith(UNWANTED):
            file.decompose()
        elif file.name == "script" and not address.endswith(FIRST):
            file["defer"] = ""


def mark_other_languages(page: BeautifulSoup, language: str) -> None:
    """Say of each word in another language than the page's which it is: so it is read out."""
    for other in WORDS.keys() - {language}:
        mark(page, other, WORDS[other])


def mark(page: BeautifulSoup, language: str, words: re.Pattern[str]) -> None:
    """Say of words in a page that they are of a language."""
    for text in page.find_all(string=words):
        if text.parent is not None and text.parent.name not in {"pre", "script", "title"}:
            for place, part in enumerate(words.split(str(text))):
                marked = page.new_tag("span", lang=language, string=part)
                text.insert_before(marked if place % 2 == 1 else part)
            text.extract()


def correct(app: Sphinx, page: BeautifulSoup) -> None:
    """Correct a page."""
    correct_names(page)
    correct_logo(page)
    remove_unwanted(page)
    mark_other_languages(page, app.config.language)


def remove_script(app: Sphinx, pages: Pages) -> None:
    """Remove the script that no page loads."""
    for path in Path(app.outdir).glob(f"_static/{UNWANTED[0]}*"):
        path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_config_value("live", False, "env", bool)
    app.connect("config-inited", set_address)
    app.connect("html-page-context", add_to_context)
    app.setup_extension("bookbuild.site")
    app.connect("page-written", correct)
    app.connect("pages-written", remove_script, priority=400)  # before those who look at scripts
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
