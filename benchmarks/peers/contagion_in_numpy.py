"""Threshold contagion in groups, in plain NumPy: whole arrays, 32-bit draws, a group as a row. The rule: `contagion.py`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from child import answer
from contagion import active_at_first, thresholds


def build(agents: int, size: int, join: float, leave: float, seed: int) -> tuple[Callable[[], object], Callable[[], int]]:
    """A step, and the count of the active."""
    rng = np.random.default_rng(seed)
    threshold = thresholds(agents, size).reshape(-1, size)
    active = active_at_first(agents, size).reshape(-1, size)
    draw = np.empty(active.shape, np.float32)

    def step() -> None:
        share = active.mean(axis=1, keepdims=True, dtype=np.float32)
        rng.random(out=draw, dtype=np.float32)
        joins = (threshold <= share) & (draw < join)
        active[:] = np.where(active, draw >= leave, joins)

    return step, lambda: int(active.sum())


if __name__ == "__main__":
    answer(build, {"NumPy": np.__version__})
