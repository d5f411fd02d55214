"""The trail of the chapters: all of them, in their order, and which one the reader is in."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from bookbuild.theme import short
from tests.files import CHAPTERS, HTML, tree
from tests.tiny_book import Build


def trail_of(page: BeautifulSoup) -> Tag | None:
    """Return the one trail of a page, if it has one."""
    trails = page.select(".trail")
    assert len(trails) <= 1
    return trails[0] if trails else None


def trail_in(path: Path) -> Tag | None:
    """Return the trail of a page of a site."""
    return trail_of(tree(path))


def written(html: str) -> Tag | None:
    """Return the trail in a text."""
    return trail_of(BeautifulSoup(html, "html.parser"))


@pytest.mark.parametrize(
    ("title", "name"),
    [("Encoder: a whole problem", "Encoder"), ("Decoder, step by step", "Decoder"), ("One", "One")],
)
def test_a_long_title_is_cut(title: str, name: str) -> None:
    """What stands before a colon or a comma is the name of a chapter."""
    assert short(title) == name


def title_of(name: str) -> str:
    """Return the title of a page of the book."""
    title = tree(HTML / f"{name}.html").select_one("article h1")
    assert title is not None
    return title.get_text().removesuffix("#")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_of_the_book_shows_all(name: str) -> None:
    """Above its title, with the names that their titles begin with; those before it are passed."""
    nav = trail_in(HTML / f"{name}.html")
    assert nav is not None and nav.name == "nav" and nav["aria-label"]
    links = nav.select("li > a")
    assert [link.get_text() for link in links] == [
        f"{number} {short(title_of(chapter))}" for number, chapter in enumerate(CHAPTERS, 1)
    ]
    there = [name if link["href"] == "#" else f"chapters/{link['href']}" for link in links]
    assert [link.removesuffix(".html") for link in there] == CHAPTERS
    place = CHAPTERS.index(name)
    current = [link.get("aria-current") for link in links]
    assert current == ["page" if number == place else None for number in range(len(CHAPTERS))]
    passed = ["passed" in (item.get("class") or []) for item in nav.select("li")]
    assert passed == [number < place for number in range(len(CHAPTERS))]
    assert tree(HTML / f"{name}.html").select_one("article .trail ~ section > h1") is not None


def test_other_pages_have_no_trail() -> None:
    """Neither the first page, nor what one looks up, nor what no source stands behind."""
    pages = [path for path in HTML.rglob("*.html") if "_static" not in path.parts]
    chapters = [HTML / f"{name}.html" for name in CHAPTERS]
    others = [path for path in pages if path not in chapters]
    assert len(others) > 5
    assert [path.name for path in others if trail_in(path) is not None] == []


def test_the_trail_follows_the_table_of_contents(unpublished: Path) -> None:
    """In another book it shows the chapters of its first part, and no others."""
    nav = trail_in(unpublished / "chapters/two.html")
    assert nav is not None
    assert [item.get_text() for item in nav.select("li")] == ["1 One", "2 Two"]
    assert trail_in(unpublished / "chapters/words.html") is None
    assert trail_in(unpublished / "intro.html") is None


def test_a_title_may_hold_any_sign(build: Build) -> None:
    """It is text, and no part of the page."""
    site, _ = build({"chapters/one": "# R & D `<b>`\n\nA text."})
    html = (site / "chapters/two.html").read_text(encoding="utf-8")
    nav = written(html)
    assert nav is not None
    assert nav.select("li")[0].get_text() == "1 R & D <b>"
    assert len(nav.select("li")[0].select("b")) == 1
    assert not re.search(r"R & D", html)
