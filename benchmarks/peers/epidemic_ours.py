"""Our epidemic, Kermack & McKendrick's model in independent groups, run and timed.

    python epidemic_ours.py '{"agents": 100000, "steps": 60, "seed": 1, "r0": 2, "days": 5, "first": 0.01, "groups": 1}'

Prints one JSON object with the keys of `child.py`; the share is that of people ever infected.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from importlib.metadata import version
from itertools import pairwise
from typing import Any

from memory import peak, settle

import groundswell
from groundswell import Run, simulate
from groundswell.models.kermack_mckendrick_1927 import kermack_mckendrick_1927, world


def play(agents: int, steps: int, seed: int, r0: float, days: float, first: float, groups: int, took: list[float]) -> Run:
    """One run; `took` gets the moments at which steps end."""
    people = agents // groups
    model, values = kermack_mckendrick_1927(), {"contagion.r0": r0, "contagion.duration": days}
    note = lambda *_: took.append(time.process_time())  # noqa: E731
    return simulate(model, world(people, groups, round(first * people)), seed=seed, steps=steps, values=values, progress=note)


def main(agents: int, steps: int, seed: int, groups: int = 1, **rule: Any) -> dict[str, Any]:
    """Answer one request."""
    play(1000 * groups, 3, seed + 1, groups=groups, took=[], **rule)  # loads what was compiled before, or compiles
    before = settle()
    ends: list[float] = []
    run = play(agents, steps + 1, seed, groups=groups, took=ends, **rule)
    return {
        "share": (run.total("ever") / agents).tolist(),
        "step": [end - begin for begin, end in pairwise(ends)],
        "bytes": peak() - before,
        "versions": {"groundswell": groundswell.__version__, "numba": version("numba"), "Python": platform.python_version()},
    }


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
