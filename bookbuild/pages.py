"""A Sphinx extension: the written pages are corrected, so that they can be read in every way.

The theme writes some things into every page that are not right for readers who hear a page, and
scripts that this book has no use for. No setting changes them.
"""

import re
import shutil
from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild import scripts
from bookbuild.site import pages, when_written

# One or more Korean words.
KOREAN = re.compile(r"([가-힣]+(?: [가-힣]+)*)")


def correct_names(page: BeautifulSoup) -> None:
    """Give the parts of a page the names that one sees, to those who hear them."""
    for icon in page.select('[class*="fa-"]'):
        icon["aria-hidden"] = "true"
    # These say something else than what is written on them.
    for labelled in page.select(".search-button-field, details.hide > summary"):
        del labelled["aria-label"]
    for sidebar in page.select("#pst-primary-sidebar"):
        sidebar["role"] = "navigation"
        sidebar["aria-label"] = "Book"


def correct_pictures(page: BeautifulSoup) -> None:
    """Show one logo: that of the dark is the same, and says its size so that nothing moves."""
    for logo in page.select("img.logo__image.only-dark"):
        logo.decompose()
    for logo in page.select("img.logo__image"):
        logo["class"] = "logo__image dark-light"  # which the theme does not darken
        logo["width"] = logo["height"] = "48"


def remove_left_overs(page: BeautifulSoup) -> None:
    """Remove what stands in a page twice, or for others."""
    for again in page.select('meta[name="viewport"]')[1:]:
        again.decompose()
    for advertisement in page.select("#ethical-ad-placement"):
        advertisement.decompose()


def mark_korean(page: BeautifulSoup) -> None:
    """Say of each Korean word in a page that it is one: it is then read out as such."""
    for text in page.find_all(string=KOREAN):
        if text.parent is not None and text.parent.name not in {"pre", "script", "title"}:
            for place, part in enumerate(KOREAN.split(str(text))):
                korean = place % 2 == 1
                text.insert_before(page.new_tag("span", lang="ko", string=part) if korean else part)
            text.extract()


def correct_pages(app: Sphinx, site: Path) -> None:
    """Correct every page of the site, and make the first one its index."""
    index = site / "index.html"
    index.unlink(missing_ok=True)  # it would only lead on to the first page
    for path, page in pages(site):
        correct_names(page)
        correct_pictures(page)
        remove_left_overs(page)
        mark_korean(page)
        scripts.correct(page, site, path.name)
        path.write_text(str(page), encoding="utf-8")
    shutil.copyfile(site / f"{app.config.root_doc}.html", index)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    when_written(app, correct_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
