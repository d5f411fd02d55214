"""The button that moves the decoder on by one token, pressed in plain Python."""

import re
from html import unescape
from xml.etree import ElementTree

import ipywidgets
import pytest

from helpers import decoding
from helpers.widgets import StepButton
from tests.models import forbid, load


class Pressed:
    """A step button and what a reader sees and touches of it."""

    def __init__(
        self, problem: str = "50+9", *, name: str = "notes", reverse: bool = False
    ) -> None:
        _, encoder, decoder = load(name)
        self.widget = StepButton(encoder, decoder, problem, reverse=reverse)
        self.text, buttons, self.message, self.table = self.widget.children
        self.next, self.again, self.forcing = buttons.children

    def rows(self) -> list[list[str]]:
        """Return the cells of the table, row by row."""
        page = ElementTree.fromstring(f"<div>{self.table.value}</div>")
        return [[cell.text or "" for cell in row] for row in page.findall("table/tbody/tr")]

    def seen(self) -> str:
        """Return the words in the table."""
        return unescape(re.sub(r"<[^>]*>", " ", self.table.value))


def test_five_steps() -> None:
    """Pressed five times it answers as `decoding.trace` does, a row a press."""
    button = Pressed("50+9")
    _, encoder, decoder = load("notes")
    trace = decoding.trace(encoder, decoder, "50+9")
    assert button.rows() == []
    assert "so far: nothing" in button.seen()
    for pressed in range(1, 6):
        assert not button.next.disabled
        button.next.click()
        assert len(button.rows()) == pressed
        assert button.widget.trace.choices == trace.choices[:pressed]
    assert button.next.disabled
    assert button.table.value == trace._repr_html_()
    assert button.widget.trace.answer == "59"
    assert [row[1:3] for row in button.rows()[:3]] == [["PAD", "5"], ["5", "9"], ["9", "EOS"]]


@pytest.mark.parametrize("problem", ["3-71", "99+99", "0-0", "999-1"])
def test_other_problems(problem: str) -> None:
    """So it does for a problem typed in."""
    button = Pressed()
    button.next.click()
    button.text.value = problem
    assert button.rows() == []
    assert not button.next.disabled
    for _ in range(5):
        button.next.click()
    _, encoder, decoder = load("notes")
    assert button.table.value == decoding.trace(encoder, decoder, problem)._repr_html_()
    assert problem in button.seen()


def test_back_to_front() -> None:
    """The grown model writes from behind; the answer is shown in reading order."""
    button = Pressed("50+9", name="grown", reverse=True)
    for _ in range(5):
        button.next.click()
    assert [row[2] for row in button.rows()[:3]] == ["9", "5", "EOS"]
    assert "answer: 59, right" in button.seen()


def test_teacher_forcing() -> None:
    """The box starts the problem anew, and then each input is the right token."""
    button = Pressed("0+28", name="step-1-notes")
    button.next.click()
    button.forcing.value = True
    assert button.rows() == []
    for _ in range(5):
        button.next.click()
    assert [row[1] for row in button.rows()] == ["PAD", "2", "8", "EOS", "PAD"]
    _, encoder, decoder = load("step-1-notes")
    forced = decoding.trace(encoder, decoder, "0+28", teacher_forcing=True)
    assert button.table.value == forced._repr_html_()


def test_start_over() -> None:
    """The same problem again, from the first time step."""
    button = Pressed("50+9")
    for _ in range(5):
        button.next.click()
    finished = button.table.value
    button.again.click()
    assert button.rows() == []
    assert not button.next.disabled
    for _ in range(5):
        button.next.click()
    assert button.table.value == finished


@pytest.mark.parametrize(
    "wrong", ["50*9", "", "５０+９", "😀", "1000+1", "<b>5</b>", "1" * 500, "5+&9", "50 + 9"]
)
def test_wrong_problem(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """A sentence says what is allowed, and the last good state stays and goes on."""
    button = Pressed("50+9")
    button.next.click()
    button.next.click()
    before, trace = button.table.value, button.widget.trace
    with monkeypatch.context() as guarded:
        forbid(guarded)
        button.text.value = wrong
    assert "0 to 999" in button.message.value
    assert "alert" in button.message.value
    assert button.table.value == before
    assert button.widget.trace is trace
    button.next.click()
    assert len(button.rows()) == 3
    assert button.rows()[2][1] == button.rows()[1][2]
    button.text.value = "1+1"
    assert button.message.value == ""
    assert button.rows() == []


def test_typed_text_is_shown_not_run() -> None:
    """Markup that is typed in comes back as text."""
    button = Pressed()
    button.text.value = "<img src=x>"
    shown = ElementTree.fromstring(button.message.value)
    assert shown.tag == "p"
    assert len(shown) == 0
    assert "'<img src=x>'" in (shown.text or "")


def test_spaces_around_a_problem() -> None:
    """Spaces before and after a problem that is typed in do no harm."""
    button = Pressed()
    button.text.value = " 1+1 "
    assert button.message.value == ""
    assert button.widget.trace.problem == "1+1"


@pytest.mark.parametrize(("problem", "error"), [("50*9", ValueError), (59, TypeError)])
def test_bad_first_problem(
    monkeypatch: pytest.MonkeyPatch, problem: str, error: type[Exception]
) -> None:
    """What it starts with has to be a problem."""
    _, encoder, decoder = load("notes")
    forbid(monkeypatch)
    with pytest.raises(error, match=r"\AA problem is .*\.\Z"):
        StepButton(encoder, decoder, problem)


def test_page_without_a_kernel() -> None:
    """The output holds the widget and, for a page without a kernel, all five time steps."""
    button = Pressed("3-71")
    button.next.click()
    bundle = button.widget._repr_mimebundle_()
    _, encoder, decoder = load("notes")
    trace = decoding.trace(encoder, decoder, "3-71")
    assert bundle["text/html"] == trace._repr_html_()
    assert bundle["text/plain"] == repr(trace)
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert len(button.rows()) == 1


def test_controls_are_named() -> None:
    """It is a widget like any other, and every control says what it does."""
    button = Pressed()
    assert isinstance(button.widget, ipywidgets.Widget)
    assert button.text.description == "Problem"
    assert button.next.description == "Next time step"
    assert button.again.description == "Start over"


def test_two_buttons_are_independent() -> None:
    """One moves on, the other stays."""
    first, second = Pressed("50+9"), Pressed("50+9")
    first.next.click()
    assert (len(first.rows()), len(second.rows())) == (1, 0)
