"""The trained models, loaded once for all tests, and a guard against running any."""

from functools import lru_cache
from typing import NoReturn

import keras
import pytest
import tensorflow as tf

from helpers import pretrained

load = lru_cache(pretrained.load)
"""`pretrained.load`, once for each name; no test may train or change what it returns."""


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every use of a model fail."""

    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("A model ran before the input was checked.")

    monkeypatch.setattr(keras.Model, "__call__", refuse)
    monkeypatch.setattr(keras.layers.Layer, "__call__", refuse)
    compiled = type(tf.function(refuse))
    monkeypatch.setattr(compiled, "__call__", refuse)
