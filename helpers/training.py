"""Training by a recipe, and what is recorded while a model learns.

Chapter: *Training*.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers import decoding, packing, problems
from helpers.model import ARCHITECTURES, Seq2Seq
from helpers.records import Recipe, Snapshot
from helpers.say import say
from helpers.task import named

Make = Callable[..., Seq2Seq]
"""What makes a model of the sizes of a recipe and for a task, as `model.seq2seq` does."""


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
    return batches_of(
        problems.batch(train, reverse=recipe.reverse, task=named(recipe.task)), recipe
    )


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
            say(
                "Training takes at least one batch of {batch_size} problems, not {given}.",
                batch_size=recipe.batch_size,
                given=len(target),
            )
        )
    data: tuple[Any, ...] = ((encoder_input, decoder_input), target)
    if recipe.masked_loss:
        weights = problems.weights_up_to_eos(target, named(recipe.task))
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


def optimizer(recipe: Recipe, updates_an_epoch: int) -> keras.optimizers.Optimizer:
    """Return the optimizer of ``recipe``, with its schedule and weight decay.

    AdamW without weight decay is Adam. The biases of a GRU have two axes in Keras, as a matrix has:
    Muon is told to leave them out.
    """
    constant = recipe.schedule == "constant"
    rate = recipe.learning_rate if constant else warmup_cosine(recipe, updates_an_epoch)
    decay = recipe.weight_decay
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=decay)
    return keras.optimizers.Muon(
        rate, weight_decay=decay, adam_weight_decay=decay, exclude_layers=["softmax", "bias"]
    )


def compile_by(model: keras.Model, recipe: Recipe, updates_an_epoch: int) -> None:
    """Compile a model for ``recipe``, by XLA."""
    model.compile(
        loss="categorical_crossentropy",
        optimizer=optimizer(recipe, updates_an_epoch),
        # A metric by its name is made during the first trace, and all would be traced again.
        weighted_metrics=[keras.metrics.CategoricalAccuracy("accuracy")],
        jit_compile=True,
    )
    model.optimizer.build(model.trainable_variables)  # as with the metric


def build(
    recipe: Recipe, train: Iterable[str], make: Make | None = None
) -> tuple[Seq2Seq, tf.data.Dataset]:
    """Return the model of ``recipe``, seeded and compiled for it, and its batches.

    Another model than that of its architecture is made by ``make``. Raises like `batches`.
    """
    keras.utils.set_random_seed(recipe.seed)
    make = make or ARCHITECTURES[recipe.architecture].build
    built = replace(
        make(**recipe.sizes, task=named(recipe.task)),
        reverse=recipe.reverse,
        trained=True,
    )
    data = batches(train, recipe)
    compile_by(built.model, recipe, len(data))
    return built, data


class Recorder(keras.callbacks.Callback):
    """Keeps the loss of each epoch, and a `Snapshot` before training and after the epochs named.

    Args:
        trained: the model that is trained.
        validation: the problems it is examined on.
        epochs: after which epochs; 0 is before training.
        watched: problems whose answers are kept.
        masked_loss: whether only the time steps up to EOS count.
        on_snapshot: called with all snapshots so far, each time one is added.
    """

    def __init__(
        self,
        trained: Seq2Seq,
        validation: Sequence[str],
        *,
        epochs: Iterable[int],
        watched: Sequence[str] = (),
        masked_loss: bool = False,
        on_snapshot: Callable[[list[Snapshot]], None] = lambda snapshots: None,
    ) -> None:
        super().__init__()
        self.losses: list[float] = []
        self.snapshots: list[Snapshot] = []
        self._trained = trained
        self._validation = list(validation)
        self._epochs = set(epochs)
        self._watched = list(watched)
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
        trained = self._trained
        loss, accuracy = examine(trained, self._validation, masked_loss=self._masked_loss)
        answers = decoding.answers(trained, self._watched) if self._watched else []
        self.snapshots.append(
            Snapshot(
                epoch,
                loss,
                decoding.exact_match(trained, self._validation),
                accuracy,
                dict(zip(self._watched, answers, strict=True)),
                trained.encoder.get_layer("embedding").get_weights()[0],
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
    model: Seq2Seq, examined: Iterable[str], *, masked_loss: bool = False
) -> tuple[float, float]:
    """Return the teacher-forced loss (nats a token) and the share of right tokens.

    All five time steps count, or with ``masked_loss`` those up to EOS.
    """
    encoder_input, decoder_input, target = problems.batch(
        examined, reverse=model.reverse, task=model.task
    )
    distribution = model.model([encoder_input, decoder_input]).numpy()
    probability = (distribution * target).sum(axis=-1)
    right = distribution.argmax(axis=-1) == target.argmax(axis=-1)
    counts = (
        problems.weights_up_to_eos(target, model.task) > 0 if masked_loss else np.ones_like(right)
    )
    loss = -np.log(np.maximum(probability[counts], 1e-7)).mean()
    return float(loss), float(right[counts].mean())


def recording_epochs(epochs: int, count: int = 40) -> list[int]:
    """Return about ``count`` epochs from 0 to ``epochs``, close together early, then wider."""
    return sorted({0, *np.geomspace(1, epochs, count).round().astype(int).tolist()})
