"""At the end of the day: everything that a run records, counted anew from the state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.lookups import province_of_key, province_of_persons, sizes_of_units
from groundswell.society import (
    ABROAD,
    ABROAD_NOW,
    ACTED,
    ACTIVE,
    ACTS,
    ATTENDED_LIVELIHOOD,
    ATTENDED_PRO_STATE,
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
    GATHERED_LIVELIHOOD,
    GATHERED_PRO_STATE,
    GATHERINGS,
    KILLED,
    LEADING_FRAME,
    LEAST_UNIT,
    LIVELIHOOD,
    MEMBERS,
    MEMBERS_NOW,
    PRO_STATE,
    STREAMS,
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
        TURNOUT, GATHERED, GATHERED_LIVELIHOOD, GATHERED_PRO_STATE, ATTENDED_LIVELIHOOD, ATTENDED_PRO_STATE, KILLED, ACTED, UNITS_LIVE,
        UNITS_ASLEEP, MEMBERS_NOW, DETAINED_NOW, DEAD_NOW, ABROAD_NOW, FREE_NOW, FEAR_MEAN, *FRAME_SHARES, LEADING_FRAME,
    )  # fmt: skip

    def day(self, now: Now) -> None:
        """Count."""
        self._people(now)
        self._gatherings(now)
        places, provinces = now.places, len(now.places.provinces)
        acts, units, members, custody = (now.table(t) for t in (ACTS, UNITS, MEMBERS, CUSTODY))
        now[ACTED][:] = np.bincount(places.province_of(acts["unit"] >> 16), minlength=provinces)
        live = sizes_of_units(units, members) >= LEAST_UNIT
        home = province_of_key(places, units["unit"])
        now[UNITS_LIVE][:] = np.bincount(home[live], minlength=provinces)
        now[UNITS_ASLEEP][:] = np.bincount(home[~live], minlength=provinces)
        now[MEMBERS_NOW][:] = np.bincount(province_of_persons(places, members), minlength=provinces)
        now[FREE_NOW][:] = places.represented(PROVINCE)
        status = np.bincount(custody["status"] * provinces + province_of_persons(places, custody), minlength=4 * provinces)
        for code, column in ((DETAINED, DETAINED_NOW), (DEAD, DEAD_NOW), (ABROAD, ABROAD_NOW)):
            now[column][:] = status[code * provinces : (code + 1) * provinces]
            now[FREE_NOW][:] -= now[column]

    def _people(self, now: Now) -> None:
        """Turnout, fear and frames: sums over the neighbourhoods of each province."""
        places = now.places
        first = places.city_start[places.province_start]
        hoods = np.array([now[column] for column in (ACTIVE, FEAR_SUM, *FRAME_COUNTS)])
        sums = np.add.reduceat(hoods, np.minimum(first[:-1], hoods.shape[1] - 1), axis=1)
        turnout, fear, *holders = sums * (first[1:] > first[:-1])
        rows = np.maximum(places.first_rows[1:] - places.first_rows[:-1], 1)
        now[TURNOUT][:] = turnout
        now[FEAR_MEAN][:] = fear / 65536.0 / rows
        for share, count in zip(FRAME_SHARES, holders, strict=True):
            now[share][:] = count / rows
        held = np.array(holders[1:])
        now[LEADING_FRAME][:] = np.where(held.any(axis=0), 1 + np.argmax(held, axis=0), 0)

    def _gatherings(self, now: Now) -> None:
        """Gatherings, who came, and who was killed at them, by stream."""
        met, provinces = now.table(GATHERINGS), len(now.places.provinces)
        where = now.places.province_of_city[met["at"]]
        cell, cells = met["stream"] * provinces + where, len(STREAMS) * provinces
        count = np.bincount(cell, minlength=cells).reshape(-1, provinces)
        came = np.bincount(cell, met["size"], minlength=cells).reshape(-1, provinces)
        for column, numbers in zip((GATHERED, GATHERED_LIVELIHOOD, GATHERED_PRO_STATE), count, strict=True):
            now[column][:] = numbers
        now[ATTENDED_LIVELIHOOD][:] = came[LIVELIHOOD]
        now[ATTENDED_PRO_STATE][:] = came[PRO_STATE]
        now[KILLED][:] = np.bincount(where, met["deaths"], minlength=provinces)
