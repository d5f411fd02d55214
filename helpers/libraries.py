"""How Keras and TensorFlow are set up, whatever the settings of the reader: as the book has them.

`helpers` calls `set_up` when it is imported, and a chapter imports it before Keras.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

KERAS_HOME = Path(__file__).parent.parent / "_build" / "keras"
"""The folder in which Keras looks for its settings, and finds none."""

LOG_LINE = re.compile(
    rb"[IWE]\d{4} \d\d:\d\d:\d+\.\d+ |WARNING: All log messages before absl::InitializeLog"
)
"""How each line begins that TensorFlow writes while all is well."""


def set_up() -> None:
    """Let Keras and TensorFlow be imported with the settings of the book, and without a word."""
    for name in [name for name in os.environ if name.startswith(("KERAS_", "TF_", "XLA_"))]:
        del os.environ[name]
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["KERAS_HOME"] = str(KERAS_HOME)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # only what ends the process is said
    if QuietTensorFlow not in sys.meta_path:
        sys.meta_path.insert(0, QuietTensorFlow)


class QuietTensorFlow:
    """Finds TensorFlow: what its libraries log as they are loaded, no setting keeps back."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how TensorFlow is imported without log lines; None for any other module."""
        if name != "tensorflow":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = without_log_lines()(spec.loader.exec_module)  # type: ignore[method-assign]
        return spec


@contextmanager
def without_log_lines() -> Iterator[None]:
    """Let all that goes to file descriptor 2 through, but for log lines.

    Another process looks at it: so the last words before this one is ended come out as well.
    """
    stderr = os.dup(2)
    command = [sys.executable, "-I", "-S", __file__]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=stderr, start_new_session=True
    ) as looking:
        assert looking.stdin is not None
        os.dup2(looking.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def main() -> None:
    """Pass on what comes in, but for log lines."""
    for line in sys.stdin.buffer:
        if not LOG_LINE.match(line):
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()


if __name__ == "__main__":
    main()
