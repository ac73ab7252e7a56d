"""Mesa's own example of a virus on a network. What is printed: `child.py`; the share is that of agents who are not susceptible.

Its network has three contacts an agent, and is built pair by pair: above a few thousand agents that takes minutes.
"""

from __future__ import annotations

from collections.abc import Callable

import mesa
from child import answer
from mesa.examples.basic.virus_on_network.model import VirusOnNetwork, number_susceptible


def build(agents: int, seed: int, first: float) -> tuple[Callable[[], object], Callable[[], int]]:
    """A step, and the count of those not susceptible."""
    model = VirusOnNetwork(num_nodes=agents, initial_outbreak_size=max(1, round(first * agents)), rng=seed)
    return model.step, lambda: agents - number_susceptible(model)


if __name__ == "__main__":
    answer(build, {"Mesa": mesa.__version__}, small=100)
