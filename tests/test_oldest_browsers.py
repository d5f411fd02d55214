"""The scripts and styles of the book ask for nothing that its oldest browsers do not have.

What a reader does in a page is tried without it as well: see the fixture ``page`` of
``tests/browser.py``.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bookbuild.build import ROOT
from tests.browser import only_http
from tests.oldest_browsers import NEWER, OLDEST

NOT_FOUND = ROOT / "bookbuild/templates/404.html"
SCRIPTS = sorted(
    path for folder in ("assets", "bookbuild", "helpers") for path in (ROOT / folder).rglob("*.js")
)
STYLES = sorted(path for folder in ("assets", "helpers") for path in (ROOT / folder).rglob("*.css"))

# Methods of all iterators are called as those of lists: only a page can tell them apart.
METHODS = {"checkVisibility"}.union(
    *(
        names
        for owner, names in NEWER.items()
        if owner.endswith(".prototype") and owner != "Iterator.prototype"
    )
)
NAMES = {
    name if owner == "globalThis" else f"{owner}.{name}"
    for owner, names in NEWER.items()
    if "." not in owner
    for name in names
}
NEWER_SCRIPT = re.compile(
    rf"\.(?:{'|'.join(sorted(METHODS))})\(|\b(?:{'|'.join(sorted(NAMES))})\b"
    r"|\.aria[A-Z]\w*"  # an attribute does
    r"|/[dgimsuy]*v[dgimsuy]*[.,;)]"  # a regular expression with the flag v
    r"|\busing \w+ ="
)
NEWER_STYLE = re.compile(
    r":(?:has|dir)\(|:(?:user-(?:in)?valid|popover-open)|::view-transition"
    r"|@(?:starting-style|scope|property|position-try|view-transition)"
    r"|(?<![\w-])(?:light-dark|linear|round|mod|rem|abs|sign|anchor|if)\(|\(from "
    r"|[0-9]r?(?:lh|cap)\b|\bsubgrid\b|\ballow-discrete\b"
    r"|(?<![\w-])(?:field-sizing|interpolate-size|text-box|mask|mask-image|scrollbar-color)\s*:"
    r"|^\s*&|\{[^{}]*&",  # a rule within a rule
    re.MULTILINE,
)


def relative(path: Path) -> str:
    """Return the name of a file, for the names of the tests."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [*SCRIPTS, NOT_FOUND], ids=relative)
def test_no_script_asks_for_more(path: Path) -> None:
    """No method, object or syntax that is newer."""
    assert NEWER_SCRIPT.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [*STYLES, NOT_FOUND], ids=relative)
def test_no_style_asks_for_more(path: Path) -> None:
    """No function, selector or property that is newer: a rule with one is left out as a whole."""
    text = path.read_text(encoding="utf-8")
    style = text if path.suffix == ".css" else text.partition("<style>")[2].partition("</style>")[0]
    assert NEWER_STYLE.findall(re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)) == []


@pytest.mark.parametrize(
    "line",
    [
        "const other = list.with(0, 1);",
        "await Array.fromAsync(list)",
        "const { promise } = Promise.withResolvers();",
        "if (it.checkVisibility()) return;",
        "button.ariaLabel = name;",
        "text.replace(/[a--b]/v, '')",
        "new Intl.Segmenter()",
        "requestIdleCallback(act)",
    ],
)
def test_newer_scripts_are_known(line: str) -> None:
    """The check above sees them."""
    assert NEWER_SCRIPT.search(line)


@pytest.mark.parametrize(
    "rule",
    [
        "a:has(b) { color: red; }",
        "a { color: light-dark(#000, #fff); }",
        "a { &:hover { color: red; } }",
        "a { height: 2lh; }",
        "a { width: round(1.5px, 1px); }",
        "@starting-style { a { opacity: 0; } }",
        "a { color: rgb(from var(--a) r g b); }",
    ],
)
def test_newer_styles_are_known(rule: str) -> None:
    """The check above sees them."""
    assert NEWER_STYLE.search(rule)


@only_http
def test_the_tests_look_at_pages_without_it(page: Page, base: str) -> None:
    """In a page, and in a worker of one."""
    page.goto(f"{base}chapters/training.html")
    left = "[typeof [].with, typeof Promise.try, typeof Iterator]"
    assert page.evaluate(left) == ["undefined"] * 3
    assert (
        page.evaluate(
            f"""() => new Promise((done) => {{
                const text = new Blob(["postMessage({left})"], {{ type: "text/javascript" }});
                const worker = new Worker(URL.createObjectURL(text));
                worker.onmessage = ({{ data }}) => done(data);
            }})"""
        )
        == ["undefined"] * 3
    )


def test_the_readme_names_the_browsers() -> None:
    """One sentence says from which version on."""
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    for browser, version in OLDEST.items():
        assert f"{browser} {version}" in readme
