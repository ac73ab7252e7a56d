"""A look at the speed within half a minute: nothing here fails on time.

    python benchmarks/quick.py [--scale 100] [--days 14] [--people 1000000]

Prints ns of processor time a person and day on one thread, of the flagship around the start of the uprising and of threshold
contagion in groups (`peers/contagion.py`), beside plain NumPy on the same rule and a copy of memory in the same run. Machines
differ, and what else runs on them: compare the ratios. What is compiled is kept, and not counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np

from groundswell import experiments, simulate
from groundswell.models import MODELS

sys.path.insert(0, str(Path(__file__).parent / "peers"))
from contagion import RULE
from contagion_in_numpy import build
from contagion_ours import play

SHOCK = date(2022, 9, 16)  # the case's first day of the uprising


def copying(size: int = 1 << 27) -> float:
    """ns to read and write one byte, of the fastest of several copies."""
    source, target = np.ones(size, np.uint8), np.empty(size, np.uint8)
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        np.copyto(target, source)
        best = min(best, time.process_time() - start)
    return best / size * 1e9


def flagship(scale: int, days: int) -> tuple[int, list[float]]:
    """Rows, and seconds of each day; half of the days before the uprising."""
    first = SHOCK - timedelta(days // 2)
    scenario = experiments.read("iran", experiments.settings_of({"start": first, "end": first + timedelta(days - 1), "scale": scale}))
    people, model = experiments.people(scenario), MODELS["resistance"]()
    changes = scenario.changes(model.parameters, [p.id for p in people.places.provinces])
    ends: list[float] = []
    simulate(
        model,
        people,
        start=scenario.start,
        end=scenario.end,
        seed=1,
        changes=changes,
        values=scenario.values,
        progress=lambda *_: ends.append(time.process_time()),
    )
    return people.places.rows, [end - begin for begin, end in pairwise(ends)]


def contagion(people: int, steps: int = 30) -> tuple[float, float, float]:
    """ns an agent's step, ours and NumPy's, and the difference of their mean activity."""
    ends: list[float] = []
    run = play(people, steps + 1, 1, took=ends, **RULE)
    step, count = build(people, seed=1, **RULE)
    took, share = [], []
    for _ in range(steps):
        begin = time.process_time()
        step()
        took.append(time.process_time() - begin)
        share.append(count() / people)
    ours = median(end - begin for begin, end in pairwise(ends)) / people * 1e9
    return ours, median(took) / people * 1e9, float((run.total("total")[:steps] / people).mean() - np.mean(share))


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=int, default=100)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--people", type=int, default=1_000_000)
    given = parser.parse_args()
    byte = copying()
    print(f"copy of memory                   {byte:8.3f} ns a byte, read and written; {2 / byte:.1f} GB/s")
    rows, days = flagship(given.scale, given.days)
    quiet, uprising = (median(part) / rows * 1e9 for part in (days[: given.days // 2 - 1], days[given.days // 2 - 1 :]))
    print(f"flagship, {rows:,} rows at 1:{given.scale} {'':2} {quiet:8.2f} ns a person on quiet days, {uprising:.2f} in the uprising: "
          f"{quiet / byte:.0f} and {uprising / byte:.0f} bytes copied")  # fmt: skip
    ours, plain, difference = contagion(given.people)
    print(f"contagion, {given.people:,} people    {ours:8.3f} ns a person: {ours / byte:.1f} bytes copied")
    print(f"the same in plain NumPy          {plain:8.2f} ns a person: {plain / ours:.0f} times ours; mean activity {difference:+.5f}")


if __name__ == "__main__":
    main()
