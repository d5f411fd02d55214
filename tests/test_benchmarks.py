"""The benchmarks: what they compare is right, and their tables say what was measured."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from playwright.sync_api import Browser

from benchmarks import in_page, learning, peer, teacher
from benchmarks.decoding import Numpy, token_by_token
from benchmarks.in_page import Course
from benchmarks.learning import Clock
from benchmarks.measuring import in_turns
from benchmarks.teacher import feeding_back
from bookbuild.build import ROOT
from helpers import decoding, problems, results, training
from helpers.records import Recipe
from helpers.results import Results, Table, as_text
from helpers.widgets import TrainingLab
from tests.messages import ONE_SENTENCE
from tests.models import leave_out_xla, load


def measured() -> Table:
    """A table with a cell of each kind."""
    table = Table("Some ways", ("", "time (s)", "right (%)", "remark"), note="Once.")
    table.add("slow", [12.5, 11.25, 1300.0], [0.5, 0.25, 0.999], "with <care>")
    table.add("fast", 0.001234, None, "")
    return table


def test_a_table_in_a_terminal() -> None:
    """Names to the left, numbers to the right, a median with its spread, what was not reached."""
    assert repr(measured()).splitlines() == [
        "Some ways",
        "",
        "                    time (s)            right (%)       remark",
        "slow  12.5 (11.2 to 1,300.0)  50.0 (25.0 to 99.9)  with <care>",
        "fast                  0.0012          not reached",
        "",
        "Once.",
    ]


def test_a_table_in_a_notebook() -> None:
    """Head, names of rows and cells are marked as such, and text is text."""
    said = measured()._repr_html_()
    assert said.count('<th scope="col">') == 3
    assert "<thead><tr><td></td>" in said
    assert '<th scope="row">slow</th><td>12.5<br><small>11.2 to 1,300.0</small></td>' in said
    assert "<td>with &lt;care&gt;</td>" in said
    assert "<td>not reached</td>" in said
    assert "<caption>Some ways</caption>" in said
    assert '<p class="measured-note">Once.</p>' in said


@pytest.mark.parametrize(
    ("cell", "percent", "shown"),
    [
        (None, False, "not reached"),
        ("all", False, "all"),
        (30, False, "30"),
        (16002.0, False, "16,002"),
        (1234.5, False, "1,234"),
        (9.996, False, "10.0"),
        (9.99, False, "9.99"),
        (0.35, False, "0.35"),
        (0.0199, False, "0.02"),
        ([2.0, 2.0, 2.0], False, "2"),
        ([2.5, 1.0, 3.25], False, "2.50 (1.00 to 3.25)"),
        (1.0, True, "100.00"),
        (0.0425, True, "4.2"),
    ],
)
def test_cells(cell: results.Cell, percent: bool, shown: str) -> None:
    """Three figures are enough for a time; an exact match near one has two decimals."""
    assert as_text(cell, percent=percent) == shown


def test_what_a_table_holds() -> None:
    """Code reads the median."""
    table = measured()
    assert table["slow", "time (s)"] == 12.5
    assert table["fast", "time (s)"] == 0.001234
    assert table["fast", "right (%)"] is None
    assert table["slow", "remark"] == "with <care>"


def test_a_row_has_a_cell_for_each_column() -> None:
    """A row that does not fit is refused."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        measured().add("short", 1.0)


def test_results_are_kept(tmp_path: Path) -> None:
    """What is saved comes back."""
    file = tmp_path / "new" / "results.json"
    whole = Results({"date": "2026-01-01"}, {"some": measured()}, {"one": [0.5, 1.0]}, 12.0)
    whole.save(file)
    assert results.load(file) == whole


@pytest.mark.parametrize("content", [None, "", "{"])
def test_no_results(tmp_path: Path, content: str | None) -> None:
    """Whoever has no results is told how they are made."""
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        results.load(file)
    assert "make bench" in str(caught.value)


def test_the_results_of_the_book_are_whole() -> None:
    """A full run is in the repository, with its machine and its date, and no path of it."""
    last = results.load()
    assert set(last.curves) == {*learning.CHOICES, *teacher.WAYS} - {learning.AGAIN}
    assert last.noise >= 1
    assert {"date", "processor", "cores", "keras", "tensorflow"} <= set(last.machine)
    assert last.seconds > 60
    text = results.FILE.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert all(np.isfinite(number) for number in numbers(json.loads(text)))


def test_choices() -> None:
    """Each row differs from the first in one thing; with Muon and beside it, also in the epochs."""
    recipe = asdict(learning.CHOICES["the recipe"])
    differs = {
        name: {key for key, value in asdict(other).items() if value != recipe[key]}
        for name, other in learning.CHOICES.items()
    }
    assert differs.pop("Muon") == {"optimizer", "epochs"}
    assert differs.pop("Muon, no reversal") == {"optimizer", "epochs", "reverse"}
    assert differs.pop("constant rate 0.001") == {"schedule", "learning_rate"}
    fewer = [differs.pop(name) for name in [*differs] if name.startswith("AdamW, 6 epochs")]
    assert len(fewer) == 3 and all(keys - {"learning_rate"} == {"epochs"} for keys in fewer)
    assert [*differs].index(learning.AGAIN) == 1
    same = {"the recipe", learning.AGAIN, "not compiled"}
    assert {name: len(keys) for name, keys in differs.items()} == {
        name: int(name not in same) for name in differs
    }
    assert learning.CHOICES["Muon"].epochs == 6 == recipe["epochs"] / 2


def numbers(values: object) -> list[float]:
    """Return all numbers in what was read from JSON."""
    if isinstance(values, dict):
        return [number for value in values.values() for number in numbers(value)]
    if isinstance(values, list):
        return [number for value in values for number in numbers(value)]
    return [values] if isinstance(values, (int, float)) else []


def test_every_table_is_shown_on_the_page() -> None:
    """The page of benchmarks leaves nothing out, and asks for no other."""
    page = (ROOT / "chapters/benchmarks.ipynb").read_text(encoding="utf-8")
    shown = re.findall(r'measured\.tables\[\\"([\w-]+)\\"\]', page)
    assert {*shown} == {*results.load().tables} and len(shown) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", ["notes", "grown"])
def test_numpy_decodes_the_same(name: str) -> None:
    """The floor of the decoding table computes the same model: the tokens are those of Keras."""
    model = load(name)
    ids = problems.batch(problems.split("arithmetic").test[:300]).encoder_input
    by_hand = Numpy(model.model)
    chosen = token_by_token(by_hand.encode, by_hand.advance, ids)
    assert np.array_equal(chosen, decoding.greedy(model, ids))
    assert by_hand.encode(ids) == pytest.approx(model.encoder(ids).numpy(), abs=1e-5)


@pytest.mark.slow
def test_xla_decodes_the_same() -> None:
    """Compiled by XLA or not, the tokens are the same."""
    model = load("notes")
    ids = problems.batch(problems.split("arithmetic").test[:300]).encoder_input
    compiled = decoding.greedy(model, ids, jit_compile=True)
    assert np.array_equal(compiled, decoding.greedy(model, ids))


def test_operations() -> None:
    """Counted by hand for the model of the notes: 13 steps of a GRU, 5 of a softmax, thrice."""
    assert Recipe().flops == 3 * (13 * 2 * (5 * 48 + 16 * 48) + 5 * 2 * 16 * 14)


def test_the_peer_is_as_published() -> None:
    """On its own task the peer has as many weights as the published log says."""
    drawn = learning.published_problems(2000)
    model = peer.build(len(peer.characters(drawn)), 7, 4)
    peer.compile_as_published(model, jit_compile=False)
    assert model.count_params() == 205_324
    assert [layer.__class__.__name__ for layer in model.layers] == [
        *("LSTM", "RepeatVector", "LSTM", "Dense")
    ]
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-3)
    assert not model.jit_compile
    peer.compile_as_published(model, jit_compile=True)
    assert model.jit_compile


def test_the_peer_trained_as_in_this_book() -> None:
    """The same model, compiled for a recipe; Muon takes the kernels of both LSTM, no others."""
    model = peer.build(12, 7, 4)
    training.compile_by(model, Recipe(optimizer="muon"), 100)
    assert model.jit_compile
    left = zip(model.trainable_variables, model.optimizer.adam_velocities, strict=True)
    assert [variable.path.split("/")[-1] for variable, velocity in left if velocity is None] == [
        *("kernel", "recurrent_kernel") * 2
    ]


def test_the_problems_of_the_peer() -> None:
    """All different, mirror images too, each number of one to three digits."""
    drawn = learning.published_problems(5000)
    pairs = [sorted(map(int, problem.split("+"))) for problem in drawn]
    assert len({tuple(pair) for pair in pairs}) == len(drawn) == 5000
    assert drawn == learning.published_problems(5000)
    digits = Counter(len(str(number)) for pair in pairs for number in pair)
    assert set(digits) == {1, 2, 3}
    assert all(problems.parse(problem) for problem in drawn)


def test_the_problems_of_the_peer_are_shuffled() -> None:
    """What is held out is as hard as what is trained on."""
    drawn = learning.published_problems(50_000)
    longest = [np.mean([len(p) == 7 for p in part]) for part in (drawn[:45_000], drawn[45_000:])]
    assert longest[1] == pytest.approx(longest[0], abs=0.02)


def test_the_arrays_of_the_peer() -> None:
    """The question back to front, filled up with blanks; the answer in reading order."""
    asked = ["50+9", "999+1"]
    characters = peer.characters(asked)
    questions, answers = peer.arrays(asked, characters, 7, 4)
    assert questions.shape == (2, 7, len(characters))
    assert answers.shape == (2, 4, len(characters))

    def read(rows: np.ndarray) -> list[str]:
        return ["".join(characters[i] for i in row) for row in rows.argmax(axis=-1)]

    assert read(questions) == ["   9+05", "  1+999"]
    assert read(answers) == ["59  ", "1000"]
    assert (questions.sum(axis=-1) == 1).all()
    turned, reversed_answers = peer.arrays(asked, characters, 7, 4, reverse_answer=True)
    assert np.array_equal(turned, questions)
    assert read(reversed_answers) == ["95  ", "0001"]


def test_the_exam_of_the_peer() -> None:
    """A whole answer is right, or it is not."""
    asked = ["50+9", "1+1", "2+2", "999+1"]
    questions, answers = peer.arrays(asked, peer.characters(asked), 7, 4)
    given = answers.copy()
    given[1, 0] = np.roll(given[1, 0], 1)

    class Fixed:
        def predict(self, *_: object, **__: object) -> np.ndarray:
            return given

    assert peer.exact_match(Fixed(), questions, answers) == 0.75


def test_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs while the model trains, not while it is examined."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    matches = iter([0.2, 0.96, 0.9, 0.995])

    def examine() -> float:
        now[0] += 100
        return next(matches)

    clock = Clock(examine)
    clock.on_train_begin()
    for epoch, seconds in enumerate((5, 1, 1, 2)):
        now[0] += seconds
        clock.on_epoch_end(epoch)
    assert clock.seconds == [5, 1, 1, 2]
    assert clock.an_epoch == 1
    assert clock.reached(0.1) == 5
    assert clock.reached(0.95) == 6
    assert clock.reached(0.99) == 9
    assert clock.reached(0.999) is None


def test_turns() -> None:
    """All have their turn with one seed before any has it with the next."""
    order: list[str] = []

    def way(name: str) -> Callable[[int], int]:
        def run(seed: int) -> int:
            order.append(f"{name}{seed}")
            return 10 * seed

        return run

    assert in_turns({"a": way("a"), "b": way("b")}, 3) == {"a": [0, 10, 20], "b": [0, 10, 20]}
    assert order == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_a_comparison() -> None:
    """Each row says when it was there, and how many times as long as ours, if all runs were."""

    def of(seconds: float, *matches: float) -> Clock:
        clock = Clock(lambda: 0.0)
        clock.seconds, clock.matches = [seconds] * len(matches), list(matches)
        return clock

    ours = [of(2, 0.5, 0.96, 1.0), of(2, 0.96, 0.97, 0.99)]
    theirs = [of(10, 0.1, 0.97, 0.5), of(10, 0.2, 0.3, 0.99)]
    assert learning._times(theirs, 0.95) == [25, 20, 30]
    assert learning._times(theirs, 0.99) == "30.0 in 1 of 2 runs"
    assert learning._as_long(theirs, ours, 0.95) == 25 / 3
    assert learning._as_long(theirs, ours, 0.99) == "-"
    assert learning._as_long(ours, ours, 0.99) == 1


@pytest.mark.slow
def test_all_can_be_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours and the peer, as published and by a recipe, are watched and examined at the end."""

    def without_xla(model: keras.Model, recipe: Recipe, updates: int) -> None:
        compile_by(model, recipe, updates)
        model.jit_compile = False

    compile_by = training.compile_by
    monkeypatch.setattr(training, "compile_by", without_xla)
    drawn = learning.published_problems(300)
    parts = learning.Parts(drawn[:256], ["1+1", "22+3"], ["5+5", "7+70", "1+999", "2+3"])
    recipe = Recipe(epochs=2, units=4, batch_size=64)
    trained = [
        learning.train_ours(recipe, parts, jit_compile=False),
        learning.train_ours(
            recipe, parts, jit_compile=False, as_read=lambda some: problems.batch(some)
        ),
        learning.train_ours(recipe, parts, jit_compile=False, make=partial(feeding_back, 0.0)),
        learning.train_peer(parts, 0, epochs=2, jit_compile=False),
        learning.train_peer(parts, 0, recipe=recipe),
    ]
    for one in trained:
        assert len(one.clock.seconds) == len(one.clock.matches) == 2
        assert min(one.clock.seconds) > 0
        assert all(match in (0, 0.5, 1) for match in one.clock.matches)
        assert one.at_the_end in (0, 0.25, 0.5, 0.75, 1)
    assert [one.weights for one in trained[:3]] == [trained[0].weights] * 3
    assert trained[3].weights == trained[4].weights > 200_000
    assert trained[0].clock.matches == trained[1].clock.matches


@pytest.mark.slow
@pytest.mark.parametrize("name", ["notes", "grown"])
def test_both_exams_are_one(name: str) -> None:
    """Free-running or with teacher forcing, the exact match is the same."""
    model = load(name)
    asked = problems.split("arithmetic").test[:500]
    arrays = problems.batch(asked, reverse=model.reverse)
    match = decoding.exact_match(model, asked)
    assert learning.exam(model, arrays) == pytest.approx(match)
    assert in_page.exam(model.model, arrays)() == pytest.approx(match)


def test_a_course() -> None:
    """What the table is made of: the first epoch counts for the whole, not for an epoch."""
    late = Course([5.0, 6.0, 8.0, 9.5], [0.5, 0.985, 0.99, 0.97])
    never = Course([4.0, 4.5, 5.0], [0.1, 0.2, 0.3])
    assert late.reached == 8
    assert never.reached is None
    assert late.an_epoch == 1.5
    assert never.an_epoch == 0.5
    assert in_page.learned([late, never]) == (
        [8, 8, 8], "1 of 2", [7.25, 5, 9.5], [(0.97 + 0.3) / 2, 0.3, 0.97],
    )  # fmt: skip
    assert in_page.learned([never]) == (None, "0 of 1", [5, 5, 5], [0.3, 0.3, 0.3])


def test_page_and_keras_get_the_same_recipe() -> None:
    """All settings of the lab, each under its name in the page and in Keras."""
    lab = TrainingLab(
        task="sums", embedding_dim=8, units=32, reverse=False, masked_loss=False, epochs=4,
        batch_size=64, learning_rate=0.01, schedule="constant", weight_decay=0.3, seed=2,
    )  # fmt: skip
    recipe = in_page.recipe_of(lab)
    assert recipe == Recipe(
        task="sums", embedding_dim=8, units=32, epochs=4, batch_size=64, learning_rate=0.01,
        schedule="constant", weight_decay=0.3, seed=2,
    )  # fmt: skip
    start = in_page.start_of(lab, fast=True)
    assert start["settings"] == {
        "run": 1, "sizes": {"embedding_dim": 8, "units": 32}, "reverse": False, "masked": False,
        "learningRate": 0.01, "schedule": "constant", "weightDecay": 0.3, "batch": 64,
        "epochs": 4, "seed": 2, "fast": True,
    }  # fmt: skip
    assert start["parts"] == lab.parts["sums"]


def test_the_lab_can_be_trained(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both kinds of operations and in Keras; sharing rows changes no answer."""
    leave_out_xla(monkeypatch)
    lab = TrainingLab(task="sums", units=8, epochs=2, batch_size=256)
    courses = [
        in_page.in_keras(lab),
        in_page.in_keras(lab, steps_a_call=5),
        in_page.in_page(browser, lab, fast=True),
        in_page.in_page(browser, lab, fast=False),
        in_page.in_page(browser, lab, fast=True, row_by_row=True),
    ]
    for course in courses:
        assert len(course.seconds) == len(course.matches) == 2
        assert 0 < course.seconds[0] < course.seconds[1]
        assert all(0 <= match <= 1 for match in course.matches)
    assert courses[2].matches == pytest.approx(courses[4].matches, abs=0.01)
    assert courses[0].matches == pytest.approx(courses[1].matches, abs=0.02)
