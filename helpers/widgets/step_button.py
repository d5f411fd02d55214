"""A button that moves the Keras decoder on by one token.

Chapter: *Decoder, time step by time step*.
"""

from html import escape
from typing import Any

import ipywidgets
import keras

from helpers import decoding, problems


class StepButton(ipywidgets.VBox):
    """Answers a problem one time step a press, with the decoder it is given.

    A box switches between free-running and teacher forcing.

    A page without a kernel shows the table of all five time steps instead.

    Args:
        encoder, decoder: two of the three models that `model.seq2seq` returns.
        problem: what to start with.
        reverse: whether the model reads and writes back to front.

    Raises:
        TypeError, ValueError: ``problem`` is not allowed by `problems.parse`.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        problem: str = "50+9",
        *,
        reverse: bool = False,
    ) -> None:
        problems.parse(problem)
        self._encoder, self._decoder, self._reverse = encoder, decoder, reverse
        self._text = ipywidgets.Text(problem, description="Problem", continuous_update=False)
        self._forcing = ipywidgets.Checkbox(False, description="Teacher forcing", indent=False)
        self._next = ipywidgets.Button(description="Next time step", button_style="primary")
        again = ipywidgets.Button(description="Start over")
        self._table = ipywidgets.HTML()
        self._message = ipywidgets.HTML()
        self._restart(problem)
        self._text.observe(lambda change: self._try(change["new"]), "value")
        self._forcing.observe(lambda change: self._restart(self.trace.problem), "value")
        self._next.on_click(lambda button: self._advance())
        again.on_click(lambda button: self._restart(self.trace.problem))
        buttons = ipywidgets.HBox([self._next, again, self._forcing])
        super().__init__([self._text, buttons, self._message, self._table])

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**kwargs)
        still = decoding.trace(
            self._encoder, self._decoder, self.trace.problem, reverse=self._reverse
        )
        return {**bundle, "text/html": still._repr_html_(), "text/plain": repr(still)}

    def _try(self, problem: str) -> None:
        try:
            self._restart(problem.strip())
        except ValueError as error:
            self._message.value = f"<p role='alert'>{escape(str(error))}</p>"

    def _restart(self, problem: str) -> None:
        self.trace = decoding.begin(
            self._encoder, problem, teacher_forcing=self._forcing.value, reverse=self._reverse
        )
        self._message.value = ""
        self._show()

    def _advance(self) -> None:
        self.trace = decoding.advance(self._decoder, self.trace)
        self._show()

    def _show(self) -> None:
        self._table.value = self.trace._repr_html_()
        self._next.disabled = len(self.trace.steps) == problems.ANSWER_LENGTH
