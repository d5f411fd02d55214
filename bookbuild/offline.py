"""A Sphinx extension: the built pages need no kernel, no network and nothing from another host.

Jupyter Book 1 fetches MathJax, a widget manager and Thebe from content delivery networks. Here

* formulas are made by ``formulas``, without MathJax;
* Thebe, which the book does not use, is taken out (it also breaks every page with a script error);
* the theme's header, which holds nothing but a second search button, stays away.
"""

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata


def drop_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect all that sphinx-thebe, which Jupyter Book always loads, has connected."""
    for name, listeners in app.events.listeners.items():
        app.events.listeners[name] = [
            listener
            for listener in listeners
            if not getattr(listener.handler, "__module__", "").startswith("sphinx_thebe")
        ]


def drop_header(app: Sphinx, config: Config) -> None:
    """Leave the header empty, so that the theme leaves it out."""
    config.html_theme_options.setdefault("navbar_persistent", [])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("config-inited", drop_header)
    app.connect("config-inited", drop_thebe, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
