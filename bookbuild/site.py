"""What the extensions share that look at the pages once all of them are written."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from sphinx.application import Sphinx


def pages(site: Path) -> Iterator[tuple[Path, BeautifulSoup]]:
    """Yield the pages of a site, always in one order; what themes keep for themselves is none.

    A page is parsed once; none of those that look at it may change it.
    """
    for path in sorted(site.rglob("*.html")):
        if "_static" not in path.relative_to(site).parts:
            yield path, _tree(path, path.stat().st_mtime_ns)


@cache
def _tree(path: Path, changed: int) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def when_written(app: Sphinx, act: Callable[[Sphinx, Path], None], priority: int = 500) -> None:
    """Let ``act`` be called with the folder of the site, once a build of pages has succeeded.

    Those with a smaller ``priority`` come first.
    """

    def finished(app: Sphinx, exception: Exception | None) -> None:
        if exception is None and app.builder.format == "html":
            act(app, Path(app.outdir))

    app.connect("build-finished", finished, priority=priority)
