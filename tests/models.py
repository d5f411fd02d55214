"""The trained models, loaded once for all tests, and a guard against running any."""

from functools import lru_cache
from typing import NoReturn

import keras
import pytest

from helpers import decoding, pretrained


@lru_cache
def load(name: str) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Return what `pretrained.load` does; no test may train or change it."""
    return pretrained.load(name)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every use of a model fail."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("A model ran before the input was checked.")

    monkeypatch.setattr(keras.Model, "__call__", refuse)
    monkeypatch.setattr(keras.layers.Layer, "__call__", refuse)
    monkeypatch.setattr(decoding, "_compiled_step", refuse)
    monkeypatch.setattr(decoding, "_compiled_greedy", refuse)
