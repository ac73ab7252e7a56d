"""The epidemic (Kermack & McKendrick 1927): susceptible, infectious, removed. The baseline of every theory of contagion.

Contagion here is simple: one contact can be enough, and each further one has the same chance. Everyone mixes with everyone in a group
of N. A day with I infectious people leaves each susceptible one uninfected with probability exp(-(R0 / D) I / N). Who is infected today
is infectious from tomorrow, and after each such day is removed for good with probability 1 / D: D days on average.

Days are a choice, made so that the final size stays exact. Probabilities to escape multiply, and over an epidemic the infectious days of
all add up to D times the number ever infected. So in large groups, for any D, the share z that is infected at last solves the paper's
own equation 1 - z = exp(-R0 z); with 1 - (R0 / D) I / N in place of the exponential it would not. D = 1 is the Reed-Frost chain of
generations, a large D the paper's special case of constant rates, and all are its general theory in whole days (Diekmann et al. 2021).

Kermack, W. O. & McKendrick, A. G. (1927) A contribution to the mathematical theory of epidemics. Proc. Royal Society A 115, 700-721.
Diekmann, O., Othmer, H. G., Planqué, R. & Bootsma, M. C. J. (2021) The discrete-time Kermack-McKendrick model. PNAS 118(39).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell import (
    F64,
    I64,
    MOST_PEOPLE,
    NATION,
    NEIGHBOURHOOD,
    PERSON,
    U8,
    U32,
    Column,
    InputError,
    Mechanism,
    Model,
    Now,
    Phase,
    Population,
    Stream,
    exp,
    parameter,
    single_place,
    toss,
    whole_number,
)

SUSCEPTIBLE, INFECTIOUS, REMOVED = 0, 1, 2
PIECE = 8192  # people of a group that are looked at together, so that they stay in the cache

FIRST = Column("first_state", np.uint8, PERSON, "code", "the state at the start", static=True)
STATE = Column("state", np.uint8, PERSON, "code", "0 susceptible, 1 infectious, 2 removed")
ILL = Column("ill", np.int64, NEIGHBOURHOOD, "persons", "infectious people of each group")
CASES = Column("cases", np.int64, NEIGHBOURHOOD, "persons", "people of each group who were ever infected, the first ones included")
PREVALENCE = Column("prevalence", np.int64, NATION, "persons", "infectious people after the day", recorded=True)
EVER = Column("ever", np.int64, NATION, "persons", "people who were ever infected", recorded=True)
OVER = Column("over", np.int64, NATION, "1", "1 once nobody is infectious")
INFECTION = Stream("infection", 3130, "whether a susceptible person is infected on a day")
REMOVAL = Stream("removal", 3131, "whether an infectious person is removed after a day")


@dataclass(frozen=True)
class Contagion(Mechanism):
    """A day in each group by itself."""

    r0: float = parameter(2.0, unit="1", range=(0, 20), doc="R0: people infected by one among many susceptible ones.", source="assumed")
    duration: float = parameter(1.0, unit="days", range=(1, 100), doc="D: mean days of infectiousness.", source="assumed")

    reads = (FIRST,)
    writes = (STATE, ILL, CASES)
    draws = (INFECTION, REMOVAL)

    def begin(self, now: Now) -> None:
        """The first cases."""
        now[STATE][:] = now[FIRST]
        now[CASES][:] = np.add.reduceat(now[FIRST] != SUSCEPTIBLE, now.places.neighbourhood_start[:-1], dtype=np.int64)
        now[ILL][:] = np.add.reduceat(now[FIRST] == INFECTIOUS, now.places.neighbourhood_start[:-1], dtype=np.int64)

    def step(
        state: Any, ill: Any, cases: Any, infection: Any, removal: Any, starts: Any, r0: Any, duration: Any,
        first: Any, place: Any, day: Any, key0: Any, key1: Any,
    ) -> None:  # fmt: skip
        """Group b has the rows starts[b] to starts[b + 1]; all see how many were infectious this morning."""
        for b in range(ill.size):
            if ill[b] > 0:
                caught = F64(1.0) - exp(-F64(r0) / F64(duration) * F64(ill[b]) / F64(starts[b + 1] - starts[b]))
                new, left = U32(0), U32(0)
                for start in range(starts[b], starts[b + 1], PIECE):
                    end = min(start + PIECE, starts[b + 1])
                    people, infected, removed = state[start:end], infection[start:end], removal[start:end]
                    toss(infected, caught, key0, key1, place, first + start, day, 3130)
                    toss(removed, F64(1.0) / F64(duration), key0, key1, place, first + start, day, 3131)
                    for i in range(people.size):
                        catches = U8(people[i] == SUSCEPTIBLE) & U8(infected[i])
                        leaves = U8(people[i] == INFECTIOUS) & U8(removed[i])
                        people[i] = U8(people[i] + U8(catches | leaves))
                        new, left = U32(new + catches), U32(left + leaves)
                cases[b] += I64(new)
                ill[b] += I64(new) - I64(left)


@dataclass(frozen=True)
class Counting(Mechanism):
    """What a health office would know."""

    reads = (ILL, CASES)
    writes = (PREVALENCE, EVER, OVER)

    def day(self, now: Now) -> None:
        """Add up the groups."""
        now[PREVALENCE][0], now[EVER][0] = now[ILL].sum(), now[CASES].sum()
        now[OVER][0] = now[PREVALENCE][0] == 0


def kermack_mckendrick_1927() -> Model:
    """The model."""
    return Model("kermack_mckendrick_1927", (Phase("contagion", Contagion()), Phase("counting", Counting())), "Simple contagion.")


def world(people: int = 10_000, groups: int = 1, infected: int = 1) -> Population:
    """Independent groups, in each of which the first `infected` people are infectious and all others susceptible.

    Raises:
        InputError: there is nobody, no group, or there are fewer people than infected.
    """
    people, groups = whole_number(people, "people", 1), whole_number(groups, "groups", 1)
    if people * groups > MOST_PEOPLE:
        raise InputError(f"{groups} groups of {people}; there must be at most {MOST_PEOPLE} people", key="people")
    infected = whole_number(infected, "infected", 0, people)
    first = np.where(np.arange(people) < infected, INFECTIOUS, SUSCEPTIBLE).astype(np.uint8)
    return Population(single_place(people * groups, neighbourhood=people), {FIRST.name: np.tile(first, groups)})
