"""What keeps a reader out, as axe finds it: in light and dark, on a desk and on a phone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import resize, settle

DESK, PHONE = 1280, 390
"""Widths in pixels."""
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that look at colours. They take most of the time."""
SIZES = ["scrollable-region-focusable", "target-size"]
"""The rules that look at how large things are, and how far apart."""
# No colour is on its way to another while it is looked at.
STILL = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { transition: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# Hides what shows no text but such as looks like one before it: contrast is the same there. What is
# taken out of the flow may lie over anything, and is like no other, as is all in a widget.
HIDE_ALIKE = """() => {
    const seen = new Set();
    const grounds = new Map([[null, ""]]);
    const ground = (it) => {
        if (!grounds.has(it)) {
            const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(it);
            const alone = ["absolute", "fixed"].includes(position) ? grounds.size : "";
            const own = [backgroundColor, backgroundImage, opacity, alone].join(" ");
            const below = ground(it.parentElement);
            grounds.set(it, own === "rgba(0, 0, 0, 0) none 1 " ? below : `${below} / ${own}`);
        }
        return grounds.get(it);
    };
    const isNew = (it) => {
        const own = [...it.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const text = own.map((node) => node.data).join("").trim();
        if ([...text].length < 2) return false; // axe does not judge a single sign
        const style = getComputedStyle(it);
        const { color, fill, fontSize, fontWeight, textDecorationLine } = style;
        const look = [ground(it), color, fill, fontSize, fontWeight, textDecorationLine].join();
        if (seen.has(look)) return false;
        // nor what is not there to be seen, nor many another sign
        if (/[\\p{L}\\p{N}]{2}/u.test(text) && it.checkVisibility()) seen.add(look);
        return true;
    };
    const article = document.querySelector("article");
    const all = [...(article?.querySelectorAll("*") ?? [])];
    const kept = new Set();
    for (const it of all)
        if (it.closest(".live-widget") !== null || isNew(it))
            for (let up = it; up !== article && !kept.has(up); up = up.parentElement) kept.add(up);
    for (const it of all) if (!kept.has(it)) it.toggleAttribute("data-alike", true);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("[data-alike] { display: none !important }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
SHOW_AGAIN = """() => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.slice(0, -1);
    for (const it of document.querySelectorAll("[data-alike]")) it.removeAttribute("data-alike");
}"""
OTHERS = {
    "label-content-name-mismatch": {"enabled": True},  # the next axe counts it among its defaults
    **{rule: {"enabled": False} for rule in COLOURS + SIZES},
}
"""All other rules: colour has no say in them, and width only at the edges of a page."""


def found_by_axe(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say about a page as it is, or about the parts of a selector."""
    return found_in_colours(page, part) + _found(page, part, rules=OTHERS)


def found_in_colours(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say about colours."""
    page.evaluate(HIDE_ALIKE)
    found = _found(page, part, runOnly=COLOURS)
    page.evaluate(SHOW_AGAIN)
    return found


def found_in_sizes(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say about sizes."""
    return _found(page, part, runOnly=SIZES)


def _found(page: Page, part: str, **options: object) -> list[str]:
    settings = {"resultTypes": ["violations"], "preload": False, **options}
    results = Axe().run(page, context=part, options=settings)
    return [results.generate_report()] if results.violations_count else []


def found_in_the_dark_and_on_a_phone(page: Page, part: str = "html") -> list[str]:
    """Return what axe has to say when the system turns dark, and then the window narrow."""
    page.evaluate(STILL)
    page.emulate_media(color_scheme="dark")
    settle(page)
    dark = found_in_colours(page, part)
    resize(page, PHONE)
    return dark + found_in_sizes(page, part)


def check_with_axe(page: Page, part: str = "html") -> None:
    """See that axe has nothing to say about a light page on a desk, and about it elsewhere."""
    resize(page, DESK)
    assert found_by_axe(page, part) + found_in_the_dark_and_on_a_phone(page, part) == []
