"""Mesa's own example of Epstein's model I, run and timed. Runs in Mesa's environment, without groundswell.

    python epstein_in_mesa.py '{"side": 40, "seed": 1, "steps": 1000, "settings": {"cop_density": 0.04}}'

Prints one JSON object: versions, numbers of citizens and cops; for each run (here one) the counts before the first and
after every step, and seconds of processor time of every step; and the bytes by which the process grew. `"collect": false`
leaves out the example's collector, which keeps two values of every agent at every step.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from typing import Any

import mesa
from memory import peak, settle
from mesa.examples.advanced.epstein_civil_violence.agents import Citizen
from mesa.examples.advanced.epstein_civil_violence.model import EpsteinCivilViolence, EpsteinScenario


def build(side: int, seed: int, settings: dict[str, Any]) -> EpsteinCivilViolence:
    """The example on a square torus."""
    return EpsteinCivilViolence(side, side, EpsteinScenario(rng=seed, **settings))


def run(side: int, seed: int, steps: int, settings: dict[str, Any], collect: bool = True) -> dict[str, Any]:
    """Answer one request."""
    build(15, 0, settings).step()  # whatever is loaded late is loaded now
    before = settle()
    model = build(side, seed, settings)
    if not collect:
        model.datacollector.collect = lambda _: None
    active, jailed, took = [model.ACTIVE], [model.ARRESTED], []
    for _ in range(steps):
        begin = time.process_time()
        model.step()
        took.append(time.process_time() - begin)
        active.append(model.ACTIVE)
        jailed.append(model.ARRESTED)
    citizens = len(model.agents_by_type[Citizen])
    return {
        "versions": {"Mesa": mesa.__version__, "Python": platform.python_version()},
        "citizens": citizens,
        "cops": len(model.agents) - citizens,
        "runs": [{"active": [int(n) for n in active], "jailed": [int(n) for n in jailed]}],
        "step": [took],
        "bytes": peak() - before,
    }


if __name__ == "__main__":
    print(json.dumps(run(**json.loads(sys.argv[1]))))
