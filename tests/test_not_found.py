"""The page for what is not there: it can stand at any address."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild.site import top
from tests.files import CHAPTERS, HTML, tree


def page(site: Path) -> BeautifulSoup:
    """Return the page of a site."""
    return BeautifulSoup((site / "404.html").read_text(encoding="utf-8"), "html.parser")


def links(site: Path) -> list[str]:
    """Return all that the page leads to."""
    soup = page(site)
    return [
        *(str(link["href"]) for link in soup.select("a")),
        *(str(form["action"]) for form in soup.select("form")),
    ]


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("", "/"),
        ("https://example.org", "/"),
        ("https://example.org/", "/"),
        ("https://example.org/book", "/book/"),
        ("https://example.org/book/", "/book/"),
        ("https://example.org/a/b/", "/a/b/"),
    ],
)
def test_where_a_site_is_on_its_server(address: str, folder: str) -> None:
    """It follows from the address, with or without its last slash."""
    assert top(address) == folder


def test_links_start_at_the_top_of_the_site(published: Path, unpublished: Path) -> None:
    """With the folder in which the book is published, or without one."""
    names = ["chapters/one.html", "chapters/two.html", "index.html", "search.html"]
    assert links(unpublished) == [f"/{name}" for name in names]
    assert links(published) == [f"/book/{name}" for name in names]


def test_from_the_disk_links_lose_the_top(published: Path, unpublished: Path) -> None:
    """The script cuts off just the folder that stands before each of them."""
    for site, folder in ((published, "/book/"), (unpublished, "/")):
        script = page(site).select_one("script")
        assert script is not None
        assert f".slice({len(folder)})" in script.get_text()


@pytest.mark.parametrize("site", ["published", "unpublished", HTML], ids=str)
def test_the_page_needs_no_other_file(site: str | Path, request: pytest.FixtureRequest) -> None:
    """What it would load from beside it is not there: its address is any."""
    soup = page(request.getfixturevalue(site) if isinstance(site, str) else site)
    loading = soup.select("[src], link:not([rel~=icon]), object, embed, iframe, use, image")
    assert loading == []
    assert [icon["href"] for icon in soup.select("link[rel~=icon]")] == ["data:,"]
    for style in soup.select("style, [style]"):
        assert "url(" not in str(style) and "@import" not in str(style)


def test_the_page_says_what_is_wrong_and_where_to_go() -> None:
    """It names the book, the chapters with their titles, a search and the beginning."""
    soup = page(HTML)
    assert [heading.get_text() for heading in soup.select("h1")] == ["This page is not here"]
    assert soup.title is not None
    assert "Watching a sequence-to-sequence model think" in soup.title.get_text()
    chapters = soup.select("ol a")
    assert len(chapters) == len(CHAPTERS)
    for link in chapters:
        heading = tree(HTML / str(link["href"]).lstrip("/")).select_one("h1")
        assert heading is not None and heading.get_text().startswith(link.get_text())
    assert soup.select_one("form input[name=q]") is not None
    assert soup.select_one('a[href="/index.html"]') is not None
    logo = soup.select_one("svg")
    assert logo is not None and len(logo.select("rect")) == 6
