"""The widgets of the chapters."""

from helpers.widgets.decoder_stepper import DecoderStepper
from helpers.widgets.embedding_explorer import EmbeddingExplorer
from helpers.widgets.encoder_stepper import EncoderStepper
from helpers.widgets.training_lab import TrainingLab
from helpers.widgets.training_replay import TrainingReplay

__all__ = [
    "DecoderStepper",
    "EmbeddingExplorer",
    "EncoderStepper",
    "TrainingLab",
    "TrainingReplay",
]
