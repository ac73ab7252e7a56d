"""Placebo weeks: for each week of a province in which something happened, weeks of the same province that looked alike until then.

A crisis ebbs whether or not anything is done about it, so a week is compared with others of the same place that had about as many events
in the week itself and in the four before: the sum of the two differences of log(1 + count) is at most 1. `groundswell.events.echoes`
matches in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
CALIPER = 1.0
BEFORE = 4  # weeks
MOST = 20  # placebo weeks of one event


@dataclass(frozen=True, eq=False)
class Matched:
    """Events that have placebo weeks.

    Args:
        weeks, places: of the events; shape (events,).
        after: counts over the weeks that follow, by event.
        placebo: the same of each one's placebo weeks.
        dropped: events without a placebo week, or too near an end of the record.
    """

    weeks: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    after: Floats
    placebo: tuple[Floats, ...]
    dropped: int

    @property
    def expected(self) -> Floats:
        """Mean of the placebo weeks, by event."""
        return np.array([float(pool.mean()) for pool in self.placebo])


def followed(counts: Floats, first: int, last: int) -> Floats:
    """Counts summed over the weeks `first` to `last` after each week; nan where they are not all there; shape as counts."""
    weeks = len(counts)
    total = np.vstack([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])
    out = np.full(counts.shape, np.nan)
    inside = np.arange(weeks) + last < weeks
    at = np.flatnonzero(inside)
    out[at] = total[at + last + 1] - total[at + first]
    return out


def match(counts: Floats, happened: Bools, admitted: Bools, first: int, last: int) -> Matched:
    """Placebo weeks of each event.

    Args:
        counts: by week and place; shape (weeks, places).
        happened: the events; same shape.
        admitted: cells that may serve as placebos; same shape.
        first, last: the weeks after an event that count.
    """
    after = followed(counts, first, last)
    level = np.log1p(counts)
    before = np.full(counts.shape, np.nan)
    before[BEFORE:] = np.log1p(np.mean([counts[BEFORE - k : len(counts) - k] for k in range(1, BEFORE + 1)], axis=0))
    known = np.isfinite(after) & np.isfinite(before)
    weeks, places, sums, pools, dropped = [], [], [], [], 0
    for week, place in zip(*np.nonzero(happened), strict=True):
        others = np.flatnonzero(admitted[:, place] & known[:, place]) if known[week, place] else np.zeros(0, np.int64)
        others = others[others != week]
        far = np.abs(level[others, place] - level[week, place]) + np.abs(before[others, place] - before[week, place])
        near = others[np.argsort(far, kind="stable")][: min(MOST, int((far <= CALIPER).sum()))]
        if not len(near):
            dropped += 1
            continue
        weeks.append(week)
        places.append(place)
        sums.append(after[week, place])
        pools.append(after[near, place])
    return Matched(np.array(weeks, np.int64), np.array(places, np.int64), np.array(sums), tuple(pools), dropped)


def away_from(happened: Bools, weeks: int, back: int = 0) -> Bools:
    """Cells with nothing of the kind in the week, in so many weeks before it, and in `back` weeks after it."""
    near = happened.copy()
    for shift in range(1, weeks + 1):
        near[shift:] |= happened[:-shift]
    for shift in range(1, back + 1):
        near[:-shift] |= happened[shift:]
    return ~near
