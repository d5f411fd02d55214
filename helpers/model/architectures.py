"""The kinds of model that there are, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import keras

from helpers.model.attention import attention
from helpers.model.contract import Seq2Seq
from helpers.model.gru import seq2seq
from helpers.model.transformer import transformer

Numbers = Mapping[str, int]
"""How many numbers each array has, by its name."""


@dataclass(frozen=True)
class Architecture:
    """A kind of model."""

    build: Callable[..., Seq2Seq]
    """Makes one of its sizes and for a task, untrained."""
    sizes: Callable[[keras.Model], dict[str, int]]
    """Returns the sizes of one, with which `build` makes another; raises ValueError if it has not
    the layers."""
    holds: Callable[[Numbers, Numbers, int], bool]
    """Tells by the sizes and the number of tokens whether the arrays are so large: before it is
    built, so that no sizes are taken that the arrays do not have."""


def _recurrent_sizes(model: keras.Model) -> dict[str, int]:
    embedding, gru = model.get_layer("embedding"), model.get_layer("encoder_gru")
    return {"embedding_dim": embedding.output_dim, "units": gru.units}


def _recurrent_holds(numbers: Numbers, sizes: Numbers, tokens: int) -> bool:
    return (
        numbers["embedding/embeddings"] == tokens * sizes["embedding_dim"]
        and numbers["encoder_gru/gru_cell/recurrent_kernel"] == 3 * sizes["units"] ** 2
    )


def _transformer_sizes(model: keras.Model) -> dict[str, int]:
    depth = sum(layer.name.endswith("_self") for layer in model.layers) // 2
    width = model.get_layer("embedding").output_dim
    return {"width": width, "heads": model.get_layer("encoder_0_self").num_heads, "depth": depth}


def _transformer_holds(numbers: Numbers, sizes: Numbers, tokens: int) -> bool:
    return (
        numbers["embedding/embeddings"] == tokens * sizes["width"]
        and numbers["encoder_0_self/query/kernel"] == sizes["width"] ** 2
        and sizes["width"] % sizes["heads"] == 0
        and sizes["depth"] == sum(name.endswith("_self/query/kernel") for name in numbers) // 2
    )


ARCHITECTURES: dict[str, Architecture] = {
    "gru": Architecture(seq2seq, _recurrent_sizes, _recurrent_holds),
    "attention": Architecture(attention, _recurrent_sizes, _recurrent_holds),
    "transformer": Architecture(transformer, _transformer_sizes, _transformer_holds),
}
"""By the name that a model, a file and a recipe call it."""
