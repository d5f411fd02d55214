"""A Sphinx extension: the icon fonts of the theme keep only the icons that the book shows.

An icon is a character of a font. The class of an element names it (``fa-bars``), and a style sheet
says which character that is; or a style sheet shows it by itself, as with the boxes of notes.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from bookbuild.fonts import cut
from bookbuild.site import when_written

FONTS = "_static/vendor/fontawesome/webfonts"
ICON = re.compile(r"\bfa-[a-z0-9-]+")
RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
NAMED = re.compile(r"\.(fa-[a-z0-9-]+)::?before")
STRING = re.compile(r'"([^"]*)"')
CHARACTER = re.compile(r"\\([0-9a-f]{1,6}) ?|\\?(.)")
# The area of Unicode that fonts fill as they like.
PRIVATE = range(0xE000, 0xF900)

logger = logging.getLogger(__name__)


def text_of(site: Path, suffix: str) -> str:
    """Return all the files of the site that have a suffix, as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(site.rglob(f"*{suffix}")))


def shown(site: Path) -> Iterator[int]:
    """Yield the numbers of the characters that the pages, scripts and style sheets show."""
    names = set(ICON.findall(text_of(site, ".html") + text_of(site, ".js")))
    for selector, declarations in RULE.findall(text_of(site, ".css")):
        named = NAMED.findall(selector)
        if named and not names.intersection(named):
            continue
        for number, itself in CHARACTER.findall("".join(STRING.findall(declarations))):
            character = int(number, 16) if number else ord(itself)
            if named or character in PRIVATE:
                yield character


def cut_fonts(app: Sphinx, site: Path) -> None:
    """Cut every icon font of the site; warn, which fails the build, of icons that no font has."""
    characters = set(shown(site))
    for path in (site / FONTS).glob("*.ttf"):
        path.unlink()  # every browser that can read the book reads the other format
    held = set().union(*(cut(path, path, characters) for path in (site / FONTS).glob("fa-*")))
    missing = ", ".join(f"{character:x}" for character in sorted(characters - held))
    if missing or not held:
        logger.warning("The icons are not all in %s; missing: %s.", FONTS, missing or "all of them")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    # After bookbuild.theme, which removes the script that names every icon there is.
    when_written(app, cut_fonts, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
