"""What runs in a page: nothing from elsewhere, and nothing without a use."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild import theme
from tests.files import HTML, tree

PAGES = sorted(
    {"404.html", "genindex.html", "index.html", "search.html"}.union(
        path.relative_to(HTML).as_posix()
        for path in HTML.rglob("*.html")
        if "_static" not in path.relative_to(HTML).parts
    )
)
"""All pages of the site; these four have to be among them."""

every_page = pytest.mark.parametrize("name", PAGES)

# What a policy may allow: of the site, in the page itself, and compiled by it.
ORIGIN = re.compile(r"'none'|'self'|'unsafe-inline'|'wasm-unsafe-eval'|data:|blob:")


def page(name: str) -> BeautifulSoup:
    """Return the tree of a page of the built book."""
    return tree(HTML / name)


def sources(name: str) -> list[str]:
    """Return the files of the scripts of a page, in their order."""
    return [str(script["src"]).partition("?")[0] for script in page(name).select("script[src]")]


@every_page
def test_the_policy_names_no_other_host(name: str) -> None:
    """What it does not name, it forbids; only pictures and workers may be made of data."""
    (meta,) = page(name).select('meta[http-equiv="Content-Security-Policy"]')
    kinds = [kind.split() for kind in str(meta["content"]).split(";")]
    allowed = {kind: origins for kind, *origins in kinds}
    for kind, origins in allowed.items():
        assert [origin for origin in origins if not ORIGIN.fullmatch(origin)] == [], kind
    assert allowed["default-src"] == allowed["base-uri"] == ["'none'"]
    assert [kind for kind, origins in allowed.items() if "data:" in origins] == ["img-src"]
    assert [kind for kind, origins in allowed.items() if "blob:" in origins] == ["worker-src"]


@every_page
def test_the_policy_comes_before_all_that_it_is_for(name: str) -> None:
    """In the page no script, style or link stands before it, and no other one after it."""
    head = page(name).head
    assert head is not None
    names = [
        "policy" if "http-equiv" in element.attrs else element.name
        for element in head.find_all(["meta", "script", "style", "link", "base"])
    ]
    assert names.count("policy") == 1
    assert set(names[: names.index("policy")]) == {"meta"}
    assert next(element.name for element in head.find_all(recursive=False)) == "meta"


@every_page
def test_no_script_holds_up_the_page(name: str) -> None:
    """Each file is run when the whole page is there; but one, in which others set something."""
    for script in page(name).select("script[src]"):
        first = theme.FIRST in str(script["src"])
        assert script.has_attr("defer") != first and not script.has_attr("async"), script


@every_page
def test_only_the_page_of_results_searches(name: str) -> None:
    """It has the scripts of Sphinx and, among them, that of the book; other pages have none."""
    searching = [file for file in sources(name) if "search" in file or "language" in file]
    if name == "search.html":
        assert searching == [
            "_static/searchtools.js",
            "_static/search.js",
            "_static/language_data.js",
            "searchindex.js",
        ]
    else:
        assert searching == []


def test_what_no_page_needs_is_not_there() -> None:
    """The script of the icons is as large as all the rest, and the icons are in fonts."""
    loaded = [str(element) for name in PAGES for element in page(name).select("script, link")]
    for unwanted in theme.UNWANTED:
        assert [element for element in loaded if unwanted in element] == []
    scripts = [path for path in HTML.rglob("*.js") if Path(path).stat().st_size > 250_000]
    assert [path.name for path in scripts] == []
