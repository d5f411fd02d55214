"""How the modules and the style sheets of a widget become one."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.widgets import bundle
from helpers.widgets.base import JS
from helpers.widgets.bundle import BundleError

WIDGETS = [path for path in sorted(JS.glob("*.js")) if "export default" in path.read_text("utf-8")]

every_widget = pytest.mark.parametrize("path", WIDGETS, ids=lambda path: path.stem)


def found(module: str) -> Any:
    """Return the default export of a module."""
    show = "\nconsole.log(JSON.stringify(it));\n"
    text = re.sub(r"^export default ", "const it = ", module, flags=re.MULTILINE) + show
    run = subprocess.run(
        [sys.executable, "-m", "deno", "run", "--ext=js", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


# The modules of the book.


@every_widget
def test_one_module_without_imports(path: Path) -> None:
    """The text imports nothing, and the one thing it exports is the widget."""
    text = bundle.module(path)
    assert not re.search(r"^ *import\b", text, re.MULTILINE)
    (export,) = re.findall(r"^ *export\b.*", text, re.MULTILINE)
    assert export.startswith("export default ")


@every_widget
def test_the_rules_of_a_widget_count_more_than_shared_ones(path: Path) -> None:
    """In a page with several widgets the shared style sheets also stand behind that of each."""
    sheet = path.with_suffix(".css").read_text("utf-8")
    last = sheet.splitlines()[-3:]
    assert bundle.style(path).splitlines()[-3:] == [line.strip() for line in last]
    assert not re.search(r"@import|url\(", bundle.style(path))
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@[^{]*\{", "", sheet))
    own = f".book-widget.{path.stem.replace('_', '-')}"
    selectors = [one.strip() for rule in rules for one in re.split(r",\s*\n", rule)]
    assert len(selectors) > 20
    assert [one for one in selectors if not one.startswith(own)] == []


def test_the_bundler_needs_the_standard_library_alone() -> None:
    """So the build can use it without Keras."""
    tree = ast.parse(Path(bundle.__file__).read_text("utf-8"))
    modules = {
        name.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert {name.split(".")[0] for name in modules} <= sys.stdlib_module_names


# Tiny modules.


@pytest.fixture
def files(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """A function that writes files, by path, and returns the first."""

    def write(texts: dict[str, str]) -> Path:
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / next(iter(texts))

    return write


Files = Callable[[dict[str, str]], Path]


def test_a_module_that_needs_none(files: Files) -> None:
    """It stays as it is, but for comments, empty lines and indentation."""
    text = "// One.\n/**\n * Two.\n */\n\nexport default {\n  render() {}, // three\n};\n"
    assert bundle.module(files({"a.js": text})) == "export default {\nrender() {},\n};\n"


@pytest.mark.parametrize(
    "line",
    [
        'const address = "http://a.b"; // here',
        "const address = `http:// a`;",
        "const found = /a \\/\\/ b/.test(text);",
        "const half = 1 / 2; // of it",
        "const path = 'a // b';",
    ],
)
def test_what_may_be_quoted_stays(files: Files, line: str) -> None:
    """Two strokes are a comment only behind code that holds no stroke and no quotation mark."""
    assert bundle.module(files({"a.js": f"{line}\nexport default 0;\n"})).startswith(f"{line}\n")


def test_all_that_is_understood(files: Files) -> None:
    """All imports and exports, over folders; a module runs once, and its names are its own."""
    path = files(
        {
            "widget.js": (
                'import { fall, rise } from "./nn/ops.js";\n'
                'import {\n  Box,\n  later,\n  // a comment\n  one,\n} from "./ui/parts.js";\n'
                'import bytes from "./nn/four.bin" with { type: "bytes" };\n'
                'import text from "./said.txt" with { type: "text" };\n'
                'import worker from "./worker.js" with { type: "text" };\n'
                'const helper = "w";\n'
                "export default [helper, one, fall(), rise(), new Box().size, later.name,\n"
                "  Array.from(bytes), text, worker];\n"
            ),
            "nn/ops.js": (
                'import { one } from "../ui/parts.js";\n'
                'const helper = "o";\n'
                "export function rise() {\n  return helper + one;\n}\n"
                "export const fall = () => -one;\n"
            ),
            "ui/parts.js": (
                'const helper = "p";\n'
                "globalThis.count = (globalThis.count ?? 0) + 1;\n"
                "export const one = globalThis.count;\n"
                "export class Box {\n  size = helper;\n}\n"
                "export async function later() {}\n"
            ),
            "nn/four.bin": "\x00\x01AZ",
            "said.txt": 'import "quotes"\n',
            "worker.js": 'import { rise } from "./nn/ops.js";\npostMessage(rise());\n',
        }
    )
    *values, worker = found(bundle.module(path))
    assert values == [
        *("w", 1, -1, "o1", "p", "later"),
        *([0, 1, 65, 90], 'import "quotes"\n'),
    ]
    assert found(f"const postMessage = (it) => (sent = it);\nlet sent;\n{worker}"
                 "export default sent;\n") == "o1"  # fmt: skip


def test_the_style_sheets_of_all_that_is_imported(files: Files) -> None:
    """Those of the neighbours first, each once, so that a widget's own can differ."""
    path = files(
        {
            "widget.js": 'import { b } from "./b.js";\nimport { c } from "./ui/c.js";\nb(c);\n',
            "b.js": 'import { c } from "./ui/c.js";\nexport const b = c;\n',
            "ui/c.js": "export const c = 1;\n",
            "widget.css": "w {}\n",
            "ui/c.css": "c {}\n",
        }
    )
    assert bundle.style(path) == "c {}\n\nw {}\n"


SAYS = {
    "widget.js": (
        'import { say } from "./say.js";\n'
        'import worker from "./worker.js" with { type: "text" };\n'
        "export default [\n"
        '  say("One."),\n'
        '  say(\n    "Two " +\n      "of {all}.",\n    { all: say("three") },\n  ),\n'
        '  say("Four \\"\\u2713\\".",),\n'
        "  worker,\n];\n"
    ),
    "say.js": (
        'export const LANGUAGE = "en";\nexport const say = (...given) => [LANGUAGE, ...given];\n'
    ),
    "worker.js": 'import { say } from "./say.js";\npostMessage(say("Five."));\n',
}


def test_what_is_said_is_translated(files: Files) -> None:
    """Also what a worker says; a translation may have signs of any kind in it."""
    path = files(SAYS)
    translations = {"One.": 'Eins \\1 "\u2028</script>', "Five.": "다섯 '."}
    text = bundle.module(path, "pt_BR", lambda sentence: translations.get(sentence, sentence))
    one, two, four, worker = found(text)
    assert one == ["pt-BR", translations["One."]]
    assert two == ["pt-BR", "Two of {all}.", {"all": ["pt-BR", "three"]}]
    assert four == ["pt-BR", 'Four "✓".']
    assert found(f"let sent;\nconst postMessage = (it) => (sent = it);\n{worker}"
                 "export default sent;\n") == ["pt-BR", translations["Five."]]  # fmt: skip


def test_what_a_module_says(files: Files) -> None:
    """Its sentences and those of all that it imports, and it is in English."""
    path = files(SAYS)
    assert bundle.sentences(path) == {"One.", "Two of {all}.", "three", 'Four "✓".', "Five."}
    assert found(bundle.module(path))[0] == ["en", "One."]


UNDERSTOOD = "What is understood here is "

REFUSED = {
    "another name for an import": ('import { a as b } from "./n.js";\nb;\n', 1, UNDERSTOOD),
    "all of a module": ('import * as n from "./n.js";\nn;\n', 1, UNDERSTOOD),
    "a default import": ('import n from "./n.js";\nn;\n', 1, UNDERSTOOD),
    "a module for what it does": ('import "./n.js";\n', 1, UNDERSTOOD),
    "a module from elsewhere": ('import { a } from "n";\na;\n', 1, UNDERSTOOD),
    "no .js": ('import { a } from "./n";\na;\n', 1, UNDERSTOOD),
    "another kind of file": ('import a from "./n.js" with { type: "json" };\na;\n', 1, UNDERSTOOD),
    "no semicolon": ('import { a } from "./n.js"\na;\n', 1, UNDERSTOOD),
    "an import behind a space": ('\n import { a } from "./n.js";\na;\n', 2, UNDERSTOOD),
    "an import later on": ('const b = await import("./n.js");\n', 1, UNDERSTOOD),
    "where a module is": ("/**\n * It.\n */\nconst a = import.meta.url;\n", 4, UNDERSTOOD),
    "a list of exports": ("const a = 1;\nexport { a };\n", 2, UNDERSTOOD),
    "exports of another module": ('export * from "./n.js";\n', 1, UNDERSTOOD),
    "a variable": ("export let a = 1;\n", 1, UNDERSTOOD),
    "a generator": ("export function* a() {}\n", 1, UNDERSTOOD),
    "parts of an object": ("export const { a } = { a: 1 };\n", 1, UNDERSTOOD),
    "a file that is missing": (
        '\n\nimport { a } from "./m.js";\na;\n',
        *(3, "There is no file ./m.js."),
    ),
    "bytes that are missing": (
        'import a from "./m.bin" with { type: "bytes" };\na;\n',
        *(1, "There is no file ./m.bin."),
    ),
    "a name that is missing": ('import { b } from "./n.js";\nb;\n', 1, "./n.js exports no `b`."),
    "an import without use": (
        'import { a } from "./n.js";\n// a\nab;\n',
        *(1, "The module does not use `a`."),
    ),
    "text without use": (
        'import a from "./n.js" with { type: "text" };\n',
        *(1, "The module does not use `a`."),
    ),
    "a circle": ('import { o } from "./o.js";\no;\n', 1, "./top.js itself needs this module."),
    "a circle over a text": (
        'import t from "./top.js" with { type: "text" };\nt;\n',
        *(1, "./top.js itself needs this module."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "fault"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(files: Files, text: str, line: int, fault: str) -> None:
    """With the file, the line, and what is allowed."""
    path = files(
        {
            "top.js": text,
            "n.js": "export const a = 1;\n",
            "o.js": 'import { t } from "./top.js";\nexport const o = t;\n',
        }
    )
    with pytest.raises(BundleError) as error:
        bundle.module(path)
    where = path.with_name("o.js") if fault.startswith("./top") and "o.js" in text else path
    assert str(error.value).startswith(f"{where}:{line}: {fault}")


def test_a_default_export_belongs_to_the_widget(files: Files) -> None:
    """A neighbour has none."""
    path = files(
        {
            "top.js": 'import { a } from "./n.js";\na;\n',
            "n.js": "export const a = 1;\nexport default a;\n",
        }
    )
    with pytest.raises(BundleError, match=r"n\.js:2: What is understood"):
        bundle.module(path)
