"""A Sphinx extension: ``404.html``, the page that a server shows where there is none.

A server shows it at any address, so it names other pages from the top of the site, and it needs
no other file: what it loads might not be there either.
"""

from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from jinja2 import Environment
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import when_written
from bookbuild.theme import set_policy
from bookbuild.trail import chapters

TEMPLATE = Path(__file__).with_name("not_found.html")


def prefix(address: str) -> str:
    """Return where a site is on its server, from the address at which it is published."""
    return urlsplit(address).path.rstrip("/") + "/"


def write_not_found(app: Sphinx, site: Path) -> None:
    """Write the page."""
    template = Environment(autoescape=True).from_string(TEMPLATE.read_text(encoding="utf-8"))
    html = template.render(
        title=app.config.html_title,
        logo=Markup((Path(app.srcdir) / app.config.html_logo).read_text(encoding="utf-8")),
        chapters=chapters(app),
        prefix=prefix(app.config.html_baseurl),
    )
    page = BeautifulSoup(html, "html.parser")
    set_policy(page)
    (site / "404.html").write_text(str(page), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    # Before those that look at all pages.
    when_written(app, write_not_found, priority=550)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
