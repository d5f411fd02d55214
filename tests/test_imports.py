"""What shows a record, or only reads one, starts without TensorFlow and Keras."""

import subprocess
import sys

import pytest

LIGHT = {
    **{
        name: f"import helpers.{name}"
        for name in (
            "decoding",
            "diagrams",
            "exercises",
            "plots",
            "pretrained",
            "search",
            "widgets",
        )
    },
    "a record": "from helpers import pretrained; pretrained.record('notes')",
    "a replay": """
from helpers import pretrained
from helpers.widgets import TrainingReplay
TrainingReplay(pretrained.record("notes").snapshots).still().page()
""",
}
"""What takes a moment and not seconds."""

HEAVY = "print(*sorted({'keras', 'tensorflow'} & sys.modules.keys()))"


def loaded_by(program: str) -> str:
    """Return which of the two heavy libraries a process has loaded after a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\n{HEAVY}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("program", LIGHT.values(), ids=LIGHT)
def test_it_loads_neither(program: str) -> None:
    """A process of its own says what it has loaded."""
    assert loaded_by(program) == ""


@pytest.mark.slow
def test_a_model_loads_both() -> None:
    """Otherwise the tests above would hold nothing."""
    assert (
        loaded_by("from helpers import pretrained; pretrained.load('notes')") == "keras tensorflow"
    )
