"""The encoder-decoder of the notes: one GRU that reads, one that writes.

Chapter: *Implementation* builds it layer by layer. After Cho et al. 2014 and Sutskever et al. 2014.
"""

import keras

from helpers.model.contract import Seq2Seq
from helpers.model.sizes import check_sizes
from helpers.task import ARITHMETIC, Task


def seq2seq(embedding_dim: int = 5, units: int = 16, task: Task = ARITHMETIC) -> Seq2Seq:
    """Return ``model, encoder, decoder``: three views of the same layers, untrained.

    After :ref:`Cho et al. 2014 <cho2014>` and :ref:`Sutskever et al. 2014 <sutskever2014>`.

    * ``model``, for training: encoder input (batch, time 8) and decoder input (batch, time 5)
      to distributions (batch, time 5, token 14). Compiled as in the notes: categorical
      cross-entropy, Adam, accuracy.
    * ``encoder``: encoder input (batch, time 8) to the context vector (batch, units).
    * ``decoder``, for one time step: token (batch, time 1) and state (batch, units) to the
      distribution (batch, time 1, token 14) and the next state (batch, units), which can be fed
      straight back.

    Eight, five and fourteen are those of ``task``: a GRU reads as many time steps as there are.

    Raises:
        TypeError: a size is no whole number.
        ValueError: a size is smaller than 1.
    """
    embedding_dim, units = check_sizes(embedding_dim=embedding_dim, units=units)
    tokens = len(task.tokens)
    embedding = keras.layers.Embedding(tokens, embedding_dim, name="embedding")
    encoder_gru = keras.layers.GRU(units, name="encoder_gru")
    decoder_gru = keras.layers.GRU(
        units, return_sequences=True, return_state=True, name="decoder_gru"
    )
    softmax = keras.layers.Dense(tokens, activation="softmax", name="softmax")

    encoder_input = keras.Input((task.problem_length,), dtype="int32", name="encoder_input")
    context = encoder_gru(embedding(encoder_input))
    encoder = keras.Model(encoder_input, context, name="encoder")

    decoder_input = keras.Input((task.answer_length,), dtype="int32", name="decoder_input")
    states, _ = decoder_gru(embedding(decoder_input), initial_state=context)
    model = keras.Model([encoder_input, decoder_input], softmax(states), name="seq2seq")
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

    token = keras.Input((1,), dtype="int32", name="token")
    state = keras.Input((units,), name="state")
    step, next_state = decoder_gru(embedding(token), initial_state=state)
    decoder = keras.Model([token, state], [softmax(step), next_state], name="decoder")
    return Seq2Seq(model, encoder, decoder, task=task)
