"""A Sphinx extension: each page that the theme writes becomes one that the book can stand by.

As a page is written,

* those who hear it get the names that others see, and Korean words are marked as such;
* it runs only scripts that it has a use for, after the page, and a Content-Security-Policy forbids
  all that is not of the site; only the script that sets light or dark stays in the page, since it
  has to run before anything is drawn;
* what stands in it twice, or is for others, goes.

The theme is sphinx-book-theme on pydata-sphinx-theme. When it changes, `KNOWN_SCRIPTS` and
`HANDLERS` warn, which fails the build, of scripts that are new, and the tests of pages find names,
icons and files that are not where they were. Sphinx hands a page over in `templates.render`.
"""

import base64
import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Script
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import when_written

ICON = re.compile(r"\bfa-")
# One or more Korean words.
KOREAN = re.compile(r"([가-힣]+(?: [가-힣]+)*)")

# Style sheets of extensions: `assets/book.css` has the rules of the one, nothing needs the other.
UNWANTED = {"sphinx-codeautolink.css", "sphinx-thebe.css"}
# What a page must hold to need these style sheets and scripts.
NEEDED_FOR = {"sphinx-design.min.css": "sd-", "design-tabs.js": "sd-tab-"}
# It draws the icons, which the fonts of the theme hold as well, in a hundredth of the size.
ICON_SCRIPT = "_static/scripts/fontawesome.js"
# Only the page of results searches: on the others, the search field leads to it.
SEARCH_PAGE = "search.html"
SEARCH_SCRIPTS = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
OWN_SEARCH_SCRIPT = "_static/search.js"
# How the scripts begin that themes and extensions write into pages: `assets/settings.js` and
# `assets/search.js` say what is needed of them.
KNOWN_SCRIPTS = (
    "DOCUMENTATION_OPTIONS.pagename",
    "DOCUMENTATION_OPTIONS.search_as_you_type",
    "let toggleHintShow",
    "let toggleHintHide",
    "let toggleOpenOnPrint",
    "var togglebuttonSelector",
    "// Activate the search field on page load",
)
# How the one begins that stays: it sets light or dark before anything is drawn.
THEME_SCRIPT = "document.documentElement.dataset.mode"
# With all cookies blocked, and in some frames, scripts stop where they look at what is stored.
STORAGE = Path(__file__).with_name("storage.js").read_text(encoding="utf-8")
# The theme looks at the reader's system as well, but only when the page has been drawn once.
THEME_AT_ONCE = """
    if (document.documentElement.dataset.mode === "auto") {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      document.documentElement.dataset.theme = dark ? "dark" : "light";
    }
  """
# What `assets/page.js` listens for instead.
HANDLERS = {"window.print()": "print", "toggleFullScreen()": "fullscreen"}
# Styles stand in many places: in drawings, in formulas, in the table of the theme's colours.
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; worker-src {workers}; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
# It starts a worker from a text, and compiled operations in it. No other page may.
LAB = '[data-widget="training_lab"]'

logger = logging.getLogger(__name__)


def correct(html: str, name: str) -> str:
    """Return a page, such as ``search.html``, as the book has it."""
    page = BeautifulSoup(html, "html.parser")
    correct_names(page)
    correct_pictures(page)
    remove_left_overs(page)
    mark_korean(page)
    choose_files(page, searches=name == SEARCH_PAGE)
    replace_handlers(page)
    take_scripts(page)
    set_policy(page)
    return str(page)


def correct_names(page: BeautifulSoup) -> None:
    """Give the parts of a page the names that one sees, to those who hear them."""
    for icon in page.find_all(class_=ICON):
        icon["aria-hidden"] = "true"
    # These say something else than what is written on them.
    for labelled in page.select(".search-button-field, details.hide > summary"):
        del labelled["aria-label"]
    for sidebar in page.select("#pst-primary-sidebar"):
        sidebar["role"] = "navigation"
        sidebar["aria-label"] = "Book"


def correct_pictures(page: BeautifulSoup) -> None:
    """Show one logo: that of the dark is the same, and says its size so that nothing moves."""
    for logo in page.select("img.logo__image.only-dark"):
        logo.decompose()
    for logo in page.select("img.logo__image"):
        logo["class"] = "logo__image dark-light"  # which the theme does not darken
        logo["width"] = logo["height"] = "48"


def remove_left_overs(page: BeautifulSoup) -> None:
    """Remove what stands in a page twice, or for others."""
    for again in page.select('meta[name="viewport"]')[1:]:
        again.decompose()
    for advertisement in page.select("#ethical-ad-placement"):
        advertisement.decompose()


def mark_korean(page: BeautifulSoup) -> None:
    """Say of each Korean word in a page that it is one: it is then read out as such."""
    for text in page.find_all(string=KOREAN):
        if text.parent is not None and text.parent.name not in {"pre", "script", "title"}:
            for place, part in enumerate(KOREAN.split(str(text))):
                korean = place % 2 == 1
                text.insert_before(page.new_tag("span", lang="ko", string=part) if korean else part)
            text.extract()


def choose_files(page: BeautifulSoup, searches: bool) -> None:
    """Leave out the files that a page has no use for; let the others come after the page."""
    unused = (ICON_SCRIPT,) if searches else (ICON_SCRIPT, *SEARCH_SCRIPTS)
    for script in page.find_all("script", src=True):
        address = str(script["src"]).partition("?")[0]
        if address.endswith(unused):
            script.decompose()
            continue
        if address == SEARCH_SCRIPTS[0]:
            script.insert_after(page.new_tag("script", src=OWN_SEARCH_SCRIPT, defer=""))
        script["defer"] = ""


def replace_handlers(page: BeautifulSoup) -> None:
    """Mark what a button does, where the theme wrote it into the button as a script.

    An unknown script is a warning, which fails the build.
    """
    for element in page.find_all(onclick=True):
        handler = str(element["onclick"])
        if handler not in HANDLERS:
            logger.warning("A page has a handler that assets/page.js does not know: %s", handler)
        element["data-does"] = HANDLERS.get(handler, "")
        del element["onclick"]


def take_scripts(page: BeautifulSoup) -> None:
    """Take the scripts out of a page that are written into it, but for that of the theme.

    An unknown script is a warning, which fails the build.
    """
    for script in page.find_all("script", src=False, type=False):
        text = script.get_text().strip()
        if text.startswith(THEME_SCRIPT):
            script.string = Script(f"\n{STORAGE}{script.get_text()}{THEME_AT_ONCE}")
            continue
        if not text.startswith(KNOWN_SCRIPTS):
            logger.warning("A page has a script that bookbuild/theme.py does not know: %s", text)
        script.decompose()


def set_policy(page: BeautifulSoup) -> None:
    """Forbid a page all that does not come from the site, but for the scripts that are in it."""
    digests = [
        base64.b64encode(hashlib.sha256(script.get_text().encode()).digest()).decode()
        for script in page.find_all("script", src=False, type=False)
    ]
    lab = page.select_one(LAB) is not None
    scripts = [*(f"'sha256-{digest}'" for digest in digests), *["'wasm-unsafe-eval'"] * lab]
    policy = POLICY.format(scripts=" ".join(scripts), workers="blob:" if lab else "'none'")
    charset = page.select_one("meta[charset]")
    assert charset is not None
    attributes = {"http-equiv": "Content-Security-Policy", "content": policy}
    charset.insert_after(page.new_tag("meta", attrs=attributes))


def drop_unneeded(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Leave out the style sheets and scripts of extensions that the page makes no use of."""
    for files in (context["css_files"], context["script_files"]):
        files[:] = [
            file
            for file in files
            if (name := Path(file.filename or "").name) not in UNWANTED
            and NEEDED_FOR.get(name, "") in context.get("body", "")
        ]


def drop_header(app: Sphinx, config: Config) -> None:
    """Leave the header, which holds nothing but a second search button, empty: it stays away."""
    config.html_theme_options.setdefault("navbar_persistent", [])


def drop_thebe(app: Sphinx, config: Config) -> None:
    """Disconnect sphinx-thebe, which Jupyter Book always loads: it asks another host for files."""
    for name, listeners in app.events.listeners.items():
        app.events.listeners[name] = [
            listener
            for listener in listeners
            if not getattr(listener.handler, "__module__", "").startswith("sphinx_thebe")
        ]


def correct_as_written(app: Sphinx) -> None:
    """Let each page go through `correct` before it is written."""
    if app.builder.format != "html":
        return
    templates = app.builder.templates
    render = templates.render

    def corrected(template: str, context: dict[str, Any]) -> str:
        html = render(template, context)
        whole = html.lstrip().startswith("<!DOCTYPE html>")  # themes render parts of pages, too
        return correct(html, f"{context['pagename']}.html") if whole else html

    templates.render = corrected


def finish(app: Sphinx, site: Path) -> None:
    """Make the first page the index, and remove the script that names every icon there is."""
    shutil.copyfile(site / f"{app.config.root_doc}.html", site / "index.html")
    for path in site.glob(f"{ICON_SCRIPT}*"):
        path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("config-inited", drop_header)
    app.connect("config-inited", drop_thebe, priority=900)
    app.connect("builder-inited", correct_as_written)
    app.connect("html-page-context", drop_unneeded, priority=900)
    when_written(app, finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
