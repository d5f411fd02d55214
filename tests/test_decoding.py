"""A reading, one step, a whole trace, greedy decoding of a batch, exact match."""

import gc
import logging
import re
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import decoding, problems
from helpers.model import seq2seq
from helpers.records import DecoderStep, Trace, first_mistake
from helpers.vocabulary import EOS, PAD, TOKENS
from tests.messages import ONE_SENTENCE
from tests.models import forbid, load
from tests.variants import NO_DISTRIBUTION, OTHERS, both_ways, parts, together

TEST = problems.split("arithmetic").test
BACK_TO_FRONT = {"notes": False, "step-1-notes": False, "grown": True}
"""Three trained models, one of them still bad, and whether they read back to front."""

BAD_PROBLEMS = ["", "50*9", "５０+９", "😀", "050+9", "50 + 9", "1000+1", "5+", "1" * 50]
BAD_STATES = [np.zeros((1, 16)), np.zeros((1, 1, 16)), np.zeros(15), np.zeros(()), [0.0] * 64]


@pytest.fixture(params=BACK_TO_FRONT)
def name(request: pytest.FixtureRequest) -> str:
    """Each of three trained models in turn."""
    return str(request.param)


def gru_parts(
    layer: keras.layers.GRU, vector: np.ndarray, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compute a time step in numpy: update gate, reset gate, candidate, and the state after."""
    kernel, recurrent, (bias, recurrent_bias) = layer.get_weights()
    update_in, reset_in, candidate_in = np.split(vector @ kernel + bias, 3)
    update_rec, reset_rec, candidate_rec = np.split(state @ recurrent + recurrent_bias, 3)
    update = 1 / (1 + np.exp(-(update_in + update_rec)))
    reset = 1 / (1 + np.exp(-(reset_in + reset_rec)))
    candidate = np.tanh(candidate_in + reset * candidate_rec)
    return update, reset, candidate, update * state + (1 - update) * candidate


def gru_step(layer: keras.layers.GRU, vector: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Compute the state after a time step in numpy."""
    return gru_parts(layer, vector, state)[-1]


def test_reading_in_keras(name: str) -> None:
    """Each state of a reading is that of Keras' own GRU cell, step after step."""
    model = load(name)
    embedding, gru = map(model.encoder.get_layer, ("embedding", "encoder_gru"))
    for problem in ("50+9", "999-0", "3-71"):
        reading = decoding.reading(model, problem)
        ids = problems.arrays(problem, reverse=BACK_TO_FRONT[name]).encoder_input
        state = np.zeros((1, gru.units), np.float32)
        for token, step in zip(ids, reading.steps, strict=True):
            vector = embedding(np.array([token]))
            _, (wanted,) = gru.cell(vector, [state])
            assert step.token == token
            assert np.array_equal(step.embedding, vector.numpy()[0])
            assert np.array_equal(step.state_before, state[0])
            assert step.state_after == pytest.approx(wanted.numpy()[0], abs=1e-6)
            state = step.state_after[None]
        assert (reading.problem, reading.reverse) == (problem, BACK_TO_FRONT[name])
        assert reading.states.shape == (8, gru.units)
        assert np.array_equal(reading.context, state[0])
        assert reading.states.dtype == np.float32


def test_gates_in_numpy(name: str) -> None:
    """Update gate, reset gate and candidate are those of a GRU written out by hand."""
    model = load(name)
    gru = model.encoder.get_layer("encoder_gru")
    for step in decoding.reading(model, "50+9").steps:
        wanted = gru_parts(gru, step.embedding, step.state_before)
        found = (step.update, step.reset, step.candidate, step.state_after)
        for part, right in zip(found, wanted, strict=True):
            assert part == pytest.approx(right, abs=1e-6)
        for gate in (step.update, step.reset):
            assert gate.min() >= 0
            assert gate.max() <= 1


def test_a_reading_with_large_weights() -> None:
    """Gates that are wide open or shut raise no warning and give no nan."""
    model = seq2seq(2, 3)
    for variable in model.encoder.weights:
        variable.assign(np.full(variable.shape, -1000))
    with np.errstate(all="raise"):
        (first, *_) = decoding.reading(model, "50+9").steps
    assert np.isfinite(first.state_after).all()
    assert set(first.update) <= {0, 1}


def test_a_reading_sees_new_weights() -> None:
    """Weights that are changed later count."""
    keras.utils.set_random_seed(0)
    model = seq2seq(2, 3)
    before = decoding.reading(model, "50+9").context
    model.encoder.set_weights([values * -2 for values in model.encoder.get_weights()])
    after = decoding.reading(model, "50+9").context
    assert not np.allclose(before, after)
    assert after == pytest.approx(decoding.context_vector(model, "50+9"), abs=1e-6)


def test_a_reading_in_words() -> None:
    """The text and the HTML have a line for each token, with the first numbers of the state."""
    model = load("notes")
    reading = decoding.reading(model, "50+9")
    lines = repr(reading).splitlines()
    assert lines[0] == "50+9, read from the front"
    assert lines[1].split("  ")[-1] == "state, first 4 of 16 numbers"
    assert [line.split()[1] for line in lines[2:]] == ["PAD"] * 3 + [*"50+9", "EOS"]
    shown = [f"{value:z.2f}" for value in reading.context[:4]]
    assert lines[-1].split()[2:] == shown
    page = ElementTree.fromstring(reading._repr_html_())
    assert page.findtext("caption") == lines[0]
    assert page.findall("tbody/tr")[-1].findtext("td[3]") == " ".join(shown)
    turned = replace(model, reverse=True)
    assert repr(decoding.reading(turned, "50+9")).startswith("50+9, read back to")
    assert repr(decoding.reading(seq2seq(2, 3), "50+9")).splitlines()[1].endswith("  state")


def test_encoder_states_in_numpy(name: str) -> None:
    """The eight hidden states are those of a GRU written out by hand; the last is the context."""
    model = load(name)
    reverse = BACK_TO_FRONT[name]
    gru = model.encoder.get_layer("encoder_gru")
    matrix = model.encoder.get_layer("embedding").get_weights()[0]
    for problem in ("50+9", "99-0", "3-71"):
        found = decoding.encoder_states(model, problem)
        state = np.zeros(found.shape[1])
        for time, token in enumerate(problems.arrays(problem, reverse=reverse).encoder_input):
            state = gru_step(gru, matrix[token], state)
            assert found[time] == pytest.approx(state, abs=1e-5)
        context = decoding.context_vector(model, problem)
        assert context == pytest.approx(state, abs=1e-5)
        assert context.shape == (found.shape[1],)
        assert found.shape == (8, model.encoder.output.shape[-1])


def test_step_in_numpy(name: str) -> None:
    """Distribution and next state are those of a GRU and a softmax written out by hand."""
    model = load(name)
    decoder = model.decoder
    matrix = decoder.get_layer("embedding").get_weights()[0]
    kernel, bias = decoder.get_layer("softmax").get_weights()
    generator = np.random.default_rng(0)
    for token in range(14):
        state = generator.uniform(-1, 1, decoder.inputs[1].shape[-1]).astype(np.float32)
        distribution, next_state = decoding.step(model, token, state)
        wanted = gru_step(decoder.get_layer("decoder_gru"), matrix[token], state)
        assert next_state == pytest.approx(wanted, abs=1e-5)
        exponentials = np.exp(wanted @ kernel + bias - (wanted @ kernel + bias).max())
        assert distribution == pytest.approx(exponentials / exponentials.sum(), abs=1e-5)
        assert distribution.shape == (14,)
        assert distribution.sum() == pytest.approx(1, abs=1e-5)


def test_step_is_the_decoder() -> None:
    """Compiled or not, a step is what the Keras model gives; weights changed later count."""
    keras.utils.set_random_seed(0)
    model = seq2seq(2, 3)
    state = np.array([0.1, -0.2, 0.3], np.float32)
    for _ in range(2):
        wanted = model.decoder([np.array([[PAD]], np.int32), state[None]])
        distribution, next_state = decoding.step(model, PAD, state)
        assert distribution == pytest.approx(wanted[0].numpy()[0, 0], abs=1e-6)
        assert next_state == pytest.approx(wanted[1].numpy()[0], abs=1e-6)
        model.decoder.set_weights([values * -2 for values in model.decoder.get_weights()])


def test_trace_of_the_notes() -> None:
    """The five time steps of '59': PAD to 5, 5 to 9, 9 to EOS, EOS to PAD, PAD to the next."""
    model = load("notes")
    trace = decoding.trace(model, "50+9")
    assert [TOKENS[step.token] for step in trace.steps] == ["PAD", "5", "9", "EOS", "PAD"]
    assert [TOKENS[choice] for choice in trace.choices[:4]] == ["5", "9", "EOS", "PAD"]
    assert trace.answer == "59"
    assert trace.correct
    assert trace.target == (5, 9, EOS, PAD, PAD)
    assert (trace.problem, trace.teacher_forcing, trace.reverse) == ("50+9", False, False)


def test_trace_hangs_together(name: str) -> None:
    """Each step starts where the last one ended, free-running with its choice."""
    model = load(name)
    for problem in TEST[::400]:
        trace = decoding.trace(model, problem)
        context = decoding.context_vector(model, problem)
        assert np.array_equal(trace.context, context)
        assert np.array_equal(trace.steps[0].state_before, context)
        assert trace.steps[0].token == PAD
        assert len(trace.steps) == 5
        for before, after in zip(trace.steps, trace.steps[1:], strict=False):
            assert after.token == before.choice
            assert np.array_equal(after.state_before, before.state_after)
        for step in trace.steps:
            assert step.choice == step.distribution.argmax()
            assert step.distribution.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_greedy_is_the_free_running_trace(name: str) -> None:
    """A batch in one compiled function gives token for token what single steps give."""
    model = load(name)
    reverse = BACK_TO_FRONT[name]
    examined = TEST[::40]
    encoder_input = problems.batch(examined, reverse=reverse).encoder_input
    contexts = model.encoder(encoder_input).numpy()
    chosen = decoding.greedy(model, encoder_input)
    assert chosen.shape == (len(examined), 5)
    texts = decoding.answers(model, examined)
    for problem, context, row, text in zip(examined, contexts, chosen, texts, strict=True):
        trace = decoding.trace(model, problem, context=context)
        assert trace.choices == tuple(row), problem
        assert trace.answer == text, problem


def test_teacher_forced_trace_is_the_training_model(name: str) -> None:
    """With the right tokens fed in, the distributions are those that training sees."""
    model = load(name)
    reverse = BACK_TO_FRONT[name]
    examined = TEST[::100]
    encoder_input, decoder_input, _ = problems.batch(examined, reverse=reverse)
    wanted = model.model([encoder_input, decoder_input]).numpy()
    contexts = model.encoder(encoder_input).numpy()
    for row, problem in enumerate(examined):
        trace = decoding.trace(model, problem, teacher_forcing=True, context=contexts[row])
        assert [step.token for step in trace.steps] == decoder_input[row].tolist()
        found = np.stack([step.distribution for step in trace.steps])
        assert found == pytest.approx(wanted[row], abs=1e-5)
        assert trace.teacher_forcing


@pytest.mark.slow
def test_both_regimes_fail_together(name: str) -> None:
    """All choices right when teacher-forced if and only if free-running: same first mistake."""
    model = load(name)
    encoder_input, decoder_input, target = problems.batch(TEST, reverse=BACK_TO_FRONT[name])
    forced = model.model([encoder_input, decoder_input]).numpy().argmax(axis=-1)
    free = decoding.greedy(model, encoder_input)
    mistakes = [
        [first_mistake(*pair) for pair in zip(chosen, target.argmax(axis=-1), strict=True)]
        for chosen in (forced, free)
    ]
    assert mistakes[0] == mistakes[1]
    if name == "step-1-notes":
        assert None in mistakes[0]
        assert len({mistake for mistake in mistakes[0] if mistake is not None}) > 1


def test_regimes_differ_after_a_mistake() -> None:
    """Behind a wrong token the free-running decoder reads its own choice, the forced one not."""
    model = load("step-1-notes")
    for problem in TEST:
        free = decoding.trace(model, problem)
        if first_mistake(free.choices, free.target) == 0:
            break
    forced = decoding.trace(model, problem, teacher_forcing=True)
    assert forced.choices[0] == free.choices[0] != free.target[0]
    assert free.steps[1].token == free.choices[0]
    assert forced.steps[1].token == free.target[0]
    assert np.array_equal(forced.steps[1].state_before, free.steps[1].state_before)
    assert not np.allclose(forced.steps[1].state_after, free.steps[1].state_after)


def test_exact_match_is_the_share_of_right_traces(name: str) -> None:
    """The batch figure, the traces and the texts agree."""
    model = load(name)
    reverse = BACK_TO_FRONT[name]
    examined = TEST[::40]
    contexts = model.encoder(problems.batch(examined, reverse=reverse).encoder_input).numpy()
    traces = [
        decoding.trace(model, problem, context=context)
        for problem, context in zip(examined, contexts, strict=True)
    ]
    found = decoding.exact_match(model, examined)
    assert found == pytest.approx(np.mean([trace.correct for trace in traces]))
    for trace in traces:
        if trace.correct:
            assert trace.answer == problems.solve(trace.problem)


@pytest.mark.parametrize(
    ("chosen", "right"),
    [
        ([5, 9, EOS, PAD, PAD], True),
        ([5, 9, EOS, 3, EOS], True),
        ([5, 9, PAD, PAD, PAD], False),
        ([5, 9, 0, EOS, PAD], False),
        ([5, 8, EOS, PAD, PAD], False),
        ([EOS, 5, 9, EOS, PAD], False),
        ([PAD, 5, 9, EOS, PAD], False),
    ],
)
def test_eos_counts_and_what_follows_does_not(
    monkeypatch: pytest.MonkeyPatch, chosen: list[int], right: bool
) -> None:
    """'59' is right with its EOS in place, whatever stands behind it."""
    monkeypatch.setattr(decoding, "greedy", lambda *_: np.array([chosen, [1, 0, EOS, PAD, PAD]]))
    assert decoding.exact_match(load("notes"), ["50+9", "5+5"]) == (1.0 if right else 0.5)
    target = problems.arrays("50+9").target.argmax(axis=-1).tolist()
    assert (first_mistake(chosen, target) is None) == right


@pytest.mark.parametrize(
    ("choices", "mistake"),
    [
        ([1, 9, 9, 8, 13], None),
        ([1, 9, 9, 8, 12], 4),
        ([1, 9, 9, 8, 0], 4),
        ([2, 9, 9, 9, 13], 0),
        ([1, 9, 8, 8, 13], 2),
    ],
)
def test_first_mistake(choices: list[int], mistake: int | None) -> None:
    """The first time step at which '1998' goes wrong, from 0; its EOS is the last of five."""
    assert first_mistake(choices, [1, 9, 9, 8, 13]) == mistake


def test_another_context() -> None:
    """Started from another problem's context vector the decoder answers that problem."""
    model = load("notes")
    own = decoding.trace(model, "50+9")
    other = decoding.trace(model, "3-71")
    lent = decoding.trace(model, "50+9", context=other.context)
    assert lent.choices == other.choices
    assert (lent.problem, lent.target, lent.correct) == ("50+9", own.target, False)
    assert np.array_equal(lent.context, other.context)
    zeros = decoding.trace(model, "50+9", context=np.zeros(16))
    assert not zeros.context.any()
    assert zeros.choices == decoding.trace(model, "3-71", context=np.zeros(16)).choices


def test_reading_order() -> None:
    """The grown model reads and writes back to front; what is shown is in reading order."""
    model = load("grown")
    trace = decoding.trace(model, "50+9")
    assert trace.choices[:3] == (9, 5, EOS)
    assert trace.target == (9, 5, EOS, PAD, PAD)
    assert trace.answer == "59"
    assert trace.correct
    asked = ["50+9", "3-71", "99+99"]
    assert decoding.answers(model, asked) == ["59", "-68", "198"]
    turned = replace(model, reverse=False)
    matches = [decoding.exact_match(one, TEST) for one in (model, turned)]
    assert matches[0] > 0.99 > matches[1]


def made_up(choices: list[int], *, problem: str = "50+9", reverse: bool = False) -> Trace:
    """Return a trace with these choices and no model behind it."""
    target = problems.arrays(problem, reverse=reverse).target.argmax(axis=-1)
    state = {"state": np.zeros(2)}
    steps = tuple(
        DecoderStep(token, state, np.eye(14)[choice] * 0.9, state, choice)
        for token, choice in zip([PAD, *choices], choices, strict=False)
    )
    return Trace(problem, False, reverse, state, steps, tuple(map(int, target)))


def test_a_trace_in_words() -> None:
    """The text has a line a time step and says whether the answer is right."""
    shown = repr(made_up([5, 9, EOS, PAD, 3])).splitlines()
    assert shown[0] == "50+9, free-running"
    assert shown[1].split() == ["time", "step", "input", "choice", "probability", "target", "right"]
    assert shown[2].split() == ["1", "PAD", "5", "0.900", "5", "yes"]
    assert shown[6].split() == ["5", "PAD", "3", "0.900", "PAD", "no"]
    assert shown[7] == "answer: 59, right"
    assert all(line == line.rstrip() for line in shown)


def test_a_wrong_trace_in_words() -> None:
    """The first mistake is named by its time step, counted from 1."""
    verdict = repr(made_up([5, 8, EOS, PAD, PAD])).splitlines()[-1]
    assert verdict == "answer: 58, first mistake at time step 2; right is 59"
    backwards = repr(made_up([9, 4, EOS, PAD, PAD], reverse=True)).splitlines()[-1]
    assert backwards == "answer: 49, first mistake at time step 2; right is 59"


def test_an_unfinished_trace_in_words() -> None:
    """Until the answer is done it says how far it is."""
    assert repr(made_up([])).splitlines()[-1] == "so far: nothing"
    assert repr(made_up([5, 9])).splitlines()[-1] == "so far: 5 9"
    assert repr(replace(made_up([5]), teacher_forcing=True)).startswith("50+9, teacher-forced")


def test_a_trace_as_a_table() -> None:
    """The HTML is well formed: a caption, six header cells, a row a time step."""
    page = ElementTree.fromstring(f"<div>{made_up([5, 9, EOS, PAD, PAD])._repr_html_()}</div>")
    assert page.findtext("table/caption") == "50+9, free-running"
    heads = page.findall("table/thead/tr/th")
    assert len(heads) == 6
    assert {head.get("scope") for head in heads} == {"col"}
    rows = [[cell.text or "" for cell in row] for row in page.findall("table/tbody/tr")]
    assert rows[0] == ["1", "PAD", "5", "0.900", "5", "yes"]
    assert len(rows) == 5
    assert page.findtext("p") == "answer: 59, right"


def test_a_picked_trace_in_words() -> None:
    """A token that was written in place of the choice stands beside it, and counts."""
    picked = replace(made_up([5, 9, EOS, PAD, 3]), picks=(None, 8))
    lines = repr(picked).splitlines()
    assert lines[2].split() == ["1", "PAD", "5", "0.900", "5", "yes"]
    assert lines[3].split()[2:] == ["9,", "but", "8", "is", "written", "0.900", "9", "no"]
    assert lines[-1] == "answer: 58, first mistake at time step 2; right is 59"
    page = ElementTree.fromstring(f"<div>{picked._repr_html_()}</div>")
    assert page.find("table/tbody")[1][2].text == "9, but 8 is written"  # type: ignore[index]
    assert repr(replace(made_up([5]), picks=(4,))).endswith("so far: 4")


@pytest.mark.parametrize(
    ("picks", "written", "answer", "correct"),
    [
        ((), (5, 8, EOS, PAD, PAD), "58", False),
        ((None, 9), (5, 9, EOS, PAD, PAD), "59", True),
        ((None, 9, None, 3, 3), (5, 9, EOS, 3, 3), "59", True),
        ((None, 9, 0), (5, 9, 0, PAD, PAD), "590", False),
        ((EOS,), (EOS, 8, EOS, PAD, PAD), "", False),
        ((PAD, 5), (PAD, 5, EOS, PAD, PAD), "5", False),
        ((0, 1, 2, 3, 4), (0, 1, 2, 3, 4), "01234", False),
        ((5, 8), (5, 8, EOS, PAD, PAD), "58", False),
    ],
)
def test_what_is_written(
    picks: tuple[int | None, ...], written: tuple[int, ...], answer: str, correct: bool
) -> None:
    """A pick takes the place of the choice, which stays what the model would have written."""
    trace = replace(made_up([5, 8, EOS, PAD, PAD]), picks=picks)
    assert trace.choices == (5, 8, EOS, PAD, PAD)
    assert trace.written == written
    assert (trace.answer, trace.correct) == (answer, correct)


def test_written_back_to_front() -> None:
    """What is picked is written in the order of the model, and read from the front."""
    trace = replace(made_up([9, 4, EOS, PAD, PAD], reverse=True), picks=(None, 5))
    assert (trace.answer, trace.correct) == ("59", True)
    assert replace(trace, picks=(1, 5)).answer == "51"


def test_a_pick_is_read_next(name: str) -> None:
    """The pick goes in at the next time step; all before it is as it was without the pick."""
    model = load(name)
    own = decoding.trace(model, "50+9")
    for place in range(5):
        token = (own.choices[place] + 1) % 10
        picks = [None] * place + [token]
        trace = decoding.trace(model, "50+9", picks=picks)
        assert trace.picks == tuple(picks)
        assert trace.written[:place] == own.written[:place]
        assert trace.written[place] == token
        for step, other in zip(trace.steps[: place + 1], own.steps, strict=False):
            assert np.array_equal(step.distribution, other.distribution)
            assert step.token == other.token
        if place < 4:
            step = trace.steps[place + 1]
            assert step.token == token
            wanted, _ = decoding.step(model, token, own.steps[place].state_after)
            assert np.array_equal(step.distribution, wanted)
        assert trace.written[place + 1 :] == trace.choices[place + 1 :]


def test_a_pick_that_is_the_choice(name: str) -> None:
    """Who writes what the model has chosen changes nothing."""
    model = load(name)
    own = decoding.trace(model, "3-71")
    for picks in ([own.choices[0]], list(own.choices), [None, own.choices[1]], [None] * 5):
        trace = decoding.trace(model, "3-71", picks=picks)
        assert trace.written == own.written
        for step, other in zip(trace.steps, own.steps, strict=True):
            assert np.array_equal(step.distribution, other.distribution)
        assert "written" not in repr(trace)


def test_picks_after_eos() -> None:
    """They are read like any other, but the answer has ended before them."""
    model = load("notes")
    trace = decoding.trace(model, "50+9", picks=[None, None, None, 7, 7])
    assert trace.written == (5, 9, EOS, 7, 7)
    assert trace.steps[4].token == 7
    assert (trace.answer, trace.correct) == ("59", True)


def test_the_right_picks_are_teacher_forcing() -> None:
    """Whoever writes the right token each time gives the decoder what teacher forcing gives it."""
    model = load("step-1-notes")
    for problem in TEST[::400]:
        forced = decoding.trace(model, problem, teacher_forcing=True)
        picked = decoding.trace(model, problem, picks=forced.target)
        assert picked.choices == forced.choices
        assert picked.correct
        for one, other in zip(picked.steps, forced.steps, strict=True):
            assert np.array_equal(one.distribution, other.distribution)


def test_picks_step_by_step() -> None:
    """`begin` takes the picks and `advance` reads them, as `trace` does at once."""
    model = load("notes")
    picks: list[Any] = [4, None, np.int64(7)]
    wanted = decoding.trace(model, "50+9", picks=picks)
    trace = decoding.begin(model, "50+9", picks=picks)
    assert (trace.steps, trace.written, trace.picks) == ((), (), (4, None, 7))
    for taken in range(1, 6):
        trace = decoding.advance(model, trace)
        assert trace.picks == (4, None, 7)
        assert trace.written == wanted.written[:taken]
        assert np.array_equal(trace.steps[-1].distribution, wanted.steps[taken - 1].distribution)
    assert trace.answer == wanted.answer


def test_none_picked_with_teacher_forcing() -> None:
    """A list that leaves every time step to the model is no pick."""
    assert decoding.check_picks([None, None], True) == (None, None)
    model = load("notes")
    trace = decoding.trace(model, "50+9", teacher_forcing=True, picks=[None])
    assert trace.written == trace.choices


@pytest.mark.parametrize(
    ("picks", "error"),
    [
        *[([pick], ValueError) for pick in (14, -1)],
        *[([None, pick], TypeError) for pick in (True, 5.0, "5", [5], np.float32(5))],
        *[([pick] * 6, ValueError) for pick in (None, 5)],
        *[(picks, TypeError) for picks in ("57", 7, None, True)],
    ],
)
def test_bad_picks(monkeypatch: pytest.MonkeyPatch, picks: Any, error: type[Exception]) -> None:
    """A pick is an id or None, at most one for each time step, checked before a model runs."""
    model = load("notes")
    forbid(monkeypatch)
    for call in (
        lambda: decoding.check_picks(picks, False),
        lambda: decoding.begin(model, "50+9", picks=picks),
        lambda: decoding.trace(model, "50+9", picks=picks),
        lambda: decoding.trace(model, "50+9", picks=picks, context=np.zeros(16)),
    ):
        with pytest.raises(error, match=ONE_SENTENCE):
            call()


def test_no_picks_with_teacher_forcing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the right token is read, a pick would be read by nobody."""
    model = load("notes")
    forbid(monkeypatch)
    for call in (
        lambda: decoding.check_picks([None, 5], True),
        lambda: decoding.begin(model, "50+9", teacher_forcing=True, picks=[0]),
        lambda: decoding.trace(model, "50+9", teacher_forcing=True, picks=[5, 9]),
    ):
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            call()
        assert "teacher forcing" in str(caught.value)


def test_checked_picks() -> None:
    """Picks that are allowed come back as a tuple of whole numbers and None."""
    checked = decoding.check_picks(np.array([0, 13], np.int8), False)  # type: ignore[arg-type]
    assert checked == (0, 13)
    assert {type(pick) for pick in checked} == {int}
    assert decoding.check_picks([], True) == ()


@pytest.mark.parametrize("problem", BAD_PROBLEMS)
def test_bad_problems(monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    """A problem that is not allowed is refused before any model runs."""
    model = load("notes")
    forbid(monkeypatch)
    for call in (
        lambda: decoding.context_vector(model, problem),
        lambda: decoding.reading(model, problem),
        lambda: decoding.encoder_states(model, problem),
        lambda: decoding.trace(model, problem),
        lambda: decoding.trace(model, problem, teacher_forcing=True),
        lambda: decoding.answers(model, ["50+9", problem]),
        lambda: decoding.exact_match(model, ["50+9", problem]),
    ):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            call()


@pytest.mark.parametrize("problem", [None, 59, 5.0, True, b"50+9", ["50+9"]])
def test_a_problem_is_a_string(monkeypatch: pytest.MonkeyPatch, problem: Any) -> None:
    """Anything but a string is refused before any model runs."""
    model = load("notes")
    forbid(monkeypatch)
    for call in (
        lambda: decoding.context_vector(model, problem),
        lambda: decoding.reading(model, problem),
        lambda: decoding.encoder_states(model, problem),
        lambda: decoding.trace(model, problem),
        lambda: decoding.answers(model, [problem]),
        lambda: decoding.exact_match(model, [problem]),
    ):
        with pytest.raises(TypeError, match=ONE_SENTENCE):
            call()


@pytest.mark.parametrize(("batch", "error"), [([], ValueError), ("50+9", TypeError)])
def test_bad_batches(monkeypatch: pytest.MonkeyPatch, batch: Any, error: type[Exception]) -> None:
    """No problem at all, or one string, is no batch."""
    model = load("notes")
    forbid(monkeypatch)
    for function in (decoding.answers, decoding.exact_match):
        with pytest.raises(error, match=ONE_SENTENCE):
            function(model, batch)


@pytest.mark.parametrize("state", [*BAD_STATES, "x", None, [None] * 16, ["a"] * 16])
def test_bad_states(monkeypatch: pytest.MonkeyPatch, state: Any) -> None:
    """A state has the axes (units); (batch, 1, units), as in the notes, is none."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE) as caught:
        decoding.step(model, PAD, state)
    assert "units 16" in str(caught.value)


@pytest.mark.parametrize("context", BAD_STATES)
def test_bad_contexts(monkeypatch: pytest.MonkeyPatch, context: Any) -> None:
    """So has a context vector."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        decoding.trace(model, "50+9", context=context)
    assert "units 16" in str(caught.value)


@pytest.mark.parametrize(
    ("token", "error"),
    [
        *[(14, ValueError), (-1, ValueError)],
        *[(token, TypeError) for token in (5.0, True, "5", None, [5], np.float32(5))],
    ],
)
def test_bad_tokens(monkeypatch: pytest.MonkeyPatch, token: Any, error: type[Exception]) -> None:
    """A token is a whole number from 0 to 13."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises(error, match=ONE_SENTENCE) as caught:
        decoding.step(model, token, np.zeros(16))
    assert "0 to 13" in str(caught.value)


@pytest.mark.parametrize(
    "encoder_input",
    [
        *[np.zeros(shape, np.int32) for shape in ((8,), (2, 7), (2, 9), (1, 8, 1), ())],
        *[np.zeros((2, 8), kind) for kind in (float, bool, str, object)],
        *[np.full((2, 8), token) for token in (-1, 14, 2**40)],
        *["50+9", None, 5, []],
    ],
)
def test_bad_encoder_inputs(monkeypatch: pytest.MonkeyPatch, encoder_input: Any) -> None:
    """Whole numbers from 0 to 13 with the axes (batch, time 8), and nothing else."""
    model = load("notes")
    forbid(monkeypatch)
    with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
        decoding.greedy(model, encoder_input)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_state_is_finite(monkeypatch: pytest.MonkeyPatch, number: float) -> None:
    """A state with nan or infinity is refused before it spoils every number after it."""
    model = load("notes")
    forbid(monkeypatch)
    state = np.full(16, number)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        decoding.step(model, PAD, state)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        decoding.trace(model, "50+9", context=state)


def test_rows_of_different_lengths() -> None:
    """A ragged list is no batch of encoder inputs."""
    model = load("notes")
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        decoding.greedy(model, [[12, 5], [12]])  # type: ignore[arg-type]


def test_as_many_choices_as_time_steps() -> None:
    """A choice too few or too many is no answer to compare."""
    for choices in ([5], [5, 9, EOS, PAD, PAD, PAD]):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            first_mistake(choices, [5, 9, EOS, PAD, PAD])


# Models of another making.


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in OTHERS if kind not in NO_DISTRIBUTION])
def test_keras_itself_is_asked(kind: str) -> None:
    """Whatever keeps the contract is traced and decoded, each token by the Keras models."""
    model = OTHERS[kind]()
    trace = decoding.trace(model, "50+9")
    ids = problems.arrays("50+9").encoder_input[None]
    state = model.encoder(ids).numpy()
    assert trace.context == pytest.approx(state[0], abs=1e-6)
    for step in trace.steps:
        distribution, state = model.decoder([np.array([[step.token]], np.int32), state])
        assert step.distribution == pytest.approx(distribution.numpy()[0, 0], abs=1e-5)
        state = state.numpy()


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["encoder: go_backwards", "mask_zero", "an LSTM", "both ways", "wired otherwise"]
)
def test_a_batch_is_answered_as_one_problem(kind: str) -> None:
    """Whatever reads and writes: in another order, with a mask, with two states."""
    model = OTHERS[kind]()
    answer = decoding.trace(model, "50+9").answer
    assert decoding.answers(model, ["50+9"]) == [answer]


@pytest.mark.slow
@pytest.mark.parametrize("kind", OTHERS)
def test_a_reading_is_that_of_keras_or_none(kind: str) -> None:
    """The gates of another model are not shown as those of this one."""
    model = OTHERS[kind]()
    context = decoding.context_vector(model, "50+0")
    try:
        reading = decoding.reading(model, "50+0")
    except ValueError as error:
        assert re.match(ONE_SENTENCE, str(error))
    else:
        assert reading.context == pytest.approx(context, abs=1e-6)
        assert kind.startswith("decoder") or "softmax" in kind or kind in MATTERS_IN_THE_DECODER


MATTERS_IN_THE_DECODER = ("logits", "sigmoid", "wired otherwise")


@pytest.mark.slow
@pytest.mark.parametrize("kind", NO_DISTRIBUTION)
def test_what_is_no_distribution_is_not_called_one(kind: str) -> None:
    """The most probable token is the same, but its number is no probability."""
    model = OTHERS[kind]()
    state = decoding.context_vector(model, "50+9")
    for call in (
        lambda: decoding.step(model, PAD, state),
        lambda: decoding.trace(model, "50+9"),
        lambda: decoding.advance(model, decoding.begin(model, "50+9")),
    ):
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            call()
        assert "'decoder'" in str(caught.value) and "softmax" in str(caught.value)
    assert len(decoding.answers(model, ["50+9"])) == 1


@pytest.mark.slow
def test_other_encoders_that_do() -> None:
    """One that reads both ways, one for any length, a sequence of layers, one without a dtype."""
    _, decoder = parts()
    table = keras.layers.Embedding(14, 4)
    for encoder in (
        parts(encoder_layer=both_ways)[0],
        keras.Sequential([keras.Input((8,), dtype="int32"), table, keras.layers.GRU(8)]),
        keras.Sequential([keras.Input((None,), dtype="int32"), table, keras.layers.GRU(8)]),
        keras.Sequential([keras.Input((8,)), table, keras.layers.GRU(8)]),
    ):
        model = together(encoder, decoder)
        assert model.units == 8
        assert len(decoding.trace(model, "50+9").steps) == 5


# Many models in one kernel.


@pytest.mark.slow
def test_many_models_say_nothing() -> None:
    """TensorFlow has no word for who steps one model after another."""
    heard: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: heard.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("tensorflow")
    log.addHandler(handler)
    try:
        for _ in range(6):
            model = seq2seq(2, 3)
            decoding.trace(model, "50+9")
            decoding.reading(model, "50+9")
            decoding.answers(model, ["50+9"])
    finally:
        log.removeHandler(handler)
    assert heard == []


@pytest.mark.slow
def test_models_are_let_go() -> None:
    """What is compiled for a model ends with it."""
    left = []
    for compiled in (False, True):
        model = seq2seq(2, 3)
        decoding.trace(model, "50+9")
        ids = problems.batch(["50+9"]).encoder_input
        assert decoding.greedy(model, ids, jit_compile=compiled).shape == (1, 5)
        left += [weakref.ref(view) for view in model]
    del model
    gc.collect()
    assert [one() for one in left] == [None] * 6


@pytest.mark.slow
def test_it_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is asked again is not compiled again, another one by itself."""
    compiled: list[str] = []

    def counted(function: Callable[..., Any], **options: Any) -> Any:
        compiled.append(function.__name__)
        return made(function, **options)

    made = tf.function
    monkeypatch.setattr(tf, "function", counted)
    ids = problems.batch(["50+9"]).encoder_input
    for model in (seq2seq(2, 3), seq2seq(2, 3)):
        compiled.clear()
        for _ in range(2):
            decoding.trace(model, "50+9")
            for way in (False, True):
                decoding.greedy(model, ids, jit_compile=way)
        assert compiled == ["encode", "decode", "decode_batch", "decode_batch"]
