"""Every page of the site in a browser: from a server, from the disk, zoomed, dark, on paper."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from bookbuild import fonts
from tests.browser import (
    end_composition,
    executable,
    framed,
    only_http,
    open_page,
    resize,
    settle,
    wait_until,
    watch,
)
from tests.files import HTML, tree
from tests.oldest_browsers import TAKE_AWAY
from tests.test_scripts import PAGES

CODE_PAGE = "_modules/helpers/decoding.html"
"""One of the pages of code, which are all of one make."""
every_page = pytest.mark.parametrize(
    "name", [name for name in PAGES if "_modules/helpers/" not in name or name == CODE_PAGE]
)

ZOOMS = ((640, "100%"), (320, "100%"), (1280, "200%"), (640, "200%"))
"""Widths, and sizes of letters: 640 is a window of 1280 at 200 %, 320 one at 400 %."""
BOOK_FONTS = {"Book Serif", "Book Sans", "Book Korean", "Book Math"}
FONTS = {
    ("Book Serif", False, False): "serif",
    ("Book Serif", True, False): "serif-bold",
    ("Book Serif", False, True): "serif-italic",
    ("Book Sans", False, False): "sans",
    ("Book Sans", True, False): "sans-bold",
    ("Book Sans", True, True): "sans-bold",  # slanted by the browser
    ("Book Sans", False, True): "sans",
}
"""The font that shows a family, bold or not and italic or not."""

# Notes what happens from the first moment of a page.
NOTE = """
    window.seen = { shifts: [], themes: [], violations: [] };
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput } of list.getEntries())
            if (!hadRecentInput) seen.shifts.push(value);
    }).observe({ type: "layout-shift", buffered: true });
    document.addEventListener("securitypolicyviolation", (event) =>
        seen.violations.push([event.effectiveDirective, event.blockedURI]));
    new MutationObserver(() => {
        const theme = document.documentElement?.dataset.theme;
        if (theme !== seen.themes.at(-1)) seen.themes.push(theme);
    }).observe(document, { attributes: true, childList: true, subtree: true });
    window.print = () => { seen.printed = (seen.printed ?? 0) + 1; };
    Element.prototype.requestFullscreen = async function () { seen.full = this.tagName; };
"""
# The letters that are seen, by the families, the weight and the style in which they are asked for.
LETTERS = """() => {
    const found = {};
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (!parentElement.checkVisibility()) continue;
        const { fontFamily, fontStyle, fontWeight } = getComputedStyle(parentElement);
        const [bold, italic] = [Number(fontWeight) >= 500, fontStyle === "italic"];
        const asked = JSON.stringify([fontFamily, bold, italic]);
        for (const letter of data) (found[asked] ??= new Set()).add(letter);
    }
    return Object.entries(found).map(([asked, letters]) => [...JSON.parse(asked), [...letters]]);
}"""
# By how much a page is too wide, and what of its header is not to be seen in full.
CUT_OFF = """() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    const header = document.querySelector(".bd-header-article");
    const parts = [...(header?.querySelectorAll("a, button, p") ?? [])]
        .filter((it) => it.checkVisibility())
        .filter((it) => {
            const { left, right, top } = it.getBoundingClientRect();
            if (left < -0.5 || right > window.innerWidth + 0.5 || top < -0.5) return true;
            const [x, y] = [(left + right) / 2, it.getBoundingClientRect().y + it.offsetHeight / 2];
            return !it.contains(document.elementFromPoint(x, y));
        })
        .map((it) => it.outerHTML);
    return [...(wide > 0 ? [`the page, by ${wide}`] : []), ...parts];
}"""
# What moves, if only for a moment.
MOVING = """() => [...document.querySelectorAll("*")].flatMap((element) =>
    [null, "::before", "::after"]
        .map((part) => getComputedStyle(element, part))
        .filter((style) => /[1-9]/.test(style.transitionDuration + style.animationDuration))
        .map((style) => `${element.tagName}.${element.className} ${style.transitionDuration}`))"""
# The colours of code and of what is below it, by the classes of the parts.
CODE = """() => Object.fromEntries([...document.querySelectorAll("div.highlight :is(pre, span)")]
    .map((it) => [it.className || it.tagName, getComputedStyle(it).color]))"""
# What would have to be scrolled, in which paper is no good.
CUT_ON_PAPER = """() => [...document.querySelectorAll("pre, table, figure, .formula, .book-widget")]
    .filter((it) => it.checkVisibility() && getComputedStyle(it).overflowX !== "visible")
    .filter((it) => it.scrollWidth > it.clientWidth + 1)
    .map((it) => it.outerHTML.slice(0, 300))"""
VISIBLE = " >> visible=true"
# What no paper has a use for.
ONLY_ON_SCREEN = (
    ".bd-header",
    ".bd-header-article",
    ".bd-sidebar-primary",
    ".bd-sidebar-secondary",
    ".bd-footer",
    ".copybtn",
    ".headerlink",
    ".prev-next-area",
    ".skip-link",
    ".toggle-button",
    ".trail",
    "#pst-back-to-top",
    "details.hide:not([open])",
)


@dataclass
class Visit:
    """A page that has been opened, and what has gone wrong with it since."""

    page: Page
    faults: list[str]

    def seen(self, what: str) -> Any:
        """Return what the page has noted."""
        return self.page.evaluate(f"seen.{what}")


@dataclass
class Look:
    """What a look at a page has shown."""

    faults: list[str]
    violations: list[list[str]]
    shifts: list[float]
    fonts: dict[str, set[str]]
    letters: list[tuple[list[str], bool, bool, set[str]]]
    moving: list[str] = field(default_factory=list)
    moving_less: list[str] = field(default_factory=list)
    cut_off: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    on_paper: list[str] = field(default_factory=list)


Visitor = Callable[..., Visit]
"""Takes the name of a page, where it is, and options of the browser; gives a visit."""
Looker = Callable[..., Look]
"""Takes the name of a page, where it is, and the width of the window; gives a look."""


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visitor]:
    """Open pages, each as a reader does who has never been there; close them at the end."""
    contexts = []

    def visit(name: str, base: str = "", width: int = 1280, **options: Any) -> Visit:
        base = base or site
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(TAKE_AWAY + NOTE)
        opened = Visit(page, watch(page, base))
        open_page(page, base + name)
        return opened

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def looks() -> dict[tuple[str, str, int], Look]:
    """What has been looked at already."""
    return {}


@pytest.fixture
def look(looks: dict[tuple[str, str, int], Look], site: str, visit: Visitor) -> Looker:
    """Look at pages, at each once."""

    def look(name: str, base: str = "", width: int = 1280) -> Look:
        where = (name, base or site, width)
        if where not in looks:
            closely = where == (name, site, 1280)
            looks[where] = look_at(visit(*where), closely)
        return looks[where]

    return look


def look_at(opened: Visit, closely: bool) -> Look:
    """Look at a page that has been opened: as it is; closely, also still, zoomed, on paper."""
    page = opened.page
    states: dict[str, set[str]] = {}
    for family, state in page.evaluate("[...document.fonts].map((it) => [it.family, it.status])"):
        states.setdefault(state, set()).add(family.strip('"'))
    letters = [
        ([name.strip(' "') for name in families.split(",")], bold, italic, set(found))
        for families, bold, italic, found in page.evaluate(LETTERS)
    ]
    seen = Look(opened.faults, opened.seen("violations"), opened.seen("shifts"), states, letters)
    if closely:
        seen.moving = page.evaluate(MOVING)
        page.emulate_media(reduced_motion="reduce")
        seen.moving_less = page.evaluate(MOVING)
        page.emulate_media(reduced_motion="no-preference")
        for width, size in ZOOMS:
            resize(page, width)
            assert zoomed(page, size) == [size, width]
            seen.cut_off[width, size] = page.evaluate(CUT_OFF)
        resize(page, 643)  # a sheet of paper within its margins
        zoomed(page, "")
        seen.on_paper = wrong_on_paper(page)
    return seen


def zoomed(page: Page, size: str) -> Any:
    """Let the letters of a page have another size; return it, and the width of the window."""
    now = page.evaluate(
        "(size) => [document.documentElement.style.fontSize = size, innerWidth]", size
    )
    settle(page)
    return now


def wrong_on_paper(page: Page) -> list[str]:
    """Print a light page, dark by then, and look at it again on the screen: what is wrong."""
    theme = page.locator("html")
    themed = not page.url.endswith("404.html")
    light = page.evaluate(CODE)
    page.emulate_media(color_scheme="dark")
    if themed:
        expect(theme).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(CODE)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    seen = [selector for selector in ONLY_ON_SCREEN if page.locator(selector + VISIBLE).count()]
    right = {
        "code has one colour for light and dark": light != dark or not light,
        "code is not printed in light colours": page.evaluate(CODE) == light,
        "the title is not there": page.locator("h1" + VISIBLE).count() == 1,
        "the page is too wide": page.evaluate("document.documentElement.scrollWidth") <= 643,
        "the theme is not light": not themed or theme.get_attribute("data-theme") == "light",
    }
    cut = page.evaluate(CUT_ON_PAPER)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    right["it stays light"] = not themed or theme.get_attribute("data-theme") == "dark"
    page.emulate_media(media="screen")
    right["code stays light"] = page.evaluate(CODE) == dark
    return seen + cut + [wrong for wrong, holds in right.items() if not holds]


@cache
def held(name: str) -> frozenset[str]:
    """Return the letters of a font of the site."""
    with TTFont(HTML / fonts.FOLDER / f"{name}.woff2") as font:
        return frozenset(map(chr, font.getBestCmap()))


@cache
def to_be_had(name: str) -> frozenset[str]:
    """Return the letters of the font that a font of the site is cut out of."""
    with TTFont(fonts.source(name)) as font:
        return frozenset(map(chr, font.getBestCmap()))


def squeezed(text: str) -> str:
    """Return a text without spaces, and without the dots that say that it goes on."""
    return re.sub(r"\s+", "", text).strip(".")


@cache
def text_of(name: str) -> str:
    """Return the text of the article of a page."""
    page = BeautifulSoup((HTML / name).read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article")
    assert article is not None
    for left_out in article.select(".headerlink, .trail, summary, script, style, svg, div.math"):
        left_out.extract()
    return article.get_text()


# Each page, by itself.


@every_page
def test_a_page_needs_nothing_but_the_site(name: str, base: str, look: Looker) -> None:
    """It asks for what is there, logs no error, and forbids itself nothing that it wants."""
    seen = look(name, base)
    assert seen.faults == []
    assert seen.violations == []


@every_page
def test_a_page_is_shown_in_the_fonts_of_the_book(name: str, base: str, look: Looker) -> None:
    """All that it asks for have come; the page for what is not there does without."""
    seen = look(name, base)
    shown = {families[0] for families, *_ in seen.letters}
    if name == "404.html":
        assert seen.fonts == {} and not shown & BOOK_FONTS
    else:
        assert {"Book Sans", "Book Serif"} <= shown
        assert shown & BOOK_FONTS <= seen.fonts["loaded"]
        assert not seen.fonts.get("error", set()) & BOOK_FONTS


@every_page
def test_every_letter_is_in_the_font_that_shows_it(name: str, look: Looker) -> None:
    """Serif or sans, bold or italic, Korean, formulas; or no font of the book can have it."""
    seen = look(name)
    assert seen.letters
    for families, bold, italic, letters in seen.letters:
        korean = {letter for letter in letters if "가" <= letter <= "힣"}
        wanted = {letter for letter in letters if letter.isprintable()} - korean
        if name != "404.html":
            assert not korean or "Book Korean" in families
            assert korean <= held("korean")
        if families[0] == "Book Math":
            assert wanted - held("math") <= {"\N{FUNCTION APPLICATION}"}
        elif families[0] in BOOK_FONTS:
            font = FONTS[families[0], bold, italic]
            assert wanted - held(font) == wanted - to_be_had(font), font
            assert wanted - held(font) <= {"\N{BALLOT X}", "\N{CHECK MARK}"}, font


@every_page
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_a_page_loads(name: str, width: int, look: Looker) -> None:
    """What is read stays where it is when scripts, fonts and widgets come."""
    shifts = look(name, width=width).shifts
    assert sum(shifts) < 0.05, shifts


@every_page
@pytest.mark.parametrize("zoom", ZOOMS, ids=str)
def test_a_page_zoomed_or_with_large_letters_fits(
    name: str, zoom: tuple[int, str], look: Looker
) -> None:
    """No page scrolls sideways, and nothing in its header is cut off."""
    assert look(name).cut_off[zoom] == []


@every_page
def test_who_asks_for_less_motion_gets_none(name: str, look: Looker) -> None:
    """No part of a page takes its time to change; otherwise some do."""
    seen = look(name)
    assert seen.moving or name == "404.html"
    assert seen.moving_less == []


@every_page
def test_a_page_on_paper(name: str, look: Looker) -> None:
    """Its text is there, with its title, in light colours; all that is for a screen is gone."""
    assert look(name).on_paper == []


@pytest.mark.parametrize("name", PAGES)
def test_korean_words_are_said_to_be_korean(name: str) -> None:
    """So a voice reads them as what they are; no English word is among them."""
    page = tree(HTML / name)
    for text in page.find_all(string=re.compile("[가-힣]")):
        assert text.parent is not None
        if text.parent.name not in {"pre", "script", "title"}:
            assert text.parent.get("lang") == "ko", text
            assert re.fullmatch(r"[가-힣]+( [가-힣]+)*", text), text
    for marked in page.select("[lang=ko]"):
        assert marked.name == "span" and marked.find_parent("svg") is None


def test_the_glossary_has_korean_words() -> None:
    """The check above looks at something."""
    page = (HTML / "chapters/glossary.html").read_text(encoding="utf-8")
    assert page.count('<span lang="ko">') > 30


# What pages do.


def test_a_page_lets_nothing_in_from_elsewhere(base: str, visit: Visitor) -> None:
    """Whatever is put into it: pictures, scripts, styles, fonts, frames, forms and requests."""
    opened = visit("chapters/encoder.html", base)
    page, asked = opened.page, []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="", headers={"Access-Control-Allow-Origin": "*"})

    page.route("https://elsewhere.example/**", answer)
    page.evaluate(
        """() => {
            const elsewhere = "https://elsewhere.example/";
            const add = (name, properties) =>
                document.body.append(Object.assign(document.createElement(name), properties));
            add("img", { src: `${elsewhere}a.png` });
            add("script", { src: `${elsewhere}a.js` });
            add("link", { rel: "stylesheet", href: `${elsewhere}a.css` });
            add("iframe", { src: `${elsewhere}a.html` });
            add("style", { textContent: `@font-face { font-family: a; src: url(${elsewhere}a.woff) }
                body { font-family: a !important; }` });
            add("form", { id: "form", action: `${elsewhere}form` });
            document.querySelector("#form").submit();
            return fetch(`${elsewhere}a.json`).catch(() => {});
        }"""
    )
    wanted = {
        *(("img-src", "script-src-elem", "style-src-elem", "frame-src", "font-src")),
        *(("form-action", "connect-src")),
    }
    # Playwright's own way to wait needs what the page forbids.
    wait_until(page, lambda: {kind for kind, _ in opened.seen("violations")} >= wanted)
    assert {kind for kind, _ in opened.seen("violations")} == wanted
    assert asked == []


@only_http
def test_without_the_policy_they_would_come_in(base: str, browser: Browser) -> None:
    """The check above sees what a page asks for, if nothing forbids it."""
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="")

    html = (HTML / "chapters/encoder.html").read_text(encoding="utf-8")
    html, policies = re.subn(r'<meta content="default-src[^>]*>', "", html)
    assert policies == 1
    with browser.new_page() as page:
        page.route("https://elsewhere.example/**", answer)
        page.route(f"{base}chapters/free.html", lambda route: route.fulfill(body=html))
        page.goto(f"{base}chapters/free.html")
        page.evaluate("""() => new Promise((done) => {
            const picture = new Image();
            picture.onload = picture.onerror = done;
            picture.src = "https://elsewhere.example/a.png";
        })""")
    assert asked == ["https://elsewhere.example/a.png"]


@pytest.mark.parametrize(
    ("words", "pages"),
    [
        ("padding", ["chapters/glossary.html#term-padding", "chapters/encoder.html"]),
        ("teacher forcing", ["chapters/decoder.html#teacher-forcing"]),
        ("GRU", ["chapters/glossary.html#term-GRU", "chapters/encoder.html"]),
        ("greedy", ["chapters/decoder.html"]),
        ("logits", ["chapters/glossary.html#term-logits", "chapters/decoder.html"]),
        ("learning rate", ["chapters/glossary.html#term-learning-rate", "chapters/better.html"]),
        ("임베딩", ["chapters/glossary.html"]),
        ("디코더", ["chapters/glossary.html"]),
        ("seq2seq", ["chapters/implementation.html"]),
    ],
)
def test_what_a_reader_looks_for_is_found(
    words: str, pages: list[str], base: str, visit: Visitor
) -> None:
    """Among the first results; below each stands a piece of the text, if a page may read others.

    Of a helper it is said instead what it is.
    """
    opened = visit(f"search.html?q={quote(words)}", base)
    page = opened.page
    expect(page.locator(".search-summary")).to_have_text(re.compile("Search finished, found [1-9]"))
    results = page.locator("ul.search > li")
    helpers = results.filter(has_text=re.compile(r"\(Python "))
    links = [str(link.get_attribute("href")) for link in results.locator("> a").all()]
    found = [f"{urlsplit(link).path}#{urlsplit(link).fragment}".rstrip("#") for link in links]
    assert {*pages} <= {*found[:5]}
    pieces = results.locator("p.context")
    if base.startswith("file:"):
        assert pieces.count() == 0
    else:
        expect(pieces).to_have_count(len(found) - helpers.count())
        with_pieces = results.filter(has=page.locator("p.context"))
        for result in with_pieces.all():
            link = str(result.locator("> a").get_attribute("href"))
            piece = result.locator("p.context").inner_text()
            name = urlsplit(link).path
            assert len(piece) > 40, link
            assert squeezed(piece) in squeezed(text_of(name)), link
    assert opened.faults == [] and opened.seen("violations") == []


@only_http
def test_a_result_for_a_term_says_what_it_means(base: str, visit: Visitor) -> None:
    """Not only the term again; the marks of the theme are not in the pieces."""
    opened = visit("search.html?q=padding", base)
    result = opened.page.locator("ul.search > li", has=opened.page.locator("a[href*=term-padding]"))
    expect(result.locator("p.context")).to_contain_text("Korean")
    expect(opened.page.locator("ul.search")).not_to_contain_text("code cell source")


@pytest.mark.parametrize("address", ["gone.html", "chapters/gone/deeper/gone.html", "no/such/"])
def test_an_unknown_address(address: str, site: str, browser: Browser) -> None:
    """The server says that nothing is there, and the page leads on from wherever it stands."""
    with browser.new_page() as page:
        faults = watch(page, site)
        response = page.goto(f"{site}{address}")
        assert response is not None and response.status == 404
        assert page.locator("h1").inner_text() == "This page is not here"
        of_the_page_itself = [fault for fault in faults if "404" in fault]
        assert faults == of_the_page_itself and len(faults) <= 2
        targets = page.evaluate(
            "[...document.links, ...document.forms].map((it) => it.href ?? it.action)"
        )
        assert len(targets) >= 7
        for target in targets:
            assert page.request.get(target).ok, target
        page.get_by_role("link").first.click()
        expect(page.locator("article h1")).to_contain_text("Embeddings")
        page.wait_for_load_state("networkidle")
        page.go_back()
        assert [fault for fault in faults if "404" not in fault] == []
        page.get_by_label("look for a word").fill("padding")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url(f"{site}search.html?q=padding")


def test_the_page_for_what_is_not_there_works_from_the_disk(visit: Visitor) -> None:
    """Its links lead to files that are there."""
    opened = visit("404.html", f"{HTML.as_uri()}/")
    targets = opened.page.evaluate(
        "[...document.links, ...document.forms].map((it) => it.href ?? it.action)"
    )
    paths = [Path(url2pathname(urlsplit(target).path)) for target in targets]
    assert len(paths) >= 7
    assert [path for path in paths if not path.is_file() or HTML not in path.parents] == []
    opened.page.get_by_role("link").first.click()
    expect(opened.page.locator("article h1")).to_contain_text("Embeddings")
    assert opened.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_thing_drawn_has_the_right_colours(
    scheme: Literal["light", "dark"], base: str, visit: Visitor
) -> None:
    """The theme is known before any script file is there, and it is never the other one."""
    opened = visit("chapters/encoder.html", base, color_scheme=scheme)
    assert [theme for theme in opened.seen("themes") if theme not in ("auto", None)] == [scheme]
    opened.page.route("**/*.js*", lambda route: route.abort())
    opened.page.reload()
    assert opened.page.evaluate("typeof DOCUMENTATION_OPTIONS") == "undefined"
    assert opened.page.locator("html").get_attribute("data-theme") == scheme


@pytest.mark.parametrize(("chosen", "scheme"), [("dark", "light"), ("light", "dark")])
def test_what_a_reader_has_chosen_is_kept(
    chosen: str, scheme: Literal["light", "dark"], visit: Visitor
) -> None:
    """On the next page as well, whatever the system has; from its first moment on."""
    opened = visit("chapters/encoder.html", color_scheme=scheme)
    button = opened.page.locator(".theme-switch-button").first
    for _ in range(3):
        button.click()
        if opened.page.locator("html").get_attribute("data-mode") == chosen:
            break
    opened.page.locator("a.right-next").click()
    expect(opened.page.locator("article h1")).to_contain_text("Decoder")
    assert [theme for theme in opened.seen("themes") if theme not in ("auto", None)] == [chosen]
    assert opened.faults == []


@pytest.fixture(params=["cookies", "frame"])
def storeless(
    request: pytest.FixtureRequest, browser: Browser, site: str, tmp_path: Path
) -> Iterator[Callable[[str], FrameLocator | Page]]:
    """Show pages where nothing may be stored: to a reader who blocks cookies, or in a frame."""
    preferences = tmp_path / "Default/Preferences"
    preferences.parent.mkdir()
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    preferences.write_text(json.dumps(blocked), encoding="utf-8")
    context = (
        browser.browser_type.launch_persistent_context(
            tmp_path, executable_path=executable(), args=["--no-sandbox"]
        )
        if request.param == "cookies"
        else browser.new_context()
    )
    page = context.new_page()
    page.add_init_script(
        "try { window.was = typeof localStorage; } catch (error) { window.was = error.name; }"
    )
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def show(name: str) -> FrameLocator | Page:
        shown: FrameLocator | Page
        if request.param == "frame":
            shown = framed(page, site + name)
        else:
            page.goto(site + name)
            shown = page
        assert shown.locator("html").evaluate("() => window.was") == "SecurityError"
        return shown

    yield show
    assert errors == []
    context.close()


def test_where_nothing_is_stored_a_search_finds_the_same(
    storeless: Callable[[str], FrameLocator | Page], visit: Visitor
) -> None:
    """Also one that begins in the field of a page."""
    results = "ul.search > li > a"
    finished = re.compile("^Search finished, found [1-9]")
    usual = visit("search.html?q=padding").page
    expect(usual.locator(".search-summary")).to_have_text(finished)
    wanted = usual.locator(results).all_inner_texts()
    shown = storeless("search.html?q=padding")
    expect(shown.locator(".search-summary")).to_have_text(finished)
    assert shown.locator(results).all_inner_texts() == wanted
    shown = storeless("chapters/encoder.html")
    shown.locator(".search-button-field").click()
    field = shown.locator("dialog input[name=q]")
    field.fill("padding")
    field.press("Enter")
    expect(shown.locator(".search-summary")).to_have_text(finished)
    assert shown.locator(results).all_inner_texts() == wanted


def test_where_nothing_is_stored_a_page_becomes_light_and_dark(
    storeless: Callable[[str], FrameLocator | Page],
) -> None:
    """The button goes through all three, again and again."""
    shown = storeless("chapters/encoder.html")
    button = shown.locator(".theme-switch-button").first
    modes = []
    for _ in range(6):
        button.click()
        modes.append(str(shown.locator("html").get_attribute("data-mode")))
    assert set(modes[:3]) == {"auto", "light", "dark"}
    assert modes[3:] == modes[:3]


def test_a_store_that_is_full_or_not_there_does_no_harm(browser: Browser, site: str) -> None:
    """As in windows that keep nothing, and in programs that show pages."""
    for broken in (
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };",
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { value: null, configurable: true });",
    ):
        with browser.new_page() as page:
            page.add_init_script(broken)
            faults = watch(page, site)
            page.goto(f"{site}search.html?q=padding")
            expect(page.locator(".search-summary")).to_have_text(re.compile("found [1-9]"))
            assert faults == []


@only_http
def test_enter_that_ends_a_composition_does_not_search_yet(base: str, visit: Visitor) -> None:
    """Korean words are typed so."""
    opened = visit("search.html", base)
    field = opened.page.locator("article input[name=q], .bd-search-container input[name=q]").first
    field.fill("임베딩")
    end_composition(opened.page)
    assert opened.page.url == f"{base}search.html"
    field.press("Enter")
    expect(opened.page.locator(".search-summary")).to_have_text(re.compile("found [1-9]"))
    assert opened.page.url == f"{base}search.html?q={quote('임베딩')}"
    field.fill("padding")
    field.press("Enter")
    opened.page.wait_for_url(f"{base}search.html?q=padding")
    assert opened.faults == []


def test_in_a_frame_without_forms_the_page_for_what_is_not_there_searches(
    browser: Browser, site: str
) -> None:
    """With its button, and with Enter."""
    for act in ("button", "input"):
        with browser.new_page() as page:
            shown = framed(page, f"{site}gone.html")
            shown.locator("input").fill("padding")
            shown.locator(act).press("Enter")
            expect(shown.locator(".search-summary")).to_have_text(re.compile("found [1-9]"))


def test_where_no_screen_can_be_filled_no_button_offers_it(browser: Browser, site: str) -> None:
    """As on telephones, and in frames that may not."""
    with browser.new_page() as page:
        shown = framed(page, f"{site}chapters/encoder.html")
        expect(shown.locator(".theme-switch-button").first).to_be_visible()
        expect(shown.locator(".btn-fullscreen-button")).to_have_count(0)


def test_the_buttons_for_paper_and_for_the_whole_screen(base: str, visit: Visitor) -> None:
    """They do what is written on them, also when the icon in them is what is hit."""
    opened = visit("chapters/encoder.html", base)
    page = opened.page
    page.locator(".dropdown-download-buttons > button").click()
    page.locator(".btn-download-pdf-button .btn__text-container").click()
    assert opened.seen("printed") == 1
    page.locator(".btn-fullscreen-button i").click()
    assert opened.seen("full") == "HTML"
    page.locator("article h1").click()
    assert (opened.seen("printed"), opened.seen("full")) == (1, "HTML")
    assert opened.faults == []


@only_http
def test_the_browser_itself_prints_in_light(base: str, visit: Visitor) -> None:
    """It tells the page before and after it prints; a dark page is dark again."""
    opened = visit("chapters/encoder.html", base, color_scheme="dark")
    assert opened.page.pdf().startswith(b"%PDF")
    assert [theme for theme in opened.seen("themes") if theme not in ("auto", None)] == [
        "dark",
        "light",
        "dark",
    ]
