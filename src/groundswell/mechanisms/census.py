"""At the end of the day: everything that a run records, counted anew from the state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.lookups import by_province, province_of_key, sizes_of_units
from groundswell.society import (
    ABROAD,
    ABROAD_NOW,
    ACTED,
    ACTIVE,
    ACTS,
    CUSTODY,
    DEAD,
    DEAD_NOW,
    DETAINED,
    DETAINED_NOW,
    FEAR_MEAN,
    FEAR_SUM,
    FRAME_COUNTS,
    FRAME_SHARES,
    FREE_NOW,
    GATHERED,
    GATHERINGS,
    LEADING_FRAME,
    LEAST_UNIT,
    MEMBERS,
    MEMBERS_NOW,
    TURNOUT,
    UNITS,
    UNITS_ASLEEP,
    UNITS_LIVE,
)


@dataclass(frozen=True)
class Census(Mechanism):
    """Counts by province: whole numbers of real persons, units and events at any scale."""

    reads = (ACTIVE, FEAR_SUM, *FRAME_COUNTS, MEMBERS, UNITS, CUSTODY, GATHERINGS, ACTS)
    writes = (
        TURNOUT, GATHERED, ACTED, UNITS_LIVE, UNITS_ASLEEP, MEMBERS_NOW, DETAINED_NOW, DEAD_NOW, ABROAD_NOW, FREE_NOW, FEAR_MEAN,
        *FRAME_SHARES, LEADING_FRAME,
    )  # fmt: skip

    def day(self, now: Now) -> None:
        """Count."""
        places = now.places
        first = places.city_start[places.province_start]
        rows = np.maximum(np.diff(places.first_rows), 1)

        def total(values: np.ndarray) -> np.ndarray:
            sums = np.concatenate([[0], np.cumsum(values)])
            return np.asarray(sums[first[1:]] - sums[first[:-1]])

        now[TURNOUT][:] = total(now[ACTIVE])
        now[FEAR_MEAN][:] = total(now[FEAR_SUM]) / 65536.0 / rows
        holders = np.array([total(now[c]) for c in FRAME_COUNTS])
        for share, count in zip(FRAME_SHARES, holders, strict=True):
            now[share][:] = count / rows
        now[LEADING_FRAME][:] = np.where(holders[1:].any(axis=0), 1 + np.argmax(holders[1:], axis=0), 0)
        met, acts, units, members, custody = (now.table(t) for t in (GATHERINGS, ACTS, UNITS, MEMBERS, CUSTODY))
        now[GATHERED][:] = np.bincount(places.province_of_city[met["at"]], minlength=len(places.provinces))
        now[ACTED][:] = by_province(places, acts["unit"] >> 16)
        live = sizes_of_units(units, members) >= LEAST_UNIT
        home = province_of_key(places, units["unit"])
        now[UNITS_LIVE][:] = np.bincount(home[live], minlength=len(places.provinces))
        now[UNITS_ASLEEP][:] = np.bincount(home[~live], minlength=len(places.provinces))
        now[MEMBERS_NOW][:] = by_province(places, members["person"])
        now[FREE_NOW][:] = places.represented(PROVINCE)
        for status, column in ((DETAINED, DETAINED_NOW), (DEAD, DEAD_NOW), (ABROAD, ABROAD_NOW)):
            now[column][:] = by_province(places, custody["person"][custody["status"] == status])
            now[FREE_NOW][:] -= now[column]
