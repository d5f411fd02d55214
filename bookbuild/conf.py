"""The settings of the book for Sphinx alone, without the command of Jupyter Book.

``sphinx-build -c bookbuild . _build/sphinx`` builds it. Jupyter Book 1 makes the same settings of
the same file; a test holds the two equal.
"""

from pathlib import Path

import yaml

_root = Path(__file__).resolve().parent.parent
_settings = yaml.safe_load((_root / "_config.yml").read_text(encoding="utf-8"))
_sphinx = _settings["sphinx"]

extensions = [
    *("sphinx_togglebutton", "sphinx_copybutton", "myst_nb", "sphinx_external_toc"),
    *("sphinx_design", "sphinx_book_theme"),
    *_sphinx["extra_extensions"],
    *_sphinx["local_extensions"],
]
author, copyright = _settings["author"], _settings["copyright"]  # noqa: A001, as Sphinx calls it
exclude_patterns = ["_build", ".venv", "**/.*", *_settings["exclude_patterns"]]
external_toc_exclude_missing = _settings["only_build_toc_files"]
html_baseurl = _settings["html"]["baseurl"]
html_favicon = str(_root / _settings["html"]["favicon"])
html_logo = str(_root / _settings["logo"])
html_sourcelink_suffix = ""
html_theme = "sphinx_book_theme"
html_theme_options = {
    "search_bar_text": "Search this book...",
    "launch_buttons": _settings["launch_buttons"],
    "repository_url": _settings["repository"]["url"],
    **{name: _settings["html"][name] for name in _settings["html"] if name.startswith("use_")},
}
html_title = _settings["title"]
myst_enable_extensions = _settings["parse"]["myst_enable_extensions"]
nb_execution_mode = _settings["execute"]["execute_notebooks"]

globals().update(_sphinx["config"])
html_static_path = [str(_root / folder) for folder in _sphinx["config"]["html_static_path"]]
