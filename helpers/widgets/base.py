"""What the widgets share: where their JavaScript is, and what stands where none runs.

A widget is one Python file, one plain ES module and one style sheet, in ``js``. With a kernel
Python computes. In a built page the same module computes by itself.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import traitlets
from anywidget import AnyWidget

from helpers.pictures import Shown
from helpers.say import WIDGETS, language, translated
from helpers.widgets import bundle

JS = Path(__file__).with_name("js")

STATE = "application/vnd.seq2seq-book.widget"
"""The MIME type of what a page has to know of a widget: JSON, on one line of a notebook."""

_OF_THE_LIBRARY = {"computed", "late", "layout", "tabbable", "tooltip"}


def as_json(value: object) -> str:
    """Return ``value`` as JSON in the fewest characters."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def module_in(code: str, path: Path, folder: Path | None = None) -> str:
    """Return the module of a widget in a language.

    Args:
        code: that of the language.
        path: the file of the module.
        folder: that of the catalogues; `say.LOCALE` if left out.
    """
    translate = partial(translated, domain=WIDGETS, code=code, folder=folder)
    return bundle.module(path, code, translate)


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

    A subclass names its module, and says in `still` what stands in its place where no JavaScript
    runs. The module is read when a widget is made: the next one shows what has changed in it.
    """

    module: ClassVar[str]
    """The file of its module in `JS`; its style sheet has the same name."""

    kernel = traitlets.Bool(True, read_only=True).tag(sync=True)
    """Whether Python computes. The built page sets it to false."""

    late = traitlets.Bool(False, read_only=True).tag(sync=True)
    """Whether a built page loads the module only when the reader comes near it."""

    computed = traitlets.Tuple().tag(sync=True)
    """The names of the traits that Python computes here and the module computes in a built page."""

    @property
    def _esm(self) -> str:
        return module_in(language(), JS / self.module)

    @property
    def _css(self) -> str:
        return bundle.style(JS / self.module)

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
            "widget": self.module.removesuffix(".js"),
            "late": self.late,
            "state": self.page_state(),
        }
        return {**data, **still, STATE: as_json(known)}, {**metadata, **about}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
