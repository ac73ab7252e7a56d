"""Starsim's own SIR, over its own mixing pool or its own random network of ten contacts. What is printed: `child.py`.

Whoever is infected today infects from tomorrow and recovers in the morning of the last day, so that the last day is one later here.
"""

from __future__ import annotations

from collections.abc import Callable

import starsim as ss
from child import answer

CONTACTS = 10


def build(
    agents: int, steps: int, seed: int, r0: float, days: int, first: float, mixing: str
) -> tuple[Callable[[], object], Callable[[], int]]:
    """All steps, and the count of those ever infected."""
    beta = r0 / days / CONTACTS
    routes = {"pool": lambda: ss.MixingPool(n_contacts=ss.constant(CONTACTS)), "network": lambda: ss.RandomNet(n_contacts=CONTACTS)}
    sir = ss.SIR(beta=ss.perday(beta), init_prev=first, dur_inf=ss.constant(ss.days(days + 1)), p_death=0)
    sim = ss.Sim(n_agents=agents, diseases=sir, networks=routes[mixing](), dur=ss.days(steps), dt=ss.days(1), rand_seed=seed, verbose=0)
    sim.init()
    return sim.run, lambda: agents - int(sim.diseases[0].susceptible.sum())


if __name__ == "__main__":
    answer(build, {"Starsim": ss.__version__}, whole=True)
