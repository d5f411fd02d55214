"""The sentences that a reader sees, in the reader's language.

The English sentence is the key: without a catalogue, and for what is not in it, it is what is said.
``BOOK_LANGUAGE`` names the language, and its catalogue, one of gettext, is
``locale/LANGUAGE/LC_MESSAGES/helpers.mo``. `bookbuild.messages` collects the sentences.
"""

import gettext
import os
from collections.abc import Iterable
from functools import cache, reduce
from pathlib import Path
from string import Formatter

DOMAIN = "helpers"
"""The name of the catalogues."""

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
    said = _catalogue(LOCALE, language()).gettext(sentence)
    for text in (sentence, said):
        if slots_of(text) != slots.keys():
            raise TypeError(f"The slots of {text!r} are not {', '.join(slots) or 'none'}.")
    return said.format(**slots)


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
def _catalogue(folder: Path, code: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, folder, [code], fallback=True)
