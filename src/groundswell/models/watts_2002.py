"""Watts's global cascades: one joins when a fraction of one's neighbours in a sparse random network has joined.

Everyone has a threshold phi and k neighbours, and joins once at least phi k of them have. At the start nobody has joined but a few
chosen at random, one in the paper. All update in random order, one after the other, and nobody leaves; when a whole round passes
without a change, it is over. Whoever has k <= 1 / phi is vulnerable: one active neighbour is enough. Cascades become global where
the vulnerable percolate, in a window of the mean degree: below it the network falls apart, above it most people are stable.

Who has no neighbours sees nobody act, and never joins unless chosen at the start; who has phi <= 0 needs nobody, and joins at once.

Duncan J. Watts (2002), A simple model of global cascades on random networks, PNAS 99(9), 5766-5771.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell import (
    I64,
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
    Stream,
    networks,
    parameter,
    real_numbers,
    single_place,
    some_network,
    switch,
)

NEEDED = Column("needed", np.int32, PERSON, "persons", "Active neighbours from which this person joins.", static=True)
ACTIVE = Column("active", np.uint8, PERSON, "1", "Whether this person has joined: 1 or 0.")
SEED = Column("seed", np.uint8, PERSON, "1", "Whether this person was active from the start.")
SIZE = Column("size", np.int64, NEIGHBOURHOOD, "persons", "Active people of a network.")
ALL_ACTIVE = Column("all_active", np.int64, NATION, "persons", "Active people of all networks.", recorded=True)
SETTLED = Column("settled", np.uint8, NATION, "1", "Whether nobody joined in this round.", recorded=True)
CHOSEN = Stream("chosen", 3020, "Who is active from the start: those with the lowest draws of their network.")
TURN = Stream("turn", 3021, "The order in which people update.")


@dataclass(frozen=True)
class Joining(Mechanism):
    """Whoever's turn it is looks at the neighbours: as they are at that moment, or (together) as they were after the last round."""

    seeds: float = parameter(1, unit="persons", range=(0, 1e9), whole=True, doc="Active from the start, by network.", source="Watts 2002")
    updating: str = switch("in_turn", options=("in_turn", "together"), doc="One after the other, or all at once.", source="Watts 2002")
    reads = (NEEDED,)
    writes = (ACTIVE, SEED)
    draws = (TURN, CHOSEN)
    networks = ("ties",)
    activation = "each_once"

    def begin(self, now: Now) -> None:
        """Choose the seeds of each network."""
        people = int(now.places.neighbourhood_start[1])
        drawn = now.draws.uniform(CHOSEN, now.day, now.places.address_of(np.arange(now.places.rows))).reshape(-1, people)
        chosen = np.argsort(drawn, axis=1, kind="stable")[:, : int(now.p.seeds[0])] + people * np.arange(len(drawn))[:, None]
        now[SEED][chosen] = now[ACTIVE][chosen] = 1

    def step(order: Any, active: Any, needed: Any, updating: Any, ties_indptr: Any, ties_indices: Any) -> None:
        """One round over everybody."""
        before = active.copy() if updating == 1 else active
        for k in range(order.size):
            i = k if updating == 1 else order[k]  # at once, the order is of no account
            if active[i] == 0:
                seen = I64(0)
                for t in range(ties_indptr[i], ties_indptr[i + 1]):
                    seen += before[ties_indices[t]]
                if seen >= needed[i]:
                    active[i] = 1


@dataclass(frozen=True)
class Counting(Mechanism):
    """Counts who has joined, and sees when nobody has."""

    reads = (ACTIVE,)
    writes = (SIZE, ALL_ACTIVE, SETTLED)

    def day(self, now: Now) -> None:
        """Nobody leaves, so that an unchanged total means unchanged networks."""
        now[SIZE][:] = np.add.reduceat(now[ACTIVE], now.places.neighbourhood_start[:-1], dtype=np.int64)
        total = now[SIZE].sum()
        now[SETTLED][0] = total == now[ALL_ACTIVE][0]
        now[ALL_ACTIVE][0] = total


def watts_2002() -> Model:
    """The model; run it until SETTLED: at most N + 1 steps, for every round but the last adds somebody."""
    return Model("watts_2002", (Phase("joining", Joining()), Phase("counting", Counting())), doc="Watts's global cascades.")


def world(ties: Network | list[Network] | None = None, thresholds: npt.ArrayLike = 0.18) -> Population:
    """People in one network, or in several of equal size side by side.

    Args:
        ties: whom each person sees. Where it is None, 10,000 people of mean degree 4, every pair tied with equal probability.
        thresholds: the fraction phi, of all or of each person; at most 1, and whoever has 0 or less joins at once.

    Raises:
        InputError: a threshold is no number up to 1, or there are more or fewer than people.
    """
    parts = [networks.random_p(10_000, 4 / 9_999, seed=1)] if ties is None else list(ties) if isinstance(ties, (list, tuple)) else [ties]
    if len({some_network(part, "ties").nodes for part in parts}) != 1:
        raise InputError("one network is needed, or several of the same number of people", key="ties")
    joint = networks.beside(parts)
    places = single_place(joint.nodes, neighbourhood=parts[0].nodes)
    return Population(places, {NEEDED.name: needed(joint.degree, thresholds)}, {}, {"ties": joint})


def needed(degree: npt.ArrayLike, thresholds: npt.ArrayLike) -> npt.NDArray[np.int32]:
    """The least whole number that is at least phi k (within 1e-9: 0.28 of 25 is 7), and at least 1 where phi is above 0."""
    k, phi = np.asarray(degree), real_numbers(thresholds, "thresholds")
    if phi.shape not in ((), k.shape):
        raise InputError(f"one threshold is needed, or {k.size}, one for each person; not {phi.shape}", key="thresholds")
    wrong = np.flatnonzero(~((phi <= 1) & (phi > -np.inf)))  # NaN too
    if len(wrong):
        raise InputError(f"person {wrong[0] + 1} has {phi.reshape(-1)[wrong[0]]}, which is no fraction up to 1", key="thresholds")
    return np.asarray(np.where(phi <= 0, 0, np.maximum(np.ceil(phi * k - 1e-9), 1)), np.int32)
