"""The recipe that trains a model, and what is recorded while it learns.

Chapter: *Training*.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers import decoding, packing, problems
from helpers.model import seq2seq
from helpers.numbers import is_number, is_whole

SCHEDULES = ("warmup-cosine", "constant")
"""How the learning rate goes: up and down again, or not at all."""

LARGEST_SEED = 2**32 - 1
"""What numpy takes at most."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a model is trained.

    Raises:
        ValueError: the task or the schedule is unknown, a count is no whole number of at
            least 1, the seed none from 0 to `LARGEST_SEED`, the learning rate is not above 0, the
            weight decay is below 0, the bits of a weight are not 8 or 16, or ``reverse`` or
            ``masked_loss`` is neither true nor false.
    """

    task: str = "arithmetic"
    """One of `problems.TASKS`."""
    size: int | None = None
    """How many problems of the task are drawn, for all three parts together; None for all."""
    embedding_dim: int = 5
    """How many numbers stand for a token."""
    units: int = 16
    """How many numbers a state has."""
    reverse: bool = False
    """Problem and answer written back to front."""
    masked_loss: bool = False
    """Time steps after EOS count for nothing in the loss."""
    epochs: int = 100
    """How often it goes through the training part."""
    batch_size: int = 128
    """Problems an update."""
    learning_rate: float = 0.02
    """The highest value of the schedule."""
    schedule: str = "warmup-cosine"
    """``"warmup-cosine"``, as `warmup_cosine` says, or ``"constant"``."""
    weight_decay: float = 0.0
    """Times the learning rate it is the share that each update takes off each weight (AdamW,
    :ref:`Loshchilov and Hutter 2019 <loshchilov2019>`)."""
    seed: int = 0
    """Of the first weights, and of the order of the problems."""
    weight_bits: int | None = None
    """8 or 16 to round the weights after the last epoch, so that a page can carry them."""

    def __post_init__(self) -> None:
        """Check the values."""
        problems.check_task(self.task)
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"A schedule is one of {', '.join(map(repr, SCHEDULES))}, not {self.schedule!r}."
            )
        for name in ("embedding_dim", "units", "epochs", "batch_size", "size"):
            count = getattr(self, name)
            if name == "size" and count is None:
                continue
            if not is_whole(count) or count < 1:
                raise ValueError(f"{name} is a whole number of at least 1, not {count!r}.")
            self._set(name, int(count))
        if not is_whole(self.seed) or not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(
                f"A seed is a whole number from 0 to {LARGEST_SEED}, not {self.seed!r}."
            )
        self._set("seed", int(self.seed))
        if self.weight_bits is not None:
            if not is_whole(self.weight_bits) or self.weight_bits not in packing.WHOLE:
                raise ValueError(f"weight_bits is 8, 16 or None, not {self.weight_bits!r}.")
            self._set("weight_bits", int(self.weight_bits))
        if not is_number(self.learning_rate) or not 0 < self.learning_rate < math.inf:
            raise ValueError(f"A learning rate is a number above 0, not {self.learning_rate!r}.")
        if not is_number(self.weight_decay) or not 0 <= self.weight_decay < math.inf:
            raise ValueError(
                f"A weight decay is a number of at least 0, not {self.weight_decay!r}."
            )
        for name in ("learning_rate", "weight_decay"):
            self._set(name, float(getattr(self, name)))
        for name in ("reverse", "masked_loss"):
            flag = getattr(self, name)
            if not isinstance(flag, (bool, np.bool_)):
                raise ValueError(f"{name} is True or False, not {flag!r}.")
            self._set(name, bool(flag))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # it is frozen


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What was seen after one epoch (epoch 0: before any training)."""

    epoch: int
    """How many epochs were done."""
    loss: float
    """Cross-entropy a token on the validation part, nats. With ``masked_loss`` the time steps up to
    EOS count, without it all five."""
    exact_match: float
    """Share of validation problems answered right, free-running."""
    token_accuracy: float
    """Share of right tokens on the validation part, teacher-forced, of the same time steps."""
    answers: dict[str, str]
    """The model's answer to each problem that is watched."""
    embedding: np.ndarray
    """The embedding matrix, axes (token 14, embedding_dim)."""


def warmup_cosine(
    recipe: Recipe, updates_an_epoch: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate over the ``recipe.epochs`` epochs.

    A linear warm-up for the first tenth of all updates (:ref:`Goyal et al. 2017 <goyal2017>`), then
    down to zero along a cosine (:ref:`Loshchilov and Hutter 2017 <loshchilov2017>`).
    """
    updates = recipe.epochs * updates_an_epoch
    warmup = max(1, updates // 10)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 25,
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(1, updates - warmup),
    )


def batches(train: Iterable[str], recipe: Recipe) -> tf.data.Dataset:
    """Return the training problems as shuffled batches for ``fit``; see `batches_of`."""
    return batches_of(problems.batch(train, reverse=recipe.reverse), recipe)


def batches_of(arrays: problems.Arrays, recipe: Recipe) -> tf.data.Dataset:
    """Return arrays with a batch axis in front as shuffled batches for ``fit``.

    Each element is ``((encoder input, decoder input), target)``, with the weights of the time
    steps as a third part if ``recipe.masked_loss``.

    Raises:
        ValueError: there are fewer problems than ``recipe.batch_size``.
    """
    encoder_input, decoder_input, target = arrays
    if len(target) < recipe.batch_size:
        raise ValueError(
            f"Training takes at least one batch of {recipe.batch_size} problems, not {len(target)}."
        )
    data: tuple[Any, ...] = ((encoder_input, decoder_input), target)
    if recipe.masked_loss:
        weights = problems.weights_up_to_eos(target)
        data += (weights / weights.mean(),)
    return in_batches(data, recipe)


def in_batches(data: tuple[Any, ...], recipe: Recipe) -> tf.data.Dataset:
    """Return arrays with a batch axis in front as batches, shuffled anew for each epoch.

    The last, smaller batch is dropped: another shape would be compiled anew.
    """
    return (
        tf.data.Dataset.from_tensor_slices(data)
        .cache()
        .shuffle(len(data[-1]), seed=recipe.seed, reshuffle_each_iteration=True)
        .batch(recipe.batch_size, drop_remainder=True)
        .prefetch(2)
    )


def build(
    recipe: Recipe, train: Iterable[str]
) -> tuple[tuple[keras.Model, keras.Model, keras.Model], tf.data.Dataset]:
    """Return the three models of ``recipe``, seeded and compiled for it, and its batches.

    The optimizer is AdamW (Loshchilov and Hutter 2019), which without weight decay is Adam.
    Raises like `batches`.
    """
    keras.utils.set_random_seed(recipe.seed)
    models = seq2seq(recipe.embedding_dim, recipe.units)
    data = batches(train, recipe)
    rate = recipe.learning_rate
    models[0].compile(
        loss="categorical_crossentropy",
        optimizer=keras.optimizers.AdamW(
            rate if recipe.schedule == "constant" else warmup_cosine(recipe, len(data)),
            weight_decay=recipe.weight_decay,
        ),
        # A metric by its name is made during the first trace, and all would be traced again.
        weighted_metrics=[keras.metrics.CategoricalAccuracy("accuracy")],
        jit_compile=True,
    )
    models[0].optimizer.build(models[0].trainable_variables)  # as with the metric
    return models, data


class Recorder(keras.callbacks.Callback):
    """Keeps the loss of each epoch, and a `Snapshot` before training and after the epochs named.

    Args:
        encoder, decoder: the views of the model that is trained.
        validation: the problems it is examined on.
        epochs: after which epochs; 0 is before training.
        watched: problems whose answers are kept.
        reverse: the reading order of the model.
        masked_loss: whether only the time steps up to EOS count.
        on_snapshot: called with all snapshots so far, each time one is added.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        validation: Sequence[str],
        *,
        epochs: Iterable[int],
        watched: Sequence[str] = (),
        reverse: bool = False,
        masked_loss: bool = False,
        on_snapshot: Callable[[list[Snapshot]], None] = lambda snapshots: None,
    ) -> None:
        super().__init__()
        self.losses: list[float] = []
        self.snapshots: list[Snapshot] = []
        self._views = encoder, decoder
        self._validation = list(validation)
        self._epochs = set(epochs)
        self._watched = list(watched)
        self._reverse = reverse
        self._masked_loss = masked_loss
        self._on_snapshot = on_snapshot

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Take the first snapshot, unless a training goes on."""
        if not self.losses and not self.snapshots:
            self._record(0)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keep the loss; take a snapshot if this epoch is one of those named."""
        self._record(epoch + 1)
        self.losses.append((logs or {}).get("loss", math.nan))  # now the epoch is done

    def _record(self, epoch: int) -> None:
        if epoch not in self._epochs:
            return
        encoder, decoder = self._views
        loss, accuracy = examine(
            self.model, self._validation, reverse=self._reverse, masked_loss=self._masked_loss
        )
        answers = (
            decoding.answers(encoder, decoder, self._watched, reverse=self._reverse)
            if self._watched
            else []
        )
        self.snapshots.append(
            Snapshot(
                epoch,
                loss,
                decoding.exact_match(encoder, decoder, self._validation, reverse=self._reverse),
                accuracy,
                dict(zip(self._watched, answers, strict=True)),
                encoder.get_layer("embedding").get_weights()[0],
            )
        )
        self._on_snapshot(self.snapshots)


class ShortWeights(keras.callbacks.Callback):
    """Rounds the weights after the last epoch; a recorder behind it sees the rounded model.

    Args:
        bits: 8 or 16, as in `packing.short`.
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self._bits = bits

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Round the weights if this epoch is the last one."""
        if epoch + 1 == self.params["epochs"]:
            for variable in self.model.weights:
                variable.assign(packing.short(variable.numpy(), self._bits))


def examine(
    model: keras.Model,
    examined: Iterable[str],
    *,
    reverse: bool = False,
    masked_loss: bool = False,
) -> tuple[float, float]:
    """Return the teacher-forced loss (nats a token) and the share of right tokens.

    All five time steps count, or with ``masked_loss`` those up to EOS.
    """
    encoder_input, decoder_input, target = problems.batch(examined, reverse=reverse)
    distribution = model([encoder_input, decoder_input]).numpy()
    probability = (distribution * target).sum(axis=-1)
    right = distribution.argmax(axis=-1) == target.argmax(axis=-1)
    counts = problems.weights_up_to_eos(target) > 0 if masked_loss else np.ones_like(right)
    loss = -np.log(np.maximum(probability[counts], 1e-7)).mean()
    return float(loss), float(right[counts].mean())


def recording_epochs(epochs: int, count: int = 40) -> list[int]:
    """Return about ``count`` epochs from 0 to ``epochs``, close together early, then wider."""
    return sorted({0, *np.geomspace(1, epochs, count).round().astype(int).tolist()})
