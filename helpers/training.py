"""The recipe that trains a model, what is recorded while it learns, and the live loss curve.

Chapter: *Training*.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from IPython.display import HTML, DisplayHandle

from helpers import decoding, packing, plots, problems
from helpers.model import seq2seq


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a model is trained."""

    task: str = "arithmetic"
    """One of `problems.TASKS`."""
    embedding_dim: int = 5
    units: int = 16
    reverse: bool = False
    """Problem and answer written back to front."""
    masked_loss: bool = False
    """Time steps after EOS count for nothing in the loss."""
    epochs: int = 100
    batch_size: int = 128
    learning_rate: float = 0.02
    """The highest value of the one-cycle schedule."""
    seed: int = 0
    weight_bits: int | None = None
    """8 or 16 to round the weights after the last epoch, so that a page can carry them."""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: the task is unknown, a count is no whole number of at least 1, the
                learning rate is not above 0, or the bits of a weight are not 8 or 16.
        """
        if self.task not in problems.TASKS:
            raise ValueError(
                f"A task is one of {', '.join(map(repr, problems.TASKS))}, not {self.task!r}."
            )
        for name in ("embedding_dim", "units", "epochs", "batch_size"):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ValueError(f"{name} is a whole number of at least 1, not {count!r}.")
        if self.weight_bits not in (None, *packing.WHOLE):
            raise ValueError(f"weight_bits is 8, 16 or None, not {self.weight_bits!r}.")
        if not self.learning_rate > 0:
            raise ValueError(f"A learning rate is a number above 0, not {self.learning_rate!r}.")


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What was seen after one epoch (epoch 0: before any training)."""

    epoch: int
    loss: float
    """Cross-entropy a token on the validation part, nats."""
    exact_match: float
    """Share of validation problems answered right, free-running."""
    token_accuracy: float
    """Share of right tokens on the validation part, teacher-forced."""
    answers: dict[str, str]
    """The model's answer to each problem that is watched."""
    embedding: np.ndarray
    """The embedding matrix, axes (token 14, embedding_dim)."""


def one_cycle(recipe: Recipe, batches: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate over ``recipe.epochs`` epochs of ``batches`` updates each.

    Up in a straight line for the first tenth of all updates, then down to zero along a cosine.
    """
    updates = recipe.epochs * batches
    warmup = max(1, updates // 10)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.learning_rate / 25,
        warmup_target=recipe.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(1, updates - warmup),
    )


def batches(train: Iterable[str], recipe: Recipe) -> tf.data.Dataset:
    """Return the training problems as shuffled batches for ``fit``.

    Each element is ``((encoder input, decoder input), target)``, with the weights of the time
    steps as a third part if ``recipe.masked_loss``. The last, smaller batch is dropped: another
    shape would be compiled anew.

    Raises:
        ValueError: there are fewer problems than ``recipe.batch_size``.
    """
    encoder_input, decoder_input, target = problems.batch(train, reverse=recipe.reverse)
    if len(target) < recipe.batch_size:
        raise ValueError(
            f"Training takes at least one batch of {recipe.batch_size} problems, not {len(target)}."
        )
    data: tuple[Any, ...] = ((encoder_input, decoder_input), target)
    if recipe.masked_loss:
        weights = problems.weights_up_to_eos(target)
        data += (weights / weights.mean(),)
    return (
        tf.data.Dataset.from_tensor_slices(data)
        .cache()
        .shuffle(len(target), seed=recipe.seed, reshuffle_each_iteration=True)
        .batch(recipe.batch_size, drop_remainder=True)
        .prefetch(2)
    )


def build(
    recipe: Recipe, train: Iterable[str]
) -> tuple[tuple[keras.Model, keras.Model, keras.Model], tf.data.Dataset]:
    """Return the three models of ``recipe``, seeded and compiled for it, and its batches."""
    keras.utils.set_random_seed(recipe.seed)
    models = seq2seq(recipe.embedding_dim, recipe.units)
    data = batches(train, recipe)
    models[0].compile(
        loss="categorical_crossentropy",
        optimizer=keras.optimizers.Adam(one_cycle(recipe, len(data))),
        weighted_metrics=["accuracy"],
        jit_compile=True,
    )
    return models, data


class Recorder(keras.callbacks.Callback):
    """Takes a `Snapshot` before training and after each of the epochs named.

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
        self.snapshots: list[Snapshot] = []
        self._views = encoder, decoder
        self._validation = list(validation)
        self._epochs = set(epochs)
        self._watched = list(watched)
        self._reverse = reverse
        self._masked_loss = masked_loss
        self._on_snapshot = on_snapshot

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Take the first snapshot."""
        self._record(0)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Take a snapshot if this epoch is one of those named."""
        self._record(epoch + 1)

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


class LiveCurve(keras.callbacks.Callback):
    """Shows a progress bar, the loss and the exact match while ``fit`` runs in a notebook.

    It draws anew about once a second and leaves a still figure. Put it behind ``recorder`` in the
    list of callbacks.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self._losses: list[float] = []
        self._drawn = 0.0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Show an empty progress bar."""
        self._losses = []
        self._handle = DisplayHandle()
        self._handle.display(HTML(self._progress("compiling")))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar on and draw anew, about once a second."""
        self._losses.append((logs or {})["loss"])
        if time.monotonic() - self._drawn > 1 and epoch + 1 < self.params["epochs"]:
            state = f"epoch {epoch + 1} of {self.params['epochs']}"
            self._handle.update(HTML(self._progress(state) + self._picture()))
            self._drawn = time.monotonic()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Leave a still figure."""
        self._handle.update(HTML(self._picture()))

    def _progress(self, state: str) -> str:
        return (
            f'<label>{state} <progress max="{self.params["epochs"]}" '
            f'value="{len(self._losses)}"></progress></label>'
        )

    def _picture(self) -> str:
        seen = self._recorder.snapshots
        return plots.Row(
            plots.curves(
                range(1, len(self._losses) + 1),
                {"training loss": self._losses},
                ylabel="loss per token",
                xlim=(0, self.params["epochs"]),
                description="The training loss after each epoch of this run.",
            ),
            plots.curves(
                [snapshot.epoch for snapshot in seen],
                {"exact match": [snapshot.exact_match for snapshot in seen]},
                ylabel="answers right",
                percent=True,
                xlim=(0, self.params["epochs"]),
                description="The share of held-out problems answered right in this run.",
            ),
        )._repr_html_()


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
