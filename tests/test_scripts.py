"""What runs in a page: nothing from elsewhere, and nothing without a use."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild import scripts
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

SETTINGS = "_static/settings-"
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
    wanted = 'location.protocol === "file:"' if name == "404.html" else scripts.THEME_SCRIPT
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
def test_the_settings_of_a_page_are_a_file(name: str) -> None:
    """It comes right after the object that it sets things in, and is there."""
    sources = [str(script["src"]).partition("?")[0] for script in page(name).select("script[src]")]
    settings = [source for source in sources if SETTINGS in source]
    if name == "404.html":
        assert sources == []
        return
    assert len(settings) == 1
    place = sources.index(settings[0])
    assert sources[place - 1].endswith(scripts.OPTIONS_SCRIPT)
    assert ((HTML / name).parent / settings[0]).is_file()


def test_the_settings_hold_each_setting_once() -> None:
    """Pages with the same settings share a file, and its name follows from what is in it."""
    files = list(HTML.glob(f"{SETTINGS}*.js"))
    assert 1 <= len(files) <= 3
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert hashlib.sha256(text.removesuffix("\n").encode()).hexdigest()[:8] in file.name
        names = re.findall(r"^(?:let |var |const )?([\w.]+) = ", text, re.MULTILINE)
        assert "toggleHintShow" in names
        assert len(names) == len(set(names))
        assert scripts.NAME_SCRIPT not in text


def head_with(*elements: str) -> BeautifulSoup:
    """Return the tree of a page with scripts in it."""
    options = f'<script src="{scripts.OPTIONS_SCRIPT}?v=1"></script>'
    html = f'<head><meta charset="utf-8"/>{options}{"".join(elements)}</head><body></body>'
    return BeautifulSoup(html, "html.parser")


def test_scripts_become_one_file(tmp_path: Path) -> None:
    """Each once and in their order; data stays in the page, and so does the script of the theme."""
    theme = f"<script> {scripts.THEME_SCRIPT}.mode = 1; </script>"
    data = '<script type="application/json">{"a": 1}</script>'
    name = f"<script>{scripts.NAME_SCRIPT} = 'x';</script>"
    soup = head_with(theme, "<script>b = 1;</script>", data, name, *["<script>a = 1;</script>"] * 2)
    (tmp_path / "_static").mkdir()
    scripts.correct(soup, tmp_path, "one.html")
    (file,) = (tmp_path / "_static").iterdir()
    assert file.read_text(encoding="utf-8") == "b = 1;\na = 1;\n"
    kept = soup.select("script:not([src])")
    assert [script.get("type") for script in kept] == [None, "application/json"]
    assert scripts.THEME_AT_ONCE in kept[0].get_text()
    assert len(policy(soup)["script-src"]) == 2


def test_other_settings_are_another_file(tmp_path: Path) -> None:
    """A page never loads the settings of another one."""
    (tmp_path / "_static").mkdir()
    for text in ("a = 1;", "a = 2;", "a = 1;"):
        scripts.correct(head_with(f"<script>{text}</script>"), tmp_path, "one.html")
    texts = {file.read_text(encoding="utf-8") for file in (tmp_path / "_static").iterdir()}
    assert texts == {"a = 1;\n", "a = 2;\n"}


def test_known_handlers_are_marked() -> None:
    """What the theme writes into its buttons becomes a name, and nothing else of them changes."""
    soup = BeautifulSoup('<button class="a" onclick="window.print()">b</button>', "html.parser")
    scripts.replace_handlers(soup)
    assert str(soup) == '<button class="a" data-does="print">b</button>'


def test_an_unknown_handler_fails_the_build(build: Build) -> None:
    """A button that would do nothing is not let through without a word."""
    site, warnings = build({"intro": f'{INTRO}\n\n<button onclick="go()">Go</button>\n'})
    assert warnings.count("a handler that assets/page.js does not know: go()") == 1
    assert "onclick" not in (site / "intro.html").read_text(encoding="utf-8")


def test_no_icon_script_is_left() -> None:
    """It is as large as all the rest, and the icons are in fonts."""
    assert list(HTML.glob(f"{scripts.ICON_SCRIPT}*")) == []
    assert [path.name for path in HTML.rglob("*.js") if path.stat().st_size > 250_000] == []
