"""The training lab as a reader of the built pages meets it, with no kernel."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bookbuild.live_widgets import page_state
from helpers.widgets import TrainingLab
from tests.browser import add_widget, only_http, sticks_out, tab_through
from tests.messages import ONE_SENTENCE

TIMEOUT = 240_000  # milliseconds, on a busy machine


@pytest.fixture
def lab(page: Page, base: str) -> Locator:
    """Open chapter 4 and go to the lab; its script comes then."""
    page.goto(f"{base}chapters/training.html")
    assert page.evaluate("window.bookWidgets.training_lab === undefined")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    frame = page.locator(".training-lab")
    expect(frame).to_be_visible()
    return frame


def small(page: Page, **settings: Any) -> Locator:
    """Add a lab whose runs are short."""
    few = {"task": "sums", "units": 16, "epochs": 2, "batch_size": 512, **settings}
    return add_widget(page, "training_lab", page_state(TrainingLab(**few).get_state()))


def press(lab: Locator, name: str) -> None:
    """Press a button of the lab."""
    lab.get_by_role("button", name=name, exact=True).click()


def ended(lab: Locator) -> str:
    """Wait for the end of a run; return what is said then."""
    words = lab.locator(".words")
    expect(words).to_have_text(re.compile("^Trained in"), timeout=TIMEOUT)
    return words.inner_text()


def exact_match(words: str) -> float:
    """Return the share of whole answers in what is said."""
    found = re.search(r"([0-9.]+) % of the whole answers", words)
    assert found, words
    return float(found[1])


@only_http
def test_from_random_weights_to_99_percent(lab: Locator) -> None:
    """With the settings it comes with; the answers to the reader's problems become right."""
    assert "random weights" in lab.locator(".words").inner_text()
    press(lab, "Train")
    expect(lab.get_by_role("button", name="Pause")).to_be_visible()
    assert exact_match(ended(lab)) >= 99
    verdicts = lab.locator("tbody tr td:last-child").all_inner_texts()
    assert verdicts == ["✓ right"] * 5
    assert lab.locator("progress").evaluate("bar => bar.value") == 1


def test_it_trains_on_a_server_and_from_a_disk(page: Page, lab: Locator) -> None:
    """The loss falls, in WebAssembly and in JavaScript; a seed gives the same run again."""
    short = small(page)
    press(short, "Train")
    first = ended(short)
    loss = float(first.rpartition("loss is ")[2].rstrip("."))
    assert loss < 2
    press(short, "Train")
    again = ended(short)
    assert again.partition("Of the held-out")[2] == first.partition("Of the held-out")[2]
    short.get_by_label("Computed by").select_option("JavaScript")
    press(short, "Train")
    plain = float(ended(short).rpartition("loss is ")[2].rstrip("."))
    assert plain == pytest.approx(loss, abs=0.02)
    short.get_by_label("Seed").select_option("1")
    press(short, "Train")
    assert ended(short).partition("Of the held-out")[2] != first.partition("Of the held-out")[2]


@only_http
def test_batch_by_batch_pause_and_reset(page: Page, lab: Locator) -> None:
    """One batch is one update; a paused run goes on; a reset one begins anew."""
    short = small(page, epochs=100)
    press(short, "One batch")
    expect(short.locator("progress")).not_to_have_attribute("value", "0")
    one = short.locator("progress").evaluate("bar => bar.value")
    press(short, "One batch")
    expect(short.locator(".words")).to_have_text(re.compile("Epoch 0 of 100"))
    page.wait_for_timeout(300)
    assert short.locator("progress").evaluate("bar => bar.value") == pytest.approx(2 * one)
    press(short, "Go on")
    press(short, "Pause")
    expect(short.get_by_role("button", name="Go on")).to_be_visible()
    stopped = short.locator("progress").evaluate("bar => bar.value")
    page.wait_for_timeout(300)
    assert short.locator("progress").evaluate("bar => bar.value") == stopped
    press(short, "Reset")
    expect(short.locator(".words")).to_have_text(re.compile("random weights"))
    assert short.locator("progress").evaluate("bar => bar.value") == 0


@only_http
def test_two_runs_are_laid_over_each_other(page: Page, lab: Locator) -> None:
    """The curves that were kept stay, thin, with those of the next run."""
    short = small(page)
    press(short, "Train")
    ended(short)
    press(short, "Keep these curves")
    short.get_by_label("Reads and writes").select_option("front to back")
    press(short, "Train")
    ended(short)
    assert short.locator("svg polyline.line.kept").count() == 4
    assert short.locator("svg polyline.line:not(.kept)").count() == 4


@only_http
def test_wrong_input_gets_a_sentence(page: Page, lab: Locator) -> None:
    """And the problem that was asked stays."""
    field = lab.get_by_label("Problem 1")
    field.fill("50*9")
    field.press("Tab")
    complaint = lab.get_by_role("alert")
    assert re.fullmatch(ONE_SENTENCE, complaint.inner_text())
    assert lab.locator("tbody td:nth-child(2)").first.inner_text() == "59"
    field.fill("5 - 9")
    field.press("Tab")
    expect(complaint).to_be_empty()
    assert lab.locator("tbody td:nth-child(2)").first.inner_text() == "-4"


@only_http
def test_all_of_it_by_keyboard(page: Page, lab: Locator) -> None:
    """Each control is reached, seen, and has a name."""
    names = tab_through(page, lab)
    assert {"Task", "Units", "Train", "One batch", "Problem 5"} <= set(names)
    assert all(names)


@only_http
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits(page: Page, lab: Locator, width: int) -> None:
    """On a phone and on a desk."""
    page.set_viewport_size({"width": width, "height": 800})
    assert sticks_out(page, lab) == []
