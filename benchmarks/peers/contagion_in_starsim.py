"""Threshold contagion in groups, in Starsim: a module with states of its own and a distribution. The rule: `contagion.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import starsim as ss
from child import answer
from contagion import active_at_first, groups, thresholds


class Contagion(ss.Module):
    """The agents' states and their step."""

    def __init__(self, agents: int, size: int, join: float, leave: float) -> None:
        super().__init__()
        self.agents, self.size, self.join, self.leave = agents, size, join, leave
        self.define_states(ss.BoolState("active"), ss.FloatArr("threshold"), ss.IntArr("group"))
        self.chance = ss.random()

    def init_post(self) -> None:
        """Start values."""
        super().init_post()
        self.active[:], self.threshold[:] = active_at_first(self.agents, self.size), thresholds(self.agents, self.size)
        self.group[:] = groups(self.agents, self.size)

    def step(self) -> None:
        """Whole arrays of those alive, who are all."""
        active, group = self.active.values, self.group.values
        share = np.bincount(group, weights=active) / self.size
        draw = self.chance.rvs(self.sim.people.auids)
        joins = (self.threshold.values <= share[group]) & (draw < self.join)
        self.active[:] = np.where(active, draw >= self.leave, joins)


def build(agents: int, size: int, join: float, leave: float, seed: int) -> tuple[Callable[[], object], Callable[[], int]]:
    """A step, and the count of the active."""
    contagion: Any = Contagion(agents, size, join, leave)
    sim = ss.Sim(n_agents=agents, modules=contagion, dur=10000, dt=1, rand_seed=seed, verbose=0, copy_inputs=False)
    sim.init()
    return sim.run_one_step, lambda: int(contagion.active.values.sum())


if __name__ == "__main__":
    answer(build, {"Starsim": ss.__version__})
