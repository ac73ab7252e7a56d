"""A day of the flagship at a coarse scale, by stage: what a mechanism costs where there are few people.

    python benchmarks/coarse.py [--start 2022-07-01] [--end 2022-12-31] [--scale 1000] [--runs 3]

Prints processor milliseconds a day on one thread, the mean and the median over days; of several runs the least, since
other processes only ever add. A first, short run loads what was compiled before.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta

import numpy as np
from stopwatch import DAYS, Timed

from groundswell import experiments


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--start", type=date.fromisoformat, default=date(2022, 7, 1))
    parser.add_argument("--end", type=date.fromisoformat, default=date(2022, 12, 31))
    parser.add_argument("--scale", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    settings = {"start": given.start, "end": given.end, "scale": given.scale, "threads": 1}
    experiments.run("iran", settings=settings | {"end": given.start + timedelta(13)})
    import groundswell.core.simulate as simulating

    simulating.Engine = Timed
    best: dict[str, np.ndarray] = {}
    for _ in range(given.runs):
        DAYS.clear()
        run = experiments.run("iran", settings=settings)
        best = {name: np.minimum(best.get(name, np.inf), np.array(values)) * 1.0 for name, values in DAYS.items()}
    print(f"{run.places.rows:,} rows, {len(run.days)} days, hash {run.state_hash}; ms a day")
    for name in sorted(best, key=lambda name: -best[name].sum()):
        print(f"{name:32} mean {best[name].mean() * 1e3:6.3f}  median {np.median(best[name]) * 1e3:6.3f}")


if __name__ == "__main__":
    main()
