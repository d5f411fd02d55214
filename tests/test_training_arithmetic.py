"""Training in the page: its gradients, its updates and its answers against Keras."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Browser, Page

from bookbuild.ops import COMPILED, compile_ops
from helpers import decoding, geometry, pretrained, problems, reference, training
from helpers.model import seq2seq
from helpers.records import Recipe
from helpers.task import ARITHMETIC
from helpers.widgets import bundle
from helpers.widgets.base import JS

PARTS = problems.split("arithmetic")

# Makes `trainer(options)`, `read(text)` and `written(numbers)` for what a test evaluates.
SET_UP = """async ([training, ops, task, geometry, compiled, arithmetic]) => {
    const kind = { type: "text/javascript" };
    const load = (text) => import(URL.createObjectURL(new Blob([text], kind)));
    Object.assign(window, await load(training), await load(ops), await load(task));
    Object.assign(window, await load(geometry));
    const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    window.arithmetic = new Task(arithmetic);
    window.read = (text) => new Float32Array(bytes(text).buffer);
    window.written = (numbers) => {
        const given = new Uint8Array(Float64Array.from(numbers).buffer);
        let text = "";
        for (const byte of given) text += String.fromCharCode(byte);
        return btoa(text);
    };
    window.trainer = ({ fast, weights, ...options }) => {
        let memory;
        const made = new Trainer({
            ...options,
            task: window.arithmetic,
            memory: (size) => fast
                ? (memory = new WebAssembly.Memory({ initial: Math.ceil(size / 65536) })).buffer
                : new ArrayBuffer(size),
            opsOn: (heap, ids) => fast
                ? fastOps(memory, wasmModule(bytes(compiled)))
                : trainingOps(heap, ids),
        });
        if (weights) {
            const all = read(weights);
            let from = 0;
            made.weights = Object.fromEntries(Object.entries(made.weights).map(
                ([name, { length }]) => [name, all.slice(from, (from += length))]));
        }
        return made;
    };
    window.given = (problems, reverse) => asData(problems, window.arithmetic, reverse);
    // The gradients as Keras has them, one array behind the other.
    window.gradients = (made) => {
        return Object.entries(made.weights).flatMap(([name, { length }]) =>
            Array.from({ length }, (_, k) => made.heap[made.gradientOf(made.addressOf(name, k))]));
    };
    window.flat = (weights) => Object.values(weights).flatMap((numbers) => Array.from(numbers));
    window.all = (list) => Int32Array.from(list, (_, number) => number);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that has the modules."""
    page = browser.new_page()
    modules = [
        bundle.module(JS / f"{name}.js")
        for name in ("nn/training", "nn/training_ops", "domain/task", "ui/geometry")
    ]
    compiled = b64encode(COMPILED.read_bytes()).decode()
    page.evaluate(SET_UP, [*modules, compiled, ARITHMETIC.data()])
    yield page
    page.close()


def flat(arrays: list[np.ndarray]) -> np.ndarray:
    """Return arrays as one, in their order, row by row."""
    return np.concatenate([np.asarray(values, dtype=np.float32).ravel() for values in arrays])


def text(values: np.ndarray) -> str:
    """Return numbers as text for the page."""
    return b64encode(values.astype("<f4").tobytes()).decode()


def numbers(given: str) -> np.ndarray:
    """Return numbers that the page has written."""
    return np.frombuffer(b64decode(given), "<f8")


def split_up(values: np.ndarray, like: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return what `flat` has joined, by the names of Keras."""
    ends = np.cumsum([array.size for array in like])[:-1]
    return dict(zip(reference.NAMES, np.split(values, ends), strict=True))


def new_model(embedding_dim: int, units: int) -> keras.Model:
    """Return a new model for training, with biases that are not zero."""
    keras.utils.set_random_seed(5)
    made = seq2seq(embedding_dim, units).model
    for variable in made.weights:
        if "bias" in variable.path:
            variable.assign(np.random.default_rng(1).normal(0, 0.2, variable.shape))
    return made


def keras_loss(model: Callable[..., Any], chosen: list[str], masked: bool, reverse: bool) -> Any:
    """Return the mean loss over the tokens that count."""
    encoder_input, decoder_input, target = problems.batch(chosen, reverse=reverse)
    losses = keras.losses.categorical_crossentropy(target, model([encoder_input, decoder_input]))
    weights = problems.weights_up_to_eos(target) if masked else np.ones(target.shape[:2])
    weights = tf.constant(weights, losses.dtype)
    return tf.reduce_sum(losses * weights) / tf.reduce_sum(weights)


def drawn(count: int, seed: int = 0) -> list[str]:
    """Return problems of the training part."""
    chosen = np.random.default_rng(seed).choice(len(PARTS.train), count, replace=False)
    return [PARTS.train[place] for place in chosen]


def test_the_operations_are_compiled_from_their_source(tmp_path: Path) -> None:
    """Compiled again, they are the same to the byte."""
    again = tmp_path / "ops.wasm"
    compile_ops(again)
    assert again.read_bytes() == COMPILED.read_bytes()


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
@pytest.mark.parametrize("masked", [False, True], ids=["all steps", "up to EOS"])
@pytest.mark.parametrize("shared", [False, True], ids=["row by row", "shared"])
def test_gradients_are_those_of_keras(page: Page, fast: bool, masked: bool, shared: bool) -> None:
    """Of every tensor, within 1e-5 of its largest number."""
    model = new_model(16, 64)
    chosen = drawn(128)
    with tf.GradientTape() as tape:
        loss = keras_loss(model, chosen, masked, reverse=True)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    gradients = [tf.convert_to_tensor(gradient).numpy() for gradient in gradients]
    options = {
        "sizes": {"embedding_dim": 16, "units": 64}, "batch": 128, "masked": masked, "fast": fast,
        "shared": shared, "dropped": shared, "weights": text(flat(model.get_weights())),
    }  # fmt: skip
    measured, given = page.evaluate(
        """([options, problems]) => {
            const made = trainer(options);
            const { loss, tokens } = made.learnFrom(given(problems, true), all(problems), 0, 128);
            return [loss / tokens, written(gradients(made))];
        }""",
        [options, chosen],
    )
    assert measured == pytest.approx(float(loss), rel=1e-5)
    ours = split_up(numbers(given), gradients)
    for name, wanted in zip(reference.NAMES, gradients, strict=True):
        off = np.abs(ours[name] - wanted.ravel()).max() / np.abs(wanted).max()
        assert off < 1e-5, name


class Course(NamedTuple):
    """Fifty updates of a Keras model: by what, from what, what it learned from, what it lost."""

    optimizer: str
    weights: str
    batches: list[list[str]]
    losses: list[float]


@pytest.fixture(scope="module", params=["adamw", "muon"])
def course(request: pytest.FixtureRequest) -> Course:
    """Fifty updates with weight decay and a rate that changes.

    The gradient of the embedding is handed to Keras as a whole. As the lookups leave it, in pieces,
    Keras 3.15 squares each piece by itself, and the steps of the embedding become larger.
    """
    recipe = Recipe(epochs=1, optimizer=request.param, learning_rate=0.02, weight_decay=0.1)
    model = new_model(5, 64)
    compiled = tf.function(lambda inputs: model(inputs))
    weights = text(flat(model.get_weights()))
    batches = [drawn(64, seed) for seed in range(50)]
    optimizer = training.optimizer(recipe, 50)
    variables = model.trainable_variables
    optimizer.build(variables)
    losses = []
    for chosen in batches:
        with tf.GradientTape() as tape:
            loss = keras_loss(compiled, chosen, True, reverse=True)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply([tf.convert_to_tensor(gradient) for gradient in gradients], variables)
        losses.append(float(loss))
    return Course(recipe.optimizer, weights, batches, losses)


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
def test_fifty_updates_follow_keras(page: Page, course: Course, fast: bool) -> None:
    """From the same weights, on the same batches, with weight decay and a rate that changes."""
    ours = page.evaluate(
        """([options, batches]) => {
            const made = trainer(options);
            return batches.map((problems, number) => {
                const data = given(problems, true);
                const { loss, tokens } = made.learnFrom(data, all(problems), 0, 64);
                made.update({ rate: warmupCosine(0.02, number, 50), weightDecay: 0.1 });
                return loss / tokens;
            });
        }""",
        [
            {"sizes": {"embedding_dim": 5, "units": 64}, "batch": 64, "masked": True,
             "fast": fast, "weights": course.weights, "optimizer": course.optimizer},
            course.batches,
        ],
    )  # fmt: skip
    assert course.losses[-1] < 0.8 * course.losses[0]
    np.testing.assert_allclose(ours, course.losses, atol=1e-4, rtol=0)


def test_the_rate_is_that_of_the_recipe(page: Page) -> None:
    """Warm-up and cosine, at every update."""
    recipe = Recipe(epochs=7, learning_rate=0.05)
    schedule = training.warmup_cosine(recipe, 31)
    wanted = [float(schedule(number)) for number in range(7 * 31)]
    ours = page.evaluate(
        "updates => Array.from(all({ length: updates }), (n) => warmupCosine(0.05, n, updates))",
        7 * 31,
    )
    np.testing.assert_allclose(ours, wanted, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
def test_it_answers_and_examines_as_keras_does(page: Page, fast: bool) -> None:
    """A model of Keras opens in the page, and the weights come back as they were."""
    model = pretrained.load("grown")
    recipe = pretrained.record("grown").recipe
    asked = PARTS.validation[:700]
    weights = flat(model.model.get_weights())
    written, measured, back = page.evaluate(
        """([options, problems]) => {
            const made = trainer(options);
            const data = given(problems, true);
            const ids = Array.from(made.answer(data, all(problems)));
            return [ids, made.examine(data, all(problems)), written(flat(made.weights))];
        }""",
        [
            {"sizes": {"embedding_dim": recipe.embedding_dim, "units": recipe.units}, "batch": 256,
             "masked": True, "fast": fast, "weights": text(weights)},
            asked,
        ],
    )  # fmt: skip
    np.testing.assert_array_equal(numbers(back), weights.astype(np.float64))
    ids = np.array(written).reshape(len(asked), -1)
    wanted = decoding.greedy(model, problems.batch(asked, reverse=True).encoder_input)
    np.testing.assert_array_equal(ids, wanted)
    loss, accuracy = training.examine(model, asked, masked_loss=True)
    assert measured["loss"] / measured["tokens"] == pytest.approx(loss, rel=1e-3, abs=1e-6)
    assert measured["right"] / measured["tokens"] == pytest.approx(accuracy, abs=1e-6)


def test_it_starts_as_keras_does(page: Page) -> None:
    """Bounds, right angles, zeros; the same for a seed, and other numbers for another."""
    first, again, other = (
        numbers(
            page.evaluate(
                """seed => {
                    const sizes = { embedding_dim: 5, units: 16 };
                    const made = trainer({ sizes, batch: 1, masked: true });
                    made.initialize(seed);
                    return written(flat(made.weights));
                }""",
                seed,
            )
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    like = [np.asarray(values) for values in seq2seq(5, 16).model.get_weights()]
    ours = split_up(first, like)
    keras.utils.set_random_seed(0)
    for name, values in zip(reference.NAMES, like, strict=True):
        mine = ours[name].reshape(values.shape)
        if name.endswith("bias"):
            assert not mine.any()
        elif name.endswith("recurrent_kernel"):
            np.testing.assert_allclose(mine @ mine.T, np.eye(16), atol=1e-5)
        else:
            bound = 0.05 if name.startswith("embedding") else np.sqrt(6 / sum(values.shape))
            assert 0.9 * bound < np.abs(mine).max() <= bound
            assert np.abs(mine.mean()) < 0.25 * bound


def test_the_plane_of_the_map_is_that_of_the_largest_spread(page: Page) -> None:
    """After some calls it is the plane of `geometry.spread`; in one dimension the map is a line."""
    rows = np.random.default_rng(3).normal(size=(14, 5)) * [3, 1, 2, 0.5, 0.1]
    mean, directions, _ = geometry.spread(rows)
    found = page.evaluate(
        """([rows, calls]) => {
            let plane;
            for (let call = 0; call < calls; call++) plane = principalPlane(rows, plane);
            return plane;
        }""",
        [rows.tolist(), 20],
    )
    assert np.allclose(found["mean"], mean)
    for ours, theirs in zip(found["directions"], directions, strict=True):
        assert abs(np.dot(ours, theirs)) == pytest.approx(1, abs=1e-6)
    line = page.evaluate("(rows) => principalPlane(rows)", rows[:, :1].tolist())
    assert [abs(direction[0]) for direction in line["directions"]] == [pytest.approx(1), 0]
