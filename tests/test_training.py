"""The recipe, and what is recorded on the way, in short real trainings."""

from dataclasses import dataclass, replace
from typing import Any, NoReturn

import keras
import numpy as np
import pytest

from helpers import decoding, packing, problems, training
from helpers.model import Seq2Seq, seq2seq
from helpers.records import OPTIMIZERS, Recipe, Snapshot
from helpers.training import Recorder, ShortWeights
from helpers.vocabulary import PAD
from tests.messages import ONE_SENTENCE
from tests.models import leave_out_xla

PARTS = problems.split("sums", 600)
RECIPE = Recipe(task="sums", epochs=2, batch_size=32, learning_rate=0.02, seed=7)
WATCHED = ["50+9", "1+1"]


@dataclass
class Run:
    """A training that has run and was watched."""

    losses: list[float]
    recorded: list[float]
    snapshots: list[Snapshot]
    calls: list[int]
    model: Seq2Seq


@pytest.fixture(scope="module")
def run() -> Run:
    """A training of two epochs with a recorder."""
    with pytest.MonkeyPatch.context() as patch:
        leave_out_xla(patch)
        model, data = training.build(RECIPE, PARTS.train)
    calls: list[int] = []
    recorder = Recorder(
        model,
        PARTS.validation,
        epochs=[0, 1, 2],
        watched=WATCHED,
        on_snapshot=lambda snapshots: calls.append(len(snapshots)),
    )
    history = model.model.fit(
        data, epochs=RECIPE.epochs, shuffle=False, verbose=0, callbacks=[recorder]
    )
    losses = history.history["loss"]
    return Run(losses, recorder.losses, recorder.snapshots, calls, model)


def test_same_seed_same_losses(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained again from its seed, unwatched, the losses are the same to three decimals."""
    leave_out_xla(monkeypatch)
    (model, _, _), data = training.build(RECIPE, PARTS.train)
    again = model.fit(data, epochs=RECIPE.epochs, shuffle=False, verbose=0).history["loss"]
    assert np.round(again, 3).tolist() == np.round(run.losses, 3).tolist()


def test_training_trains(run: Run) -> None:
    """The loss falls, on the training part and on held-out problems."""
    assert len(run.losses) == 2
    assert run.losses[1] < run.losses[0] < np.log(14)
    held_out = [snapshot.loss for snapshot in run.snapshots]
    assert sorted(held_out, reverse=True) == held_out


def test_another_seed() -> None:
    """The seed decides where the weights start."""
    few = PARTS.train[:64]
    matrices = []
    for seed in (0, 0, 1):
        (_, encoder, _), _ = training.build(replace(RECIPE, seed=seed), few)
        matrices.append(encoder.get_layer("embedding").get_weights()[0])
    assert np.array_equal(matrices[0], matrices[1])
    assert not np.allclose(matrices[0], matrices[2])


def test_first_loss(run: Run) -> None:
    """An untrained model is as good as a guess among fourteen: log(14)."""
    first = run.snapshots[0]
    assert first.epoch == 0
    assert first.loss == pytest.approx(np.log(14), abs=0.1)


def test_recorder(run: Run) -> None:
    """A snapshot before training and after each epoch named, each with all that was seen."""
    model = run.model
    assert run.recorded == run.losses
    assert [snapshot.epoch for snapshot in run.snapshots] == [0, 1, 2]
    assert run.calls == [1, 2, 3]
    for snapshot in run.snapshots:
        assert list(snapshot.answers) == WATCHED
        assert snapshot.embedding.shape == (14, 5)
        assert 0 <= snapshot.exact_match <= 1
        assert 0 <= snapshot.token_accuracy <= 1
    assert not np.allclose(run.snapshots[0].embedding, run.snapshots[2].embedding)
    last = run.snapshots[-1]
    assert np.array_equal(last.embedding, model.encoder.get_layer("embedding").get_weights()[0])
    assert last.exact_match == decoding.exact_match(model, PARTS.validation)
    assert list(last.answers.values()) == decoding.answers(model, WATCHED)
    assert (last.loss, last.token_accuracy) == training.examine(model, PARTS.validation)


def test_recorder_of_a_training_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before the first update is kept once, an epoch only when all of it is kept."""
    model, _ = training.build(RECIPE, PARTS.train)
    recorder = Recorder(model, PARTS.validation[:4], epochs=[0, 1, 2])

    def interrupted(*args: object, **options: object) -> NoReturn:
        raise KeyboardInterrupt

    for _ in range(2):  # a first `fit` that came to nothing, and a second one
        recorder.on_train_begin()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(decoding, "exact_match", interrupted)
        recorder.on_epoch_end(0, {"loss": 2.5})
    assert recorder.losses == []
    for epoch, loss in enumerate([2.0, 1.5]):
        recorder.on_train_begin()
        recorder.on_epoch_end(epoch, {"loss": loss})
    assert recorder.losses == [2.0, 1.5]
    assert [snapshot.epoch for snapshot in recorder.snapshots] == [0, 1, 2]


def test_warmup_cosine() -> None:
    """Up in a straight line for a tenth of all updates, then down to zero."""
    recipe = Recipe(epochs=10, learning_rate=0.02)
    schedule = training.warmup_cosine(recipe, 50)
    updates = [*range(0, 50, 10), 49, *range(50, 501, 45), 499]
    rate = {update: float(schedule(update)) for update in updates}
    for update in (0, 10, 40, 49, 50):
        assert rate[update] == pytest.approx(0.02 * (1 + 24 * update / 50) / 25, rel=1e-4)
    for update in (50, 95, 275, 410):
        down = (1 + np.cos(np.pi * (update - 50) / 450)) / 2
        assert rate[update] == pytest.approx(0.02 * down, rel=1e-4)
    assert rate[499] < 0.02 / 1000
    assert rate[500] == pytest.approx(0, abs=1e-9)


def test_warmup_cosine_of_very_few_updates() -> None:
    """A single update is warm enough."""
    schedule = training.warmup_cosine(Recipe(epochs=1, learning_rate=0.02), 1)
    assert 0 < float(schedule(0)) <= 0.02


def test_build_compiles_for_the_recipe() -> None:
    """AdamW with warm-up and cosine, compiled, on all whole batches."""
    (model, encoder, decoder), data = training.build(
        Recipe(epochs=3, batch_size=50, units=4, embedding_dim=3, weight_decay=0.1), PARTS.train
    )
    assert len(data) == len(PARTS.train) // 50
    assert model.jit_compile
    assert isinstance(model.optimizer, keras.optimizers.AdamW)
    assert model.optimizer.weight_decay == 0.1
    schedule = model.optimizer.get_config()["learning_rate"]["config"]
    assert schedule["warmup_steps"] + schedule["decay_steps"] == 3 * len(data)
    assert encoder.output.shape == (None, 4)
    assert decoder.get_layer("embedding").output_dim == 3


def test_muon_is_for_matrices() -> None:
    """It takes the kernels of both GRU; AdamW has the rest, and the decay is the same for all."""
    recipe = replace(RECIPE, optimizer="muon", weight_decay=0.1)
    (model, _, _), _ = training.build(recipe, PARTS.train)
    optimizer = model.optimizer
    assert isinstance(optimizer, keras.optimizers.Muon)
    assert optimizer.weight_decay == optimizer.adam_weight_decay == 0.1
    by_muon = {
        variable.path
        for variable, velocity in zip(
            model.trainable_variables, optimizer.adam_velocities, strict=True
        )
        if velocity is None
    }
    assert by_muon == {
        f"{end}_gru/gru_cell/{kernel}"
        for end in ("encoder", "decoder")
        for kernel in ("kernel", "recurrent_kernel")
    }


def test_updates_of_muon() -> None:
    """The average gradient, a step ahead, made nearly orthogonal by Newton-Schulz steps."""
    recipe = Recipe(optimizer="muon", schedule="constant", learning_rate=0.02, weight_decay=0.1)
    draw = np.random.default_rng(0)
    weights, momentum = draw.normal(size=(5, 3)), np.zeros((5, 3))
    variable = keras.Variable(weights, dtype="float32")
    optimizer = training.optimizer(recipe, 1)
    for _ in range(3):
        gradient = draw.normal(size=(5, 3))
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float32")], [variable])
        momentum = 0.95 * momentum + gradient
        turned = (gradient + 0.95 * momentum).T
        turned /= np.linalg.norm(turned)
        for _ in range(5):
            square = turned @ turned.T
            turned = 3.4445 * turned + (-4.775 * square + 2.0315 * square @ square) @ turned
        assert np.abs(np.linalg.svd(turned)[1] - 1).max() < 0.35
        weights = (1 - 0.02 * 0.1) * weights - 0.02 * 0.2 * np.sqrt(5) * turned.T
        assert np.allclose(variable, weights, atol=1e-5)


def test_constant_schedule() -> None:
    """The learning rate stays what it is."""
    recipe = replace(RECIPE, schedule="constant", learning_rate=0.125)
    (model, _, _), _ = training.build(recipe, PARTS.train)
    for updates in (0, 1, 1000):
        model.optimizer.iterations.assign(updates)
        assert float(model.optimizer.learning_rate) == 0.125


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_weight_decay(optimizer: str) -> None:
    """Without a gradient, an update takes the learning rate times the decay off each weight."""
    for decay in (0.0, 0.5):
        recipe = replace(
            RECIPE,
            optimizer=optimizer,
            schedule="constant",
            learning_rate=0.1,
            weight_decay=decay,
        )
        (model, _, _), _ = training.build(recipe, PARTS.train)
        before = model.get_weights()
        model.optimizer.apply(
            [keras.ops.zeros_like(variable) for variable in model.trainable_variables],
            model.trainable_variables,
        )
        for values, start in zip(model.get_weights(), before, strict=True):
            assert np.allclose(values, start * (1 - 0.1 * decay), rtol=1e-6, atol=0)


def test_batches() -> None:
    """Whole batches only, in another order each epoch, problems and answers still together."""
    data = training.batches(PARTS.train, RECIPE)
    known = dict(
        zip(
            map(bytes, problems.batch(PARTS.train).encoder_input),
            problems.batch(PARTS.train).target,
            strict=True,
        )
    )
    orders = []
    for _ in range(2):
        seen: list[bytes] = []
        for (encoder_input, decoder_input), target in data.as_numpy_iterator():
            assert encoder_input.shape == (32, 8)
            assert decoder_input.shape == (32, 5)
            assert target.shape == (32, 5, 14)
            assert np.array_equal(decoder_input[:, 1:], target.argmax(axis=-1)[:, :-1])
            for row, answer in zip(encoder_input, target, strict=True):
                assert np.array_equal(known[bytes(row)], answer)
            seen += map(bytes, encoder_input)
        assert len(seen) == len(set(seen)) == len(PARTS.train) // 32 * 32
        orders.append(seen)
    assert orders[0] != orders[1]
    assert orders[0] != list(known)[: len(orders[0])]


def test_batches_of_a_reversed_recipe() -> None:
    """The recipe's reading order is that of its batches."""
    data = training.batches(PARTS.train, replace(RECIPE, reverse=True))
    (encoder_input, _), _ = next(data.as_numpy_iterator())
    known = {bytes(row) for row in problems.batch(PARTS.train, reverse=True).encoder_input}
    assert {bytes(row) for row in encoder_input} <= known


def test_masked_loss() -> None:
    """PAD after EOS weighs nothing: what a model says there changes no loss; before, it does."""
    masked = replace(RECIPE, masked_loss=True)
    (model, _, _), data = training.build(masked, PARTS.train)
    inputs, target, weights = next(data.as_numpy_iterator())
    after = target.argmax(axis=-1) == PAD
    assert weights.shape == (32, 5)
    assert not weights[after].any()
    assert len(np.unique(weights[~after])) == 1
    everything = problems.weights_up_to_eos(problems.batch(PARTS.train).target)
    assert weights.max() == pytest.approx(1 / everything.mean())
    said = np.full_like(target, 1 / 14)

    def loss(distribution: np.ndarray) -> float:
        found = model.compute_loss(inputs, target, distribution, sample_weight=weights)
        return float(found)

    confused = np.roll(target, 1, axis=-1) * 0.9 + 0.1 / 14
    assert loss(np.where(after[..., None], confused, said)) == pytest.approx(loss(said))
    assert loss(np.where(after[..., None], said, confused)) > loss(said) + 0.1


def test_examine() -> None:
    """The mean of -log p over all tokens, and the share of tokens that are most probable."""
    examined = ["50+9", "99+99"]
    target = problems.batch(examined).target
    distribution = target * 0.5 + (1 - target) * 0.5 / 13
    distribution[0, 1] = np.eye(14)[3] * 0.9 + 0.1 / 14
    wrong = 0.1 / 14

    class Fixed(keras.Model):
        def call(self, inputs: Any) -> Any:
            return keras.ops.convert_to_tensor(distribution)

    loss, accuracy = training.examine(replace(seq2seq(2, 3), model=Fixed()), examined)
    assert loss == pytest.approx(-(9 * np.log(0.5) + np.log(wrong)) / 10, rel=1e-5)
    assert accuracy == pytest.approx(0.9)


@pytest.mark.slow
def test_short_weights() -> None:
    """They are rounded once, after the last epoch, and a recorder behind it sees them rounded."""
    model = seq2seq(2, 3)
    model.model.compile(loss="categorical_crossentropy", optimizer="adam", run_eagerly=True)
    recorder = Recorder(model, PARTS.validation, epochs=[1, 2, 3], watched=WATCHED)
    seen: list[list[np.ndarray]] = []
    before = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(model.model.get_weights())
    )
    model.model.fit(
        training.batches(PARTS.train[:64], RECIPE),
        epochs=3,
        verbose=0,
        callbacks=[before, ShortWeights(16), recorder],
    )
    for epoch in (0, 1):
        assert np.array_equal(recorder.snapshots[epoch].embedding, seen[epoch][0])
        assert not np.array_equal(packing.short(seen[epoch][0], 16), seen[epoch][0])
    for values, exact in zip(model.model.get_weights(), seen[2], strict=True):
        assert np.array_equal(values, packing.short(exact, 16))
    last = recorder.snapshots[-1]
    assert np.array_equal(last.embedding, packing.short(seen[2][0], 16))
    assert (last.loss, last.token_accuracy) == training.examine(model, PARTS.validation)
    assert last.exact_match == decoding.exact_match(model, PARTS.validation)
    assert list(last.answers.values()) == decoding.answers(model, WATCHED)


@pytest.mark.parametrize("bits", [None, 8, 16])
def test_bits_of_a_recipe(bits: int | None) -> None:
    """Weights may be rounded to 8 or 16 bits, and are not unless the recipe says so."""
    assert Recipe(weight_bits=bits).weight_bits == bits
    assert Recipe().weight_bits is None


@pytest.mark.parametrize("epochs", [1, 2, 24, 150, 1200, 2400])
def test_recording_epochs(epochs: int) -> None:
    """From before training to the last epoch, about forty, close together early."""
    found = training.recording_epochs(epochs)
    assert found[0] == 0
    assert found[1] == 1
    assert found[-1] == epochs
    assert found == sorted(set(found))
    assert len(found) <= 42
    assert all(type(epoch) is int for epoch in found)
    if epochs > 100:
        assert len(found) > 25
        assert found[2] - found[1] < found[-1] - found[-2]


def test_too_few_problems() -> None:
    """Less than one batch cannot be trained on."""
    for function in (training.batches, lambda few, recipe: training.build(recipe, few)):
        with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
            function(PARTS.train[:31], RECIPE)
        assert "32" in str(caught.value)


@pytest.mark.parametrize("bad", ["50*9", "", "😀"])
def test_bad_problems(bad: str) -> None:
    """A problem that is not allowed is refused by everything that trains or examines."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        training.batches([bad] * 32, RECIPE)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        training.build(RECIPE, [bad] * 32)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        training.examine(seq2seq(2, 3), [bad])
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        training.examine(seq2seq(2, 3), "50+9")


@pytest.mark.parametrize(
    "values",
    [
        {"task": "multiplication"},
        {"epochs": 0},
        {"batch_size": -1},
        {"units": 1.5},
        {"embedding_dim": True},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"size": 0},
        {"size": -600},
        {"size": 600.0},
        {"size": True},
        {"schedule": "cosine"},
        {"schedule": None},
        {"optimizer": "adam"},
        {"optimizer": None},
        {"weight_decay": -0.1},
        {"weight_decay": float("nan")},
        {"weight_decay": float("inf")},
        {"weight_bits": 4},
        {"weight_bits": 0},
        {"weight_bits": "8"},
        {"weight_bits": True},
        {"weight_bits": 8.0},
        {"learning_rate": "0.1"},
        {"learning_rate": True},
        {"weight_decay": None},
        {"seed": -1},
        {"seed": 2**32},
        {"seed": 1.0},
        {"seed": True},
        {"seed": None},
        {"reverse": "yes"},
        {"masked_loss": 1},
        {"task": ["sums"]},
    ],
)
def test_a_recipe_that_cannot_be_followed(values: dict[str, Any]) -> None:
    """It is refused when it is written down, not when `fit` runs."""
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        Recipe(**values)
