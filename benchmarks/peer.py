"""The peer: the addition model of the Keras examples, written anew from its architecture.

An LSTM of 128 units reads the question, one-hot; `RepeatVector` hands its last state to each time
step of a second LSTM, and a softmax names a character at each. No answer is ever fed back, so the
model always runs free. As published (https://keras.io/examples/nlp/addition_rnn/) the question is
reversed, batches have 32 problems, and Adam has a constant rate of 1e-3.
"""

from collections.abc import Sequence

import keras
import numpy as np

from helpers import problems

UNITS = 128
BATCH_SIZE = 32
LEARNING_RATE = 1e-3
EPOCHS = 29
"""`range(1, 30)` in the example."""


def build(characters: int, question_length: int, answer_length: int) -> keras.Model:
    """Return the model, for one-hot questions (batch, time, character), not compiled yet."""
    return keras.Sequential(
        [
            keras.Input((question_length, characters)),
            keras.layers.LSTM(UNITS),
            keras.layers.RepeatVector(answer_length),
            keras.layers.LSTM(UNITS, return_sequences=True),
            keras.layers.Dense(characters, activation="softmax", name="softmax"),
        ]
    )


def compile_as_published(model: keras.Model, *, jit_compile: bool) -> None:
    """Compile the peer as the example does; with ``jit_compile`` by XLA, else as `fit` comes."""
    model.compile(
        loss="categorical_crossentropy",
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        metrics=["accuracy"],
        jit_compile=True if jit_compile else "auto",
    )


def characters(asked: Sequence[str]) -> str:
    """Return the characters of problems and answers, and the blank that fills them up."""
    found = set("".join(asked)).union(*map(problems.solve, asked))
    return "".join(sorted(found | {" "}))


def arrays(
    asked: Sequence[str],
    characters: str,
    question_length: int,
    answer_length: int,
    *,
    reverse_answer: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return questions, reversed, and answers, one-hot: (batch, time, character) each."""
    direction = -1 if reverse_answer else 1
    questions = [problem.ljust(question_length)[::-1] for problem in asked]
    answers = [problems.solve(problem)[::direction].ljust(answer_length) for problem in asked]
    return _one_hot(questions, characters), _one_hot(answers, characters)


def exact_match(model: keras.Model, questions: np.ndarray, answers: np.ndarray) -> float:
    """Return the share of questions whose whole answer is right, the blanks behind it too."""
    chosen = model.predict(questions, batch_size=1000, verbose=0).argmax(axis=-1)
    return float((chosen == answers.argmax(axis=-1)).all(axis=-1).mean())


def _one_hot(texts: Sequence[str], characters: str) -> np.ndarray:
    ids = np.array([[characters.index(character) for character in text] for text in texts])
    return np.eye(len(characters), dtype=np.float32)[ids]
