"""A run that is watched, stopped, gone on with and kept in a file, in short real trainings."""

import io
import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import keras
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

from helpers import decoding, packing, problems, progress, run, training
from helpers.pictures import PAGE
from helpers.pretrained import WEIGHTS
from helpers.progress import LiveCurve, Progress, ProgressLine
from helpers.records import Recipe
from helpers.run import Run
from helpers.training import Recorder, ShortWeights
from tests.messages import ONE_SENTENCE
from tests.screen import Screen

pytestmark = pytest.mark.usefixtures("without_xla")

ROOT = Path(__file__).parents[1]
RECIPE = Recipe(
    task="sums",
    size=600,
    embedding_dim=3,
    units=4,
    reverse=True,
    masked_loss=True,
    epochs=6,
    batch_size=32,
    weight_decay=0.1,
    seed=7,
    weight_bits=16,
)
EPOCHS = [0, 1, 3, 4, 6]
WATCHED = ["50+9", "1+1"]


@dataclass
class Stopped:
    """A run that was stopped after its epochs 2 and 5, and what was there after epoch 2."""

    run: Run
    file: Path
    files: list[Path]
    content: bytes
    states: list[tuple[int, bool, bool]]
    representation: str
    said: list[str]


def new(file: Path | None = None) -> Run:
    """A run that has not begun, unless ``file`` is there."""
    return Run(RECIPE, epochs=EPOCHS, watched=WATCHED, file=file)


def interrupt(patch: pytest.MonkeyPatch, going: Run, times: dict[int, int]) -> None:
    """Let so many interrupts come in the middle of each of these epochs, the first time only."""

    def on_train_batch_end(batch: int, logs: dict[str, float] | None = None) -> None:
        if batch == 5:
            for _ in range(times.pop(going.epoch + 1, 0)):
                signal.raise_signal(signal.SIGINT)

    patch.setattr(going.recorder, "on_train_batch_end", on_train_batch_end)


def assert_same(found: Run, wanted: Run) -> None:
    """Hold that two runs are the same to the bit."""
    assert found.losses == wanted.losses
    for seen, other in zip(found.snapshots, wanted.snapshots, strict=True):
        assert asdict(replace(seen, embedding=None)) == asdict(replace(other, embedding=None))  # type: ignore[arg-type]
        assert np.array_equal(seen.embedding, other.embedding)
    for values, others in zip(variables(found), variables(wanted), strict=True):
        assert np.array_equal(values, others)


def variables(of: Run) -> list[np.ndarray]:
    """Return all that an update changes."""
    model = of.model.model
    return [value.numpy() for value in [*model.variables, *model.optimizer.variables]]


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """An interrupt raises KeyboardInterrupt, before each test and after it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    left = signal.signal(signal.SIGINT, before)
    assert left is signal.default_int_handler


@pytest.fixture(scope="module")
def screen() -> Screen:
    """What the run that is never stopped shows in a notebook."""
    return Screen()


@pytest.fixture(scope="module")
def whole(screen: Screen) -> Run:
    """A run that is never stopped, with a live curve."""
    going = new()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "DisplayHandle", lambda: screen)
        patch.setattr(run, "in_notebook", lambda: True)
        going.fit()
    return going


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    """A run with a file that is stopped twice and goes on to its end in the same process."""
    file = tmp_path_factory.mktemp("stopped") / "folder" / "run.npz"
    going = new(file)
    states: list[tuple[int, bool, bool]] = []
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", said.append)
        interrupt(patch, going, {2: 1, 5: 1})
        going.fit(verbose=0)
        states.append((going.epoch, going.complete, going.interrupted))
        content, files, representation = file.read_bytes(), [*file.parent.iterdir()], repr(going)
        for _ in range(2):
            going.fit(verbose=0)
            states.append((going.epoch, going.complete, going.interrupted))
    return Stopped(going, file, files, content, states, representation, said)


# From the first epoch to the last.


def test_to_the_end(whole: Run) -> None:
    """Every epoch has its loss, and every epoch named its snapshot."""
    assert whole.complete
    assert not whole.interrupted
    assert whole.epoch == len(whole.losses) == 6
    assert whole.losses == whole.recorder.losses
    assert whole.losses[-1] < whole.losses[0]
    assert [snapshot.epoch for snapshot in whole.snapshots] == EPOCHS
    assert all(list(snapshot.answers) == WATCHED for snapshot in whole.snapshots)
    assert repr(whole) == "<Run on 'sums': epoch 6 of 6>"
    assert whole.parts == problems.split("sums", 600)


def test_by_its_recipe(whole: Run) -> None:
    """The reading order, the mask, the bits and the length of the schedule are the recipe's."""
    last = whole.snapshots[-1]
    validation = whole.parts.validation
    assert (last.loss, last.token_accuracy) == training.examine(
        whole.model, validation, masked_loss=True
    )
    assert (whole.model.reverse, whole.model.task.name) == (True, "sums")
    assert last.exact_match == decoding.exact_match(whole.model, validation)
    assert list(last.answers.values()) == decoding.answers(whole.model, WATCHED)
    for values in whole.model.model.get_weights():
        assert np.array_equal(values, packing.short(values, 16))
    assert int(whole.model.model.optimizer.iterations.numpy()) == 6 * len(whole.batches)


def test_as_without_a_run(whole: Run) -> None:
    """It is what `fit` of Keras makes of the recipe."""
    (model, _, _), data = training.build(RECIPE, whole.parts.train)
    history = model.fit(data, epochs=6, shuffle=False, verbose=0, callbacks=[ShortWeights(16)])
    assert history.history["loss"] == whole.losses
    for values, wanted in zip(model.get_weights(), whole.model.model.get_weights(), strict=True):
        assert np.array_equal(values, wanted)


def test_defaults() -> None:
    """Without more words: all problems of the task, and the epochs that are usually recorded."""
    going = Run(Recipe(task="sums", epochs=30))
    assert going.parts == problems.split("sums")
    assert going.recorder._epochs == set(training.recording_epochs(30))
    assert repr(going) == "<Run on 'sums': epoch 0 of 30>"
    assert not going.complete
    assert not going.interrupted


def test_parts_of_ones_own() -> None:
    """What is trained on can be given; less than one batch is refused as `build` does."""
    parts = problems.Split(["1+1"] * 40, ["1+2"], ["1+3"])
    assert Run(RECIPE, parts).parts is parts
    assert len(Run(RECIPE, parts).batches) == 1
    with pytest.raises(ValueError, match=ONE_SENTENCE):
        Run(replace(RECIPE, batch_size=41), parts)


def test_nothing_left_to_do(
    whole: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A complete run says so and trains nothing."""
    before = variables(whole)
    monkeypatch.setattr(keras.Model, "fit", fail)
    whole.fit()
    said = "All 6 epochs are done; a new `Run` starts from the beginning.\n"
    assert capsys.readouterr().out == said
    assert whole.epoch == 6
    assert all(map(np.array_equal, variables(whole), before))


@pytest.mark.parametrize(
    ("verbose", "notebook", "wanted"),
    [(1, True, LiveCurve), (1, False, ProgressLine), (0, True, None), (0, False, None)],
)
@pytest.mark.parametrize("bits", [None, 8])
def test_callbacks(
    monkeypatch: pytest.MonkeyPatch,
    verbose: int,
    notebook: bool,
    wanted: type[Progress] | None,
    bits: int | None,
) -> None:
    """Rounded, then recorded, then shown: on a line, in a notebook, or not at all."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(keras.Model, "fit", lambda self, data, **options: given.update(options))
    monkeypatch.setattr(run, "in_notebook", lambda: notebook)
    going = Run(replace(RECIPE, weight_bits=bits))
    going.fit(verbose=verbose)
    kinds = [type(callback) for callback in given["callbacks"]]
    assert kinds == [
        *([ShortWeights] if bits else []),
        Recorder,
        *([wanted] if wanted else []),
        keras.callbacks.LambdaCallback,
    ]
    assert given["verbose"] == 0


# Stopped, and gone on with.


def test_an_interrupt_ends_the_epoch(stopped: Stopped) -> None:
    """Each `fit` ends after the epoch the interrupt falls into, and the next one goes on there."""
    assert stopped.states == [(2, False, True), (5, False, True), (6, True, False)]
    assert stopped.representation == "<Run on 'sums': epoch 2 of 6>"
    assert stopped.said == [
        f"Stopped after epoch {epoch} of 6. Run this again, and it goes on from there."
        for epoch in (2, 5)
    ]


def test_goes_on_to_the_bit(stopped: Stopped, whole: Run) -> None:
    """What was stopped twice ends as what was never stopped."""
    assert_same(stopped.run, whole)


def test_goes_on_from_its_file_to_the_bit(stopped: Stopped, whole: Run, tmp_path: Path) -> None:
    """A fresh run takes up the file of a stopped one and ends as what was never stopped."""
    file = tmp_path / "run.npz"
    file.write_bytes(stopped.content)
    restored = new(file)
    assert restored.epoch == 2
    assert restored.losses == whole.losses[:2]
    assert [snapshot.epoch for snapshot in restored.snapshots] == [0, 1]
    restored.fit(verbose=0)
    assert_same(restored, whole)


def test_goes_on_with_muon_to_the_bit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The averages of another optimizer are kept in the file as well."""
    recipe, file = replace(RECIPE, optimizer="muon", epochs=3), tmp_path / "run.npz"
    whole, going = Run(recipe), Run(recipe, file=file)
    interrupt(monkeypatch, going, {2: 1})
    whole.fit(verbose=0)
    going.fit(verbose=0)
    restored = Run(recipe, file=file)
    assert (going.epoch, restored.epoch) == (2, 2)
    restored.fit(verbose=0)
    assert_same(restored, whole)


def test_file_of_a_complete_run(
    stopped: Stopped,
    whole: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is kept when it is complete, and comes back as it was."""
    assert stopped.files == [stopped.file]
    assert [*stopped.file.parent.iterdir()] == [stopped.file]
    restored = new(stopped.file)
    assert_same(restored, whole)
    monkeypatch.setattr(keras.Model, "fit", fail)
    restored.fit()
    assert "without its file a new `Run` starts" in capsys.readouterr().out


@pytest.mark.slow
def test_second_interrupt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It stops at once; what is lost is that epoch, and the run can still come to its end."""
    monkeypatch.setattr(run, "SAVE_EVERY", -1.0)
    file = tmp_path / "run.npz"
    hasty = new(file)
    interrupt(monkeypatch, hasty, {1: 2, 4: 2})
    for epoch in (0, 3):
        with pytest.raises(KeyboardInterrupt):
            hasty.fit(verbose=0)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert hasty.epoch == epoch
        assert file.exists() == (epoch > 0)
    assert new(file).epoch == 3
    hasty.fit(verbose=0)
    assert hasty.complete
    assert np.isfinite(hasty.losses).all()
    assert [snapshot.epoch for snapshot in hasty.snapshots] == EPOCHS
    assert_same(new(file), hasty)


def test_handler_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends `fit`, interrupts then do what they did before."""

    def before(number: int, frame: object) -> None: ...

    def fit(*args: object, **options: object) -> NoReturn:
        assert signal.getsignal(signal.SIGINT) is not before
        raise RuntimeError("broken")

    monkeypatch.setattr(keras.Model, "fit", fit)
    signal.signal(signal.SIGINT, before)
    try:
        with pytest.raises(RuntimeError, match="broken"):
            new().fit()
        assert signal.getsignal(signal.SIGINT) is before
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_in_another_thread(whole: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A thread cannot be interrupted, but it can train; soon done, it is saved at its end only."""
    monkeypatch.setattr(run, "SAVE_EVERY", math.inf)
    file = tmp_path / "run.npz"
    going = new(file)
    there: list[bool] = []
    handlers: list[object] = []

    def on_train_batch_end(batch: int, logs: dict[str, float] | None = None) -> None:
        there.append(file.exists())
        handlers.append(signal.getsignal(signal.SIGINT))

    monkeypatch.setattr(going.recorder, "on_train_batch_end", on_train_batch_end)
    thread = threading.Thread(target=going.fit, kwargs={"verbose": 0})
    thread.start()
    thread.join()
    assert_same(going, whole)
    assert not any(there)
    assert file.exists()
    assert set(handlers) == {signal.default_int_handler}


IN_A_KERNEL = f"""
import json
import time

import keras
from helpers.run import Run
from helpers.records import Recipe

run = Run({RECIPE!r}, epochs={EPOCHS!r}, watched={WATCHED!r})
run.model.model.jit_compile = False


def wait(batch, logs):
    while not run.interrupted:
        time.sleep(0.01)


run.fit(callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=wait)])
"""
"""A run that does not go on before it is interrupted."""


def test_stop_button(whole: Run) -> None:
    """In a kernel an interrupt ends the epoch, the cell has no error, and `fit` goes on.

    In this other process the losses are the same, to three decimals, and so are the answers.
    """
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))
    shown: list[str] = []
    printed: list[str] = []
    asked: list[str] = []

    def look(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] in ("display_data", "update_display_data"):
            data = content["data"]
            shown.append(data[PAGE] if PAGE in data else data["text/html"])
            if "epoch 1 of" in shown[-1] and not asked:
                asked.append("stop")
                manager.interrupt_kernel()
        elif message["msg_type"] == "stream" and content["name"] == "stdout":
            printed.append(content["text"])

    def execute(code: str) -> str:
        reply = client.execute_interactive(code, output_hook=look)
        return str(reply["content"]["status"])

    try:
        assert execute(IN_A_KERNEL) == "ok"
        assert "compiling" in shown[1]
        assert "".join(printed).startswith("Stopped after epoch 1 of 6.")
        assert "<progress" not in shown[-1]
        printed.clear()
        assert execute("print(run.complete)\nrun.fit()\nprint(run.complete, run)") == "ok"
        assert "".join(printed) == "False\nTrue <Run on 'sums': epoch 6 of 6>\n"
        assert shown[-1].count("<svg") == 2
        printed.clear()
        answers = "[snapshot.answers for snapshot in run.snapshots]"
        assert execute(f"print(json.dumps([run.losses, {answers}]))") == "ok"
        losses, found = json.loads("".join(printed))
        assert np.round(losses, 3).tolist() == np.round(whole.losses, 3).tolist()
        assert found == [snapshot.answers for snapshot in whole.snapshots]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


# The file.


def refused(file: Path, says: str) -> None:
    """Hold that no run takes up ``file``, says so in a sentence, and leaves it as it is."""
    before = file.read_bytes()
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        new(file)
    assert f"{file} holds {says}: remove it" in str(caught.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2] + b"\x00\xff" * 20 + content[-3000:],
        lambda content: b"garbage",
        lambda content: bytes(range(256)) * 40,
        lambda content: content.replace("losses".encode("utf-32-le"), b"losses" * 4),
        lambda content: (
            content[: content.index(b"PK\x01\x02") + 8]
            + b"\x01"  # it seems to be locked with a password
            + content[content.index(b"PK\x01\x02") + 9 :]
        ),
        lambda content: (WEIGHTS / "sums.json").read_bytes(),
    ],
)
def test_damaged(stopped: Stopped, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Truncated, overwritten, or not at all what it should be."""
    file = tmp_path / "run.npz"
    file.write_bytes(damage(stopped.content))
    refused(file, "no run")


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays, said: arrays.pop("variable/3"),
        lambda arrays, said: arrays.pop("embeddings"),
        lambda arrays, said: arrays.update({"variable/0": np.zeros((14, 4))}),
        lambda arrays, said: arrays.update({"variable/0": np.array([None] * 3)}),
        lambda arrays, said: arrays.update({"embeddings": arrays["embeddings"][:1]}),
        lambda arrays, said: said.clear(),
        lambda arrays, said: said.pop("losses"),
        lambda arrays, said: said.update(recipe=[]),
        lambda arrays, said: said["recipe"].update(surplus=1),
        lambda arrays, said: said["recipe"].update(units=0),
        lambda arrays, said: said["snapshots"][0].pop("loss"),
    ],
)
def test_wrong_values(
    stopped: Stopped, tmp_path: Path, change: Callable[[dict[str, Any], dict[str, Any]], object]
) -> None:
    """An array that is missing or has another shape, or words that tell of no run."""
    file = tmp_path / "run.npz"
    with np.load(io.BytesIO(stopped.content)) as stored:
        arrays = dict(stored)
    said = json.loads(str(arrays["said"]))
    change(arrays, said)
    np.savez(file, **(arrays | {"said": np.array(json.dumps(said))}))
    refused(file, "no run")


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 8},
        {"epochs": 7},
        {"units": 5},
        {"weight_decay": 0.0},
        {"size": 601},
        {"optimizer": "muon"},
    ],
)
def test_another_recipe(stopped: Stopped, tmp_path: Path, change: dict[str, Any]) -> None:
    """A run is not gone on with by another recipe."""
    file = tmp_path / "run.npz"
    other = Run(replace(RECIPE, **change))
    other._save(file)
    refused(file, "a run of another recipe")


def test_from_before_there_was_a_choice(stopped: Stopped, tmp_path: Path) -> None:
    """A file that names no optimizer holds a run of AdamW."""
    file = tmp_path / "run.npz"
    with np.load(io.BytesIO(stopped.content)) as stored:
        arrays = dict(stored)
    said = json.loads(str(arrays["said"]))
    assert said["recipe"].pop("optimizer") == "adamw"
    np.savez(file, **(arrays | {"said": np.array(json.dumps(said))}))
    assert new(file).epoch == 2


def test_before_the_first_snapshot(tmp_path: Path) -> None:
    """A run can be kept when nothing has been recorded yet."""
    file = tmp_path / "run.npz"
    Run(RECIPE, epochs=[6])._save(file)
    restored = new(file)
    assert restored.epoch == 0
    assert restored.snapshots == []


def test_whole_or_not_at_all(
    stopped: Stopped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends while it is being saved leaves the file that was there."""
    file = tmp_path / "run.npz"
    file.write_bytes(stopped.content)
    going = new(file)

    def half(path: Path, **arrays: object) -> NoReturn:
        path.write_bytes(stopped.content[:1000])
        raise OSError("No space left on device.")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(np, "savez", half)
        going._save(file)
    assert file.read_bytes() == stopped.content
    going._save(file)
    assert [*tmp_path.iterdir()] == [file]
    assert_same(new(file), going)


# What is shown.


def test_live_curve_of_a_run(whole: Run, screen: Screen) -> None:
    """In a real training: compiling, under way, and in the end the still figure."""
    total = 6 * len(whole.batches)
    assert f'compiling <progress max="{total}" value="0">' in screen.shown[1]
    assert f'epoch 1 of 6 <progress max="{total}" value="1">' in screen.shown[2]
    assert all("<progress" in state for state in screen.shown[1:-1])
    assert "<progress" not in screen.shown[-1]
    assert screen.shown[-1].count("<svg") == 2


def fail(*args: object, **options: object) -> NoReturn:
    """Stand in for what must not be called."""
    raise AssertionError("A complete run was trained.")
