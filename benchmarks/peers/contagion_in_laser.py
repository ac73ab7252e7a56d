"""Threshold contagion in groups, in LASER: a LaserFrame of people, one of groups, and a numba kernel. The rule: `contagion.py`.

Written as laser-generic's own components are: a parallel kernel over people that looks up the group of each and counts by thread.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numba as nb
import numpy as np
from child import answer
from contagion import active_at_first, groups, thresholds
from laser.core import LaserFrame
from laser.core.random import seed as set_seed


@nb.njit(nogil=True, parallel=True, cache=True)
def move(active: Any, threshold: Any, nodeid: Any, share: Any, join: Any, leave: Any, change: Any) -> None:
    """Everybody decides; `change` gets what each group wins or loses, by thread."""
    for i in nb.prange(len(active)):
        group = nodeid[i]
        if active[i]:
            if np.random.rand() < leave:  # noqa: NPY002 - numba's own, as LASER draws
                active[i] = 0
                change[nb.get_thread_id(), group] -= 1
        elif threshold[i] <= share[group] and np.random.rand() < join:  # noqa: NPY002
            active[i] = 1
            change[nb.get_thread_id(), group] += 1


def build(agents: int, size: int, join: float, leave: float, seed: int) -> tuple[Callable[[], object], Callable[[], int]]:
    """A step, and the count of the active."""
    set_seed(seed)
    people, nodes = LaserFrame(agents), LaserFrame(agents // size)
    for name, dtype, values in (
        ("nodeid", np.uint16, groups(agents, size)),
        ("active", np.int8, active_at_first(agents, size)),
        ("threshold", np.float32, thresholds(agents, size)),
    ):
        people.add_scalar_property(name, dtype=dtype)
        getattr(people, name)[:] = values
    nodes.add_scalar_property("held", dtype=np.int32)
    nodes.held[:] = np.bincount(people.nodeid, weights=people.active).astype(np.int32)

    def step() -> None:
        change = np.zeros((nb.get_num_threads(), len(nodes)), np.int32)
        share = (nodes.held / size).astype(np.float32)
        move(people.active, people.threshold, people.nodeid, share, join, leave, change)
        nodes.held[:] += change.sum(axis=0, dtype=np.int32)

    return step, lambda: int(nodes.held.sum())


if __name__ == "__main__":
    answer(build, {name: version(name) for name in ("laser-core", "numba")})
