"""What keeps a reader out, as axe finds it: in light and dark, on a desk and on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import resize, settle

DESK, PHONE = 1280, 390
"""Widths in pixels."""
CONTRAST = "color-contrast"
"""The one rule that looks at colours. It takes most of the time."""
# No colour is on its way to another while it is looked at.
STILL = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { transition: none !important }");
    document.adoptedStyleSheets = [sheet];
}"""
# Hides the pieces of code that look like one before them, in which contrast is the same.
HIDE_ALIKE = """() => {
    const seen = new Set();
    for (const code of document.querySelectorAll("pre")) {
        const below = [];
        for (let it = code; it !== null; it = it.parentElement)
            below.push(getComputedStyle(it).backgroundColor);
        for (const piece of code.querySelectorAll("span:not(:has(*))")) {
            const { backgroundColor, color, fontSize, fontWeight } = getComputedStyle(piece);
            const look = [...below, backgroundColor, color, fontSize, fontWeight].join();
            piece.hidden = seen.has(look);
            if (/\\p{L}{2}/u.test(piece.textContent)) seen.add(look); // axe passes over signs
        }
    }
}"""
SHOW_AGAIN = """() => {
    for (const piece of document.querySelectorAll("pre span[hidden]")) piece.hidden = false;
}"""
RULES = {"label-content-name-mismatch": {"enabled": True}}
"""One more than those that hold by default: the next axe counts it among them."""


def found_by_axe(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say about a page as it is, or about the parts of a selector."""
    return found_in_colours(page, part) + found_elsewhere(page, part)


def found_in_colours(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say about the contrast of colours."""
    page.evaluate(HIDE_ALIKE)
    found = _found(page, part, runOnly=[CONTRAST])
    page.evaluate(SHOW_AGAIN)
    return found


def found_elsewhere(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say about all but colours."""
    return _found(page, part, rules={**RULES, CONTRAST: {"enabled": False}})


def _found(page: Page, part: str, **options: object) -> list[str]:
    settings = {"resultTypes": ["violations"], "preload": False, **options}
    results = Axe().run(page, context=part, options=settings)
    return [results.generate_report()] if results.violations_count else []


def found_in_the_dark_and_on_a_phone(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say when the system turns dark, and then the window narrow.

    Colours do not hang on the width, and nothing else hangs on the colours: so their contrast is
    looked at once more in the dark, and all the rest on a phone.
    """
    page.evaluate(STILL)
    page.emulate_media(color_scheme="dark")
    settle(page)
    dark = found_in_colours(page, part)
    resize(page, PHONE)
    return dark + found_elsewhere(page, part)


def check_with_axe(page: Page, part: str = "html") -> None:
    """See that axe has nothing to say about a light page on a desk, and about it elsewhere."""
    resize(page, DESK)
    assert found_by_axe(page, part) + found_in_the_dark_and_on_a_phone(page, part) == []
