"""A Sphinx extension: pages that have not changed stay as they were written.

Only where ``build`` says so: it has found that nothing but pages has changed. What they know of each
other, such as titles, numbers and places, has to be as before; else the build stops, and ``build``
begins afresh. Otherwise all pages are written, for what stands there has been corrected since.

It stands on what Sphinx, viewcode, sphinx_codeautolink and MyST-NB keep of the pages. Where they keep
it elsewhere, ``tests/test_changed.py`` fails.
"""

import copy
import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import ExtensionMetadata

from bookbuild.build import AFRESH

ENTRIES = "index-entries.json"
"""The file, beside the doctrees, with what Sphinx does not keep of the index of the search."""


def known(env: BuildEnvironment) -> object:
    """Return what a page can know of others, and what the site has of them beside their text."""
    pages = {
        page: (
            [str(of.get(page)) for of in (env.titles, env.longtitles, env.tocs)],
            [of.get(page) for of in (env.toc_secnumbers, env.toc_fignumbers, env.toctree_includes)],
            {slug: to[1:] for slug, to in env.metadata[page].get("myst_slugs", {}).items()},
            env.metadata[page].get("widgets"),
            getattr(env, "nb_metadata", {}).get(page),
        )
        for page in sorted(env.found_docs)
    }
    objects = {(name, *one) for name, domain in env.domains.items() for one in domain.get_objects()}
    others = [env.domaindata[name] for name in ("citation", "math")]
    files = [dict(env.images), dict(env.dlfiles), getattr(env, "_viewcode_modules", None)]
    return copy.deepcopy((pages, objects, others, files))


class Kept:
    """What is kept of the last build, while only what has changed is built."""

    def __init__(self, app: Sphinx) -> None:
        """Take part in the build."""
        app.connect("builder-inited", self.take_code, priority=400)
        app.connect("env-before-read-docs", self.look)
        app.connect("env-updated", self.compare_code, priority=400)
        app.connect("env-get-updated", self.compare, priority=600)  # when figures have numbers
        app.connect("write-started", self.keep)
        app.connect("html-collect-pages", self.complete_index)

    def take_code(self, app: Sphinx) -> None:
        """Take the code of the pages, whose names have been resolved, before it is forgotten."""
        self.code = getattr(app.env, "sphinx_codeautolink_transforms", {})

    def look(self, app: Sphinx, env: BuildEnvironment, pages: list[str]) -> None:
        """Look at what is known before a page is read."""
        self.known = known(env)

    def compare_code(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Begin afresh where the code of a page is another, or stands elsewhere."""
        read: dict[str, Any] = env.sphinx_codeautolink_transforms  # type: ignore[attr-defined]
        for page, blocks in read.items():
            if _places(blocks) != _places(self.code.get(page, [])):
                raise SystemExit(AFRESH)
        read.clear()  # nothing is to be resolved, for which modules would have to be imported

    def compare(self, app: Sphinx, env: BuildEnvironment) -> list[str]:
        """Begin afresh where something else is known than before."""
        if known(env) != self.known:
            raise SystemExit(AFRESH)
        env.sphinx_codeautolink_transforms.update(self.code)  # type: ignore[attr-defined]
        return []

    def keep(self, app: Sphinx, builder: object) -> None:
        """Let the pages of the source code stand, and know the index of the others."""
        for late in (Path(app.outdir) / "_static").glob("mystnb.*.css"):
            late.unlink()  # it is there only when all pages are written
        del app.env._viewcode_modules  # type: ignore[attr-defined]
        entries = json.loads((Path(app.doctreedir) / ENTRIES).read_text(encoding="utf-8"))
        app.env._search_index_index_entries.update(entries)

    def complete_index(self, app: Sphinx) -> list[Any]:
        """Take words out of the index of the search that no page has any more."""
        for words in (app.builder.indexer._mapping, app.builder.indexer._title_mapping):
            for word in [word for word, pages in words.items() if not pages]:
                del words[word]
        return []


def _places(blocks: list[Any]) -> list[Any]:
    return [(block.source, block.example) for block in blocks]


def begin(app: Sphinx, config: Config) -> None:
    """Let all pages be written, or only what has changed."""
    if config.only_changed:
        Kept(app)
    else:
        app.connect("env-updated", lambda app, env: sorted(env.found_docs))


def keep_index(app: Sphinx, exception: Exception | None) -> None:
    """Keep what Sphinx knows of the index only while it builds."""
    entries = json.dumps(app.env._search_index_index_entries)
    (Path(app.doctreedir) / ENTRIES).write_text(entries, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.add_config_value("only_changed", False, "", bool)
    app.connect("config-inited", begin)
    app.connect("build-finished", keep_index)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
