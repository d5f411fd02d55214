"""The decoder, one time step at a time.

Chapter: *Decoder, time step by time step*; the landing page has one too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import traitlets

from helpers import decoding, plots, problems
from helpers.records import DecoderStep, Trace
from helpers.widgets.base import Still
from helpers.widgets.stepper import Stepper
from helpers.widgets.training_lab import TrainingLab
from helpers.widgets.traits import Whole

if TYPE_CHECKING:
    from helpers.model import Seq2Seq

EXAMPLES = ("50+9", "3-71", "99+1", "7-7", "123+456")
TRAINED = "lab"
"""The id of the model of a training lab; how it is called is said where it is shown."""


def _trace_as_json(trace: Trace, stepper: DecoderStepper) -> dict[str, Any]:
    matrix = stepper.chosen.decoder.get_layer("embedding").get_weights()[0]
    read = problems.arrays(trace.problem, reverse=trace.reverse, task=trace.task).encoder_input
    return {
        "model": stepper.model,
        "problem": trace.problem,
        "reverse": trace.reverse,
        "teacherForcing": trace.teacher_forcing,
        "picks": list(trace.picks),
        "read": read.tolist(),
        **({"context": trace.context.tolist()} if "state" in trace.start else {}),
        "steps": [
            {
                "token": step.token,
                "embedding": matrix[step.token].tolist(),
                **(
                    {"before": step.state_before.tolist(), "after": step.state_after.tolist()}
                    if "state" in step.before
                    else {}
                ),
                "attention": _weights(step, "attention"),
                "selfAttention": _weights(step, "self_attention", time + 1),
                "distribution": step.distribution.tolist(),
                "choice": step.choice,
                "written": written,
            }
            for time, (step, written) in enumerate(zip(trace.steps, trace.written, strict=True))
        ],
        "target": list(trace.target),
    }


def _weights(step: DecoderStep, name: str, upto: int | None = None) -> list[Any]:
    """Return weights of attention, axes (layer, head, time), of what may be looked at."""
    return step.inside[name][..., :upto].tolist() if name in step.inside else []


class DecoderStepper(Stepper):
    """Answers a problem one time step at a time, with the decoder it is given.

    ``DecoderStepper(model)`` steps a `model.Seq2Seq`, such as `model.seq2seq` returns, trained or
    not. ``DecoderStepper("notes", "grown")`` lets the reader choose between stored
    models. What the reader can set, Python can set and observe: ``stepper.problem = "3-71"``.

    ``DecoderStepper("notes", lab=lab)`` steps the model of a `TrainingLab` as well, as soon as one
    is trained there.

    Args:
        models: one model, or names of `pretrained.RECIPES` or of files of `model_file`.
        problem: what to start with.
        teacher_forcing: whether the right token goes in, whatever was written.
        examples: the problems that are offered.
        lab: whose model joins those given.
        details: whether what is inside a time step is shown, and the teacher can be switched on.

    Raises:
        TypeError: the models are neither one model nor names.
        ValueError: a name is unknown, a page would compute something else with the weights (see
            `model_file.packed`), or a problem is not allowed by `problems.normal`.
    """

    module = "decoder_stepper.js"
    computed = traitlets.Tuple(("trace",)).tag(sync=True)

    @property
    def last(self) -> int:
        """How many time steps there are."""
        return self.chosen.task.answer_length

    teacher_forcing = traitlets.Bool(False).tag(sync=True)
    """Whether the decoder reads the right token, and not the one written last."""
    picks = traitlets.List(Whole(allow_none=True)).tag(sync=True)
    """For each time step the token written in place of the model's choice, or None."""
    trace = traitlets.Instance(Trace).tag(sync=True, to_json=_trace_as_json)
    """The answer with all five time steps."""
    follows = traitlets.Bool(False, read_only=True).tag(sync=True)
    """Whether a model that is trained in a training lab joins those given."""

    details = traitlets.Bool(True).tag(sync=True)
    """Whether what is inside a time step is shown, and the teacher can be switched on."""

    def __init__(
        self,
        *models: Seq2Seq | str,
        problem: str = "50+9",
        teacher_forcing: bool = False,
        examples: Iterable[str] = EXAMPLES,
        lab: TrainingLab | None = None,
        details: bool = True,
    ) -> None:
        super().__init__(
            models,
            problem=problem,
            examples=examples,
            teacher_forcing=teacher_forcing,
            details=details,
        )
        self.observe(self._react, ["problem", "model", "teacher_forcing", "picks", "step"])
        if lab is not None:
            self.set_trait("follows", True)
            lab.observe(lambda _: self._take(lab), "trained")
            if lab.trained:
                self._take(lab)

    def refresh(self) -> None:
        """Take weights and answer anew, after the models have been trained further."""
        models, trace = self._packed(), self._answer()
        with self.hold_sync():
            self.models, self.trace = models, trace

    def still(self) -> Still:
        """Return the five distributions as a picture, and the table of the time steps."""
        return Still(plots.distributions(self.trace), self.trace._repr_html_())

    def _take(self, lab: TrainingLab) -> None:
        self.by_name[TRAINED] = lab.stored
        with self.hold_sync():
            if self.model == TRAINED or self.step == 0:
                self.model, self.step, self.picks = TRAINED, 0, []
            self.refresh()

    @traitlets.validate("picks")
    def _check_picks(self, proposal: traitlets.Bunch) -> list[int | None]:
        return list(decoding.check_picks(proposal.value, self.teacher_forcing, self.chosen.task))

    def _react(self, change: traitlets.Bunch) -> None:
        with self.hold_sync():
            if change.name in ("problem", "model"):
                self.set_trait("step", 0)
            if change.name in ("problem", "model", "teacher_forcing"):
                self.set_trait("picks", [])
            self.trace = self._answer()

    @traitlets.default("trace")
    def _answer(self) -> Trace:
        return decoding.trace(
            self.chosen, self.problem, teacher_forcing=self.teacher_forcing, picks=self.picks
        )
