"""The notebooks as somebody sees them who has just cloned the book: in JupyterLab, not trusted."""

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, expect

from bookbuild import accept
from bookbuild.build import ROOT, notebooks
from helpers.pictures import PAGE
from tests.jupyterlab import JupyterLab

STORED = {path.name: path for path in notebooks(ROOT)}
MADE = "made.ipynb"
# One of each kind that shows a picture, and last what JupyterLab shows of SVG in a notebook that is
# not trusted: its words.
CELLS = (
    """
from helpers import decoding, plots, pretrained
from helpers.diagrams import architecture

architecture("training")
""",
    "plots.curves([0, 1, 2], {'loss': [2.6, 0.5, 0.1]})",
    "plots.Row(*[plots.curves([0, 1, 2], {'loss': [2.6, 0.5, 0.1]}) for _ in range(3)])",
    """
from helpers.run import Run
from helpers.training import Recipe

Run(Recipe(task="sums", size=400, units=2, epochs=2), epochs=range(3)).fit()
""",
    """
from helpers import widgets

recorded = pretrained.record("notes").snapshots
widgets.DecoderStepper("notes")
""",
    "widgets.EncoderStepper('notes')",
    "widgets.EmbeddingExplorer(recorded)",
    "widgets.TrainingReplay(recorded)",
    "widgets.TrainingLab()",
    "_, encoder, decoder = pretrained.load('notes')\ndecoding.trace(encoder, decoder, '50+9')",
    """
from IPython.display import HTML

HTML("<svg><text>soup</text></svg>")
""",
)

PICTURES = """outputs => Promise.all(outputs.map(async (output) => {
    const picture = output.querySelector("img");
    await picture.decode();
    const { width } = picture.getBoundingClientRect();
    return {
        drawn: picture.complete && picture.naturalWidth > 0 && picture.checkVisibility(),
        fits: width > 100 && width <= output.clientWidth,
        sharp: picture.naturalWidth >= 2 * width - 1,
        words: output.innerText.trim(),
    };
}))"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """Run the cells, and keep the notebook as the repository would."""
    path = tmp_path_factory.mktemp("made") / MADE
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in CELLS]
    path.write_text(accept.as_text(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    accept.accept(path)
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("name", [MADE, *STORED])
def test_each_picture_is_seen_at_once(
    name: str, request: pytest.FixtureRequest, jupyterlab: JupyterLab, browser: Browser
) -> None:
    """Before any cell is run, and nothing else stands in its place."""
    if name == MADE:
        notebook = request.getfixturevalue("made")
    else:
        notebook = nbformat.read(STORED[name], as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    rich = [output.data for output in outputs if "data" in output]
    pictures = [forms for forms in rich if {accept.WIDGET_VIEW, PAGE, "image/png"} & set(forms)]
    assert pictures or name == "benchmarks.ipynb"  # which has tables only
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{jupyterlab.put(name, notebook)}&reset")
    shown = page.locator(".jp-OutputArea-output")
    expect(shown).to_have_count(len(outputs))
    drawn = shown.filter(has=page.locator("img"))
    expect(drawn).to_have_count(len(pictures))
    for seen in drawn.evaluate_all(PICTURES):
        assert seen == {"drawn": True, "fits": True, "sharp": True, "words": ""}
    tables = sum("<table" in forms.get("text/html", "") for forms in rich)
    expect(shown.locator("table").locator("visible=true")).to_have_count(tables)
    expect(shown.locator("svg")).to_have_count(0)
    expect(shown.filter(has_text="soup")).to_have_count(int(name == MADE))
    page.close()
