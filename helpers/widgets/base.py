"""What the widgets share: how their JavaScript is put together, and what stands where none runs.

A widget is one Python file, one plain ES module and one style sheet, in ``static``. With a kernel
Python computes. In a built page the same module computes by itself.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import traitlets
from anywidget import AnyWidget

from helpers.pictures import Shown

STATIC = Path(__file__).with_name("static")

STATE = "application/vnd.seq2seq-book.widget"
"""The MIME type of what a page has to know of a widget: JSON, on one line of a notebook."""

_OF_THE_LIBRARY = {"computed", "late", "layout", "tabbable", "tooltip"}

# What a module imports as it is, to hand it on: code for a worker, and compiled code.
_TEXT = re.compile(
    r'^import (\w+) from "\./([a-z0-9_]+)\.js" with \{ type: "text" \};\n', re.MULTILINE
)
_BYTES = re.compile(
    r'^import (\w+) from "\./([a-z0-9_.]+)" with \{ type: "bytes" \};\n', re.MULTILINE
)
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z0-9_]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


@cache
def module_text(name: str) -> str:
    """Return ``static/NAME.js`` with the modules it imports in front, as one module.

    A notebook hands a widget's code over as a single text, so it cannot import its neighbours. Each
    of them becomes a function that is called once and returns what the module exports. A neighbour
    that is imported ``with { type: "text" }`` becomes its text, put together in the same way, and a
    file imported ``with { type: "bytes" }`` its bytes.
    """
    needed: list[str] = []
    body = _with_needs(name, needed)
    parts = [_as_constant(module) for module in needed]
    return "\n".join([*parts, body])


@cache
def style_text(name: str) -> str:
    """Return the style sheet that all widgets share, followed by ``static/NAME.css``."""
    return "\n".join(
        (STATIC / f"{sheet}.css").read_text(encoding="utf-8") for sheet in ("parts", name)
    )


def _with_needs(name: str, needed: list[str]) -> str:
    text = (STATIC / f"{name}.js").read_text(encoding="utf-8")
    for _, module in _IMPORT.findall(text):
        if module not in needed:
            _with_needs(module, needed)
            needed.append(module)
    text = _TEXT.sub(lambda found: _constant(found[1], json.dumps(module_text(found[2]))), text)
    text = _BYTES.sub(lambda found: _constant(found[1], _bytes(found[2])), text)
    return _IMPORT.sub(r"const {\1} = \2_module;\n", text)


def _constant(name: str, value: str) -> str:
    return f"const {name} = {value};\n"


def _bytes(file: str) -> str:
    text = b64encode((STATIC / file).read_bytes()).decode("ascii")
    return f'Uint8Array.from(atob("{text}"), (sign) => sign.charCodeAt(0))'


def _as_constant(name: str) -> str:
    body = _with_needs(name, [])
    exported = ", ".join(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    return f"const {name}_module = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def as_json(value: object) -> str:
    """Return ``value`` as JSON in the fewest characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class NotAllowedError(traitlets.TraitError, ValueError):
    """A trait was given a value that it does not take, and is as it was."""


class Still(Shown):
    """A picture and tables: what stands for a widget where no JavaScript runs."""

    def __init__(self, picture: Shown, *tables: str) -> None:
        """Take the picture, and tables as HTML; an image shows the picture alone."""
        self.picture = picture
        self.tables = tables
        self.description = picture.description

    def page(self) -> str:
        """Return the picture and, below it, the tables."""
        return "".join([self.picture.page(), *self.tables])


class BookWidget(AnyWidget):
    """A widget that lives with a kernel and without one.

    A subclass takes its ``_esm`` from `module_text`, its ``_css`` from `style_text`, and says in
    `still` what stands in its place where no JavaScript runs.
    """

    kernel = traitlets.Bool(True, read_only=True).tag(sync=True)
    """Whether Python computes. The built page sets it to false."""

    late = traitlets.Bool(False, read_only=True).tag(sync=True)
    """Whether a built page loads the module only when the reader comes near it."""

    computed = traitlets.Tuple().tag(sync=True)
    """The names of the traits that Python computes here and the module computes in a built page."""

    def still(self) -> Still:
        """Return what the widget shows, as a picture and a table."""
        raise NotImplementedError

    def page_state(self) -> dict[str, Any]:
        """Return what a page has to know: the public traits that it does not compute by itself."""
        public = {
            name: value
            for name, value in self.get_state().items()
            if not name.startswith("_") and name not in _OF_THE_LIBRARY.union(self.computed)
        }
        return {**public, "kernel": False}

    def _register_validator(self, handler: Callable[..., Any], names: tuple[Any, ...]) -> None:
        # After no other error than its own does traitlets take back what came in one message.
        def check(widget: "BookWidget", proposal: traitlets.Bunch) -> Any:
            try:
                return handler(widget, proposal)
            except (TypeError, ValueError) as error:
                raise NotAllowedError(str(error)) from error

        super()._register_validator(check, names)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**kwargs)
        assert bundle is not None  # there is none for a widget without a view
        data, metadata = bundle
        still, about = self.still()._repr_mimebundle_()
        known = {
            "widget": type(self).__module__.rpartition(".")[2],
            "late": self.late,
            "state": self.page_state(),
        }
        return {**data, **still, STATE: as_json(known)}, {**metadata, **about}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
