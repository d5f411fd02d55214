"""What a page computes of each architecture, against Keras: answers, attention, gradients."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Browser, Page

from bookbuild.ops import COMPILED
from helpers import decoding, model_file, problems
from helpers.model import Seq2Seq, attention, seq2seq, transformer
from helpers.task import ARITHMETIC, TASKS, Arithmetic, Pairs, Task
from helpers.widgets import bundle
from helpers.widgets.base import JS

MAKERS: dict[str, Callable[[Task], Seq2Seq]] = {
    "gru": lambda task: seq2seq(5, 16, task),
    "attention": lambda task: attention(5, 16, task),
    "transformer": lambda task: transformer(16, 2, 1, task),
    "deep transformer": lambda task: transformer(24, 3, 2, task),
}
FIVE = TASKS["five-digit"]
DATES = Pairs(
    "dates", {"28 November 2026": "2026-11-28", "1 May 1999": "1999-05-01", "3월 1일": "03-01"}
)

SET_UP = """async ([modules, compiled]) => {
    const kind = { type: "text/javascript" };
    for (const text of modules) {
        Object.assign(window, await import(URL.createObjectURL(new Blob([text], kind))));
    }
    const bytes = Uint8Array.from(atob(compiled), (sign) => sign.charCodeAt(0));
    window.gradients = ({ record, problems, masked, fast }) => {
        const { architecture, sizes, reverse, arrays } = record;
        const task = new Task(record.task);
        let memory;
        const trainer = new Trainer({
            architecture, sizes, task, batch: problems.length, masked,
            memory: (size) => fast
                ? (memory = new WebAssembly.Memory({ initial: Math.ceil(size / 65536) })).buffer
                : new ArrayBuffer(size),
            opsOn: (heap, ids) => fast
                ? fastOps(memory, wasmModule(bytes))
                : trainingOps(heap, ids),
        });
        trainer.weights = read(JSON.stringify(record), record.task).weights;
        const data = asData(problems, task, reverse);
        const all = Int32Array.from(problems, (_, number) => number);
        const { loss, tokens } = trainer.learnFrom(data, all, 0, problems.length);
        const { heap, net } = trainer;
        return {
            loss: loss / tokens,
            gradients: Object.fromEntries(Object.entries(net.matrices).map(
                ([name, { rows, columns }]) => [name, Array.from({ length: rows * columns },
                    (_, k) => heap[trainer.gradientOf(trainer.addressOf(name, k))])])),
            answers: Array.from(trainer.answer(data, all)),
        };
    };
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Give a page that has the modules."""
    page = browser.new_page()
    names = ("nn/seq2seq", "nn/training", "nn/training_ops", "domain/task", "domain/model_file")
    modules = [bundle.module(JS / f"{name}.js") for name in names]
    page.evaluate(SET_UP, [modules, b64encode(COMPILED.read_bytes()).decode()])
    yield page
    page.close()


def filled(name: str, task: Task = ARITHMETIC, *, reverse: bool = False) -> Seq2Seq:
    """Return a model whose weights are so large that it does not write the same to all problems."""
    model = replace(MAKERS[name](task), reverse=reverse)
    random = np.random.default_rng(1)
    for variable in model.model.weights:
        far = 0.1 if "bias" in variable.path or "beta" in variable.path else 0.6
        far = 2.0 if "embeddings" in variable.path else far
        variable.assign(random.normal(0, far, variable.shape))
    return model


def asked_of(task: Task) -> list[str]:
    """Return problems of a task, few enough to go one by one."""
    if isinstance(task, Arithmetic):
        return problems.split(task, 4000 if task.endless else None).test[::25][:20]
    return [*task.problems()]


@pytest.mark.parametrize("reverse", [False, True], ids=["plain", "back to front"])
@pytest.mark.parametrize("task", [ARITHMETIC, FIVE, DATES], ids=lambda task: task.name)
@pytest.mark.parametrize("name", MAKERS)
def test_a_page_answers_as_keras_does(page: Page, name: str, task: Task, reverse: bool) -> None:
    """The same tokens, probabilities and weights of attention, in either way of reading."""
    model = filled(name, task, reverse=reverse)
    record = model_file.packed(model)
    chosen = set()
    for problem in asked_of(task):
        for forcing in (False, True):
            wanted = decoding.trace(model, problem, teacher_forcing=forcing)
            found = page.evaluate(
                "([record, asked]) => trace(record, asked)",
                [record, {"problem": problem, "teacherForcing": forcing, "picks": []}],
            )
            assert found["target"] == list(wanted.target)
            for ours, theirs in zip(found["steps"], wanted.steps, strict=True):
                assert (ours["token"], ours["choice"]) == (theirs.token, theirs.choice)
                distribution = pytest.approx(theirs.distribution, abs=1e-4)
                assert np.array(ours["distribution"]) == distribution
                for key, kind in (("attention", "attention"), ("selfAttention", "self_attention")):
                    weights = theirs.inside.get(kind)
                    if weights is None:
                        assert ours[key] == []
                        continue
                    seen = np.array(ours[key])
                    assert seen == pytest.approx(weights[..., : seen.shape[-1]], abs=1e-4)
                    assert not weights[..., seen.shape[-1] :].any()
        chosen.add(wanted.choices)
    assert len(chosen) > 1


@pytest.mark.parametrize("fast", [False, True], ids=["plain", "fast"])
@pytest.mark.parametrize("masked", [False, True], ids=["all steps", "up to EOS"])
@pytest.mark.parametrize("name", ["attention", "transformer", "deep transformer"])
def test_gradients_are_those_of_keras(page: Page, name: str, masked: bool, fast: bool) -> None:
    """Of every array, within a small part of the largest; and it answers the same."""
    model = filled(name, reverse=True)
    asked = problems.split("arithmetic").train[::250]
    arrays = problems.batch(asked, reverse=True)
    weights = problems.weights_up_to_eos(arrays.target) if masked else np.ones((len(asked), 5))
    with tf.GradientTape() as tape:
        given = model.model([arrays.encoder_input, arrays.decoder_input])
        losses = keras.losses.categorical_crossentropy(arrays.target, given)
        loss = tf.reduce_sum(losses * weights) / weights.sum()
    variables = model.model.trainable_variables
    gradients = tape.gradient(loss, [variable.value for variable in variables])
    wanted = {
        variable.path: tf.convert_to_tensor(gradient).numpy().ravel()
        for variable, gradient in zip(variables, gradients, strict=True)
    }
    found = page.evaluate(
        "(asked) => gradients(asked)",
        {
            "record": model_file.packed(model),
            "problems": asked,
            "masked": masked,
            "fast": fast,
        },
    )
    assert found["loss"] == pytest.approx(float(loss), rel=1e-5)
    assert found["gradients"].keys() == wanted.keys()
    largest = float(max(np.abs(values).max() for values in wanted.values()))
    for path, values in wanted.items():
        assert np.array(found["gradients"][path]) == pytest.approx(values, abs=1e-4 * largest), path
    answers = decoding.greedy(model, arrays.encoder_input)
    assert np.array_equal(np.reshape(found["answers"], answers.shape), answers)
