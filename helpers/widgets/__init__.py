"""The widgets of the chapters."""

from helpers.widgets.decoder_stepper import DecoderStepper

__all__ = ["DecoderStepper"]
