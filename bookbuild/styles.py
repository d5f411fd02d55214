"""A Sphinx extension: the style sheets of the site keep only the rules that its pages can use.

The theme brings the whole of Bootstrap and of an icon library. A rule goes when it asks for an
element, a class or an id that no page has and no script names.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import pages, when_written

WORD = re.compile(r"[A-Za-z_][\w-]*")
GROUPS = {"media", "supports", "layer"}


def names_in_page(page: BeautifulSoup) -> Iterator[str]:
    """Yield the names of the elements of a page, their classes and their ids."""
    for element in page.find_all(True):
        yield element.name
        yield from element.get("class") or []
        yield str(element.get("id", ""))


def names_in_site(site: Path) -> set[str]:
    """Return all that a rule may ask for: what the pages have, and every word of the scripts."""
    names: set[str] = set()
    for _, page in pages(site):
        names.update(names_in_page(page))
    for script in site.rglob("*.js"):
        names.update(WORD.findall(script.read_text(encoding="utf-8")))
    return names


def selectors(prelude: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the selectors of a rule, each as a list of tokens."""
    selector: list[Any] = []
    for token in prelude:
        if token == ",":
            yield selector
            selector = []
        else:
            selector.append(token)
    yield selector


def asked_for(selector: list[Any]) -> Iterator[str]:
    """Yield the elements, classes and ids without which a selector finds nothing.

    What stands in brackets does not count: ``:not(.a)`` asks for no ``a``.
    """
    before = None
    for token in selector:
        if token.type == "hash" or (token.type == "ident" and before != ":"):
            yield token.value
        before = token


def used(css: str, names: set[str]) -> str:
    """Return a style sheet without the rules that ask for something that is not in ``names``."""
    return _used(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), names)


def _used(rules: Iterable[Any], names: set[str]) -> str:
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            left = [one for one in selectors(rule.prelude) if names.issuperset(asked_for(one))]
            if left:
                head = ",".join(tinycss2.serialize(one).strip() for one in left)
                kept.append(f"{head}{{{tinycss2.serialize(rule.content)}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in GROUPS and rule.content:
            inside = _used(
                tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True),
                names,
            )
            if inside:
                head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}"
                kept.append(f"{head}{{{inside}}}")
        else:
            kept.append(rule.serialize())
    return "\n".join(kept)


def cut_styles(app: Sphinx, site: Path) -> None:
    """Cut every style sheet of the site."""
    names = names_in_site(site)
    for sheet in site.rglob("*.css"):
        sheet.write_text(used(sheet.read_text(encoding="utf-8"), names), encoding="utf-8")
        sheet.with_suffix(".css.map").unlink(missing_ok=True)  # it tells of what is no longer there


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    # After bookbuild.icons, which reads the names of all icons in the style sheets.
    when_written(app, cut_styles, priority=700)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
