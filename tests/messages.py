"""The form of every message to the reader."""

ONE_SENTENCE = r"\A(?!.*[.!?]\s)[^\n]+\.\Z"
"""One line, one sentence, a full stop at its end."""
