"""The flagship's day at full size: build, open, thirty days, and what the machine could do at best.

    python benchmarks/flagship.py --scale 1 --days 30 --threads 2

Prints the time to build people and ties, to open them again, bytes a person, peak memory, and ns per person and day
beside two limits measured in the same run: a copy of memory, and a sweep that only draws and stores.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import numpy as np

import groundswell
from groundswell import experiments
from groundswell.core.compile import compiled
from groundswell.core.draws import fill_words
from groundswell.core.places import Population
from groundswell.core.simulate import Engine, simulate
from groundswell.core.sweep import Sweep
from groundswell.models import MODELS
from groundswell.populations.build import build_population
from groundswell.populations.reading import read_tables
from groundswell.populations.stored import open_population


def peak() -> float:
    """Peak resident memory in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def copy_speed(threads: int) -> float:
    """Bytes a second that a copy of memory moves, read and written."""
    source, target = np.ones(1 << 28, np.uint8), np.empty(1 << 28, np.uint8)
    cuts = np.linspace(0, len(source), threads + 1).astype(int)
    best = np.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            list(pool.map(lambda i: np.copyto(target[cuts[i] : cuts[i + 1]], source[cuts[i] : cuts[i + 1]]), range(threads)))
            best = min(best, time.perf_counter() - start)
    return 2 * len(source) / best


def draw_speed(threads: int) -> float:
    """ns a person for one 16-bit Philox draw, tile by tile in the cache."""
    fill, tile, tiles = compiled(fill_words), 1 << 18, 64
    words = [np.empty((tile // 1024, 512), np.uint32) for _ in range(threads)]
    keys = np.uint32(1), np.uint32(0)

    def one(t: int) -> None:
        for k in range(tiles):
            fill(words[t], k * 256, 3, 44000, 1, *keys)

    best = np.inf
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(4):
            start = time.perf_counter()
            list(pool.map(one, range(threads)))
            best = min(best, time.perf_counter() - start)
    return best / (tile * tiles * threads) * 1e9


class Stopwatch:
    """Seconds by stage of the day."""

    def __init__(self, population: Population) -> None:
        self.days: list[float] = []
        self.engine: Engine | None = None
        self.last = time.perf_counter()
        self.people = population.places.rows

    def observe(self, engine: Engine, _day: int) -> None:
        """Called after each day."""
        self.engine = engine
        now = time.perf_counter()
        self.days.append(now - self.last)
        self.last = now


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="build the population here, or open it where it exists")
    given = parser.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="groundswell-")) / "population"
    try:
        measure(given, folder)
    finally:
        if given.keep is None:
            shutil.rmtree(folder.parent, ignore_errors=True)


def measure(given: argparse.Namespace, folder: Path) -> None:
    """Build, open, simulate, print."""
    tables = read_tables(Path(groundswell.__file__).parent / "cases" / "iran")
    if not folder.exists():
        start = time.perf_counter()
        build_population(tables, scale=given.scale, seed=1, threads=given.threads, out=folder)
        print(f"built in {time.perf_counter() - start:8.1f} s, peak memory {peak():.1f} GiB (friends are computed: nothing to build)")
    start = time.perf_counter()
    population = open_population(folder)
    print(f"opened in {time.perf_counter() - start:7.2f} s by memory map")
    rows = population.places.rows
    watch = Stopwatch(population)
    model = MODELS["resistance"]()
    first = date(2022, 9, 16) - timedelta(given.days // 2)  # half of the days before the case's shock, half in the uprising
    scenario = experiments.read("iran", experiments.settings_of({"start": first, "end": first + timedelta(given.days - 1)}))
    changes = scenario.changes(model.parameters, [p.id for p in population.places.provinces])
    run = simulate(
        model,
        population,
        start=scenario.start,
        end=scenario.end,
        seed=1,
        changes=changes,
        threads=given.threads,
        observe=watch.observe,
    )
    fixed = sum(a.nbytes for a in population.columns.values()) / rows
    changing = sum(a.nbytes for a in watch.engine.state.columns.values()) / rows if watch.engine else 0.0
    day = np.array(watch.days) / rows * 1e9
    parts = {"quiet days": slice(2, given.days // 2), "the uprising": slice(given.days // 2, None), "all days": slice(2, None)}
    copy, draw = copy_speed(given.threads), draw_speed(given.threads)
    draws = sum(isinstance(s, Sweep) for _, s in watch.engine._stages) if watch.engine else 0
    print(f"{rows:,} rows at 1:{given.scale}, {given.days} days, {given.threads} threads, hash {run.state_hash}")
    print(f"first day {watch.days[0]:.1f} s; ns a person and day:")
    for name, part in parts.items():
        turnout = run.total("turnout")[part].mean()
        ns = day[part]
        spread = f"median {np.median(ns):5.2f}, {ns.min():.2f} to {ns.max():.2f}"
        print(f"  {name:12} mean {ns.mean():5.2f}, {spread}; turnout {turnout:,.0f} a day")
    print(f"state: {fixed:.1f} fixed + {changing:.1f} changing = {fixed + changing:.1f} bytes a person, ties included")
    print(f"peak memory {peak():.1f} GiB")
    print(f"limits in this run: copy {copy / 1e9:.1f} GB/s; {draws} draws a person {draws * draw:.2f} ns")
    print(f"{run.total('members_now')[-1]:,} members, {run.total('detained_now')[-1]:,} detained on the last day")


if __name__ == "__main__":
    main()
