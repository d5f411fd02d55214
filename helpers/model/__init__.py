"""The models of this book, and what they have in common.

`seq2seq` is that of the notes, `attention` looks back at the problem, `transformer` has no
recurrence. Each gives ``model, encoder, decoder``, a `Seq2Seq`.

Chapters: *Implementation* and *Decoder, time step by time step*.
"""

from helpers.model.architectures import ARCHITECTURES
from helpers.model.attention import attention
from helpers.model.contract import Seq2Seq
from helpers.model.gru import seq2seq
from helpers.model.transformer import transformer

__all__ = ["ARCHITECTURES", "Seq2Seq", "attention", "seq2seq", "transformer"]
