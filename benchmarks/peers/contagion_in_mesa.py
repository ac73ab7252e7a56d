"""Threshold contagion in groups, in Mesa: an agent an object, a step each. The rule: `contagion.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa
from child import answer
from contagion import active_at_first, groups, thresholds


class Person(mesa.Agent):
    """One agent."""

    def __init__(self, model: Crowd, threshold: float, active: bool, group: int) -> None:
        super().__init__(model)
        self.threshold, self.active, self.group = threshold, active, group

    def step(self) -> None:
        """Look at the group as it was, and move."""
        model = self.model
        if self.active:
            if self.random.random() < model.leave:
                self.active = False
                model.count[self.group] -= 1
        elif self.threshold <= model.share[self.group] and self.random.random() < model.join:
            self.active = True
            model.count[self.group] += 1


class Crowd(mesa.Model):
    """All agents, and the active of each group, kept by change."""

    def __init__(self, agents: int, size: int, join: float, leave: float, seed: int) -> None:
        super().__init__(rng=seed)
        self.size, self.join, self.leave = size, join, leave
        columns: list[list[Any]] = [f(agents, size).tolist() for f in (thresholds, active_at_first, groups)]
        self.count = [0] * (agents // size)
        for active, group in zip(columns[1], columns[2], strict=True):
            self.count[group] += active
        Person.create_agents(self, agents, *columns)

    def step(self) -> None:
        """Everybody sees the shares of the step before, so the order does not matter."""
        self.share = [count / self.size for count in self.count]
        self.agents.do("step")


def build(agents: int, size: int, join: float, leave: float, seed: int) -> tuple[Callable[[], object], Callable[[], int]]:
    """A step, and the count of the active."""
    model = Crowd(agents, size, join, leave, seed)
    return model.step, lambda: sum(model.count)


if __name__ == "__main__":
    answer(build, {"Mesa": mesa.__version__})
