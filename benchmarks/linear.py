"""Whether cost is linear: ns per person and day of the flagship at 1:1, for a small, a middle and the whole nation, in one run.

    python benchmarks/linear.py [--start 2019-07-01] [--end 2020-06-30] [--threads 2] [--largest all|middle]

Provinces of Iran, every mechanism on, the case's dated events; people are built before, and what is compiled is loaded before, by the
same year at 1:100. Seconds by the clock, without the first day; as many of the threads as `groundswell run` would take.
"""

from __future__ import annotations

import argparse
import time
from datetime import date

import numpy as np

from groundswell import experiments
from groundswell.core.simulate import Engine, simulate, threads_worth
from groundswell.models import MODELS

SIZES = {
    "a million": ("IR-19",),
    "ten million": ("IR-09", "IR-01", "IR-21"),
    "a quarter": ("IR-23", "IR-07"),
    "all": (),
}


def measure(name: str, provinces: tuple[str, ...], given: argparse.Namespace, scale: int = 1) -> float:
    """Print and return ns per person and day."""
    settings = {"start": given.start, "end": given.end, "scale": scale, "threads": given.threads}
    scenario = experiments.read("iran", experiments.settings_of(settings | ({"provinces": list(provinces)} if provinces else {})))
    population, model = experiments.people(scenario), MODELS["resistance"]()
    changes = scenario.changes(model.parameters, [p.id for p in population.places.provinces])
    days: list[float] = []
    last = time.perf_counter()

    def observe(_engine: Engine, _day: int) -> None:
        nonlocal last
        now = time.perf_counter()
        days.append(now - last)
        last = now

    threads = threads_worth(given.threads, population.places.rows)
    run = simulate(model, population, start=scenario.start, end=scenario.end, seed=1, changes=changes, threads=threads, observe=observe)
    ns = np.array(days[1:]) / population.places.rows * 1e9
    turnout = run.total("turnout").mean() / population.places.rows
    print(
        f"{name:12} {population.places.rows:11,} people, {len(days)} days, threads {threads}: mean {ns.mean():5.2f}, "
        f"median {np.median(ns):5.2f} ns a person and day; {turnout * 1e6:.1f} of a million took part a day",
        flush=True,
    )
    return float(ns.mean())


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", type=date.fromisoformat, default=date(2019, 7, 1))
    parser.add_argument("--end", type=date.fromisoformat, default=date(2020, 6, 30))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--largest", choices=tuple(SIZES), default="all")
    given = parser.parse_args()
    names = list(SIZES)[: list(SIZES).index(given.largest) + 1]
    measure("to load", SIZES["a quarter"], given, 100)
    found = [measure(name, SIZES[name], given) for name in names]
    print(f"highest over lowest: {max(found) / min(found):.2f}")


if __name__ == "__main__":
    main()
