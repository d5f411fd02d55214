"""A Sphinx extension: fonts are subset to the letters, formulas and icons of the book.

Source Serif is for reading, Source Sans for figures, widgets and all that stands around the text,
STIX Two Math for formulas, Nanum Gothic for the Korean terms; ``assets/fonts.css`` names them. All
are cut out of Python packages, and are under the SIL Open Font License, which asks that a changed
font has another name and keeps the licence; both are in the font file itself.

The icons are those of Font Awesome, which comes with the theme. A theme that shows others, or keeps
its fonts elsewhere, fails ``tests/test_light_pages.py``.
"""

import html
import re
import unicodedata
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import Pages, once

FOLDER = "_static/fonts"
SOURCES = {
    "serif": ("font_source_serif_pro", "files/SourceSerifPro-Regular.ttf"),
    "serif-bold": ("font_source_serif_pro", "files/SourceSerifPro-Semibold.ttf"),
    "serif-italic": ("font_source_serif_pro", "files/SourceSerifPro-It.ttf"),
    "sans": ("font_source_sans_pro", "files/SourceSansPro-Regular.ttf"),
    "sans-bold": ("font_source_sans_pro", "files/SourceSansPro-Semibold.ttf"),
    "korean": ("koreanize_matplotlib", "fonts/NanumGothic.ttf"),
    "math": ("ziamath", "fonts/STIXTwoMath-Regular.ttf"),
}
"""The fonts of the site: for each a Python package, and a file of it."""

ICON_FONTS = "_static/vendor/fontawesome/webfonts"
ICONS = {
    *(0xF002, 0xF019, 0xF03A, 0xF042, 0xF062),  # search, download, list, system's colours, up
    *(0xF065, 0xF0C9, 0xF104, 0xF105, 0xF15B),  # whole screen, menu, left, right, file
    *(0xF185, 0xF186, 0xF1C1),  # light, dark, PDF
    *(0xF057, 0xF058, 0xF05A, 0xF06A, 0xF071, 0xF0EB, 0xF0F3),  # of the kinds of notes
}
"""The characters that the theme shows as icons, in any of its pages."""

# What the programs that fonts are made with leave in them.
EDITING = ["TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]
# Other forms of digits, which no page asks for.
FRACTIONS = {"frac", "numr", "dnom"}
# What a reader may type into a widget or a search field.
KEYBOARD = frozenset(range(0x20, 0x7F))
# Names in a font that a changed font may not keep.
_FAMILY, _IDENTIFIER, _FULL, _POSTSCRIPT, _LICENCE = 1, 3, 4, 6, 13
_OWN_NAME = {_FAMILY, _IDENTIFIER, _FULL, _POSTSCRIPT}
_KEPT_NAMES = [0, *sorted(_OWN_NAME), _LICENCE, 14]
# Naver put Nanum Gothic under this licence in 2010, but its file does not say so.
LICENCE = "This Font Software is licensed under the SIL Open Font License, Version 1.1."
FORMULA = re.compile(r"<math.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
# How a script may write a sign that no keyboard has.
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
# The slanted letters in which MathML shows variables: Latin, Planck's h, Greek with other forms of
# some letters behind.
_SLANTED = (*range(0x1D434, 0x1D468), 0x210E, *range(0x1D6E2, 0x1D71C))
_ITALIC = {
    ord(unicodedata.normalize("NFKC", chr(slanted))): slanted for slanted in reversed(_SLANTED)
}


def source(name: str) -> Path:
    """Return the file a font is cut out of; its package is not imported, only found."""
    package, file = SOURCES[name]
    found = find_spec(package)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / file


def write_subset(source: Path, target: Path, characters: set[int], name: str = "") -> None:
    """Write a font that has only the given characters of another.

    With a name it gets that name of this book, and says what licence it is under.
    """
    options = subset.Options(flavor="woff2", hinting=False, name_IDs=_KEPT_NAMES)
    options.drop_tables += EDITING
    options.layout_features = sorted({*options.layout_features} - FRACTIONS)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    with TTFont(source, lazy=source != target, recalcTimestamp=False) as font:
        subsetter.subset(font)
        if name:
            rename(font, name)
        subset.save_font(font, target, options)


def rename(font: TTFont, name: str) -> None:
    """Give a font a name of this book, and let it say what licence it is under."""
    for record in font["name"].names:
        if record.nameID in _OWN_NAME:
            record.string = f"Book-{name}"
        elif record.nameID == _LICENCE and "Open Font License" not in str(record):
            record.string = LICENCE


def characters_of_text(pages: Pages, scripts: Path) -> set[int]:
    """Return the numbers of the characters that the pages and the scripts of a folder show."""
    found = set(KEYBOARD)
    for page in pages.values():
        found.update(map(ord, html.unescape(page)))
    for path in scripts.rglob("*.js"):
        script = path.read_text(encoding="utf-8")
        found.update(map(ord, script))
        found.update(int(number, 16) for number in _ESCAPED.findall(script))
    return found


def characters_of_formulas(pages: Pages) -> set[int]:
    """Return the numbers of the characters of all formulas, upright and slanted."""
    found: set[int] = set()
    for formula in FORMULA.findall("\n".join(pages.values())):
        found.update(map(ord, html.unescape(TAG.sub("", formula))))
        if "<msqrt>" in formula:
            found.add(ord("\N{SQUARE ROOT}"))  # the browser draws it
    return found | {_ITALIC[letter] for letter in found if letter in _ITALIC}


def write_fonts(app: Sphinx, pages: Pages) -> None:
    """Write the fonts of the site, each with the characters that it needs."""
    site = Path(app.outdir)
    (site / FOLDER).mkdir(parents=True, exist_ok=True)
    text = characters_of_text(pages, site / "_static")
    formulas = characters_of_formulas(pages)
    for name in SOURCES:
        target = site / FOLDER / f"{name}.woff2"
        characters = formulas if name == "math" else text
        make = partial(write_subset, source(name), target, characters, name)
        once(app, target, make, str(sorted(characters)).encode())
    for path in (site / ICON_FONTS).glob("fa-*.woff2"):
        once(app, path, partial(write_subset, path, path, ICONS), path.read_bytes())
        path.with_suffix(".ttf").unlink()  # each browser that can read the book reads the other


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    subset.log.setLevel("WARNING")  # it tells each step
    app.setup_extension("bookbuild.site")
    app.connect("pages-written", write_fonts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
