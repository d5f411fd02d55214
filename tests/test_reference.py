"""The arithmetic in numpy, and how a model of another kind is told from it."""

from collections.abc import Iterator
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import decoding, model_file, problems, reference
from helpers.model import Seq2Seq, seq2seq
from helpers.pretrained import RECIPES
from helpers.vocabulary import TOKENS
from tests.messages import ONE_SENTENCE
from tests.models import load
from tests.variants import OTHERS, SAME


def taken(model: Seq2Seq) -> None:
    """Take a model wherever it is taken for its weights."""
    model_file.packed(model)
    for problem in ("50+9", "3-71", "0-0"):
        decoding.reading(model, problem)


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let new layers compute as a policy says."""
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


def test_the_names_are_those_of_keras() -> None:
    """In its order, so that what has no names can be given them."""
    assert tuple(variable.path for variable in seq2seq().model.weights) == reference.NAMES


def test_every_token_is_probed() -> None:
    """A setting that matters for one token only, such as a mask for the first, is met."""
    for tokens, time in ((14, 8), (15, 8), (40, 1)):
        ids = reference._ids(tokens, time)
        assert ids.shape[1] == time
        assert set(ids.ravel()) == set(range(tokens))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_it_computes_what_keras_does(name: str) -> None:
    """For each stored model: context vectors, distributions and next states."""
    model = load(name)
    _, encoder, decoder = model
    read = problems.batch(problems.split("arithmetic").test[::200]).encoder_input
    contexts = reference.contexts(reference.encoder_arrays(encoder), read)
    assert contexts == pytest.approx(encoder(read).numpy(), abs=1e-5)
    tokens = np.arange(len(read)) % len(TOKENS)
    both = reference.steps(reference.decoder_arrays(decoder), tokens, contexts)
    distributions, after = decoder([tokens[:, None].astype(np.int32), contexts])
    assert both[:, :14] == pytest.approx(distributions.numpy()[:, 0], abs=1e-5)
    assert both[:, 14:] == pytest.approx(after.numpy(), abs=1e-5)
    taken(model)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAME)
def test_what_computes_the_same_is_taken(kind: str) -> None:
    """Settings that matter in training alone, or nowhere."""
    taken(SAME[kind]())


@pytest.mark.parametrize("kind", OTHERS)
def test_what_computes_something_else_is_not(kind: str) -> None:
    """Untrained as it is, with weights near zero; the sentence says what keeps such a model."""
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        model_file.packed(OTHERS[kind]())
    assert 'model.save("x.keras")' in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_rounding_is_not_taken_for_a_setting(seed: int) -> None:
    """Models of any size, with weights of any size, that Keras computes in float32."""
    random = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    model = seq2seq(int(random.integers(1, 20)), int(random.integers(1, 70)))
    scale = 10 ** random.uniform(-3, 3)
    for variable in model.model.weights:
        variable.assign(variable.numpy() * scale + random.normal(0, 0.1, variable.shape))
    taken(model)


@pytest.mark.slow
@pytest.mark.parametrize(
    "policy", ["mixed_float16", "mixed_bfloat16", "float16", "float64"], indirect=True
)
def test_other_precisions(policy: str) -> None:
    """A model that computes in few bits, or in many, is still the same model."""
    for name in ("notes", "grown"):
        recipe, _ = RECIPES[name]
        model = replace(seq2seq(recipe.embedding_dim, recipe.units), reverse=recipe.reverse)
        model.model.set_weights(load(name).model.get_weights())
        taken(model)
        trace = decoding.trace(model, "50+9")
        assert trace.answer == "59"
        model.decoder.get_layer("softmax").activation = keras.activations.linear
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            model_file.packed(model)


def test_a_graphics_card_may_round_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow lets some multiply with ten bits."""
    _, encoder, _ = load("notes")
    arrays = reference.encoder_arrays(encoder)
    ids = problems.batch(["50+9", "3-71"]).encoder_input
    given = encoder(ids).numpy() * (1 + 1e-4)
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        reference.check(encoder, given, lambda them: reference.contexts(them, ids), arrays)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    reference.check(encoder, given, lambda them: reference.contexts(them, ids), arrays)


@pytest.mark.parametrize("number", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["embedding", "encoder_gru", "decoder_gru", "softmax"])
def test_weights_are_finite(name: str, number: float) -> None:
    """One weight that is none is enough; the layer is named."""
    model = seq2seq(2, 3)
    weights = model.model.get_layer(name).get_weights()
    weights[-1].flat[1] = number
    model.model.get_layer(name).set_weights(weights)
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        taken(model)
    assert f"'{name}' holds nan or infinity" in str(caught.value)


def test_numbers_that_float32_cannot_hold() -> None:
    """Finite weights of which Keras makes no finite numbers: the sentence says so."""
    model = seq2seq(3, 8)
    model.model.get_layer("softmax").set_weights([np.full((8, 14), 3e38), np.zeros(14)])
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        taken(model)
    assert "'decoder' gives nan or infinity" in str(caught.value)
