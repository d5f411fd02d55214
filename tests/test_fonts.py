"""The letters of the site: cut out of fonts, under names of their own, as wide as said."""

import re
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path

import matplotlib
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from bookbuild import fonts
from bookbuild.build import ROOT, documents
from bookbuild.fonts import KEYBOARD, SOURCES
from tests.files import HTML, tree

FOLDER = HTML / fonts.FOLDER
RESERVED = ("source", "nanum", "나눔", "stix", "adobe", "xits")
"""What those who made the fonts keep for themselves."""
SHIPPED = {
    "DejaVu Serif": "DejaVuSerif.ttf",
    "DejaVu Serif Bold": "DejaVuSerif-Bold.ttf",
    "DejaVu Sans": "DejaVuSans.ttf",
    "DejaVu Sans Bold": "DejaVuSans-Bold.ttf",
}
"""The fallbacks that come with matplotlib, and their files."""
SHEET = (ROOT / "assets/fonts.css").read_text(encoding="utf-8")
RULES = [
    dict(re.findall(r"([\w-]+): (.*);", rule))
    for rule in re.findall(r"@font-face \{(.*?)\}", SHEET, re.DOTALL)
]
"""What the style sheet says of each font."""
FALLBACKS = {
    f"{local[1]} {rule.get('font-style', 'normal')}": {**rule, "local": local[1]}
    for rule in RULES
    if (local := re.fullmatch(r'local\("(.*)"\)', rule["src"]))
}
"""Those of fallbacks."""

every_font = pytest.mark.parametrize("name", SOURCES)


@cache
def widths(path: Path) -> dict[str, float]:
    """Return the width of each letter of a font, in units of its size."""
    with TTFont(path) as font:
        unit = font["head"].unitsPerEm
        return {chr(n): font["hmtx"][name][0] / unit for n, name in font.getBestCmap().items()}


@cache
def letters_of_chapters() -> Counter[str]:
    """Return how often each letter is in the text of the chapters."""
    found: Counter[str] = Counter()
    for name in documents(ROOT):
        page = BeautifulSoup((HTML / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        article = page.select_one("article")
        assert article is not None
        for code in article.select("pre, code, math, svg"):
            code.extract()
        found.update(letter for letter in article.get_text() if letter.isprintable())
    return found


def names(path: Path) -> dict[int, set[str]]:
    """Return what a font says of itself, by the numbers of what it can say."""
    found: dict[int, set[str]] = {}
    with TTFont(path) as font:
        for record in font["name"].names:
            found.setdefault(record.nameID, set()).add(str(record))
    return found


def percent(rule: dict[str, str], name: str) -> float:
    """Return a share that a rule says in percent."""
    return float(rule[name].removesuffix("%")) / 100


def replaced_by(rule: dict[str, str]) -> str:
    """Return the name of the font that a fallback stands for."""
    kind = "-italic" if "font-style" in rule else "-bold" if "font-weight" in rule else ""
    return rule["font-family"].strip('"').partition(" ")[0].lower() + kind


def test_a_subset_has_what_was_asked_for(tmp_path: Path) -> None:
    """Of what the font has; what it has not is not said to be there, nor is the rest."""
    source, target = fonts.source("sans"), tmp_path / "font.woff2"
    asked = {ord(letter) for letter in "Abc1 é한\uf00c"}
    fonts.write_subset(source, target, asked)
    with TTFont(target) as font:
        assert set(font.getBestCmap()) == {ord(letter) for letter in "Abc1 é"}
        assert font.flavor == "woff2"
    assert {**widths(target)}.items() <= widths(source).items()
    assert target.stat().st_size < source.stat().st_size / 20


@every_font
def test_a_font_of_the_site_has_a_name_of_its_own(name: str) -> None:
    """None that its makers keep; but their copyright and their licence are in it."""
    before, after = names(fonts.source(name)), names(FOLDER / f"{name}.woff2")
    assert set(after) >= {0, 1, 3, 4, 6, 13}
    for number in (1, 3, 4, 6):
        assert after[number] == {f"Book-{name}"}
    for number in set(after) - {0, 13, 14}:
        assert not [n for n in after[number] for word in RESERVED if word in n.lower()], number
    assert after[0] == before[0]
    for licence in after[13]:
        assert "SIL Open Font License, Version 1.1" in licence


@every_font
def test_the_style_sheet_names_every_font(name: str) -> None:
    """There is a rule for each file, and a file for each rule."""
    assert SHEET.count(f'url("fonts/{name}.woff2")') == 1
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(SOURCES)


@every_font
def test_the_fonts_are_small(name: str) -> None:
    """None is more than a page would notice; all tools of their makers are out of them."""
    path = FOLDER / f"{name}.woff2"
    assert path.stat().st_size < 40_000
    with TTFont(path) as font:
        assert not {*fonts.EDITING} & {*font.keys()}
        assert "fpgm" not in font


@pytest.mark.parametrize("name", ["serif", "serif-bold", "serif-italic", "sans", "sans-bold"])
def test_what_a_reader_may_type_can_be_shown(name: str) -> None:
    """Each sign of the keyboard is there, whether or not a page shows it."""
    assert set(KEYBOARD) <= {ord(letter) for letter in widths(FOLDER / f"{name}.woff2")}


def page_of(html: str) -> dict[Path, str]:
    """Return a site of one page."""
    return {Path("a.html"): str(BeautifulSoup(html, "html.parser"))}


def test_letters_that_only_scripts_show_are_counted(tmp_path: Path) -> None:
    """As they are, or written as their number; those of the pages are as well."""
    (tmp_path / "a.js").write_text(r'it.append("é \u00b7 \u2212")', encoding="utf-8")
    pages = page_of("<p>ä &mdash; 한</p><math><mi>ζ</mi></math>")
    found = {chr(number) for number in fonts.characters_of_text(pages, tmp_path) - KEYBOARD}
    assert found == set("é·−ä—한ζ")


def test_letters_of_formulas_are_counted_as_they_are_shown() -> None:
    """A variable is slanted: as such a letter is another one."""
    html = "<p>é</p><math><mi>h</mi><mi>x</mi><mi>W</mi><mi>α</mi><mo>−</mo></math>"
    found = {chr(number) for number in fonts.characters_of_formulas(page_of(html))}
    assert found == set("hxWα−\N{PLANCK CONSTANT}𝑥𝑊𝛼")


def test_the_sign_of_a_root_is_drawn_by_the_browser() -> None:
    """So the font of the formulas has it where there is a root, and not elsewhere."""
    html = "<math><msqrt><mn>2</mn></msqrt></math>"
    assert fonts.characters_of_formulas(page_of(html)) == {ord("2"), ord("√")}
    html = "<p>√</p><math><mn>2</mn></math>"
    assert fonts.characters_of_formulas(page_of(html)) == {ord("2")}


@pytest.mark.parametrize("name", documents(ROOT))
def test_every_formula_has_its_letters(name: str) -> None:
    """The font of the formulas has each letter, upright and in the form in which it is shown."""
    held = set(widths(FOLDER / "math.woff2"))
    for math in tree(HTML / f"{name}.html").select("math"):
        for part in math.find_all(["mi", "mn", "mo", "mtext"]):
            text = part.get_text()
            assert set(text) - held - {"\N{FUNCTION APPLICATION}", "\N{INVISIBLE TIMES}"} == set()
            if part.name == "mi" and len(text) == 1 and part.get("mathvariant") != "normal":
                assert set(slanted(text)) <= held, text


def slanted(letter: str) -> str:
    """Return the form that browsers show of a variable, from the names of Unicode."""
    if letter == "h":
        return "\N{PLANCK CONSTANT}"
    words = unicodedata.name(letter).split()
    if words[0] in {"LATIN", "GREEK"} and words[2] == "LETTER":
        return unicodedata.lookup(f"MATHEMATICAL ITALIC {words[1]} {' '.join(words[3:])}")
    return letter


@pytest.mark.parametrize("name", [name for name in FALLBACKS if name.rsplit(" ", 1)[0] in SHIPPED])
def test_a_fallback_is_as_wide_as_said(name: str) -> None:
    """Over the text of the chapters its letters are, at its size, as wide as those of the book."""
    rule = FALLBACKS[name]
    ours = widths(fonts.source(replaced_by(rule)))
    theirs = widths(Path(matplotlib.get_data_path()) / "fonts/ttf" / SHIPPED[rule["local"]])
    text = {
        letter: count
        for letter, count in letters_of_chapters().items()
        if letter in ours and letter in theirs
    }
    assert sum(text.values()) > 10_000
    ratio = sum(ours[letter] * count for letter, count in text.items()) / sum(
        theirs[letter] * count for letter, count in text.items()
    )
    assert percent(rule, "size-adjust") == pytest.approx(ratio, rel=0.02)


@pytest.mark.parametrize("name", FALLBACKS)
def test_a_fallback_is_as_high_as_said(name: str) -> None:
    """A line of it is as high as one of the font that it stands for, whatever its size."""
    rule = FALLBACKS[name]
    size = percent(rule, "size-adjust")
    with TTFont(fonts.source(replaced_by(rule))) as font:
        unit, lines = font["head"].unitsPerEm, font["hhea"]
        assert percent(rule, "ascent-override") * size == pytest.approx(
            lines.ascent / unit, abs=0.001
        )
        assert percent(rule, "descent-override") * size == pytest.approx(
            -lines.descent / unit, abs=0.001
        )
        assert lines.lineGap == 0
    assert rule["line-gap-override"] == "0%"


def test_every_text_font_has_a_fallback_that_is_measured() -> None:
    """There is one that ships with matplotlib for each, but for formulas and Korean."""
    measured = [replaced_by(rule) for rule in FALLBACKS.values() if rule["local"] in SHIPPED]
    assert measured == list(SOURCES)[:5]
