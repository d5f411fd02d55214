"""What the steppers share: a problem, the model it is put to, and how many time steps are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from helpers import model_file
from helpers.say import say
from helpers.widgets.base import BookWidget
from helpers.widgets.models import by_name
from helpers.widgets.traits import Whole

if TYPE_CHECKING:
    from helpers.model import Seq2Seq


class Stepper(BookWidget):
    """Puts a problem to one of the models given, and shows what it does one time step at a time.

    A subclass says how many time steps there are and computes what is shown.

    Raises:
        TypeError, ValueError: a problem is not allowed by `problems.normal`, or the models are not
            by `models.by_name`.
    """

    problem = traitlets.Unicode("50+9").tag(sync=True)
    """The problem that is put to the model, as `Task.normal` writes it. A new one starts
    over."""
    model = traitlets.Unicode().tag(sync=True)
    """The name of the model. Another one starts over."""
    step = Whole(0).tag(sync=True)
    """How many of the time steps are shown."""
    examples = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """The problems that are offered."""
    models = traitlets.List(traitlets.Dict()).tag(sync=True)
    """What a page needs to compute by itself, for each model (see `model_file.packed`)."""

    def __init__(
        self,
        models: Sequence[Seq2Seq | str],
        *,
        problem: str,
        examples: Iterable[str],
        **traits: Any,
    ) -> None:
        self.by_name = by_name(models)
        """The models that can be chosen, by name."""
        first, model = next(iter(self.by_name.items()))
        super().__init__(
            model=first,
            problem=model.task.normal(problem),
            examples=list(map(model.task.normal, examples)),
            **traits,
        )

    @property
    def chosen(self) -> Seq2Seq:
        """The model that is stepped."""
        return self.by_name.get(self.model, next(iter(self.by_name.values())))

    @property
    def last(self) -> int:
        """How many time steps there are."""
        raise NotImplementedError

    @traitlets.validate("problem")
    def _check_problem(self, proposal: traitlets.Bunch) -> str:
        return self.chosen.task.normal(proposal.value)

    @traitlets.validate("examples")
    def _check_examples(self, proposal: traitlets.Bunch) -> list[str]:
        return list(map(self.chosen.task.normal, proposal.value))

    @traitlets.validate("model")
    def _check_model(self, proposal: traitlets.Bunch) -> str:
        if proposal.value not in self.by_name:
            raise ValueError(
                say(
                    "The model of this widget is one of {names}, not {given}.",
                    names=", ".join(map(repr, self.by_name)),
                    given=repr(proposal.value),
                )
            )
        self.by_name[proposal.value].task.normal(self.problem)
        return proposal.value

    @traitlets.validate("step")
    def _check_step(self, proposal: traitlets.Bunch) -> int:
        if not 0 <= proposal.value <= self.last:
            raise ValueError(
                say(
                    "A step is a number from 0 to {last}, not {given}.",
                    last=self.last,
                    given=proposal.value,
                )
            )
        return proposal.value

    @traitlets.default("models")
    def _packed(self) -> list[dict[str, Any]]:
        offered = {self.problem, *self.examples}
        return [
            {"name": name, **model_file.packed(replace(one, task=one.task.told(offered)))}
            for name, one in self.by_name.items()
        ]
