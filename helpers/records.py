"""What is kept of a model at work and in training: readings, traces, snapshots, recipes.

Nothing here needs Keras, so what shows a record needs none either.

Chapters: *Encoder*, *Decoder, time step by time step* and *Training*.
"""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import escape

import numpy as np

from helpers import packing, task
from helpers.numbers import is_number, is_whole
from helpers.say import say
from helpers.task import ARITHMETIC, Task

Values = Mapping[str, np.ndarray]
"""Numbers by name, each with its own axes."""

SCHEDULES = ("warmup-cosine", "constant")
"""How the learning rate goes: up and down again, or not at all."""

SIZES = {
    "gru": ("embedding_dim", "units"),
    "attention": ("embedding_dim", "units"),
    "transformer": ("width", "heads", "depth"),
}
"""The kinds of model, as `model.ARCHITECTURES` has them, and the sizes that each has."""

OPTIMIZERS = ("adamw", "muon")
"""What makes an update of a gradient; see `Recipe.optimizer`."""

LARGEST_SEED = 2**32 - 1
"""What numpy takes at most."""

_SHOWN = 4  # of a state, in a table


@dataclass(frozen=True, eq=False)
class EncoderStep:
    """One time step of the encoder, from the inside."""

    token: int
    """The id that went in."""
    embedding: np.ndarray
    """Its vector, axes (embedding_dim)."""
    state_before: np.ndarray
    """Hidden state that went in, axes (units)."""
    update: np.ndarray
    """Update gate, how much of the old state is kept, from 0 to 1, axes (units)."""
    reset: np.ndarray
    """Reset gate, how much of what it contributes goes into the candidate, 0 to 1, axes (units)."""
    candidate: np.ndarray
    """What takes the place of all that is not kept, axes (units)."""
    state_after: np.ndarray
    """Hidden state that came out, axes (units)."""


@dataclass(frozen=True, eq=False, repr=False)
class Reading:
    """All that happened while a problem was read; a notebook shows it as a table."""

    problem: str
    """Its text, as it was given."""
    reverse: bool
    """Whether it was read back to front."""
    steps: tuple[EncoderStep, ...]
    """The eight time steps."""
    task: Task = ARITHMETIC
    """How the problem is written."""

    @property
    def states(self) -> np.ndarray:
        """The hidden state after each token, axes (time 8, units)."""
        return np.stack([step.state_after for step in self.steps])

    @property
    def context(self) -> np.ndarray:
        """The context vector, which is the last state, axes (units)."""
        return self.steps[-1].state_after

    def __repr__(self) -> str:
        return _as_text(self._caption, self._columns, self._rows())

    def _repr_html_(self) -> str:
        return _as_table(self._caption, self._columns, self._rows())

    @property
    def _caption(self) -> str:
        if self.reverse:
            return say("{problem}, read back to front", problem=self.problem)
        return say("{problem}, read from the front", problem=self.problem)

    @property
    def _columns(self) -> tuple[str, ...]:
        units = len(self.context)
        shown = say("state")
        if units > _SHOWN:
            shown = say("state, first {shown} of {units} numbers", shown=_SHOWN, units=units)
        return (say("time step"), say("token"), shown)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(number),
                self.task.tokens[step.token],
                " ".join(f"{value:z.2f}" for value in step.state_after[:_SHOWN]),
            )
            for number, step in enumerate(self.steps, start=1)
        ]


@dataclass(frozen=True, eq=False)
class DecoderStep:
    """One time step of the decoder."""

    token: int
    """The id that went in."""
    before: Values
    """What the decoder carries from step to step, by name, as it went in. ``"state"`` is the hidden
    state, axes (units)."""
    distribution: np.ndarray
    """Probability of each token to come next, axes (token 14)."""
    after: Values
    """What it carries, as it came out."""
    choice: int
    """The id of the most probable token."""
    inside: Values = field(default_factory=dict)
    """What else the decoder shows of this step, by name."""

    @property
    def state_before(self) -> np.ndarray:
        """Hidden state that went in, axes (units)."""
        return self.before["state"]

    @property
    def state_after(self) -> np.ndarray:
        """Hidden state that came out, axes (units)."""
        return self.after["state"]


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """All that happened while a problem was answered; a notebook shows it as a table."""

    problem: str
    """Its text, as it was given."""
    teacher_forcing: bool
    """Whether the right token went in, whatever was written before it."""
    reverse: bool
    """Whether the problem was read and the answer written back to front."""
    start: Values
    """What the decoder started from, by name. ``"state"`` is the context vector, axes (units)."""
    steps: tuple[DecoderStep, ...]
    """The time steps taken, five when the answer is done."""
    target: tuple[int, ...]
    """The five ids of the right answer, EOS and PAD included."""
    picks: tuple[int | None, ...] = ()
    """For each time step a token that somebody wrote in place of the model's choice, or None."""
    task: Task = ARITHMETIC
    """How problem and answer are written."""

    @property
    def context(self) -> np.ndarray:
        """The context vector the decoder started from, axes (units)."""
        return self.start["state"]

    @property
    def choices(self) -> tuple[int, ...]:
        """The ids the model chose, one a time step."""
        return tuple(step.choice for step in self.steps)

    @property
    def written(self) -> tuple[int, ...]:
        """The ids that stand in the answer, chosen or picked in place of a choice."""
        picks = itertools.chain(self.picks, itertools.repeat(None))
        return tuple(
            choice if pick is None else pick
            for choice, pick in zip(self.choices, picks, strict=False)
        )

    @property
    def answer(self) -> str:
        """The text written, up to EOS, in reading order."""
        return self.task.decode(self.written)[:: -1 if self.reverse else 1]

    def __repr__(self) -> str:
        return f"{_as_text(self._caption, self._columns, self._rows())}\n{self._verdict}"

    def _repr_html_(self) -> str:
        table = _as_table(self._caption, self._columns, self._rows())
        return f"{table}<p>{escape(self._verdict)}</p>"

    @property
    def _caption(self) -> str:
        if self.teacher_forcing:
            return say("{problem}, teacher-forced", problem=self.problem)
        return say("{problem}, free-running", problem=self.problem)

    @property
    def _columns(self) -> tuple[str, ...]:
        return (
            *(say("time step"), say("input"), say("choice")),
            *(say("probability"), say("target"), say("right")),
        )

    @property
    def _verdict(self) -> str:
        if not self.steps:
            return say("so far: nothing")
        if len(self.steps) < len(self.target):
            written = " ".join(self.task.tokens[token] for token in self.written)
            return say("so far: {written}", written=written)
        mistake = self._first_mistake
        if mistake is None and self.teacher_forcing:
            return say("choices: {written}, right", written=self.answer)
        if mistake is None:
            return say("answer: {written}, right", written=self.answer)
        wanted = self.task.decode(self.target)[:: -1 if self.reverse else 1]
        if self.teacher_forcing:
            return say(
                "choices: {written}, first mistake at time step {step}; right is {wanted}",
                written=self.answer,
                step=mistake + 1,
                wanted=wanted,
            )
        return say(
            "answer: {written}, first mistake at time step {step}; right is {wanted}",
            written=self.answer,
            step=mistake + 1,
            wanted=wanted,
        )

    def _rows(self) -> list[tuple[str, ...]]:
        tokens = self.task.tokens
        return [
            (
                str(number),
                tokens[step.token],
                _choice(tokens[step.choice], tokens[token]),
                f"{step.distribution[step.choice]:.3f}",
                tokens[wanted],
                say("yes") if token == wanted else say("no"),
            )
            for number, (step, token, wanted) in enumerate(
                zip(self.steps, self.written, self.target, strict=False), start=1
            )
        ]

    @property
    def correct(self) -> bool:
        """Whether every token written up to and including EOS is right."""
        return self._first_mistake is None

    @property
    def _first_mistake(self) -> int | None:
        return first_mistake(self.written, self.target, self.task.eos)


@dataclass(frozen=True, repr=False)
class Recipe:
    """Everything that decides how a model is trained.

    Raises:
        ValueError: the task, the architecture, the optimizer or the schedule is unknown, a count is
            no whole number of at least 1, the heads do not divide the width, the seed is none from
            0 to `LARGEST_SEED`, the learning rate is not above 0, the weight decay is below 0, the
            bits of a weight are not 8 or 16, or ``reverse`` or ``masked_loss`` is neither true nor
            false.
    """

    task: str = "arithmetic"
    """The name of one of `task.TASKS`."""
    size: int | None = None
    """How many problems of the task are drawn, for all three parts together; None for all."""
    architecture: str = "gru"
    """What kind of model it is; each has sizes of its own, see `SIZES`."""
    embedding_dim: int = 5
    """How many numbers stand for a token."""
    units: int = 16
    """How many numbers a state has."""
    width: int = 32
    """How many numbers stand for a token at a place, in a Transformer."""
    heads: int = 4
    """In how many parts a Transformer looks at once."""
    depth: int = 1
    """How many layers its encoder has, and its decoder."""
    reverse: bool = False
    """Problem and answer written back to front."""
    masked_loss: bool = False
    """Time steps after EOS count for nothing in the loss."""
    epochs: int = 100
    """How often it goes through the training part."""
    batch_size: int = 128
    """Problems an update."""
    optimizer: str = "adamw"
    """``"adamw"`` (:ref:`Loshchilov and Hutter 2019 <loshchilov2019>`), or ``"muon"``, whose
    update of a matrix is about as long in every direction (:ref:`Jordan et al. 2024 <jordan2024>`).
    Embedding, softmax and biases are left to AdamW."""
    learning_rate: float = 0.02
    """The highest value of the schedule."""
    schedule: str = "warmup-cosine"
    """``"warmup-cosine"``, as `warmup_cosine` says, or ``"constant"``."""
    weight_decay: float = 0.0
    """Times the learning rate it is the share that each update takes off each weight."""
    seed: int = 0
    """Of the first weights, and of the order of the problems."""
    weight_bits: int | None = None
    """8 or 16 to round the weights after the last epoch, so that a page can carry them."""

    def __post_init__(self) -> None:
        """Check the values."""
        task.named(self.task)
        if self.architecture not in SIZES:
            raise ValueError(
                say(
                    "An architecture is one of {architectures}, not {given}.",
                    architectures=", ".join(map(repr, SIZES)),
                    given=repr(self.architecture),
                )
            )
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                say(
                    "An optimizer is one of {optimizers}, not {given}.",
                    optimizers=", ".join(map(repr, OPTIMIZERS)),
                    given=repr(self.optimizer),
                )
            )
        if self.schedule not in SCHEDULES:
            raise ValueError(
                say(
                    "A schedule is one of {schedules}, not {given}.",
                    schedules=", ".join(map(repr, SCHEDULES)),
                    given=repr(self.schedule),
                )
            )
        counts = ("embedding_dim", "units", "width", "heads", "depth")
        for name in (*counts, "epochs", "batch_size", "size"):
            count = getattr(self, name)
            if name == "size" and count is None:
                continue
            if not is_whole(count) or count < 1:
                raise ValueError(
                    say(
                        "{name} is a whole number of at least 1, not {given}.",
                        name=name,
                        given=repr(count),
                    )
                )
            self._set(name, int(count))
        if self.width % self.heads:
            raise ValueError(
                say(
                    "The width is a multiple of the heads, for each has an equal part of it, but "
                    "{width} is none of {heads}.",
                    width=self.width,
                    heads=self.heads,
                )
            )
        self._set("seed", check_seed(self.seed))
        if self.weight_bits is not None:
            if not is_whole(self.weight_bits) or self.weight_bits not in packing.WHOLE:
                raise ValueError(
                    say("weight_bits is 8, 16 or None, not {given}.", given=repr(self.weight_bits))
                )
            self._set("weight_bits", int(self.weight_bits))
        if not is_number(self.learning_rate) or not 0 < self.learning_rate < math.inf:
            raise ValueError(
                say(
                    "A learning rate is a number above 0, not {given}.",
                    given=repr(self.learning_rate),
                )
            )
        if not is_number(self.weight_decay) or not 0 <= self.weight_decay < math.inf:
            raise ValueError(
                say(
                    "A weight decay is a number of at least 0, not {given}.",
                    given=repr(self.weight_decay),
                )
            )
        for name in ("learning_rate", "weight_decay"):
            self._set(name, float(getattr(self, name)))
        for name in ("reverse", "masked_loss"):
            flag = getattr(self, name)
            if not isinstance(flag, (bool, np.bool_)):
                raise ValueError(
                    say("{name} is True or False, not {given}.", name=name, given=repr(flag))
                )
            self._set(name, bool(flag))

    def __repr__(self) -> str:
        others = {name for names in SIZES.values() for name in names} - {*self.sizes}
        said = ", ".join(
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)
            if each.name not in others
        )
        return f"Recipe({said})"

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes of its model, by name."""
        return {name: getattr(self, name) for name in SIZES[self.architecture]}

    @property
    def flops(self) -> int:
        """The floating-point operations that training a GRU takes for one problem.

        Those of the matrix products alone: a multiplication and an addition for each weight of a
        GRU at each time step, and of the softmax at each of the decoder's. The way back takes twice
        the way there.
        """
        learned = task.named(self.task)
        gru = 3 * self.units * (self.embedding_dim + self.units)
        softmax = self.units * len(learned.tokens)
        steps = learned.problem_length + learned.answer_length
        return 3 * 2 * (steps * gru + learned.answer_length * softmax)

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


def check_seed(seed: int) -> int:
    """Return ``seed``; raises ValueError if it is no whole number from 0 to `LARGEST_SEED`."""
    if not is_whole(seed) or not 0 <= seed <= LARGEST_SEED:
        raise ValueError(
            say(
                "A seed is a whole number from 0 to {largest}, not {given}.",
                largest=LARGEST_SEED,
                given=repr(seed),
            )
        )
    return int(seed)


def first_mistake(
    choices: Iterable[int], target: Iterable[int], eos: int = ARITHMETIC.eos
) -> int | None:
    """Return the time step (0 is the first) of the first wrong choice up to EOS, or None.

    Raises:
        ValueError: the two are not of the same length.
    """
    choices, target = list(choices), list(target)
    if len(choices) != len(target):
        raise ValueError(
            say(
                "There is a choice for each of the {steps} time steps of the target, not {given}.",
                steps=len(target),
                given=len(choices),
            )
        )
    for number, (choice, wanted) in enumerate(zip(choices, target, strict=True)):
        if choice != wanted:
            return number
        if wanted == eos:
            return None
    return None


def _choice(chosen: str, written: str) -> str:
    if written == chosen:
        return chosen
    return say("{chosen}, but {written} is written", chosen=chosen, written=written)


def _as_text(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return the lines of a table: its caption, its head, a line a row."""
    cells = [columns, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([caption, *lines])


def _as_table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<table class="trace"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
