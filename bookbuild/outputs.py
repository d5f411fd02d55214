"""A Sphinx extension: pages show what notebooks keep for them, and the widgets live there.

An output may have HTML that is made for a page, beside an image for all other viewers: the page
shows the HTML. The output of a widget has, besides, what a page has to know of it. The page gets
both, and the widget's own module becomes a script of the site. ``live-widgets.js`` puts the widget
in the place of the still picture. Where no script runs, the picture stays. The script of a widget
that comes `late` is loaded when the reader comes near it.

The script is a classic one: a page opened from a disk must not import modules.

It stands on MyST-NB: its mime renderers, the ``mime_bundle`` containers in a doctree, and the
scripts that a page asks for.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer, load_mime_renders
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util.osutil import relative_uri
from sphinx.util.typing import ExtensionMetadata

from bookbuild.build import ROOT
from bookbuild.provenance import is_stale
from helpers.pictures import PAGE
from helpers.widgets import bundle
from helpers.widgets.base import JS, STATE, as_json, module_in

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LOADER = "live-widgets.js"


class PageRenderer:
    """Puts the HTML of an output into a page, before any other form of the output."""

    mime_priority_overrides = (("html", PAGE, 1),)

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return what a page shows of the HTML, and what it has to know; None of other forms."""
        if data.mime_type == STATE:
            return [nodes.raw("", data.string, format="state")]  # which no page shows
        if data.mime_type != PAGE:
            return None
        shown: list[nodes.Element] = renderer.render_text_html(data)
        return shown


def place_widgets(app: Sphinx, doctree: nodes.document) -> None:
    """Put each widget of a page into the form in which it lives without a kernel.

    A widget that is none of the book's own is shown by its still picture. Where there is none, a
    sentence says so.
    """
    for output in list(doctree.findall(nodes.container)):
        if output.get("nb_element") != "mime_bundle":
            continue
        forms = {
            child["mime_type"]: child
            for child in output.children
            if isinstance(child, nodes.container)
        }
        for kind in {STATE, WIDGET_VIEW} & set(forms):
            output.remove(forms[kind])
        if STATE in forms:
            _bring_to_life(app, forms[PAGE], json.loads(forms[STATE].astext()))
        elif WIDGET_VIEW in forms and PAGE not in forms:
            said = _(
                "Here is a widget that needs a running kernel: "
                "open this page as a notebook to use it."
            )
            sentence = nodes.paragraph(text=said)
            output.replace_self(nodes.container("", sentence, classes=["needs-kernel"]))


def say_what_is_stale(app: Sphinx, doctree: nodes.document) -> None:
    """Say at the top of a page if its outputs were made from something else than there is now."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix == ".ipynb" and is_stale(ROOT, path):
        title = next(doctree.findall(nodes.title))
        said = _(
            "Code has changed since the outputs on this page were stored, and some may be out of "
            "date."
        )
        sentence = nodes.paragraph(text=said)
        title.parent.insert(title.parent.index(title) + 1, nodes.warning("", sentence))


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


def _bring_to_life(app: Sphinx, still: nodes.Element, known: dict[str, Any]) -> None:
    name, script = known["widget"], _write_script(app, known["widget"])
    late = f' data-script="{_from_page(app, script)}"' if known["late"] else ""
    _add_scripts(app, [] if late else [script])
    still.insert(0, _html(f'<div class="live-widget" data-widget="{name}"{late}>'))
    state = as_json(known["state"]).replace("<", "\\u003c")
    still.append(_html(f'<script type="application/json">{state}</script></div>'))


def _write_script(app: Sphinx, name: str) -> str:
    app.env.metadata[app.env.docname].setdefault("widgets", []).append(name)
    path = f"widgets/{name}.js"
    file = Path(app.outdir) / "_static" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    module = JS / f"{name}.js"
    text = module_in(app.config.language, module, Path(app.srcdir) / "locale")
    script = classic_script(name, text, bundle.style(module))
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


def _html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    renderers: list[Any] = load_mime_renders()  # those of installed packages, and now this one
    if PageRenderer not in renderers:
        renderers.append(PageRenderer)
    app.connect("doctree-read", place_widgets)
    app.connect("doctree-read", say_what_is_stale)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
