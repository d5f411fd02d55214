"""Measure everything in one run and print the tables: ``make bench``, or ``make bench QUICK=1``.

A full run is kept in ``helpers/results.json``, a quick one in ``_build/bench.json``.
"""

import argparse
import datetime
import sys
import time

from benchmarks import book, decoding, in_page, learning, recurrent, teacher, throughput
from benchmarks.measuring import this_machine
from bookbuild.build import ROOT
from helpers.results import FILE, Results

PARTS = {
    "learning": learning.measure,
    "recurrent": recurrent.measure,
    "teacher": teacher.measure,
    "decoding": decoding.measure,
    "throughput": throughput.measure,
    "in-page": in_page.measure,
    "book": book.measure,
}


def main() -> int:
    """Measure, print, keep; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="a look in some minutes, not kept")
    quick = parser.parse_args().quick
    begun = time.perf_counter()
    results = Results(this_machine(datetime.date.today().isoformat()))
    for name, said in results.machine.items():
        print(f"{name}: {said}")
    for name, measure in PARTS.items():
        shown = set(results.tables)
        print(f"\nMeasuring: {name} ...", file=sys.stderr, flush=True)
        measure(results, quick)
        for key, table in results.tables.items():
            if key not in shown:
                print(f"\n{table}", flush=True)
    results.seconds = time.perf_counter() - begun
    file = ROOT / "_build/bench.json" if quick else FILE
    results.save(file)
    print(f"\n{results.seconds / 60:.1f} minutes; kept in {file.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
