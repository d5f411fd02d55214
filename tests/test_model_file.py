"""Models in files: what is written is what is read, and what else lies there gets a sentence."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import decoding, model_file, packing, pretrained, problems, reference
from helpers.model import Seq2Seq, seq2seq
from helpers.task import ARITHMETIC, TASKS
from helpers.widgets import DecoderStepper
from tests.messages import ONE_SENTENCE
from tests.models import load
from tests.variants import OTHERS, SAME, variant

ASKED = problems.split("arithmetic").test[:200]


def same(found: Seq2Seq, wanted: Seq2Seq) -> None:
    """Hold that two models have the same weights to the bit, the same order and task."""
    assert (found.reverse, found.task) == (wanted.reverse, wanted.task)
    for ours, theirs in zip(found.model.weights, wanted.model.weights, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["notes", "grown"])
def test_a_model_comes_back_to_the_last_bit(name: str, tmp_path: Path) -> None:
    """With its weights, its order and its task, and so with its answers."""
    model = load(name)
    path = tmp_path / "mine.json"
    model_file.write(path, model)
    for found in (model_file.read(path), model_file.read(str(path))):
        same(found, model)
        assert decoding.answers(found, ASKED) == decoding.answers(model, ASKED)


def test_a_model_that_is_not_trained_stays_one(tmp_path: Path) -> None:
    """And weights that fit no short array are kept as they are."""
    model = seq2seq(3, 8)
    model_file.write(tmp_path / "new.json", model)
    found = model_file.read(tmp_path / "new.json")
    assert (found.reverse, found.trained) == (False, False)
    same(found, model)


def test_what_a_file_says() -> None:
    """What kind of model, how large, how it reads, what it was trained on, arrays by name."""
    said = model_file.packed(load("grown"))
    arrays = said.pop("arrays")
    assert said == {
        "format": "seq2seq-book model, version 2",
        "architecture": "gru",
        "sizes": {"embedding_dim": 16, "units": 64},
        "reverse": True,
        "task": ARITHMETIC.data(),
        "trained": True,
    }
    assert tuple(arrays) == reference.NAMES
    assert list(arrays.values()) == packing.pack(load("grown").model.get_weights())
    assert model_file.packed(seq2seq(3, 8))["trained"] is False


@pytest.mark.parametrize("task", [None, "sums"])
def test_a_file_of_the_first_format(tmp_path: Path, task: str | None) -> None:
    """Its arrays have no names, and stand in the order of Keras."""
    wanted = replace(
        seq2seq(3, 8), reverse=True, trained=task is not None, task=TASKS[task or "arithmetic"]
    )
    said = {
        "format": "arithmetic seq2seq, version 1",
        "embeddingDim": 3,
        "units": 8,
        "reverse": True,
        "trainedOn": task and {"largest": 99, "operators": "+"},
        "weights": packing.pack(wanted.model.get_weights()),
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    found = model_file.read(path)
    same(found, wanted)
    model_file.write(path, found)
    assert json.loads(path.read_text(encoding="utf-8")) == model_file.packed(wanted)
    weights: list[Any] = [*packing.pack(wanted.model.get_weights())]
    for entries in (
        {"weights": weights[:-1]},
        {"weights": [*weights, weights[0]]},
        {"weights": weights[::-1]},
        {"weights": {"0": weights[0]}},
        {"units": 16},
        {"embeddingDim": None},
    ):
        path.write_text(changed(said, **entries), encoding="utf-8")
        with pytest.raises(ValueError, match=r"old\.json holds no model"):
            model_file.read(path)
    for name in list(said):
        path.write_text(
            json.dumps({key: value for key, value in said.items() if key != name}),
            encoding="utf-8",
        )
        with pytest.raises(ValueError, match=r"old\.json holds no model"):
            model_file.read(path)


def test_a_stepper_takes_a_file(tmp_path: Path) -> None:
    """It knows from the file how the model reads."""
    path = tmp_path / "mine.json"
    model_file.write(path, load("grown"))
    stepper = DecoderStepper("notes", str(path))
    assert list(stepper.by_name) == ["notes", "mine"]
    stepper.model = "mine"
    assert stepper.trace.reverse
    assert stepper.trace.written == DecoderStepper("grown").trace.written


def changed(said: dict[str, Any], **changes: Any) -> str:
    """Return the text of a file with other entries."""
    return json.dumps({**said, **changes})


def test_what_holds_no_model_gets_one_sentence(tmp_path: Path) -> None:
    """A missing file, another one, and one whose parts do not fit."""
    path = tmp_path / "mine.json"
    model_file.write(path, seq2seq(3, 8))
    said = json.loads(path.read_text(encoding="utf-8"))
    sizes, arrays = said["sizes"], said["arrays"]
    last = reference.NAMES[-1]
    nan = {"floats": "AADAfw==" * 14}
    texts = [
        "",
        "[]",
        "{}",
        "\ufffd",
        changed(said, format="another"),
        changed(said, architecture="lstm"),
        changed(said, sizes=[3, 8]),
        changed(said, sizes={}),
        changed(said, sizes={**sizes, "units": 16}),
        changed(said, sizes={**sizes, "embedding_dim": "3"}),
        changed(said, sizes={**sizes, "embedding_dim": 10**9}),
        changed(said, sizes={**sizes, "embedding_dim": 0}),
        changed(said, reverse=1),
        changed(said, task="sums"),
        changed(said, arrays={}),
        changed(said, arrays=list(arrays.values())),
        changed(said, arrays={name: arrays[name] for name in reference.NAMES[:-1]}),
        changed(said, arrays={**arrays, "another": arrays[last]}),
        changed(said, arrays={**arrays, last: nan}),
        changed(said, arrays={name: {"floats": "?"} for name in arrays}),
        changed(said, arrays={name: {"int8": "AAAA"} for name in arrays}),
        changed(said, arrays={name: {"int8": "AAAA", "exponents": ""} for name in arrays}),
        changed(said, arrays=dict.fromkeys(arrays, "AAAA")),
        changed(said, arrays=dict.fromkeys(arrays)),
        *[json.dumps({key: said[key] for key in said if key != name}) for name in said],
    ]
    for text in texts:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"mine\.json holds no model") as error:
            model_file.read(path)
        assert re.fullmatch(ONE_SENTENCE, str(error.value).replace("mine.json", "mine"))
    with pytest.raises(ValueError, match=r"There is no file other\.json"):
        model_file.read(tmp_path / "other.json")


def test_what_cannot_be_written_gets_one_sentence(tmp_path: Path) -> None:
    """And no file is left."""
    model, other = seq2seq(3, 8), seq2seq(3, 8)
    for name, one in (("mine.npz", model), ("mine.json", replace(model, encoder=other.encoder))):
        with pytest.raises(ValueError) as error:
            model_file.write(tmp_path / name, one)
        assert re.fullmatch(ONE_SENTENCE, str(error.value).replace(".json", "").replace(".npz", ""))
    assert list(tmp_path.iterdir()) == []


def test_what_is_shipped_is_such_a_file() -> None:
    """A stored model is opened like one of the reader's own."""
    same(model_file.read(pretrained.path("grown")), load("grown"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", SAME)
def test_what_is_written_is_read_and_computes_the_same(kind: str, tmp_path: Path) -> None:
    """Whatever matters in training alone may be lost."""
    model = SAME[kind]()
    model_file.write(tmp_path / "mine.json", model)
    found = model_file.read(tmp_path / "mine.json")
    read = problems.batch(ASKED[:20]).encoder_input
    context = model.encoder(read).numpy()
    assert context == pytest.approx(found.encoder(read).numpy(), abs=1e-6)
    for token in range(14):
        given = [np.full((len(read), 1), token), context]
        for ours, theirs in zip(model.decoder(given), found.decoder(given), strict=True):
            assert ours.numpy() == pytest.approx(theirs.numpy(), abs=1e-6)


def spoilt(number: float) -> Seq2Seq:
    """Return a model with one weight that is this number."""
    model = variant()
    weights = model.decoder.get_layer("softmax").get_weights()
    weights[0][3, 5] = number
    model.decoder.get_layer("softmax").set_weights(weights)
    return model


UNREADABLE = {**OTHERS, "nan": lambda: spoilt(np.nan), "infinity": lambda: spoilt(np.inf)}
"""Models of which no file holds all."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_could_not_be_read_back_is_not_written(kind: str, tmp_path: Path) -> None:
    """The sentence comes before the training is lost, and a file that is there stays."""
    model = UNREADABLE[kind]()
    path = tmp_path / "mine.json"
    for before in (None, "what was there"):
        if before is not None:
            path.write_text(before, encoding="utf-8")
        with pytest.raises(ValueError, match=ONE_SENTENCE):
            model_file.write(path, model)
        assert path.is_file() == (before is not None)
    assert path.read_text(encoding="utf-8") == "what was there"


def test_a_bool_of_numpy_is_written() -> None:
    """As the one that JSON knows."""
    turned = replace(variant(), reverse=np.True_)  # type: ignore[arg-type]
    assert model_file.packed(turned)["reverse"] is True


def test_a_file_that_is_too_deep(tmp_path: Path) -> None:
    """Lists in lists without end are no model either."""
    path = tmp_path / "mine.json"
    path.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ValueError, match=r"mine\.json holds no model"):
        model_file.read(path)
