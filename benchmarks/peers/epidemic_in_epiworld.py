"""epiworld's own SIR in which all mix with all. What is printed: `child.py`."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from child import answer
from epiworldpy.epimodels import ModelSIRCONN

CONTACTS = 10


def build(agents: int, steps: int, seed: int, r0: float, days: int, first: float) -> tuple[Callable[[], object], Callable[[], int]]:
    """All steps, and the count of those ever infected."""
    model = ModelSIRCONN("virus", agents, first, CONTACTS, r0 / days / CONTACTS, 1 / days)
    model.verbose_off()
    return lambda: model.run(steps, seed), lambda: agents - model.get_agents_states().count(0)  # 0 is susceptible


if __name__ == "__main__":
    answer(build, {"epiworld": version("epiworldpy")}, whole=True)
