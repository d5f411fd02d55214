"""The decoder stepper in Python: its numbers, what it refuses, and what a front end gets."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn
from xml.etree import ElementTree

import keras
import numpy as np
import pytest
import traitlets

from helpers import decoding, model_file, pretrained, problems
from helpers.model import Seq2Seq, seq2seq
from helpers.pictures import PAGE
from helpers.records import Trace
from helpers.task import ARITHMETIC
from helpers.vocabulary import EOS, PAD
from helpers.widgets import DecoderStepper, EncoderStepper
from helpers.widgets.base import STATE
from helpers.widgets.models import OWN
from tests.messages import ONE_SENTENCE
from tests.models import forbid, load
from tests.variants import OTHERS, SAME, together, variant

NAMES = ("notes", "step-1-notes", "grown")
REVERSE = {"notes": False, "step-1-notes": False, "grown": True}
ASKED = ["50+9", "3-71", "99+99", "0-0", "999-1"]
BAD_PROBLEMS = ["", "50*9", "٣+٤", "😀", "<b>5</b>", "1000+1", "50 - - 9", "1" * 500]
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all steppers of this file share the stored models."""
    monkeypatch.setattr(pretrained, "load", load)


def stored(*names: str, **options: Any) -> DecoderStepper:
    """Return a stepper of stored models."""
    return DecoderStepper(*(names or NAMES), **options)


def untrained(embedding_dim: int = 5, units: int = 16) -> Seq2Seq:
    """Return a model that may be changed."""
    keras.utils.set_random_seed(0)
    return seq2seq(embedding_dim, units)


def same(found: Trace, wanted: Trace) -> bool:
    """Tell whether two traces have the same numbers, to the last bit."""
    return (
        vars(found).keys() == vars(wanted).keys()
        and all(
            getattr(found, name) == getattr(wanted, name)
            for name in ("problem", "teacher_forcing", "reverse", "target", "picks", "written")
        )
        and np.array_equal(found.context, wanted.context)
        and all(
            np.array_equal(getattr(one, name), getattr(other, name))
            for one, other in zip(found.steps, wanted.steps, strict=True)
            for name in ("token", "state_before", "distribution", "state_after", "choice")
        )
    )


def state(stepper: DecoderStepper) -> tuple[Any, ...]:
    """Return all that can be set, and the answer itself, which equals no other."""
    return (
        stepper.problem,
        stepper.model,
        stepper.teacher_forcing,
        stepper.picks,
        stepper.step,
        stepper.trace,
    )


# Numbers.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("forced", [False, True])
def test_the_answer_is_that_of_the_model(name: str, forced: bool) -> None:
    """For every problem, model and regime the trace is the one that `decoding.trace` returns."""
    model = load(name)
    stepper = stored(teacher_forcing=forced)
    stepper.model = name
    for problem in ASKED:
        stepper.problem = problem
        wanted = decoding.trace(model, problem, teacher_forcing=forced)
        assert same(stepper.trace, wanted)


def test_what_it_starts_with() -> None:
    """The first model answers 50+9, and no time step is shown."""
    stepper = stored()
    assert state(stepper)[:-1] == ("50+9", "notes", False, [], 0)
    assert stepper.trace.answer == "59"
    assert stepper.examples == ["50+9", "3-71", "99+1", "7-7", "123+456"]
    other = stored("grown", problem="3-71", teacher_forcing=True, examples=("1+1",))
    assert state(other)[:-1] == ("3-71", "grown", True, [], 0)
    assert other.trace.reverse
    assert other.trace.teacher_forcing
    assert other.examples == ["1+1"]


def test_a_model_that_was_given() -> None:
    """It is stepped as it is, in its own order."""
    model = load("grown")
    stepper = DecoderStepper(model)
    assert stepper.model == OWN
    assert stepper.chosen is model
    assert same(stepper.trace, stored("grown").trace)
    assert not DecoderStepper(replace(model, reverse=False)).trace.reverse


@pytest.mark.slow
@pytest.mark.parametrize(("embedding_dim", "units"), [(5, 16), (1, 1), (3, 40)])
def test_an_untrained_model(embedding_dim: int, units: int) -> None:
    """A model need not be trained, and may have any size."""
    model = untrained(embedding_dim, units)
    stepper = DecoderStepper(model)
    assert same(stepper.trace, decoding.trace(model, "50+9"))
    (packed,) = stepper.models
    assert packed["sizes"] == {"embedding_dim": embedding_dim, "units": units}
    assert "svg" in stepper.still().page()


def test_predict_is_never_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A time step is one compiled call; `predict` would take as long as the whole answer."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("`predict` was called.")

    for name in ("predict", "predict_step", "predict_on_batch"):
        monkeypatch.setattr(keras.Model, name, refuse)
    stepper = DecoderStepper(untrained())
    stepper.problem = "3-71"
    stepper.step = 2
    stepper.picks = [None, 7]
    stepper.teacher_forcing = True
    stepper.refresh()
    stepper.still()


# What is set.


@pytest.mark.parametrize(("name", "value"), [("problem", "3-71"), ("model", "grown")])
def test_starting_over(name: str, value: str) -> None:
    """Another problem or model begins before the first time step, with nothing picked."""
    stepper = stored()
    stepper.step, stepper.picks = 3, [None, 7]
    setattr(stepper, name, value)
    assert (stepper.step, stepper.picks) == (0, [])
    assert getattr(stepper, name) == value
    fresh = stored()
    setattr(fresh, name, value)
    assert same(stepper.trace, fresh.trace)


def test_the_same_problem_again() -> None:
    """A value that is there already changes nothing."""
    stepper = stored()
    stepper.step, stepper.picks = 3, [None, 7]
    before = state(stepper)
    stepper.problem, stepper.model, stepper.step = "50+9", "notes", 3
    assert state(stepper) == before


def test_teacher_forcing() -> None:
    """The right tokens are read from now on, at the time step shown, and nothing is picked."""
    stepper = stored("step-1-notes", problem="0+28")
    stepper.step, stepper.picks = 3, [None, 7]
    stepper.teacher_forcing = True
    assert (stepper.step, stepper.picks) == (3, [])
    assert [step.token for step in stepper.trace.steps] == [PAD, 2, 8, EOS, PAD]
    model = load("step-1-notes")
    assert same(stepper.trace, decoding.trace(model, "0+28", teacher_forcing=True))
    stepper.teacher_forcing = False
    assert stepper.step == 3
    assert same(stepper.trace, decoding.trace(model, "0+28"))


def test_picks() -> None:
    """What a reader writes is read by the next time step, and taken back it is as before."""
    stepper = stored("notes")
    before = stepper.trace
    stepper.step = 2
    stepper.picks = [None, 7]
    model = load("notes")
    assert same(stepper.trace, decoding.trace(model, "50+9", picks=[None, 7]))
    assert stepper.trace.written[:2] == (5, 7)
    assert stepper.trace.steps[2].token == 7
    assert not stepper.trace.correct
    assert stepper.step == 2
    stepper.set_trait("picks", [None, np.int64(7)])
    assert json.dumps(stepper.get_state()["picks"]) == "[null, 7]"
    stepper.picks = []
    assert same(stepper.trace, before)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("problem", "3-71"),
        ("model", "grown"),
        ("step", 4),
        ("picks", [None, 7]),
        ("teacher_forcing", True),
    ],
)
def test_observers(name: str, value: Any) -> None:
    """Who observes a trait hears of its new value, and who observes the answer of the new one."""
    stepper = stored()
    first = stepper.trace
    heard: list[Any] = []
    answers: list[Trace] = []
    stepper.observe(lambda change: heard.append(change.new), name)
    stepper.observe(lambda change: answers.append(change.new), "trace")
    setattr(stepper, name, value)
    assert heard == [value]
    assert answers[-1] is stepper.trace is not first
    assert answers[-1].problem == stepper.problem


def test_two_are_independent() -> None:
    """One moves on, the other stays."""
    first, second = stored(), stored()
    before = state(second)
    first.problem, first.step, first.picks = "3-71", 2, [1]
    assert state(second) == before
    assert first.model_id != second.model_id


# What is refused.


def refused(stepper: DecoderStepper, name: str, value: Any) -> None:
    """Hold that a value is refused in one sentence before a model runs, and nothing changes."""
    before = state(stepper)
    heard: list[Any] = []
    stepper.observe(heard.append, ["problem", "model", "teacher_forcing", "picks", "step", "trace"])
    with pytest.MonkeyPatch.context() as guarded:
        forbid(guarded)
        with pytest.raises(traitlets.TraitError, match=ONE_SENTENCE):
            setattr(stepper, name, value)
        with pytest.raises(traitlets.TraitError, match=ONE_SENTENCE):
            stepper.set_state({name: value})
        with pytest.raises(traitlets.TraitError, match=ONE_SENTENCE):
            stepper.set_state({"step": 1, "teacher_forcing": True, name: value})
    assert state(stepper) == before
    assert heard == []


@pytest.fixture(scope="module")
def used() -> DecoderStepper:
    """Return a stepper that one test after the other sets."""
    return stored()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("problem", problem) for problem in (*BAD_PROBLEMS, 59, None)],
        *[("model", model) for model in ("", "Notes", OWN, "sums", None, 0)],
        *[("step", step) for step in (-1, 6, 1.5, "1", None)],
        *[("picks", picks) for picks in ([14], [-1], [True], ["5"], [5.5], [1] * 6, 7, "57", None)],
        *[("teacher_forcing", forced) for forced in ("yes", 2, None)],
        ("trace", {}),
    ],
)
def test_bad_values(used: DecoderStepper, name: str, value: Any) -> None:
    """Set in Python or by the front end, a bad value is refused as a whole."""
    used.problem, used.step, used.picks = "50+9", 3, [None, 7]
    refused(used, name, value)
    used.problem = "1+1"
    assert used.trace.problem == "1+1"


def test_no_picks_with_teacher_forcing() -> None:
    """Where the right token is read nothing can be picked."""
    stepper = stored(teacher_forcing=True)
    refused(stepper, "picks", [None, 7])


@pytest.mark.parametrize(
    ("problem", "error"),
    [*[(problem, ValueError) for problem in BAD_PROBLEMS], (59, TypeError), (None, TypeError)],
)
def test_bad_problems_at_the_start(
    monkeypatch: pytest.MonkeyPatch, problem: Any, error: type[Exception]
) -> None:
    """What it starts with and what it offers are problems."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises(error, match=ONE_SENTENCE):
        DecoderStepper(model, problem=problem)
    with pytest.raises(error, match=ONE_SENTENCE):
        DecoderStepper(model, examples=["50+9", problem])


NO_MODELS: dict[str, tuple[Callable[[], tuple[Any, ...]], type[Exception]]] = {
    "nothing": (lambda: (), TypeError),
    "one view": (lambda: (load("notes").encoder,), TypeError),
    "encoder and decoder": (lambda: tuple(load("notes"))[1:], TypeError),
    "the three views": (lambda: tuple(load("notes")), TypeError),
    "two models": (lambda: (load("notes"), load("grown")), TypeError),
    "a name and a model": (lambda: ("notes", load("notes")), TypeError),
    "numbers": (lambda: (1, 2), TypeError),
    "a list of names": (lambda: (["notes", "grown"],), TypeError),
    "an unknown name": (lambda: ("note", "notes"), ValueError),
    "no file": (lambda: ("notes", "note.json"), ValueError),
    "other embeddings": (
        lambda: (replace(load("notes"), encoder=load("sums").encoder),),
        ValueError,
    ),
    "embeddings of other sizes": (
        lambda: (replace(load("notes"), encoder=load("two-numbers").encoder),),
        ValueError,
    ),
}


@pytest.mark.parametrize("widget", [DecoderStepper, EncoderStepper])
@pytest.mark.parametrize(("given", "error"), NO_MODELS.values(), ids=NO_MODELS)
def test_no_models(
    monkeypatch: pytest.MonkeyPatch,
    widget: type,
    given: Callable[[], tuple[Any, ...]],
    error: type[Exception],
) -> None:
    """It takes one model, or names; anything else is refused at once."""
    models = given()
    forbid(monkeypatch)
    with pytest.raises(error, match=ONE_SENTENCE) as caught:
        widget(*models)
    if error is TypeError:
        assert "`Seq2Seq(model, encoder, decoder)`" in str(caught.value)


def test_layers_of_another_making(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers have the names that `seq2seq` gives them, since a page asks for them by name."""
    token = keras.Input((1,), dtype="int32")
    before = keras.Input((4,))
    read = keras.Input((ARITHMETIC.problem_length,), dtype="int32")
    embedding = keras.layers.Embedding(14, 2)
    writer = keras.layers.GRU(4, return_sequences=True, return_state=True)
    states, after = writer(embedding(token), initial_state=before)
    encoder = keras.Model(read, keras.layers.GRU(4)(embedding(read)))
    decoder = keras.Model([token, before], [keras.layers.Dense(14)(states), after])
    model = together(encoder, decoder)
    forbid(monkeypatch)
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        DecoderStepper(model)
    assert "'encoder_gru'" in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("widget", [DecoderStepper, EncoderStepper])
@pytest.mark.parametrize("kind", OTHERS)
def test_no_other_model_is_shown(widget: type, kind: str) -> None:
    """A model whose layers compute something else than a page does is refused at once."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        widget(OTHERS[kind]())


@pytest.mark.slow
@pytest.mark.parametrize("widget", [DecoderStepper, EncoderStepper])
@pytest.mark.parametrize("kind", SAME)
def test_what_matters_in_training_alone_is_no_other_model(widget: type, kind: str) -> None:
    """Dropout, noise, penalties: they are not there when it answers."""
    assert widget(SAME[kind]()).models[0]["name"] == OWN


@pytest.mark.parametrize("widget", [DecoderStepper, EncoderStepper])
def test_after_training_it_is_asked_again(widget: type) -> None:
    """A setting that made no difference to the first weights may make one to the last.

    Then what was shown before stays.
    """
    model = variant(encoder={"activation": "softsign"})
    weights = model.model.get_weights()
    model.model.set_weights([values * 0 for values in weights])
    stepper = widget(model)
    names = ("models", *stepper.computed)
    before = [getattr(stepper, name) for name in names]
    model.model.set_weights(weights)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        stepper.refresh()
    for name, value in zip(names, before, strict=True):
        assert getattr(stepper, name) is value
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        widget(model)


@pytest.mark.parametrize("widget", [DecoderStepper, EncoderStepper])
@pytest.mark.parametrize("text", ["５０ー９", " 50 − 9 ", "50\u200b\u20109", np.str_("50-9")])
def test_a_problem_as_people_type_it(widget: type, text: str) -> None:
    """Python sets it as a page reads it: in plain characters, wherever it comes in."""
    model = load("notes")
    first = widget(model, problem=text, examples=["1+1", text])
    assert (first.problem, first.examples) == ("50-9", ["1+1", "50-9"])
    second = widget(model)
    second.problem, second.examples = text, [text]
    assert (second.problem, second.examples) == ("50-9", ["50-9"])
    third = widget(model, problem="50-9")
    third.step = 3
    third.problem = text
    assert third.step == 3, "the same problem does not start over"
    with pytest.raises(traitlets.TraitError, match=ONE_SENTENCE):
        third.examples = ["50*9"]
    assert third.examples == list(widget(model).examples)


# What a front end gets and sends.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("forced", "picks"), [(False, []), (False, [None, 7]), (True, [])])
def test_the_trace_as_the_front_end_reads_it(
    name: str, forced: bool, picks: list[int | None]
) -> None:
    """All numbers of the trace travel as JSON, with the names that the module reads."""
    stepper = stored(name, problem="3-71", teacher_forcing=forced)
    stepper.picks = picks
    sent = json.loads(json.dumps(stepper.get_state()["trace"], allow_nan=False))
    trace = stepper.trace
    matrix = load(name).decoder.get_layer("embedding").get_weights()[0]
    read = problems.arrays("3-71", reverse=REVERSE[name]).encoder_input
    assert sent == {
        "model": name,
        "problem": "3-71",
        "reverse": REVERSE[name],
        "teacherForcing": forced,
        "picks": picks,
        "read": read.tolist(),
        "context": sent["context"],
        "steps": sent["steps"],
        "target": list(trace.target),
    }
    assert np.array_equal(np.float32(sent["context"]), trace.context)
    assert len(sent["steps"]) == 5
    for found, step, written in zip(sent["steps"], trace.steps, trace.written, strict=True):
        assert len(found) == 7
        assert (found["token"], found["choice"]) == (step.token, step.choice)
        assert found["written"] == written
        assert np.array_equal(np.float32(found["embedding"]), matrix[step.token])
        assert np.array_equal(np.float32(found["before"]), step.state_before)
        assert np.array_equal(np.float32(found["after"]), step.state_after)
        assert np.array_equal(np.float32(found["distribution"]), step.distribution)


def test_what_a_page_needs_to_compute() -> None:
    """Each model comes with its size, its order, what it was trained on, and its weights."""
    stepper = stored()
    sent = json.loads(json.dumps(stepper.get_state()["models"], allow_nan=False))
    assert [record.pop("name") for record in sent] == list(NAMES)
    for name, record in zip(NAMES, sent, strict=True):
        assert record == model_file.packed(load(name))
        assert record["reverse"] == REVERSE[name]
    assert stepper.get_state()["computed"] == ("trace",)
    assert DecoderStepper(untrained()).models[0]["trained"] is False


@pytest.mark.parametrize("turned", [False, True])
def test_a_message_from_the_front_end(turned: bool) -> None:
    """Several values at once are taken in whatever order they come."""
    stepper = stored()
    stepper.step, stepper.picks = 3, [None, 7]
    message: dict[str, Any] = {"problem": "3-71", "model": "grown", "step": 0, "picks": []}
    stepper.set_state(dict(reversed(message.items())) if turned else message)
    fresh = stored("grown", problem="3-71")
    assert state(stepper)[:-1] == ("3-71", "grown", False, [], 0)
    assert same(stepper.trace, fresh.trace)
    stepper.set_state({"step": 2, "picks": [None, 7]})
    assert (stepper.step, stepper.picks) == (2, [None, 7])
    assert stepper.trace.picks == (None, 7)
    stepper.set_state({"teacher_forcing": True, "picks": []})
    assert (stepper.step, stepper.picks) == (2, [])
    assert stepper.trace.teacher_forcing
    stepper.set_state({"picks": [1], "teacher_forcing": False})
    assert not stepper.trace.teacher_forcing


def test_the_front_end_gets_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the front end is answered with the new trace, and with no weights."""
    stepper = stored()
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(stepper, "_send", lambda message, buffers=None: sent.append(message))
    stepper.set_state({"problem": "3-71", "step": 0, "picks": []})
    updates = [message["state"] for message in sent if message["method"] == "update"]
    assert updates[-1]["trace"]["problem"] == "3-71"
    assert all("models" not in update for update in updates)


# Weights that change.


def test_changed_weights() -> None:
    """After more training a time step alone brings new numbers; the page's weights stay."""
    model = untrained()
    stepper = DecoderStepper(model)
    before, packed = stepper.trace, stepper.models
    for variable in model.model.weights:
        variable.assign(variable.numpy() * 1.5 + 0.1)
    stepper.step = 1
    assert stepper.step == 1
    assert same(stepper.trace, decoding.trace(model, "50+9"))
    assert not same(stepper.trace, before)
    assert stepper.models is packed


def test_refresh() -> None:
    """Asked to, it takes the answer and the page's weights anew, and keeps its place."""
    model = untrained()
    stepper = DecoderStepper(model)
    stepper.step, stepper.picks = 3, [None, 7]
    for variable in model.model.weights:
        variable.assign(variable.numpy() * 1.5 + 0.1)
    stepper.refresh()
    fresh = DecoderStepper(model)
    assert stepper.models == fresh.models
    assert (stepper.step, stepper.picks) == (3, [None, 7])
    wanted = decoding.trace(model, "50+9", picks=[None, 7])
    assert same(stepper.trace, wanted)


# Without a kernel.


@pytest.mark.parametrize("name", ["notes", "grown"])
def test_still(name: str) -> None:
    """Where no script runs there are a picture, described in words, and the table of the trace."""
    stepper = stored(name, problem="3-71")
    data, _ = stepper._repr_mimebundle_()
    page = ElementTree.fromstring(f"<div>{data[PAGE]}</div>")
    (picture,) = [element for element in page.iter() if element.get("role") == "img"]
    assert "3-71" in (picture.get("aria-label") or "")
    assert data[PAGE].endswith(stepper.trace._repr_html_())
    assert len(page.findall("table/tbody/tr")) == 5
    assert "-68" in (page.findtext("p") or "")


def test_shown_in_a_notebook() -> None:
    """The output has the view of the widget, its still, and a text that is the same on each run."""
    stepper = stored()
    data, _ = stepper._repr_mimebundle_()
    assert set(data) == {VIEW, STATE, PAGE, "image/png", "text/plain"}
    assert data[VIEW]["model_id"] == stepper.model_id
    assert data["text/plain"].startswith("Distribution over the tokens at each time step for 50+9")
    again, _ = stored()._repr_mimebundle_()
    assert {**again, VIEW: 0} == {**data, VIEW: 0}
