"""The embedding explorer as a reader of the built pages meets it, with no kernel."""

import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpers import geometry, pretrained
from helpers.records import Snapshot
from helpers.vocabulary import TOKENS
from helpers.widgets import EmbeddingExplorer
from tests.browser import (
    add_widget,
    drawing_of,
    only_http,
    sticks_out,
    stop_clock,
    strips,
    tab_through,
)
from tests.snapshots import made_up

RUN = pretrained.record("notes").snapshots
LAST = len(RUN) - 1
HALF = 0.00501
"""What a number with two places may be off."""

POINTS = """root => [...root.querySelectorAll(".point")].map((it) => [
    ...it.getAttribute("transform").match(/-?[0-9][0-9.e-]*/g).map(Number),
    it.getAttribute("visibility") === "visible",
])"""
"""Where the points are drawn, and whether they are seen."""


class Explorer:
    """What a reader sees and touches of an explorer."""

    def __init__(self, root: Locator) -> None:
        """Take the frame of the widget."""
        self.root = root
        self.token = root.get_by_role("combobox", name="Token", exact=True)
        self.other = root.get_by_role("combobox", name="compared with", exact=True)
        self.zoom = root.get_by_role("combobox", name="Zoom in on", exact=True)
        self.slider = root.get_by_role("slider", name="Epoch")
        self.verdict = root.locator(".verdict")
        self.order = root.locator(".verdict + p")
        self.map = root.get_by_role("img", name="Map of the tokens")
        self.said = root.get_by_role("status")

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.root.get_by_role("button", name=name, exact=True).click()

    def chosen(self) -> tuple[str, str]:
        """Return the two tokens."""
        return self.token.input_value(), self.other.input_value()

    def distances(self) -> np.ndarray:
        """Return the numbers of the table, axes (token, token)."""
        texts = self.root.locator("td .value").all_inner_texts()
        return np.array(texts, dtype=float).reshape(len(TOKENS), len(TOKENS))

    def points(self) -> np.ndarray:
        """Return where the points are drawn, axes (token, 2)."""
        return np.array(self.root.evaluate(POINTS), dtype=float)[:, :2]

    def seen(self) -> list[str]:
        """Return the tokens that the map shows."""
        points = self.root.evaluate(POINTS)
        return [name for name, (_, _, seen) in zip(TOKENS, points, strict=True) if seen]


def spoken(token: str) -> str:
    """Return a token as it is read out."""
    return {"+": "plus", "-": "minus"}.get(token, token)


def on_map(run: list[Snapshot], place: int) -> np.ndarray:
    """Return where the rows of a snapshot lie on the map, axes (token, component)."""
    mean, directions, _ = geometry.spread(run[-1].embedding)
    return (run[place].embedding - mean) @ directions.T


def order_of(apart: np.ndarray) -> float:
    """Return how far the distances of the digits follow their differences."""
    i, j = np.triu_indices(10, 1)
    return geometry.rank_correlation(j - i, apart[i, j])


def check_words(explorer: Explorer, run: list[Snapshot], place: int) -> None:
    """Epoch, distance, nearest token and rank correlation are those of Python."""
    epoch, apart = run[place].epoch, geometry.distances(run[place].embedding)
    first, second = map(TOKENS.index, explorer.chosen())
    expect(explorer.root.locator(".epoch")).to_have_text(f"{epoch} of {run[-1].epoch}")
    assert explorer.slider.input_value() == str(place)
    assert explorer.slider.get_attribute("aria-valuetext") == (
        f"epoch {epoch}, snapshot {place + 1} of {len(run)}"
    )
    names = " and ".join(spoken(TOKENS[token]) for token in sorted((first, second)))
    if first == second:
        names = f"{spoken(TOKENS[first])} from itself"
    others = np.where(np.arange(len(TOKENS)) == first, np.inf, apart[first])
    near = spoken(TOKENS[int(others.argmin())])
    words = explorer.verdict.inner_text()
    found = re.fullmatch(
        rf"Distance of {names}: ([\d.]+)\. "
        rf"Nearest to {spoken(TOKENS[first])} is {near} \(([\d.]+)\)\.",
        words,
    )
    assert found is not None, words
    shown = [float(number) for number in found.groups()]
    assert shown == pytest.approx([apart[first, second], others.min()], abs=HALF)
    correlation = explorer.order.inner_text().replace("\u2212", "-").split()[-1]
    assert float(correlation.rstrip(".")) == pytest.approx(order_of(apart), abs=HALF)
    label = explorer.map.get_attribute("aria-label")
    assert label == f"Map of the tokens at epoch {epoch}. {words}"


def check_numbers(explorer: Explorer, run: list[Snapshot], place: int) -> None:
    """The two rows and all distances are those of Python."""
    for name, (caption, numbers) in zip(explorer.chosen(), strips(explorer.root), strict=True):
        assert caption.startswith(f"Row of {spoken(name)}. A full bar is ")
        row = run[place].embedding[TOKENS.index(name)]
        assert numbers == pytest.approx(row, abs=HALF)
    apart = geometry.distances(run[place].embedding)
    tolerance = np.where(apart < 9.95, HALF, 0.0501)
    assert (np.abs(explorer.distances() - apart) <= tolerance).all()
    marked = explorer.root.locator("td.chosen")
    first, second = explorer.chosen()
    assert marked.count() == 1
    expect(marked).to_have_attribute("title", re.compile(f"^{spoken(first)} and {spoken(second)}"))
    expect(explorer.root.locator("tr.chosen th")).to_have_text(first)


def check_map(explorer: Explorer, run: list[Snapshot], place: int) -> None:
    """The points are drawn where their components say, the line and the two rings with them."""
    places, points = on_map(run, place), explorer.points()
    assert drawing_of(places, points)(places) == pytest.approx(points, abs=0.05)
    line = explorer.root.locator(".digits").get_attribute("points") or ""
    corners = [tuple(map(float, corner.split(","))) for corner in line.split()]
    assert corners == pytest.approx(points[:10], abs=0.01)
    token, other = explorer.chosen()
    assert explorer.root.locator(".point.chosen text").all_text_contents() == [token]
    others = explorer.root.locator(".point.other text").all_text_contents()
    assert others == [other] * (token != other)


@pytest.fixture
def explorer(page: Page, base: str) -> Explorer:
    """Return the explorer of the chapter, whose points jump."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{base}chapters/embeddings.html")
    return Explorer(page.get_by_role("group", name="Embedding explorer").first)


def test_with_the_mouse(page: Page, explorer: Explorer) -> None:
    """At any epoch and for any two tokens all that is shown is what Python says."""
    assert explorer.chosen() == ("5", "4")
    check_words(explorer, RUN, LAST)
    check_map(explorer, RUN, LAST)
    expect(explorer.root.locator("td .value").first).to_have_css("height", "1px")
    explorer.root.get_by_label("Show the numbers").check()
    expect(explorer.root.locator("td .value").first).not_to_have_css("height", "1px")
    for place, token, other in ((LAST, "7", "EOS"), (1, "+", "-"), (20, "0", "0")):
        explorer.slider.fill(str(place))
        explorer.token.select_option(token)
        explorer.other.select_option(other)
        check_words(explorer, RUN, place)
        check_numbers(explorer, RUN, place)
        check_map(explorer, RUN, place)
    explorer.press("First")
    check_words(explorer, RUN, 0)
    check_numbers(explorer, RUN, 0)
    box = explorer.slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    check_words(explorer, RUN, LAST // 2)
    explorer.press("Last")
    check_words(explorer, RUN, LAST)


@only_http
def test_with_the_keyboard(page: Page, explorer: Explorer) -> None:
    """Tab comes to every control in turn, and the focus is seen; all of them can be worked."""
    explorer.root.get_by_label("Show the numbers").check()
    assert tab_through(page, explorer.root) == [
        *("Token", "compared with", "Zoom in on", "", "Epoch", "First", "Play", "Last"),
        "Wide table",
    ]
    explorer.root.get_by_label("Show the numbers").uncheck()
    assert len(tab_through(page, explorer.root)) == 8
    explorer.token.focus()
    for key in ("ArrowDown", "ArrowDown", "Tab", "ArrowUp", "Tab", "ArrowDown", "Tab", "Space"):
        page.keyboard.press(key)
    assert explorer.chosen() == ("7", "3")
    assert explorer.zoom.input_value() == "digits"
    page.keyboard.press("Tab")
    expect(explorer.slider).to_be_focused()
    place = LAST
    for key, to in (("ArrowLeft", LAST - 1), ("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2)):
        page.keyboard.press(key)
        check_words(explorer, RUN, to)
        place = to
    check_numbers(explorer, RUN, place)
    page.keyboard.press("End")
    check_words(explorer, RUN, LAST)
    for key in ("Tab", "Enter"):
        page.keyboard.press(key)
    check_words(explorer, RUN, 0)
    for key in ("Tab", "Tab", "Space"):
        page.keyboard.press(key)
    check_words(explorer, RUN, LAST)


@only_http
def test_points_and_cells_can_be_clicked(page: Page, explorer: Explorer) -> None:
    """A point, its name or the head of a row is a token; a cell is two of them."""
    marks = explorer.root.locator(".point .mark")
    points = explorer.points()
    for token, name in enumerate(TOKENS):
        away = np.linalg.norm(points - points[token], axis=1)
        if np.sort(away)[1] < 7:
            continue  # another mark may lie on it
        marks.nth(token).click(force=True)  # wherever it is, whatever lies on it
        assert explorer.chosen() == (name, "4")
    explorer.map.get_by_text("EOS", exact=True).click()
    assert explorer.chosen() == ("EOS", "4")
    explorer.root.get_by_role("rowheader", name="2", exact=True).click()
    assert explorer.chosen() == ("2", "4")
    explorer.root.locator("td").nth(1 + 14 * 8 + 12).click()
    assert explorer.chosen() == ("8", "PAD")
    check_words(explorer, RUN, LAST)
    check_map(explorer, RUN, LAST)


@only_http
def test_zoom(explorer: Explorer) -> None:
    """The map is fitted to all tokens, to the digits, or to nothing: then lengths keep."""
    for place in (LAST, 15, 0):
        explorer.slider.fill(str(place))
        for zoom, fitted in (("all tokens", len(TOKENS)), ("the digits", 10)):
            explorer.zoom.select_option(zoom)
            assert np.ptp(explorer.points()[:fitted], axis=0).max() == pytest.approx(232, abs=0.5)
            assert set(TOKENS[:fitted]) <= set(explorer.seen())
            check_map(explorer, RUN, place)
        if place == LAST:
            assert "+" not in explorer.seen()
    explorer.zoom.select_option("nothing")
    spans = []
    for place in (0, 15, LAST):
        explorer.slider.fill(str(place))
        assert explorer.seen() == list(TOKENS)
        check_map(explorer, RUN, place)
        places = on_map(RUN, place)
        spans.append(np.ptp(explorer.points()[:, 0]) / np.ptp(places[:, 0]))
    assert spans == pytest.approx([spans[0]] * 3, rel=0.01)


@only_http
def test_play_and_pause(page: Page, explorer: Explorer) -> None:
    """It plays to the end by itself and stops where it is stopped; it speaks when it rests."""
    stop_clock(page)
    explorer.press("Play")
    check_words(explorer, RUN, 0)
    page.clock.run_for(1200)
    check_words(explorer, RUN, 2)
    expect(explorer.said).to_contain_text("Epoch 2400.")
    explorer.press("Pause")
    page.clock.run_for(5000)
    check_words(explorer, RUN, 2)
    words = f"{explorer.verdict.inner_text()} {explorer.order.inner_text()}"
    expect(explorer.said).to_have_text(f"Epoch 2. {words}")
    explorer.press("Play")
    page.clock.run_for(3000)
    explorer.slider.press("ArrowLeft")
    page.clock.run_for(700)
    explorer.slider.press("ArrowLeft")
    page.clock.run_for(700)
    check_words(explorer, RUN, 6)
    expect(explorer.said).to_contain_text("Epoch 2.")
    page.clock.run_for(200)
    expect(explorer.said).to_contain_text("Epoch 6.")
    explorer.token.select_option("+")
    page.clock.run_for(900)
    expect(explorer.said).to_contain_text("Epoch 6. Distance of 4 and plus: ")
    explorer.press("Play")
    page.clock.run_for(500 * LAST)
    check_words(explorer, RUN, LAST)
    expect(explorer.said).to_contain_text("Epoch 2400.")
    expect(explorer.root.get_by_role("button", name="Play")).to_be_visible()


@only_http
def test_explorers_do_not_disturb_each_other(page: Page, explorer: Explorer) -> None:
    """What is done to one leaves the other as it was, whatever run it shows."""
    explorer.slider.fill("9")
    expect(explorer.said).to_contain_text("Epoch 11.")
    before = explorer.root.inner_html()
    run = pretrained.record("two-numbers").snapshots
    state = EmbeddingExplorer(run, token="+", other="EOS", snapshot=3).page_state()
    other = Explorer(add_widget(page, "embedding_explorer", state))
    other.root.get_by_label("Show the numbers").check()
    for place in (3, len(run) - 1):
        other.slider.fill(str(place))
        check_words(other, run, place)
        check_numbers(other, run, place)
        check_map(other, run, place)
    other.zoom.select_option("the digits")
    other.token.select_option("1")
    assert explorer.root.inner_html() == before
    assert (explorer.chosen(), explorer.zoom.input_value()) == (("5", "4"), "all")
    explorer.press("First")
    check_words(other, run, len(run) - 1)
    # Rows without any difference, in a run of one snapshot.
    same = [replace(made_up()[0], embedding=np.zeros((len(TOKENS), 3), np.float32))]
    state = EmbeddingExplorer(same).page_state()
    dull = Explorer(add_widget(page, "embedding_explorer", state))
    for zoom in ("the digits", "nothing", "all tokens"):
        dull.zoom.select_option(zoom)
        expect(dull.order).to_contain_text("none, all distances are the same")
        assert not re.search("nan|infinity|undefined", dull.root.inner_html(), re.IGNORECASE)
    dull.press("Play")


@only_http
def test_nothing_is_cut_off(page: Page, explorer: Explorer) -> None:
    """On a phone, and at 200 % zoom (half the width), the page does not scroll sideways."""
    explorer.token.select_option("EOS")
    for width in (1280, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert sticks_out(page, explorer.root) == [], width
    explorer.root.get_by_label("Show the numbers").check()
    outside = "button, input, select, .strip, figure, .scroller, svg *"
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert sticks_out(page, explorer.root, outside) == [], width
    page.set_viewport_size({"width": 360, "height": 800})
    table = explorer.root.get_by_role("group", name="Wide table")
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("it => it.scrollLeft > 0", arg=table.element_handle())


def test_without_scripts(browser: Browser, site: str) -> None:
    """Where JavaScript is off, pictures stand there, two rows and the way of their distance."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}chapters/embeddings.html")
    place = page.locator(".live-widget")
    pictures = place.get_by_role("img")
    assert pictures.count() == 2
    expect(pictures.first).to_be_visible()
    expect(pictures.last).to_be_visible()
    rows, way = place.get_by_role("table").all()
    expect(rows).to_contain_text("Rows at epoch 2400")
    for line, token in zip(rows.get_by_role("row").all(), (5, 4), strict=True):
        numbers = line.get_by_role("cell").all_inner_texts()
        assert [float(number) for number in numbers] == pytest.approx(
            RUN[-1].embedding[token], abs=HALF
        )
    apart = geometry.distances(RUN[-1].embedding)
    last = way.get_by_role("row").last.get_by_role("cell").all_inner_texts()
    assert last == ["2400", f"{apart[5, 4]:.3f}", f"{order_of(apart):.2f}"]
    context.close()


@only_http
def test_reduced_motion(page: Page, explorer: Explorer) -> None:
    """The points jump for a reader who has asked for reduced motion, and glide for others."""
    stop_clock(page)

    def four_moments() -> list[np.ndarray]:
        explorer.press("Last")
        page.clock.run_for(400)
        moments = [explorer.points()]
        explorer.press("First")
        for passing in (0, 150, 300):
            page.clock.run_for(passing)
            moments.append(explorer.points())
        return moments

    start, at_once, later, end = four_moments()
    assert (start != at_once).any()
    assert (at_once == end).all()
    page.emulate_media(reduced_motion="no-preference")
    start, at_once, later, end = four_moments()
    assert (start == at_once).all()
    assert (later != start).any()
    assert (later != end).any()
