"""Put the JavaScript of a widget together: one module and one style sheet from several files.

A notebook hands a widget's code over as a single text, which cannot import its neighbours. So each
neighbour becomes a function that is called once and returns what the module exports. Only these
statements of the language of modules are understood, each from the start of a line on::

    import { a, b } from "./ui/parts.js";
    import text from "./worker.js" with { type: "text" };
    import bytes from "./nn/ops.wasm" with { type: "bytes" };
    export const name = ...    export function name() ...    export async function name() ...
    export class Name ...      export default ...

A path begins at the folder of the file that it stands in. All else is an error that names the
line.

A sentence that the reader sees stands in a call ``say("A sentence.")``, as one text or as several
joined by a plus: its translation takes its place. So does the code of the reader's language in
``export const LANGUAGE = "en";``.

What only readers of the source need is left out: comments on lines of their own or behind
code in which nothing is quoted, empty lines, and indentation. So no text in backquotes may go over
several lines.

This module needs the standard library alone.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

_UNDERSTOOD = (
    'What is understood here is `import { a, b } from "./path.js";`, '
    '`import name from "./path" with { type: "text" };` (or "bytes"), `export` before `const`, '
    "`function`, `async function` or `class` and a name, and `export default` in the module of a "
    "widget, each from the start of a line on."
)

_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?s:.*?)\*/[ \t]*)\n", re.MULTILINE)
_BEHIND = re.compile(r"""^([^"'`/\n]*[^"'`/\s])[ \t]+// .*$""", re.MULTILINE)
_INDENT = re.compile(r"^(?:[ \t]+|\n)", re.MULTILINE)
_IMPORT = re.compile(r"^import\b[^;]*;\n", re.MULTILINE)
_NAMES = re.compile(r'import \{([\w,\s]+)\} from "(\.\.?/[^"]+\.js)";\n')
_FILE = re.compile(r'import (\w+) from "(\.\.?/[^"]+)" with \{ type: "(text|bytes)" \};\n')
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function|class|const) (\w+))", re.MULTILINE)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_TEXT = r'"(?:[^"\\\n]|\\.)*"'
_SAID = re.compile(rf"\bsay\(\s*({_TEXT}(?:\s*\+\s*{_TEXT})*)(?=,|\s*\))")
_LANGUAGE = re.compile(r'^(export const LANGUAGE = )"en"(?=;$)', re.MULTILINE)
_STATEMENT = re.compile(r"^[ \t]*(?:import|export)\b|\bimport\s*[.(]", re.MULTILINE)


class BundleError(Exception):
    """A module is not as the bundler understands it; the message names the file and the line."""


def module(path: Path, language: str = "en", translate: Callable[[str], str] = str) -> str:
    """Return a module and, in front of it, all that it imports, as one module.

    A file that is imported ``with { type: "text" }`` becomes a string: of a JavaScript file, with
    all that it imports. One that is imported ``with { type: "bytes" }`` becomes a ``Uint8Array``.

    Args:
        path: the file of the module.
        language: the code of the language in which its sentences are said.
        translate: gives the translation of an English sentence.

    Raises:
        BundleError: A statement is not understood, a file is missing, a name is not exported or
            not used, or modules need each other.
    """

    def said(code: str) -> str:
        tagged = _LANGUAGE.sub(rf'\1"{language.replace("_", "-")}"', code)
        return _SAID.sub(lambda found: f"say({_quoted(translate(_sentence(found[1])))}", tagged)

    return _Bundle(said).whole(path)


def sentences(path: Path) -> set[str]:
    """Return what a module says, and all that it imports; raises like `module`."""
    found = set()

    def note(sentence: str) -> str:
        found.add(sentence)
        return sentence

    module(path, translate=note)
    return found


def style(path: Path) -> str:
    """Return the style sheet of a module, after those of the modules that it imports.

    The style sheet of ``name.js`` is ``name.css`` beside it, if there is one.

    Raises:
        BundleError: As in `module`.
    """
    bundle = _Bundle(str)
    bundle.whole(path)
    sheets = [each.with_suffix(".css") for each in (*bundle.names, path)]
    return "\n".join(_bare(sheet.read_text(encoding="utf-8")) for sheet in sheets if sheet.exists())


def _bare(text: str) -> str:
    """Return code without what only readers of the source need."""
    return _INDENT.sub("", _BEHIND.sub(r"\1", _COMMENT.sub("", text)))


def _sentence(texts: str) -> str:
    """Return what texts in quotation marks say together."""
    return "".join(json.loads(text) for text in re.findall(_TEXT, texts))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class _Source:
    """The bare text of a module, and its code with the lines at which it stands in the file."""

    def __init__(self, path: Path, said: Callable[[str], str]) -> None:
        text = path.read_text(encoding="utf-8")
        self.path = path
        self.text = said(_bare(text))
        self.code = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
        self.exports = _EXPORT.findall(self.code)

    def error(self, found: re.Match[str], fault: str) -> BundleError:
        line = self.code.count("\n", 0, found.start()) + 1
        return BundleError(f"{self.path}:{line}: {fault}")


class _Bundle:
    """The modules that stand in front of one: each once, after those that it imports itself."""

    def __init__(self, said: Callable[[str], str], importing: tuple[Path, ...] = ()) -> None:
        self._said = said  # gives code in the reader's language
        self.names: dict[Path, str] = {}  # of the constants that hold what the modules export
        self._exports: dict[Path, list[str]] = {}
        self._texts: list[str] = []
        self._importing = importing

    def whole(self, path: Path) -> str:
        source = _Source(path, self._said)
        self._refuse_others(source, default=True)
        body = self._body(source)
        return "\n".join([*self._texts, body])

    def _body(self, source: _Source) -> str:
        """Return the text of a module with a constant for each import."""
        self._importing += (source.path.resolve(),)
        constants = iter([self._constant(source, found) for found in _IMPORT.finditer(source.code)])
        self._importing = self._importing[:-1]
        return _IMPORT.sub(lambda _: next(constants), source.text)

    def _constant(self, source: _Source, found: re.Match[str]) -> str:
        if names := _NAMES.fullmatch(found[0]):
            return self._neighbour(source, found, names[1].split(","), names[2])
        if file := _FILE.fullmatch(found[0]):
            name, path, kind = file.groups()
            self._refuse_unused(source, found, name)
            return f"const {name} = {self._content(self._file(source, found, path), kind)};\n"
        raise source.error(found, _UNDERSTOOD)

    def _neighbour(
        self, source: _Source, found: re.Match[str], given: list[str], relative: str
    ) -> str:
        path = self._file(source, found, relative)
        if path not in self.names:
            self._add(path)
        names = [name.strip() for name in given if name.strip()]
        for name in names:
            if not name.isidentifier():
                raise source.error(found, _UNDERSTOOD)
            if name not in self._exports[path]:
                raise source.error(found, f"{relative} exports no `{name}`.")
            self._refuse_unused(source, found, name)
        return f"const {{ {', '.join(names)} }} = {self.names[path]};\n"

    def _add(self, path: Path) -> None:
        source = _Source(path, self._said)
        self._refuse_others(source, default=False)
        body = _EXPORT.sub("", self._body(source))
        name = f"{path.stem}_{len(self._texts)}"
        returned = f"return {{ {', '.join(source.exports)} }};"
        self._texts.append(f"const {name} = (() => {{\n{body}{returned}\n}})();\n")
        self.names[path] = name
        self._exports[path] = source.exports

    def _file(self, source: _Source, found: re.Match[str], relative: str) -> Path:
        path = (source.path.parent / relative).resolve()
        if not path.is_file():
            raise source.error(found, f"There is no file {relative}.")
        if path in self._importing:
            raise source.error(found, f"{relative} itself needs this module.")
        return path

    def _content(self, path: Path, kind: str) -> str:
        if kind == "bytes":
            text = b64encode(path.read_bytes()).decode("ascii")
            return f'Uint8Array.from(atob("{text}"), (sign) => sign.charCodeAt(0))'
        if path.suffix != ".js":
            return json.dumps(path.read_text(encoding="utf-8"))
        return json.dumps(_Bundle(self._said, self._importing).whole(path))

    @staticmethod
    def _refuse_unused(source: _Source, found: re.Match[str], name: str) -> None:
        if not re.search(rf"\b{name}\b", _IMPORT.sub("", source.code)):
            raise source.error(found, f"The module does not use `{name}`.")

    @staticmethod
    def _refuse_others(source: _Source, *, default: bool) -> None:
        known = (_IMPORT, _EXPORT, *((_DEFAULT,) if default else ()))
        for found in _STATEMENT.finditer(source.code):
            if not any(each.match(source.code, found.start()) for each in known):
                raise source.error(found, _UNDERSTOOD)
