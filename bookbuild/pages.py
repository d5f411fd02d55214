"""A Sphinx extension: a page loads only what it uses, and its parts have the names that one sees.

The theme writes some things into every page that this book has no use for, or that are not right
for readers who hear a page. No setting changes them, so the pages are corrected once written.
Each page also gets a trail of the chapters, and a policy that lets nothing in from elsewhere.
"""

import base64
import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import Script
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.osutil import relative_uri
from sphinx.util.typing import ExtensionMetadata

# What a page must hold to need these style sheets and scripts.
NEEDED_FOR = {"sphinx-design.min.css": "sd-", "design-tabs.js": "sd-tab-"}
# It draws the icons, which the fonts of the theme hold as well, in a hundredth of the size.
ICON_SCRIPT = "_static/scripts/fontawesome.js"
# Only the page of results searches: on the others, the search field leads to it.
SEARCH_PAGE = "search.html"
SEARCH_SCRIPTS = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
# It makes the object that some of the scripts written into the pages set things in.
OPTIONS_SCRIPT = "_static/documentation_options.js"
# The one script that stays in the page: it sets light or dark before anything is drawn.
THEME_SCRIPT = "document.documentElement.dataset.mode"
# The theme does this as well, but only when the page has been drawn once.
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
    "default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'"
)
# One or more Korean words.
KOREAN = re.compile(r"([가-힣]+(?: [가-힣]+)*)")

logger = logging.getLogger(__name__)


def drop_unneeded(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Leave out the style sheets and scripts of an extension that the page makes no use of."""
    for files in (context["css_files"], context["script_files"]):
        files[:] = [
            file
            for file in files
            if NEEDED_FOR.get(Path(file.filename or "").name, "") in context.get("body", "")
        ]


def add_trail(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Put the chapters, the first part of the book, above the text of each of them."""
    names = chapters(app)
    if pagename in names:
        titles = [app.env.titles[name].astext() for name in names]
        context["body"] = trail(names, titles, pagename) + context["body"]


def chapters(app: Sphinx) -> list[str]:
    """Return the names of the pages in the first part of the book."""
    parts = app.env.tocs[app.config.root_doc].findall(addnodes.toctree)
    return [page for _, page in next(iter(parts))["entries"]]


def trail(names: Sequence[str], titles: Sequence[str], here: str) -> str:
    """Return a list of links to the chapters that tells which of them the reader is in."""
    items = []
    for number, (name, title) in enumerate(zip(names, titles, strict=True), 1):
        short = title.partition(":")[0].partition(",")[0]
        link = relative_uri(f"{here}.html", f"{name}.html") or "#"
        current = ' aria-current="page"' if name == here else ""
        passed = ' class="passed"' if number <= names.index(here) else ""
        items.append(f'<li{passed}><a href="{link}"{current}><b>{number}</b> <span>{short}</span></a></li>')
    return f'<nav class="trail" aria-label="Chapters"><ol>{"".join(items)}</ol></nav>'


def corrected(html: str, searches: bool) -> tuple[BeautifulSoup, list[str]]:
    """Return a page with the right names and without the scripts that it does not use.

    The scripts that were written into the page are returned as well, each once.
    """
    page = BeautifulSoup(html, "html.parser")
    unused = (ICON_SCRIPT,) if searches else (ICON_SCRIPT, *SEARCH_SCRIPTS)
    for script in page.select("script[src]"):
        if str(script["src"]).partition("?")[0].endswith(unused):
            script.decompose()
    for icon in page.select('[class*="fa-"]'):
        icon["aria-hidden"] = "true"
    # These say something else than what is written on them.
    for labelled in page.select(".search-button-field, details.hide > summary"):
        del labelled["aria-label"]
    for sidebar in page.select("#pst-primary-sidebar"):
        sidebar["role"] = "navigation"
        sidebar["aria-label"] = "Book"
    for logo in page.select("img.logo__image.only-dark"):
        logo.decompose()  # it is the same picture, and no theme is chosen when the first is drawn
    for logo in page.select("img.logo__image"):
        logo["class"] = ["logo__image"]
        logo["width"] = logo["height"] = "48"
    for script in filter(is_theme_script, page.select("script")):
        script.string = Script(script.get_text() + THEME_AT_ONCE)
    for again in page.select('meta[name="viewport"]')[1:]:
        again.decompose()
    for place in page.select("#ethical-ad-placement"):
        place.decompose()
    for element in page.select("[onclick]"):
        handler = str(element["onclick"])
        if handler not in HANDLERS:
            logger.warning("A page has a handler that assets/page.js does not know: %s", handler)
        element["data-does"] = HANDLERS.get(handler, "")
        del element["onclick"]
    mark_korean(page)
    written = [
        script for script in page.select("script:not([src], [type])") if not is_theme_script(script)
    ]
    texts = list(dict.fromkeys(script.get_text().strip() for script in written))
    for script in written:
        script.decompose()
    for script in page.select(f'script[src^="{SEARCH_SCRIPTS[0]}"]'):
        script.insert_after(page.new_tag("script", src="_static/search.js"))
    for script in page.select("head script[src]"):
        script["defer"] = ""
    return page, [text for text in texts if "DOCUMENTATION_OPTIONS.pagename" not in text]


def mark_korean(page: BeautifulSoup) -> None:
    """Say of each Korean word in a page that it is one: it is then read out as such."""
    for text in page.find_all(string=KOREAN):
        if text.parent is not None and text.parent.name not in {"pre", "script", "title"}:
            parts = KOREAN.split(str(text))
            for place, part in enumerate(parts):
                if place % 2:
                    word = page.new_tag("span", lang="ko", string=part)
                    text.insert_before(word)
                else:
                    text.insert_before(part)
            text.extract()


def is_theme_script(script: Tag) -> bool:
    """Tell whether a script sets light or dark."""
    return script.get_text().strip().startswith(THEME_SCRIPT)


def add_settings(page: BeautifulSoup, name: str) -> None:
    """Let a page load its settings, a file beside the options, before all that looks at them."""
    options = page.select_one(f'script[src*="{OPTIONS_SCRIPT}"]')
    assert options is not None
    address = str(options["src"]).partition(Path(OPTIONS_SCRIPT).name)[0] + name
    options.insert_after(page.new_tag("script", src=address, defer=""))


def with_policy(html: str) -> str:
    """Forbid a page all that does not come from the site, but for the scripts that are in it."""
    page = BeautifulSoup(html, "html.parser")
    digests = [
        base64.b64encode(hashlib.sha256(script.get_text().encode()).digest()).decode()
        for script in page.select("script:not([src], [type])")
    ]
    policy = POLICY.format(hashes=" ".join(f"'sha256-{digest}'" for digest in digests))
    meta = page.new_tag("meta", content=policy)
    meta["http-equiv"] = "Content-Security-Policy"
    charset = page.select_one("meta[charset]")
    assert charset is not None
    charset.insert_after(meta)
    return str(page)


def correct_pages(app: Sphinx, exception: Exception | None) -> None:
    """Correct every page of the site."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    index = site / "index.html"
    index.unlink(missing_ok=True)  # it would only lead on to the first page
    for path in site.rglob("*.html"):
        if "_static" in path.relative_to(site).parts:
            continue
        page, settings = corrected(path.read_text(encoding="utf-8"), path.name == SEARCH_PAGE)
        if settings:
            text = "\n".join(settings) + "\n"
            name = f"settings-{hashlib.sha256(text.encode()).hexdigest()[:8]}.js"
            (site / "_static" / name).write_text(text, encoding="utf-8")
            add_settings(page, name)
        path.write_text(with_policy(str(page)), encoding="utf-8")
    shutil.copyfile(site / f"{app.config.root_doc}.html", index)
    for path in site.glob(f"{ICON_SCRIPT}*"):
        path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", drop_unneeded, priority=900)
    app.connect("html-page-context", add_trail)
    app.connect("build-finished", correct_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
