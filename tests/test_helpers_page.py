"""The page of the helpers: each name in a code cell leads to its entry, each entry to its code."""

import ast
import importlib
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import Tag
from playwright.sync_api import Browser, expect

from bookbuild.build import ROOT, notebooks
from tests.axe import check_with_axe
from tests.browser import open_page, resize
from tests.files import HTML, tree
from tests.test_pages import loaded_from_elsewhere, text_of

HELPERS = HTML / "chapters/helpers.html"
CHAPTERS = notebooks(ROOT)
CODE_LINK = "a.sphinx-codeautolink-a"

every_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
in_both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


def named_in(source: str) -> set[str]:
    """Return the full names of the helpers that code imports, and of what it takes from them."""
    trees = [node for node in ast.walk(ast.parse(source)) if hasattr(node, "lineno")]
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in trees
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "helpers"
        for alias in node.names
    }
    taken = {
        f"{imported[node.value.id]}.{node.attr}"
        for node in trees
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and inspect.ismodule(found(imported.get(node.value.id, "")))
    }
    return {*imported.values(), *taken}


@cache
def found(name: str) -> object:
    """Return the module, function, class or constant of a full name; None if there is none."""
    module, _, last = name.rpartition(".")
    if not module:
        return None
    parent = importlib.import_module(module)
    return getattr(parent, last, None) or importlib.import_module(name)


def anchor(name: str) -> str:
    """Return the place of an entry on the page: a class stands under the module that defines it."""
    thing = found(name)
    if inspect.ismodule(thing):
        return f"module-{name}"
    if inspect.isclass(thing):
        return f"{thing.__module__}.{thing.__qualname__}"
    return name


@cache
def named_by(chapter: Path) -> set[str]:
    """Return the full names of the helpers that a chapter's code names, where the page shows it."""
    cells = nbformat.read(chapter, as_version=4).cells
    shown = [
        cell.source
        for cell in cells
        if cell.cell_type == "code" and "remove-input" not in cell.metadata.get("tags", [])
    ]
    return named_in("\n".join(shown))


def built(chapter: Path) -> Path:
    """Return the page of a chapter."""
    return (HTML / chapter.relative_to(ROOT)).with_suffix(".html")


def target(path: Path, link: Tag) -> tuple[Path, str]:
    """Return the file and the anchor that a link of a page leads to."""
    parts = urlsplit(text_of(link, "href"))
    return (path.parent / unquote(parts.path)).resolve() if parts.path else path, parts.fragment


def entries() -> list[Tag]:
    """Return the heads of all entries, without those of fields and methods."""
    return tree(HELPERS).select("article section > dl.py > dt")


def source_pages() -> list[Path]:
    """Return the pages that show source code."""
    return sorted((HTML / "_modules").rglob("*.html"))


def test_the_chapters_name_helpers() -> None:
    """The checks look at something."""
    assert len(set().union(*map(named_by, CHAPTERS))) > 40
    assert named_in(
        "from helpers import plots\nfrom helpers.model import seq2seq as made\nimport numpy as np\n"
        "plots.states(np.zeros(3))\nmade.name"
    ) == {"helpers.plots", "helpers.model.seq2seq", "helpers.plots.states"}


@every_chapter
def test_every_helper_that_a_chapter_names_has_an_entry(chapter: Path) -> None:
    """Each module has its place on the page, each function, class and constant its own."""
    missing = {name for name in named_by(chapter) if not tree(HELPERS).find(id=anchor(name))}
    assert missing == set()


@every_chapter
def test_every_helper_that_a_chapter_names_is_a_link_to_its_entry(chapter: Path) -> None:
    """From the code of a chapter to the page of the helpers."""
    path = built(chapter)
    linked = {target(path, link) for link in tree(path).select(f".cell_input {CODE_LINK}")}
    wanted = {(HELPERS, anchor(name)): name for name in named_by(chapter)}
    assert {name for place, name in wanted.items() if place not in linked} == set()


@every_chapter
def test_every_entry_says_that_a_chapter_uses_it(chapter: Path) -> None:
    """And back again: to the section of the chapter in which it is first used."""
    for name in named_by(chapter):
        head = tree(HELPERS).find(id=anchor(name))
        if isinstance(head, Tag) and head.name == "dt":
            body = head.find_next_sibling("dd")
            assert isinstance(body, Tag)
            line = next(p for p in body.find_all("p") if p.get_text().startswith("Used in: "))
            assert built(chapter) in [target(HELPERS, link)[0] for link in line.select("a")], name


def test_each_group_is_a_module_and_says_what_it_is_for() -> None:
    """In front of its entries stands a sentence, with a link to where it is used."""
    sections = tree(HELPERS).select("article section section")
    assert len(sections) > 10
    pages = {built(chapter) for chapter in CHAPTERS}
    for section in sections:
        assert importlib.import_module(f"helpers.{text_of(section, 'id').replace('-', '_')}")
        sentence = section.select_one("h2 ~ p")
        assert sentence is not None and section.select_one("h2 ~ p ~ dl.py")
        assert pages & {target(HELPERS, link)[0] for link in sentence.select("a")}


def test_every_entry_leads_to_its_code() -> None:
    """The page of the source is there, and so is the definition in it."""
    heads = entries()
    assert len(heads) > 40
    methods = tree(HELPERS).select("article dl.py.method > dt")
    assert len(methods) > 2
    for head in [*heads, *methods]:
        link = head.select_one("a:has(> .viewcode-link)")
        assert link is not None, head.get_text()
        path, name = target(HELPERS, link)
        block = tree(path).find(id=name)
        assert block is not None, text_of(link, "href")
        last = re.escape(name.rpartition(".")[2])
        assert re.search(rf"^ *(def|class) {last}\b|^{last}: ", block.get_text(), re.MULTILINE)


def test_signatures_and_fields_are_short() -> None:
    """No name of a type says where it comes from, and no sentence is taken for a type."""
    for head in tree(HELPERS).select("article dl.py > dt"):
        assert not re.search(r"[a-z]\.[A-Za-z_]|<", head.get_text()), head.get_text()
    fields = {field.get_text() for field in tree(HELPERS).select("dl.field-list > dt")}
    assert fields == {"Parameters:", "Returns:", "Raises:"}


def test_no_link_in_code_leaves_the_site() -> None:
    """Each leads to a place in a page of the book."""
    seen = 0
    for path in HTML.rglob("*.html"):
        if "_static" not in path.parts:
            for link in tree(path).select(".highlight a"):
                parts = urlsplit(text_of(link, "href"))
                file, name = target(path, link)
                assert not parts.scheme and not parts.netloc, link
                assert file.is_file() and tree(file).find(id=name), link
                seen += 1
    assert seen > 300


@every_chapter
def test_a_variable_is_no_link(chapter: Path) -> None:
    """What code binds is no name of a helper, though it may hold what a helper returned."""
    for link in tree(built(chapter)).select(f".cell_input {CODE_LINK}"):
        last = text_of(link, "href").rpartition("#")[2].removeprefix("module-")
        assert last.rpartition(".")[2] == link.get_text().rpartition(".")[2]


def test_source_pages_are_pages_of_the_book() -> None:
    """They have a title, need nothing from elsewhere, and lead back to the entries."""
    assert len(source_pages()) > 10
    for path in source_pages():
        heading = tree(path).select_one("article h1")
        title = tree(path).title
        assert heading is not None and heading.get_text().strip()
        assert title is not None and title.get_text().strip()
        assert loaded_from_elsewhere(tree(path)) == []


def test_the_search_finds_entries_and_no_source_code() -> None:
    """Who searches for a word wants the book; who searches for a helper, its entry."""
    index = (HTML / "searchindex.js").read_text(encoding="utf-8")
    assert "chapters/helpers" in index and "greedy" in index
    assert "_modules" not in index


@in_both_schemes
def test_a_link_looks_like_the_code_around_it(
    scheme: Literal["light", "dark"], site: str, browser: Browser
) -> None:
    """Only the dots below it tell it apart, until the pointer or the keyboard is there."""
    with browser.new_page(color_scheme=scheme) as page:
        open_page(page, f"{site}chapters/decoder.html")
        link = page.locator(CODE_LINK, has_text=re.compile("^decoding.trace$")).first
        for part, alike in ((link, "pre"), (link.locator(".n").first, "pre > .n")):
            other = page.locator(f".cell_input {alike}").first
            colour = other.evaluate("it => getComputedStyle(it).color")
            expect(part).to_have_css("color", colour)
        expect(link).to_have_css("text-decoration-style", "dotted")
        link.hover()
        expect(link).to_have_css("text-decoration-style", "solid")
        page.mouse.move(0, 0)
        link.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        expect(link).to_have_css("outline", re.compile("solid 3px"))
        page.keyboard.press("Enter")
        page.wait_for_url(f"{site}chapters/helpers.html#helpers.decoding.trace")


def test_the_copy_button_copies_plain_code(site: str, browser: Browser) -> None:
    """What a reader pastes is what the notebook holds."""
    chapter = ROOT / "chapters/decoder.ipynb"
    cells = nbformat.read(chapter, as_version=4).cells
    with browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        open_page(page, f"{site}chapters/decoder.html")
        cell = page.locator(".cell_input", has=page.locator(CODE_LINK, has_text="decoder_input"))
        cell.first.hover()
        cell.first.locator("button.copybtn").click()
        expect(cell.first.locator("button.copybtn.success")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
    assert copied in [cell.source for cell in cells]
    assert "decoder_input" in copied


@pytest.mark.parametrize(
    "place",
    ["chapters/helpers.html#helpers.decoding.greedy", "_modules/helpers/decoding.html#greedy"],
)
def test_a_place_that_a_link_leads_to_can_be_read(place: str, site: str, browser: Browser) -> None:
    """It is marked, keeps its contrast, and fits into a narrow page."""
    with browser.new_page(color_scheme="light") as page:
        open_page(page, f"{site}{place}")
        expect(page.locator(":target")).to_have_css("box-shadow", re.compile("rgb"))
        check_with_axe(page, ":target")
        resize(page, 360)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
