"""Our model of Epstein's civil violence with the rules of Mesa's example, run and timed.

    python epstein_ours.py '{"side": 40, "seed": 1, "steps": 1000, "citizens": 1120, "cops": 64, "settings": {"cop_density": 0.04}}'

Prints one JSON object with the same keys as `epstein_in_mesa.py`. "runs" asks for several runs, their seeds in turn; the
bytes are those of the first. "values" are parameters and switches that replace those of Mesa.
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
from groundswell.models.epstein_2002_model_1 import ACTIVE, JAILED, epstein_2002_model_1, world

# Mesa 3.5.1: see, decide or arrest, then move; whoever is in jail blocks a cell for 0 to J missed turns; round() is half to even
MESA = {"sequence": "act_first", "jail": "on_board", "jail_term": "inclusive", "jail_clock": "turns", "arrest_ratio": "half_even"}


def parameters(settings: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Values by dotted key."""
    given = {"legitimacy": settings["legitimacy"], "max_jail_term": settings["max_jail_term"]}
    return {f"rebellion.{name}": value for name, value in (MESA | given | changed).items()}


def play(side: int, seed: int, steps: int, citizens: int, cops: int, values: dict[str, Any], took: list[float]) -> Run:
    """One run on a square torus; `took` gets the moments at which steps end."""
    model, people = epstein_2002_model_1(), world(side, side, citizens=citizens, cops=cops, vision=7, shape="von_neumann")
    return simulate(model, people, seed=seed, steps=steps, values=values, progress=lambda *_: took.append(time.process_time()))


def series(run: Run) -> dict[str, list[int]]:
    """Counts at the end of every step, after those before the first."""
    return {name: [0, *run.series[column.name][:, 0].tolist()] for name, column in (("active", ACTIVE), ("jailed", JAILED))}


def main(
    side: int,
    seed: int,
    steps: int,
    citizens: int,
    cops: int,
    settings: dict[str, Any],
    values: dict[str, Any] | None = None,
    runs: int = 1,
) -> dict[str, Any]:
    """Answer one request."""
    chosen = parameters(settings, values or {})
    play(15, 0, 3, 150, 9, chosen, [])  # loads what was compiled before, or compiles
    before = settle()
    played, took, grown = [], [], 0
    for k in range(runs):
        ends = [time.process_time()]
        played.append(series(play(side, seed + k, steps, citizens, cops, chosen, ends)))
        took.append([end - begin for begin, end in pairwise(ends)])
        grown = grown or peak() - before
    return {
        "versions": {"groundswell": groundswell.__version__, "numba": version("numba"), "Python": platform.python_version()},
        "citizens": citizens,
        "cops": cops,
        "runs": played,
        "step": took,
        "bytes": grown,
    }


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
