"""Phase 3: those who took part yesterday are seen by friends, at work and in the news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.layers import count_groups
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.core.ties import push_friends
from groundswell.lookups import circle_tables, circles_of, list_rows
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

MOST_PUSHED = 4  # persons of a weighted row whose friends are looked up; each stands for an equal part of those who took part


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
        province = np.searchsorted(places.first_rows, rows, side="right") - 1
        for p in np.unique(province):
            self._push(now, int(p), rows[province == p])

    def _push(self, now: Now, p: int, rows: Any) -> None:
        places, s = now.places, now.scale
        now[ACTIVE_BEFORE][p] = now[TOOK_PART][rows].sum(dtype=np.int64)
        (low, high), (first, last) = places.row_range(p), places.bounds(WORK_SIZE.level, p)
        count, own = now[TOOK_PART][rows].astype(np.int64), rows - low
        work = now[WORKPLACE][rows]
        there = work != NO_WORKPLACE
        turnout = count_groups(now[WORKPLACE][low:high], own[there], count[there], last - first)
        now[WORK_SHARE][first:last] = turnout / np.maximum(now[WORK_SIZE][first:last].astype(np.int64) * s, 1)
        pushed = np.minimum(count, min(s, MOST_PUSHED))
        owner = np.repeat(np.arange(len(rows)), pushed)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(pushed) - pushed, pushed)
        weight = count[owner] // pushed[owner] + (number < count[owner] % pushed[owner])
        sub = (own[owner] * 7919 + now.day * 104729 + number) % s
        circles, people = circles_of(now.population), (high - low) * s
        tables = circle_tables(circles, places.provinces[p].code)
        now.run(push_friends, own[owner] * s + sub, weight, people, s, circles.window, *tables, now[FRIENDS_ACTIVE][low:high])
