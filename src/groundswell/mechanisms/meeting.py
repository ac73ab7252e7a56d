"""Phase 3: those who took part yesterday are seen by friends, at work and in the news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.core.ties import push_friends
from groundswell.lookups import circle_tables, circles_of, friends_of, list_rows
from groundswell.society import (
    ACTIVE,
    ACTIVE_BEFORE,
    FRIENDS_ACTIVE,
    NO_WORKPLACE,
    SHARE_ACTIVE,
    TOOK_PART,
    WORK_SHARE,
    WORK_SIZE,
    WORKPLACE,
)

MOST_PUSHED = 2  # persons of a weighted row whose friends are looked up; each stands for an equal part of those who took part


@dataclass(frozen=True)
class Meeting(Mechanism):
    """Counts yesterday's participants among friends (by change: only participants push) and in workplaces."""

    coverage: float = parameter(
        1.0,
        unit="1",
        range=(0, 1),
        doc="Share of the national turnout that broadcast and online media show; a blackout lowers it.",
        source="assumed",
    )

    reads = (TOOK_PART, ACTIVE, WORKPLACE)
    writes = (FRIENDS_ACTIVE, WORK_SHARE, WORK_SIZE, SHARE_ACTIVE, ACTIVE_BEFORE)

    def begin(self, now: Now) -> None:
        """Count the persons of each workplace."""
        places = now.places
        for p in range(len(places.provinces)):
            (low, high), (first, last) = places.row_range(p), places.bounds(WORK_SIZE.level, p)
            groups = now[WORKPLACE][low:high]
            rows = np.flatnonzero(groups != NO_WORKPLACE)
            now[WORK_SIZE][first:last] = np.bincount(groups[rows], minlength=last - first)

    def day(self, now: Now) -> None:
        """Clear yesterday's exposures and push today's."""
        places, active = now.places, now[ACTIVE]
        if now[ACTIVE_BEFORE].any():
            now[FRIENDS_ACTIVE].fill(0)
            now[WORK_SHARE].fill(0)
            now[ACTIVE_BEFORE].fill(0)
        total = int(active.sum())
        now[SHARE_ACTIVE][:] = now.p.coverage * (total / (places.rows * now.scale))
        if total == 0:
            return
        rows = list_rows(now, TOOK_PART, np.flatnonzero(active))
        count = now[TOOK_PART][rows].astype(np.int64)
        first = np.searchsorted(rows, places.first_rows)
        sums = np.concatenate([[0], np.cumsum(count)])
        now[ACTIVE_BEFORE][:] = np.diff(sums[first])
        province = np.repeat(np.arange(len(places.provinces)), np.diff(first))
        self._work(now, rows, count, province)
        self._friends(now, rows, count, province)

    def _work(self, now: Now, rows: Any, count: Any, province: Any) -> None:
        """The share of each workplace that took part; only those with somebody who did are touched."""
        there = now[WORKPLACE][rows] != NO_WORKPLACE
        start = now.places.groups[WORK_SIZE.level.name]
        groups, at = np.unique(now[WORKPLACE][rows[there]] + start[province[there]], return_inverse=True)
        turnout = np.bincount(at, count[there], len(groups))  # whole numbers, exact in float64
        now[WORK_SHARE][groups] = turnout / (now[WORK_SIZE][groups].astype(np.int64) * now.scale)

    def _friends(self, now: Now, rows: Any, count: Any, province: Any) -> None:
        """Push from those who took part to their friends; of a weighted row, from a few who stand for all."""
        places, s = now.places, now.scale
        own = rows - places.first_rows[province]
        pushed = np.minimum(count, min(s, MOST_PUSHED))
        owner = np.repeat(np.arange(len(rows)), pushed)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(pushed) - pushed, pushed)
        weight = count[owner] // pushed[owner] + (number < count[owner] % pushed[owner])
        index = own[owner] * s + (own[owner] * 7919 + now.day * 104729 + number) % s
        if "friends" in now.population.networks:
            whose, friend = friends_of(now, (places.codes[province[owner]] << 32) | index)
            ties = np.bincount(places.row_of(friend), weight[whose], places.rows)  # whole numbers, exact in float64
            now[FRIENDS_ACTIVE][:] = np.minimum(ties, 65535)  # the hub of a star may have more
            return
        circles, cuts = circles_of(now.population), np.searchsorted(province[owner], np.arange(len(places.provinces) + 1))
        for p in np.flatnonzero(np.diff(cuts)).tolist():
            (low, high), part = places.row_range(p), slice(cuts[p], cuts[p + 1])
            tables = circle_tables(circles, places.provinces[p].code)
            now.run(push_friends, index[part], weight[part], (high - low) * s, s, circles.window, *tables, now[FRIENDS_ACTIVE][low:high])
