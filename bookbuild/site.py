"""What the extensions share that work on the pages once all of them are written.

The pages are parsed once: each extension that has a share in them gets all the trees, in the order
of the priorities, and may change them. In the end they are written back.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

Pages = dict[Path, BeautifulSoup]
"""The trees of the pages of a site by their files."""


def top(address: str) -> str:
    """Return where a site is on its server, from the address at which it is published."""
    return urlsplit(address).path.rstrip("/") + "/"


def read_pages(site: Path) -> Pages:
    """Return the pages of a site, always in one order; what themes keep for themselves is none."""
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts
    }


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Let the extensions work on the pages, once a build of pages has succeeded."""
    if exception is None and app.builder.format == "html":
        pages = read_pages(Path(app.outdir))
        app.emit("pages-written", pages)
        for path, page in pages.items():
            path.write_text(str(page), encoding="utf-8")


def write_all(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Let every page be written anew: what stands there has been changed since it was written."""
    return sorted(env.found_docs)


def when_written(app: Sphinx, act: Callable[[Sphinx, Pages], None], priority: int = 500) -> None:
    """Let ``act`` work on the pages of the site; those with a smaller priority come first."""
    if "pages-written" not in app.events.events:
        app.add_event("pages-written")
        app.connect("env-updated", write_all)
        app.connect("build-finished", finish)
    app.connect("pages-written", act, priority=priority)
