"""The arithmetic in the pages against Keras, on every problem of the task."""

import json
from base64 import b64decode
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Browser, Page

from helpers import pretrained, problems
from helpers.model import Seq2Seq, seq2seq
from helpers.task import ARITHMETIC
from helpers.vocabulary import PAD, TOKENS
from tests.models import load

PARTS = problems.split("arithmetic")
PROBLEMS = [*PARTS.train, *PARTS.validation, *PARTS.test]
REVERSE = {"notes": False, "grown": True}

# Answers each problem with the module and the weights that are in the page.
ANSWER_ALL = """([name, forcing, problems]) => {
    const state = JSON.parse(window.stateOfThePage);
    const model = {
        state: { ...state, model: name, teacher_forcing: forcing, kernel: false },
        get(key) { return this.state[key]; },
        set(key, value) { this.state[key] = value; },
    };
    const written = new Int8Array(problems.length * 5);
    const shares = new Float32Array(problems.length * 5 * 14);
    problems.forEach(([problem, picks], row) => {
        Object.assign(model.state, { problem, picks });
        window.bookWidgets.decoder_stepper.initialize({ model });
        model.get("trace").steps.forEach((step, place) => {
            written[5 * row + place] = step.written;
            shares.set(step.distribution, 14 * (5 * row + place));
        });
    });
    const text = (array) => {
        const bytes = new Uint8Array(array.buffer);
        let characters = "";
        for (let at = 0; at < bytes.length; at += 32768) {
            characters += String.fromCharCode(...bytes.subarray(at, at + 32768));
        }
        return btoa(characters);
    };
    return [text(written), text(shares)];
}"""


class Answers(NamedTuple):
    """The ids written (problem, time 5) and the distributions (problem, time 5, token 14)."""

    written: np.ndarray
    distributions: np.ndarray


@pytest.fixture(scope="module")
def page(browser: Browser, site: str) -> Page:
    """Open a page with a stepper of both models and keep the state that it carries."""
    page = browser.new_page()
    page.add_init_script(
        """document.addEventListener("readystatechange", () => {
            const script = document.querySelector(".live-widget > script");
            if (script) window.stateOfThePage ??= script.textContent;
        });"""
    )
    page.goto(f"{site}chapters/decoder.html")
    return page


def in_page(page: Page, name: str, *, forcing: bool, asked: list[Any]) -> Answers:
    """Answer pairs of a problem and picks with the module in the page."""
    written, shares = page.evaluate(ANSWER_ALL, [name, forcing, asked])
    return Answers(
        np.frombuffer(b64decode(written), np.int8).reshape(-1, ARITHMETIC.answer_length),
        np.frombuffer(b64decode(shares), "<f4").reshape(-1, ARITHMETIC.answer_length, len(TOKENS)),
    )


@cache
def model(name: str, dtype: str) -> Seq2Seq:
    """Return a stored model that computes in float32, as it is, or in float64."""
    stored = load(name)
    if dtype == "float32":
        return stored
    recipe = pretrained.record(name).recipe
    _compute_in(dtype)
    try:
        precise = seq2seq(recipe.embedding_dim, recipe.units)
    finally:
        _compute_in("float32")
    precise.model.set_weights(stored.model.get_weights())
    return precise


def _compute_in(dtype: str) -> None:
    keras.config.set_floatx(dtype)  # inputs
    keras.config.set_dtype_policy(dtype)  # layers


def teacher_forced(name: str, dtype: str, asked: list[Any]) -> Answers:
    """Answer problems with the Keras model of training."""
    texts = [problem for problem, _ in asked]
    encoder_input, decoder_input, _ = problems.batch(texts, reverse=REVERSE[name])
    distributions = model(name, dtype).model([encoder_input, decoder_input]).numpy()
    return Answers(distributions.argmax(axis=-1), distributions)


def free_running(name: str, dtype: str, asked: list[Any]) -> Answers:
    """Answer pairs of a problem and picks with the Keras models, without `helpers.decoding`."""
    _, encoder, decoder = model(name, dtype)
    texts = [problem for problem, _ in asked]
    state = encoder(problems.batch(texts, reverse=REVERSE[name]).encoder_input)
    token = np.full((len(asked), 1), PAD)
    written, distributions = [], []
    for place in range(ARITHMETIC.answer_length):
        distribution, state = decoder([tf.constant(token), state])
        distributions.append(distribution.numpy()[:, 0])
        token = distributions[-1].argmax(axis=-1)[:, None]
        for row, (_, picks) in enumerate(asked):
            if picks[place:] and picks[place] is not None:
                token[row] = picks[place]
        written.append(token[:, 0])
    return Answers(np.stack(written, axis=1), np.stack(distributions, axis=1))


@pytest.mark.parametrize("forcing", [False, True], ids=["free-running", "teacher-forced"])
@pytest.mark.parametrize("name", REVERSE)
def test_page_and_keras_agree(page: Page, name: str, forcing: bool) -> None:
    """On all 20,000 problems they choose the same tokens with the same probabilities.

    With teacher forcing each fifth of them: other tokens go into the same arithmetic.

    Keras rounds to float32, and how much of that is seen in a probability depends on the weights:
    those of ``notes`` are large. So the arithmetic is held against Keras in float64, and what is
    left between the page and Keras in float32 against what float32 costs Keras itself.
    """
    assert len(set(PROBLEMS)) == 20_000
    asked: list[Any] = [[problem, []] for problem in PROBLEMS[:: 5 if forcing else 1]]
    ours = in_page(page, name, forcing=forcing, asked=asked)
    rounded, precise = (
        (teacher_forced if forcing else free_running)(name, dtype, asked)
        for dtype in ("float32", "float64")
    )
    assert ours.written.shape == rounded.written.shape == (len(asked), ARITHMETIC.answer_length)
    assert (ours.written == rounded.written).all()
    assert (ours.written == precise.written).all()
    assert largest_difference(ours, precise) <= 1e-7  # they come from the page as float32
    cost = largest_difference(rounded, precise)
    assert largest_difference(ours, rounded) <= cost + 1e-7
    assert cost <= {"notes": 5e-4, "grown": 1e-5}[name]


def largest_difference(one: Answers, other: Answers) -> float:
    """Return the largest difference of a probability."""
    return float(np.abs(one.distributions - other.distributions).max())


def test_picked_tokens(page: Page) -> None:
    """With tokens written at random in place of choices they go on in the same way."""
    random = np.random.default_rng(0)
    asked = [
        [
            str(random.choice(PROBLEMS)),
            [
                None if random.random() < 0.5 else int(token)
                for token in random.integers(14, size=5)
            ],
        ]
        for _ in range(50)
    ]
    ours = in_page(page, "notes", forcing=False, asked=asked)
    theirs = free_running("notes", "float64", asked)
    assert (ours.written == theirs.written).all()
    assert largest_difference(ours, theirs) <= 1e-7


@pytest.mark.parametrize("name", REVERSE)
def test_numbers_outside_the_task(page: Page, name: str) -> None:
    """The two also agree where the models never were: on numbers up to 999."""
    random = np.random.default_rng(1)
    numbers, operators = random.integers(1000, size=(50, 2)), random.choice(["+", "-"], 50)
    asked = [
        [f"{left}{operator}{right}", []]
        for (left, right), operator in zip(numbers, operators, strict=True)
    ]
    ours = in_page(page, name, forcing=False, asked=asked)
    theirs = free_running(name, "float64", asked)
    assert (ours.written == theirs.written).all()
    assert largest_difference(ours, theirs) <= 1e-7


def test_the_weights_in_the_page_are_those_of_keras(page: Page) -> None:
    """What the page carries unpacks to the weights of the stored models, to the last bit."""
    state = json.loads(page.evaluate("window.stateOfThePage"))
    for about in state["models"]:
        weights = {
            variable.path: variable.numpy() for variable in load(about["name"]).model.weights
        }
        assert about["arrays"].keys() == weights.keys()
        for path, values in weights.items():
            assert np.array_equal(unpacked(about["arrays"][path], values.shape), values)


def unpacked(packed: dict[str, str], shape: tuple[int, ...]) -> np.ndarray:
    """Return an array from its text in a page."""
    if "floats" in packed:
        return np.frombuffer(b64decode(packed["floats"]), "<f4").reshape(shape)
    kind = "int8" if "int8" in packed else "int16"
    whole = np.frombuffer(b64decode(packed[kind]), f"<i{int(kind[3:]) // 8}").reshape(shape)
    exponents = np.frombuffer(b64decode(packed["exponents"]), np.int8)
    return np.ldexp(whole.astype(np.float64), exponents.astype(int)).astype(np.float32)
