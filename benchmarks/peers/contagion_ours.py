"""Threshold contagion in groups, in groundswell.

    python contagion_ours.py '{"agents": 100000, "steps": 60, "seed": 1, "size": 1000, "join": 0.25, "leave": 0.0625}'

The rule, and what is printed: `contagion.py`.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np
from contagion import active_at_first, thresholds
from memory import peak, settle

import groundswell
from groundswell import (
    F32,
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    U8,
    U32,
    Column,
    Mechanism,
    Model,
    Now,
    Phase,
    Population,
    Run,
    Stream,
    parameter,
    simulate,
    single_place,
)

THRESHOLD = Column("threshold", np.float32, PERSON, "1", "share of the group that must be active", static=True)
FIRST = Column("first_active", np.uint8, PERSON, "1", "whether active before the first step", static=True)
ACTIVE = Column("active", np.uint8, PERSON, "1", "whether active")
COUNT = Column("count", np.int64, NEIGHBOURHOOD, "persons", "active people of each group")
TOTAL = Column("total", np.int64, NATION, "persons", "active people", recorded=True)
CHANCE = Stream("chance", 4000, "who moves")


@dataclass(frozen=True)
class Contagion(Mechanism):
    """A step in each group; a chance is compared in 16 bits."""

    join: float = parameter(0.25, unit="1/step", range=(0, 1), doc="Chance to become active where enough are.", source="assumed")
    leave: float = parameter(0.0625, unit="1/step", range=(0, 1), doc="Chance to become inactive.", source="assumed")

    reads = (THRESHOLD, FIRST)
    writes = (ACTIVE, COUNT)
    draws = (CHANCE,)

    def begin(self, now: Now) -> None:
        now[ACTIVE][:] = now[FIRST]
        now[COUNT][:] = now[FIRST].reshape(now[COUNT].size, -1).sum(axis=1)

    def step(
        threshold: Any,  # noqa: N805 - a step takes no self
        active: Any,
        count: Any,
        chance: Any,
        starts: Any,
        join: Any,
        leave: Any,
    ) -> None:
        """Group b has the rows starts[b] to starts[b + 1]; its people are cut out first, so that the loop over them vectorises."""
        joins, leaves = U32(join * F32(65536.0)), U32(leave * F32(65536.0))
        for b in range(count.size):
            start, end = starts[b], starts[b + 1]
            share = F32(count[b]) / F32(end - start)
            on, asked, draw = active[start:end], threshold[start:end], chance[start:end]
            for i in range(on.size):
                willing = asked[i] <= share
                bound = leaves if on[i] > 0 else (joins if willing else U32(0))
                on[i] = U8(on[i] ^ U8(draw[i] < bound))
            n = U32(0)
            for i in range(on.size):
                n += on[i]
            count[b] = n


@dataclass(frozen=True)
class Counting(Mechanism):
    """Adds up the groups."""

    reads = (COUNT,)
    writes = (TOTAL,)

    def day(self, now: Now) -> None:
        now[TOTAL][0] = now[COUNT].sum()


def contagion() -> Model:
    """The model."""
    return Model("contagion", (Phase("contagion", Contagion()), Phase("counting", Counting())))


def world(agents: int, size: int) -> Population:
    """Groups of equal size."""
    first = active_at_first(agents, size).astype(np.uint8)
    return Population(single_place(agents, neighbourhood=size), {THRESHOLD.name: thresholds(agents, size), FIRST.name: first})


def play(agents: int, steps: int, seed: int, size: int, join: float, leave: float, took: list[float] | None = None, **options: Any) -> Run:
    """One run; `took` gets the moments at which steps end."""
    values = {"contagion.join": join, "contagion.leave": leave}
    note = None if took is None else lambda *_: took.append(time.process_time())
    return simulate(contagion(), world(agents, size), seed=seed, steps=steps, values=values, progress=note, **options)


def main(agents: int, steps: int, seed: int, **rule: Any) -> dict[str, Any]:
    """Answer one request."""
    play(10 * rule["size"], 3, seed + 1, **rule)  # loads what was compiled before, or compiles
    before = settle()
    ends: list[float] = []
    run = play(agents, steps + 1, seed, took=ends, **rule)
    return {
        "share": (run.total("total")[:steps] / agents).tolist(),
        "step": [end - begin for begin, end in pairwise(ends)],
        "bytes": peak() - before,
        "versions": {"groundswell": groundswell.__version__, "numba": version("numba"), "Python": platform.python_version()},
    }


if __name__ == "__main__":
    print(json.dumps(main(**json.loads(sys.argv[1]))))
