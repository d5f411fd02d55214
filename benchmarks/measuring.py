"""What all benchmarks share: the machine, runs in turns, and how far they spread."""

import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


def this_machine(date: str) -> dict[str, str]:
    """Return what the figures hold for: the machine, the versions, the date."""
    return {
        "date": date,
        "processor": processor(),
        "cores": str(cpu_count()),
        "system": f"{platform.system()} on {platform.machine()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("keras", "tensorflow", "numpy")},
    }


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def in_turns(ways: Mapping[K, Callable[[int], T]], runs: int) -> dict[K, list[T]]:
    """Return what each way gives with the seeds 0 to ``runs - 1``, by its name.

    All ways have their turn with one seed before any has it with the next, so that a slow minute of
    the machine meets all alike.
    """
    found: dict[K, list[T]] = {name: [] for name in ways}
    for seed in range(runs):
        for name, way in ways.items():
            found[name].append(way(seed))
    return found


def spread(values: Sequence[float]) -> list[float]:
    """Return the median, the lowest and the highest of ``values``."""
    return [statistics.median(values), min(values), max(values)]
