"""A Sphinx extension: a page runs only scripts it has a use for, and none that come from elsewhere.

A Content-Security-Policy in each page forbids what is not a file of the site. What the theme and
its extensions write into the pages becomes files, but for the script that sets light or dark. That
script comes before all others, so it also sees to it that a page can store things.
"""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import Script
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from bookbuild.site import when_written

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
# It makes the object that some of the scripts written into the pages set things in.
OPTIONS_SCRIPT = "_static/documentation_options.js"
# It tells a page its name, which only a theme with a choice of versions asks for.
NAME_SCRIPT = "DOCUMENTATION_OPTIONS.pagename"
# The one script that stays in the page: it sets light or dark before anything is drawn.
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

# It starts a worker from a text, and compiled kernels in it. No other page may.
LAB = '[data-widget="training_lab"]'

logger = logging.getLogger(__name__)


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


def choose_files(page: BeautifulSoup, searches: bool) -> None:
    """Leave out the files that a page has no use for; let the others come after the page."""
    unused = (ICON_SCRIPT,) if searches else (ICON_SCRIPT, *SEARCH_SCRIPTS)
    for script in page.select("script[src]"):
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
    for element in page.select("[onclick]"):
        handler = str(element["onclick"])
        if handler not in HANDLERS:
            logger.warning("A page has a handler that assets/page.js does not know: %s", handler)
        element["data-does"] = HANDLERS.get(handler, "")
        del element["onclick"]


def written_scripts(page: BeautifulSoup) -> Iterator[Tag]:
    """Yield the scripts that are written into a page."""
    yield from page.select("script:not([src], [type])")


def take_settings(page: BeautifulSoup) -> str:
    """Take the scripts out of a page that can be a file; return them, each once."""
    settings = []
    for script in written_scripts(page):
        text = script.get_text().strip()
        if text.startswith(THEME_SCRIPT):
            script.string = Script(f"\n{STORAGE}{script.get_text()}{THEME_AT_ONCE}")
        else:
            script.decompose()
            if text not in settings and not text.startswith(NAME_SCRIPT):
                settings.append(text)
    return "\n".join(settings)


def load_settings(page: BeautifulSoup, settings: str, folder: Path) -> None:
    """Write settings into a folder beside the options, and let a page load them after these."""
    name = f"settings-{hashlib.sha256(settings.encode()).hexdigest()[:8]}.js"
    (folder / name).write_text(f"{settings}\n", encoding="utf-8")
    options = page.select_one(f'script[src*="{OPTIONS_SCRIPT}"]')
    assert options is not None
    address = str(options["src"]).partition(Path(OPTIONS_SCRIPT).name)[0] + name
    options.insert_after(page.new_tag("script", src=address, defer=""))


def set_policy(page: BeautifulSoup) -> None:
    """Forbid a page all that does not come from the site, but for the scripts that are in it."""
    digests = [
        base64.b64encode(hashlib.sha256(script.get_text().encode()).digest()).decode()
        for script in written_scripts(page)
    ]
    lab = page.select_one(LAB) is not None
    scripts = [*(f"'sha256-{digest}'" for digest in digests), *["'wasm-unsafe-eval'"] * lab]
    policy = POLICY.format(scripts=" ".join(scripts), workers="blob:" if lab else "'none'")
    charset = page.select_one("meta[charset]")
    assert charset is not None
    attributes = {"http-equiv": "Content-Security-Policy", "content": policy}
    charset.insert_after(page.new_tag("meta", attrs=attributes))


def correct(page: BeautifulSoup, site: Path, name: str) -> None:
    """Leave in a page only scripts that it may run and has a use for."""
    choose_files(page, searches=name == SEARCH_PAGE)
    replace_handlers(page)
    settings = take_settings(page)
    if settings:
        load_settings(page, settings, site / Path(OPTIONS_SCRIPT).parent)
    set_policy(page)


def remove_icon_script(app: Sphinx, site: Path) -> None:
    """Remove the file that no page loads, and that names every icon there is."""
    for path in site.glob(f"{ICON_SCRIPT}*"):
        path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", drop_unneeded, priority=900)
    when_written(app, remove_icon_script)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
