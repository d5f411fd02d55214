"""A Sphinx extension: the built pages need no kernel, no network and nothing from another host.

Jupyter Book 1 fetches MathJax, a widget manager and Thebe from content delivery networks. Here

* formulas are made by ``formulas``, without MathJax;
* Thebe, which the book does not use, is taken out (it also breaks every page with a script error);
* a widget is shown by the still picture that came with it. Where there is none, a sentence says so;
* the theme's header, which holds nothing but a second search button, stays away.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.typing import ExtensionMetadata

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def drop_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect all that sphinx-thebe, which Jupyter Book always loads, has connected."""
    for name, listeners in app.events.listeners.items():
        app.events.listeners[name] = [
            listener
            for listener in listeners
            if not getattr(listener.handler, "__module__", "").startswith("sphinx_thebe")
        ]
    app.registry.css_files[:] = [
        css for css in app.registry.css_files if "sphinx-thebe" not in str(css[0])
    ]


def drop_header(app: Sphinx, config: Config) -> None:
    """Leave the header empty, so that the theme leaves it out."""
    config.html_theme_options.setdefault("navbar_persistent", [])


def drop_widget_state(app: Sphinx, doctree: nodes.document) -> None:
    """Leave out the state of the widgets, which only a live kernel has a use for."""
    page = getattr(app.env, "nb_metadata", {}).get(app.env.docname, {})
    page.get("js_files", {}).pop("ipywidgets_state", None)


class StillWidgets(SphinxPostTransform):
    """Replaces each live widget, before the formats of an output are chosen from."""

    default_priority = 3  # the choice is made at 4
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Drop every widget view; put a sentence where no picture of the widget remains."""
        for bundle in list(self.document.findall(nodes.container)):
            if bundle.get("nb_element") != "mime_bundle":
                continue
            kinds = {
                child["mime_type"]: child
                for child in bundle.children
                if isinstance(child, nodes.container)
            }
            if WIDGET_VIEW not in kinds:
                continue
            bundle.remove(kinds[WIDGET_VIEW])
            if "text/html" not in kinds:
                sentence = nodes.paragraph(text=self.config.still_widget_sentence)
                bundle.replace_self(nodes.container("", sentence, classes=["needs-kernel"]))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_config_value(
        "still_widget_sentence",
        "Here is a widget that needs a running kernel: open this page as a notebook to use it.",
        "env",
    )
    app.add_post_transform(StillWidgets)
    app.connect("config-inited", drop_header)
    app.connect("config-inited", drop_thebe, priority=900)
    app.connect("doctree-read", drop_widget_state)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
