"""Models of another task in the widgets of a page: the model says what can be asked."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from helpers import decoding, model_file
from helpers.model import Seq2Seq, seq2seq
from helpers.widgets import DecoderStepper, EncoderStepper, TrainingLab
from tests.browser import add_widget, only_http
from tests.steppers import ALLOWED, Stepper
from tests.test_task import PRODUCTS

LONG = replace(PRODUCTS, answer_length=6)
"""As many time steps for the answer as for the problem."""


@pytest.fixture(scope="module")
def model() -> Seq2Seq:
    """A model of it."""
    return replace(seq2seq(3, 8, LONG), trained=True)


@pytest.fixture
def file(model: Seq2Seq, tmp_path: Path) -> str:
    """The file of it."""
    path = tmp_path / "products.json"
    model_file.write(path, model)
    return str(path)


def row(stepper: Stepper, name: str) -> list[str]:
    """Return the tokens in a row of the table."""
    header = stepper.root.get_by_role("rowheader", name=name, exact=True)
    cells = header.locator("xpath=following-sibling::td").all_inner_texts()
    return [re.sub(r" [✓✗]", "", cell) for cell in cells]


@only_http
def test_the_decoder(page: Page, base: str, model: Seq2Seq, file: str) -> None:
    """Its tokens, its time steps, its sentences; the model of the book takes what it knows."""
    page.goto(f"{base}intro.html")
    state = DecoderStepper("notes", file).page_state()
    stepper = Stepper(add_widget(page, "decoder_stepper", state))
    assert len(row(stepper, "right")) == 5
    stepper.press("Time step 5")
    stepper.ask("x")
    stepper.model.select_option("products")
    expect(stepper.complaint).to_have_text(ALLOWED)
    strange = "from 0 to 12 with *. It never saw a problem like 50+9"
    expect(stepper.root.get_by_text(strange)).to_be_visible()
    stepper.ask("7*8")
    assert row(stepper, "right") == ["5", "6", "EOS", "PAD", "PAD", "PAD"]
    stepper.press("Next", 6)
    expect(stepper.heading).to_have_text(re.compile("^Time step 6 of 6"))
    trace = decoding.trace(model, "7*8")
    assert row(stepper, "writes") == [LONG.tokens[each] for each in trace.written]
    bars = stepper.root.locator(".distribution .name")
    assert bars.all_inner_texts() == list(LONG.tokens)
    stepper.model.select_option("notes")
    expect(stepper.complaint).to_have_text(f"{ALLOWED} Ask for one before you choose notes.")
    expect(stepper.model).to_have_value("products")
    stepper.ask("123*4")
    expect(stepper.complaint).to_have_text(
        "A problem is two whole numbers from 0 to 99 with one + or - or * between them, "
        "such as 50+9."
    )
    stepper.ask("7+8")
    expect(stepper.complaint).to_be_empty()
    stepper.model.select_option("notes")
    assert row(stepper, "right") == ["1", "5", "EOS", "PAD", "PAD"]
    assert len(bars.all_inner_texts()) == 14


@only_http
def test_the_encoder(page: Page, base: str, file: str) -> None:
    """Its time steps, and a map with the answers of its task."""
    page.goto(f"{base}chapters/encoder.html")
    state = EncoderStepper("notes", file).page_state()
    stepper = Stepper(add_widget(page, "encoder_stepper", state))
    stepper.press("Time step 8")
    stepper.model.select_option("products")
    stepper.ask("7*8")
    assert row(stepper, "reads") == ["PAD", "PAD", "7", "*", "8", "EOS"]
    stepper.press("Next", 6)
    expect(stepper.heading).to_have_text("Time step 6 of 6: EOS goes in")
    words = stepper.root.locator(".outcome > p").last.inner_text()
    assert "The nearest dots are" in words
    for problem, answer in re.findall(r"(\d+\*\d+) = (\d+)", words):
        assert LONG.solve(problem) == answer
    stepper.model.select_option("notes")
    expect(stepper.complaint).to_have_text(f"{ALLOWED} Ask for one before you choose notes.")


@only_http
def test_the_lab(page: Page, base: str, file: str) -> None:
    """It opens no model that it could not train; of one that Keras trains it shows the tokens."""
    page.goto(f"{base}chapters/training.html")
    page.locator('[data-widget="training_lab"]').scroll_into_view_if_needed()
    page.locator(".training-lab").wait_for()
    state = TrainingLab(watched=["1+1", "2+2", "3+3", "4-4", "50-5"]).page_state()
    lab = add_widget(page, "training_lab", state)
    lab.get_by_label("Open a model").set_input_files(file)
    expect(lab.locator(".complaint").first).to_have_text(
        "The lab opens models with the 14 tokens of its tasks, 8 time steps of the encoder and 5 "
        "of the decoder; this one has others."
    )
    embedding = np.random.default_rng(0).normal(size=(len(LONG.tokens), 3))
    fit = {
        **{"updates": 5, "of": 10, "epoch": 1, "epochs": 2, "going": False, "over": False},
        **{"problems": 50, "seconds": 1, "batchSize": 10, "task": LONG.data()},
        **{"training": [], "examined": [], "answers": {}, "embedding": embedding.ravel().tolist()},
    }
    lab = add_widget(page, "training_lab", {**state, "fit": fit})
    expect(lab.get_by_role("img", name="Map of the 15 tokens")).to_be_visible()
    expect(lab.get_by_text("Dotted: log 15, what guessing costs.")).to_be_visible()
    expect(lab.get_by_text("with *. It never saw a problem like 1+1")).to_be_visible()
    assert lab.locator("figure.map text").all_text_contents() == list(LONG.tokens)
