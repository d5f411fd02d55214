"""A Sphinx extension: pages that have not changed stay as they were written.

Only where ``build`` says so, for it knows that nothing but pages has changed. What pages know of
each other, such as titles, numbers and places, has to be as before; else ``build`` begins afresh.

It stands on what Sphinx, viewcode, sphinx_codeautolink and MyST-NB keep of pages. Where they keep
it elsewhere, ``tests/test_changed.py`` fails.
"""

import copy
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.index_entries import split_index_msg
from sphinx.util.typing import ExtensionMetadata

from bookbuild.build import AFRESH


def known(env: BuildEnvironment) -> object:
    """Return what pages can know of each other, and what the site has of them beside their text."""
    pages = {
        page: (
            [str(of.get(page)) for of in (env.titles, env.longtitles, env.tocs)],
            [of.get(page) for of in (env.toc_secnumbers, env.toc_fignumbers, env.toctree_includes)],
            {slug: to[1:] for slug, to in env.metadata[page].get("myst_slugs", {}).items()},
            env.metadata[page].get("widgets"),
            vars(env)["nb_metadata"].get(page),
        )
        for page in env.found_docs
    }
    named = {(name, *thing) for name, of in env.domains.items() for thing in of.get_objects()}
    code = {name: of for name, of in vars(env)["_viewcode_modules"].items() if of and of[2]}
    others = [env.domaindata["citation"], env.domaindata["math"], code]
    return copy.deepcopy([pages, named, *others, dict(env.images), dict(env.dlfiles)])


class Kept:
    """What is kept of the last build while the pages that have changed are built."""

    def __init__(self, app: Sphinx) -> None:
        """Take part in a build."""
        app.connect("builder-inited", self.take_code, priority=400)
        app.connect("env-before-read-docs", self.take_known)
        app.connect("env-updated", self.compare_code, priority=400)
        app.connect("env-get-updated", self.compare_known, priority=600)  # figures have numbers now
        app.connect("write-started", self.prepare)
        app.connect("html-collect-pages", self.forget_words)

    def take_code(self, app: Sphinx) -> None:
        """Take the code of the pages, with the entries that it names, before it is forgotten."""
        self.code = vars(app.env).get("sphinx_codeautolink_transforms", {})

    def take_known(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Take what is known before a page is read."""
        self.known = known(env)

    def compare_code(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Begin afresh where a page has other code, or in another section."""
        code = vars(env)["sphinx_codeautolink_transforms"]
        for page, blocks in code.items():
            before, now = (
                [(it.source, it.example) for it in of] for of in (self.code[page], blocks)
            )
            if before != now:
                raise SystemExit(AFRESH)
        code.clear()  # what it names is known: no module has to be imported for it

    def compare_known(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Begin afresh where something else is known than before."""
        if self.known != known(env):
            raise SystemExit(AFRESH)
        vars(env)["sphinx_codeautolink_transforms"].update(self.code)
        return []

    def prepare(self, app: Sphinx, builder: object) -> None:
        """Let pages of source code stay; let there be what is there when all pages are written."""
        del vars(app.env)["_viewcode_modules"]
        for sheet in (Path(app.outdir) / "_static").glob("mystnb.*.css"):
            sheet.unlink()
        for page, entries in app.env.domaindata["index"]["entries"].items():
            app.env._search_index_index_entries[page] = sorted(
                (word, target, main)
                for kind, value, target, main, _ in entries
                for word in split_index_msg(kind, value)
            )

    def forget_words(self, app: Sphinx) -> list[Any]:
        """Take words out of the index of the search that no page has any more."""
        index = vars(app.builder)["indexer"]
        for words in (index._mapping, index._title_mapping):
            for word in [word for word, pages in words.items() if not pages]:
                del words[word]
        return []


def begin(app: Sphinx, config: Config) -> None:
    """Let all pages be written, for those that are there were corrected; or only the changed."""
    if config.only_changed:
        Kept(app)
    else:
        app.connect("env-updated", lambda app, env: sorted(env.found_docs))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_config_value("only_changed", False, "", bool)
    app.connect("config-inited", begin)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
