"""The trained models, loaded once for all tests, and a guard against running any."""

from functools import lru_cache
from typing import Any, NoReturn

import keras
import pytest
import tensorflow as tf

from helpers import pretrained, run, training

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


def leave_out_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is built by a recipe train without XLA, which takes seconds to compile."""

    def build(*given: Any) -> Any:
        built, batches = made(*given)
        built.model.jit_compile = False
        return built, batches

    made = training.build
    for module in (training, run):
        monkeypatch.setattr(module, "build", build)
