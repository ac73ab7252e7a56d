"""A day of the flagship at a coarse scale, by stage: what a mechanism costs where there are few people.

    python benchmarks/coarse.py [--start 2022-07-01] [--end 2022-12-31] [--scale 1000] [--runs 3]

Prints processor milliseconds a day on one thread, the mean and the median over days; of several runs the least, since
other processes only ever add. A first, short run loads what was compiled before.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from groundswell import experiments
from groundswell.core.simulate import Engine
from groundswell.core.sweep import Sweep

DAYS: dict[str, list[float]] = defaultdict(list)


def timed(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The function, adding its seconds of processor time to those of a stage."""

    def run(*args: Any) -> Any:
        start = time.thread_time()
        result = function(*args)
        DAYS[name].append(time.thread_time() - start)
        return result

    return run


class Timed(Engine):
    """An engine whose stages are timed."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind, stage in self._stages:
            if isinstance(stage, Sweep):
                stage.run = timed(stage.run, " + ".join(m.key for m in stage.mechanisms))
            elif kind == "day":
                object.__setattr__(stage, "day", timed(stage.day, stage.key))
        self.step = timed(super().step, "a day")


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
