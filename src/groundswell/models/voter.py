"""The voter model (Clifford & Sudbury 1973; Holley & Liggett 1975): whoever acts takes over the opinion of a random neighbour.

Nobody weighs arguments or counts heads; agreement comes by chance alone. That makes it the null model of every theory in which
opinions spread for a reason. One update is one person's turn. Who has a turn is drawn anew each time (sequential activation with
replacement), so that N updates are one unit of the time in which the literature states its results. Neighbours are those to whom
one is tied: in the complete network, all others.

Clifford, P. & Sudbury, A. (1973) A model for spatial conflict. Biometrika 60, 581-588.
Holley, R. A. & Liggett, T. M. (1975) Ergodic theorems for weakly interacting infinite systems and the voter model. Annals of
Probability 3, 643-663.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell import (
    I64,
    MOST_PEOPLE,
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
    single_place,
    some_network,
    uniform,
    whole_number,
)

FIRST = Column("first_opinion", np.int64, PERSON, "index", "the opinion at the start: 0 to the size of the group - 1", static=True)
OPINION = Column("opinion", np.int64, PERSON, "index", "the opinion held")
HOLDERS = Column("holders", np.int64, PERSON, "persons", "how many of the group hold the opinion that has this row's number in the group")
UPDATES = Column("updates", np.int64, NEIGHBOURHOOD, "updates", "updates until all of the group agreed")
DIVIDED = Column("divided", np.int64, NATION, "groups", "groups that do not agree yet", recorded=True)
AGREED = Column("agreed", np.int64, NATION, "1", "1 once every group agrees")
ORDER = Stream("voter_order", 3100, "whose turn it is, by turn")
COPIED = Stream("voter_copied", 3101, "whose opinion is taken over, by turn")


@dataclass(frozen=True)
class Voting(Mechanism):
    """As many turns a day as there are people, in groups of equal size, each with the same network."""

    reads = (FIRST,)
    writes = (OPINION, HOLDERS, UPDATES, DIVIDED, AGREED)
    draws = (ORDER, COPIED)
    networks = ("ties",)
    activation = "with_replacement"

    def begin(self, now: Now) -> None:
        """Everyone holds the first opinion."""
        now[OPINION][:] = now[FIRST]
        for low, high in pairwise(now.places.neighbourhood_start):
            now[HOLDERS][low:high] = np.bincount(now[FIRST][low:high], minlength=high - low)
            now[DIVIDED][0] += now[HOLDERS][low:high].max() < high - low
        now[AGREED][0] = now[DIVIDED][0] == 0

    def step(
        order: Any, starts: Any, ties_indptr: Any, ties_indices: Any, opinion: Any, holders: Any, updates: Any, divided: Any, agreed: Any,
        place: Any, day: Any, key0: Any, key1: Any,
    ) -> None:  # fmt: skip
        """The turns of a day in their order; turn k draws for itself. A group that agrees is left alone."""
        size = starts[1] - starts[0]
        for k in range(order.size):
            i = order[k]
            group = i // size
            low = group * size
            if holders[low + opinion[i]] < size:
                first, degree = ties_indptr[i], ties_indptr[i + 1] - ties_indptr[i]
                other = ties_indices[first + I64(uniform(key0, key1, place, k, day, 3101, 0) * degree)]
                updates[group] += 1
                if opinion[other] != opinion[i]:
                    holders[low + opinion[i]] -= 1
                    opinion[i] = opinion[other]
                    holders[low + opinion[i]] += 1
                    if holders[low + opinion[i]] == size:
                        divided[0] -= 1
                        agreed[0] = I64(divided[0] == 0)


def voter() -> Model:
    """The model."""
    return Model("voter", (Phase("voting", Voting()),), "Whoever acts takes over the opinion of a random neighbour.")


def world(opinions: npt.ArrayLike = (0, 1) * 10, groups: int = 1, ties: Network | None = None) -> Population:
    """Independent groups that begin alike; by default one of twenty people with two opinions from half, in which all know all.

    Args:
        opinions: of each member of a group, whole numbers from 0 to its size - 1; `range(n)` makes all different.
        groups: how many; each is a neighbourhood.
        ties: who listens to whom within a group, one node a member; by default all to all. Unless all are connected, a group
            may never agree.

    Raises:
        InputError: too few opinions or groups, a number outside its range, or a network of another size or with a lonely member.
    """
    try:
        given = np.asarray(opinions)
    except ValueError as error:
        raise InputError("needs one list of whole numbers", key="opinions") from error
    if given.ndim != 1 or len(given) < 2 or not np.issubdtype(given.dtype, np.integer):
        raise InputError("needs a list of at least two whole numbers, one for each member of a group", key="opinions")
    if given.min() < 0 or given.max() >= len(given):
        raise InputError(f"opinions of a group of {len(given)} are numbered 0 to {len(given) - 1}", key="opinions")
    groups = whole_number(groups, "groups", 1, MOST_PEOPLE // len(given))
    plan = networks.complete(len(given)) if ties is None else some_network(ties, "ties")
    if plan.nodes != len(given) or plan.degree.min() == 0:
        raise InputError(f"needs a network of {len(given)} nodes, each with a neighbour", key="ties")
    places = single_place(len(given) * groups, neighbourhood=len(given))
    return Population(places, {FIRST.name: np.tile(given.astype(np.int64), groups)}, {}, {"ties": networks.beside([plan] * groups)})
