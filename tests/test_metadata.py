"""What pages tell those who have not opened them: search engines, and cards of shared links."""

from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild.build import ROOT, documents
from tests.files import HTML, tree
from tests.tiny_book import PAGES as TINY
from tests.tiny_book import build_tiny

ADDRESS = "https://example.org/book/"
BOOK = "Watching a sequence-to-sequence model think"


@cache
def pages(site: Path) -> dict[str, BeautifulSoup]:
    """Return the trees of all pages of a site by their names, but for the first one's double."""
    return {
        path.relative_to(site).as_posix(): tree(path)
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts and path != site / "index.html"
    }


def contents(page: BeautifulSoup, key: str, kind: str = "property") -> list[str]:
    """Return all that a page says under a key."""
    return [str(meta["content"]) for meta in page.select(f'meta[{kind}="{key}"]')]


def canonical(page: BeautifulSoup) -> list[str]:
    """Return the addresses of which a page says that it is there for good."""
    return [str(link["href"]) for link in page.select("link[rel=canonical]")]


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS.rstrip("/")])
def test_a_published_book_names_its_addresses(address: str, tmp_path: Path) -> None:
    """Each page with a source says where it is, with or without a last slash in the settings."""
    site, warnings = build_tiny(tmp_path, address=address)
    assert warnings == ""
    found = pages(site)
    for name in TINY:
        page = found[f"{name}.html"]
        assert canonical(page) == [f"{ADDRESS}{name}.html"]
        assert contents(page, "og:url") == [f"{ADDRESS}{name}.html"]
        assert contents(page, "og:image") == [f"{ADDRESS}_static/picture.png"]
    first = tree(site / "index.html")
    assert canonical(first) == [f"{ADDRESS}intro.html"]
    assert (site / "_static/picture.png").is_file()


def test_a_book_without_an_address_names_none(unpublished: Path) -> None:
    """A part of an address would be a wrong one; the rest of the card is there."""
    found = pages(unpublished)
    assert len(found) >= len(TINY)
    for name, page in found.items():
        assert canonical(page) == [], name
        assert contents(page, "og:url") + contents(page, "og:image") == [], name
    for name in TINY:
        page = found[f"{name}.html"]
        for key in ("og:title", "og:description", "og:image:alt"):
            assert len(contents(page, key)) == 1, name


def test_the_book_says_what_each_chapter_is_about() -> None:
    """In a sentence or two, and of no two pages the same; so do all that have a source."""
    descriptions = [
        contents(tree(HTML / f"{name}.html"), "description", "name") for name in documents(ROOT)
    ]
    texts = [text for (text,) in descriptions]
    assert [text for text in texts if not 50 <= len(text) <= 300] == []
    assert len(set(texts)) == len(texts)


def test_every_page_has_a_title_of_its_own() -> None:
    """It begins with what the page is called and ends with the book, which is named once."""
    titles = {}
    for name, page in pages(HTML).items():
        (title,) = page.select("title")
        titles[name] = title.get_text()
        assert titles[name].count(BOOK) == 1, name
    assert len(set(titles.values())) == len(titles)
    assert titles["intro.html"] == BOOK


def test_every_page_says_its_language() -> None:
    """It is English."""
    for name, page in pages(HTML).items():
        assert page.html is not None and page.html.get("lang") == "en", name


def test_the_cards_of_the_book() -> None:
    """A page with a source has a card with its title and the name of the book."""
    described = [page for page in pages(HTML).values() if contents(page, "og:title")]
    assert len(described) >= len([*HTML.glob("_sources/**/*.*")]) >= 10
    for page in described:
        (title,) = contents(page, "og:title")
        heading = page.select_one("article h1")
        assert heading is not None and heading.get_text().startswith(title)
        assert contents(page, "og:site_name") == [BOOK]
        assert contents(page, "og:description") == contents(page, "description", "name")
