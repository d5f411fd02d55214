"""The figures: well-formed, described, legible in light and dark, the same each time."""

import re
import warnings
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from helpers import plots, problems
from helpers.records import DecoderStep, Trace
from helpers.vocabulary import EOS, PAD, TOKENS
from tests.messages import ONE_SENTENCE

SVG = "{http://www.w3.org/2000/svg}"
PAPER = {"light": "#ffffff", "dark": "#14181e"}

MATRIX = np.random.default_rng(0).normal(size=(14, 5))
WORDS = [[1.0, 2.0, 3.0], [1.1, 2.1, 2.9], [5.0, 5.0, 5.0]]
STATES = np.tanh(np.random.default_rng(1).normal(size=(8, 16)))
STATE = {"state": STATES[0]}
WIDE = np.tanh(np.random.default_rng(2).normal(size=(8, 64)))
POINTS = np.random.default_rng(3).normal(size=(50, 2))


def made_up(choices: list[int], problem: str = "50+9") -> Trace:
    """Return a trace with these choices and no model behind it."""
    target = problems.arrays(problem).target.argmax(axis=-1)
    steps = tuple(
        DecoderStep(token, STATE, np.eye(14)[choice] * 0.86 + 0.01, STATE, choice)
        for token, choice in zip([PAD, *choices], choices, strict=False)
    )
    return Trace(problem, False, False, STATE, steps, tuple(map(int, target)))


CURVE: dict[str, Any] = {"loss": np.geomspace(2.6, 0.1, 50), "held-out loss": np.full(50, 0.25)}

DRAWINGS: dict[str, Callable[[], plots.Picture]] = {
    "embedding_matrix": lambda: plots.embedding_matrix(MATRIX, "before <training> & after"),
    "embedding_matrix, words": lambda: plots.embedding_matrix(WORDS, rows=["king", "queen", "car"]),
    "embedding_matrix, zeros": lambda: plots.embedding_matrix(np.zeros((14, 2)), 'a "title"'),
    "distance_matrix": lambda: plots.distance_matrix(MATRIX, "after"),
    "distance_matrix, equal rows": lambda: plots.distance_matrix(np.ones((14, 2))),
    "distance_matrix, words": lambda: plots.distance_matrix(WORDS, rows=["king", "queen", "car"]),
    "token_map": lambda: plots.token_map(MATRIX, "after"),
    "token_map, words": lambda: plots.token_map(MATRIX[:3], rows=["king", "queen", "car"]),
    "distance_against_difference": lambda: plots.distance_against_difference(MATRIX, "after"),
    "states": lambda: plots.states(STATES, [*"   50+9", "EOS"], "of '50+9'"),
    "states, 64 units": lambda: plots.states(WIDE, [*"안녕하세요", "PAD", "PAD", "EOS"]),
    "distributions": lambda: plots.distributions(made_up([5, 9, EOS, PAD, PAD])),
    "distributions, two steps": lambda: plots.distributions(made_up([5, 9]), "so far"),
    "curves": lambda: plots.curves(
        range(50), CURVE, ylabel="loss", title="loss", level=(np.log(14), "log 14")
    ),
    "curves, percent": lambda: plots.curves(
        [1, 10, 100], {"exact match": [0, 0.5, 1]}, percent=True, xscale="log"
    ),
    "curves, six lines": lambda: plots.curves([0, 1], {str(n): [n, n + 1] for n in range(6)}),
    "curves, nothing yet": lambda: plots.curves([], {"loss": []}),
    "coloured_points": lambda: plots.coloured_points(
        POINTS, np.arange(50), xlabel="component 1", ylabel="component 2", colour_label="sum"
    ),
}
PUBLIC = {
    name
    for name, value in vars(plots).items()
    if callable(value)
    and getattr(value, "__module__", "") == "helpers.plots"
    and not name.startswith("_")
    and not isinstance(value, type)
}


@pytest.fixture(params=DRAWINGS)
def name(request: pytest.FixtureRequest) -> str:
    """Each drawing in turn."""
    return str(request.param)


_shown: dict[str, str] = {}


def shown(name: str) -> str:
    """Return the HTML of a drawing, made once."""
    if name not in _shown:
        _shown[name] = DRAWINGS[name]().page()
    return _shown[name]


def parsed(name: str) -> ElementTree.Element:
    """Return the HTML of a drawing as the XML of one SVG element, in the SVG namespace."""
    html = shown(name)
    wide = re.fullmatch(
        r'<div class="scroll"[^>]* tabindex="0">(<svg class="picture wide".*)</div>',
        html,
        re.DOTALL,
    )
    html = wide[1] if wide else html
    assert (html[:4], html[-6:]) == ("<svg", "</svg>")
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return ElementTree.fromstring(
        re.sub(r' xmlns(:xlink)?="[^"]*"', "", html).replace("<svg", f"<svg {spaces}", 1)
    )


def style(element: ElementTree.Element) -> dict[str, str]:
    """Return what the style attribute of an element declares."""
    declared = (entry.split(":", 1) for entry in element.get("style", "").split(";") if entry)
    return {key.strip(): value.strip() for key, value in declared}


def cell_texts(name: str) -> list[ElementTree.Element]:
    """Return the letters that stand on coloured cells."""
    return [
        text
        for text in parsed(name).iter(f"{SVG}text")
        if "currentColor" not in style(text).get("fill", "")
    ]


def luminance(colour: Any) -> float:
    """Return the relative luminance of a colour as WCAG 2 defines it."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Any, second: Any) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def blended(colour: str, opacity: float, paper: str) -> tuple[float, ...]:
    """Return what is seen of a colour on paper."""
    pairs = zip(to_rgb(colour), to_rgb(paper), strict=True)
    return tuple(opacity * above + (1 - opacity) * below for above, below in pairs)


def test_every_figure_is_drawn_here() -> None:
    """No public function of the module is left out."""
    assert {name.split(",")[0] for name in DRAWINGS} == PUBLIC


def test_one_well_formed_svg(name: str) -> None:
    """A `Picture` whose HTML parses as XML with one SVG element at its root."""
    assert isinstance(DRAWINGS[name](), plots.Picture)
    root = parsed(name)
    assert root.tag == f"{SVG}svg"
    assert len(list(root.iter(f"{SVG}svg"))) == 1
    assert root.get("viewBox")
    assert float(root.get("width", "")) > 100
    assert float(root.get("height", "")) > 80
    assert "max-width:100%" in root.get("style", "")


def test_described(name: str) -> None:
    """An image with its description in words, as one sentence."""
    root = parsed(name)
    assert root.get("role") == "img"
    label = root.get("aria-label", "")
    assert label == DRAWINGS[name]().description
    assert len(label) > 15
    assert re.fullmatch(r"[^\n]+\.", label)
    assert "  " not in label
    assert "nan" not in label


def test_no_style_sheet_and_no_script(name: str) -> None:
    """Nothing in a figure reaches beyond it, and it keeps no record of when it was made."""
    tags = {element.tag.removeprefix(SVG) for element in parsed(name).iter()}
    assert not tags & {"style", "script", "metadata", "foreignObject"}
    assert not re.search(r'(?:href|src)="(?!#|data:image/png;base64,)', shown(name))


def test_ids_are_unique(name: str) -> None:
    """No id twice, and each reference leads to one."""
    ids = [element.get("id") for element in parsed(name).iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    references = re.findall(r"(?:url\(|href=\")#([^)\"]+)", shown(name))
    assert set(references) <= set(ids)


def test_ids_of_different_figures_do_not_clash() -> None:
    """An id that two figures share on a page stands for the same thing in both."""
    meaning: dict[str, str] = {}
    for name in DRAWINGS:
        for element in parsed(name).iter():
            if element.get("id"):
                drawn = ElementTree.tostring(element, encoding="unicode").strip()
                assert meaning.setdefault(str(element.get("id")), drawn) == drawn, name


def test_the_same_each_time(name: str) -> None:
    """Two draws are equal to the byte."""
    assert DRAWINGS[name]().page() == shown(name)


def test_letters_take_the_colour_of_the_page(name: str) -> None:
    """Outside of cells no text is black or white; letters inherit the font, too."""
    root = parsed(name)
    around = {text: group for group in root.iter(f"{SVG}g") for text in group}
    for text in root.iter(f"{SVG}text"):
        words = "".join(text.itertext()).strip()
        if (style(around[text]) | style(text)).get("fill") != "currentColor":
            assert re.fullmatch(r"[-−]?\d+\.\d+", words), words
        assert "DejaVu" not in text.get("style", "")


def test_lines_take_the_colour_of_the_page(name: str) -> None:
    """No stroke is black or white, and the paper is that of the page."""
    for element in parsed(name).iter():
        stroke = style(element).get("stroke", "none")
        assert stroke not in ("#000000", "#ffffff", "black", "white")
    background = next(parsed(name).iter(f"{SVG}path"))
    assert style(background).get("fill") == "none"


@pytest.mark.parametrize("paper", PAPER)
def test_lines_and_points_stand_out(name: str, paper: str) -> None:
    """Every coloured line or marker has a contrast of at least 3:1, its opacity counted."""
    if name.startswith("coloured_points"):
        return
    for element in parsed(name).iter():
        declared = style(element)
        stroke = declared.get("stroke", "none")
        if stroke in ("none", "currentColor"):
            continue
        opacity = float(declared.get("opacity", 1)) * float(declared.get("stroke-opacity", 1))
        seen = contrast(blended(stroke, opacity, PAPER[paper]), PAPER[paper])
        assert seen >= 3, f"{stroke} at {opacity}: {seen:.2f}"


@pytest.mark.parametrize("paper", PAPER)
@pytest.mark.parametrize("colour", [plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE])
def test_the_colours_stand_out(colour: str, paper: str) -> None:
    """The four colours of the book have a contrast of at least 3:1 on light and dark paper."""
    assert contrast(colour, PAPER[paper]) >= 3


def test_cell_values_are_written_out() -> None:
    """What stands in a cell is its value, to the digits asked for."""
    texts = [(text.text or "").strip() for text in cell_texts("embedding_matrix")]
    assert texts == [f"{value:z.2f}" for value in MATRIX.ravel()]
    texts = [(text.text or "").strip() for text in cell_texts("distributions")]
    assert texts[:14] == ["0.87" if token == 5 else "0.01" for token in range(14)]
    texts = [(text.text or "").strip() for text in cell_texts("states")]
    assert texts == [f"{value:z.1f}" for value in STATES.ravel()]
    assert cell_texts("states, 64 units") == []


@pytest.mark.parametrize(
    "name",
    ["embedding_matrix", "distance_matrix", "states", "distributions", "embedding_matrix, zeros"],
)
def test_cell_values_can_be_read(name: str) -> None:
    """The letters in each cell have a contrast of at least 4.5:1 against its colour."""
    cells = [
        fill
        for path in parsed(name).iter(f"{SVG}path")
        if path.get("clip-path") and (fill := style(path).get("fill", "none")) != "none"
    ]
    inks = [style(text).get("fill", "#000000") for text in cell_texts(name)]
    assert len(cells) == len(inks)
    for ink, cell in zip(inks, cells, strict=True):
        assert contrast(ink, cell) >= 4.5, (ink, cell)


def test_a_notebook_shows_it_as_it_is() -> None:
    """Also where matplotlib was told to draw each of its figures, as by ``%matplotlib inline``."""
    notebook = DisplayFormatter()
    notebook.formatters["image/png"].for_type(Figure, lambda figure: "transparent")
    shown, _ = notebook.format(DRAWINGS["token_map"]())
    assert shown["image/png"] not in (None, "transparent")
    assert "text/html" not in shown


def test_labels_are_there() -> None:
    """Tokens, time steps and titles can be found as text."""
    words = {name: [text.text for text in parsed(name).iter(f"{SVG}text")] for name in DRAWINGS}
    assert set(TOKENS) <= set(words["embedding_matrix"])
    assert "before <training> & after" in words["embedding_matrix"]
    assert {"king", "queen", "car"} <= set(words["distance_matrix, words"])
    assert {"1: PAD in", "2: 5 in", "5: PAD in"} <= set(words["distributions"])
    assert {"안", "녕", "하", "세", "요"} <= set(words["states, 64 units"])
    assert {"loss", "held-out loss", "log 14", "epoch"} <= set(words["curves"])
    assert {"0%", "100%"} <= set(words["curves, percent"])


def test_descriptions_say_what_is_shown() -> None:
    """The numbers that carry the point are in the description."""
    described = {name: drawing().description for name, drawing in DRAWINGS.items()}
    assert "from 0 to 5.39" in described["distance_matrix, words"]
    assert "chosen 5, 9, EOS, PAD, PAD" in described["distributions"]
    assert "loss from 2.6 to 0.1" in described["curves"]
    assert "8 time steps" in described["states"]
    assert "50 points" in described["coloured_points"]


def test_settings_of_the_reader_stay() -> None:
    """Drawing changes nothing in matplotlib's own settings, and takes nothing from them."""
    before = dict(mpl.rcParams)
    wanted = shown("token_map")
    with mpl.rc_context({"figure.dpi": 200, "lines.linewidth": 9, "text.usetex": True}):
        assert DRAWINGS["token_map"]().page() == wanted
    assert DRAWINGS["token_map"]().page() == wanted
    assert dict(mpl.rcParams) == before


def test_korean_letters_give_no_warning() -> None:
    """The page has the letters that matplotlib's own font lacks."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "안" in DRAWINGS["states, 64 units"]().page()


def test_row() -> None:
    """Pictures side by side, in their order."""
    row = plots.Row(DRAWINGS["token_map"](), DRAWINGS["curves"]())
    html = row.page()
    assert html.index(shown("token_map")) < html.index(shown("curves"))
    assert "flex-wrap:wrap" in html
    assert ElementTree.fromstring(html.replace("xlink:href", "href")).tag == "div"
    assert repr(row) == "<Row of 2 pictures>"
    assert row.description == f"{row.pictures[0].description} {row.pictures[1].description}"


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.embedding_matrix(MATRIX[:13]),
        lambda: plots.embedding_matrix(MATRIX[0]),
        lambda: plots.embedding_matrix(MATRIX, rows=["a"]),
        lambda: plots.embedding_matrix(MATRIX[None]),
        lambda: plots.distance_matrix(MATRIX[:13]),
        lambda: plots.distance_matrix(3),
        lambda: plots.token_map(MATRIX[:13]),
        lambda: plots.token_map(MATRIX[:, :1]),
        lambda: plots.distance_against_difference(MATRIX[:9]),
        lambda: plots.distance_against_difference(MATRIX[0]),
        lambda: plots.distance_against_difference(3),
        lambda: plots.states(STATES, ["PAD"] * 7),
        lambda: plots.states(STATES[None], ["PAD"] * 8),
        lambda: plots.distributions(made_up([])),
        lambda: plots.curves([1, 2, 3], {"loss": [1, 2]}),
        lambda: plots.curves([1, 2], {"loss": [[1, 2], [3, 4]]}),
        lambda: plots.coloured_points(
            POINTS.T, np.arange(50), xlabel="", ylabel="", colour_label=""
        ),
        lambda: plots.coloured_points(POINTS, np.arange(49), xlabel="", ylabel="", colour_label=""),
        lambda: plots.coloured_points([], [], xlabel="", ylabel="", colour_label=""),
    ],
)
def test_wrong_shapes(draw: Callable[[], object]) -> None:
    """What cannot be drawn is refused in one sentence."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        draw()


def test_a_wide_picture_scrolls_by_itself() -> None:
    """The keyboard can reach it, and only pictures too wide for a phone are wrapped."""
    wrapped = {name for name in DRAWINGS if shown(name).startswith('<div class="scroll"')}
    width = {name: float(parsed(name).get("width", "0")) for name in DRAWINGS}
    assert wrapped == {name for name in DRAWINGS if width[name] > 500}
    assert wrapped
