"""Models in files: what is written is what is read, and what else lies there gets a sentence."""

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from helpers import decoding, model_file, pretrained, problems
from helpers.model import seq2seq
from helpers.widgets import DecoderStepper
from tests.messages import ONE_SENTENCE
from tests.models import load
from tests.pairs import OTHERS, SAME, pair

ASKED = problems.split("arithmetic").test[:200]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["notes", "grown"])
def test_a_model_comes_back_to_the_last_bit(name: str, tmp_path: Path) -> None:
    """With its weights, its order and its task; `pretrained.load` takes the path."""
    model, encoder, decoder = load(name)
    recipe = pretrained.record(name).recipe
    path = tmp_path / "mine.json"
    model_file.write(path, encoder, decoder, reverse=recipe.reverse, task=recipe.task)
    found = model_file.read(path)
    assert (found.reverse, found.task) == (recipe.reverse, recipe.task)
    for ours, theirs in zip(found.model.weights, model.weights, strict=True):
        assert np.array_equal(ours, theirs)
    loaded = pretrained.load(path)
    answers = decoding.answers(*loaded[1:], ASKED)
    assert answers == decoding.answers(model, ASKED)
    again = pretrained.load(str(path))[0]
    for ours, theirs in zip(again.weights, loaded[0].weights, strict=True):
        assert np.array_equal(ours, theirs)


def test_a_model_of_no_task_stays_one(tmp_path: Path) -> None:
    """And weights that fit no short array are kept as they are."""
    model, encoder, decoder = seq2seq(3, 8)
    model_file.write(tmp_path / "new.json", encoder, decoder)
    found = model_file.read(tmp_path / "new.json")
    assert (found.reverse, found.task) == (False, None)
    for ours, theirs in zip(found.model.weights, model.weights, strict=True):
        assert np.array_equal(ours, theirs)


def test_a_stepper_takes_a_file(tmp_path: Path) -> None:
    """It knows from the file how the model reads."""
    _, encoder, decoder = load("grown")
    path = tmp_path / "mine.json"
    model_file.write(path, encoder, decoder, reverse=True, task="arithmetic")
    stepper = DecoderStepper("notes", str(path))
    assert list(stepper.pairs) == ["notes", "mine"]
    stepper.model = "mine"
    assert stepper.trace.reverse
    assert stepper.trace.written == DecoderStepper("grown").trace.written


def changed(said: dict[str, Any], **changes: Any) -> str:
    """Return the text of a file with other entries."""
    return json.dumps({**said, **changes})


def test_what_holds_no_model_gets_one_sentence(tmp_path: Path) -> None:
    """A missing file, another one, and one whose parts do not fit."""
    _, encoder, decoder = seq2seq(3, 8)
    path = tmp_path / "mine.json"
    model_file.write(path, encoder, decoder)
    said = json.loads(path.read_text(encoding="utf-8"))
    nan = {"floats": "AADAfw=="}
    texts = [
        "",
        "[]",
        "{}",
        "\ufffd",
        changed(said, format="another"),
        changed(said, units=16),
        changed(said, embeddingDim="3"),
        changed(said, embeddingDim=10**9),
        changed(said, weights=[]),
        changed(said, weights=said["weights"][:-1]),
        changed(said, weights=[*said["weights"][:-1], nan]),
        changed(said, weights=[{"floats": "?"}] * 9),
        changed(said, weights=[{"int8": "AAAA"}] * 9),
        changed(said, weights=[{"int8": "AAAA", "exponents": ""}] * 9),
        json.dumps({name: value for name, value in said.items() if name != "trainedOn"}),
    ]
    for text in texts:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"mine\.json holds no model") as error:
            pretrained.load(path)
        assert re.fullmatch(ONE_SENTENCE, str(error.value).replace("mine.json", "mine"))
    with pytest.raises(ValueError, match=r"There is no file other\.json"):
        pretrained.load(tmp_path / "other.json")


def test_what_cannot_be_written_gets_one_sentence(tmp_path: Path) -> None:
    """And no file is left."""
    _, encoder, decoder = seq2seq(3, 8)
    _, other, _ = seq2seq(3, 8)
    for path, models, task in (
        (tmp_path / "mine.npz", (encoder, decoder), None),
        (tmp_path / "mine.json", (other, decoder), None),
        (tmp_path / "mine.json", (decoder, encoder), None),
        (tmp_path / "mine.json", (encoder, decoder), "products"),
    ):
        with pytest.raises(ValueError) as error:
            model_file.write(path, *models, task=task)
        assert re.fullmatch(ONE_SENTENCE, str(error.value).replace(".json", "").replace(".npz", ""))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAME)
def test_what_is_written_is_read_and_computes_the_same(kind: str, tmp_path: Path) -> None:
    """Whatever matters in training alone may be lost."""
    encoder, decoder = SAME[kind]()
    model_file.write(tmp_path / "mine.json", encoder, decoder)
    found = model_file.read(tmp_path / "mine.json")
    read = problems.batch(ASKED[:20]).encoder_input
    context = encoder(read).numpy()
    assert context == pytest.approx(found.encoder(read).numpy(), abs=1e-6)
    for token in range(14):
        given = [np.full((len(read), 1), token), context]
        for ours, theirs in zip(decoder(given), found.decoder(given), strict=True):
            assert ours.numpy() == pytest.approx(theirs.numpy(), abs=1e-6)


UNREADABLE = {
    **OTHERS,
    "other units": lambda: pair(encoder_units=16),
    "other tokens": lambda: pair(tokens=20),
    "a fixed batch": lambda: pair(batch=1),
    "nan": lambda: spoilt(np.nan),
    "infinity": lambda: spoilt(np.inf),
    "no models": lambda: (None, None),
    "not built": lambda: (keras.Sequential(), pair()[1]),
}
"""Pairs of which no file holds all."""


def spoilt(number: float) -> tuple[keras.Model, keras.Model]:
    """Return a pair with one weight that is this number."""
    encoder, decoder = pair()
    weights = decoder.get_layer("softmax").get_weights()
    weights[0][3, 5] = number
    decoder.get_layer("softmax").set_weights(weights)
    return encoder, decoder


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_could_not_be_read_back_is_not_written(kind: str, tmp_path: Path) -> None:
    """The sentence comes before the training is lost, and a file that is there stays."""
    encoder, decoder = UNREADABLE[kind]()
    path = tmp_path / "mine.json"
    for before in (None, "what was there"):
        if before is not None:
            path.write_text(before, encoding="utf-8")
        with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE):
            model_file.write(path, encoder, decoder)
        assert path.is_file() == (before is not None)
    assert path.read_text(encoding="utf-8") == "what was there"


@pytest.mark.parametrize("reverse", [None, "yes", 1, 0.0, []])
def test_reverse_is_true_or_false(reverse: Any) -> None:
    """A page asks for one of the two."""
    with pytest.raises(TypeError, match=ONE_SENTENCE):
        model_file.record(*pair(), reverse=reverse, task=None)
    assert model_file.record(*pair(), reverse=np.True_, task=None)["reverse"] is True  # type: ignore[arg-type]


@pytest.mark.parametrize("task", ["products", "", 3, ["sums"], {}])
def test_an_unknown_task(task: Any) -> None:
    """The tasks there are are named."""
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        model_file.record(*pair(), reverse=False, task=task)
    assert "'arithmetic'" in str(caught.value)


def test_a_file_that_is_too_deep(tmp_path: Path) -> None:
    """Lists in lists without end are no model either."""
    path = tmp_path / "mine.json"
    path.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.json holds no model"):
        model_file.read(path)
