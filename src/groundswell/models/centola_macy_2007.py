"""Centola & Macy (2007): complex contagions, which need several active neighbours, and the weakness of long ties.

Everyone has a threshold a: the number of neighbours who must be active before one becomes active. a = 1 is a simple
contagion, such as news or a disease; a > 1 is a complex one, such as a movement that is costly to join. Whoever is active
stays so. One person and all of that person's neighbours are active at the start. Long ties come from a lattice by chance:
some of its ties trade their ends, so that everyone keeps as many neighbours (`networks.traded`).

A step is a round in which everybody decides at once, on what was so before. Since nobody ever stops, who is reached in the
end does not depend on the order in which people decide; the number of steps does.

Many worlds may lie side by side (`networks.beside`): each is one neighbourhood of the population.

Centola, D. & Macy, M. (2007). Complex contagions and the weakness of long ties. American Journal of Sociology 113(3), 702-734.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell import (
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    Column,
    InputError,
    Mechanism,
    Model,
    Network,
    Now,
    Phase,
    Population,
    networks,
    real_numbers,
    row_numbers,
    single_place,
    some_network,
    whole_number,
)

THRESHOLD = Column("threshold", np.int32, PERSON, "persons", "Active neighbours that it takes to become active.", static=True)
SEED = Column("seeded", np.uint8, PERSON, "1", "Whether active at the start.", static=True)
ACTIVE = Column("active", np.uint8, PERSON, "1", "Whether active.")
REACHED = Column("reached", np.int64, NEIGHBOURHOOD, "persons", "Who is active in each world.")
LAST = Column("last", np.int64, NEIGHBOURHOOD, "steps", "Steps up to the last in which somebody in this world became active.")
TOTAL = Column("total", np.int64, NATION, "persons", "Who is active in all worlds.", recorded=True)
SETTLED = Column("settled", np.bool_, NATION, "1", "Whether nobody became active in this step.", recorded=True)


@dataclass(frozen=True)
class Contagion(Mechanism):
    """Whoever has enough active neighbours becomes active."""

    reads = (THRESHOLD, SEED)
    writes = (ACTIVE, REACHED, LAST)
    gathers = (ACTIVE,)
    networks = ("ties",)

    def begin(self, now: Now) -> None:
        """The seeds are active."""
        now[ACTIVE][:] = now[SEED]
        now[REACHED][:] = np.add.reduceat(now[SEED], now.places.neighbourhood_start[:-1], dtype=np.int64)

    def step(
        threshold: Any, active: Any, reached: Any, last: Any, active_all: Any, ties_indptr: Any, ties_indices: Any, starts: Any, base: Any,
        day: Any,
    ) -> None:  # fmt: skip
        """One tile of people: row i of the tile is row base + i of all."""
        for world in range(reached.size):
            before = reached[world]
            for i in range(starts[world], starts[world + 1]):
                if active[i] == 0:
                    seen = 0
                    for k in range(ties_indptr[base + i], ties_indptr[base + i + 1]):
                        seen += active_all[ties_indices[k]]
                    if seen >= threshold[i]:
                        active[i] = 1
                        reached[world] += 1
            if reached[world] > before:
                last[world] = day + 1


@dataclass(frozen=True)
class Counting(Mechanism):
    """How many are active, and whether anything still moves."""

    reads = (REACHED,)
    writes = (TOTAL, SETTLED)

    def day(self, now: Now) -> None:
        """Everyone, once a step."""
        total = now[REACHED].sum()
        now[SETTLED][0] = total == now[TOTAL][0]
        now[TOTAL][0] = total


def centola_macy_2007() -> Model:
    """The model; `until=SETTLED` ends a run when nobody joins any more."""
    phases = (Phase("contagion", Contagion()), Phase("counting", Counting()))
    return Model("centola_macy_2007", phases, "Contagion that takes several active neighbours (Centola & Macy 2007).")


def world(thresholds: npt.ArrayLike = 2, ties: Network | None = None, seeds: npt.ArrayLike | None = None, *, worlds: int = 1) -> Population:
    """People on a network, and who is active at the start; by default a torus of 100 by 100 cells with Moore neighbourhoods.

    Args:
        thresholds: of each person, or of all; whole numbers from 1. Above one's number of neighbours: never.
        ties: who is neighbour of whom.
        seeds: rows that are active at the start; by default the first person of each world and all its neighbours.
        worlds: parts of equal size that the network consists of.

    Raises:
        InputError: what is given is not as said.
    """
    given = networks.lattice(100, 100) if ties is None else some_network(ties, "ties")
    n, worlds = given.nodes, whole_number(worlds, "worlds", 1)
    if n % worlds:
        raise InputError(f"{n} people cannot be parted into {worlds} worlds of equal size", key="worlds")
    threshold, firsts = real_numbers(thresholds, "thresholds"), np.arange(0, n, n // worlds)
    if threshold.shape not in ((), (n,)):
        raise InputError(f"needs one threshold, or one for each of {n} people, not an array of shape {threshold.shape}", key="thresholds")
    if not ((threshold >= 1) & (threshold < 2**31) & (threshold == np.floor(threshold))).all():
        raise InputError("a threshold is no whole number from 1 to 2147483647", key="thresholds")
    start = np.concatenate([firsts, *(given.neighbours(int(f)) for f in firsts)]) if seeds is None else row_numbers(seeds, "seeds", n)
    seeded = np.zeros(n, np.uint8)
    seeded[start.astype(np.int64)] = 1
    everyone = np.broadcast_to(threshold, (n,)).astype(np.int32)
    places = single_place(n, neighbourhood=n // worlds)
    return Population(places, {"threshold": everyone, "seeded": seeded}, {"worlds": worlds}, {"ties": given})
