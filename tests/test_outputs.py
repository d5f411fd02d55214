"""Outputs in a built page, those of widgets above all, in a real build of a few tiny pages."""

import hashlib
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from bookbuild import outputs
from bookbuild.build import ROOT
from bookbuild.outputs import WIDGET_VIEW
from bookbuild.provenance import KEY, made_from
from helpers.diagrams import architecture
from helpers.pictures import PAGE
from helpers.widgets.base import STATE, as_json
from tests.files import write_files
from tests.tiny_book import one_language

NEEDS_KERNEL = (
    "Here is a widget that needs a running kernel: open this page as a notebook to use it."
)
MODULE = 'const said = "</script>";\nexport default { render({ el }) { el.append(said); } };\n'
IMAGE = architecture()._repr_mimebundle_()[0]["image/png"]
MODULES = {"dial": MODULE, "gauge": "export default { render() {} };\n"}
BREAKS_OUT = "</script><script>window.broken = true</script>"
STYLE = '.dial::after { content: "</script>"; }\n'


def known(name: str = "dial", *, late: bool = False, **state: Any) -> str:
    """Return what the output of a widget says to a page."""
    return as_json({"widget": name, "late": late, "state": {"kernel": False, **state}})


# The pieces.


def test_a_classic_script() -> None:
    """The default export is registered under the name, with the style sheet as text."""
    script = outputs.classic_script("dial", MODULE, STYLE)
    assert script.startswith('(window.bookWidgets ??= {})["dial"] = {\n')
    assert f"style: {json.dumps(STYLE)},\n" in script
    assert "\nreturn { render({ el }) { el.append(said); } };\n" in script
    assert not re.search(r"^\s*(export|import)\b", script, re.MULTILINE)


@pytest.mark.parametrize(
    ("module", "count"),
    [
        ("", 0),
        ("export const a = 1;\n", 0),
        ("// export default a\n", 0),
        ("export default a;\nexport default b;\n", 2),
    ],
)
def test_one_default_export(module: str, count: int) -> None:
    """A module with none, or with several, is no widget."""
    with pytest.raises(ValueError, match=f"dial has {count} default exports, not one") as caught:
        outputs.classic_script("dial", module, "")
    assert caught.value.args[0].endswith(".")


# A build.


def output(still: str = "", **forms: str) -> nbformat.NotebookNode:
    """Return the output of a cell that shows a widget, and in a page something in its stead."""
    view = {"model_id": "", "version_major": 2, "version_minor": 0}
    shown = {
        WIDGET_VIEW: view,
        "text/plain": "<Widget>",
        **({PAGE: still} if still else {}),
        **forms,
    }
    return nbformat.v4.new_output("execute_result", shown, execution_count=1)


def write_page(path: Path, outputs: list[nbformat.NotebookNode]) -> None:
    """Write a notebook that was run, with a cell for each output."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# A page"),
        *(nbformat.v4.new_code_cell("1", outputs=[one], execution_count=1) for one in outputs),
    ]
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    notebook.metadata["orphan"] = True
    notebook.metadata[KEY] = made_from(ROOT, notebook)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of four pages: two with widgets, one with none, and one with stale outputs."""
    source = tmp_path_factory.mktemp("source")
    target = tmp_path_factory.mktemp("site")
    modules = tmp_path_factory.mktemp("modules")
    for name, module in MODULES.items():
        (modules / f"{name}.js").write_text(module, encoding="utf-8")
        (modules / f"{name}.css").write_text(STYLE, encoding="utf-8")
    write_page(
        source / "index.ipynb",
        [
            output("<p>still of a1</p>", **{STATE: known(text=BREAKS_OUT)}),
            output("<p>still of a2</p>", **{STATE: known(text="문제 50−9")}),
            output("<p>still of b1</p>", **{STATE: known("gauge")}),
            output("<p>still of a3</p>", **{STATE: known()}),
            output(),
            output("<p>still of c2</p>"),
            nbformat.v4.new_output("display_data", {"text/html": "<p>no widget</p>"}),
            nbformat.v4.new_output(
                "display_data",
                {
                    "text/html": "<p>for all</p>",
                    PAGE: "<p>for the page</p>",
                    "image/png": IMAGE,
                    "text/plain": "in words",
                },
            ),
        ],
    )
    write_page(source / "other.ipynb", [output("<p>d1</p>", **{STATE: known(late=True)})])
    stale = nbformat.read(source / "other.ipynb", as_version=4)
    stale.cells[1].source = "2"
    nbformat.write(stale, source / "stale.ipynb")
    (source / "plain.md").write_text("---\norphan: true\n---\n# Plain\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outputs, "JS", modules)
        build_site(source, target)
    return target


def build_site(source: Path, target: Path, **settings: Any) -> None:
    """Build the pages of a folder into another one; nothing in them is amiss."""
    settings = {
        "extensions": ["myst_nb", "bookbuild.outputs"],
        "html_static_path": [str(ROOT / "assets")],
        "html_theme": "basic",
        "nb_execution_mode": "off",
        **settings,
    }
    warnings = StringIO()
    with one_language(), docutils_namespace():
        app = Sphinx(
            source,
            None,
            target,
            target / ".doctrees",
            "html",
            confoverrides=settings,
            status=None,
            warning=warnings,
        )
        app.build()
    assert warnings.getvalue() == ""


def test_another_language(tmp_path: Path) -> None:
    """The script of a widget says what the catalogue has; the build has words of its own."""
    source = tmp_path / "source"
    page = output("<p>still</p>", **{STATE: known("training_replay")})
    write_files(
        source / "locale/ko/LC_MESSAGES",
        {
            "widgets.po": 'msgid "Training replay"\nmsgstr "학습 다시 보기"\n',
            "sphinx.po": f'msgid "{NEEDS_KERNEL}"\nmsgstr "커널이 필요합니다."\n',
        },
    )
    write_page(source / "index.ipynb", [page, output()])
    for language, name, needs in [
        ("en", "Training replay", NEEDS_KERNEL),
        ("ko", "학습 다시 보기", "커널이 필요합니다."),
    ]:
        site = tmp_path / language
        build_site(source, site, language=language, locale_dirs=["locale"])
        script = (site / "_static/widgets/training_replay.js").read_text(encoding="utf-8")
        assert f'say("{name}")' in script
        assert 'say("verdict")' in script
        assert f'LANGUAGE = "{language}"' in script
        assert needs in (site / "index.html").read_text(encoding="utf-8")


def page(site: Path, name: str = "index") -> BeautifulSoup:
    """Return the tree of a page."""
    return BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def sources(page: BeautifulSoup) -> list[str]:
    """Return the files that the scripts of a page come from, in order, without their versions."""
    return [str(script["src"]).split("?")[0] for script in page.select("script[src]")]


def state_in(place: Tag) -> Any:
    """Return what a page knows of a widget."""
    (script,) = place.find_all("script", recursive=False)
    assert script["type"] == "application/json"
    return json.loads(script.get_text())


def test_still_and_state(site: Path) -> None:
    """Each widget has its place, in which are its still picture and, last, its state as JSON."""
    places = page(site).select(".live-widget")
    assert [place["data-widget"] for place in places] == ["dial", "dial", "gauge", "dial"]
    for place, name in zip(places, ("a1", "a2", "b1", "a3"), strict=True):
        assert [tag.name for tag in place.find_all(recursive=False)][-1] == "script"
        assert [tag.get_text() for tag in place.find_all("p")] == [f"still of {name}"]
    states = [state_in(place) for place in places]
    assert states[1] == {"kernel": False, "text": "문제 50−9"}
    assert states[2] == {"kernel": False}


def test_text_cannot_end_the_state(site: Path) -> None:
    """A trait may hold any text: none is taken for the end of the element."""
    first = page(site).select(".live-widget")[0]
    assert state_in(first)["text"] == BREAKS_OUT
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "<script>window.broken" not in text
    assert text.count("window.broken") == 1


def test_scripts_are_loaded_once(site: Path) -> None:
    """The module of each kind of widget comes once, without blocking, and the loader after all."""
    found = [name for name in sources(page(site)) if "widget" in name]
    assert sorted(found[:-1]) == ["_static/widgets/dial.js", "_static/widgets/gauge.js"]
    assert found[-1] == "_static/live-widgets.js"
    for script in page(site).select('script[src*="widget"]'):
        assert script["defer"] == "defer"
        assert script.get("type") in (None, "text/javascript")
        assert (site / str(script["src"]).split("?")[0]).is_file()


def test_other_pages(site: Path) -> None:
    """A page loads what its own widgets need, a late one when it is near; without one nothing."""
    found = [name for name in sources(page(site, "other")) if "widget" in name]
    assert found == ["_static/live-widgets.js"]
    (place,) = page(site, "other").select(".live-widget")
    script, version = str(place["data-script"]).split("?v=")
    assert script == "_static/widgets/dial.js"
    assert version == hashlib.sha256((site / script).read_bytes()).hexdigest()[:8]
    assert [name for name in sources(page(site, "plain")) if "widget" in name] == []


def test_stale_outputs(site: Path) -> None:
    """A page says so whose cells, or what they import, have changed since they were run."""
    for name, said in {"stale": True, "other": False, "index": False, "plain": False}.items():
        assert ("outputs on this page were stored" in page(site, name).get_text()) == said


def test_the_script_of_a_widget(site: Path) -> None:
    """It is what `classic_script` makes of its module and its style sheet."""
    script = (site / "_static/widgets/dial.js").read_text(encoding="utf-8")
    assert script == outputs.classic_script("dial", MODULE, STYLE)


def test_a_widget_without_a_picture(site: Path) -> None:
    """In its place a sentence says that it needs a kernel, and nothing else is left of it."""
    (place,) = page(site).select(".needs-kernel")
    assert place.get_text().strip().startswith(NEEDS_KERNEL)
    assert "<Widget>" not in page(site).get_text()


def test_a_widget_without_a_module(site: Path) -> None:
    """It stays a picture."""
    soup = page(site)
    for still in ("still of c2", "no widget"):
        (found,) = [tag for tag in soup.find_all("p") if tag.get_text() == still]
        assert found.find_parent(class_="live-widget") is None
        assert found.find_parent(class_="cell_output") is not None


def test_what_is_made_for_the_page(site: Path) -> None:
    """It is what the page shows, and nothing else of the output is left."""
    soup = page(site)
    (shown,) = [tag for tag in soup.find_all("p") if tag.get_text() == "for the page"]
    (output,) = shown.find_parents(class_="cell_output")
    assert output.get_text().strip() == "for the page"
    assert soup.find("img") is None
    assert not (site / "_images").exists()


@pytest.mark.parametrize("name", ["index", "other", "plain"])
def test_nothing_is_left_for_a_widget_manager(site: Path, name: str) -> None:
    """Neither the saved states nor the views are in the page, which asks for no manager."""
    text = (site / f"{name}.html").read_text(encoding="utf-8")
    for left_over in (
        "vnd.jupyter.widget",
        "model_id",
        "IPY_MODEL",
        "anywidget",
        "require",
    ):
        assert left_over not in text
