"""Granovetter's riot: one joins when as many have joined as one's threshold asks for.

Each of N people has a threshold, the number of others who must riot before he or she does. Whoever has threshold 0 starts; step by step
everyone looks at how many riot and joins where that number has reached the threshold: r(t + 1) is the number of people whose threshold
is at most r(t). It ends when nobody joins any more. Two crowds that differ in one person can end with 100 rioters and with one.

A crowd is a neighbourhood, and everyone in it sees all of it; several crowds of equal size run side by side.

Mark Granovetter (1978), Threshold Models of Collective Behavior, American Journal of Sociology 83(6), 1420-1443.
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
    Now,
    Phase,
    Population,
    exps,
    single_place,
    whole_numbers,
)

THRESHOLD = Column("threshold", np.int32, PERSON, "persons", "Rioters who must be seen before this person joins.", static=True)
JOINED = Column("joined", np.uint8, PERSON, "1", "Whether this person riots: 1 or 0.")
RIOTERS = Column("rioters", np.int64, NEIGHBOURHOOD, "persons", "People of a crowd who riot.")
ALL_RIOTERS = Column("all_rioters", np.int64, NATION, "persons", "People of all crowds who riot.", recorded=True)
SETTLED = Column("settled", np.uint8, NATION, "1", "Whether nobody joined in this step: the equilibrium.", recorded=True)
NEVER = 2**31 - 1  # no crowd is so large


@dataclass(frozen=True)
class Joining(Mechanism):
    """Everyone compares the number who rioted after the last step with the own threshold."""

    reads = (THRESHOLD,)
    writes = (JOINED, RIOTERS)

    def step(threshold: Any, joined: Any, rioters: Any, starts: Any) -> None:
        """One tile of people; crowd c has the rows starts[c] to starts[c + 1]."""
        for c in range(rioters.size):
            seen = rioters[c]
            count = I64(0)
            for i in range(starts[c], starts[c + 1]):
                joined[i] = threshold[i] <= seen  # whole numbers: a share in floating point would stop the crowd 0, 1, ... 99 at 29
                count += joined[i]
            rioters[c] = count


@dataclass(frozen=True)
class Counting(Mechanism):
    """Counts all rioters, and sees when nobody has joined."""

    reads = (RIOTERS,)
    writes = (ALL_RIOTERS, SETTLED)

    def day(self, now: Now) -> None:
        """Nobody leaves, so that an unchanged total means unchanged crowds."""
        total = now[RIOTERS].sum()
        now[SETTLED][0] = total == now[ALL_RIOTERS][0]
        now[ALL_RIOTERS][0] = total


def granovetter_1978() -> Model:
    """The model; run it until SETTLED: at most N + 1 steps, for every step but the last adds somebody."""
    return Model("granovetter_1978", (Phase("joining", Joining()), Phase("counting", Counting())), doc="Granovetter's riot.")


def world(thresholds: npt.ArrayLike | None = None) -> Population:
    """One crowd or several, from the thresholds of their people.

    Args:
        thresholds: whole numbers of people; shape (people,) or (crowds, people). The crowd 0, 1, ... 99 where none are given.

    Raises:
        InputError: they are no whole numbers from 0 to 2147483647, or nobody is there.
    """
    given = whole_numbers(uniform_crowd() if thresholds is None else thresholds, "thresholds", 0, NEVER, "crowd", "person")
    return Population(single_place(given.size, neighbourhood=given.shape[-1]), {THRESHOLD.name: given.reshape(-1).astype(np.int32)})


def uniform_crowd(people: int = 100) -> npt.NDArray[np.int64]:
    """The paper's first example: thresholds 0, 1, ... people - 1 (p. 1424)."""
    return np.arange(people)


def normal_crowd(people: int = 100, mean: float = 25.0, deviation: float = 10.0) -> npt.NDArray[np.int64]:
    """Normal thresholds, as evenly as whole people can have them: round(N F(r)) people have a threshold of at most r.

    Args:
        people: N. Those with a negative threshold need nobody, as with 0; those beyond N never join.
        mean, deviation: of the thresholds, in per cent of the crowd; the deviation is positive.
    """
    if people < 1 or not 0 < deviation < np.inf or not abs(mean) < np.inf:
        raise InputError(f"{people} people, mean {mean}, deviation {deviation}: no normal crowd", key="deviation")
    share = normal_share((np.arange(people + 1) * (100.0 / people) - mean) / deviation)
    have = np.floor(people * share + 0.5).astype(np.int64)
    return np.repeat(np.arange(people + 2), np.diff(have, prepend=0, append=people))


def normal_share(x: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The standard normal distribution function, to 1e-10, by its series at 0 (Marsaglia 2004, Journal of Statistical Software 11(4))."""
    z = np.minimum(np.maximum(np.asarray(x, np.float64), -7.0), 7.0)
    square, term, total = z * z, z.copy(), z.copy()
    for odd in range(3, 200, 2):
        term *= square / odd
        total += term
    return 0.5 + total * exps(-0.5 * square) / 2.5066282746310002
