"""The decoder stepper as a reader of the built pages meets it, with no kernel."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from helpers import decoding, problems
from helpers.records import first_mistake
from helpers.task import ARITHMETIC
from helpers.vocabulary import TOKENS
from tests.browser import only_http, sticks_out, stop_clock, tab_through
from tests.models import load
from tests.steppers import (
    ALLOWED,
    Stepper,
    check_end_of_composition,
    check_frame_without_forms,
)


class SeenDecoder(Stepper):
    """What a reader sees and touches of a decoder stepper."""

    def __init__(self, root: Locator) -> None:
        """Take the frame of the widget."""
        super().__init__(root)
        self.verdict = root.locator(".verdict")

    def row(self, name: str) -> list[str]:
        """Return the five cells of a row of the table, without the marks for right and wrong."""
        header = self.root.get_by_role("rowheader", name=name, exact=True)
        cells = header.locator("xpath=following-sibling::td").all_inner_texts()
        return [re.sub(r"\s*(?:[✓✗]|yours)", "", cell).strip() for cell in cells]

    def pressed_bars(self) -> list[str]:
        """Return the names of the bars that stand for what is written at this time step."""
        bars = self.root.locator(".distribution [aria-pressed=true] .name")
        return bars.all_inner_texts()


def tokens(ids: tuple[int, ...]) -> list[str]:
    """Return the tokens of some ids."""
    return [TOKENS[number] for number in ids]


@pytest.fixture
def stepper(page: Page, base: str) -> SeenDecoder:
    """Return the first stepper of the chapter."""
    page.goto(f"{base}chapters/decoder.html")
    return SeenDecoder(page.get_by_role("group", name="Decoder stepper").first)


def test_the_landing_page_has_one_with_fewer_words(page: Page, base: str) -> None:
    """It answers, and names nothing that is explained only later."""
    page.goto(f"{base}intro.html")
    stepper = SeenDecoder(page.get_by_role("group", name="Decoder stepper"))
    stepper.ask("23+36")
    for _ in range(3):
        stepper.press("Next")
    expect(stepper.verdict).to_have_text("Written: 59. Right.")
    words = stepper.root.inner_text()
    assert not re.search("(?i)teacher|free-running|context|state|embedding|model", words), words


def test_five_steps_with_the_mouse(stepper: SeenDecoder) -> None:
    """Pressed five times it answers as Keras does, and says so at each time step."""
    model = load("notes")
    trace = decoding.trace(model, "50+9")
    assert stepper.step() == 0
    assert stepper.row("writes") == ["·"] * 5
    for number in range(1, 6):
        stepper.press("Next")
        assert stepper.step() == number
        assert stepper.row("writes")[:number] == tokens(trace.choices[:number])
        assert stepper.row("writes")[number:] == ["·"] * (5 - number)
        expect(stepper.said).to_contain_text(f"Time step {number} of 5")
        assert stepper.pressed_bars() == [TOKENS[trace.choices[number - 1]]]
    assert stepper.row("reads") == tokens((12, *trace.choices[:4]))
    assert stepper.row("right") == tokens(trace.target)
    expect(stepper.verdict).to_have_text("Written: 59. Right.")
    expect(stepper.root.get_by_role("button", name="Next")).to_be_disabled()


@only_http
def test_five_steps_with_the_keyboard(page: Page, stepper: SeenDecoder) -> None:
    """Everything can be reached with Tab, typed, and pressed with Enter or the space bar."""
    stepper.problem.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("3-71")
    page.keyboard.press("Enter")
    expect(stepper.verdict).to_contain_text("The right answer to 3-71 is -68.")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Next":
            break
    for key in ("Enter", "Space", "Enter", "Space", "Enter"):
        page.keyboard.press(key)
    expect(stepper.verdict).to_have_text("Written: -68. Right.")


@only_http
def test_every_control_can_be_reached_and_shows_it(page: Page, stepper: SeenDecoder) -> None:
    """From the first control Tab comes to each of them in turn, and the focus is seen."""
    stepper.press("Next")
    assert tab_through(page, stepper.root)[:4] == ["Problem", "Ask", "or pick one", "Model"]


@only_http
def test_forth_and_back(stepper: SeenDecoder) -> None:
    """Back, a jump and a new start show the same again."""
    stepper.press("Next", 3)
    third = stepper.root.locator(".inside").inner_html()
    stepper.press("Next", 2)
    stepper.press("Back", 2)
    assert stepper.step() == 3
    assert stepper.root.locator(".inside").inner_html() == third
    stepper.press("Time step 5")
    assert stepper.step() == 5
    stepper.press("Start over")
    assert stepper.step() == 0
    expect(stepper.root.get_by_role("button", name="Back")).to_be_disabled()


@only_http
def test_play_and_pause(page: Page, stepper: SeenDecoder) -> None:
    """It plays to the end by itself, and stops where the reader stops it."""
    stop_clock(page)
    stepper.press("Play")
    page.clock.run_for(3000)
    assert stepper.step() == 2
    stepper.press("Pause")
    page.clock.run_for(9000)
    assert stepper.step() == 2
    stepper.press("Play")
    page.clock.run_for(9000)
    assert stepper.step() == 5
    stepper.press("Play")
    assert stepper.step() == 0


@only_http
def test_typed_problems(stepper: SeenDecoder) -> None:
    """A problem that is typed in is answered as Keras answers it."""
    model = load("notes")
    for problem in ("99+99", "0-0", "0-999", "999+999", "7-12"):
        stepper.ask(problem)
        stepper.press("Next", 5)
        assert stepper.row("writes") == tokens(decoding.trace(model, problem).choices)
        answer = problems.solve(problem)
        verdict = stepper.verdict.inner_text()
        assert f"is {answer}" in verdict or verdict == f"Written: {answer}. Right."


@only_http
def test_a_picked_example(stepper: SeenDecoder) -> None:
    """An example is answered as if it had been typed."""
    stepper.root.get_by_label("or pick one").select_option("99+1")
    assert stepper.problem.input_value() == "99+1"
    stepper.press("Next", 5)
    expect(stepper.verdict).to_have_text("Written: 100. Right.")


@only_http
def test_unfamiliar_problems(stepper: SeenDecoder) -> None:
    """The reader is told when the model never met such numbers, and only then."""
    told = stepper.root.get_by_text("It never saw a problem like")
    expect(told).to_have_count(0)
    stepper.ask("123+456")
    expect(told).to_be_visible()
    stepper.ask("99-99")
    expect(told).to_have_count(0)


@only_http
def test_wrong_input(stepper: SeenDecoder) -> None:
    """One sentence says what is allowed; the last good state stays, and goes on."""
    for wrong in ("50*9", "", "1000+1", "<b>5</b>", "05+9", "5+-9", "😀"):
        stepper.press("Next", 2)
        before = stepper.root.locator("table").inner_html()
        stepper.ask(wrong)
        expect(stepper.complaint).to_have_text(ALLOWED)
        assert stepper.problem.get_attribute("aria-invalid") == "true"
        assert stepper.problem.input_value() == wrong
        assert stepper.root.locator("table").inner_html() == before
        stepper.press("Next")
        assert stepper.step() == 3
        stepper.ask("1+1")
        expect(stepper.complaint).to_be_hidden()
        assert stepper.step() == 0


@only_http
def test_next_takes_what_was_typed(stepper: SeenDecoder) -> None:
    """A problem that was typed and not yet asked is asked; a text that is none stops one step."""
    stepper.problem.fill("81-17")
    stepper.press("Next")
    assert stepper.step() == 1
    expect(stepper.verdict).to_contain_text("The right answer to 81-17 is 64.")
    stepper.problem.fill("81*17")
    stepper.press("Next")
    expect(stepper.complaint).to_have_text(ALLOWED)
    assert stepper.step() == 1
    stepper.press("Next")
    assert stepper.step() == 2


@only_http
def test_enter_that_ends_a_composition_asks_nothing_yet(page: Page, stepper: SeenDecoder) -> None:
    """The next one does."""
    check_end_of_composition(page, stepper)


def test_in_a_frame_without_forms(browser: Browser, site: str) -> None:
    """A problem is asked all the same."""
    check_frame_without_forms(browser, f"{site}intro.html", ".decoder-stepper", "Ask")


@only_http
def test_start_over_forgets_what_was_written(stepper: SeenDecoder) -> None:
    """After a new start the model writes by itself again."""
    stepper.press("Next")
    stepper.root.get_by_role("button", name=re.compile("^6 ")).click()
    expect(stepper.verdict).to_contain_text("Written so far: 6. Wrong at time step 1: your 6")
    stepper.press("Start over")
    stepper.press("Next", 5)
    expect(stepper.verdict).to_have_text("Written: 59. Right.")


@only_http
def test_spaces_do_no_harm(stepper: SeenDecoder) -> None:
    """Spaces are left out, and wide characters are read as plain ones."""
    for text in (" 50+9 ", "50 + 9", "50\u00a0+\t9", "５０＋９"):
        stepper.ask("1+1")
        stepper.ask(text)
        assert stepper.problem.input_value() == "50+9"
        expect(stepper.complaint).to_be_hidden()


@only_http
def test_back_to_front(stepper: SeenDecoder) -> None:
    """The grown model is told to read and write back to front, and does."""
    stepper.root.get_by_label("Model").select_option("grown")
    expect(
        stepper.root.get_by_text("reads and writes back to front: it reads 9+05")
    ).to_be_visible()
    assert stepper.step() == 0
    stepper.press("Next", 3)
    assert stepper.row("writes")[:3] == ["9", "5", "EOS"]
    expect(stepper.verdict).to_have_text("Written: 95, which read from the front is 59. Right.")


@only_http
def test_another_token(stepper: SeenDecoder) -> None:
    """In free running a reader can write another token, and Keras would go on just so."""
    model = load("notes")
    stepper.press("Next")
    stepper.root.get_by_role("button", name=re.compile("^6 ")).click()
    trace = decoding.trace(model, "50+9", picks=[6])
    stepper.press("Next", 4)
    assert stepper.row("reads") == tokens((12, 6, *trace.written[1:4]))
    assert stepper.row("writes") == tokens(trace.written)
    assert stepper.step() == 5
    expect(stepper.verdict).to_contain_text(
        "Wrong at time step 1: your 6 in place of 5 (the model chose 5)."
    )
    stepper.root.get_by_role("button", name="Go to time step 1, where it went wrong").click()
    assert stepper.step() == 1
    expect(stepper.said).to_contain_text("You write 6 instead.")
    assert stepper.pressed_bars() == ["6"]
    stepper.root.get_by_role("button", name=re.compile("^5 .*chosen")).click()
    stepper.press("Next", 4)
    expect(stepper.verdict).to_have_text("Written: 59. Right.")


@only_http
def test_teacher_forcing(page: Page, base: str) -> None:
    """The switch keeps the time step; what goes in becomes the right token."""
    page.goto(f"{base}chapters/decoder.html")
    stepper = SeenDecoder(page.get_by_role("group", name="Decoder stepper").last)
    problem = stepper.problem.input_value()
    model = load("step-1-notes")
    stepper.press("Next", 5)
    for name, forcing in [("teacher forcing", True), ("free-running", False)]:
        stepper.root.get_by_role("radio", name=name).check()
        trace = decoding.trace(model, problem, teacher_forcing=forcing)
        assert stepper.step() == 5
        assert stepper.row("reads") == tokens(tuple(step.token for step in trace.steps))
        assert stepper.row("writes") == tokens(trace.choices)
        bars = stepper.root.locator(".distribution button")
        assert bars.first.get_attribute("aria-disabled") == str(forcing).lower()
    free = decoding.trace(model, problem)
    mistake = first_mistake(free.choices, free.target)
    assert mistake is not None
    expect(stepper.verdict).to_contain_text(f"Wrong at time step {mistake + 1}")


@only_http
def test_a_bar_does_nothing_under_the_teacher(stepper: SeenDecoder) -> None:
    """With teacher forcing nothing can be written in place of a choice."""
    stepper.root.get_by_role("radio", name="teacher forcing").check()
    stepper.press("Next")
    before = stepper.root.locator("table").inner_html()
    stepper.root.get_by_role("button", name=re.compile("^6 ")).dispatch_event("click")
    assert stepper.root.locator("table").inner_html() == before


@only_http
def test_numbers_on_demand(stepper: SeenDecoder) -> None:
    """The numbers of a state are hidden, and shown when asked for."""
    model = load("notes")
    stepper.press("Next")
    number = stepper.root.locator(".inside .strip").last.locator("b").first
    expect(number).to_be_hidden()
    stepper.root.get_by_label("Show the numbers").check()
    expect(number).to_be_visible()
    shown = float(number.inner_text().replace("\u2212", "-"))
    state = decoding.trace(model, "50+9").steps[0].state_after
    assert shown == pytest.approx(state[0], abs=0.0051)


@only_http
def test_two_steppers_do_not_disturb_each_other(page: Page, base: str) -> None:
    """What is done to one leaves the other as it was."""
    page.goto(f"{base}chapters/decoder.html")
    steppers = page.get_by_role("group", name="Decoder stepper")
    assert steppers.count() == 2
    first, second = SeenDecoder(steppers.first), SeenDecoder(steppers.last)
    before = second.root.inner_html()
    first.ask("1+1")
    first.press("Next", 2)
    first.root.get_by_role("radio", name="teacher forcing").check()
    first.root.get_by_label("Show the numbers").check()
    assert second.root.inner_html() == before
    assert second.root.get_by_role("radio", name="free-running").is_checked()
    assert second.step() == 0


@only_http
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_nothing_is_cut_off(page: Page, stepper: SeenDecoder, width: int) -> None:
    """On a phone, and at 200 % zoom (half the width), the page does not scroll sideways."""
    stepper.root.get_by_label("Model").select_option("grown")
    for problem in ("50+9", "123+456"):
        stepper.ask(problem)
        for _ in range(ARITHMETIC.answer_length):
            stepper.press("Next")
            assert sticks_out(page, stepper.root) == []
    stepper.ask("x")
    stepper.root.get_by_label("Show the numbers").check()
    assert sticks_out(page, stepper.root) == []


def test_without_scripts(browser: Browser, site: str) -> None:
    """Where JavaScript is off, a picture and the table of the time steps stand there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}intro.html")
    place = page.locator(".live-widget")
    expect(place.get_by_role("img")).to_be_visible()
    expect(place.get_by_role("table")).to_contain_text("50+9, free-running")
    assert place.get_by_role("row").count() == 6
    context.close()


def test_reduced_motion(browser: Browser, site: str) -> None:
    """Bars grow at once for a reader who has asked for reduced motion, and softly for others."""
    seen = {}
    for motion in ("reduce", "no-preference"):
        context = browser.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(f"{site}chapters/decoder.html")
        bar = page.locator(".book-widget .cell i").first
        seen[motion] = bar.evaluate("it => getComputedStyle(it).transitionDuration")
        context.close()
    assert seen == {"reduce": "0s", "no-preference": "0.25s, 0.25s"}
