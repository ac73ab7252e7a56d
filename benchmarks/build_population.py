"""Time and memory of building a synthetic population.

    python benchmarks/build_population.py [--scale 1] [--threads 2] [--case src/groundswell/cases/iran] [--out FOLDER]

Prints seconds (the first build of a process compiles, or loads what was compiled before; it is timed apart), peak resident
memory, and bytes a person. With --out the population is stored there and opened again.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import time
from pathlib import Path

from groundswell.populations.build import build_population
from groundswell.populations.reading import read_tables
from groundswell.populations.stored import open_population


def main() -> None:
    options = argparse.ArgumentParser(description="Time and memory of building a synthetic population.")
    options.add_argument("--scale", type=int, default=1)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--case", type=Path, default=Path("src/groundswell/cases/iran"))
    options.add_argument("--out", type=Path)
    options.add_argument("--keep", action="store_true", help="leave the stored population where it is")
    given = options.parse_args()
    if given.out is not None and given.out.exists():
        sys.exit(f"{given.out} exists")

    started = time.perf_counter()
    tables = read_tables(given.case)
    read = time.perf_counter() - started
    coarse = min(1000, max(1, min(p.population for p in tables.provinces) // 50))
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        build_population(tables, scale=coarse, seed=1, threads=given.threads)
        seconds.append(time.perf_counter() - started)
    print(f"tables read in {read:.3f} s")
    print(f"1:{coarse} the first time {seconds[0]:.2f} s (compiles, or loads its cache), then {seconds[1]:.3f} s")

    started = time.perf_counter()
    population = build_population(tables, scale=given.scale, seed=1, threads=given.threads, out=given.out)
    took = time.perf_counter() - started
    rows = population.places.rows
    size = sum(column.nbytes for column in population.columns.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(f"1:{given.scale}, {rows} rows, {given.threads} threads: {took:.2f} s, {took / rows * 1e9:.0f} ns a row")
    print(f"{size / rows:.2f} bytes a row, peak resident memory {peak:.0f} MiB, digest {population.digest}")
    print(f"counts {population.provenance['counts']}")
    if given.out is not None:
        files = sum(path.stat().st_size for path in given.out.iterdir())
        for check in (False, True):
            started = time.perf_counter()
            open_population(given.out, check=check)
            how = "with every byte checked" if check else "by size"
            print(f"stored {files} bytes ({files / rows:.2f} a row); opened {how} in {time.perf_counter() - started:.3f} s")
        if not given.keep:
            shutil.rmtree(given.out)


if __name__ == "__main__":
    main()
