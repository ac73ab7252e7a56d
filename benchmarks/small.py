"""Many small runs in one process: 100,000 people at 1:1, six years, one thread, every mechanism of the flagship.

    python benchmarks/small.py [--people 100000] [--from 2016] [--to 2021] [--seeds 3] [--table]

The country is Atlantis (`tests/data/atlantis`), an invented one, with every number of persons multiplied; its tables and
people are made in a temporary folder. It is opened once, and then simulated in a plain loop over seeds, parameter values
and dated changes:

    for seed, values, changes in ...:
        run = simulate(model, population, seed=seed, values=values, changes=changes, start=start, end=end)

Prints, for each run, processor time: nanoseconds a person and day, milliseconds a run that are no days (checks, building
the engine, the result), and how many functions were compiled meanwhile. `--table` adds microseconds a day by mechanism.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import tempfile
import time
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from stopwatch import DAYS, Timed

from groundswell.core.draws import day_number
from groundswell.core.parameters import Change
from groundswell.core.places import Population
from groundswell.core.simulate import simulate
from groundswell.models import MODELS
from groundswell.populations.build import build_population
from groundswell.populations.reading import read_tables
from groundswell.populations.stored import open_population

ATLANTIS = Path(__file__).resolve().parents[1] / "tests" / "data" / "atlantis"
PERSONS = ("population", "labour_force", "unemployed", "households", "male", "female")  # columns that count them
VALUES: dict[str, dict[str, Any]] = {
    "quiet": {},
    "units, few who protest": {"participation.threshold": 7.5, "first_organisation.initial": 20, "first_organisation.rate": 20},
    "many who protest": {"participation.threshold": 6.0, "fear.decay": 0.2},
}


def multiplied(text: str, times: float) -> str:
    """A table with its numbers of persons multiplied, rounded so that the parts of a province still add up to it."""
    head, *rows = csv.reader(text.splitlines())
    sums: dict[tuple[str, str], tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for row in rows:
        place = row[head.index("province")] if "province" in head else row[0]
        for k, name in enumerate(head):
            if name in PERSONS and row[k]:
                key = (place, "" if name in ("male", "female") else name)
                before, given = sums[key]
                total = before + float(row[k]) * times
                sums[key] = total, round(total)
                row[k] = str(round(total) - given)
    return "\n".join(",".join(row) for row in (head, *rows)) + "\n"


def country(folder: Path, people: int) -> Population:
    """Atlantis with about so many people, made in a folder."""
    tables = folder / "tables"
    tables.mkdir()
    with (ATLANTIS / "provinces.csv").open() as file:
        times = people / sum(int(row["population"]) for row in csv.DictReader(file))
    for path in ATLANTIS.iterdir():
        if path.is_dir():
            continue
        text = path.read_text()
        (tables / path.name).write_text(multiplied(text, times) if path.name in ("provinces.csv", "cities.csv", "census.csv") else text)
    build_population(read_tables(tables), scale=1, seed=1, threads=1, out=folder / "people")
    return open_population(folder / "people")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--from", type=int, default=2016, dest="first")
    parser.add_argument("--to", type=int, default=2021)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--table", action="store_true", help="microseconds a day by mechanism, of one more run")
    given = parser.parse_args()
    from numba.core.event import install_recorder

    import groundswell.core.simulate as simulating

    simulating.Engine, Timed.stages = Timed, False
    start, end = date(given.first, 1, 1), date(given.to, 12, 31)
    middle = day_number(date((given.first + given.to) // 2, 3, 1))
    changed = (Change("calendar.economy", 1.5, middle, middle + 60), Change("calendar.legitimacy", 0.4, middle + 30, middle + 200, (0,)))
    model = MODELS["resistance"]()
    with tempfile.TemporaryDirectory() as name:
        population = country(Path(name), given.people)
        rows, days = population.places.rows, (end - start).days + 1
        print(f"{rows:,} people, {len(population.places.cities)} cities, {days:,} days, {len(model.mechanisms)} mechanisms")
        cases = itertools.product(range(1, given.seeds + 1), VALUES, ((), changed))
        plain: list[tuple[float, float]] = []
        for number, (seed, values, changes) in enumerate(itertools.chain([(1, "quiet", ())], cases)):
            DAYS.clear()
            with install_recorder("numba:compile") as recorder:
                began = time.thread_time()
                run = simulate(model, population, start=start, end=end, seed=seed, values=VALUES[values], changes=changes)
                spent = time.thread_time() - began
            day = np.array(DAYS["a day"])
            figures = spent / days / rows * 1e9, np.median(day) * 1e6, (spent - day.sum()) * 1e3
            compiled = sum(event.is_start for _, event in recorder.buffer)
            about = f"seed {seed}, {values}, {len(changes)} changes" if number else "first: loads what was compiled before"
            print(
                f"{about:44} {figures[0]:5.2f} ns a person and day, {figures[1]:5.0f} us a median day, {figures[2]:5.1f} ms besides,"
                f" {compiled} compiled; a day {run.total('turnout').mean():,.1f} took part, {run.total('members_now').mean():,.1f} members"
            )
            plain += [(figures[0], figures[2])] if number else []
        nanoseconds, besides = np.median(plain, axis=0)
        print(f"median: {nanoseconds:.2f} ns a person and day, {besides:.1f} ms a run besides its days")
        Timed.stages = given.table
        for values in VALUES if given.table else ():
            DAYS.clear()
            simulate(model, population, start=start, end=end, seed=1, values=VALUES[values])
            print(f"\n{values}: microseconds a day")
            for stage, seconds in sorted(DAYS.items(), key=lambda item: -sum(item[1])):
                print(f"{stage:44} mean {np.mean(seconds) * 1e6:7.1f}  median {np.median(seconds) * 1e6:7.1f}")


if __name__ == "__main__":
    main()
