"""A task: the problems that a model learns, and how they are written.

Everything that follows from it is asked of it: which tokens there are, how long a problem and its
answer may be, what a text means, what the right answer is. A page is given the same as data.

Chapter: *Embeddings*.
"""

import operator
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any
from unicodedata import normalize

from helpers.numbers import is_whole
from helpers.say import any_of, say

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
"""What an operator can be, and what it does."""

# What nobody sees: white space as JavaScript has it, and what Unicode lets be ignored.
_UNSEEN = re.compile(
    "[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
# The dashes that stand for a minus, and the long vowel that a Japanese keyboard writes for it.
_MINUS = re.compile("[\u2010-\u2015\u2212\u30fc]")


class Task(ABC):
    """The problems that a model learns, and how they are written.

    A model can be asked for more than it learns: for all that `normal` lets pass.
    """

    name: str
    """What it is called."""
    tokens: tuple[str, ...]
    """The tokens in the order of their ids. ``"PAD"`` fills a sequence up to its length and starts
    every answer; ``"EOS"`` ends a sequence. Each of the others is one character."""
    problem_length: int
    """Time steps of the encoder: EOS has room behind the longest problem."""
    answer_length: int
    """Time steps of the decoder: EOS has room behind the longest answer."""

    @abstractmethod
    def normal(self, text: str) -> str:
        """Return the problem that somebody has typed, as it is written here.

        Raises:
            TypeError: ``text`` is no string.
            ValueError: it is no problem, which is said in a sentence.
        """

    @abstractmethod
    def solve(self, problem: str) -> str:
        """Return the right answer. Raises as `normal` does."""

    @abstractmethod
    def problems(self) -> Iterator[str]:
        """Yield the problems that it learns or is tested on, in an order that stays."""

    @abstractmethod
    def data(self) -> dict[str, Any]:
        """Return all that a page or a file has to know of it."""

    def told(self, problems: Iterable[str]) -> "Task":
        """Return the task as a page has to know it where these problems can be picked."""
        return self

    def twins(self, problem: str) -> str:
        """Return a text that only problems share that give each other's answer away."""
        return problem

    @property
    def endless(self) -> bool:
        """Whether there are more problems than can be listed, so that some are drawn."""
        return False

    @cached_property
    def pad(self) -> int:
        """The id of PAD."""
        return self.tokens.index("PAD")

    @cached_property
    def eos(self) -> int:
        """The id of EOS."""
        return self.tokens.index("EOS")

    def encode(self, text: str) -> list[int]:
        """Return the token id of each character; raises as `vocabulary.encode` says."""
        if not isinstance(text, str):
            raise TypeError(
                say(
                    "A text is a string of {signs}, not {kind}.",
                    signs=self._signs,
                    kind=type(text).__name__,
                )
            )
        for character in text:
            if character not in self._ids:
                raise ValueError(
                    say(
                        "A text holds only {signs}, so {character} has no token.",
                        signs=self._signs,
                        character=repr(character),
                    )
                )
        return [self._ids[character] for character in text]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text that ids spell; raises as `vocabulary.decode` says."""
        if not isinstance(ids, Iterable):
            raise TypeError(
                say(
                    "Token ids come as a list such as [5, 9, {eos}], not {kind}.",
                    eos=self.eos,
                    kind=type(ids).__name__,
                )
            )
        text = []
        for number in [self.check_token(token) for token in ids]:
            if number == self.eos:
                break
            if number != self.pad:
                text.append(self.tokens[number])
        return "".join(text)

    def check_token(self, token: int) -> int:
        """Return ``token`` as an int if it is an id.

        Raises:
            TypeError: it is no whole number.
            ValueError: there is no such id.
        """
        last = len(self.tokens) - 1
        if not is_whole(token):
            raise TypeError(
                say(
                    "A token id is a whole number from 0 to {last}, not {given}.",
                    last=last,
                    given=type(token).__name__,
                )
            )
        if not 0 <= token <= last:
            raise ValueError(
                say(
                    "A token id is a whole number from 0 to {last}, not {given}.",
                    last=last,
                    given=token,
                )
            )
        return int(token)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens) if len(token) == 1}

    @property
    def _signs(self) -> str:
        """What a text may hold, in words."""
        *others, last = map(repr, self._ids)
        return say("{signs} and {last}", signs=", ".join(others), last=last)


@dataclass(frozen=True)
class Arithmetic(Task):
    """Two numbers, and an operator between them.

    A model can be asked for any two numbers that have room, and for any operator that is a token.

    Raises:
        ValueError: a token is missing, or there is no room for a problem or an answer.
    """

    name: str
    largest: int
    """It learns numbers from 0 to this one."""
    operators: str
    """It learns these operators, one character for each, such as ``"+-"``."""
    tokens: tuple[str, ...] = (*"0123456789", *"+-", "PAD", "EOS")
    problem_length: int = 8
    """By default there is room for '999+999' and EOS."""
    answer_length: int = 5
    """By default there is room for '1998' or '-999' and EOS."""
    drawn: bool = False
    """Whether its problems are drawn, one after the other and none twice, and not all listed. A
    number has one digit as often as two or the most, as long as there are new ones."""

    def __post_init__(self) -> None:
        """Check that all can be written."""
        needed = {"PAD", "EOS", *"0123456789", *self.operators}
        if not self.askable or not needed <= set(self.tokens):
            raise ValueError(
                say("The tokens of a task are at least the digits, its operators, PAD and EOS.")
            )
        least = 1 + max(len(self.solve(problem)) for problem in self._extremes)
        if self.largest > self.most or least > self.answer_length:
            raise ValueError(
                say(
                    "With {steps} time steps for a problem, its numbers go from 0 to {most} and "
                    "its answer takes {least}, but this task learns numbers up to {largest} and "
                    "has {room} for an answer.",
                    steps=self.problem_length,
                    most=self.most,
                    least=least,
                    largest=self.largest,
                    room=self.answer_length,
                )
            )

    @cached_property
    def askable(self) -> str:
        """The operators among the tokens."""
        return "".join(token for token in self.tokens if token in OPERATIONS)

    @cached_property
    def most(self) -> int:
        """The largest number there is room for on both sides of an operator."""
        return int(10 ** ((self.problem_length - 2) // 2) - 1)

    def data(self) -> dict[str, Any]:
        """Return all that a page or a file has to know of it."""
        return {**asdict(self), "tokens": list(self.tokens)}

    def parse(self, problem: str) -> tuple[int, str, int]:
        """Return left operand, operator and right operand; raises as `problems.parse` says."""
        match = self._problem.fullmatch(_text(problem))
        if match is None:
            raise self._no_problem(problem)
        return int(match[1]), match[2], int(match[3])

    def normal(self, text: str) -> str:
        """Return the problem that somebody has typed, as `problems.normal` does."""
        problem = _MINUS.sub("-", _UNSEEN.sub("", normalize("NFKC", _text(text))))
        if not self._problem.fullmatch(problem):
            raise self._no_problem(text)
        return problem

    def solve(self, problem: str) -> str:
        """Return the right answer. Raises like `parse`."""
        left, sign, right = self.parse(problem)
        return str(OPERATIONS[sign](left, right))

    def problems(self) -> Iterator[str]:
        """Yield all problems, by operator, left, right operand; without end if they are drawn."""
        if self.drawn:
            return self._draw()
        numbers = range(self.largest + 1)
        return (f"{a}{sign}{b}" for sign in self.operators for a in numbers for b in numbers)

    @property
    def endless(self) -> bool:
        """Whether problems are drawn."""
        return self.drawn

    def twins(self, problem: str) -> str:
        """Return a text that a sum, or a product, shares with its mirror image."""
        left, sign, right = self.parse(problem)
        if sign in "+*":
            left, right = sorted((left, right))
        return f"{left}{sign}{right}"

    def _draw(self) -> Iterator[str]:
        source, seen = random.Random(0), set()
        while True:
            left, right = (self._number(source) for _ in range(2))
            problem = f"{left}{source.choice(self.operators)}{right}"
            if problem not in seen:
                seen.add(problem)
                yield problem

    def _number(self, source: random.Random) -> int:
        digits = source.randint(1, len(str(self.largest)))
        least = 10 ** (digits - 1) if digits > 1 else 0
        return source.randint(least, min(10**digits - 1, self.largest))

    @property
    def _extremes(self) -> list[str]:
        """Problems among whose answers is the longest."""
        ends = (0, self.most)
        return [f"{a}{sign}{b}" for sign in self.askable for a in ends for b in ends]

    @property
    def _signs(self) -> str:
        *others, last = map(repr, self.askable)
        if not others:
            return say("the digits 0 to 9 and {last}", last=last)
        return say("the digits 0 to 9, {signs} and {last}", signs=", ".join(others), last=last)

    @cached_property
    def _problem(self) -> re.Pattern[str]:
        number = f"(0|[1-9][0-9]{{0,{len(str(self.most)) - 1}}})"
        return re.compile(f"{number}([{re.escape(self.askable)}]){number}", re.ASCII)

    def _no_problem(self, text: str) -> ValueError:
        shown = text if len(text) <= 20 else text[:20] + "…"
        return ValueError(
            say(
                "A problem is two whole numbers from 0 to {most} with one {signs} between them and "
                "nothing else, such as {example}, not {given}.",
                most=self.most,
                signs=any_of(map(repr, self.askable)),
                example=repr(f"{min(50, self.most)}{self.askable[0]}{min(9, self.most)}"),
                given=repr(shown),
            )
        )


@dataclass(frozen=True)
class Pairs(Task):
    """Texts of any kind, each with its answer, such as dates and how they are written elsewhere.

    A character is a token; lengths and tokens are those that the texts need.

    Raises:
        ValueError: there is no pair, a text is empty, or tokens or lengths are given with which
            not all can be written.
    """

    name: str
    answers: Mapping[str, str]
    """The right answer to each problem."""
    tokens: tuple[str, ...] = ()
    problem_length: int = 0
    answer_length: int = 0

    def __post_init__(self) -> None:
        """Find out tokens and lengths."""
        texts = [*self.answers, *self.answers.values()]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            raise ValueError(
                say("The pairs of a task are texts and their answers, and none is empty.")
            )
        found: dict[str, Any] = {
            "tokens": (*sorted(set("".join(texts))), "PAD", "EOS"),
            "problem_length": 1 + max(map(len, self.answers)),
            "answer_length": 1 + max(map(len, self.answers.values())),
        }
        for name, value in found.items():
            object.__setattr__(self, name, getattr(self, name) or value)
        if (
            not {*found["tokens"]} <= {*self.tokens}
            or found["problem_length"] > self.problem_length
            or found["answer_length"] > self.answer_length
        ):
            raise ValueError(
                say(
                    "A task of pairs has a token for each character of its texts, and room for the "
                    "longest of them and EOS: {problem} time steps for a problem and {answer} for "
                    "an answer.",
                    problem=found["problem_length"],
                    answer=found["answer_length"],
                )
            )

    def normal(self, text: str) -> str:
        """Return the problem, with no white space around it."""
        problem = normalize("NFC", _text(text)).strip()
        if problem not in self.answers:
            raise ValueError(
                say(
                    "A problem is one of the {count} texts of this task, such as {example}, not "
                    "{given}.",
                    count=len(self.answers),
                    example=repr(next(iter(self.answers))),
                    given=repr(text),
                )
            )
        return problem

    def solve(self, problem: str) -> str:
        """Return the right answer."""
        return self.answers[self.normal(problem)]

    def problems(self) -> Iterator[str]:
        """Yield all problems."""
        return iter(self.answers)

    def data(self) -> dict[str, Any]:
        """Return all that a page or a file has to know of it."""
        return {**asdict(self), "tokens": list(self.tokens), "answers": dict(self.answers)}

    def told(self, problems: Iterable[str]) -> "Pairs":
        """Return the same task with the answers to some problems only, so that a page is light."""
        return replace(self, answers={problem: self.answers[problem] for problem in problems})


def _text(problem: object) -> str:
    if not isinstance(problem, str):
        raise TypeError(
            say("A problem is a string such as '50+9', not {kind}.", kind=type(problem).__name__)
        )
    return problem


ARITHMETIC = Arithmetic("arithmetic", 99, "+-")
"""0..99 with ``+`` and ``-``: 20,000 problems."""

TASKS: dict[str, Arithmetic] = {
    task.name: task
    for task in (
        Arithmetic("sums", 99, "+"),
        ARITHMETIC,
        Arithmetic("three-digit", 999, "+-"),
        Arithmetic("five-digit", 99_999, "+-", problem_length=12, answer_length=7, drawn=True),
    )
}
"""The tasks of the book by name. ``"sums"`` is 0..99 with ``+`` (10,000 problems),
``"arithmetic"`` 0..99 with ``+`` and ``-`` (20,000), ``"three-digit"`` 0..999 with ``+`` and ``-``
(2,000,000). The problems of ``"five-digit"``, whose numbers have one to five digits, are drawn."""


def named(name: str) -> Arithmetic:
    """Return the task of that name; raises ValueError if it is none of `TASKS`."""
    if not isinstance(name, str) or name not in TASKS:
        raise ValueError(
            say(
                "A task is one of {tasks}, not {given}.",
                tasks=", ".join(map(repr, TASKS)),
                given=repr(name),
            )
        )
    return TASKS[name]
