"""Ways to decode the same problems, and what each costs: why the book compiles its decoder.

Run it with ``make bench``. All ways are timed in one process, and all must choose the same tokens.
"""

import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from helpers import decoding, pretrained, problems
from helpers.vocabulary import PAD

_, encoder, decoder = pretrained.load("notes")


def by_predict(ids: np.ndarray) -> np.ndarray:
    """Decode row by row, each step with ``decoder.predict``."""
    return _row_by_row(ids, lambda token, state: decoder.predict([token, state], verbose=0))


def by_call(ids: np.ndarray) -> np.ndarray:
    """Decode row by row, each step with a call of the Keras model."""
    return _row_by_row(ids, lambda token, state: decoder([tf.constant(token), tf.constant(state)]))


def by_step(ids: np.ndarray) -> np.ndarray:
    """Decode row by row, each step with the compiled `decoding.step`."""

    def advance(token: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distribution, next_state = decoding.step(decoder, int(token[0, 0]), state[0])
        return distribution[None, None], next_state[None]

    return _row_by_row(ids, advance)


def by_greedy(ids: np.ndarray) -> np.ndarray:
    """Decode the whole batch with `decoding.greedy`."""
    return decoding.greedy(encoder, decoder, ids)


def _row_by_row(
    ids: np.ndarray, advance: Callable[..., tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    rows = []
    for context in encoder(ids).numpy():
        token, state = np.array([[PAD]], dtype=np.int32), context[None]
        chosen = []
        for _ in range(problems.ANSWER_LENGTH):
            distribution, state = (np.asarray(part) for part in advance(token, state))
            token = distribution.argmax(axis=-1).astype(np.int32)
            chosen.append(int(token[0, 0]))
        rows.append(chosen)
    return np.array(rows)


def main() -> None:
    """Print one line a way."""
    test = problems.batch(problems.split("arithmetic").test).encoder_input
    ways = {
        "decoder.predict, a token at a time": (by_predict, 10),
        "decoder(...), a token at a time": (by_call, 20),
        "decoding.step, a token at a time": (by_step, 100),
        "decoding.greedy, a whole batch": (by_greedy, len(test)),
    }
    reference = decoding.greedy(encoder, decoder, test)
    milliseconds = {}
    for name, (decode, count) in ways.items():
        decode(test[:1])
        start = time.perf_counter()
        chosen = decode(test[:count])
        milliseconds[name] = 1000 * (time.perf_counter() - start) / count
        assert np.array_equal(chosen, reference[:count]), name
    fastest = min(milliseconds.values())
    print(f"Keras {keras.__version__}, milliseconds a problem, and how many times the fastest")
    for name, value in milliseconds.items():
        print(f"{name:36} {value:10.4f} {value / fastest:10.0f}")


if __name__ == "__main__":
    main()
