"""Threshold contagion in groups: the rule that every system here runs, and what a process that runs it prints.

N agents stand in groups of equal size, one after the other: agent i is in group i // size. Each has a threshold in [0, 1) and is
active or not. In a step everybody sees the share of the own group that was active after the step before. An inactive agent whose
threshold is at most that share becomes active with probability `join`; an active one becomes inactive with probability `leave`,
whatever the share; all at once. Member j of a group has the threshold ((617 j mod size + 0.5) / size)**2 as a 32-bit float, and is
active at the start where j is divisible by 10. There is no other input: two programs that draw honestly differ by chance only.

The share settles near where a = r sqrt(a), r = join / (join + leave): at r**2, which is 0.64 here; in groups of a thousand a little above,
because whom a chance excess draws in leaves slowly.

Each system has a script whose `build(agents, size, join, leave, seed)` returns two functions: one that does a step, and one that counts
the active (`child.py`). Runs in any environment; needs NumPy.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RULE = {"size": 1000, "join": 0.25, "leave": 0.0625}  # both chances are exact in 16 bits


def thresholds(agents: int, size: int) -> npt.NDArray[np.float32]:
    """The threshold of each agent."""
    member = np.arange(size)
    of_member = ((member * 617 % size + 0.5) / size) ** 2
    return np.tile(of_member.astype(np.float32), agents // size)


def active_at_first(agents: int, size: int) -> npt.NDArray[np.bool_]:
    """Who is active before the first step."""
    return np.tile(np.arange(size) % 10 == 0, agents // size)


def groups(agents: int, size: int) -> npt.NDArray[np.int64]:
    """The group of each agent, for systems in which a group is no range."""
    return np.arange(agents) // size
