"""Which rules of a style sheet stay."""

import re
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
import pytest
import sphinx_book_theme
import tinycss2

from bookbuild.build import ROOT
from bookbuild.styles import GROUPS, purged, words_of
from tests.files import HTML

NAMES = {"html", "body", "p", "a", "note", "top", "open"}
"""Elements, classes and ids of a small site."""


def left_of(css: str, names: set[str] = NAMES) -> str:
    """Return what is left of a style sheet."""
    return purged(tinycss2.parse_stylesheet(css, True, True), names)


def squeezed(css: str) -> str:
    """Return a style sheet without spaces and ends of lines."""
    return re.sub(r"\s+", "", css)


@pytest.mark.parametrize(
    "rule",
    [
        "p{color:red}",
        ".note{color:red}",
        "#top{color:red}",
        "p.note#top{color:red}",
        "body > .note p + a{color:red}",
        "*{color:red}",
        "::selection{color:red}",
        ":root{--gone:1px;color:var(--gone)}",
        'p:hover::before{content:".gone, .gone"}',
        'a[href$=".gone"]{color:red}',
        "[data-gone]{color:red}",
        "p:not(.gone){color:red}",
        "p:is(.gone, .note){color:red}",
        ":where(.gone) p{color:red}",
        "p:nth-child(2n + 1){color:red}",
        '@font-face{font-family:gone;src:url("gone.woff2")}',
        "@keyframes gone{from{opacity:0}to{opacity:1}}",
        '@import url("gone.css");',
        "@page{margin:1cm}",
        "@media print{.note{color:red}}",
        "@supports (display:grid){p{color:red}}",
        "@layer gone{p{color:red}}",
        "@media print{@supports (display:grid){p{color:red}}}",
    ],
)
def test_a_rule_that_stays(rule: str) -> None:
    """A page may need it: nothing in it asks for what the site has not."""
    assert squeezed(left_of(rule)) == squeezed(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "table{color:red}",
        ".gone{color:red}",
        "#gone{color:red}",
        "p.gone{color:red}",
        ".note.gone{color:red}",
        "table .note{color:red}",
        "p > .gone a{color:red}",
        ".gone:hover{color:red}",
        ".gone::before{color:red}",
        ".gone:not(.note){color:red}",
        "table, .gone{color:red}",
        "@media print{.gone{color:red}table{color:red}}",
        "@supports (display:grid){.gone{color:red}}",
        "@media print{@supports (display:grid){.gone{color:red}}}",
    ],
)
def test_a_rule_that_goes(rule: str) -> None:
    """It asks for an element, a class or an id that is nowhere."""
    assert left_of(rule) == ""


def test_a_rule_stays_for_one_of_its_selectors() -> None:
    """A comma in brackets parts no selectors."""
    rule = "table, p:not(.gone, table), .gone { color: red }"
    assert squeezed(left_of(rule)) == squeezed(rule)
    assert left_of("table, .gone:is(p, a) { color: red }") == ""


def test_what_stays_keeps_its_order_and_its_text() -> None:
    """Later rules win over earlier ones; a comment need not stay."""
    css = (
        "p { color: red } /* .note */ .gone { color: red } @media print { a { top: 0 } } p { b: 1 }"
    )
    assert squeezed(left_of(css)) == "p{color:red}@mediaprint{a{top:0}}p{b:1}"


def test_a_rule_that_is_purged_twice_stays_the_same() -> None:
    """What is written can be read again, with the escapes that it needs."""
    css = r'.note\:open, a[title="\"}"] { content: "\f00c"; background: url(data:a;base64,A) }'
    once = left_of(css, {*NAMES, "note:open"})
    assert r"\f00c" in once.lower() or "\uf00c" in once
    assert once.count("{") == css.count("{")
    assert left_of(once, {*NAMES, "note:open"}) == once


def test_what_a_rule_may_ask_for(tmp_path: Path) -> None:
    """Elements, classes and ids of the pages, and each word of a script, which may make a class."""
    html = '<body class="a b"><p id="c" title="d">e</p><!-- <i class="f"></i> --></body>'
    (tmp_path / "page.js").write_text('it.className = "pst-g h"; i.j_k()', encoding="utf-8")
    names = words_of({tmp_path / "a.html": html}, tmp_path)
    assert names >= {"body", "p", "a", "b", "c", "pst-g", "h", "j_k"}
    assert names.isdisjoint({"d", "e", "f", "pst"})


def rules(css: str) -> list[Any]:
    """Return the rules of a style sheet, also those within others."""
    found = []
    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule" and rule.lower_at_keyword in GROUPS and rule.content:
            found += rules(tinycss2.serialize(rule.content))
        else:
            found.append(rule)
    return found


def test_the_style_sheets_of_the_book_are_whole() -> None:
    """Each can still be parsed to its end."""
    sheets = list((HTML / "_static").rglob("*.css"))
    assert len(sheets) > 3
    for sheet in sheets:
        found = rules(sheet.read_text(encoding="utf-8"))
        assert found, sheet.name
        assert [rule.message for rule in found if rule.type == "error"] == [], sheet.name


def test_no_rule_of_the_book_is_written_in_vain() -> None:
    """Its own style sheet has lost nothing but the rule for a widget without a picture."""
    source = (ROOT / "assets/book.css").read_text(encoding="utf-8")
    kept = (HTML / "_static/book.css").read_text(encoding="utf-8")
    heads = [
        {squeezed(tinycss2.serialize(rule.prelude)) for rule in rules(css) if rule.prelude}
        for css in (source, kept)
    ]
    assert heads[0] - heads[1] <= {"div.needs-kernel.docutils"}


def test_much_of_the_theme_goes() -> None:
    """The larger part of its style sheets is for what no page has."""
    theme = Path(sphinx_book_theme.__file__).parent / "theme/sphinx_book_theme/static/styles"
    basis = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/styles"
    before = [*theme.glob("*.css"), *basis.glob("*.css")]
    after = [HTML / "_static/styles" / sheet.name for sheet in before]
    assert len(before) >= 3
    sizes = [sum(sheet.stat().st_size for sheet in sheets) for sheets in (before, after)]
    assert 2 * sizes[1] < sizes[0]
