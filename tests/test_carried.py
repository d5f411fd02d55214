"""A decoder that looks back: what it carries has names, and it shows more than a distribution."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from helpers import decoding, problems
from helpers.model import Seq2Seq, attention, seq2seq
from helpers.vocabulary import PAD, decode
from tests.messages import ONE_SENTENCE

UNITS = 4
ASKED = problems.split("arithmetic").test[::400]


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    """A model whose weights are so large that it does not write the same whatever it reads."""
    made = attention(3, UNITS)
    random = np.random.default_rng(0)
    for variable in made.model.weights:
        far = 0.1 if "bias" in variable.path else 1.5
        variable.assign(random.normal(0, far, variable.shape))
    return made


def test_what_is_carried(model: Seq2Seq) -> None:
    """The shapes by name, and how many numbers the state has among them."""
    assert model.carried == {"memory": (8, UNITS), "state": (UNITS,)}
    assert model.units == UNITS


@pytest.mark.parametrize("teacher_forcing", [False, True])
def test_each_step_is_that_of_keras(model: Seq2Seq, teacher_forcing: bool) -> None:
    """The trace has all that the decoder gives, each under its name."""
    trace = decoding.trace(model, "50+9", teacher_forcing=teacher_forcing)
    ids = problems.arrays("50+9").encoder_input[None]
    carried = {name: values.numpy() for name, values in model.encoder(ids).items()}
    assert trace.start.keys() == {"memory", "state"}
    assert trace.start["memory"] == pytest.approx(carried["memory"][0], abs=1e-6)
    assert np.array_equal(trace.context, decoding.context_vector(model, "50+9"))
    for step in trace.steps:
        given = model.decoder({"token": np.array([[step.token]], np.int32), **carried})
        carried["state"] = given["state"].numpy()
        distribution = given["distribution"].numpy()[0, 0]
        assert step.distribution == pytest.approx(distribution, abs=1e-6)
        assert step.distribution.shape == (14,)
        assert step.state_after == pytest.approx(carried["state"][0], abs=1e-6)
        assert step.inside.keys() == {"attention"}
        assert step.inside["attention"] == pytest.approx(given["attention"].numpy()[0], abs=1e-6)
        assert step.inside["attention"].shape == (1, 1, 8)
        assert step.inside["attention"].sum() == pytest.approx(1, abs=1e-5)


def test_what_does_not_change_is_carried_on(model: Seq2Seq) -> None:
    """Each step starts with what the last one left; the memory is the encoder's to the end."""
    trace = decoding.trace(model, "3-71")
    assert trace.steps[0].before is trace.start
    for one, other in zip(trace.steps, trace.steps[1:], strict=False):
        assert other.before is one.after
    for step in trace.steps:
        assert step.after.keys() == {"memory", "state"}
        assert step.after["memory"] is trace.start["memory"]
        assert not np.array_equal(step.state_after, step.state_before)


def test_step_by_step(model: Seq2Seq) -> None:
    """`begin` and `advance` give what `trace` gives, from another context vector as well."""
    context = np.full(UNITS, 0.5, np.float32)
    wanted = decoding.trace(model, "50+9", context=context, picks=[None, 7])
    trace = decoding.begin(model, "50+9", context=context, picks=[None, 7])
    assert np.array_equal(trace.start["state"], context)
    assert np.array_equal(trace.start["memory"], decoding.begin(model, "50+9").start["memory"])
    for step in wanted.steps:
        trace = decoding.advance(model, trace)
        assert np.array_equal(trace.steps[-1].distribution, step.distribution)
        assert np.array_equal(trace.steps[-1].inside["attention"], step.inside["attention"])
    assert trace.written == wanted.written
    assert (trace.steps[0].token, trace.steps[2].token) == (PAD, 7)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_batch_is_answered_as_one_problem(model: Seq2Seq, reverse: bool) -> None:
    """Greedy decoding chooses what the free-running trace chooses, in either order."""
    turned = replace(model, reverse=reverse)
    chosen = decoding.greedy(turned, problems.batch(ASKED, reverse=reverse).encoder_input)
    traces = [decoding.trace(turned, problem) for problem in ASKED]
    assert [trace.choices for trace in traces] == [tuple(row) for row in chosen.tolist()]
    assert len({trace.choices for trace in traces}) > 1
    texts = [decode(row)[:: -1 if reverse else 1] for row in chosen.tolist()]
    assert decoding.answers(turned, ASKED) == texts == [trace.answer for trace in traces]
    right = np.mean([trace.correct for trace in traces])
    assert decoding.exact_match(turned, ASKED) == pytest.approx(right)


def test_what_is_carried_has_to_fit(model: Seq2Seq) -> None:
    """Another memory, or none: encoder and decoder are of one model, under names or not."""
    read = keras.Input((8,), dtype="int32")
    memory, state = model.encoder.output["memory"], model.encoder.output["state"]
    whole = keras.Model(model.encoder.input, [memory, state])
    long, context = whole(read)
    for given in (
        {"state": context},
        {"memory": long[:, :4], "state": context},
        {"remembered": long, "state": context},
        {"memory": long, "state": context, "more": context},
        context,
    ):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            replace(model, encoder=keras.Model(read, given))
    for decoder in (seq2seq(3, UNITS).decoder, model.encoder):
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            replace(model, decoder=decoder)


@pytest.mark.parametrize("name", ["token", "state", "memory", "distribution"])
def test_names_a_decoder_needs(model: Seq2Seq, name: str) -> None:
    """It takes a token and all that is carried, and gives a distribution."""
    names = {key: f"the_{key}" if key == name else key for key in ("state", "memory", "token")}
    taken = {
        key: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=names[key])
        for key, tensor in model.decoder.input.items()
    }
    given = model.decoder(taken)
    if name == "distribution":
        given["the_distribution"] = given.pop("distribution")
    other = keras.Model({names[key]: tensor for key, tensor in taken.items()}, given)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        replace(model, decoder=other)
