"""Bounded confidence (Deffuant, Neau, Amblard & Weisbuch 2000): two who meet move closer, unless they are too far apart already.

Opinions are numbers from 0 to 1. Again and again two people meet at random. Where their opinions x and x' differ by less than the
threshold d, both give way: x becomes x + mu (x' - x), and x' becomes x' + mu (x - x'). Otherwise nothing happens. Opinions gather in
clusters that no longer talk to one another, about 1/(2 d) of them.

The mean opinion is conserved in every meeting. Here it is so exactly: opinions are whole multiples of 2**-40, and what one gains the
other loses. (As floating-point numbers they would drift by about 1e-16 a meeting.) Below that unit two opinions count as equal.

Deffuant, G., Neau, D., Amblard, F. & Weisbuch, G. (2000) Mixing beliefs among interacting agents. Advances in Complex Systems 3, 87-98.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell import (
    F64,
    I64,
    LARGEST_SEED,
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    Column,
    Draws,
    InputError,
    Mechanism,
    Model,
    Now,
    Phase,
    Population,
    Stream,
    parameter,
    real_numbers,
    single_place,
    uniform,
    whole_number,
)

PAPER = "Deffuant et al. 2000"
UNIT = 1 << 40  # opinion 1 in the units in which opinions are kept
MOST = 1 << 22  # people whose opinions can be added up in 64 bits

FIRST = Column("first_opinion", np.float64, PERSON, "1", "the opinion at the start, from 0 to 1", static=True)
OPINION = Column("opinion", np.int64, PERSON, "2**-40", "the opinion")
LIMIT = Column("limit", np.int64, NATION, "2**-40", "the threshold d, in the unit of opinions")
TOTAL = Column("total", np.int64, NATION, "2**-40", "the sum of all opinions; never changes", recorded=True)
CLUSTERS = Column("clusters", np.int64, NEIGHBOURHOOD, "clusters", "groups of opinions that lie a gap of d or more apart")
SETTLED = Column("settled", np.int64, NATION, "1", "1 once each cluster is narrower than d: it can neither split nor meet another")
START = Stream("deffuant_start", 3110, "the opinion at the start, by person")
ORDER = Stream("deffuant_order", 3111, "who meets somebody, by turn")
OTHER = Stream("deffuant_other", 3112, "whom, by turn")


@dataclass(frozen=True)
class Meeting(Mechanism):
    """As many meetings a day as there are people, each between two of one group; all groups are of equal size."""

    bound: float = parameter(0.2, unit="1", range=(0.001, 1), doc="Opinions that differ by less than this threshold d meet.", source=PAPER)
    pull: float = parameter(0.5, unit="1", range=(0, 0.5), doc="Share mu of the difference by which each gives way.", source=PAPER)

    reads = (FIRST,)
    writes = (OPINION, LIMIT)
    draws = (ORDER, OTHER)
    activation = "with_replacement"

    def begin(self, now: Now) -> None:
        """The given opinions, in units."""
        now[OPINION][:] = now[FIRST] * UNIT

    def step(order: Any, starts: Any, opinion: Any, limit: Any, bound: Any, pull: Any, place: Any, day: Any, key0: Any, key1: Any) -> None:
        """The meetings of a day in their order; meeting k draws for itself."""
        size = starts[1] - starts[0]
        limit[0] = I64(F64(bound) * F64(UNIT))
        for k in range(order.size):
            one = order[k]
            other = one // size * size + I64(uniform(key0, key1, place, k, day, 3112, 0) * (size - 1))
            if other >= one:  # any of the group but oneself
                other += 1
            gap = opinion[other] - opinion[one]
            if -limit[0] < gap < limit[0]:
                move = I64(F64(gap) * F64(pull))  # rounded towards 0
                opinion[one] += move
                opinion[other] -= move


@dataclass(frozen=True)
class Clustering(Mechanism):
    """Counts the clusters, and sees when their number is final."""

    reads = (OPINION, LIMIT)
    writes = (CLUSTERS, TOTAL, SETTLED)

    def day(self, now: Now) -> None:
        """Sort each group; a new cluster begins at each gap of d or more."""
        opinion = np.sort(now[OPINION].reshape(now.places.neighbourhoods, -1), axis=1)
        begins = np.diff(opinion, axis=1, prepend=opinion[:, :1] - UNIT) >= now[LIMIT]
        now[CLUSTERS][:] = begins.sum(axis=1)
        now[TOTAL][0] = opinion.sum()
        low, high = opinion[begins], opinion[np.roll(begins, -1, axis=1)]  # the last of a cluster stands before the first of the next
        now[SETTLED][0] = (high - low < now[LIMIT]).all()


def deffuant_2000() -> Model:
    """The model."""
    return Model("deffuant_2000", (Phase("meeting", Meeting()), Phase("clustering", Clustering())), "Two who meet move closer, or not.")


def world(people: int = 1000, groups: int = 1, opinions: npt.ArrayLike | None = None, seed: int = 1) -> Population:
    """Independent groups of people with opinions from 0 to 1.

    Args:
        people, groups: in each group, and how many groups; each is a neighbourhood.
        opinions: at the start, one for each person, group after group; by default uniform at random.
        seed: of these random opinions.

    Raises:
        InputError: too few or too many people, or wrong opinions.
    """
    people, groups = whole_number(people, "people", 2, MOST), whole_number(groups, "groups", 1, MOST)
    if people * groups > MOST:
        raise InputError(f"{groups} groups of {people}; there must be at most {MOST} people", key="people")
    places = single_place(people * groups, neighbourhood=people)
    drawn = Draws(whole_number(seed, "seed", 0, LARGEST_SEED)).uniform(START, 0, places.address_of(np.arange(places.rows)))
    first = drawn if opinions is None else real_numbers(opinions, "opinions")
    if first.shape != drawn.shape or not ((first >= 0) & (first <= 1)).all():
        raise InputError(f"needs {len(drawn)} numbers from 0 to 1", key="opinions")
    return Population(places, {FIRST.name: first})
