"""The models with other recurrent layers compute what they are said to compute."""

import numpy as np
import pytest
from keras import layers

from benchmarks import recurrent
from benchmarks.learning import ADAMW, Clock, Parts, Trained
from benchmarks.recurrent import LAYERS, RATES, Ungated
from helpers import decoding, problems
from helpers.model import Seq2Seq, seq2seq
from helpers.records import Recipe
from helpers.results import Results
from helpers.task import ARITHMETIC
from helpers.training import Make

ASKED = problems.split("arithmetic").test[::400]


def made(name: str, units: int = 4) -> Seq2Seq:
    """Return a model with one of the layers, its weights so large that what it gives differs."""
    model = recurrent.recurrent(LAYERS[name][0], 3, units, ARITHMETIC)
    random = np.random.default_rng(0)
    for variable in model.model.weights:
        variable.assign(random.normal(0, 1.5, variable.shape))
    return model


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("plain", {"state": (4,)}),
        ("GRU without the reset gate", {"state": (4,)}),
        ("GRU", {"state": (4,)}),
        ("LSTM", {"state": (4,), "cell": (4,)}),
    ],
)
def test_a_step_at_a_time(name: str, carried: dict[str, tuple[int]]) -> None:
    """The decoder gives, step by step, what the model that is trained gives at once."""
    model = made(name)
    assert model.carried == carried
    arrays = problems.batch(ASKED)
    wanted = model.model([arrays.encoder_input, arrays.decoder_input]).numpy()
    assert np.ptp(wanted, axis=0).max() > 0.1
    for problem, distributions in zip(ASKED, wanted, strict=True):
        steps = decoding.trace(model, problem, teacher_forcing=True).steps
        found = np.stack([step.distribution for step in steps])
        assert found == pytest.approx(distributions, abs=1e-5)


def test_with_a_gru_it_is_the_model_of_the_book() -> None:
    """The same weights, in the same order, and the same distributions."""
    model, book = made("GRU"), seq2seq(3, 4)
    book.model.set_weights(model.model.get_weights())
    arrays = problems.batch(ASKED)
    given = [arrays.encoder_input, arrays.decoder_input]
    assert np.allclose(model.model(given), book.model(given), atol=1e-6)


def test_without_the_reset_gate() -> None:
    """It is a GRU whose reset gate is held open by its bias; the rest of its weights has no use."""
    gru = layers.GRU(4, return_sequences=True)
    ungated = layers.RNN(Ungated(4), return_sequences=True)
    random = np.random.default_rng(0)
    inputs = random.normal(size=(2, 6, 3)).astype(np.float32)
    gru(inputs), ungated(inputs)
    weights = [random.normal(size=variable.shape) for variable in gru.weights]
    kernel, recurrent_kernel, biases = weights
    biases[:, 4:8] = 1000
    gru.set_weights(weights)
    used = np.r_[0:4, 8:12]
    ungated.set_weights([kernel[:, used], recurrent_kernel[:, used], biases.sum(axis=0)[used]])
    assert np.allclose(gru(inputs), ungated(inputs), atol=1e-5)


def test_as_many_weights() -> None:
    """With more units, the plain layer makes a model that is as large as the GRU's."""
    sizes = [
        recurrent.recurrent(layer, ADAMW.embedding_dim, units, ARITHMETIC).model.count_params()
        for layer, units in (LAYERS["plain, with more units"], LAYERS["GRU"])
    ]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)


def test_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer has each rate, and the seeds in turns; its row says what came out."""
    seen: list[tuple[int, float]] = []

    def train(recipe: Recipe, parts: Parts, make: Make) -> Trained:
        seen.append((recipe.seed, recipe.learning_rate))
        clock = Clock(lambda: 0.0)
        clock.seconds, clock.matches = [9.0, 1.0, 2.0], [0.5, 0.99, 0.98 + recipe.seed / 100]
        return Trained(clock, 0.0, make(2, 3, ARITHMETIC).model.count_params())

    monkeypatch.setattr(recurrent, "train_ours", train)
    results = Results({})
    recurrent.measure(results, quick=False)
    table = results.tables["recurrent"]
    assert seen == [(seed, rate) for seed in range(3) for _ in LAYERS for rate in RATES]
    for name in LAYERS:
        assert table.rows[name][2:] == [[0.99, 0.98, 1.0]] * len(RATES)
    softmax = 3 * 14 + 14
    assert table["LSTM", "weights"] == 2 * 14 + 2 * 4 * (2 * 3 + 3 * 3 + 3) + softmax
    assert table["plain", "weights"] == 2 * 14 + 2 * (2 * 3 + 3 * 3 + 3) + softmax
