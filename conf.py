"""The settings of the book for Sphinx without Jupyter Book: ``sphinx-build . _build/html``."""

import sys
from pathlib import Path

import yaml

_FOR_JUPYTER_BOOK = {"jupyter_book", "sphinx_comments"}
_ROOT = Path(__file__).parent

sys.path.insert(0, str(_ROOT))
_settings = yaml.safe_load((_ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
globals().update(_settings)
extensions = [name for name in _settings["extensions"] if name not in _FOR_JUPYTER_BOOK]
