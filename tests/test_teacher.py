"""A decoder that reads what it wrote while it is trained."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from benchmarks.teacher import Fed, feeding_back
from helpers import decoding, problems
from helpers.model import Seq2Seq
from helpers.task import ARITHMETIC

ASKED = problems.split("arithmetic").test[::200]
ARRAYS = problems.batch(ASKED)


def made(share: float) -> Seq2Seq:
    """Return a model that reads a share of its own choices, with weights that make them differ."""
    model = feeding_back(share, 3, 4, ARITHMETIC)
    random = np.random.default_rng(0)
    for variable in model.encoder.weights + model.decoder.get_layer("decoder_gru").weights:
        variable.assign(random.normal(0, 2, variable.shape))
    return model


def distributions(model: Seq2Seq) -> np.ndarray:
    """Return what the model that is trained gives, axes (batch, time 5, token 14)."""
    return model.model([ARRAYS.encoder_input, ARRAYS.decoder_input]).numpy()


@pytest.mark.parametrize(("share", "teacher_forcing"), [(0.0, True), (1.0, False)])
def test_as_the_traces_say(share: float, teacher_forcing: bool) -> None:
    """All with the right tokens, or all with its own, it gives what `decoding.trace` gives."""
    model = made(share)
    for problem, given in zip(ASKED, distributions(model), strict=True):
        steps = decoding.trace(model, problem, teacher_forcing=teacher_forcing).steps
        assert given == pytest.approx(np.stack([step.distribution for step in steps]), abs=1e-5)
    assert not np.allclose(distributions(made(0.0)), distributions(made(1.0)), atol=0.1)


def test_half_and_half() -> None:
    """About half of the tokens are its own, others with each call; the rest are the right ones."""
    right = np.zeros((1000, 1), np.int32)
    distribution = np.eye(14, dtype=np.float32)[np.full((1000, 1), 5)]
    fed = Fed(0.5)
    one, other = (np.asarray(fed(right, distribution)) for _ in range(2))
    assert {*one.ravel()} == {0, 5}
    assert 400 < (one == 5).sum() < 600
    assert not np.array_equal(one, other)


def test_no_gradient_goes_through_a_choice() -> None:
    """With its own tokens or with the same ones from a teacher, the gradients are equal."""
    free, forced = made(1.0), made(0.0)
    forced.model.set_weights(free.model.get_weights()[: len(forced.model.get_weights())])
    chosen = distributions(free).argmax(axis=-1)
    own = np.concatenate([ARRAYS.decoder_input[:, :1], chosen[:, :-1]], axis=1)
    found = [gradients(free, ARRAYS.decoder_input), gradients(forced, own)]
    for one, other in zip(*found, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def gradients(model: Seq2Seq, decoder_input: np.ndarray) -> list[np.ndarray]:
    """Return the gradient of the loss for each weight that is trained."""
    with tf.GradientTape() as tape:
        given = model.model([ARRAYS.encoder_input, decoder_input])
        loss = keras.ops.mean(keras.losses.categorical_crossentropy(ARRAYS.target, given))
    found = tape.gradient(loss, [variable.value for variable in model.model.trainable_variables])
    return [tf.convert_to_tensor(gradient).numpy() for gradient in found]
