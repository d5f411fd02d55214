"""What the theme writes, corrected; what runs in a page: nothing from elsewhere or without use."""

import base64
import hashlib
import re

import pytest
from bs4 import BeautifulSoup

from bookbuild import theme
from bookbuild.build import ROOT
from tests.files import HTML, tree
from tests.tiny_book import INTRO, Build

PAGES = sorted(
    {"404.html", "genindex.html", "index.html", "search.html"}.union(
        path.relative_to(HTML).as_posix()
        for path in HTML.rglob("*.html")
        if "_static" not in path.relative_to(HTML).parts
    )
)
"""All pages of the site; these four have to be among them."""

LABS = ("chapters/training.html",)
"""The pages that may start a worker, and compiled code."""

every_page = pytest.mark.parametrize("name", PAGES)

WRITTEN = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)
ORIGINS = re.compile(r"'none'|'wasm-unsafe-eval'|'self'|'sha256-[A-Za-z0-9+/]{43}='")


def page(name: str) -> BeautifulSoup:
    """Return the tree of a page of the built book."""
    return tree(HTML / name)


def written(html: str) -> list[str]:
    """Return the scripts that stand in the text of a page and that a browser would run."""
    return [
        text
        for attributes, text in WRITTEN.findall(html)
        if "src=" not in attributes and "application/json" not in attributes
    ]


def policy(soup: BeautifulSoup) -> dict[str, list[str]]:
    """Return what a page allows: the origins of each kind of thing."""
    (meta,) = soup.select('meta[http-equiv="Content-Security-Policy"]')
    kinds = [kind.split() for kind in str(meta["content"]).split(";")]
    return {name: origins for name, *origins in kinds}


@every_page
def test_the_only_script_in_a_page_sets_light_or_dark(name: str) -> None:
    """It has to run before the page is drawn; the page for what is not there has its own one."""
    (script,) = written((HTML / name).read_text(encoding="utf-8"))
    wanted = 'location.protocol === "file:"' if name == "404.html" else theme.THEME_SCRIPT
    assert wanted in script


@every_page
def test_no_element_of_a_page_holds_a_script(name: str) -> None:
    """No attribute is a handler, and no link a script."""
    for element in page(name).find_all(True):
        assert [attribute for attribute in element.attrs if attribute.startswith("on")] == []
        assert not str(element.get("href", "")).strip().lower().startswith("javascript:")


@every_page
def test_what_a_button_does_is_known(name: str) -> None:
    """`assets/page.js` has an action for each name that stands in a page."""
    actions = (ROOT / "assets/page.js").read_text(encoding="utf-8")
    for element in page(name).select("[data-does]"):
        assert re.search(rf"^  {element['data-does']}: ", actions, re.MULTILINE)


def test_chapters_have_both_buttons() -> None:
    """To print, and to fill the screen."""
    found = [element["data-does"] for element in page("index.html").select("[data-does]")]
    assert sorted(found) == ["fullscreen", "print"]


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
def test_the_policy_lets_in_what_is_of_the_site_and_nothing_else(name: str) -> None:
    """No other host is named; only styles may be written into a page, and pictures as data."""
    allowed = policy(page(name))
    assert allowed.pop("default-src") == ["'none'"]
    assert allowed.pop("base-uri") == ["'none'"]
    assert allowed.pop("style-src") == ["'self'", "'unsafe-inline'"]
    assert allowed.pop("img-src") == ["'self'", "data:"]
    assert allowed.pop("worker-src") == (["blob:"] if name in LABS else ["'none'"])
    assert ("'wasm-unsafe-eval'" in allowed["script-src"]) == (name in LABS)
    for kind, origins in allowed.items():
        assert [origin for origin in origins if not ORIGINS.fullmatch(origin)] == [], kind


@every_page
def test_the_policy_knows_the_script_in_the_page(name: str) -> None:
    """Its hash is that of the very text that the browser reads, and there is no other."""
    html = (HTML / name).read_text(encoding="utf-8")
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in written(html)
    }
    compiled = {"'wasm-unsafe-eval'"} if name in LABS else set()
    assert {*policy(page(name))["script-src"]} - {"'self'"} == hashes | compiled


@every_page
def test_no_script_holds_up_the_page(name: str) -> None:
    """Each file is run when the whole page is there, in the order of the page."""
    for script in page(name).select("script[src]"):
        assert script.has_attr("defer") and not script.has_attr("async"), script


@every_page
def test_only_the_page_of_results_searches(name: str) -> None:
    """It has the scripts of Sphinx and, after them, that of the book; other pages have none."""
    sources = [str(script["src"]).partition("?")[0] for script in page(name).select("script[src]")]
    searching = [source for source in sources if "search" in source or "language" in source]
    if name == "search.html":
        assert searching == [
            "_static/searchtools.js",
            "_static/search.js",
            "_static/language_data.js",
            "searchindex.js",
        ]
    else:
        assert searching == []


@every_page
def test_settings_come_first(name: str) -> None:
    """The scripts of extensions find what they ask for; the page for what is not there has none."""
    sources = [str(script["src"]).partition("?")[0] for script in page(name).select("script[src]")]
    if name == "404.html":
        assert sources == []
    else:
        assert sources[0].endswith("_static/settings.js")


def page_with(*elements: str) -> str:
    """Return a page with scripts in it."""
    return f'<head><meta charset="utf-8"/>{"".join(elements)}</head><body></body>'


def test_scripts_leave_a_page() -> None:
    """Data stays, and so does the script of the theme."""
    set_mode = f"<script> {theme.THEME_SCRIPT}.mode = 1; </script>"
    data = '<script type="application/json">{"a": 1}</script>'
    known = [f"<script>{begun} = 1;</script>" for begun in theme.KNOWN_SCRIPTS]
    soup = BeautifulSoup(
        theme.correct(page_with(set_mode, *known, data), "one.html"), "html.parser"
    )
    kept = soup.select("script")
    assert [script.get("type") for script in kept] == [None, "application/json"]
    assert theme.THEME_AT_ONCE in kept[0].get_text()
    assert len(policy(soup)["script-src"]) == 2


def test_an_unknown_script_fails_the_build(build: Build) -> None:
    """What nobody has looked at is not taken out without a word."""
    _, warnings = build({"intro": f"{INTRO}\n\n<script>go();</script>\n"})
    assert warnings.count("a script that bookbuild/theme.py does not know: go();") == 1


def test_known_handlers_are_marked() -> None:
    """What the theme writes into its buttons becomes a name, and nothing else of them changes."""
    soup = BeautifulSoup('<button class="a" onclick="window.print()">b</button>', "html.parser")
    theme.replace_handlers(soup)
    assert str(soup) == '<button class="a" data-does="print">b</button>'


def test_an_unknown_handler_fails_the_build(build: Build) -> None:
    """A button that would do nothing is not let through without a word."""
    site, warnings = build({"intro": f'{INTRO}\n\n<button onclick="go()">Go</button>\n'})
    assert warnings.count("a handler that assets/page.js does not know: go()") == 1
    assert "onclick" not in (site / "intro.html").read_text(encoding="utf-8")


def test_no_icon_script_is_left() -> None:
    """It is as large as all the rest, and the icons are in fonts."""
    assert list(HTML.glob(f"{theme.ICON_SCRIPT}*")) == []
    assert [path.name for path in HTML.rglob("*.js") if path.stat().st_size > 250_000] == []
