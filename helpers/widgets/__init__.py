"""The widgets of the chapters."""

from helpers.widgets.step_button import StepButton

__all__ = ["StepButton"]
