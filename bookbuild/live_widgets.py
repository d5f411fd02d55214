"""A Sphinx extension: the widgets live in the built pages, with no kernel and no widget manager.

An executed notebook holds, for each widget, its view, its state and the still picture that came
with it. Here the page gets the still picture and, beside it, the state as JSON. The widget's
own module becomes a script of the site. ``live-widgets.js`` puts the widget in the place of the
picture. Where no script runs, the picture stays. The script of a widget that comes `late` is loaded
when the reader comes near it.

The script is a classic one: a page opened from a disk must not import modules.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri
from sphinx.util.typing import ExtensionMetadata

from helpers.pictures import PAGE

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LOADER = "live-widgets.js"

_VIEW = re.compile(r"<script[^>]*>(.*)</script>", re.DOTALL)
_LIBRARY_TRAITS = {"computed", "late", "layout", "tabbable", "tooltip"}


def place_widgets(app: Sphinx, doctree: nodes.document) -> None:
    """Put each widget of a page into the form in which it lives without a kernel.

    A widget that has no module of its own is shown by its still picture. Where there is none, a
    sentence says so.
    """
    states = _take_states(app)
    for bundle in list(doctree.findall(nodes.container)):
        if bundle.get("nb_element") != "mime_bundle":
            continue
        kinds = {
            child["mime_type"]: child
            for child in bundle.children
            if isinstance(child, nodes.container)
        }
        view = kinds.pop(WIDGET_VIEW, None)
        if view is None:
            continue
        bundle.remove(view)
        still = kinds.get(PAGE)
        if still is None:
            sentence = nodes.paragraph(text=app.config.still_widget_sentence)
            bundle.replace_self(nodes.container("", sentence, classes=["needs-kernel"]))
            continue
        state = states.get(_model_id(view), {})
        if "_esm" in state:
            name = module_name(state)
            script = _write_script(app, name, state)
            late = f' data-script="{_from_page(app, script)}"' if state.get("late") else ""
            _add_scripts(app, [] if late else [script])
            still.insert(0, _html(f'<div class="live-widget" data-widget="{name}"{late}>'))
            still.append(_html(f"{_json_script(page_state(state))}</div>"))


def module_name(state: dict[str, Any]) -> str:
    """Return the name of a widget's module: of ``a.b.stepper.Stepper`` it is ``stepper``."""
    return str(state["_anywidget_id"].split(".")[-2])


def page_state(state: dict[str, Any]) -> dict[str, Any]:
    """Return what a page has to know: the public traits that it does not compute by itself."""
    left_out = _LIBRARY_TRAITS.union(state.get("computed", ()))
    public = {
        name: value
        for name, value in state.items()
        if name not in left_out and not name.startswith("_")
    }
    return {**public, "kernel": False}


def classic_script(name: str, module: str, style: str) -> str:
    """Return a script that registers what a module exports, and its style sheet, under a name.

    Raises:
        ValueError: The module has not exactly one default export.
    """
    body, exports = re.subn(r"^export default ", "return ", module, flags=re.MULTILINE)
    if exports != 1:
        raise ValueError(f"The module of the widget {name} has {exports} default exports, not one.")
    return (
        f"(window.bookWidgets ??= {{}})[{json.dumps(name)}] = {{\n"
        f"style: {json.dumps(style)},\n"
        f"...(() => {{\n{body}}})(),\n}};\n"
    )


def _take_states(app: Sphinx) -> dict[str, dict[str, Any]]:
    scripts = NbMetadataCollector.get_js_files(app.env, app.env.docname)
    _, script = scripts.pop("ipywidgets_state", (None, {"body": "{}"}))
    models = json.loads(script["body"]).get("state", {})
    return {model_id: model["state"] for model_id, model in models.items()}


def _model_id(view: nodes.Element) -> str:
    match = _VIEW.search(view.astext())
    return str(json.loads(match[1])["model_id"]) if match else ""


def _write_script(app: Sphinx, name: str, state: dict[str, Any]) -> str:
    path = f"widgets/{name}.js"
    file = Path(app.outdir) / "_static" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    script = classic_script(name, state["_esm"], state.get("_css", ""))
    file.write_text(script, encoding="utf-8", newline="\n")
    return path


def _from_page(app: Sphinx, path: str) -> str:
    digest = hashlib.sha256((Path(app.outdir) / "_static" / path).read_bytes()).hexdigest()[:8]
    return f"{relative_uri(f'{app.env.docname}.html', f'_static/{path}')}?v={digest}"


def _add_scripts(app: Sphinx, scripts: list[str]) -> None:
    # The loader is taken out and put back: it comes after the scripts of all widgets of the page.
    NbMetadataCollector.get_js_files(app.env, app.env.docname).pop(LOADER, None)
    for path in (*scripts, LOADER):
        NbMetadataCollector.add_js_file(
            app.env, app.env.docname, path, path, {"loading_method": "defer"}
        )


def _json_script(state: dict[str, Any]) -> str:
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'


def _html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_config_value(
        "still_widget_sentence",
        "Here is a widget that needs a running kernel: open this page as a notebook to use it.",
        "env",
    )
    app.connect("doctree-read", place_widgets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
