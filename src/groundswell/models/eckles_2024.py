"""Eckles, Mossel, Rahimian & Sen (2024): with a little noise below the threshold, long ties speed contagion up.

As in Centola & Macy (2007), people take over what enough of their neighbours have: θ of them. But not strictly. In each
step everyone who has not adopted does so with probability ρ if at least θ neighbours have, with probability q if fewer
have but at least one, and never if none has. All decide at once; whoever has adopted keeps to it. q = 0 and ρ = 1 is the
strict rule. The noise may run along every tie, or only along the short ones, the cycle of next neighbours.

The networks: on C₂ everyone on a circle is tied to the two next on each side. Rewiring takes each of its ties of length 2
away with probability 1 - exp(-η / 2n), and ties any two people with probability 1 - exp(-η / n²): about η / 2 ties of each
kind. (These are the exponential clocks of the authors' own program.) Many worlds may lie side by side; each is one
neighbourhood of the population.

Eckles, D., Mossel, E., Rahimian, M. A. & Sen, S. (2024). Long ties accelerate noisy threshold-based contagions. Nature
Human Behaviour 8(6), 1057-1064. doi:10.1038/s41562-024-01865-0, arXiv:1810.03579.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell import (
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    Column,
    Draws,
    InputError,
    Mechanism,
    Model,
    Network,
    Now,
    Phase,
    Population,
    Stream,
    exp,
    networks,
    parameter,
    row_numbers,
    single_place,
    some_network,
    switch,
    whole_number,
)

SEED = Column("seeded", np.uint8, PERSON, "1", "Whether an adopter at the start.", static=True)
ADOPTED = Column("adopted", np.uint8, PERSON, "1", "Whether an adopter.")
REACHED = Column("reached", np.int64, NEIGHBOURHOOD, "persons", "Adopters in each world.")
TOOK = Column("took", np.int64, NEIGHBOURHOOD, "steps", "Steps until 99.9 % of this world had adopted; 0 as long as they have not.")
TOTAL = Column("total", np.int64, NATION, "persons", "Adopters in all worlds.", recorded=True)
SPREAD = Column("spread", np.bool_, NATION, "1", "Whether 99.9 % of every world have adopted.", recorded=True)
ADOPT = Stream("adoption", 3070, "whether a person with some adopters among the neighbours adopts, by person and step")
REMOVE = Stream("removed ties", 3071, "whether a tie of length 2 is taken away, by tie")


@dataclass(frozen=True)
class NoisyContagion(Mechanism):
    """Adoption, nearly sure from a threshold on and rare below it."""

    theta: float = parameter(2, unit="persons", range=(1, 1e6), whole=True, doc="Threshold θ.", source="Eckles et al. 2024")
    q: float = parameter(0.05, unit="1/step", range=(0, 1), doc="Chance to adopt below the threshold.", source="assumed; swept there")
    rho: float = parameter(1, unit="1/step", range=(0, 1), doc="Chance ρ to adopt from the threshold on.", source="Eckles et al. 2024")
    noise_along: str = switch("all", options=("all", "short"), doc="Ties along which one adopts below θ.", source="both in the paper")

    reads = (SEED,)
    writes = (ADOPTED, REACHED, TOOK, TOTAL, SPREAD)
    networks = ("ties", "short")
    draws = (ADOPT,)

    def begin(self, now: Now) -> None:
        """The seeds have adopted."""
        now[ADOPTED][:] = now[SEED]

    def day(self, now: Now) -> None:
        """Everyone who has not adopted decides, all at once."""
        adopted, ties = now[ADOPTED], now.population.networks
        seen = ties["ties"].neighbour_sums(adopted)
        noisy = seen if now.p.noise_along == "all" else ties["short"].neighbour_sums(adopted)
        chance = np.where(seen >= now.p.theta[0], now.p.rho[0], np.where(noisy > 0, now.p.q[0], 0.0))
        rows = np.flatnonzero((adopted == 0) & (chance > 0))
        adopted[rows[now.draws.coin(ADOPT, now.day, chance[rows], now.places.address_of(rows))]] = 1
        starts, reached, took = now.places.neighbourhood_start, now[REACHED], now[TOOK]
        reached[:] = np.add.reduceat(adopted, starts[:-1], dtype=np.int64)
        took[(took == 0) & (1000 * reached >= 999 * np.diff(starts))] = now.day + 1
        now[TOTAL][0], now[SPREAD][0] = reached.sum(), (took > 0).all()


def eckles_2024() -> Model:
    """The model; `until=SPREAD` ends a run when every world is through."""
    return Model(
        "eckles_2024", (Phase("contagion", NoisyContagion()),), "Contagion with adoptions below the threshold (Eckles et al. 2024)."
    )


def rewired(nodes: int, eta: float, *, seed: int) -> Network:
    """C₂ with about η / 2 of its ties of length 2 taken away, and as many between any two people added."""
    circle, near = networks.ring(nodes, 2).edges(), networks.ring(nodes, 1)
    far = circle[~np.isin(circle[:, 1] - circle[:, 0], (1, nodes - 1))]
    gone = Draws(seed).coin(REMOVE, 0, 1.0 - exp(-eta / (2.0 * nodes)), np.arange(len(far)))
    long = networks.random_p(nodes, 1.0 - exp(-eta / (1.0 * nodes * nodes)), seed=seed)
    return networks.from_edges(nodes, np.concatenate([near.edges(), far[~gone], long.edges()]), name="rewired C2")


def world(ties: Network | None = None, seeds: npt.ArrayLike | None = None, *, short: Network | None = None, worlds: int = 1) -> Population:
    """People on a network and two adopters next to one another; by default on a circle C₂ of 500, without rewiring.

    Args:
        ties: who is neighbour of whom.
        seeds: rows that have adopted at the start; by default the first two of each world.
        short: the ties that carry noise where `noise_along` is "short"; by default a circle of each world.
        worlds: parts of equal size that the network consists of.

    Raises:
        InputError: what is given is not as said.
    """
    given = networks.ring(500, 2) if ties is None else some_network(ties, "ties")
    n, worlds = given.nodes, whole_number(worlds, "worlds", 1)
    if n % worlds or n // worlds < 3:
        raise InputError(f"{n} people cannot be parted into {worlds} worlds of equal size, three or more", key="worlds")
    near = networks.beside([networks.ring(n // worlds, 1)] * worlds) if short is None else some_network(short, "short", n)
    firsts = np.arange(0, n, n // worlds)
    start = np.concatenate([firsts, firsts + 1]) if seeds is None else row_numbers(seeds, "seeds", n)
    seeded = np.zeros(n, np.uint8)
    seeded[start.astype(np.int64)] = 1
    return Population(single_place(n, neighbourhood=n // worlds), {"seeded": seeded}, {"worlds": worlds}, {"ties": given, "short": near})
