"""Phase 9: units grow over the ties of their members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import free_members, friends_of, not_free, sizes_of_units
from groundswell.society import AGE, APPROACH, APPROACHED, CUSTODY, FEAR, HARDSHIP, JOIN, JOINING, LEAST_UNIT, LEGITIMACY, MEMBERS, UNITS


@dataclass(frozen=True)
class Recruitment(Mechanism):
    """A member of a live unit approaches one friend at a daily rate; the friend joins with a probability.

    The probability is `willing` times grievance H (1 - L) times (1 - fear). With contacts = 2 or more, the friend
    joins only if that many friends belong to units (complex contagion).
    """

    approach: float = parameter(0.01, unit="1/day", range=(0, 1), doc="Daily chance that a member approaches a friend.", source="assumed")
    willing: float = parameter(
        0.5, unit="1", range=(0, 1), doc="Chance that a friend with full grievance and no fear joins.", source="assumed"
    )
    contacts: float = parameter(1, unit="friends", range=(1, 20), doc="Friends in units that joining needs.", source="assumed", whole=True)
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age of a member.", source="assumed")

    reads = (MEMBERS, UNITS, CUSTODY, FEAR, HARDSHIP, LEGITIMACY, AGE)
    adds = (JOINING,)
    draws = (APPROACH, APPROACHED, JOIN)

    def day(self, now: Now) -> None:
        """Draw approaches and who joins."""
        members, units, places = free_members(now.table(MEMBERS), now.table(CUSTODY)), now.table(UNITS), now.places
        if not len(members):
            return
        live = sizes_of_units(units, members)[units.find(members["unit"])] >= LEAST_UNIT
        person, unit = members["person"][live], members["unit"][live]
        going = now.draws.coin(APPROACH, now.day, now.p.approach[places.province_of(person)], person)
        person, unit = person[going], unit[going]
        owner, friend = friends_of(now, person)
        degree = np.bincount(owner, minlength=len(person))
        has = degree > 0
        pick = (np.cumsum(degree) - degree + (now.draws.uniform(APPROACHED, now.day, person) * degree).astype(np.int64))[has]
        self._join(now, members, friend[pick], person[has], unit[has])

    def _join(self, now: Now, members: Table, friend: np.ndarray, person: np.ndarray, unit: np.ndarray) -> None:
        places = now.places
        rows, province = places.row_of(friend), places.province_of(friend)
        grievance = (now[HARDSHIP][rows] + 0.5) / 65536.0 * (1.0 - now[LEGITIMACY][province].astype(np.float64))
        chance = now.p.willing[province] * grievance * (1.0 - now[FEAR][rows].astype(np.float64))
        able = ~members.has(friend) & ~not_free(now.table(CUSTODY), friend) & (now[AGE][rows] >= now.p.youngest[province])
        joins = able & now.draws.coin(JOIN, now.day, chance, person, friend)
        if (now.p.contacts > 1).any():
            owner, other = friends_of(now, friend)
            known = np.bincount(owner[members.has(other)], minlength=len(friend))
            joins &= known >= now.p.contacts[province]
        now.ask(JOINING, 1, person=friend[joins], unit=unit[joins])
