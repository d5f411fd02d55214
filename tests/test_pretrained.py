"""The shipped models: what the records say holds, and damage is named with its remedy."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from subprocess import PIPE
from typing import Any

import keras
import numpy as np
import pytest

from helpers import (
    decoding,
    make_weights,
    model_file,
    packing,
    pretrained,
    problems,
    reference,
    run,
    training,
)
from helpers.model import Seq2Seq, seq2seq
from helpers.pretrained import RECIPES, WEIGHTS
from helpers.records import Recipe, Snapshot
from helpers.training import Recorder
from tests.messages import ONE_SENTENCE
from tests.models import forbid, load

pytestmark = pytest.mark.usefixtures("without_xla")

ROOT = Path(__file__).parents[1]

GOALS = {"notes": 0.99, "grown": 0.999, "three-digit": 0.995}

split = lru_cache(problems.split)
"""`problems.split`, once for each task and size: that of three digits takes seconds."""


@pytest.fixture(params=RECIPES)
def name(request: pytest.FixtureRequest) -> str:
    """Each model in turn, its file there or not."""
    return str(request.param)


def test_a_file_for_each_model() -> None:
    """Every model has its file, every file its model; all together are smaller than 1 MB."""
    files = [*WEIGHTS.iterdir()]
    assert {path.name for path in files} == {f"{name}.json" for name in RECIPES}
    assert {pretrained.path(name) for name in RECIPES} == set(files)
    assert sum(path.stat().st_size for path in files) < 1_000_000


@pytest.mark.slow
def test_figures_of_the_record(name: str) -> None:
    """Evaluated anew on the test part, each model is exactly as good as its record says."""
    record = pretrained.record(name)
    model = load(name)
    part = split(record.recipe.task, record.recipe.size).test
    found = decoding.exact_match(model, part)
    assert round(found * len(part)) == round(record.exact_match * len(part))
    assert record.exact_match == pytest.approx(found, abs=1e-9)
    loss, accuracy = training.examine(model, part, masked_loss=record.recipe.masked_loss)
    assert loss == pytest.approx(record.loss, abs=5e-4)
    assert accuracy == pytest.approx(record.token_accuracy, abs=5e-4)
    assert model.model.count_params() == record.parameters
    assert (model.reverse, model.task.name) == (record.recipe.reverse, record.recipe.task)


@pytest.mark.slow
def test_selection_is_honest(name: str) -> None:
    """The seed that is shipped is the best on the validation part, and all were tried."""
    record = pretrained.record(name)
    recipe, seeds = RECIPES[name]
    assert record.recipe == replace(recipe, seed=record.recipe.seed)
    assert list(record.seeds) == list(seeds)
    assert record.seeds[record.recipe.seed] == max(record.seeds.values())
    part = split(recipe.task, recipe.size).validation
    found = decoding.exact_match(load(name), part)
    assert found == pytest.approx(record.seeds[record.recipe.seed], abs=1e-9)
    assert found == pytest.approx(record.snapshots[-1].exact_match, abs=1e-9)


@pytest.mark.slow
def test_snapshots(name: str) -> None:
    """The way from an untrained model to the shipped one is kept."""
    record = pretrained.record(name)
    epochs = [snapshot.epoch for snapshot in record.snapshots]
    assert epochs == training.recording_epochs(record.recipe.epochs)
    first, last = record.snapshots[0], record.snapshots[-1]
    assert first.loss == pytest.approx(np.log(14), abs=0.15)
    assert first.exact_match < 0.02
    assert last.exact_match > 0.3
    if not record.recipe.masked_loss:
        assert last.loss < first.loss / 5
    matrix = load(name).encoder.get_layer("embedding").get_weights()[0]
    assert np.array_equal(last.embedding, matrix)
    for snapshot in record.snapshots:
        assert snapshot.embedding.shape == matrix.shape
        assert list(snapshot.answers) == list(first.answers)
    validation = set(split(record.recipe.task, record.recipe.size).validation)
    for problem, answer in last.answers.items():
        assert problem in validation
        found = decoding.answers(load(name), [problem])
        assert found == [answer]


def test_record_names_its_command(name: str) -> None:
    """The record says what makes the model anew."""
    record = pretrained.record(name)
    assert record.name == name
    assert record.command == f"python -m helpers.make_weights {name}"


@pytest.mark.parametrize("name", GOALS)
def test_goals(name: str) -> None:
    """The models of the book are as good as the book says."""
    assert pretrained.record(name).exact_match >= GOALS[name]


@pytest.mark.parametrize(("name", "seeds"), [("grown", 5), ("three-digit", 3)])
def test_goals_do_not_hang_on_the_seed(name: str, seeds: int) -> None:
    """Each seed alone reaches the goal on the validation part."""
    tried = pretrained.record(name).seeds
    assert len(tried) == seeds
    assert min(tried.values()) >= GOALS[name]


def test_sizes() -> None:
    """``notes`` is the model of the study notes, ``grown`` the larger one, back to front."""
    assert pretrained.record("notes").parameters == 2516
    assert pretrained.record("grown").parameters == 32_622
    assert pretrained.record("three-digit").parameters == 32_622
    recipe = pretrained.record("notes").recipe
    assert (recipe.embedding_dim, recipe.units, recipe.reverse) == (5, 16, False)
    recipe = pretrained.record("grown").recipe
    assert (recipe.embedding_dim, recipe.units, recipe.reverse) == (16, 64, True)


def same_weights(found: Seq2Seq, wanted: Seq2Seq) -> None:
    """Hold that two models have the same weights to the bit."""
    for values, others in zip(found.model.get_weights(), wanted.model.get_weights(), strict=True):
        assert np.array_equal(values, others)


def test_load_makes_new_models() -> None:
    """A reader who breaks a loaded model can load it again."""
    broken = pretrained.load("notes").model
    broken.set_weights([values * 0 for values in broken.get_weights()])
    same_weights(pretrained.load("notes"), load("notes"))


@pytest.mark.parametrize(
    "unknown",
    ["", "Notes", "note", "../notes", "notes.json", Path("notes.json"), None, 3, ["notes"]],
)
def test_unknown_name(monkeypatch: pytest.MonkeyPatch, unknown: Any) -> None:
    """The names there are are named; a path is none."""
    forbid(monkeypatch)
    for function in (pretrained.load, pretrained.record, pretrained.path):
        with pytest.raises((TypeError, ValueError), match=ONE_SENTENCE) as caught:
            function(unknown)
        assert "'notes', 'grown'" in str(caught.value)


# Damage, on the file of an untrained model in a folder of its own.

Made = tuple[pretrained.Record, Seq2Seq]


@pytest.fixture(scope="module")
def made() -> Made:
    """A record as a training makes it, and its model, untrained."""
    keras.utils.set_random_seed(0)
    model = seq2seq()
    matrix = model.encoder.get_layer("embedding").get_weights()[0]
    snapshots = [Snapshot(epoch, 2.5, 0.0, 0.1, {"50+9": "1"}, matrix * epoch) for epoch in (0, 1)]
    command = "python -m helpers.make_weights notes"
    record = pretrained.Record(
        "notes", command, Recipe(epochs=1), 2516, {0: 0.0, 1: 0.5}, 0.25, 0.5, 2.5, snapshots
    )
    return record, model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Made) -> Path:
    """A folder with the file of a model ``notes`` in it, written as a training does."""
    weights = tmp_path / "weights"
    monkeypatch.setattr(pretrained, "WEIGHTS", weights)
    monkeypatch.setattr(make_weights, "UNFINISHED", tmp_path / "unfinished")
    record, model = made
    make_weights._write(record, model_file.packed(model))
    return weights


def test_written_and_read(folder: Path, made: Made) -> None:
    """What a training writes comes back: the weights to the bit, the record in every field."""
    wanted, model = made
    same_weights(pretrained.load("notes"), model)
    record = pretrained.record("notes")
    for field in vars(wanted):
        if field != "snapshots":
            assert getattr(record, field) == getattr(wanted, field)
    for snapshot, original in zip(record.snapshots, wanted.snapshots, strict=True):
        assert np.array_equal(snapshot.embedding, original.embedding)
        assert {**vars(snapshot), "embedding": 0} == {**vars(original), "embedding": 0}
    assert [path.name for path in folder.iterdir()] == ["notes.json"]


def refused(says: str, function: Callable[[str], object]) -> None:
    """Hold that it fails, naming the file and the command that makes it anew."""
    with pytest.raises(ValueError) as caught:
        function("notes")
    message = str(caught.value)
    assert message.startswith(f"The file helpers/weights/notes.json is {says};")
    assert "`python -m helpers.make_weights notes`" in message
    assert "\n" not in message
    assert message.endswith(".")


BOTH = pytest.mark.parametrize("function", [pretrained.load, pretrained.record])


@BOTH
def test_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, function: Callable[[str], object]
) -> None:
    """A missing file is named."""
    forbid(monkeypatch)
    (folder / "notes.json").unlink()
    refused("missing", function)


@BOTH
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-3],
        lambda content: content[: len(content) // 2] + b"\x00\xff" * 20 + content[-200:],
        lambda content: b"garbage",
        lambda content: bytes(range(256)) * 40,
        lambda content: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        lambda content: b"<!doctype html><title>404</title>",
        lambda content: b"[]",
        lambda content: b"{}",
        lambda content: b"null",
        lambda content: b"[" * 200_000,
    ],
)
def test_damaged(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
    function: Callable[[str], object],
) -> None:
    """Truncated, overwritten, or not at all what it should be."""
    forbid(monkeypatch)
    path = folder / "notes.json"
    path.write_bytes(damage(path.read_bytes()))
    refused("damaged", function)


def test_every_flipped_byte(folder: Path, made: Made) -> None:
    """One byte turned round anywhere is noticed, or changes none of the weights."""
    path = folder / "notes.json"
    content = path.read_bytes()
    noticed = 0
    for place in range(0, len(content), 997):
        path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
        try:
            found = pretrained.load("notes")
        except ValueError as error:
            assert "notes.json is damaged" in str(error)
            noticed += 1
        else:
            same_weights(found, made[1])
    assert noticed > 10


def changed(folder: Path, change: Callable[[Any], object]) -> None:
    """Write the file anew with a change; a change in place returns None."""
    path = folder / "notes.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    returned = change(said)
    path.write_text(json.dumps(said if returned is None else returned), encoding="utf-8")


BIAS = reference.NAMES[-1]


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["arrays"].__delitem__(BIAS),
        lambda said: said["arrays"].update({BIAS: packing.pack([np.zeros(13)])[0]}),
        lambda said: said["arrays"].update({BIAS: packing.pack([np.full(14, np.nan)])[0]}),
        lambda said: said["arrays"].update({BIAS: [0.0] * 14}),
        lambda said: said["arrays"].update({BIAS: None}),
        lambda said: said["arrays"].update({"more": said["arrays"][BIAS]}),
        lambda said: said["sizes"].update(units=17),
        lambda said: said["sizes"].clear(),
        lambda said: said.update(architecture="lstm"),
        lambda said: said.update(reverse=None),
        lambda said: said.update(task="arithmetic"),
    ],
)
def test_wrong_models(folder: Path, change: Callable[[Any], object]) -> None:
    """An array that is missing, of another shape, or no numbers; sizes that are not its own."""
    changed(folder, change)
    refused("damaged", pretrained.load)


@pytest.mark.parametrize(
    "change",
    [
        lambda made: [],
        lambda made: False,
        lambda made: {},
        lambda made: "notes",
        lambda made: {key: value for key, value in made.items() if key != "loss"},
        lambda made: made | {"surplus": 1},
        lambda made: made | {"name": "grown"},
        lambda made: made | {"recipe": {"unit": 16}},
        lambda made: made | {"recipe": []},
        lambda made: made | {"recipe": made["recipe"] | {"units": "16"}},
        lambda made: made | {"recipe": made["recipe"] | {"units": 0}},
        lambda made: made | {"seeds": {"zero": 0.5}},
        lambda made: made | {"seeds": []},
        lambda made: made | {"snapshots": 3},
        lambda made: made | {"snapshots": [{}, {}]},
        lambda made: made | {"snapshots": [made["snapshots"][0] | {"more": 1}] * 2},
        lambda made: made | {"snapshots": [made["snapshots"][0] | {"embedding": None}]},
        lambda made: made | {"snapshots": [made["snapshots"][0] | {"embedding": {"int8": "?"}}]},
    ],
)
def test_wrong_records(folder: Path, change: Callable[[Any], object]) -> None:
    """A sound model with words beside it that are no record; the model can still be loaded."""
    changed(folder, lambda said: {**said, "made": change(said["made"])})
    refused("damaged", pretrained.record)
    pretrained.load("notes")


def test_no_record(folder: Path) -> None:
    """A file as a reader writes it does not say how the model was made."""
    changed(folder, lambda said: said.__delitem__("made"))
    refused("damaged", pretrained.record)
    pretrained.load("notes")


def test_command_line_knows_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is none is refused before anything is trained."""
    for arguments in (["sumz"], []):
        with pytest.raises(SystemExit) as caught:
            make_weights.main(arguments)
        assert caught.value.code == 2
    assert "python -m helpers.make_weights" in capsys.readouterr().err


FEW = problems.Split(
    [f"{a}+{b}" for a in range(8) for b in range(8)],
    [f"{a}+{a}" for a in range(10, 30)],
    [f"{a}+1" for a in range(10, 20)],
)
"""A task so small that a model is trained on it in no time."""


@pytest.mark.slow
def test_train_keeps_the_best_seed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of several seeds the best on the validation part is kept and written."""
    scores = iter([0.25, 0.75, 0.5, 0.125])
    recipe = Recipe(task="sums", epochs=1, batch_size=64, embedding_dim=2, units=2)
    monkeypatch.setitem(RECIPES, "notes", (recipe, (3, 5, 7)))
    monkeypatch.setattr(problems, "split", lambda task, size: FEW)
    monkeypatch.setattr(keras.Model, "fit", fit_without_training)
    monkeypatch.setattr(run, "recording_epochs", lambda epochs: [epochs])
    monkeypatch.setattr(decoding, "exact_match", lambda *_: next(scores))
    monkeypatch.setattr(decoding, "answers", lambda model, asked: ["1"] * len(asked))
    record = make_weights.train("notes")
    assert record.seeds == {3: 0.25, 5: 0.75, 7: 0.5}
    assert record.recipe.seed == 5
    assert record.exact_match == 0.125
    assert pretrained.record("notes").recipe.seed == 5
    keras.utils.set_random_seed(5)
    wanted = seq2seq(2, 2)
    same_weights(pretrained.load("notes"), wanted)
    assert "seed 7" in capsys.readouterr().err
    assert not list(make_weights.UNFINISHED.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("last", [False, True])
def test_train_goes_on(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    last: bool,
) -> None:
    """An interrupt ends it, in the last epoch of a seed as well; no epoch is trained twice."""
    recipe = Recipe(task="sums", epochs=2, batch_size=64, embedding_dim=2, units=2)
    monkeypatch.setitem(RECIPES, "notes", (recipe, (3, 5)))
    monkeypatch.setattr(problems, "split", lambda task, size: FEW)
    monkeypatch.setattr(keras.Model, "fit", fit_without_training)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    original = Recorder.on_epoch_end
    done = []

    def on_epoch_end(self: Recorder, epoch: int, logs: dict[str, float] | None = None) -> None:
        original(self, epoch, logs)
        done.append(epoch)
        if done == [0, 1][: last + 1]:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Recorder, "on_epoch_end", on_epoch_end)
    assert make_weights.main(["notes"]) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert len(done) == 1 + last
    assert [path.name for path in make_weights.UNFINISHED.iterdir()] == ["notes-3.npz"]
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert make_weights.main(["notes"]) == 0
    assert done == [0, 1, 0, 1]
    assert list(pretrained.record("notes").seeds) == [3, 5]
    assert not list(make_weights.UNFINISHED.iterdir())
    said = capsys.readouterr()
    assert said.out.startswith("notes: exact match 0.")
    assert said.err.count("notes, seed") == 2


COMMAND = """
import sys
from pathlib import Path
from helpers import make_weights, pretrained
from helpers.records import Recipe
from helpers.training import Recorder
from pytest import MonkeyPatch
from tests.models import leave_out_xla


def wait(recorder, batch, logs=None):
    if recorder.losses:
        sys.stdin.readline()


leave_out_xla(MonkeyPatch())
Recorder.on_train_batch_end = wait
pretrained.WEIGHTS = Path(sys.argv[1]) / "weights"
make_weights.UNFINISHED = Path(sys.argv[1]) / "unfinished"
pretrained.RECIPES["sums"] = ({recipe!r}, (4,))
sys.exit(make_weights.main(["sums"]))
"""
"""The command line, on a small training and in folders of its own.

After the first epoch, for each further batch, it waits for a line.
"""


@pytest.mark.slow
def test_interrupted_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the command with status 130, and the same command goes on from there."""
    recipe = Recipe("sums", size=400, embedding_dim=2, units=2, epochs=3, batch_size=32)
    command = [sys.executable, "-c", COMMAND.format(recipe=recipe), str(tmp_path)]
    kept = tmp_path / "unfinished" / "sums-4.npz"
    with subprocess.Popen(
        command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stderr is not None
        shown = next(line for line in process.stderr if "exact match" in line)
        process.send_signal(signal.SIGINT)
        said, warned = process.communicate("\n" * 100)
    assert "epoch 2 of 3" in shown
    assert process.returncode == 130
    assert re.fullmatch(r"Stopped after epoch [12] of 3\. .*\.\n", said)
    assert warned.endswith("Interrupted: the same command goes on from there.\n")
    assert list(tmp_path.rglob("*.*")) == [kept]
    monkeypatch.setattr(pretrained, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(make_weights, "UNFINISHED", tmp_path / "unfinished")
    monkeypatch.setitem(RECIPES, "sums", (recipe, (4,)))
    assert make_weights.main(["sums"]) == 0
    assert not kept.exists()
    snapshots = pretrained.record("sums").snapshots
    assert [snapshot.epoch for snapshot in snapshots] == training.recording_epochs(3)


@pytest.mark.slow
def test_train_stores_short_weights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights are rounded if the recipe says so, and all figures are of the rounded model."""
    recipe = Recipe(
        task="sums", epochs=2, batch_size=64, embedding_dim=2, units=3, seed=4, weight_bits=8
    )
    monkeypatch.setitem(RECIPES, "notes", (recipe, (4,)))
    monkeypatch.setattr(problems, "split", lambda task, size: FEW)
    made = make_weights.train("notes")
    record = pretrained.record("notes")
    assert record.recipe == recipe
    model = pretrained.load("notes")
    for values in model.model.get_weights():
        assert np.array_equal(values, packing.short(values, 8))
    assert all("int8" in text for text in packing.pack(model.model.get_weights()))
    loss, accuracy = training.examine(model, FEW.test)
    assert (record.loss, record.token_accuracy) == pytest.approx((loss, accuracy))
    assert record.exact_match == decoding.exact_match(model, FEW.test)
    first, before, last = record.snapshots
    assert (last.loss, last.token_accuracy) == pytest.approx(
        training.examine(model, FEW.validation)
    )
    assert np.array_equal(last.embedding, model.model.get_weights()[0])
    for snapshot in (first, before):
        assert not np.array_equal(snapshot.embedding, packing.short(snapshot.embedding, 8))
    assert made.seeds == record.seeds == {4: last.exact_match}


@pytest.mark.parametrize(
    "name", [name for name, (recipe, _) in RECIPES.items() if recipe.weight_bits]
)
def test_stored_weights_are_short(name: str) -> None:
    """The models whose recipes say so have weights of as few bits as they say."""
    bits = RECIPES[name][0].weight_bits
    assert bits is not None
    for values in load(name).model.get_weights():
        assert np.array_equal(values, packing.short(values, bits))


def fit_without_training(self: keras.Model, *data: object, **options: Any) -> None:
    """Stand in for ``fit``: the callbacks see the model as it starts."""
    callbacks = keras.callbacks.CallbackList(
        options["callbacks"], model=self, epochs=options["epochs"], steps=1
    )
    self.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(options["initial_epoch"], options["epochs"]):
        if not self.stop_training:
            callbacks.on_epoch_end(epoch, {"loss": 2.5})
    callbacks.on_train_end()
