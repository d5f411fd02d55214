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
RULES = {"label-content-name-mismatch": {"enabled": True}}
"""One more than those that hold by default: the next axe counts it among them."""


def found_by_axe(page: Page, part: str | None = None, **options: object) -> list[str]:
    """Return what axe has to say about a page as it is, or about the parts of a selector."""
    settings = {"resultTypes": ["violations"], "rules": RULES, "preload": False, **options}
    results = Axe().run(page, context=part, options=settings)
    return [results.generate_report()] if results.violations_count else []


def found_in_the_dark_and_on_a_phone(page: Page, part: str | None = None) -> list[str]:
    """Return what axe has to say when the system turns dark, and then the window narrow.

    Colours do not hang on the width, and nothing else hangs on the colours: so their contrast is
    looked at once more in the dark, and all the rest on a phone.
    """
    page.evaluate(STILL)
    page.emulate_media(color_scheme="dark")
    settle(page)
    dark = found_by_axe(page, part, runOnly=[CONTRAST])
    resize(page, PHONE)
    without = {**RULES, CONTRAST: {"enabled": False}}
    return dark + found_by_axe(page, part, rules=without)


def check_with_axe(page: Page, part: str | None = None) -> None:
    """See that axe has nothing to say about a light page on a desk, and about it elsewhere."""
    resize(page, DESK)
    assert found_by_axe(page, part) + found_in_the_dark_and_on_a_phone(page, part) == []
