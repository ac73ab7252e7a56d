"""Phase 6: captives give others away: a roll-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import friends_of, not_free
from groundswell.society import AGE, CUSTODY, DETAINED, MEMBERS, NAMED, TAKEN


@dataclass(frozen=True)
class Interrogation(Mechanism):
    """A captive who belongs to a unit gives away each co-member with probability q and each outside contact with q'.

    Those named are taken the same day and interrogated in turn. The coins belong to ordered pairs (captive, named), so
    the roll-up is percolation on the contacts of members and the order in which it is followed cannot matter.
    """

    comember: float = parameter(
        0.15, unit="1", range=(0, 1), doc="Chance q that a captive gives a co-member away.", source="assumed; no good data"
    )
    contact: float = parameter(
        0.005, unit="1", range=(0, 1), doc="Chance q' that a captive gives an outside contact away.", source="assumed; no good data"
    )
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age of an outside contact who is taken.", source="assumed")

    reads = (TAKEN, MEMBERS, CUSTODY, AGE)
    adds = (TAKEN,)
    draws = (NAMED,)

    def day(self, now: Now) -> None:
        """Follow the roll-up until it names nobody new."""
        asked, members, custody = now.asked(TAKEN), now.table(MEMBERS), now.table(CUSTODY)
        if not len(asked["person"]) or not len(members):
            return
        captives = asked["person"][(asked["fate"] == DETAINED) & members.has(asked["person"])]
        known, front = np.asarray(asked["person"]), captives
        while len(front):
            named = np.unique(np.concatenate([self._comembers(now, front), self._contacts(now, front)]))
            named = named[~np.isin(named, known)]
            named = named[~not_free(custody, named)]
            now.ask(TAKEN, 3, person=named, fate=DETAINED, named=1)
            known, front = np.union1d(known, named), named

    def _comembers(self, now: Now, captives: Any) -> Any:
        members = now.table(MEMBERS)
        mine = members.find(captives)
        captives, mine = captives[mine >= 0], mine[mine >= 0]
        near = np.flatnonzero(np.isin(members["unit"], members["unit"][mine]))
        near = near[np.lexsort([members["person"][near], members["unit"][near]])]
        unit, people = members["unit"][near], members["person"][near]
        first, last = (np.searchsorted(unit, members["unit"][mine], side) for side in ("left", "right"))
        count = (last - first).astype(np.int64)
        owner = np.repeat(np.arange(len(captives)), count)
        other = people[np.repeat(first - np.cumsum(count) + count, count) + np.arange(len(owner))]
        q = now.p.comember[now.places.province_of(captives)]
        given = now.draws.coin(NAMED, now.day, q[owner], captives[owner], other) & (other != captives[owner])
        return other[given]

    def _contacts(self, now: Now, captives: Any) -> Any:
        if not now.p.contact.any():
            return np.empty(0, np.int64)
        owner, friend = friends_of(now, captives)
        q = now.p.contact[now.places.province_of(captives)]
        old = now[AGE][now.places.row_of(friend)] >= now.p.youngest[now.places.province_of(friend)]
        return friend[old & now.draws.coin(NAMED, now.day, q[owner], captives[owner], friend)]
