"""A Sphinx extension: the letters of the book, cut out of fonts that come as Python packages.

Source Serif is for reading, Source Sans for figures, widgets and all that stands around the text,
STIX Two Math for formulas, Nanum Gothic for the Korean terms. All are under the SIL Open Font
License, which asks that a changed font has another name and keeps the licence; both are in the font
file itself.
"""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import pages, when_written

FOLDER = "_static/fonts"
SHEET = "fonts.css"
# What the programs that fonts are made with leave in them.
EDITING = ["TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]
# What a reader may type into a widget or a search field.
KEYBOARD = frozenset(range(0x20, 0x7F))
# Names in a font that a changed font may not keep.
_FAMILY, _IDENTIFIER, _FULL, _POSTSCRIPT, _LICENCE = 1, 3, 4, 6, 13
_OWN_NAME = {_FAMILY, _IDENTIFIER, _FULL, _POSTSCRIPT}
_KEPT_NAMES = [0, *sorted(_OWN_NAME), _LICENCE, 14]
# Naver put Nanum Gothic under this licence in 2010, but its file does not say so.
LICENCE = "This Font Software is licensed under the SIL Open Font License, Version 1.1."
# How a script may write a sign that no keyboard has.
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Face:
    """A font of the site, and the file of a Python package that it is cut out of."""

    name: str
    family: str
    package: str
    file: str
    properties: str = ""

    def rule(self) -> str:
        """Return the rule of a style sheet that names this font."""
        return (
            f'@font-face{{font-family:"{self.family}";font-display:swap;{self.properties}'
            f'src:url("fonts/{self.name}.woff2") format("woff2")}}\n'
        )


@dataclass(frozen=True)
class StandIn:
    """A font of the reader's system, shown until a font of the site is there.

    Its letters are made as wide and as high as those it stands in for, so that hardly a line breaks
    anew when these come.
    """

    family: str
    local: str
    size: float
    ascent: float
    descent: float
    weight: int = 400
    style: str = "normal"

    def rule(self) -> str:
        """Return the rule of a style sheet that names this font."""
        return (
            f'@font-face{{font-family:"{self.family}";src:local("{self.local}");'
            f"font-weight:{self.weight};font-style:{self.style};size-adjust:{self.size:.1%};"
            f"ascent-override:{self.ascent / self.size:.1%};"
            f"descent-override:{self.descent / self.size:.1%};line-gap-override:0%}}\n"
        )


_SERIF = ("Book Serif", "font_source_serif_pro")
_SANS = ("Book Sans", "font_source_sans_pro")
FACES = (
    Face("serif", *_SERIF, "files/SourceSerifPro-Regular.ttf"),
    Face("serif-bold", *_SERIF, "files/SourceSerifPro-Semibold.ttf", "font-weight:600;"),
    Face("serif-italic", *_SERIF, "files/SourceSerifPro-It.ttf", "font-style:italic;"),
    Face("sans", *_SANS, "files/SourceSansPro-Regular.ttf"),
    Face("sans-bold", *_SANS, "files/SourceSansPro-Semibold.ttf", "font-weight:600;"),
    Face(
        "korean",
        "Book Korean",
        "koreanize_matplotlib",
        "fonts/NanumGothic.ttf",
        "unicode-range:U+AC00-D7A3;",
    ),
    Face("math", "Book Math", "ziamath", "fonts/STIXTwoMath-Regular.ttf"),
)
# The sizes are ratios of mean widths of a letter in the text of the chapters. For the italic, which
# is narrower than the rest, stand upright letters: few systems have slanted ones of these fonts.
STAND_INS = (
    StandIn("Serif in its stead", "Georgia", 0.99, 1.036, 0.335),
    StandIn("Serif in its stead", "Georgia Bold", 0.92, 1.036, 0.335, weight=600),
    StandIn("Serif in its stead", "Georgia", 0.93, 1.036, 0.335, style="italic"),
    StandIn("Serif of Linux in its stead", "DejaVu Serif", 0.866, 1.036, 0.335),
    StandIn("Serif of Linux in its stead", "DejaVu Serif Bold", 0.798, 1.036, 0.335, weight=600),
    StandIn("Serif of Linux in its stead", "DejaVu Serif", 0.813, 1.036, 0.335, style="italic"),
    StandIn("Sans in its stead", "Arial", 0.94, 0.984, 0.273),
    StandIn("Sans in its stead", "Arial Bold", 0.9, 0.984, 0.273, weight=600),
    StandIn("Sans of Linux in its stead", "DejaVu Sans", 0.818, 0.984, 0.273),
    StandIn("Sans of Linux in its stead", "DejaVu Sans Bold", 0.749, 0.984, 0.273, weight=600),
)


def source(face: Face) -> Path:
    """Return the file a font is cut out of; its package is not imported, only found."""
    package = find_spec(face.package)
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / face.file


def cut(source: Path, target: Path, characters: set[int], name: str = "") -> set[int]:
    """Write a font that has only the given characters of another; return those it has.

    With a ``name`` it is given that name of this book, and says what licence it is under.
    """
    options = subset.Options(flavor="woff2", hinting=False, name_IDs=_KEPT_NAMES)
    options.drop_tables += EDITING
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    with TTFont(source, lazy=source != target) as font:
        subsetter.subset(font)
        if name:
            _rename(font, name)
        subset.save_font(font, target, options)
        return set(font.getBestCmap())


def _rename(font: TTFont, name: str) -> None:
    for record in font["name"].names:
        if record.nameID in _OWN_NAME:
            record.string = f"Book-{name}"
        elif record.nameID == _LICENCE and "Open Font License" not in str(record):
            record.string = LICENCE


def characters_of(site: Path, formulas: bool) -> set[int]:
    """Return the numbers of the characters that the pages and scripts show, or their formulas."""
    found: set[int] = set()
    for _, page in pages(site):
        parts = page.find_all("math") if formulas else [page]
        found.update(ord(letter) for part in parts for letter in part.get_text())
        if formulas and page.find("msqrt"):
            found.add(ord("\N{SQUARE ROOT}"))  # the browser draws it
    if formulas:
        return found | {italic for letter in found for italic in _italic(letter)}
    for path in (site / "_static").rglob("*.js"):
        script = path.read_text(encoding="utf-8")
        found.update(map(ord, script))
        found.update(int(number, 16) for number in _ESCAPED.findall(script))
    return found | KEYBOARD


def _italic(letter: int) -> list[int]:
    """Return the slanted form in which MathML shows a variable."""
    for first, slanted in ((ord("A"), 0x1D434), (ord("a"), 0x1D44E)):
        if 0 <= letter - first < 26:
            return [0x210E if letter == ord("h") else slanted + letter - first]
    for first, slanted in ((0x391, 0x1D6E2), (0x3B1, 0x1D6FC)):
        if 0 <= letter - first < 25:
            return [slanted + letter - first]
    return []


def write_fonts(app: Sphinx, site: Path) -> None:
    """Write the fonts of the site, each with the characters that it needs."""
    folder = site / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    text, formulas = characters_of(site, False), characters_of(site, True)
    for face in FACES:
        target = folder / f"{face.name}.woff2"
        cut(source(face), target, formulas if face.name == "math" else text, face.name)
    rules = "".join(face.rule() for face in (*FACES, *STAND_INS))
    (site / "_static" / SHEET).write_text(rules, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    subset.log.setLevel("WARNING")  # it tells each step
    app.add_css_file(SHEET, priority=400)
    when_written(app, write_fonts, priority=600)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
