"""The peer: the addition model of the Keras examples, written anew from its architecture.

An LSTM of 128 units reads the question, one-hot; `RepeatVector` hands its last state to each time
step of a second LSTM, and a softmax names a character at each. No answer is ever fed back, so the
model always runs free. Question reversed, batches of 32, Adam with a constant rate of 1e-3, as
published (https://keras.io/examples/nlp/addition_rnn/).
"""

from collections.abc import Sequence

import keras
import numpy as np

from helpers import problems

UNITS = 128
BATCH_SIZE = 32
LEARNING_RATE = 1e-3


def build(
    characters: int, question_length: int, answer_length: int, *, compiled: bool
) -> keras.Model:
    """Return the model, for one-hot questions (batch, time, character), ready for `fit`.

    ``compiled`` is Keras's ``jit_compile``; without it the model trains as `fit` comes.
    """
    model = keras.Sequential(
        [
            keras.Input((question_length, characters)),
            keras.layers.LSTM(UNITS),
            keras.layers.RepeatVector(answer_length),
            keras.layers.LSTM(UNITS, return_sequences=True),
            keras.layers.Dense(characters, activation="softmax"),
        ]
    )
    model.compile(
        loss="categorical_crossentropy",
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        metrics=["accuracy"],
        jit_compile=True if compiled else "auto",
    )
    return model


def characters(asked: Sequence[str]) -> str:
    """Return the characters of problems and answers, and the blank that fills them up."""
    found = set("".join(asked)).union(*map(problems.solve, asked))
    return "".join(sorted(found | {" "}))


def arrays(
    asked: Sequence[str], characters: str, question_length: int, answer_length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return questions, reversed, and answers, one-hot: (batch, time, character) each."""
    questions = [problem.ljust(question_length)[::-1] for problem in asked]
    answers = [problems.solve(problem).ljust(answer_length) for problem in asked]
    return _one_hot(questions, characters), _one_hot(answers, characters)


def exact_match(model: keras.Model, questions: np.ndarray, answers: np.ndarray) -> float:
    """Return the share of questions whose whole answer is right."""
    chosen = model.predict(questions, batch_size=1000, verbose=0).argmax(axis=-1)
    return float((chosen == answers.argmax(axis=-1)).all(axis=-1).mean())


def _one_hot(texts: Sequence[str], characters: str) -> np.ndarray:
    ids = np.array([[characters.index(character) for character in text] for text in texts])
    return np.eye(len(characters), dtype=np.float32)[ids]
