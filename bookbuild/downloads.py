"""A Sphinx extension: a notebook that a reader downloads says what it needs.

Away from its book a notebook finds no ``helpers``. The copy that a page offers begins with a cell
that says so; the notebook in the sources has none.

Sphinx puts the copies into ``_sources``; elsewhere ``tests/test_downloads.py`` would not find them.
"""

from pathlib import Path

import nbformat
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import Pages

NEEDS = """\
> **This notebook needs the rest of its book**, *{book}*. Its cells import `helpers`, which comes
> with the book and from nowhere else: `pip install helpers` would bring something different. Get
> the whole book{source}, type `make lab` in its folder, and open `{name}` there.
"""


def say_what_it_needs(notebook: Path, name: str, book: str, repository: str = "") -> None:
    """Put a cell before the first one of a notebook file.

    Args:
        notebook: the file; it is written anew.
        name: what the notebook is called in the sources.
        book: the title of the book.
        repository: the address of the sources; nothing is said of it where there is none yet.
    """
    content = nbformat.read(notebook, as_version=nbformat.NO_CONVERT)
    source = f" from <{repository}>" if repository else ""
    text = NEEDS.format(book=book, source=source, name=name)
    content.cells.insert(0, nbformat.v4.new_markdown_cell(text.rstrip(), id="needs-the-book"))
    nbformat.write(content, notebook)


def say_what_they_need(app: Sphinx, pages: Pages) -> None:
    """Do so for each notebook that a page offers."""
    sources = Path(app.outdir) / "_sources"
    for notebook in sorted(sources.rglob("*.ipynb")):
        say_what_it_needs(
            notebook,
            notebook.relative_to(sources).as_posix(),
            app.config.html_title,
            app.config.html_theme_options.get("repository_url", ""),
        )


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.setup_extension("bookbuild.site")
    app.connect("pages-written", say_what_they_need)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
