"""What a widget shows, or says to those who hear it, goes through ``say``: nothing stays English.

Each sentence is translated into itself, with marks around all that stands between its slots. What
is seen outside of the marks is then names, numbers and signs, or it cannot be translated.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from numpy.typing import ArrayLike
from playwright.sync_api import Browser, Page, expect

from bookbuild.build import ROOT, notebooks
from bookbuild.messages import KINDS, sentences
from bookbuild.outputs import classic_script
from helpers.widgets import (
    DecoderStepper,
    EmbeddingExplorer,
    EncoderStepper,
    TrainingLab,
    TrainingReplay,
    bundle,
)
from helpers.widgets.base import JS, STATE, BookWidget
from tests.catalogues import Translate
from tests.oldest_browsers import in_workers
from tests.snapshots import made_up
from tests.test_bundle import found
from tests.test_training_lab_in_pages import ENDED, NO_MEMORY

WIDGETS = sorted(
    path.stem for path in JS.glob("*.js") if "export default" in path.read_text("utf-8")
)
NAMES = {"PAD", "EOS", "notes", "grown", "sums"}
"""What is no word of a language: tokens, and names of stored models."""
STILLS: dict[str, Callable[[], BookWidget]] = {
    "explorer": lambda: EmbeddingExplorer(made_up()),
    "lab": TrainingLab,
    "replay": lambda: TrainingReplay(made_up()),
    "decoder": lambda: DecoderStepper("notes"),
    "encoder": lambda: EncoderStepper("notes"),
}
ADDRESS = "http://widgets.test/"

# Collects all texts of the widgets, and all words for those who hear them, whenever one changes.
WATCH = """
    window.seen = new Set();
    const SPOKEN = ["alt", "aria-description", "aria-label", "aria-roledescription",
        "aria-valuetext", "label", "placeholder", "title"];
    const look = () => {
        for (const it of document.querySelectorAll(".book-widget, .book-widget *")) {
            for (const { nodeType, data } of it.childNodes) if (nodeType === 3) seen.add(data);
            for (const name of SPOKEN) if (it.hasAttribute(name)) seen.add(it.getAttribute(name));
        }
    };
    new MutationObserver(look).observe(document,
        { attributes: true, characterData: true, childList: true, subtree: true });
"""
# Does with a widget all that can be done, in turn; what is seen is looked at after each.
TRY_ALL = """async (root) => {
    const all = (selector) => [...root.querySelectorAll(selector)].filter((it) => !it.hidden);
    const press = async (selector) => {
        for (const it of all(selector)) await it.click();
    };
    const put = async (it, value, event) => {
        it.value = value;
        await it.dispatchEvent(event);
    };
    const step = async () => {
        await press("thead button");
        for (const head of all("thead button")) {
            await head.click();
            await press(".bar");
            await press(".result button");
            await press("caption, figure.distances td");
        }
    };
    for (const select of all("select")) {
        for (const { value } of [...select.options]) {
            await put(select, value, new Event("change"));
            await step();
            for (const radio of all("[type=radio]")) {
                await radio.click();
                await step();
            }
            await press(".buttons button");
        }
    }
    for (const slider of all("[type=range]")) {
        for (let at = 0; at <= slider.max; at++) await put(slider, at, new Event("input"));
    }
    await press(".buttons button");
    for (const field of all("[type=text]")) {
        await put(field, "x", new KeyboardEvent("keydown", { key: "Enter" }));
    }
}"""


UNSEEN = {"These are not the weights of a model of these sizes."}
"""What no reader meets unless a widget has a fault."""


def marked(sentence: str) -> str:
    """Return a sentence with marks around what stands between its slots."""
    return re.sub(r"[^{}]+(?![^{]*\})", r"⟦\g<0>⟧", sentence)


def parts(sentence: str) -> list[str]:
    """Return what stands in marks in a sentence."""
    return re.findall("⟦.*?⟧", marked(sentence))


def words_outside(text: str) -> set[str]:
    """Return the words of a text that stand outside of marks."""
    return {*re.findall(r"[^\W\d_]+", re.sub("⟦[^⟦⟧]*⟧", " ", text))} - NAMES


def states(widget: str) -> list[dict[str, Any]]:
    """Return the states of a widget with which it stands in the book."""
    outputs = [
        output.get("data", {})
        for path in notebooks(ROOT)
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    known = [json.loads(data[STATE]) for data in outputs if STATE in data]
    return [one["state"] for one in known if one["widget"] == widget]


def chosen_from() -> dict[str, Any]:
    """Return the state of a decoder stepper with two models to choose from."""
    return next(one for one in states("decoder_stepper") if len(one["models"]) == 2)


@contextmanager
def showing(
    browser: Browser, seen: set[str], widget: str, state: dict[str, Any], script: str = ""
) -> Iterator[Page]:
    """Show a widget in a page that begins with a script; ``seen`` gets all that is seen of it."""
    place = (
        f'<div class="live-widget" data-widget="{widget}"><script type="application/json">'
        f"{json.dumps(state)}</script></div>"
    )
    context = browser.new_context()
    context.add_init_script(WATCH + script)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route(ADDRESS, lambda route: route.fulfill(body=place, content_type="text/html"))
    page.goto(ADDRESS)
    module = bundle.module(JS / f"{widget}.js", "xx", marked)
    page.add_script_tag(content=classic_script(widget, module, ""))
    page.add_script_tag(path=ROOT / "assets/live-widgets.js")
    yield page
    seen.update(page.evaluate("[...seen]"))
    assert errors == []
    context.close()


# Hands on a model as a lab of the page does.
TRAINED = """(detail) => document.dispatchEvent(new CustomEvent("model-trained", { detail }))"""
# Gives a stepper a kernel that does not answer.
SILENCE = """(state) => {
    const listeners = {};
    const model = {
        get: (name) => state[name],
        set: (name, value) => state[name] = value,
        on: (event, listener) => listeners[event] = listener,
        off() {},
    };
    const { initialize, render } = bookWidgets.decoder_stepper;
    initialize({ model });
    state.kernel = true;
    render({ model, el: document.body });
    listeners.comm_live_update();
}"""


def step(browser: Browser, seen: set[str]) -> None:
    """Try the steppers: stored models, the reader's own, that of a lab, a kernel that is silent."""
    first, last = chosen_from(), states("decoder_stepper")[-1]
    notes, grown = first["models"]
    short = {**notes, "name": "own", "task": {**notes["task"], "problem_length": 6}}
    follows = {**last, "models": [notes, short], "follows": True}
    for state in (first, follows):
        with showing(browser, seen, "decoder_stepper", state) as page:
            page.evaluate(TRAINED, grown)
            page.locator(".book-widget").evaluate(TRY_ALL)
    (state,) = states("encoder_stepper")
    for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        with showing(browser, seen, "encoder_stepper", mirrored(state, signs)) as page:
            page.locator(".book-widget").evaluate(TRY_ALL)
    with showing(browser, seen, "decoder_stepper", first) as page:
        page.evaluate(SILENCE, first)


def mirrored(state: dict[str, Any], signs: list[int]) -> dict[str, Any]:
    """Return the encoder stepper with other maps; one that is turned is of an untrained model."""
    turned = signs == [-1, -1]
    maps = [
        {
            **one,
            "heldOut": not turned,
            "points": (np.array(one["points"]) * signs).tolist(),
            "directions": (np.array(one["directions"]).T * signs).T.tolist(),
        }
        for one in state["maps"]
    ]
    models = [{**model, "reverse": turned} for model in state["models"]]
    return {**state, "maps": maps, "models": models}


def look_back(browser: Browser, seen: set[str]) -> None:
    """Try what shows the snapshots of a run, also of one in which all embeddings are zeros."""
    (moves,) = states("embedding_explorer")
    zeros = floats(np.zeros((14, len(moves["plane"]["mean"]))))
    still = {**moves, "matrices": [zeros] * len(moves["epochs"])}
    products = {**still, "tokens": [*"0123456789+*", "PAD", "EOS"]}
    (run,) = states("training_replay")
    odd = ["", "5+", "99999", "-41", *run["right_answers"][4:]]
    for widget, state in [
        ("embedding_explorer", moves),
        ("embedding_explorer", products),
        ("training_replay", {**run, "answers": [odd, *run["answers"][1:]]}),
    ]:
        with showing(browser, seen, widget, state) as page:
            page.locator(".book-widget").evaluate(TRY_ALL)


def floats(numbers: ArrayLike) -> dict[str, str]:
    """Return numbers as a record has them."""
    return {"floats": b64encode(np.asarray(numbers, "<f4").tobytes()).decode()}


class Lab:
    """A training lab in a page."""

    def __init__(self, page: Page) -> None:
        """Take the only one that is there."""
        self.root = page.locator(".training-lab")
        self.train, self.one, self.reset, self.keep, self.save = (
            self.root.locator(".buttons button").nth(number) for number in range(5)
        )
        self.words = self.root.locator(".words")
        self.complaint = self.root.locator(".complaint").first

    def open(self, model: object) -> None:
        """Open a file in which a model is, or something else."""
        file = {"name": "a.json", "mimeType": "", "buffer": json.dumps(model).encode()}
        self.root.locator("[type=file]").set_input_files(file)  # type: ignore[arg-type]

    def ask(self, number: int, text: str) -> None:
        """Type a problem."""
        field = self.root.locator("[type=text]").nth(number)
        field.fill(text)
        field.blur()


def learn(browser: Browser, seen: set[str]) -> None:
    """Try the training lab."""
    state, *_ = states("training_lab")
    small = {**state, "task": "sums", "units": 8, "epochs": 2, "batch_size": 512}
    with showing(browser, seen, "training_lab", small) as page:
        lab = Lab(page)
        lab.one.click()
        expect(lab.words).to_contain_text("problems a second")
        lab.train.click()
        expect(lab.words).to_contain_text("Trained in")
        lab.keep.click()
        lab.root.locator("summary").click()
        lab.root.locator("select").nth(7).select_option("0.3")
        lab.train.click()
        expect(lab.words).to_contain_text("Trained in")
        lab.root.locator("select").nth(9).select_option("100")
        lab.train.click()
        expect(lab.words).to_contain_text("left")
        lab.train.click()
        expect(lab.train).to_contain_text("Go on")
        lab.ask(0, "x")
        lab.ask(1, "123+456")
    open_files(browser, seen, small)
    fit = {
        **{"updates": 5, "of": 10, "epoch": 1, "epochs": 2, "going": False, "over": False},
        **{"problems": 50, "seconds": 1, "batchSize": 10, "task": state["tasks"]["sums"]},
        **{"training": [], "examined": [], "answers": {}, "embedding": [0.0] * 28},
    }
    measured = {"share": 0, "loss": 1, "exactMatch": 0, "tokenAccuracy": 0}
    for examined in ([], [measured], [measured] * 2):
        keras = {**small, "fit": {**fit, "examined": examined}}
        with showing(browser, seen, "training_lab", keras) as page:
            Lab(page).keep.dispatch_event("click")
    for script, reason in FAULTS.items():
        with showing(browser, seen, "training_lab", small, script) as page:
            lab = Lab(page)
            lab.train.click()
            expect(lab.root).to_contain_text(reason)


def open_files(browser: Browser, seen: set[str], state: dict[str, Any]) -> None:
    """Open files in the training lab."""
    _, grown = chosen_from()["models"]
    longer = {**grown, "task": {**grown["task"], "problem_length": 9}}
    lengths = {
        name: 6 if name.endswith("cell/bias") else 3 if "cell" in name else 14
        for name in grown["arrays"]
    }
    tiny = {
        **grown,
        "sizes": {"embedding_dim": 1, "units": 1},
        "arrays": {name: floats(np.zeros(length)) for name, length in lengths.items()},
    }
    broken = {**grown["arrays"], "softmax/kernel": floats(np.full(64 * 14, 1e37))}
    with showing(browser, seen, "training_lab", state) as page:
        lab = Lab(page)
        for model, reason in [
            ({}, "holds no model"),
            (tiny, "multiple of 8"),
            (longer, "this one has others"),
        ]:
            lab.open(model)
            expect(lab.complaint).to_contain_text(reason)
        lab.open({**grown, "arrays": broken})
        expect(lab.words).to_contain_text("The model of the file")
        lab.train.click()
        expect(lab.complaint).to_contain_text("lower the rate")


FAULTS = {
    "delete window.Worker;": "starts no worker",
    in_workers("delete globalThis.WebAssembly;"): "has no WebAssembly",
    in_workers(NO_MEMORY): "choose fewer units",
    in_workers(ENDED): "want of memory",
}
"""What makes a browser fail, and what is then said."""


@pytest.fixture(scope="module")
def seen(browser: Browser) -> set[str]:
    """All texts that are seen or heard of the widgets, whatever is done with them."""
    texts: set[str] = set()
    for act in (step, look_back, learn):
        act(browser, texts)
    return texts


def test_nothing_escapes(seen: set[str]) -> None:
    """What stands outside of the marks has no words."""
    assert {text for text in seen if words_outside(text)} == set()


def test_all_that_can_be_said_is_seen(seen: set[str]) -> None:
    """So the test above has looked at each sentence where it stands."""
    everything = "\n".join(seen)
    said = set().union(*(bundle.sentences(JS / f"{name}.js") for name in WIDGETS))
    unseen = {one for one in said if not all(part in everything for part in parts(one))}
    assert sorted(unseen) == sorted(UNSEEN)


@pytest.mark.parametrize("make", STILLS.values(), ids=STILLS)
def test_nothing_escapes_in_a_still(make: Callable[[], BookWidget], translate: Translate) -> None:
    """The same holds for what stands in the place of a widget; a formula is no word."""
    known = sentences(ROOT / "helpers", *KINDS["helpers"])
    translate({str(one.id): marked(str(one.id)) for one in known if one.id})
    page = BeautifulSoup(make().still().page(), "html.parser")
    for part in page.select("style"):
        part.decompose()
    texts = {*page.strings, *(part.get("aria-label", "") for part in page.find_all(True))}
    assert any("⟦" in text for text in texts)
    texts = {re.sub(r"log 14|\$.*\$", "", text) for text in texts}
    assert {text for text in texts if words_outside(text)} == set()


@pytest.mark.parametrize("name", WIDGETS)
def test_nothing_is_said_at_import(name: str) -> None:
    """A module that cannot say anything can still be loaded."""
    module = bundle.module(JS / f"{name}.js")
    silent = module.replace("function say(", "function say() { throw 0; } function unused(")
    assert silent != module
    assert found(silent) == {}


def test_each_sentence_is_collected() -> None:
    """And none is said in another way than the one in which it is found."""
    collected = {str(one.id) for one in sentences(ROOT / "helpers", *KINDS["widgets"]) if one.id}
    assert collected == set().union(*(bundle.sentences(JS / f"{name}.js") for name in WIDGETS))
    for path in JS.rglob("*.js"):
        code = re.sub(r"^ *(//|/\*|\*).*", "", path.read_text("utf-8"), flags=re.MULTILINE)
        assert re.findall(r"""\bsay\(\s*+(?!"|sentence,)\S*""", code) == [], path
