"""Chwe (1999): collective action when people know only what their network tells them.

Everyone has a threshold: the number of people, oneself included, who must revolt before one wants to. Everyone knows the
whole network, and the thresholds of oneself and of those one hears from; not the thresholds of others. Revolting with too
few is so bad that a person revolts only when sure that enough will, given what the person knows: a strategy says for each
state of the world who revolts, and a person must act alike in states that look alike (the strategy is measurable). Of the
equilibria the paper takes the one in which most revolt.

It is found from the top: assume that everyone who could want to does revolt, and let those stay at home who are not sure
that enough do, again and again, until nobody else leaves; one round is one step. What matters of a person whose threshold
one does not know is the worst case, one who never revolts. So the states of the world are the 2**n sets of those who are
"willing", that is, have their given threshold; the others never revolt. (Strategies fall as thresholds rise, round after
round, so states with other thresholds change nothing; a test compares with all (n + 1)**n of them.) What comes out is read
in the true state, where all are willing.

Chwe, M. S.-Y. (1999). Structure and strategy in collective action. American Journal of Sociology 105(1), 128-156.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell import (
    NATION,
    PERSON,
    Column,
    InputError,
    Mechanism,
    Model,
    Network,
    Now,
    Phase,
    Population,
    group,
    networks,
    single_place,
    some_network,
    whole_numbers,
)

MOST = 16  # people: each of the 2**n states is written out
SQUARE = networks.from_edges(4, [(0, 1), (1, 2), (2, 3), (3, 0)], name="square")
KITE = networks.from_edges(4, [(0, 1), (1, 2), (2, 0), (2, 3)], name="kite")

THRESHOLD = Column("threshold", np.int32, PERSON, "persons", "People who must revolt, oneself included; n + 1: never.", static=True)
PLAN = Column(
    "plan", np.int32, group("states"), "set", "Who revolts in each state of the world: person i is bit i, as in the state's number."
)
REVOLTS = Column("revolts", np.bool_, PERSON, "1", "Whether one revolts in the true state.", initial=1)
TOTAL = Column("total", np.int64, NATION, "persons", "How many revolt in the true state.", recorded=True)
SETTLED = Column("settled", np.bool_, NATION, "1", "Whether nobody changed a plan in this round: the equilibrium.", recorded=True)


@dataclass(frozen=True)
class Reasoning(Mechanism):
    """One round of reasoning, in all states of the world at once."""

    reads = (THRESHOLD,)
    writes = (PLAN, REVOLTS, TOTAL, SETTLED)
    networks = ("ties",)

    def begin(self, now: Now) -> None:
        """Everyone revolts who is willing."""
        now[PLAN][:] = np.arange(len(now[PLAN]))

    def day(self, now: Now) -> None:
        """Whoever is not sure that enough revolt stays at home."""
        plan, known = now[PLAN].copy(), known_to(now.population.networks["ties"])
        states, revolting = np.arange(len(plan)), np.bitwise_count(now[PLAN])
        for i, threshold in enumerate(now[THRESHOLD]):
            looks = states & known[i]  # states in which i's friends are alike look alike
            fewest = np.full(len(plan), len(known), np.int64)
            np.minimum.at(fewest, looks, revolting)
            plan[fewest[looks] < threshold] &= ~(1 << i)
        now[SETTLED][0] = np.array_equal(plan, now[PLAN])
        now[PLAN][:] = plan
        now[REVOLTS][:] = (plan[-1] >> np.arange(len(known))) & 1
        now[TOTAL][0] = now[REVOLTS].sum()


def known_to(ties: Network) -> npt.NDArray[np.int64]:
    """The people whose thresholds each person knows, oneself among them, as sets of bits; shape (n,).

    A directed tie from a to b means that a tells b.
    """
    known = 1 << np.arange(ties.nodes)
    for one, other in ties.edges():
        known[other] |= 1 << one
        if not ties.directed:
            known[one] |= 1 << other
    return known


def chwe_1999() -> Model:
    """The model; a step is one round of reasoning, and `until=SETTLED` ends it at the equilibrium."""
    return Model("chwe_1999", (Phase("reasoning", Reasoning()),), "Who revolts when sure that enough others will (Chwe 1999).")


def world(thresholds: npt.ArrayLike = (3, 3, 3, 3), ties: Network = KITE) -> Population:
    """A group and who hears from whom; by default the paper's kite with thresholds of three.

    Args:
        thresholds: of each person, whole numbers from 1 to n + 1; shape (n,) with n from 1 to 16.
        ties: who knows whose threshold; directed from the one who tells to the one who is told, or mutual.

    Raises:
        InputError: there are none or too many, one is not a whole number in the range, or the network is of another size.
    """
    try:
        n = np.size(thresholds)
    except ValueError as error:
        raise InputError("needs one list of whole numbers", key="thresholds") from error
    if n > MOST:
        raise InputError(f"{n} people; every state is written out for up to {MOST}", key="thresholds")
    given = whole_numbers(thresholds, "thresholds", 1, n + 1, "person")
    some_network(ties, "ties", n)
    return Population(single_place(n, groups={"states": 1 << n}), {"threshold": given.astype(np.int32)}, {}, {"ties": ties})
