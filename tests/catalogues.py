"""Catalogues that a test makes up."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from helpers import say

LANGUAGE = "xx"

Translate = Callable[..., None]
"""Takes sentences and their translations, and lets the reader's language be theirs; those of the
catalogue `say.DOMAIN`, or of another one that is named."""


@pytest.fixture
def translate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Translate:
    """Let the reader have a language, with a catalogue in a folder for it alone."""

    def into(translations: Mapping[str, str], domain: str = say.DOMAIN) -> None:
        catalog = Catalog(charset="utf-8")
        for sentence, translation in translations.items():
            catalog.add(sentence, translation)
        file = tmp_path / LANGUAGE / "LC_MESSAGES" / f"{domain}.mo"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            write_mo(opened, catalog)
        monkeypatch.setattr(say, "LOCALE", tmp_path)
        monkeypatch.setenv(say.VARIABLE, LANGUAGE)

    return into
