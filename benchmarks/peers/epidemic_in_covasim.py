"""Covasim's own model over its own random network. What is printed: `child.py`. It has its own duration and severity of illness."""

from __future__ import annotations

from collections.abc import Callable

import covasim as cv
from child import answer


def build(agents: int, steps: int, seed: int, first: float, **_: float) -> tuple[Callable[[], object], Callable[[], int]]:
    """All steps, and the count of those ever infected; R0 and days stay Covasim's."""
    sim = cv.Sim(pop_size=agents, pop_infected=round(first * agents), n_days=steps, rand_seed=seed, verbose=0)
    sim.initialize()
    return sim.run, lambda: agents - int(sim.people.susceptible.sum())


if __name__ == "__main__":
    answer(build, {"Covasim": cv.__version__}, whole=True)
