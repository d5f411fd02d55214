"""How far a training is, in a notebook and in a terminal, with no training."""

import io
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from helpers import progress
from helpers.model import seq2seq
from helpers.progress import LiveCurve, Progress, ProgressLine
from helpers.records import Snapshot
from helpers.training import Recorder
from tests.screen import Screen


class Terminal(io.StringIO):
    """Stands in for a terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


@dataclass
class Clock:
    """Stands in for the time."""

    now: float = 100.0

    def monotonic(self) -> float:
        """Return the time that was set."""
        return self.now


@pytest.mark.parametrize(
    ("shell", "wanted"), [(None, False), (object(), False), (SimpleNamespace(kernel=0), True)]
)
def test_in_notebook(monkeypatch: pytest.MonkeyPatch, shell: object, wanted: bool) -> None:
    """Plain Python and IPython in a terminal are no notebook."""
    monkeypatch.setattr(progress, "get_ipython", lambda: shell)
    assert progress.in_notebook() is wanted


class Words(Progress):
    """Keeps what there is to show."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder)
        self.shown: list[str] = []

    def show(self) -> None:
        """Keep the state."""
        self.shown.append(self.state)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.fixture
def recorder() -> Recorder:
    """A recorder that records nothing by itself."""
    return Recorder(seq2seq(2, 3), [], epochs=[])


def seen(epoch: int, exact_match: float = 0.25) -> Snapshot:
    """A snapshot that nobody took."""
    return Snapshot(epoch, 2.5, exact_match, 0.5, {}, np.zeros((14, 3)))


def test_progress(clock: Clock, recorder: Recorder) -> None:
    """In words, about once a second; the time left is reckoned from the first batch on."""
    words = Words(recorder)
    words.set_params({"epochs": 3, "steps": 10})
    words.on_train_begin()
    clock.now = 105.0
    words.on_train_batch_end(0)
    clock.now = 105.9
    words.on_train_batch_end(1)
    clock.now = 106.5
    words.on_train_batch_end(3)
    recorder.losses.append(2.0)
    clock.now = 115.0
    words.on_train_batch_end(0)
    recorder.losses.append(1.5)
    clock.now = 134.0
    words.on_train_batch_end(9)
    assert words.shown == [
        "compiling",
        "epoch 1 of 3",
        "epoch 1 of 3, 13 s left",
        "epoch 2 of 3, 19 s left",
        "epoch 3 of 3, 0 s left",
    ]


def test_progress_of_a_run_that_goes_on(clock: Clock, recorder: Recorder) -> None:
    """It begins where the run goes on, and its pace is that of this `fit`."""
    recorder.losses[:] = [2.0, 1.5]
    words = Words(recorder)
    words.set_params({"epochs": 4, "steps": 100})
    for _ in range(2):  # the second time over, nothing of the first is left
        words.on_train_begin()
        clock.now += 50
        words.on_train_batch_end(0)
        clock.now += 10
        words.on_train_batch_end(10)
    assert words.shown == ["compiling", "epoch 3 of 4", "epoch 3 of 4, 3 min left"] * 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (11.6, "12 s"),
        (99.4, "99 s"),
        (99.6, "2 min"),
        (250.0, "4 min"),
        (3569.0, "59 min"),
        (3571.0, "1 h 0 min"),
        (4200.0, "1 h 10 min"),
        (90_000.0, "25 h 0 min"),
    ],
)
def test_in_words(seconds: float, words: str) -> None:
    """A time as it is said."""
    assert progress.in_words(seconds) == words


def test_live_curve(clock: Clock, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A progress bar from the start, the curves on the way, a still figure at the end."""
    screen = Screen()
    monkeypatch.setattr(progress, "DisplayHandle", lambda: screen)
    curve = LiveCurve(recorder)
    curve.set_params({"epochs": 2, "steps": 10})
    curve.on_train_begin()
    bar = '<label>{} <progress max="20" value="{}"></progress></label>'
    assert screen.shown == ["", bar.format("compiling", 0)]
    clock.now = 105.0
    curve.on_train_batch_end(0)
    assert screen.shown[2:] == [bar.format("epoch 1 of 2", 1)]
    clock.now = 114.0
    curve.on_train_batch_end(9)
    assert screen.shown[3:] == [bar.format("epoch 2 of 2, 10 s left", 10)]
    recorder.losses.append(2.0)
    recorder.snapshots += [seen(0), seen(1)]
    curve.on_epoch_end(0)
    clock.now = 116.0
    curve.on_train_batch_end(1)
    assert screen.shown[4].startswith(bar.format("epoch 2 of 2, 8 s left", 12))
    assert screen.shown[4].count("<svg") == 2
    recorder.losses.append(1.5)
    curve.on_epoch_end(1)
    curve.on_train_end()
    assert len(screen.shown) == 6
    assert "<progress" not in screen.shown[5]
    assert screen.shown[5].count("<svg") == 2
    assert screen.shown[5] not in screen.shown[4]


def test_live_curve_of_short_epochs(
    clock: Clock, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The curves are drawn anew about once a second, however often the bar moves."""
    screen = Screen()
    monkeypatch.setattr(progress, "DisplayHandle", lambda: screen)
    counted = SimpleNamespace(page=lambda: f"{len(recorder.losses)} drawn")
    monkeypatch.setattr(LiveCurve, "_drawn", lambda self: counted)
    curve = LiveCurve(recorder)
    curve.set_params({"epochs": 20, "steps": 4})
    curve.on_train_begin()
    for epoch in range(20):
        for batch in range(4):
            clock.now += 0.0625
            curve.on_train_batch_end(batch)
        recorder.losses.append(2.0)
        curve.on_epoch_end(epoch)
    drawn = [state.rpartition(">")[2] for state in screen.shown[3:]]
    assert drawn == ["1 drawn", "6 drawn", "11 drawn", "16 drawn"]


def test_live_curve_in_plain_python(recorder: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    """Outside of a notebook there is nothing to draw on, and nothing breaks."""
    curve = LiveCurve(recorder)
    curve.set_params({"epochs": 1, "steps": 1})
    curve.on_train_begin()
    curve.on_train_batch_end(0)
    recorder.losses.append(2.0)
    curve.on_epoch_end(0)
    curve.on_train_end()
    assert "Traceback" not in capsys.readouterr().err


def follow(line: ProgressLine, clock: Clock, recorder: Recorder) -> None:
    """Let three epochs pass, with snapshots before them and after the first and the last."""
    recorder.snapshots.append(seen(0, 0.0))
    line.set_params({"epochs": 3, "steps": 10})
    line.on_train_begin()
    for epoch, loss in enumerate([2.0, 1.5, 1.25]):
        for batch in (0, 9):
            clock.now += 9
            line.on_train_batch_end(batch)
        if epoch != 1:
            recorder.snapshots.append(seen(epoch + 1))
        recorder.losses.append(loss)
        line.on_epoch_end(epoch)
    line.on_train_end()


def test_progress_line_in_a_terminal(
    clock: Clock, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, written over and over, ended when the training ends."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    follow(ProgressLine(recorder), clock, recorder)
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert text.endswith("\n")
    first, *states = text.removesuffix("\n").split("\r\033[K")
    assert first == ""
    assert states == [
        "  0% compiling, exact match 0.00%",
        "  3% epoch 1 of 3, exact match 0.00%",
        " 33% epoch 2 of 3, 20 s left, exact match 0.00%",
        " 37% epoch 2 of 3, 34 s left, loss 2.0000, exact match 25.00%",
        " 67% epoch 3 of 3, 14 s left, loss 2.0000, exact match 25.00%",
        " 70% epoch 3 of 3, 16 s left, loss 1.5000, exact match 25.00%",
        "100% epoch 3 of 3, 0 s left, loss 1.5000, exact match 25.00%",
        "100% epoch 3 of 3, 0 s left, loss 1.2500, exact match 25.00%",
    ]


def test_progress_line_in_a_log_file(
    clock: Clock, recorder: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each snapshot after an epoch, and nothing that only a terminal understands."""
    follow(ProgressLine(recorder), clock, recorder)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        " 33% epoch 2 of 3, 20 s left, loss 2.0000, exact match 25.00%",
        "100% epoch 3 of 3, 0 s left, loss 1.2500, exact match 25.00%",
    ]
