"""The book without the command of Jupyter Book: its settings, and what is there to translate."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jupyter_book.config import get_final_config

from bookbuild.build import ROOT, documents

LEFT_OUT = {
    *("jupyter_book", "sphinx_comments", "sphinx_thebe", "sphinx.ext.intersphinx"),
    *("sphinx_jupyterbook_latex", "sphinx_multitoc_numbering"),
}
"""Extensions that only Jupyter Book loads, and that the book has no use for."""


def test_the_settings_are_those_of_jupyter_book() -> None:
    """Both read them out of ``_config.yml``."""
    own = runpy.run_path(str(ROOT / "bookbuild/conf.py"))
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    wanted, _ = get_final_config(user_yaml=settings, cli_config={"latex_individualpages": False})
    assert set(wanted["extensions"]) - set(own["extensions"]) <= LEFT_OUT
    assert set(own["extensions"]) <= set(wanted["extensions"])
    for name in ("html_logo", "html_favicon"):
        assert Path(own[name]) == ROOT / wanted[name]
    for name, value in own["html_theme_options"].items():
        theirs = wanted["html_theme_options"][name]
        assert value == theirs or (isinstance(value, dict) and value.items() <= theirs.items())
    others = {"extensions", "exclude_patterns", "html_logo", "html_favicon", "html_static_path"}
    for name in {*own} & {*wanted} - others - {"html_theme_options"}:
        assert own[name] == wanted[name], name


@pytest.mark.slow
def test_all_prose_can_be_translated(tmp_path: Path) -> None:
    """Sphinx collects the sentences of each page without a warning."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "bookbuild"]
    subprocess.run([*command, "-b", "gettext", ".", str(tmp_path)], cwd=ROOT, check=True)
    for document in documents(ROOT):
        catalogue = (tmp_path / f"{document}.pot").read_text(encoding="utf-8")
        assert catalogue.count("\nmsgid ") > 5, document
