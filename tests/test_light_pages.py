"""The built pages in a browser: light, without errors, and accessible, on a desk and on a phone."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from gzip import compress

import pytest
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, Page, Request, expect

from bookbuild.build import ROOT, documents
from tests.axe import (
    DESK,
    PHONE,
    check_with_axe,
    found_by_axe,
    found_in_sizes,
    found_in_the_dark_and_on_a_phone,
)
from tests.browser import open_page, resize, settle, wait_until, watch
from tests.files import HTML

DOCUMENTS = documents(ROOT)
PAGES = [*DOCUMENTS, "search", "genindex", "_modules/index", "_modules/helpers/decoding"]
LIMIT = 250 * 1024  # bytes, all that a page transfers
WIDGET_LIMIT = 60 * 1024  # bytes, what its widgets add to it

every_page = pytest.mark.parametrize("document", PAGES)

# The icons on a page: what stands before or after an element in a font for icons.
ICONS = """() => [...document.querySelectorAll("*")].flatMap((element) =>
    ["::before", "::after"]
        .map((part) => getComputedStyle(element, part))
        .filter((style) => style.fontFamily.includes("Font Awesome"))
        .flatMap((style) => [...style.content.matchAll(/"(.)"/g)])
        .map(([_, icon]) => icon))"""
# Whether the element that has the focus, with all transitions over, is marked.
FOCUS = """() => {
    const element = document.activeElement;
    document.getAnimations().forEach((animation) => animation.finish());
    const style = getComputedStyle(element);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    return [element.outerHTML.slice(0, 200), outlined || style.boxShadow !== "none"];
}"""


@dataclass
class Visit:
    """What a reader's visit to a page has shown."""

    faults: list[str]
    sizes: dict[str, int]
    """What came over the wire before anything was done: bytes by address."""
    icons: set[int]
    axe: list[str]
    """What axe has found when the widgets are in use: on a desk, in the dark, on a phone."""


def visit(browser: Browser, site: str, document: str) -> Visit:
    """Open a page, use its widgets, and look at it."""
    with browser.new_page(viewport={"width": DESK, "height": 900}, color_scheme="light") as page:
        faults = watch(page, site)
        begun: list[Request] = []
        ended: list[Request] = []
        page.on("request", lambda request: begun.append(request))
        page.on("requestfinished", lambda request: ended.append(request))
        open_page(page, f"{site}{document}.html")
        wait_until(page, lambda: len(ended) == len(begun))
        sizes = {request.url: size_of(request) for request in ended}
        icons = {ord(icon) for icon in page.evaluate(ICONS)}
        assert page.locator("html").get_attribute("data-theme") == "light"
        use_widgets(page)
        axe = found_by_axe(page) + found_in_the_dark_and_on_a_phone(page)
        assert page.locator("html").get_attribute("data-theme") == "dark"
    return Visit(faults, sizes, icons, axe)


def size_of(request: Request) -> int:
    """Return how many bytes the answer to a request has, its head among them."""
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


def use_widgets(page: Page) -> None:
    """Let each widget of a page show all it has, and a complaint."""
    for late in page.locator(".live-widget[data-script]").all():
        late.scroll_into_view_if_needed()
        late.locator(".book-widget").wait_for()
    widgets = page.locator(".book-widget").all()
    for widget in widgets:
        for box in widget.get_by_role("checkbox").all():
            box.check()
        for field in widget.get_by_label("Problem", exact=True).all():
            for text in ("123+456", "wrong"):
                field.fill(text)
                field.press("Enter")
        for button in widget.get_by_role("button", name="Next", exact=True).all():
            button.click(click_count=2)
        for slider in widget.get_by_role("slider").all():
            slider.press("ArrowLeft")
    settle(page)


@pytest.fixture(scope="module")
def visited(browser: Browser, site: str) -> Callable[[str], Visit]:
    """Visit pages, each once."""
    return cache(lambda document: visit(browser, site, document))


@cache
def characters_of_fonts() -> frozenset[int]:
    """Return the numbers of the characters in the icon fonts that the pages load."""
    fonts = HTML.rglob("webfonts/*.woff2")
    return frozenset().union(*(TTFont(font).getBestCmap() or () for font in fonts))


@every_page
def test_page_is_light(document: str, visited: Callable[[str], Visit]) -> None:
    """All that comes over the wire counts: page, styles, scripts, fonts, pictures."""
    sizes = visited(document).sizes
    assert len(sizes) > 10
    assert sum(sizes.values()) <= LIMIT, sorted(sizes.items(), key=lambda item: -item[1])


@every_page
def test_page_makes_no_errors(document: str, visited: Callable[[str], Visit]) -> None:
    """Neither when it is loaded nor when its widgets are used."""
    assert visited(document).faults == []


@every_page
def test_axe_finds_nothing(document: str, visited: Callable[[str], Visit]) -> None:
    """Readers who see, hear or touch the page and its widgets differently can read it."""
    assert visited(document).axe == []


def test_axe_finds_nothing_around_a_page(site: str, browser: Browser) -> None:
    """All rules at each width and in either light, for what stands at the edges of every page."""
    with browser.new_page(viewport={"width": PHONE, "height": 900}, color_scheme="light") as page:
        open_page(page, f"{site}chapters/references.html")
        on_a_phone = found_by_axe(page)
        check_with_axe(page)  # it becomes wide, dark, and narrow again
        on_a_phone += found_by_axe(page)
        resize(page, DESK)
        assert on_a_phone + found_in_sizes(page) + found_by_axe(page) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_widgets_are_light(document: str) -> None:
    """All that the widgets of a page add to it at once, code and weights, is small."""
    page = (HTML / f"{document}.html").read_text(encoding="utf-8")
    has_widgets = 'class="live-widget"' in page
    late = set(re.findall(r'data-script="[^"]*?(_static/widgets/\w+\.js)', page))
    scripts = set(re.findall(r"_static/(?:widgets/\w+|live-widgets)\.js", page)) - late
    states = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    assert bool(scripts) == bool(states) == has_widgets
    parts = {name: (HTML / name).read_bytes() for name in scripts}
    parts |= {f"state {number}": state.encode() for number, state in enumerate(states)}
    sizes = {name: len(compress(content, compresslevel=6)) for name, content in parts.items()}
    assert sum(sizes.values()) <= WIDGET_LIMIT, sizes


def test_some_pages_have_widgets() -> None:
    """The check above looks at something."""
    pages = [(HTML / f"{document}.html").read_text(encoding="utf-8") for document in DOCUMENTS]
    assert sum('class="live-widget"' in page for page in pages) >= 3


@every_page
def test_every_icon_is_in_the_fonts(document: str, visited: Callable[[str], Visit]) -> None:
    """What the browser shows as an icon, the fonts have a drawing for."""
    icons = visited(document).icons
    assert len(icons) > 5
    assert icons <= characters_of_fonts(), [f"{icon:x}" for icon in icons - characters_of_fonts()]


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_focus_is_seen(width: int, site: str, browser: Browser) -> None:
    """Whoever moves with the keyboard sees where."""
    with browser.new_page(viewport={"width": width, "height": 900}) as page:
        open_page(page, f"{site}chapters/encoder.html")
        reached = set()
        while "right-next" not in page.evaluate("document.activeElement.className"):
            page.keyboard.press("Tab")
            element, seen = page.evaluate(FOCUS)
            assert seen, element
            reached.add(element)
        assert len(reached) > 40


@pytest.mark.parametrize("base", ["site", "file"])
def test_every_page_leads_to_the_search(base: str, site: str, browser: Browser) -> None:
    """The keyboard opens the field, and the page of results finds the word."""
    root = site if base == "site" else f"{HTML.as_uri()}/"
    with browser.new_page() as page:
        open_page(page, f"{root}chapters/training.html")
        page.keyboard.press("Control+k")
        page.keyboard.type("padding")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{root}search.html?q=padding")
        results = page.locator("#search-results ul.search a")
        results.first.wait_for()
        assert "encoder.html" in " ".join(str(link.get_attribute("href")) for link in results.all())


def test_the_small_things_of_a_page_work(site: str, browser: Browser) -> None:
    """Light and dark, hints, copying code, the list of pages: all that needs a script."""
    with browser.new_page(color_scheme="light") as page:
        open_page(page, f"{site}chapters/encoder.html")
        theme = page.locator("html")
        page.locator(".theme-switch-button").first.click()
        expect(theme).to_have_attribute("data-theme", "dark")
        hint = page.locator(".admonition.dropdown").first
        expect(hint).to_have_class(re.compile("toggle-hidden"))
        hint.locator("button").click()
        expect(hint).not_to_have_class(re.compile("toggle-hidden"))
        assert page.locator("button.copybtn").count() == page.locator("div.highlight pre").count()
        sidebar = page.locator("#pst-primary-sidebar")
        page.locator(".primary-toggle").first.click()
        expect(sidebar).to_have_class(re.compile("pst-sidebar-hidden"))


def test_formulas_are_aligned_and_a_wide_one_scrolls(site: str, browser: Browser) -> None:
    """Equal signs stand below each other; a phone moves the formula and not the page."""
    with browser.new_page(viewport={"width": 390, "height": 900}) as page:
        open_page(page, f"{site}chapters/encoder.html")
        formula = page.locator("#equation-eq-state .formula")
        signs = formula.locator("mo", has_text=re.compile("^=$")).all()
        places = [box["x"] for sign in signs if (box := sign.bounding_box())]
        assert len(places) == 2 and abs(places[0] - places[1]) < 1
        assert formula.evaluate("box => box.scrollWidth > box.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
