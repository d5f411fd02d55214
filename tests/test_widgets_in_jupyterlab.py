"""The widgets in a real JupyterLab, with a kernel and with a model trained in the notebook."""

import re
from collections.abc import Iterator

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.jupyterlab import JupyterLab, Notebook

CELLS = {
    "train": """
from helpers import problems, training
from helpers.records import Recipe

parts = problems.split("sums")
model, batches = training.build(Recipe(task="sums", epochs=2, units=8), parts.train)
model.model.jit_compile = False
_ = model.model.fit(batches, epochs=2, shuffle=False, verbose=0)
print("trained")
""",
    "show": """
from helpers.widgets import DecoderStepper

stepper = DecoderStepper(model)
seen = []
stepper.observe(lambda change: seen.append(change.new), "problem")
stepper
""",
    "read": """
from helpers import decoding
from helpers.vocabulary import TOKENS

own = decoding.trace(model, stepper.problem)
print(stepper.problem, stepper.step, seen)
print(*[TOKENS[token] for token in own.written])
print(*[TOKENS[token] for token in stepper.trace.written])
""",
    "set": """
stepper.problem = "7+8"
stepper.step = 2
""",
    "break": """
model.model.set_weights([values * 0 for values in model.model.get_weights()])
print("broken")
""",
    "lab": """
from helpers.widgets import TrainingLab

mine = TrainingLab(task="sums", units=16, epochs=2)
mine
""",
    "follow": """
DecoderStepper("notes", lab=mine)
""",
    "stored": """
found = mine.stored
print(decoding.answers(found, mine.watched), found.task.name)
""",
    "set lab": """
mine.units = 8
mine.watched = ["1+2", "3+4", "5+6", "7+8", "9+9"]
""",
    "keras": """
from helpers.run import Run

run = Run(Recipe(task="sums", units=8, epochs=3), epochs=range(4))
run.model.model.jit_compile = False
run.fit(verbose=0, callbacks=[mine.callback(run)])
print(f"{100 * run.snapshots[-1].token_accuracy:.1f} % of the tokens")
""",
    "die": """
import os

os._exit(1)
""",
}


class Stepped(Notebook):
    """A notebook with a stepper in it."""

    @property
    def widget(self) -> Locator:
        """Return the widget."""
        return self.cell("show").locator(".book-widget")

    def written(self) -> list[str]:
        """Return the tokens in the row of what is written."""
        header = self.widget.get_by_role("rowheader", name="writes", exact=True)
        cells = header.locator("xpath=following-sibling::td").all_inner_texts()
        return [re.sub(r"\s*[✓✗]", "", text) for text in cells]


@pytest.fixture(scope="module")
def notebook(jupyterlab: JupyterLab, browser: Browser) -> Iterator[Stepped]:
    """Open the notebook in a window so tall that JupyterLab draws every cell."""
    own = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source.strip()) for source in CELLS.values()]
    )
    own.metadata.kernelspec = {"display_name": "Python 3", "name": "python3"}
    page = browser.new_page(viewport={"width": 1200, "height": 6000})
    yield Stepped(page, jupyterlab.put("own.ipynb", own), CELLS)
    page.close()


def test_a_model_trained_here_is_stepped(notebook: Stepped) -> None:
    """The reader's own model answers, typed to and pressed, with mouse and keyboard.

    Python reads what the reader did, and its own trace is what the widget shows.
    """
    expect(notebook.run("train")).to_contain_text("trained")
    notebook.run("show")
    widget, page = notebook.widget, notebook.page
    widget.wait_for()
    widget.get_by_label("Problem", exact=True).fill("12+30")
    page.keyboard.press("Enter")
    expect(widget.locator(".verdict")).to_contain_text("The right answer to 12+30 is 42.")
    following = widget.get_by_role("button", name="Next", exact=True)
    following.click()
    following.focus()
    for key in ("Enter", "Space", "Enter", "Space"):
        page.keyboard.press(key)
    expect(following).to_be_disabled()
    said, own, shown = notebook.run("read").locator("pre").inner_text().splitlines()[:3]
    assert said == "12+30 5 ['12+30']"
    assert own == shown == " ".join(notebook.written())


def test_wrong_input_does_not_reach_python(notebook: Stepped) -> None:
    """The sentence is the same as in a built page."""
    problem = notebook.widget.get_by_label("Problem", exact=True)
    problem.fill("12*30")
    problem.press("Enter")
    expect(notebook.widget.locator(".complaint").first).to_contain_text("from 0 to 999")
    expect(notebook.run("read")).to_contain_text("12+30 5 ['12+30']")
    problem.fill("12+30")
    problem.press("Enter")
    expect(notebook.widget.locator(".complaint").first).to_be_hidden()


def test_python_sets_the_state(notebook: Stepped) -> None:
    """What Python sets is what the reader sees."""
    notebook.run("set")
    expect(notebook.widget.get_by_label("Problem", exact=True)).to_have_value("7+8")
    expect(notebook.widget.locator("[aria-current=step]")).to_have_text("2")


def test_new_weights_are_seen_at_the_next_step(notebook: Stepped) -> None:
    """The numbers are those of the model as it is now: without weights all tokens are equal."""
    expect(notebook.run("break")).to_contain_text("broken")
    notebook.widget.get_by_role("button", name="Next", exact=True).click()
    shares = notebook.widget.locator(".bar .value")
    expect(shares.first).to_have_text("7.1 %")
    assert shares.all_inner_texts() == ["7.1 %"] * 14


def test_python_gets_what_the_page_has_trained(notebook: Stepped) -> None:
    """The lab trains beside the kernel; its model is one of Keras, and the stepper takes it."""
    notebook.run("lab")
    notebook.run("follow")
    lab = notebook.cell("lab").locator(".training-lab")
    stepper = notebook.cell("follow").locator(".decoder-stepper")
    stepper.get_by_label("Problem", exact=True).wait_for()
    lab.get_by_role("button", name="Train", exact=True).click()
    expect(lab.locator(".words")).to_have_text(re.compile("^Trained in"))
    expect(stepper.get_by_role("combobox", name="Model")).to_have_value("lab")
    answers = lab.locator(".answer").all_inner_texts()
    expect(notebook.run("stored")).to_contain_text(f"{answers} sums")


def test_python_sets_the_lab(notebook: Stepped) -> None:
    """A setting begins a new run."""
    notebook.run("set lab")
    lab = notebook.cell("lab").locator(".training-lab")
    expect(lab.get_by_role("combobox", name="Units")).to_have_value("8")
    expect(lab.get_by_role("textbox", name="Problem 5")).to_have_value("9+9")
    expect(lab.locator(".words")).to_have_text(re.compile("random weights"))


def test_the_lab_shows_a_run_of_keras(notebook: Stepped) -> None:
    """With the same pictures, and its model goes to the stepper; then the page can train again."""
    tokens = notebook.run("keras").locator("pre").last.inner_text().strip()
    lab = notebook.cell("lab").locator(".training-lab")
    words = lab.locator(".words")
    expect(words).to_have_text(re.compile("^Keras, in Python. Trained in"))
    assert tokens in words.inner_text()
    points = lab.locator(".line").nth(1).get_attribute("points")
    assert points is not None and len(points.split()) == 4
    lab.get_by_role("button", name="Train", exact=True).click()
    expect(words).to_have_text(re.compile("^Trained in"))


def test_a_dead_kernel(notebook: Stepped) -> None:
    """When the kernel has died the widget says so, and the last answer can still be read."""
    widget = notebook.widget
    before = notebook.written()
    notebook.start("die")
    widget.get_by_text("The kernel does not answer.").wait_for()
    dialog = notebook.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("appears to have died")
    dialog.locator("button").click()
    expect(dialog).to_have_count(0)
    widget.get_by_label("Problem", exact=True).fill("1+1")
    notebook.page.keyboard.press("Enter")
    widget.get_by_text("The kernel does not answer.").wait_for()
    assert notebook.written()[: len(before)] != []
    widget.get_by_role("button", name="Time step 3").click()
    expect(widget.locator("[aria-current=step]")).to_have_text("3")
    expect(widget.locator(".heading")).to_contain_text("Time step 3 of 5")
