"""The notebooks as somebody sees them who has just cloned the book: in JupyterLab, not trusted."""

import nbformat
from nbformat import NotebookNode
from playwright.sync_api import Browser, expect

from bookbuild import accept
from bookbuild.build import ROOT, notebooks
from helpers.pictures import PAGE
from tests.jupyterlab import JupyterLab

SOUP = "<svg><text>soup</text></svg>"
"""What JupyterLab shows of SVG in a notebook that is not trusted: its words."""

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


def cells_with_outputs() -> list[tuple[str, NotebookNode]]:
    """Return all code cells of the book that show something, each with the name of its notebook."""
    return [
        (path.stem, cell)
        for path in notebooks(ROOT)
        for cell in nbformat.read(path, as_version=4).cells
        if cell.get("outputs")
    ]


def test_each_picture_is_seen_at_once(jupyterlab: JupyterLab, browser: Browser) -> None:
    """Before any cell is run, and nothing else stands in its place."""
    names, cells = zip(*cells_with_outputs(), strict=True)
    shows = {cell.source.rstrip().splitlines()[-1] for cell in cells}
    assert {"architecture()", "run.fit()", "stepper", "explorer", "replay", "lab"} <= shows
    soup = nbformat.v4.new_code_cell(
        "HTML(...)", outputs=[nbformat.v4.new_output("execute_result", {"text/html": SOUP})]
    )
    rich = [
        (name, output.data)
        for name, cell in zip(names, cells, strict=True)
        for output in cell.outputs
        if "data" in output
    ]
    pictures = [
        name for name, forms in rich if {accept.WIDGET_VIEW, PAGE, "image/png"} & set(forms)
    ]
    assert {*pictures} == {*names} - {"benchmarks", "back-through-time"}, "which have none"
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(jupyterlab.put("all.ipynb", nbformat.v4.new_notebook(cells=[*cells, soup])))
    shown = page.locator(".jp-OutputArea-output")
    expect(shown).to_have_count(1 + sum(len(cell.outputs) for cell in cells))
    drawn = shown.filter(has=page.locator("img"))
    expect(drawn).to_have_count(len(pictures))
    for name, seen in zip(pictures, drawn.evaluate_all(PICTURES), strict=True):
        assert seen == {"drawn": True, "fits": True, "sharp": True, "words": ""}, name
    tables = sum("<table" in forms.get("text/html", "") for _, forms in rich)
    expect(shown.locator("table").locator("visible=true")).to_have_count(tables)
    expect(shown.locator("svg")).to_have_count(0)
    expect(shown.filter(has_text="soup")).to_have_count(1)
    page.close()
