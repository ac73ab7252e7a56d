"""Phase 9: units grow over the ties of their members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import fear_of, free_members, friends_of, members_of, not_free, province_of_persons
from groundswell.society import (
    AGE,
    APPROACH,
    APPROACHED,
    CUSTODY,
    FEAR,
    FEAR_ADDED,
    FEAR_KEPT,
    HARDSHIP,
    JOIN,
    JOINING,
    LEAST_UNIT,
    LEGITIMACY,
    MEMBERS,
    UNITS,
)


@dataclass(frozen=True)
class Recruitment(Mechanism):
    """A member of a live unit approaches one friend at a daily rate; the friend joins with a probability.

    The probability is `willing` times grievance H (1 - L) times (1 - fear), and `former` times that, at most 1, for a
    former prisoner. With contacts = 2 or more, the friend joins only if that many friends belong to units (complex
    contagion).
    """

    approach: float = parameter(0.01, unit="1/day", range=(0, 1), doc="Daily chance that a member approaches a friend.", source="assumed")
    willing: float = parameter(
        0.5, unit="1", range=(0, 1), doc="Chance that a friend with full grievance and no fear joins.", source="assumed"
    )
    former: float = parameter(
        2.0, unit="1", range=(0, 100), doc="How much more willing a former prisoner is; 1: as anybody.", source="assumed"
    )
    contacts: float = parameter(1, unit="friends", range=(1, 20), doc="Friends in units that joining needs.", source="assumed", whole=True)
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age of a member.", source="assumed")

    reads = (MEMBERS, UNITS, CUSTODY, FEAR, FEAR_KEPT, FEAR_ADDED, HARDSHIP, LEGITIMACY, AGE)
    adds = (JOINING,)
    draws = (APPROACH, APPROACHED, JOIN)

    def day(self, now: Now) -> None:
        """Draw approaches and who joins."""
        members, places = now.table(MEMBERS), now.places
        going = now.draws.coin(APPROACH, now.day, now.p.approach[province_of_persons(places, members)], members["person"])
        if not going.any():
            return
        units = now.table(UNITS)
        theirs = np.zeros(len(units), bool)
        theirs[members.among("unit", units)[going]] = True
        mates = free_members(members.where(members_of(units, members, theirs)), now.table(CUSTODY))
        keys, size = np.unique(mates["unit"], return_counts=True)  # of them, those who were taken today do not count
        members = members.where(going)
        at = np.minimum(np.searchsorted(keys, members["unit"]), max(len(keys) - 1, 0))
        live = mates.has(members["person"])
        live[live] = size[at[live]] >= LEAST_UNIT
        person, unit = members["person"][live], members["unit"][live]
        owner, friend = friends_of(now, person)
        degree = np.bincount(owner, minlength=len(person))
        has = degree > 0
        pick = (np.cumsum(degree) - degree + (now.draws.uniform(APPROACHED, now.day, person) * degree).astype(np.int64))[has]
        self._join(now, friend[pick], person[has], unit[has])

    def _join(self, now: Now, friend: np.ndarray, person: np.ndarray, unit: np.ndarray) -> None:
        places, members = now.places, now.table(MEMBERS)
        rows, province = places.row_of(friend), places.province_of(friend)
        grievance = (now[HARDSHIP][rows] + 0.5) / 65536.0 * (1.0 - now[LEGITIMACY][province].astype(np.float64))
        chance = now.p.willing[province] * grievance * (1.0 - fear_of(now, rows, places.neighbourhood_of(rows)))
        custody = now.table(CUSTODY)
        at = custody.find(friend)
        if (at >= 0).any():
            was_held = (at >= 0) & (custody["times"][at] > 0)
            chance = np.where(was_held, np.minimum(now.p.former[province] * chance, 1.0), chance)
        able = ~members.has(friend) & ~not_free(custody, friend) & (now[AGE][rows] >= now.p.youngest[province])
        joins = able & now.draws.coin(JOIN, now.day, chance, person, friend)
        if (now.p.contacts > 1).any():
            owner, other = friends_of(now, friend)
            known = np.bincount(owner[members.has(other) & ~not_free(custody, other)], minlength=len(friend))
            joins &= known >= now.p.contacts[province]
        now.ask(JOINING, 1, person=friend[joins], unit=unit[joins], organisation=0)
