"""A Sphinx extension: the style sheets are purged of the rules that no page can use.

The theme brings the whole of Bootstrap and of an icon library: without the purge a page would weigh
55 KB more, and more than it may. A rule goes when it asks for an element, a class or an id that no
page and no script names. Style sheets of any theme are purged alike: a rule that is not understood
stays, and ``tests/test_light_pages.py`` weighs what is left.
"""

import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import Pages, elements_of, once

ELEMENT = re.compile(r'<([a-z][\w-]*)|\s(?:class|id)="([^"]*)"')
WORD = re.compile(r"[A-Za-z_][\w-]*")
PSEUDO = re.compile(r"::?[\w-]+")
GROUPS = {"media", "supports", "layer"}


def can_be_used(selectors: Iterable[Any], words: set[str]) -> bool:
    """Tell whether all that one of the selectors of a rule asks for is among the words.

    What stands in brackets does not count: ``:not(.a)`` asks for no ``a``.
    """
    asked = "".join(
        token.serialize() for token in selectors if token.type not in {"function", "[] block"}
    )
    return any(words.issuperset(WORD.findall(PSEUDO.sub("", one))) for one in asked.split(","))


def purged(rules: Iterable[Any], words: set[str]) -> str:
    """Return a style sheet of those rules that can be used."""
    kept = []
    for rule in rules:
        if rule.type == "at-rule" and rule.lower_at_keyword in GROUPS and rule.content:
            inside = purged(tinycss2.parse_rule_list(rule.content, True, True), words)
            if inside:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inside}}}")
        elif rule.type != "qualified-rule" or can_be_used(rule.prelude, words):
            kept.append(rule.serialize())
    return "\n".join(kept)


def words_of(pages: Pages, site: Path) -> set[str]:
    """Return all that a rule may ask for: what the pages have, and every word of the scripts."""
    words: set[str] = set()
    for page in pages.values():
        for element, names in ELEMENT.findall(elements_of(page)):
            words.update((element, *names.split()))
    for script in site.rglob("*.js"):
        words.update(WORD.findall(script.read_text(encoding="utf-8")))
    return words


def purge(sheet: Path, words: set[str]) -> None:
    """Purge a style sheet."""
    rules = tinycss2.parse_stylesheet(sheet.read_text(encoding="utf-8"), True, True)
    sheet.write_text(purged(rules, words), encoding="utf-8")


def purge_all(app: Sphinx, pages: Pages) -> None:
    """Purge every style sheet of the site."""
    site = Path(app.outdir)
    words = words_of(pages, site)
    known = "\n".join(sorted(words)).encode()
    for sheet in site.rglob("*.css"):
        once(app, sheet, partial(purge, sheet, words), sheet.read_bytes(), known)
        sheet.with_suffix(".css.map").unlink(missing_ok=True)  # it tells of what is no longer there


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.setup_extension("bookbuild.site")
    app.connect("pages-written", purge_all)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
