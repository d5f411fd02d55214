"""The encoder-decoder with attention: the decoder looks back at every state of the encoder.

After Bahdanau et al. 2015; the scores are the dot products of Luong et al. 2015.
"""

from typing import Any

import keras
from keras import layers, ops

from helpers.model.contract import Seq2Seq
from helpers.model.sizes import check_sizes
from helpers.task import ARITHMETIC, Task


def attention(embedding_dim: int = 5, units: int = 16, task: Task = ARITHMETIC) -> Seq2Seq:
    """Return ``model, encoder, decoder`` as `seq2seq` does, but the decoder looks back.

    At each time step the query, made of the decoder's new state, is compared with each state of
    the encoder, the memory. The softmax of the scores weighs them, and what they give together goes
    into the distribution beside the state.

    * ``model``: as that of `seq2seq`.
    * ``encoder``: encoder input (batch, time 8) to ``"state"`` (batch, units), the last one, and
      ``"memory"`` (batch, time 8, units), all of them.
    * ``decoder``: ``"token"`` (batch, time 1), ``"state"`` and ``"memory"`` to ``"distribution"``
      (batch, time 1, token 14), the next ``"state"``, and ``"attention"``, the weight of each token
      of the problem (batch, layer 1, head 1, time 8).

    Raises:
        TypeError: a size is no whole number.
        ValueError: a size is smaller than 1.
    """
    embedding_dim, units = check_sizes(embedding_dim=embedding_dim, units=units)
    tokens = len(task.tokens)
    embedding = layers.Embedding(tokens, embedding_dim, name="embedding")
    encoder_gru = layers.GRU(units, return_sequences=True, return_state=True, name="encoder_gru")
    decoder_gru = layers.GRU(units, return_sequences=True, return_state=True, name="decoder_gru")
    query = layers.Dense(units, use_bias=False, name="query")
    look = layers.Attention(name="attention")
    combine = layers.Dense(units, activation="tanh", name="combine")
    softmax = layers.Dense(tokens, activation="softmax", name="softmax")

    def write(states: Any, memory: Any) -> tuple[Any, Any]:
        """Return distributions, axes (batch, time, token), and weights (batch, time, time 8)."""
        seen, weights = look([query(states), memory], return_attention_scores=True)
        return softmax(combine(layers.Concatenate()([states, seen]))), weights

    encoder_input = keras.Input((task.problem_length,), dtype="int32", name="encoder_input")
    memory, context = encoder_gru(embedding(encoder_input))
    encoder = keras.Model(encoder_input, {"state": context, "memory": memory}, name="encoder")

    decoder_input = keras.Input((task.answer_length,), dtype="int32", name="decoder_input")
    states, _ = decoder_gru(embedding(decoder_input), initial_state=context)
    distributions, _ = write(states, memory)
    model = keras.Model([encoder_input, decoder_input], distributions, name="attention")
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

    taken = {
        "token": keras.Input((1,), dtype="int32", name="token"),
        "state": keras.Input((units,), name="state"),
        "memory": keras.Input((task.problem_length, units), name="memory"),
    }
    step, state = decoder_gru(embedding(taken["token"]), initial_state=taken["state"])
    distribution, weights = write(step, taken["memory"])
    given = {
        "distribution": distribution,
        "state": state,
        "attention": ops.expand_dims(weights, axis=1),
    }
    decoder = keras.Model(taken, given, name="decoder")
    return Seq2Seq(model, encoder, decoder, task=task, architecture="attention")
