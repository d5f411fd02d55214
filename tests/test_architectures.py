"""The three models of the book keep one contract: a step at a time gives what all at once do."""

from collections.abc import Callable, Mapping
from functools import partial

import keras
import numpy as np
import pytest

from helpers import decoding, problems
from helpers.model import Seq2Seq, attention, seq2seq, transformer
from helpers.task import TASKS, Arithmetic, Task
from tests.messages import ONE_SENTENCE

Make = Callable[..., Seq2Seq]

MAKERS: dict[str, Make] = {
    "gru": partial(seq2seq, 3, 4),
    "attention": partial(attention, 3, 4),
    "transformer": partial(transformer, 8, 2, 1),
    "deep transformer": partial(transformer, 6, 3, 2),
}
LONG = Arithmetic("long", 99999, "+-", problem_length=12, answer_length=7)
ASKED = problems.split("arithmetic").test[::400]


def filled(make: Make, task: Task = TASKS["arithmetic"]) -> Seq2Seq:
    """Return a model with weights so large that it does not write the same whatever it reads."""
    model = make(task=task)
    random = np.random.default_rng(0)
    for variable in model.model.weights:
        far = 0.1 if "bias" in variable.path or "beta" in variable.path else 1.0
        far = 3.0 if "embeddings" in variable.path else far
        variable.assign(random.normal(0, far, variable.shape))
    return model


@pytest.fixture(params=MAKERS, scope="module")
def model(request: pytest.FixtureRequest) -> Seq2Seq:
    """A model of each architecture; no test changes it."""
    return filled(MAKERS[request.param])


def test_it_unpacks_as_three_that_share_their_weights(model: Seq2Seq) -> None:
    """The encoder and the decoder have no weight of their own."""
    whole, encoder, decoder = model
    own = {id(variable) for variable in whole.weights}
    assert {id(variable) for part in (encoder, decoder) for variable in part.weights} == own


@pytest.mark.parametrize("task", [TASKS["arithmetic"], LONG], ids=lambda task: task.name)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_step_by_step_and_all_at_once(make: Make, task: Task) -> None:
    """The distributions are equal up to rounding, whatever the lengths of the task."""
    model = filled(make, task)
    arrays = problems.batch(ASKED, task=task)
    wanted = model.model([arrays.encoder_input, arrays.decoder_input]).numpy()
    assert np.ptp(wanted, axis=0).max() > 0.1
    for problem, distributions in zip(ASKED, wanted, strict=True):
        steps = decoding.trace(model, problem, teacher_forcing=True).steps
        found = np.stack([step.distribution for step in steps])
        assert found == pytest.approx(distributions, abs=1e-5)


def test_a_batch_is_answered_as_one_problem(model: Seq2Seq) -> None:
    """Greedy decoding, with XLA and without, chooses what the free-running trace chooses."""
    ids = problems.batch(ASKED).encoder_input
    traces = [decoding.trace(model, problem) for problem in ASKED]
    for jit_compile in (False, True):
        chosen = decoding.greedy(model, ids, jit_compile=jit_compile)
        assert [trace.choices for trace in traces] == [tuple(row) for row in chosen.tolist()]
    assert len({trace.choices for trace in traces}) > 1


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_is_not_written_yet_has_no_say(make: Make) -> None:
    """In training each time step gives a distribution from the tokens before it alone."""
    model = filled(make).model
    arrays = problems.batch(ASKED[:1])
    read, shifted = arrays.encoder_input, arrays.decoder_input
    before = model([read, shifted]).numpy()
    for time in range(shifted.shape[1]):
        other = shifted.copy()
        other[:, time:] = (other[:, time:] + 1) % 14
        after = model([read, other]).numpy()
        assert after[:, :time] == pytest.approx(before[:, :time], abs=1e-6)
        assert np.abs(after[:, time:] - before[:, time:]).max() > 1e-3


WEIGHTS: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "gru": {},
    "attention": {"attention": (1, 1, 8)},
    "transformer": {"attention": (1, 2, 8), "self_attention": (1, 2, 5)},
    "deep transformer": {"attention": (2, 3, 8), "self_attention": (2, 3, 5)},
}
"""What each shows of a time step: axes (layer, head, time)."""


@pytest.mark.parametrize("name", MAKERS)
def test_attention_weights(name: str) -> None:
    """They are at least 0 and together 1, and none is on what is not written yet."""
    trace = decoding.trace(filled(MAKERS[name]), "50+9")
    for time, step in enumerate(trace.steps):
        assert {key: values.shape for key, values in step.inside.items()} == WEIGHTS[name]
        for values in step.inside.values():
            assert values.min() >= 0
            assert values.sum(axis=-1) == pytest.approx(1, abs=1e-5)
        if "self_attention" in step.inside:
            assert step.inside["self_attention"][..., time + 1 :].max(initial=0) == 0
            assert step.inside["self_attention"][..., : time + 1].min() > 0


def test_attention_weights_are_those_of_keras() -> None:
    """A layer of attention gives them itself when it is asked."""
    model = filled(MAKERS["attention"])
    trace = decoding.trace(model, "50+9")
    layer, query = (model.model.get_layer(name) for name in ("attention", "query"))
    memory = trace.start["memory"][None]
    for step in trace.steps:
        queries = query(step.state_after[None, None])
        _, weights = layer([queries, memory], return_attention_scores=True)
        assert step.inside["attention"][0] == pytest.approx(weights.numpy()[0], abs=1e-6)


def test_the_context_vector_is_the_last_of_all_states() -> None:
    """What the decoder with attention starts from is also the last that it may look at."""
    start = decoding.trace(filled(MAKERS["attention"]), "50+9").start
    assert start["state"] == pytest.approx(start["memory"][-1], abs=1e-6)


def test_the_cache_of_a_transformer() -> None:
    """At each time step the key and value of one token come in; those before it stay."""
    trace = decoding.trace(filled(MAKERS["deep transformer"]), "50+9")
    for time, step in enumerate(trace.steps):
        assert step.before["place"] == time
        for name in ("keys", "values"):
            before, after = step.before[name], step.after[name]
            assert np.array_equal(after[:, :time], before[:, :time])
            assert np.abs(after[:, time]).min() > 0
            assert not after[:, time + 1 :].any()
        assert step.after["memory_keys"] is trace.start["memory_keys"]


@pytest.mark.parametrize("name", ["attention", "transformer"])
def test_it_learns(name: str) -> None:
    """A few updates make the loss smaller."""
    keras.utils.set_random_seed(0)
    model = MAKERS[name]().model
    read, shifted, target = problems.batch(problems.split("sums").train[:256])
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(0.01))
    losses = model.fit([read, shifted], target, epochs=4, verbose=0).history["loss"]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize(
    ("make", "sizes", "error"),
    [
        (attention, {"units": 0}, ValueError),
        (attention, {"embedding_dim": 2.5}, TypeError),
        (transformer, {"width": 0}, ValueError),
        (transformer, {"heads": True}, TypeError),
        (transformer, {"depth": "2"}, TypeError),
        (transformer, {"width": 10, "heads": 4}, ValueError),
    ],
)
def test_sizes_that_cannot_be(make: Make, sizes: dict[str, int], error: type[Exception]) -> None:
    """Each gets a sentence that says what is allowed."""
    with pytest.raises(error, match=ONE_SENTENCE):
        make(**sizes)
