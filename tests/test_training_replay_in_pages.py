"""The training replay as a reader of the built pages meets it, with no kernel."""

import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpers import pretrained, problems
from helpers.records import Snapshot
from helpers.widgets import TrainingReplay
from tests.browser import add_widget, only_http, sticks_out, stop_clock, tab_through
from tests.snapshots import made_up

RUN = pretrained.record("notes").snapshots
LAST = len(RUN) - 1

ROWS = """root => [...root.querySelectorAll("tbody tr")].map((row) => {
    const [problem, right, answer, verdict] = row.cells;
    return [
        problem.innerText,
        right.innerText,
        [...answer.childNodes].map((it) => [it.textContent.trim(), it.className === "off"]),
        verdict.innerText,
    ];
})"""
"""The answers: each character of them, and whether it is marked as wrong."""

CHARTS = """root => [...root.querySelectorAll("svg")].map((chart) => {
    const number = (it, name) => Number(it.getAttribute(name));
    const texts = [...chart.querySelectorAll("text")];
    const labels = texts.filter((it) => /^[0-9]/.test(it.textContent));
    const across = labels.filter((it) => it.getAttribute("text-anchor") === "middle");
    const upward = labels.filter((it) => it.getAttribute("text-anchor") === "end");
    return {
        across: across.map((it) => [parseFloat(it.textContent), number(it, "x")]),
        upward: upward.map((it) => [parseFloat(it.textContent), number(it, "y") - 4]),
        dots: [...chart.querySelectorAll(".dot")].map((it) => [number(it, "cx"), number(it, "cy")]),
        lines: [...chart.querySelectorAll(".line")].map((it) =>
            it.getAttribute("points").split(" ").map((place) => place.split(",").map(Number))),
        cursor: Number(/-?[0-9.]+/.exec(chart.querySelector(".cursor").getAttribute("transform"))),
        label: chart.getAttribute("aria-label"),
    };
})"""


class Replay:
    """What a reader sees and touches of a replay."""

    def __init__(self, root: Locator) -> None:
        """Take the frame of the widget."""
        self.root = root
        self.slider = root.get_by_role("slider", name="Epoch")
        self.charts = root.locator("svg")
        self.words = root.locator(".words")
        self.table = root.get_by_role("table")
        self.said = root.get_by_role("status")

    def press(self, name: str) -> None:
        """Press a button by its name."""
        self.root.get_by_role("button", name=name, exact=True).click()


def share(text: str) -> float:
    """Return a percentage as a number from 0 to 1."""
    return float(text.strip("<>").removesuffix(" %")) / 100


def check_words(replay: Replay, run: list[Snapshot], place: int) -> None:
    """Epoch, loss and the two shares are those that were recorded."""
    seen = run[place]
    expect(replay.root.locator(".epoch")).to_have_text(f"{seen.epoch} of {run[-1].epoch}")
    assert replay.slider.input_value() == str(place)
    assert replay.slider.get_attribute("aria-valuetext") == (
        f"epoch {seen.epoch}, snapshot {place + 1} of {len(run)}"
    )
    found = re.match(
        rf"After epoch {seen.epoch}: loss ([\d.]+), (\S+ %) of the whole answers right, "
        r"(\S+ %) of the tokens\.",
        replay.words.inner_text(),
    )
    assert found is not None, replay.words.inner_text()
    assert float(found[1]) == pytest.approx(seen.loss, abs=0.000501)
    assert share(found[2]) == pytest.approx(seen.exact_match, abs=0.000501)
    assert share(found[3]) == pytest.approx(seen.token_accuracy, abs=0.000501)
    for exactly, text in ((seen.exact_match, found[2]), (seen.token_accuracy, found[3])):
        assert (text in ("0 %", "100 %")) == (exactly in (0, 1))


def check_answers(replay: Replay, run: list[Snapshot], place: int) -> None:
    """The answers are those that were recorded; what is wrong with them is marked and said."""
    rows = replay.root.evaluate(ROWS)
    count = 0
    for (problem, answer), row in zip(run[place].answers.items(), rows, strict=True):
        right = problems.solve(problem)
        count += answer == right
        length = max(len(answer), len(right))
        wrong = [answer[k : k + 1] != right[k : k + 1] for k in range(length)]
        marks = [[answer[k : k + 1], off] for k, off in enumerate(wrong)]
        assert row == [problem, right, marks, verdict(answer, right)]
    tally = f"{count} of {len(run[place].answers)} right."
    expect(replay.words).to_contain_text(f" Of the answers below: {tally}")
    expect(replay.root.locator("caption")).to_have_text(
        f"What the model answers after epoch {run[place].epoch}: {tally}"
    )


def verdict(answer: str, right: str) -> str:
    """Return what is said of an answer."""
    if answer == right:
        return "✓ right"
    if not answer:
        return "✗ nothing written"
    if not re.fullmatch(r"0|-?[1-9]\d*", answer):
        return "✗ no number"
    off = abs(int(answer) - int(right))
    return f"✗ off by {off}" if off < 1000 else "✗ far off"


def check_charts(replay: Replay, run: list[Snapshot], place: int) -> None:
    """By the numbers at their axes the curves and the points on them are those recorded."""
    loss, shares = replay.root.evaluate(CHARTS)
    curves = [
        (loss, [[each.loss for each in run]]),
        (
            shares,
            [[100 * each.exact_match for each in run], [100 * each.token_accuracy for each in run]],
        ),
    ]
    for chart, lines in curves:
        epochs, x = np.array(chart["across"]).T
        values, y = np.array(chart["upward"]).T
        across = np.polynomial.Polynomial.fit(x, np.log(epochs + 1), 1)
        upward = np.polynomial.Polynomial.fit(y, values, 1)
        now = np.log(run[place].epoch + 1)
        assert across(chart["cursor"]) == pytest.approx(now, abs=0.01)
        for line, dot, recorded in zip(chart["lines"], chart["dots"], lines, strict=True):
            corners = np.array(line)
            along = np.log([each.epoch + 1 for each in run])
            assert across(corners[:, 0]) == pytest.approx(along, abs=0.01)
            assert upward(corners[:, 1]) == pytest.approx(recorded, abs=0.01)
            assert dot == pytest.approx(corners[place], abs=0.01)
        assert f" at epoch {run[place].epoch}." in chart["label"]
    numbers = [float(number) for number in re.findall(r"\d\.\d{3}", loss["label"])]
    recorded = [run[0].loss, run[-1].loss, run[place].loss]
    assert numbers == pytest.approx(recorded, abs=0.000501)
    numbers = [share(number) for number in re.findall(r"[<>]?[\d.]+ %", shares["label"])]
    assert numbers == pytest.approx(
        [
            getattr(run[at], name)
            for name in ("exact_match", "token_accuracy")
            for at in (0, -1, place)
        ],
        abs=0.000501,
    )


@pytest.fixture
def replay(page: Page, base: str) -> Replay:
    """Return the replay of the chapter."""
    page.goto(f"{base}chapters/training.html")
    return Replay(page.get_by_role("group", name="Training replay").first)


def test_with_the_mouse(page: Page, replay: Replay) -> None:
    """At any epoch all that is shown is what was recorded."""
    for place in (0, 4, 19, LAST):
        replay.slider.fill(str(place))
        check_words(replay, RUN, place)
        check_answers(replay, RUN, place)
        check_charts(replay, RUN, place)
    replay.press("First")
    check_words(replay, RUN, 0)
    replay.press("Last")
    check_words(replay, RUN, LAST)
    box = replay.slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    check_words(replay, RUN, LAST // 2)
    # A click on a chart leads to the snapshot above or below it.
    for chart, seen in enumerate(replay.root.evaluate(CHARTS)):
        svg = replay.charts.nth(chart)
        box = svg.bounding_box()
        assert box is not None
        for place in (25, 3, LAST):
            x, y = seen["lines"][0][place]
            scale = box["width"] / 340
            svg.click(position={"x": x * scale, "y": (y / 2 + 40) * scale})
            check_words(replay, RUN, place)
    svg.click(position={"x": 2, "y": 2})
    check_words(replay, RUN, 0)


@only_http
def test_nothing_moves_while_it_plays(replay: Replay) -> None:
    """Curves and table keep their places and widths at every epoch, and nothing glides."""
    seen = replay.root.evaluate(
        """root => {
            const slider = root.querySelector("input");
            const places = new Set();
            for (let place = 0; place <= Number(slider.max); place++) {
                slider.value = place;
                slider.dispatchEvent(new Event("input"));
                for (const part of root.querySelectorAll("svg, table, th")) {
                    const { x, width } = part.getBoundingClientRect();
                    places.add(`${part.tagName} ${x} ${width}`);
                }
            }
            return [places.size, root.querySelectorAll("svg, table, th").length];
        }"""
    )
    assert seen[0] <= seen[1]
    assert replay.root.evaluate(
        """root => [root, ...root.querySelectorAll("*")].every((it) => {
            const { transitionDuration, animationName } = getComputedStyle(it);
            return transitionDuration === "0s" && animationName === "none";
        })"""
    )


@only_http
def test_with_the_keyboard(page: Page, replay: Replay) -> None:
    """Tab comes to every control in turn, and the focus is seen; all of them can be worked."""
    assert tab_through(page, replay.root) == ["Epoch", "First", "Play", "Last"]
    replay.slider.focus()
    for key, place in (
        *(("End", LAST), ("ArrowLeft", LAST - 1), ("Home", 0), ("ArrowRight", 1)),
        *(("ArrowUp", 2), ("ArrowDown", 1)),
    ):
        page.keyboard.press(key)
        check_words(replay, RUN, place)
    check_answers(replay, RUN, 1)
    check_charts(replay, RUN, 1)
    for key in ("Tab", "Space"):
        page.keyboard.press(key)
    check_words(replay, RUN, 0)
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    check_words(replay, RUN, LAST)
    check_answers(replay, RUN, LAST)


@only_http
def test_play_and_pause(page: Page, replay: Replay) -> None:
    """It plays to the end by itself and stops where it is stopped; it speaks when it rests."""
    stop_clock(page)
    replay.press("Play")
    page.clock.run_for(1900)
    check_words(replay, RUN, 3)
    expect(replay.said).to_contain_text("After epoch 0:")
    replay.press("Pause")
    page.clock.run_for(5000)
    check_words(replay, RUN, 3)
    expect(replay.said).to_have_text(replay.words.inner_text())
    replay.press("Play")
    page.clock.run_for(1300)
    replay.charts.first.click(position={"x": 2, "y": 2})
    page.clock.run_for(700)
    expect(replay.said).to_contain_text("After epoch 3:")
    page.clock.run_for(200)
    expect(replay.said).to_contain_text("After epoch 0:")
    page.clock.run_for(3000)
    check_words(replay, RUN, 0)
    replay.press("Play")
    page.clock.run_for(600 * LAST)
    expect(replay.said).to_contain_text("After epoch 0:")
    page.clock.run_for(900)
    check_words(replay, RUN, LAST)
    expect(replay.said).to_have_text(replay.words.inner_text())
    replay.press("Play")
    check_words(replay, RUN, 0)


@only_http
def test_replays_do_not_disturb_each_other(page: Page, replay: Replay) -> None:
    """What is done to one leaves the other as it was, whatever run it shows."""
    replay.slider.fill("9")
    expect(replay.said).to_contain_text("After epoch 11:")
    before = replay.root.inner_html()
    run = pretrained.record("grown").snapshots
    other = Replay(add_widget(page, "training_replay", TrainingReplay(run).page_state()))
    for place in (len(run) - 1, 0, 5):
        other.slider.fill(str(place))
        check_words(other, run, place)
        check_answers(other, run, place)
        check_charts(other, run, place)
    assert replay.root.inner_html() == before
    replay.press("Last")
    check_words(other, run, 5)
    # One snapshot, and nothing that was watched.
    alone = [replace(made_up()[0], answers={})]
    state = TrainingReplay(alone).page_state()
    short = Replay(add_widget(page, "training_replay", state))
    expect(short.table).to_have_count(0)
    expect(short.words).to_have_text(re.compile(r"of the tokens\.$"))
    short.press("Play")
    check_words(short, alone, 0)
    assert not re.search("nan|infinity|undefined", short.root.inner_html(), re.IGNORECASE)
    # All kinds of answers.
    answers = {"50+9": "", "3-71": "-6", "1+1": "2", "9-9": "-0", "7+8": "99999", "90+9": "100"}
    odd = [replace(made_up()[0], answers=answers, exact_match=1.0, token_accuracy=0.0001)]
    other = Replay(add_widget(page, "training_replay", TrainingReplay(odd).page_state()))
    check_answers(other, odd, 0)
    expect(other.words).to_contain_text("100 % of the whole answers right, <0.1 % of the tokens.")


@only_http
def test_nothing_is_cut_off(page: Page, replay: Replay) -> None:
    """On a phone, and at 200 % zoom (half the width), the page does not scroll sideways."""
    for place in (0, 20):
        replay.slider.fill(str(place))
        for width in (1280, 360, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert sticks_out(page, replay.root) == [], width


def test_without_scripts(browser: Browser, site: str) -> None:
    """Where JavaScript is off, the curves and the answers at a few epochs stand there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}chapters/training.html")
    place = page.locator('[data-widget="training_replay"]')
    pictures = place.get_by_role("img")
    assert pictures.count() == 2
    expect(pictures.first).to_be_visible()
    expect(pictures.last).to_be_visible()
    head, *rows = place.get_by_role("table").get_by_role("row").all()
    heads = head.get_by_role("columnheader").all_inner_texts()
    assert (heads[2], heads[-1]) == ("epoch 0", "epoch 2400")
    for row, (problem, answer) in zip(rows, RUN[-1].answers.items(), strict=True):
        right = problems.solve(problem)
        expect(row.get_by_role("rowheader")).to_have_text(problem)
        cells = row.get_by_role("cell").all_inner_texts()
        assert (cells[0], cells[-1]) == (right, f"{answer} {'✓' if answer == right else '✗'}")
    context.close()
