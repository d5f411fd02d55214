"""After pages have changed, what is built is what would be built without an earlier build."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bookbuild.build import AFRESH, ROOT, SOURCES, remove_pages
from bookbuild.edition import FIRST
from tests.tiny_book import PAGES, Build

WORDS = PAGES["chapters/words"]
PAGE = f"""{WORDS}

(place)=
## A place

$$a = b$$ (equation)

```python
from helpers import problems

problems.parse("1+1")
```
"""


def files_of(site: Path) -> dict[str, bytes]:
    """Return all files of a site by their names."""
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("each with the sense", "none with the γ-ray"),
        ("$$a = b$$", "A line more.\n\nAnother with [a link](one.md).\n\n$$a = \\zeta$$"),
    ],
)
def test_another_text_is_all_that_is_built(
    build: Build, tmp_path: Path, there: str, then: str
) -> None:
    """A word that comes, one that goes, lines between: the pages, the search and the rest agree."""
    build({"chapters/words": PAGE})
    pages = {"chapters/words": PAGE.replace(there, then)}
    site, said = build(changed=pages)
    assert said == ""
    found = files_of(site)
    remove_pages(tmp_path)
    build(pages)
    wanted = files_of(site)
    assert [name for name in found | wanted if found.get(name) != wanted.get(name)] == []


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("# Words", "# Terms"),
        ("(place)=", "(spot)="),
        ("## A place", "## A spot"),
        ("## A place", "## One more\n\n## A place"),
        ("(equation)", "(formula)"),
        ("$$a = b$$", "$$a$$ (first)\n\n$$a = b$$"),
        ('problems.parse("1+1")', 'problems.arrays("1+1")'),
        ("```python", "## Code\n\n```python"),
        ("```python", "```{py:function} words.said\n```\n\n```python"),
        ("```python", "![A drawing](../drawing.svg)\n\n```python"),
    ],
)
def test_what_other_pages_may_know_is_built_afresh(
    build: Build, tmp_path: Path, there: str, then: str
) -> None:
    """A title, a number, a place, what code names: another page, or a file, may depend on it."""
    (tmp_path / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert there in PAGE
    build({"chapters/words": PAGE})
    with pytest.raises(SystemExit) as stopped:
        build(changed={"chapters/words": PAGE.replace(there, then, 1)})
    assert stopped.value.code == AFRESH


def make_book(root: Path) -> str:
    """Run ``make book`` in a copy of the book; return what it says."""
    return subprocess.run(
        [sys.executable, "-m", "bookbuild.build"],
        cwd=root,
        check=True,
        text=True,
        capture_output=True,
    ).stdout


@pytest.mark.slow
def test_the_book_is_the_same_to_the_last_byte(tmp_path: Path) -> None:
    """Built with other words in a page of each kind, then as it is: that is the book that is built.

    Also in the first page and in that of the helpers.
    """
    for source in SOURCES:
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, tmp_path / source)
    changed = [f"chapters/{name}" for name in ("glossary.md", "helpers.md", "training.ipynb")]
    for name in [*changed, "intro.ipynb"]:
        page = tmp_path / name
        if page.suffix == ".md":
            page.write_text(page.read_text("utf-8") + "\nOne word more: ßyzygy.\n", "utf-8")
            continue
        notebook = json.loads(page.read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
        cell = next(cell for cell in cells if not cell["source"][0].startswith(("#", "(", ":")))
        cell["source"] = ["One line more.\n\n", re.sub(r"\bthe\b", "some", "".join(cell["source"]))]
        page.write_text(json.dumps(notebook), encoding="utf-8")
    make_book(tmp_path)
    for name in [*changed, "intro.ipynb"]:
        shutil.copy(ROOT / name, tmp_path / name)
    said = make_book(tmp_path)
    assert said.count("Running Sphinx") == 1
    assert "0 added, 4 changed" in said
    found, wanted = files_of(FIRST.pages(tmp_path)), files_of(FIRST.pages(ROOT))
    assert [name for name in found | wanted if found.get(name) != wanted.get(name)] == []
