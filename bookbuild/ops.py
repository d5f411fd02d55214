"""Compile the operations of training in a page: ``helpers/widgets/js/nn/ops.c`` to WebAssembly.

The compiled file is kept beside its source, so that the book needs no compiler. Run
``python -m bookbuild.ops`` when the source has changed; a test compiles it again and compares.
"""

import subprocess
import sys
from pathlib import Path

from bookbuild.build import ROOT

SOURCE = ROOT / "helpers/widgets/js/nn/ops.c"
COMPILED = SOURCE.with_suffix(".wasm")
# No library, no memory of its own, and of the memory it is given no more than a page for itself.
OPTIONS = (
    *("-target", "wasm32-freestanding", "-O3", "-msimd128", "-nostdlib"),
    *("-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--strip-all", "-Wl,-z,stack-size=4096"),
)


def compile_ops(target: Path) -> None:
    """Compile the operations into ``target``.

    Raises:
        subprocess.CalledProcessError: the source is not right; the compiler has said where.
    """
    command = [sys.executable, "-m", "ziglang", "cc", *OPTIONS, "-o", str(target), str(SOURCE)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    compile_ops(COMPILED)
