"""The built pages: complete, described, and in need of nothing but themselves."""

import re

import pytest
from bs4 import BeautifulSoup, Tag

from bookbuild.build import ROOT, documents
from tests.files import HTML, tree

DOCUMENTS = documents(ROOT)

# Attributes with which a page loads something, by element.
LOADING = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
# Links that name a page and load nothing.
NAMING = {"alternate", "author", "canonical", "index", "license", "next", "prev", "search"}
OTHER_HOST = re.compile(r"^\s*(?:[a-z]+:)?//", re.IGNORECASE)
CDN = re.compile(r"cdn\.jsdelivr|cdnjs\.|unpkg\.com|esm\.sh|googleapis|polyfill\.io")
LOG_LINE = re.compile(
    r"oneDNN|cudart|TF-TRT|cpu_feature_guard|absl::InitializeLog|computation_placer"
)

every_page = pytest.mark.parametrize("document", DOCUMENTS)


def parse(text: str) -> BeautifulSoup:
    """Return the tree of a page."""
    return BeautifulSoup(text, "html.parser")


def built(document: str) -> BeautifulSoup:
    """Return the tree of the page of a document."""
    return tree(HTML / f"{document}.html")


def text_of(tag: Tag, attribute: str) -> str:
    """Return the value of an attribute as text; empty when it is not there."""
    value = tag.get(attribute) or ""
    return value if isinstance(value, str) else " ".join(value)


def source_of(document: str) -> str:
    """Return the file that a document is written in, as text."""
    for suffix in (".md", ".ipynb"):
        path = (ROOT / document).with_suffix(suffix)
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise AssertionError(f"{document} has no source")


def title_in_source(document: str) -> str:
    """Return the first heading in the source of a document."""
    # In a notebook each line is a JSON string; the heading is the same in both.
    heading = re.search(r'^[\s"]*# (.+?)(?:\\n)?"?,?$', source_of(document), re.MULTILINE)
    assert heading, f"{document} has no title"
    return heading[1]


def loaded_from_elsewhere(soup: BeautifulSoup) -> list[str]:
    """Return every address from which a page loads something that is not its own."""
    found = []
    for tag in soup.find_all(list(LOADING)):
        if tag.name == "link" and set(text_of(tag, "rel").lower().split()) <= NAMING:
            continue
        for attribute in LOADING[tag.name]:
            value = text_of(tag, attribute)
            addresses = value.split(",") if attribute == "srcset" else [value]
            found += [address for address in addresses if OTHER_HOST.match(address)]
    for tag in soup.find_all(["script", "style"]):
        found += CDN.findall(tag.get_text())
        found += style_loads(tag.get_text()) if tag.name == "style" else []
    for tag in soup.find_all(style=True):
        found += style_loads(text_of(tag, "style"))
    return found


def style_loads(css: str) -> list[str]:
    """Return every address on another host from which a style sheet loads something."""
    return re.findall(r"""(?:url\(|@import)\s*['"]?((?:https?:)?//[^'")\s]+)""", css)


def undescribed(soup: BeautifulSoup) -> list[str]:
    """Return the pictures of an article that say nothing to a reader who cannot see them."""
    found = []
    for svg in soup.select("article svg"):
        hidden = svg.find_parent(attrs={"aria-hidden": "true"}) or svg.get("aria-hidden") == "true"
        if not hidden and not svg.find_parent("svg"):
            label = text_of(svg, "aria-label") or text_of(svg, "aria-labelledby")
            if svg.get("role") != "img" or not label.strip():
                found.append(str(svg)[:200])
    found += [str(img) for img in soup.select("article img") if not text_of(img, "alt").strip()]
    return found


@every_page
def test_page_is_there_with_its_title(document: str) -> None:
    """Every page of the table of contents was built, from its source."""
    heading = built(document).select_one("article h1")
    assert heading is not None
    for mark in heading.select(".headerlink"):
        mark.extract()
    plain = re.sub(r"[*_`]", "", title_in_source(document))
    assert heading.get_text().strip() == plain.strip()


@every_page
def test_page_loads_nothing_from_another_host(document: str) -> None:
    """No script, style, font or picture comes from elsewhere."""
    assert loaded_from_elsewhere(built(document)) == []


def test_style_sheets_load_nothing_from_another_host() -> None:
    """Nor do the style sheets, for fonts and pictures."""
    sheets = list(HTML.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        assert style_loads(sheet.read_text(encoding="utf-8")) == [], sheet.name


@every_page
def test_page_has_no_widget_manager_and_no_thebe(document: str) -> None:
    """The pages stay light: widgets are shown as pictures."""
    for script in built(document).find_all("script"):
        content = text_of(script, "src") + script.get_text()
        for word in ("thebe", "require.js", "requirejs", "html-manager"):
            assert word not in content.lower()
        assert "widget" not in text_of(script, "type")


@every_page
def test_page_shows_no_traceback_and_no_log_line(document: str) -> None:
    """Nothing of the machinery is seen, nor the name of an object where a picture should be."""
    article = built(document).select_one("article")
    assert article is not None
    text = article.get_text()
    assert not article.select(".cell_output .stderr")
    assert not LOG_LINE.search(text)
    for cell in article.select(".cell"):
        if "tag_raises-exception" not in (cell.get("class") or []):
            for output in cell.select(".cell_output"):
                assert "Traceback (most recent call last)" not in output.get_text()
                assert not re.search(r"<[\w.]+ object at 0x", output.get_text())


@every_page
def test_every_figure_has_a_number_and_a_caption(document: str) -> None:
    """A figure that has a name can be referred to by its number."""
    for figure in built(document).select("article figure"):
        assert figure.select_one("figcaption .caption-number"), str(figure)[:300]
        assert figure.select_one("figcaption .caption-text"), str(figure)[:300]


@every_page
def test_every_picture_says_what_it_shows(document: str) -> None:
    """Pictures have a text for readers who do not see them."""
    assert undescribed(built(document)) == []


@every_page
def test_no_name_is_given_twice(document: str) -> None:
    """A link to a place is to one place (the parts of a drawing are not places)."""
    names = [
        text_of(tag, "id")
        for tag in built(document).select("article [id]")
        if not tag.find_parent("svg")
    ]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


@every_page
def test_page_loads_no_script_that_it_can_do_without(document: str) -> None:
    """Formulas and icons need none, and only the page of results searches."""
    sources = [text_of(script, "src") for script in built(document).find_all("script")]
    for word in ("mathjax", "fontawesome", "searchtools", "searchindex", "design-tabs"):
        assert not [source for source in sources if word in source.lower()]
    assert not [path.name for path in HTML.rglob("*.js") if "fontawesome" in path.name]


@every_page
def test_every_formula_is_mathml_and_says_what_it_shows(document: str) -> None:
    """A formula is drawn by the browser; its source is there for those who do not see it."""
    for formula in built(document).select("article .math"):
        maths = formula.find_all("math")
        assert len(maths) == 1, str(formula)
        assert text_of(maths[0], "alttext").strip()
        assert not re.search(r"[\\$&]", maths[0].get_text()), str(maths[0])


@every_page
def test_every_reference_to_a_formula_names_its_number(document: str) -> None:
    """What ``{eq}`` names in the source is a link to a formula, with the number that it shows."""
    named = re.findall(r"\{eq\}`([\w-]+)`", source_of(document))
    links = built(document).select('article a.internal[href*="#equation-"]')
    assert len(links) == len(named)
    for link, name in zip(links, named, strict=True):
        path, _, anchor = text_of(link, "href").partition("#")
        assert anchor == f"equation-{name}"
        there = tree((HTML / document).parent / path) if path else built(document)
        number = there.select_one(f"div.math#{anchor} .eqno")
        assert number is not None and number.get_text().startswith(link.get_text())


def test_some_pages_have_formulas_and_refer_to_them() -> None:
    """The checks of formulas look at something."""
    for selector in ("div.math math", "span.math math", 'a[href*="#equation-"].internal'):
        assert any(built(document).select(f"article {selector}") for document in DOCUMENTS)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="//example.org/a.css">',
        '<link rel="preconnect" href="https://example.org">',
        '<img srcset="a.png 1x, https://example.org/a.png 2x">',
        '<script>import("https://cdn.jsdelivr.net/npm/a")</script>',
        "<style>@import 'https://example.org/a.css';</style>",
        '<p style="background: url(https://example.org/a.png)"></p>',
    ],
)
def test_a_request_to_another_host_would_be_found(html: str) -> None:
    """The check sees every way in which a page loads something."""
    assert loaded_from_elsewhere(parse(html))
    assert not loaded_from_elsewhere(parse('<link rel="canonical" href="https://example.org">'))


@pytest.mark.parametrize(
    "html",
    [
        "<svg></svg>",
        '<svg role="img"></svg>',
        '<svg aria-label="x"></svg>',
        "<img>",
        '<img alt=" ">',
    ],
)
def test_an_undescribed_picture_would_be_found(html: str) -> None:
    """The check sees pictures without a text, and accepts those with one."""
    assert undescribed(parse(f"<article>{html}</article>"))
    assert not undescribed(parse('<article><svg role="img" aria-label="A curve"></svg></article>'))
