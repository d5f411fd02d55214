"""The sentences that a reader sees, in the reader's language.

The English sentence is the key: without a catalogue, and for what is not in it, it is what is said.
``BOOK_LANGUAGE`` names the language, and its catalogues, which are those of gettext, are in
``locale/LANGUAGE/LC_MESSAGES``: ``helpers.mo`` for what Python says, and ``widgets.mo`` for what
the JavaScript of the widgets says. `bookbuild.messages` collects the sentences.
"""

import gettext
import os
from collections.abc import Iterable
from functools import cache, reduce
from pathlib import Path
from string import Formatter

DOMAIN = "helpers"
"""The name of the catalogues of what is said here."""

WIDGETS = "widgets"
"""The name of those of what the JavaScript of the widgets says."""

LOCALE = Path(__file__).parent.parent / "locale"
"""The folder of the catalogues."""

VARIABLE = "BOOK_LANGUAGE"
"""The environment variable that names the language."""


def language() -> str:
    """Return the code of the reader's language, such as ``"en"``."""
    return os.environ.get(VARIABLE) or "en"


def say(sentence: str, /, **slots: object) -> str:
    """Return ``sentence`` in the reader's language, with its named slots filled.

    >>> say("Epoch {epoch} of {epochs}.", epoch=3, epochs=12)
    'Epoch 3 of 12.'

    The sentence is written out in the call, where `bookbuild.messages` finds it, and it is whole:
    another language has another order of words. A slot is a name alone, and what it is filled with
    is a text or a number as it is to be read.

    Raises:
        TypeError: the slots given are not those of the sentence, or of its translation.
    """
    if slots_of(sentence) != slots.keys():
        raise TypeError(f"The slots of {sentence!r} are not {', '.join(slots) or 'none'}.")
    return translated(sentence, DOMAIN, language()).format(**slots)


def translated(sentence: str, domain: str, code: str, folder: Path | None = None) -> str:
    """Return a sentence in a language, with its slots; as it is where there is no translation.

    Args:
        sentence: in English.
        domain: the name of the catalogue.
        code: that of the language.
        folder: that of the catalogues; `LOCALE` if left out.

    Raises:
        TypeError: the translation has other slots than the sentence.
    """
    said = _catalogue(folder or LOCALE, domain, code).gettext(sentence)
    if slots_of(said) != slots_of(sentence):
        raise TypeError(f"The slots of {said!r} are not those of {sentence!r}.")
    return said


def slots_of(sentence: str) -> set[str]:
    """Return the names of the slots of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def any_of(names: Iterable[str]) -> str:
    """Return at least one name as a choice: ``"a or b or c"``."""
    return reduce(lambda some, last: say("{some} or {last}", some=some, last=last), names)


def all_of(names: Iterable[str]) -> str:
    """Return at least one name as a list: ``"a and b and c"``."""
    return reduce(lambda some, last: say("{some} and {last}", some=some, last=last), names)


@cache
def _catalogue(folder: Path, domain: str, code: str) -> gettext.NullTranslations:
    return gettext.translation(domain, folder, [code], fallback=True)
