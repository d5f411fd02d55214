"""A Sphinx extension: the built pages need no kernel, no network and nothing from another host.

Jupyter Book 1 fetches MathJax, a widget manager and Thebe from content delivery networks. Here

* MathJax comes out of a package of the environment and is copied into the site;
* Thebe, which the book does not use, is taken out (it also breaks every page with a script error);
* the theme's header, which holds nothing but a second search button, stays away.
"""

import shutil
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

MATHJAX_START = "tex-mml-chtml.js"
# The fonts, and what MathJax loads when a formula or the reader's menu first asks for it.
MATHJAX_PARTS = ("output/chtml/fonts/woff-v2", "input/tex/extensions", "a11y", "sre")


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


def use_own_mathjax(app: Sphinx, config: Config) -> None:
    """Point the pages at the site's own copy of MathJax."""
    config.mathjax_path = f"mathjax/{MATHJAX_START}"


def drop_header(app: Sphinx, config: Config) -> None:
    """Leave the header empty, so that the theme leaves it out."""
    config.html_theme_options.setdefault("navbar_persistent", [])


def mathjax_folder() -> Path:
    """Return the folder of the installed copy of MathJax.

    Raises:
        FileNotFoundError: The package is not installed, or has another layout.
    """
    package = find_spec("sphinx-mathjax-offline")
    if package is None or package.origin is None:
        raise FileNotFoundError("the package sphinx-mathjax-offline is not installed")
    folder = Path(package.origin).parent / "static/mathjax"
    if not (folder / MATHJAX_START).is_file():
        raise FileNotFoundError(f"sphinx-mathjax-offline has no {MATHJAX_START}")
    return folder


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy into the site those parts of MathJax that its pages may load."""
    if exception is not None or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static/mathjax"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source / MATHJAX_START, target)
    for part in MATHJAX_PARTS:
        shutil.copytree(source / part, target / part, dirs_exist_ok=True)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("config-inited", use_own_mathjax)
    app.connect("config-inited", drop_header)
    app.connect("config-inited", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
