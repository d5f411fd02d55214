"""The drawing of the architecture: true to the model, lit where it should be, legible anywhere."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest
from matplotlib.colors import to_rgb
from playwright.sync_api import Browser, Page

from bookbuild.build import ROOT, notebooks
from helpers import plots, problems
from helpers.diagrams import (
    COLOURS,
    IN_TRAINING,
    IN_USE,
    INK,
    MUTED_LINE,
    MUTED_TEXT,
    PROBLEM,
    architecture,
)
from helpers.pictures import PAGE
from helpers.vocabulary import TOKENS
from tests.messages import ONE_SENTENCE
from tests.test_plots import blended, contrast

PARTS = tuple(COLOURS)
CHOICES: tuple[tuple[str, ...], ...] = (
    (),
    *((name,) for name in PARTS),
    ("encoder", "decoder"),
    ("decoder", "training"),
)
# Ink and paper: the book's pages, and JupyterLab's.
PAGES = {
    "light": ("#222832", "#ffffff"),
    "dark": ("#ced6dd", "#14181e"),
    "lab, light": ("#212121", "#ffffff"),
    "lab, dark": ("#e0e0e0", "#121212"),
}
CALL = re.compile(r"^architecture\((.*)\)$", re.MULTILINE)
OPENINGS = {
    path.stem: cells[1]
    for path in notebooks(ROOT)
    if CALL.search((cells := nbformat.read(path, as_version=4).cells)[1].source)
}
"""The cells with the drawing at the beginning of chapters."""
PHONE = 312  # pixels: a phone of 360, less the margins of page and figure

every_choice = pytest.mark.parametrize("lit", CHOICES, ids=lambda lit: ", ".join(lit) or "all")
every_page = pytest.mark.parametrize("paper", PAGES)


def drawn(*lit: str) -> ElementTree.Element:
    """Return the drawing as XML."""
    return ElementTree.fromstring(architecture(*lit).page())


def part(root: ElementTree.Element, name: str) -> ElementTree.Element:
    """Return the group of a part."""
    found = root.find(f"g[@data-part='{name}']")
    assert found is not None
    return found


def boxes(element: ElementTree.Element) -> list[ElementTree.Element]:
    """Return the GRU boxes in a part."""
    return element.findall(".//g[@class='boxes']/rect")


def vectors(element: ElementTree.Element) -> list[list[ElementTree.Element]]:
    """Return the cells of each vector in a part."""
    return [vector.findall("rect") for vector in element.iterfind(".//g[@class='vector']")]


def rows(root: ElementTree.Element) -> dict[str, tuple[str, ...]]:
    """Return the tokens of each row, which begins with its name."""
    read = {}
    for group in root.iterfind("g[@class='tokens']"):
        label, *tokens = (text.text or "" for text in group.iter("text"))
        assert label == group.get("data-row")
        read[label] = tuple(tokens)
    return read


def arrays(problem: str) -> dict[str, tuple[str, ...]]:
    """Return the tokens of the arrays of a problem, under the names of the rows."""
    made = problems.arrays(problem)
    return {
        "problem": tuple(TOKENS[token] for token in made.encoder_input),
        "input": tuple(TOKENS[token] for token in made.decoder_input),
        "target": tuple(TOKENS[token] for token in made.target.argmax(axis=-1)),
    }


@every_choice
def test_tokens(lit: tuple[str, ...]) -> None:
    """The rows are the arrays for 50+9, padded; in use the answer is right, in training not yet."""
    given = arrays("50+9")
    if "training" in lit:
        assert rows(drawn(*lit)) == {**given, "answer": IN_TRAINING}
        assert given["target"] != IN_TRAINING
    else:
        given["answer"] = given.pop("target")
        assert rows(drawn(*lit)) == given


@every_choice
def test_boxes_and_cells(lit: tuple[str, ...]) -> None:
    """Eight and five boxes; five cells for each token that is read, sixteen for the context."""
    root = drawn(*lit)
    assert [len(boxes(part(root, name))) for name in IN_USE] == [0, 8, 0, 5]
    assert [len(cells) for cells in vectors(part(root, "embedding"))] == [5] * (8 + 5)
    assert [len(cells) for cells in vectors(part(root, "context vector"))] == [16]


@every_choice
def test_the_loss_belongs_to_training(lit: tuple[str, ...]) -> None:
    """Only in training is there a loss, and each token that is wrong is framed."""
    root = drawn(*lit)
    framed = [
        (float(rect.get("x", "")) + float(rect.get("width", "")) / 2)
        for rect in root.iterfind(".//rect[@class='wrong']")
    ]
    words = [text.text for text in root.iter("text")]
    if "training" not in lit:
        assert not {"loss", "update", "target", "training", "=", "≠"} & {*words}
        assert framed == []
        return
    right = arrays("50+9")["target"]
    middles = [
        float(box.get("x", "")) + float(box.get("width", "")) / 2
        for box in boxes(part(root, "decoder"))
    ]
    compared = list(zip(middles, IN_TRAINING, right, strict=True))
    assert framed == [x for x, written, wanted in compared if written != wanted] != []
    signs = ["=" if written == wanted else "≠" for _, written, wanted in compared]
    assert [word for word in words if word in ("=", "≠")] == signs
    assert {"loss", "update"} <= {*words}


@every_choice
def test_what_is_read_next(lit: tuple[str, ...]) -> None:
    """A dashed arrow leads to each later input: in use from the answer, in training the target."""
    root = drawn(*lit)
    places = {
        group.get("data-row"): [
            (float(text.get("x", "")), float(text.get("y", ""))) for text in group.iter("text")
        ][1:]
        for group in root.iterfind("g[@class='tokens']")
    }
    (dashed,) = (path for path in root.iter("path") if path.get("stroke-dasharray"))
    numbers = [re.findall(r"[\d.]+", way) for way in dashed.get("d", "").split("M")[1:]]
    source = places["target" if "training" in lit else "answer"]
    assert len(numbers) == len(source) - 1
    for token, next_token, way in zip(source, places["input"][1:], numbers, strict=False):
        end_x, end_y, *_, start_x, start_y = map(float, way)  # drawn from its end
        assert token[0] < start_x < end_x < next_token[0]
        for y, text_y in ((start_y, token[1]), (end_y, next_token[1])):
            assert 0 < text_y - y < 6  # the middle of a letter is above its foot


def test_a_token_has_one_vector_wherever_it_is_read() -> None:
    """Where the embedding is lit, equal tokens look alike, and others do not."""
    root = drawn("embedding")
    read = [*rows(root)["problem"], *rows(root)["input"]]
    looks = [
        tuple(cell.get("fill-opacity") for cell in cells)
        for cells in vectors(part(root, "embedding"))
    ]
    for (token, look), (other, another) in combinations(zip(read, looks, strict=True), 2):
        assert (look == another) == (token == other), (token, other)


@every_choice
def test_time_steps(lit: tuple[str, ...]) -> None:
    """The arrow of time of each row numbers its steps, below its boxes, from the left."""
    root = drawn(*lit)
    texts = [list(group.iter("text")) for group in root.iterfind("g[@class='time']")]
    for row, name, steps in zip(texts, ("encoder", "decoder"), (8, 5), strict=True):
        assert [text.text for text in row] == ["time", *map(str, range(1, steps + 1))]
        for number, box in zip(row[1:], boxes(part(root, name)), strict=True):
            middle = float(box.get("x", "")) + float(box.get("width", "")) / 2
            assert float(number.get("x", "")) == middle
            assert float(number.get("y", "")) > float(box.get("y", "")) + 20


@every_choice
def test_what_is_lit(lit: tuple[str, ...]) -> None:
    """A lit part has a bold name, and no other part has; those in use are lit when none is named.

    What is lit differs from what is not in more than its colour.
    """
    root = drawn(*lit)
    assert architecture(*lit).lit == (lit or IN_USE)
    for name in IN_USE if "training" not in lit else PARTS:
        group = part(root, name)
        bold = [text.text or "" for text in group.iter("text") if text.get("font-weight") == "bold"]
        if not lit or name in lit:
            assert " ".join(bold).startswith(name)
            assert group.get("class") == "part lit"
        else:
            assert bold == []
            assert group.get("class") == "part"


@every_choice
def test_described(lit: tuple[str, ...]) -> None:
    """An image whose description says what is drawn, and which parts are lit."""
    diagram = architecture(*lit)
    label = drawn(*lit).get("aria-label", "")
    assert drawn(*lit).get("role") == "img"
    assert label == diagram.description
    assert "50+9" in label
    given = arrays("50+9")
    assert f"read {', '.join(PROBLEM).replace('+', 'plus')};" in label
    assert f"read {', '.join(given['input'])} and write " in label
    for name in IN_USE:
        assert f" {name.capitalize()}: " in label
    if "training" in lit:
        assert f"write {', '.join(IN_TRAINING)}. Training: " in label
        assert f"the target is {', '.join(given['target'])};" in label
    else:
        assert f"write {', '.join(given['target'])}; each written token is read" in label
        assert "loss" not in label and "target" not in label
    ending = f" Lit: {', '.join(lit)}." if lit else " All parts are lit."
    assert label.endswith(ending)
    assert repr(diagram) == f"<Diagram of the encoder-decoder, lit: {', '.join(lit or IN_USE)}>"


@pytest.mark.parametrize("name", ["attention", "", "Encoder", None, ["encoder"]])
def test_a_part_that_is_not_there(name: Any) -> None:
    """It is refused in one sentence that names the parts there are."""
    with pytest.raises(ValueError, match=ONE_SENTENCE) as refused:
        architecture("encoder", name)
    assert repr(name) in str(refused.value)
    for part_name in PARTS:
        assert part_name in str(refused.value)


@every_choice
def test_several_can_stand_in_a_page(lit: tuple[str, ...]) -> None:
    """No ids, no references, no style sheet, no script."""
    root = drawn(*lit)
    assert not [element for element in root.iter() if element.get("id")]
    assert {element.tag for element in root.iter()} == {"svg", "g", "rect", "path", "text"}
    assert not re.search(r"url\(|href|<style", architecture(*lit).svg)


@every_choice
def test_the_same_each_time(lit: tuple[str, ...]) -> None:
    """Two drawings are equal to the byte, in whatever order the parts are named."""
    assert architecture(*lit) == architecture(*lit)
    assert architecture(*reversed(lit), *lit).svg == architecture(*lit).svg


@every_choice
def test_room_is_kept(lit: tuple[str, ...]) -> None:
    """Width and height have the ratio of the drawing, and text follows the page."""
    root = drawn(*lit)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    assert (left, top) == (0, 0)
    shown = float(root.get("width", "")), float(root.get("height", ""))
    assert shown[0] / shown[1] == pytest.approx(width / height, rel=0.002)
    assert shown[0] <= 35 * 16
    for declared in ("max-width:100%", "height:auto", "margin-inline:auto"):
        assert declared in root.get("style", "")
    assert root.get("font-family") == "inherit"
    for text in root.iter("text"):
        assert text.get("fill") == "currentColor"
        assert float(text.get("font-size", "")) * PHONE / width >= 10, text.text


def test_the_colours_are_those_of_the_figures() -> None:
    """The drawing and the other figures speak one language."""
    assert [COLOURS[name] for name in IN_USE] == [
        plots.GREEN,
        plots.BLUE,
        plots.PURPLE,
        plots.VERMILION,
    ]


@every_page
def test_contrast(paper: str) -> None:
    """Of colours and lines at least 3:1 with the page, of letters at least 4.5:1."""
    ink, ground = PAGES[paper]
    for name, colour in COLOURS.items():
        mixed = tuple(
            (1 - INK / 100) * part + INK / 100 * own
            for part, own in zip(to_rgb(colour), to_rgb(ink), strict=True)
        )
        assert contrast(mixed, ground) >= 3, name
        assert contrast(colour, ground) >= 3, name
    assert contrast(blended(ink, MUTED_LINE, ground), ground) >= 3
    assert contrast(blended(ink, MUTED_TEXT, ground), ground) >= 4.5


# In a browser.

# The boxes of the letters, without most of the room above and below them, and what comes near them.
LOOK = """svg => {
    const texts = [...svg.querySelectorAll("text")].map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const air = (bottom - top) * 0.2;
        return {
            text: text.textContent, left, right, top: top + air, bottom: bottom - air,
            size: parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a,
            family: getComputedStyle(text).fontFamily,
        };
    });
    const points = [...svg.querySelectorAll("path")].flatMap((path) => {
        const matrix = path.getScreenCTM();
        const length = path.getTotalLength();
        return Array.from({ length: Math.ceil(length) + 1 }, (_, at) => {
            const { x, y } = path.getPointAtLength(Math.min(at, length)).matrixTransform(matrix);
            return [x, y];
        });
    });
    const shapes = [...svg.querySelectorAll("rect")].map((rect) => {
        const { left, right, top, bottom } = rect.getBoundingClientRect();
        return { kind: rect.getAttribute("class"), left, right, top, bottom };
    });
    const { left, right, top, bottom } = svg.getBoundingClientRect();
    return { texts, points, shapes, frame: { left, right, top, bottom } };
}"""


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    """Return whether two boxes have a place in common."""
    return (
        one["left"] < other["right"]
        and other["left"] < one["right"]
        and one["top"] < other["bottom"]
        and other["top"] < one["bottom"]
    )


@pytest.fixture(scope="module")
def sheet(browser: Browser) -> Iterator[Page]:
    """Give a page of its own for drawings."""
    page = browser.new_page(viewport={"width": 900, "height": 700})
    yield page
    page.close()


def look(sheet: Page, lit: tuple[str, ...], paper: str, width: int) -> dict[str, Any]:
    """Put a drawing on paper where there is so much room; return where its pieces are."""
    ink, ground = PAGES[paper]
    sheet.set_content(
        f'<body style="margin:20px;color:{ink};background:{ground};font-family:sans-serif">'
        f'<div style="width:{width}px">{architecture(*lit).svg}</div>'
    )
    seen: dict[str, Any] = sheet.locator("svg").evaluate(LOOK)
    return seen


@pytest.mark.parametrize("width", [PHONE, 800])
@every_choice
def test_letters_stand_free(sheet: Page, lit: tuple[str, ...], width: int) -> None:
    """No letter touches another text, a line or a shape, or sticks out; all are large enough."""
    seen = look(sheet, lit, "light", width)
    frame = seen["frame"]
    assert frame["right"] - frame["left"] == pytest.approx(min(width, 480), abs=0.5)
    assert frame["left"] - 20 == pytest.approx(20 + width - frame["right"], abs=0.5)  # centred
    assert len(seen["texts"]) == len(list(drawn(*lit).iter("text"))) > 40
    for one, other in combinations(seen["texts"], 2):
        assert not overlap(one, other), (one["text"], other["text"])
    for text in seen["texts"]:
        assert text["size"] >= 10, text["text"]
        assert text["family"] == "sans-serif"
        assert frame["left"] <= text["left"] and text["right"] <= frame["right"], text["text"]
        assert frame["top"] <= text["top"] and text["bottom"] <= frame["bottom"], text["text"]
        for x, y in seen["points"]:
            at = {"left": x - 0.5, "right": x + 0.5, "top": y - 0.5, "bottom": y + 0.5}
            assert not overlap(text, at), (text["text"], x, y)
    inside = {
        (text["text"], shape["kind"])
        for text in seen["texts"]
        for shape in seen["shapes"]
        if overlap(text, shape)
    }
    assert inside == ({("loss", "loss"), ("8", "wrong")} if "training" in lit else set())


@pytest.mark.parametrize("paper", ["light", "dark"])
def test_colours_as_they_are_seen(sheet: Page, paper: str) -> None:
    """The browser mixes the colours with the ink of the page, and they stand out from it."""
    look(sheet, PARTS, paper, 800)
    ink, ground = PAGES[paper]
    for name in PARTS:
        seen = sheet.locator(f"[data-part='{name}'] > g").evaluate(
            "it => getComputedStyle(it).stroke"
        )
        channels = re.fullmatch(r"color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)\)", seen)
        assert channels, seen
        mixed = tuple(map(float, channels.groups()))
        wanted = [
            (1 - INK / 100) * part + INK / 100 * own
            for part, own in zip(to_rgb(COLOURS[name]), to_rgb(ink), strict=True)
        ]
        assert mixed == pytest.approx(wanted, abs=0.01)
        assert contrast(mixed, ground) >= 3


# In the book.


def lit_in(cell: nbformat.NotebookNode) -> list[str]:
    """Return the parts that a cell names."""
    call = CALL.search(cell.source)
    assert call is not None
    return re.findall(r'"(.*?)"', call[1])


@pytest.mark.parametrize("chapter", OPENINGS)
def test_it_opens_a_chapter(chapter: str) -> None:
    """It is the first that a chapter shows, with its part lit, a caption, and no code beside it."""
    first = OPENINGS[chapter]
    assert first.outputs[0].data[PAGE] == architecture(*lit_in(first)).svg
    assert first.metadata.tags == ["remove-input"]
    assert first.metadata.jupyter == {"source_hidden": True}
    figure = first.metadata.mystnb.figure
    assert re.fullmatch(r"[^\n]+\.", figure.caption)
    assert figure.name.startswith("fig-")


def test_each_part_is_lit_in_a_chapter() -> None:
    """The chapters go through the model, from the first part to the last."""
    lit = [name for cell in OPENINGS.values() for name in lit_in(cell)]
    assert lit == list(COLOURS)
