"""The encoder stepper as a reader of the built pages meets it, with no kernel."""

import re
from functools import cache

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpers import decoding, geometry, pretrained, problems
from helpers.records import EncoderStep, Reading
from helpers.vocabulary import TOKENS
from helpers.widgets import EncoderStepper
from tests.browser import (
    add_widget,
    drawing_of,
    only_http,
    sticks_out,
    stop_clock,
    strips,
    tab_through,
)
from tests.models import load
from tests.steppers import (
    ALLOWED,
    Stepper,
    check_end_of_composition,
    check_frame_without_forms,
)

HALF = 0.00501
"""What a number with two places may be off."""

MAP = """root => {
    const places = (selector) => [...root.querySelectorAll(selector)].map((it) =>
        [Number(it.getAttribute("cx")), Number(it.getAttribute("cy"))]);
    return {
        problems: [...root.querySelectorAll(".dots title")].map((it) => it.textContent),
        dots: places(".dots circle"),
        visited: places(".visited circle"),
        path: root.querySelector(".path").getAttribute("points"),
        here: root.querySelector(".here").style.transform,
        name: root.querySelector(".here .name").textContent,
    };
}"""


class SeenEncoder(Stepper):
    """What a reader sees and touches of an encoder stepper."""

    def __init__(self, root: Locator) -> None:
        """Take the frame of the widget."""
        super().__init__(root)
        self.words = root.locator(".outcome > p").last

    def reads(self) -> list[str]:
        """Return the eight tokens that go in."""
        return self.table.locator("tbody td").all_inner_texts()

    def numbers(self) -> dict[str, list[float]]:
        """Return the numbers that are seen, by what stands above them."""
        return dict(strips(self.root))


@cache
def plane(name: str) -> tuple[list[str], np.ndarray, geometry.Spread]:
    """Return held-out problems, their context vectors, and which way these spread."""
    model, recipe = load(name), pretrained.record(name).recipe
    test = problems.split(recipe.task).test
    asked = test[:: -(-len(test) // 180)]
    contexts = model.encoder(problems.batch(asked, reverse=recipe.reverse).encoder_input).numpy()
    return asked, contexts, geometry.spread(contexts)


def on_map(name: str, states: np.ndarray) -> np.ndarray:
    """Return where states lie on the map of a model, axes (state, component)."""
    _, _, (mean, directions, _) = plane(name)
    return (states - mean) @ directions.T


def read(name: str, problem: str) -> Reading:
    """Return how a stored model reads a problem."""
    return decoding.reading(load(name), problem)


def expected(reading: Reading, number: int) -> dict[str, np.ndarray]:
    """Return all numbers of a time step, by what stands above them."""
    step = reading.steps[number - 1]
    last = ": the context vector" if number == 8 else ""
    first = ": nothing read, all zeros" if number == 1 else ""
    return {
        f"Embedding of {TOKENS[step.token]}": step.embedding,
        f"State before{first}": step.state_before,
        "Update gate: how much of the old state is kept": step.update,
        "Reset gate: how much of the old state is looked at for the candidate": step.reset,
        "Candidate: what takes the place of all that is not kept": step.candidate,
        f"State after{last}": step.state_after,
    }


def check_step(stepper: SeenEncoder, reading: Reading, number: int) -> None:
    """All that is shown and said of a time step is what Python says."""
    step = reading.steps[number - 1]
    assert stepper.step() == number
    assert stepper.reads() == [TOKENS[each.token] for each in reading.steps]
    heading = f"Time step {number} of 8: {TOKENS[step.token]} goes in"
    expect(stepper.heading).to_have_text(heading)
    expect(stepper.said).to_have_text(f"{heading}. {stepper.words.inner_text()}")
    shown, right = stepper.numbers(), expected(reading, number)
    assert list(shown) == list(right)
    for caption, values in right.items():
        assert shown[caption] == pytest.approx(values, abs=HALF), caption
    check_gates(stepper, step)


def check_gates(stepper: SeenEncoder, step: EncoderStep) -> None:
    """The sentences below the gates count the units that are open."""
    about = stepper.root.locator(".gates .about").locator("visible=true")
    update, reset, _ = about.all_inner_texts()
    for words, gate in ((update, step.update), (reset, step.reset)):
        assert words.endswith(f"It is above 0.5 in {(gate > 0.5).sum()} of {len(gate)} units.")


def check_map(stepper: SeenEncoder, reading: Reading, number: int, name: str) -> None:
    """Dots, way and point are drawn where the components say, and the words agree."""
    asked, contexts, _ = plane(name)
    shown = stepper.root.evaluate(MAP)
    assert shown["problems"] == [f"{problem} = {problems.solve(problem)}" for problem in asked]
    dots = on_map(name, contexts)
    drawn = drawing_of(dots, shown["dots"])
    assert drawn(dots) == pytest.approx(np.array(shown["dots"]), abs=0.5)
    way = on_map(name, np.vstack([np.zeros_like(reading.context), reading.states]))
    path = [tuple(map(float, place.split(","))) for place in shown["path"].split()]
    assert path == pytest.approx(drawn(way[: number + 1]), abs=0.5)
    assert shown["visited"] == [list(place) for place in path[:-1]]
    here = [float(place) for place in re.findall(r"(-?[\d.]+)px", shown["here"])]
    assert here == pytest.approx(path[-1], abs=0.01)
    assert shown["name"] == (TOKENS[reading.steps[number - 1].token] if number else "start")
    words = stepper.words.inner_text().replace("\u2212", "-")
    at = re.match(r"On the map the state is at (-?\d+\.\d) and (-?\d+\.\d), ", words)
    assert at is not None
    assert [float(at[1]), float(at[2])] == pytest.approx(way[number], abs=0.0502)
    assert ("The nearest dots" in words) == (number == 8)
    if number == 8:
        away = np.linalg.norm(dots - way[8], axis=1)
        named = re.findall(r"(\S+) = (-?\d+)", words.partition("The nearest dots are ")[2])
        assert [problems.solve(problem) for problem, _ in named] == [answer for _, answer in named]
        near = [away[asked.index(problem)] for problem, _ in named]
        assert near == pytest.approx(np.sort(away)[:3], abs=0.02)  # dots are rounded


@pytest.fixture
def stepper(page: Page, base: str) -> SeenEncoder:
    """Return the stepper of the chapter, whose bars and point jump."""
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{base}chapters/encoder.html")
    return SeenEncoder(page.get_by_role("group", name="Encoder stepper").first)


def test_eight_steps_with_the_mouse(stepper: SeenEncoder) -> None:
    """At every time step numbers, map and words are those of Python."""
    reading = read("notes", "50+9")
    assert stepper.step() == 0
    expect(stepper.heading).to_have_text("No time step taken yet. Next, PAD goes in")
    check_map(stepper, reading, 0, "notes")
    stepper.root.get_by_label("Show the numbers").check()
    assert stepper.numbers() == {"State before: nothing read, all zeros": [0] * 16}
    stepper.root.get_by_label("Show the gates").check()
    expect(stepper.root.get_by_text("The gates appear with the first time step.")).to_be_visible()
    for number in range(1, 9):
        stepper.press("Next")
        check_step(stepper, reading, number)
        check_map(stepper, reading, number, "notes")
    expect(stepper.root.get_by_role("button", name="Next")).to_be_disabled()
    stepper.press("Back", 3)
    check_step(stepper, reading, 5)
    stepper.press("Time step 2")
    check_step(stepper, reading, 2)
    check_map(stepper, reading, 2, "notes")
    stepper.press("Start over")
    assert stepper.step() == 0
    expect(stepper.root.get_by_role("button", name="Back")).to_be_disabled()


@only_http
def test_other_problems_and_the_other_model(stepper: SeenEncoder) -> None:
    """What is typed or picked is read as Python reads it, by both models, the strange ones too."""
    told = stepper.root.get_by_text("It never saw a problem like")
    stepper.root.get_by_label("Show the numbers").check()
    stepper.root.get_by_label("Show the gates").check()
    for name, asked in {"notes": ["999+999", "7-12"], "sums": ["0+0", "50-9"]}.items():
        stepper.model.select_option(name)
        for problem in asked:
            stepper.ask(problem)
            assert stepper.step() == 0
            reading = read(name, problem)
            for number in (3, 8):
                stepper.press(f"Time step {number}")
                check_step(stepper, reading, number)
                check_map(stepper, reading, number, name)
            assert told.count() == (problem in ("999+999", "50-9")), problem
    expect(told).to_have_text(
        "This model was trained on numbers from 0 to 99 with +. It never saw a problem like "
        "50-9, so do not count on its place on the map."
    )
    pick = stepper.root.get_by_label("or pick one")
    pick.select_option("30+29")
    assert stepper.problem.input_value() == "30+29"
    assert stepper.reads() == ["PAD", "PAD", "3", "0", "+", "2", "9", "EOS"]
    assert pick.input_value() == "30+29"
    stepper.ask("1+1")
    assert pick.input_value() == ""  # so the same one can be picked again


@only_http
def test_with_the_keyboard(page: Page, stepper: SeenEncoder) -> None:
    """Tab comes to every control in turn, and the focus is seen; all of them can be worked."""
    stepper.press("Next")
    controls = tab_through(page, stepper.root)
    assert controls == [
        *("Problem", "Read it", "or pick one", "Model"),
        *("Start over", "Back", "Next", "Play"),
        *("", ""),  # the two boxes, whose words stand behind them
        *(f"Time step {number}" for number in range(1, 9)),
    ]
    stepper.problem.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("3-71")
    page.keyboard.press("Enter")
    assert stepper.reads() == ["PAD", "PAD", "PAD", "3", "-", "7", "1", "EOS"]
    for keys in (
        *(["Tab", "Tab", "Tab", "ArrowDown"], ["Tab", "Tab", "Tab", "Enter", "Space"]),
        *(["Tab", "Tab", "Space"], ["Tab", "Space"]),
    ):
        for key in keys:
            page.keyboard.press(key)
    assert stepper.model.input_value() == "sums"
    check_step(stepper, read("sums", "3-71"), 2)
    for key in ("Tab", "Tab", "Tab", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    check_step(stepper, read("sums", "3-71"), 5)
    next_ = stepper.root.get_by_role("button", name="Next")
    next_.focus()
    for _ in range(4):
        page.keyboard.press("Enter")
    assert stepper.step() == 8
    assert next_.evaluate("it => it === document.activeElement")


@only_http
def test_wrong_input(stepper: SeenEncoder) -> None:
    """One sentence says what is allowed; the last good state stays, and goes on."""
    stepper.press("Next", 2)
    before = stepper.root.locator(".step").inner_html()
    table = stepper.table.inner_html()
    for wrong in ("50*9", "", "1000+1", "<b>5</b>", "05+9", "5+-9", "😀"):
        stepper.ask(wrong)
        expect(stepper.complaint).to_have_text(ALLOWED)
        assert stepper.problem.get_attribute("aria-invalid") == "true"
        assert stepper.problem.input_value() == wrong
        assert stepper.root.locator(".step").inner_html() == before, wrong
        assert stepper.table.inner_html() == table, wrong
    stepper.press("Time step 3")
    assert stepper.step() == 3
    assert stepper.problem.input_value() == "😀"
    assert stepper.reads()[3:] == ["5", "0", "+", "9", "EOS"]
    stepper.ask(" 1 \u2212\t1\u00a0")
    expect(stepper.complaint).to_be_hidden()
    assert stepper.problem.get_attribute("aria-invalid") == "false"
    assert stepper.problem.input_value() == "1-1"
    assert stepper.step() == 0
    stepper.problem.fill("２+2")
    stepper.press("Next")  # also reads what has been typed
    assert stepper.reads()[4:] == ["2", "+", "2", "EOS"]
    assert stepper.step() == 1


@only_http
def test_play_and_pause(page: Page, stepper: SeenEncoder) -> None:
    """It plays to the end by itself, and stops where the reader stops it."""
    stop_clock(page)
    stepper.press("Play")
    page.clock.run_for(3000)
    assert stepper.step() == 2
    expect(stepper.said).to_have_text("Time step 2 of 8: PAD goes in")  # it is short of time
    stepper.press("Pause")
    page.clock.run_for(9000)
    assert stepper.step() == 2
    stepper.press("Play")
    page.clock.run_for(15_000)
    assert stepper.step() == 8
    expect(stepper.said).to_have_text(
        f"Time step 8 of 8: EOS goes in. {stepper.words.inner_text()}"
    )
    stepper.press("Play")
    assert stepper.step() == 0
    page.clock.run_for(1500)
    stepper.ask("1+1")
    page.clock.run_for(9000)
    assert stepper.step() == 0
    expect(stepper.root.get_by_role("button", name="Play")).to_be_visible()


@only_http
def test_enter_that_ends_a_composition_asks_nothing_yet(page: Page, stepper: SeenEncoder) -> None:
    """The next one does."""
    check_end_of_composition(page, stepper)


def test_in_a_frame_without_forms(browser: Browser, site: str) -> None:
    """A problem is read all the same."""
    check_frame_without_forms(
        browser, f"{site}chapters/encoder.html", ".encoder-stepper", "Read it"
    )


@only_http
def test_two_steppers_do_not_disturb_each_other(page: Page, stepper: SeenEncoder) -> None:
    """What is done to one leaves the other as it was, and each reads with its own model."""
    stepper.press("Next", 3)
    before = stepper.root.inner_html()
    state = EncoderStepper("grown", problem="12+34").page_state()
    other = SeenEncoder(add_widget(page, "encoder_stepper", state))
    assert other.model.count() == 0
    expect(
        other.root.get_by_text("This model reads back to front: it reads 43+21.")
    ).to_be_visible()
    other.root.get_by_label("Show the numbers").check()
    other.root.get_by_label("Show the gates").check()
    other.ask("3-71")
    for number in (1, 4, 8):
        other.press(f"Time step {number}")
        check_step(other, read("grown", "3-71"), number)
        check_map(other, read("grown", "3-71"), number, "grown")
    assert stepper.root.inner_html() == before
    assert not stepper.root.get_by_label("Show the numbers").is_checked()
    stepper.ask("1+1")
    assert other.step() == 8
    assert other.problem.input_value() == "3-71"


@only_http
def test_nothing_is_cut_off(page: Page, stepper: SeenEncoder) -> None:
    """On a phone, and at 200 % zoom (half the width), the page does not scroll sideways."""
    stepper.press("Next", 8)
    stepper.ask("123+456")
    stepper.press("Next", 8)
    for width in (1280, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert sticks_out(page, stepper.root) == [], width
    stepper.root.get_by_label("Show the numbers").check()
    stepper.root.get_by_label("Show the gates").check()
    stepper.ask("x")
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert sticks_out(page, stepper.root) == [], width


def test_without_scripts(browser: Browser, site: str) -> None:
    """Where JavaScript is off, a picture and the table of the time steps stand there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}chapters/encoder.html")
    place = page.locator(".live-widget")
    expect(place.get_by_role("img")).to_be_visible()
    expect(place.get_by_role("table")).to_contain_text("50+9, read from the front")
    assert place.get_by_role("row").count() == 9
    last = place.get_by_role("row").last.get_by_role("cell").all_inner_texts()
    numbers = [float(number) for number in last[-1].replace("\u2212", "-").split()]
    assert numbers == pytest.approx(read("notes", "50+9").context[:4], abs=HALF)
    context.close()


@only_http
def test_reduced_motion(page: Page, stepper: SeenEncoder) -> None:
    """The point jumps for a reader who has asked for reduced motion, and glides for others."""
    point, bar = stepper.root.locator(".here"), stepper.root.locator(".cell i").first
    expect(point).to_have_css("transition-duration", "0s")
    expect(bar).to_have_css("transition-duration", "0s")
    page.emulate_media(reduced_motion="no-preference")
    expect(point).to_have_css("transition-duration", "0.25s")
    expect(bar).to_have_css("transition-duration", "0.25s, 0.25s")
