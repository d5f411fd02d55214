"""Editions of the book: each in its language, and in a folder of its own."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from bookbuild.build import ROOT, build
from bookbuild.edition import FIRST, Edition
from bookbuild.site import read_pages
from tests.files import tree, write_files
from tests.tiny_book import Build, write_tiny


@pytest.mark.parametrize(
    ("edition", "folder"),
    [
        (FIRST, "html"),
        (Edition("en"), "html"),
        (Edition("ko"), "html-ko"),
        (Edition(live=True), "html-live"),
        (Edition("ko", live=True), "html-ko-live"),
    ],
    ids=str,
)
def test_the_folder_says_the_edition(edition: Edition, folder: str) -> None:
    """That of the first edition has no suffix."""
    assert edition.pages(Path("book")) == Path("book/_build") / folder


@pytest.mark.parametrize("language", ["", "Korean", "../ko", "ko-KR"])
def test_a_language_is_a_code(language: str) -> None:
    """It becomes the name of a folder, so no other text will do."""
    with pytest.raises(ValueError, match="such as 'en' or 'ko'"):
        Edition(language)


@pytest.mark.parametrize(("language", "marked"), [("en", 1), ("ko", 0)])
def test_words_of_another_language_are_marked(build: Build, language: str, marked: int) -> None:
    """In a Korean page no Korean word is."""
    site, said = build(edition=Edition(language))
    assert said == ""
    page = tree(site / "chapters/two.html")
    assert [word.get_text() for word in page.select("article [lang]")] == ["은닉 상태"] * marked


@pytest.mark.slow
def test_pages_of_a_korean_edition(tmp_path: Path) -> None:
    """Jupyter Book builds them in their own folder; what is in no catalogue is English."""
    write_tiny(tmp_path)
    words = "Words of the book, each with the sense that it has in it."
    catalogue = f'msgid "{words}"\nmsgstr "이 책의 낱말입니다."\n'
    build_words = 'msgid "Chapters"\nmsgstr "장"\n\nmsgid "Book"\nmsgstr "책"\n'
    folder = tmp_path / "locale/ko/LC_MESSAGES"
    write_files(
        folder,
        {"chapters/words.po": catalogue, "helpers.po": catalogue, "sphinx.po": build_words},
    )
    for name in ("_config.yml", "assets", "bookbuild"):
        (tmp_path / name).symlink_to(ROOT / name)
    korean = Edition("ko")
    build(tmp_path, korean)
    pages = read_pages(korean.pages(tmp_path))
    assert {"index.html", "404.html", "search.html", "two.html"} <= {path.name for path in pages}
    for path, page in pages.items():
        assert ' lang="ko"' in page.partition("<head>")[0], path
    assert "The second one says" in pages[korean.pages(tmp_path) / "chapters/two.html"]
    one = BeautifulSoup(pages[korean.pages(tmp_path) / "chapters/one.html"], "html.parser")
    assert [part["aria-label"] for part in one.select("nav.trail, #pst-primary-sidebar")] == [
        "책",
        "장",
    ]
    translated = pages[korean.pages(tmp_path) / "chapters/words.html"]
    assert "이 책의 낱말입니다." in translated
    assert words not in translated
    assert (folder / "helpers.mo").is_file()
    assert not FIRST.pages(tmp_path).exists()
