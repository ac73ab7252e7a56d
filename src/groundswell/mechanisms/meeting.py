"""Phase 3: those who took part yesterday are seen by friends, at work and in the news."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, U32
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.core.ties import push_friends
from groundswell.lookups import circle_kernel, friends_of, list_rows
from groundswell.society import (
    ACTIVE,
    ACTIVE_BEFORE,
    BLACKOUT,
    FRIENDS_ACTIVE,
    NO_WORKPLACE,
    SHARE_ACTIVE,
    TOOK_PART,
    WORK_SHARE,
    WORK_SHARE_MOST,
    WORK_SIZE,
    WORKPLACE,
)

WORTH_ROWS = 2500  # rows that are cleared in the time that it takes to push from one person
MOST_PUSHED = 2  # persons of a weighted row whose friends are looked up; each stands for an equal part of those who took part


def _nothing() -> dict[str, Any]:
    """An empty box."""
    return {}


def represent(
    rows: Any, took_part: Any, starts: Any, scale: int, most: int, day: int, before: Any, cuts: Any, person: Any, weight: Any
) -> int:
    """Who stands for those who took part: up to `most` persons a row, another day another one; compiled. Returns how many.

    Args:
        rows: with somebody who took part, in order of storage.
        starts: the first row of each province, and their number.
        before: receives how many of each province took part.
        cuts: receives where the persons of each province begin, and where the last end.
        person: receives their indices in the province.
        weight: receives how many each stands for.
    """
    n, j = 0, 0
    for p in range(before.size):
        total, cuts[p] = I64(0), n
        while j < rows.size and rows[j] < starts[p + 1]:
            own, count = rows[j] - starts[p], I64(took_part[rows[j]])
            pushed: Any = min(count, most)
            for number in range(pushed):
                person[n] = own * scale + (own * 7919 + day * 104729 + number) % scale
                weight[n] = count // pushed + (number < count % pushed)
                n += 1
            total += count
            j += 1
        before[p] = total
    cuts[before.size] = n
    return n


def count_colleagues(
    rows: Any, took_part: Any, workplace: Any, starts: Any, groups: Any, size: Any, scale: int, turnout: Any, share: Any, most: Any
) -> None:
    """The share of each workplace that took part; only those with somebody who did are written; compiled.

    Args:
        rows, starts: as in `represent`.
        groups: the first workplace of each province.
        size: rows of each workplace.
        turnout: zeros, one a workplace.
        share: receives the shares.
        most: receives the largest share of each province.
    """
    for last in range(2):  # first count, then divide
        p = 0
        for j in range(rows.size):
            while rows[j] >= starts[p + 1]:
                p += 1
            if workplace[rows[j]] != U32(NO_WORKPLACE):
                g = groups[p] + I64(workplace[rows[j]])
                if last:
                    share[g] = F64(turnout[g]) / F64(I64(size[g]) * scale)
                    most[p] = max(most[p], share[g])
                else:
                    turnout[g] += I64(took_part[rows[j]])


def push_all(
    cuts: Any, person: Any, weight: Any, starts: Any, scale: int, window: int, wide: Any, periods: Any, first: Any, sizes: Any, keys: Any,
    most: int, out: Any,
) -> None:  # fmt: skip
    """`push_friends` of every province; `keys` has one more dimension, of provinces, `most` friends can one have; compiled."""
    buffer = np.empty(most, np.int64)
    for p in range(cuts.size - 1):
        low, high, mine = starts[p], starts[p + 1], slice(cuts[p], cuts[p + 1])
        if cuts[p] < cuts[p + 1]:
            people = (high - low) * scale
            push_friends(person[mine], weight[mine], people, scale, window, wide, periods, first, sizes, keys[p], buffer, out[low:high])


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

    reads = (TOOK_PART, ACTIVE, WORKPLACE, BLACKOUT)
    writes = (FRIENDS_ACTIVE, WORK_SHARE, WORK_SHARE_MOST, WORK_SIZE, SHARE_ACTIVE, ACTIVE_BEFORE)

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
        if np.count_nonzero(now[ACTIVE_BEFORE]):
            self._clear(now)
            now[WORK_SHARE].fill(0)
            now[WORK_SHARE_MOST].fill(0)
            now[ACTIVE_BEFORE].fill(0)
        if not np.count_nonzero(active):
            now[SHARE_ACTIVE].fill(0)
            return
        now[SHARE_ACTIVE][:] = now.p.coverage * (1.0 - now[BLACKOUT]) * (int(active.sum()) / (places.rows * now.scale))
        rows, took_part, starts = list_rows(now, TOOK_PART, np.flatnonzero(active)), now[TOOK_PART], places.first_rows
        groups, turnout = places.groups[WORK_SIZE.level.name], np.zeros(len(now[WORK_SIZE]), np.int64)
        now.run(
            count_colleagues,
            rows,
            took_part,
            now[WORKPLACE],
            starts,
            groups,
            now[WORK_SIZE],
            now.scale,
            turnout,
            now[WORK_SHARE],
            now[WORK_SHARE_MOST],
        )
        most = min(now.scale, MOST_PUSHED)
        cuts, person, weight = np.zeros(len(starts), np.int64), *np.empty((2, len(rows) * most), np.int64)
        n = now.run(represent, rows, took_part, starts, now.scale, most, now.day, now[ACTIVE_BEFORE], cuts, person, weight)
        self._friends(now, cuts, person[:n], weight[:n])

    def _friends(self, now: Now, cuts: Any, person: Any, weight: Any) -> None:
        """Push from those who took part, or who stand for them, to their friends."""
        places = now.places
        if "friends" in now.population.networks:
            owner, friend = friends_of(now, np.repeat(places.codes << 32, np.diff(cuts)) | person)
            ties = np.bincount(places.row_of(friend), weight[owner], places.rows)  # whole numbers, exact in float64
            now[FRIENDS_ACTIVE][:] = np.minimum(ties, 65535)  # the hub of a star may have more
            return
        now.remember("pushed", (), _nothing)["last"] = cuts, person, weight
        self._push(now, cuts, person, weight)

    def _clear(self, now: Now) -> None:
        """No friend has taken part: what few pushed is taken back, which at full size is far less than to clear everybody.

        What was pushed last is not known any more where a run goes on from a checkpoint; then everybody is cleared.
        """
        cuts, person, weight = now.remember("pushed", (), _nothing).pop("last", (None, (), None))
        if 0 < len(person) * WORTH_ROWS < now.places.rows:
            self._push(now, cuts, person, -weight)
        else:
            now[FRIENDS_ACTIVE].fill(0)

    def _push(self, now: Now, cuts: Any, person: Any, weight: Any) -> None:
        """Add to the rows of friends."""
        circles, most = circle_kernel(now)
        now.run(push_all, cuts, person, weight, now.places.first_rows, now.scale, *circles, most, now[FRIENDS_ACTIVE])
