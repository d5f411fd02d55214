"""Links that lead nowhere: what the build looks at, and what it leaves alone."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild.links import broken_links
from bookbuild.site import read_pages
from tests.files import HTML, write_files
from tests.tiny_book import INTRO, Build


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with two pages in two folders, a style sheet, a script and a picture."""
    files = {
        "index.html": "<h1 id='top'>First</h1>",
        "chapters/index.html": "<h1>Chapters</h1>",
        "chapters/two words.html": "<h2 id='은닉 상태'>Second</h2>",
        "_static/book.css": "",
        "_static/page.js": "",
        "_static/picture.png": "",
        "_static/webpack.html": '<a href="gone.html">not a page of the book</a>',
    }
    write_files(tmp_path, files)
    return tmp_path


def found_in(site: Path, top: str = "/") -> list[tuple[str, str]]:
    """Return the broken links of a site."""
    pages = {
        path: str(BeautifulSoup(text, "html.parser")) for path, text in read_pages(site).items()
    }
    return list(broken_links(pages, site, top))


def broken(site: Path, html: str, top: str = "/") -> list[tuple[str, str]]:
    """Write one more page into a folder of the site; return the broken links."""
    (site / "chapters/one.html").write_text(html, encoding="utf-8")
    return found_in(site, top)


@pytest.mark.parametrize(
    "html",
    [
        '<p id="own"></p><a href="#own"></a>',
        '<a href=""></a>',
        '<a href="../index.html"></a>',
        '<a href="../index.html#top"></a>',
        '<a href="../index.html?q=word#top"></a>',
        '<a href="two%20words.html#%EC%9D%80%EB%8B%89%20%EC%83%81%ED%83%9C"></a>',
        '<a href=".."></a>',
        '<a href="../#top"></a>',
        '<a href="."></a>',
        '<a href="/index.html#top"></a>',
        '<a href="/"></a>',
        '<a href="../_static/picture.png#half"></a>',
        '<link rel="stylesheet" href="../_static/book.css?v=1">',
        '<script src="../_static/page.js"></script>',
        '<script>"no file"</script>',
        """<script>'<a href="gone.html">'</script>""",
        '<!-- <a href="gone.html"></a> -->',
        '<img src="../_static/picture.png">',
        '<img src="data:image/png;base64,AAAA">',
        '<form action="../index.html"></form>',
        '<a href="https://example.org/gone"></a>',
        '<a href="//example.org/gone"></a>',
        '<a href="mailto:reader@example.org"></a>',
    ],
)
def test_a_link_that_leads_somewhere(site: Path, html: str) -> None:
    """It leads to a file, a folder or a place in a page; or out of the site, where none looks."""
    assert broken(site, html) == []


@pytest.mark.parametrize(
    ("element", "link"),
    [
        ('<a href="{}"></a>', "gone.html"),
        ('<a href="{}"></a>', "index.html#top"),
        ('<a href="{}"></a>', "../index.html#gone"),
        ('<a href="{}"></a>', "#gone"),
        ('<a href="{}"></a>', "../_static"),
        ('<a href="{}"></a>', "/chapters/gone.html"),
        ('<a href="{}"></a>', "/index.html#gone"),
        ('<a href="{}"></a>', "../#gone"),
        ('<link rel="stylesheet" href="{}">', "../_static/gone.css"),
        ('<link rel="next" href="{}">', "gone.html"),
        ('<script src="{}"></script>', "../_static/gone.js"),
        ('<img src="{}">', "../_static/gone.png"),
        ('<form action="{}"></form>', "gone.html"),
    ],
)
def test_a_link_that_leads_nowhere(site: Path, element: str, link: str) -> None:
    """The page and the link are named, whatever element it stands in."""
    assert broken(site, element.format(link)) == [("chapters/one.html", link)]


def test_every_broken_link_is_named(site: Path) -> None:
    """One does not hide another, and the pages come in their order."""
    (site / "z.html").write_text('<img src="a.png">', encoding="utf-8")
    found = broken(site, '<a href="a.html"></a><a href="../z.html"></a><a href="#b"></a>')
    assert found == [
        ("chapters/one.html", "a.html"),
        ("chapters/one.html", "#b"),
        ("z.html", "a.png"),
    ]


def test_a_site_below_the_top_of_its_server(site: Path) -> None:
    """A link from the top of the server has to begin with the folder of the site."""
    right = '<a href="/book/index.html#top"></a><a href="/book/"></a>'
    wrong = ["/index.html", "/book/gone.html", "/book/index.html#gone", "/books/index.html"]
    page = right + "".join(f'<a href="{link}"></a>' for link in wrong)
    assert [link for _, link in broken(site, page, "/book/")] == wrong


def test_the_book_has_no_broken_link() -> None:
    """The pages as they are built, and the page for what is not there."""
    assert len(list(HTML.rglob("*.html"))) > 10
    assert found_in(HTML) == []


def test_a_broken_link_fails_the_build(build: Build) -> None:
    """Sphinx is told of it as of all that is wrong, also of what Sphinx itself does not check."""
    link = '<a href="gone.html">a</a> <img src="gone.png" alt="b">'
    _, warnings = build({"intro": f"{INTRO}\n\n{link}\n"})
    assert "intro.html: a link leads nowhere: gone.html" in warnings
    assert "intro.html: a link leads nowhere: gone.png" in warnings
