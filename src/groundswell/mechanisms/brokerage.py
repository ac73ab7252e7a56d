"""Phase 9: ties between organisations, and how organisations become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import exps
from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import find_rare, friends_of, live_units, survivor
from groundswell.society import BRIDGES, BROKERED, MEMBERS, MERGERS, ORGANISATIONS, UNITE, UNITED, UNITS, UNITS_OF

MARKS = 1 << 16  # for `find_rare`: fits a cache, and far more than there are members


def live_of_organisations(units: Table) -> list[int]:
    """How many live units each organisation has, by number from 0."""
    size: list[int] = np.bincount(units["organisation"][live_units(units)], minlength=len(UNITS_OF) + 1).tolist()
    return size


@dataclass(frozen=True)
class Brokerage(Mechanism):
    """Counts the friendships that bridge units, and merges organisations.

    Every so many days the friendships between members of different units are counted; calls are passed on over them.
    Two organisations merge when a dated change says that one has joined the other, or, each time that ties are
    counted, with probability `1 - exp(-merge n)`, n the friendships between their members: brokers bring them
    together. The smaller then belongs to the larger, units, calls and frame, and nothing parts them again.
    """

    every: float = parameter(30, unit="days", range=(1, 3660), doc="Days between two counts of ties.", source="assumed", whole=True)
    merge: float = parameter(
        0.0, unit="1/tie", range=(0, 100), doc="Rate at which a tie between two organisations merges them, each count.", source="assumed"
    )

    reads = (MEMBERS, MERGERS)
    writes = (UNITS, ORGANISATIONS, BRIDGES, BROKERED, UNITED, *UNITS_OF)
    draws = (UNITE,)

    def begin(self, now: Now) -> None:
        """Count the ties of the initial units."""
        self._count_ties(now)

    def day(self, now: Now) -> None:
        """Merge where it is due, and count the units of each organisation."""
        joined = now.asked(MERGERS)
        for one, other in zip(joined["organisation"].tolist(), joined["into"].tolist(), strict=True):
            self._unite(now, one, other)
        p = now.p
        if now.day % now.remember("every", (p,), lambda: int(p.every.min())) == 0:
            self._count_ties(now)
            if p.merge.any():
                self._brokered(now)
        units = now.table(UNITS)
        size = now.remember("size", (units,), lambda: live_of_organisations(units))
        for k, column in enumerate(UNITS_OF, 1):
            now[column][0] = size[k]
        now[UNITED][0] = max(size) / max(sum(size), 1)

    def _count_ties(self, now: Now) -> None:
        """Find the friendships between members of different units, each seen from both ends."""
        members = now.table(MEMBERS)
        if not len(members) and not len(now.table(BRIDGES)):
            now[BROKERED][:] = 0
            return
        owner, friend = friends_of(now, members["person"])
        there = np.empty(len(friend), np.int64)
        now.run(find_rare, members["person"], friend, np.zeros(MARKS, np.uint8), there)
        one, other = members["unit"][owner[there >= 0]], members["unit"][there[there >= 0]]
        one, other = one[one != other], other[one != other]
        order = np.lexsort([other, one])
        one, other = one[order], other[order]
        first = np.flatnonzero(np.append(True, (one[1:] != one[:-1]) | (other[1:] != other[:-1]))[: len(one)])
        ties = np.diff(np.append(first, len(one)))
        now.store(Table(BRIDGES, {"unit": one[first], "other": other[first], "ties": ties}))
        now[BROKERED][:] = self._between(now).sum() // 2

    def _between(self, now: Now) -> Any:
        """Friendships between members of each pair of different organisations; shape (4, 4), symmetric."""
        units, bridges, n = now.table(UNITS), now.table(BRIDGES), len(UNITS_OF) + 1
        counts = np.zeros((n, n), np.int64)
        at = np.array([units.find(bridges[end]) for end in ("unit", "other")])
        there = (at >= 0).all(axis=0)  # a unit may have ended since ties were counted
        one, other = units["organisation"][at[:, there]]
        np.add.at(counts, (one, other), bridges["ties"][there])
        np.fill_diagonal(counts, 0)
        return counts

    def _brokered(self, now: Now) -> None:
        """Let ties merge organisations, the pair of the lowest numbers first."""
        ties, rate = self._between(now), float(now.p.merge.max())
        for one in range(1, len(ties)):
            for other in range(one + 1, len(ties)):
                chance = 1.0 - exps(-rate * float(ties[one, other]))
                if ties[one, other] and now.draws.coin(UNITE, now.day, chance, one, other):
                    self._unite(now, one, other, larger=True)

    def _unite(self, now: Now, one: int, other: int, *, larger: bool = False) -> None:
        """One organisation becomes part of another; of the larger one (by live units, else the lower number) where that is asked."""
        merged, units = now.table(ORGANISATIONS), now.table(UNITS)
        one, other = survivor(merged, one), survivor(merged, other)
        if one == other:
            return
        if larger:
            size = live_of_organisations(units)
            one, other = sorted((one, other), key=lambda k: (size[k], -k))
        now.store(merged.plus(organisation=one, into=other, since=now.day))
        now.store(units.replace(organisation=np.where(units["organisation"] == one, other, units["organisation"]).astype(np.uint8)))
        now[BROKERED][:] = self._between(now).sum() // 2
