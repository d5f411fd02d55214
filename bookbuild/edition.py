"""An edition of the book: in one language, with still pages or live ones.

In which folder its pages are, in which language, and what a page may load, follows from the two.
"""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Edition:
    """What decides how the pages are built.

    Raises:
        ValueError: the language is no code such as ``"en"``.
    """

    language: str = "en"
    """The code of the language, as it stands in ``lang`` of each page."""
    live: bool = False
    """Whether the cells can be run in the pages."""

    def __post_init__(self) -> None:
        """Check the language."""
        if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", self.language):
            raise ValueError(f"A language is a code such as 'en' or 'ko', not {self.language!r}.")

    @property
    def suffix(self) -> str:
        """What is put to the names of its folders: ``""`` for the first one, else as ``"-ko"``."""
        language = "" if self.language == "en" else f"-{self.language}"
        return f"{language}-live" if self.live else language

    def pages(self, root: Path) -> Path:
        """Return the folder of the pages, for a book whose sources are in ``root``."""
        return root / f"_build/html{self.suffix}"

    @property
    def settings(self) -> dict[str, object]:
        """The settings of Sphinx in which it differs from others."""
        return {"language": self.language, "live": self.live}

    @property
    def policy(self) -> str:
        """The Content-Security-Policy of each page: nothing is loaded from another host.

        Scripts and styles may stand in a page, where the theme, the drawings and the widgets have
        them, and the training lab starts a worker with compiled code. A live page reaches its
        server as what it is: its own host.
        """
        return "; ".join(
            [
                "default-src 'none'",
                "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
                "worker-src blob:",
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data:",
                "font-src 'self'",
                "connect-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
            ]
        )


FIRST = Edition()
"""The edition of the language in which the book is written."""
