"""At the end of the day: everything that a run records, counted anew from the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64, I64
from groundswell.core.columns import PROVINCE, Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.places import Places
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
        """Count what may have changed: tables that are the same as yesterday have the same counts."""
        self._people(now)
        met, acts, units, members, custody = (now.table(t) for t in (GATHERINGS, ACTS, UNITS, MEMBERS, CUSTODY))
        now.remember("met", (met if len(met) else None,), lambda: self._gatherings(now, met))
        now.remember("acts", (acts if len(acts) else None,), lambda: self._acts(now, acts))
        now.remember("units", (units, members), lambda: self._units(now, units, members))
        now.remember("custody", (custody,), lambda: self._custody(now, custody))

    def _people(self, now: Now) -> None:
        """Turnout, fear and frames: sums over the neighbourhoods of each province."""
        first, rows = now.remember("places", (now.places,), lambda: _places(now.places))
        holders, shares = tuple(now[count] for count in FRAME_COUNTS), tuple(now[share] for share in FRAME_SHARES)
        now.run(
            count_people, now[ACTIVE], now[FEAR_SUM], holders, first, rows, now[TURNOUT], now[FEAR_MEAN], shares, now[LEADING_FRAME]
        )  # fmt: skip

    def _gatherings(self, now: Now, met: Table) -> None:
        """Gatherings, who came, and who was killed at them, by stream."""
        provinces = len(now.places.provinces)
        where = now.places.province_of_city[met["at"]]
        cell, cells = met["stream"] * provinces + where, len(STREAMS) * provinces
        count = np.bincount(cell, minlength=cells).reshape(-1, provinces)
        came = np.bincount(cell, met["size"], minlength=cells).reshape(-1, provinces)
        for column, numbers in zip((GATHERED, GATHERED_LIVELIHOOD, GATHERED_PRO_STATE), count, strict=True):
            now[column][:] = numbers
        now[ATTENDED_LIVELIHOOD][:] = came[LIVELIHOOD]
        now[ATTENDED_PRO_STATE][:] = came[PRO_STATE]
        now[KILLED][:] = np.bincount(where, met["deaths"], minlength=provinces)

    def _acts(self, now: Now, acts: Table) -> None:
        now[ACTED][:] = np.bincount(province_of_key(now.places, acts["unit"]), minlength=len(now.places.provinces))

    def _units(self, now: Now, units: Table, members: Table) -> None:
        """Units and their members."""
        provinces = len(now.places.provinces)
        live = sizes_of_units(units, members) >= LEAST_UNIT
        home = province_of_key(now.places, units["unit"])
        now[UNITS_LIVE][:] = np.bincount(home[live], minlength=provinces)
        now[UNITS_ASLEEP][:] = np.bincount(home[~live], minlength=provinces)
        now[MEMBERS_NOW][:] = np.bincount(province_of_persons(now.places, members), minlength=provinces)

    def _custody(self, now: Now, custody: Table) -> None:
        """Who is detained, dead or abroad, and who is not."""
        provinces = len(now.places.provinces)
        status = np.bincount(custody["status"] * provinces + province_of_persons(now.places, custody), minlength=4 * provinces)
        now[FREE_NOW][:] = now.places.represented(PROVINCE)
        for code, column in ((DETAINED, DETAINED_NOW), (DEAD, DEAD_NOW), (ABROAD, ABROAD_NOW)):
            now[column][:] = status[code * provinces : (code + 1) * provinces]
            now[FREE_NOW][:] -= now[column]


def _places(places: Places) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first neighbourhood of each province, and their number; and rows, at least one."""
    return places.city_start[places.province_start], np.maximum(np.diff(places.first_rows), 1)


def count_people(
    active: Any, fear: Any, holders: Any, first: Any, rows: Any, turnout: Any, fear_mean: Any, shares: Any, leading: Any
) -> None:
    """Sums over the neighbourhoods of each province; compiled.

    Args:
        active, fear: persons who took part, and the sum of fear, of each neighbourhood.
        holders: for each frame, rows of each neighbourhood that hold it.
        first: the first neighbourhood of each province, and their number.
        rows: of each province.
        turnout, fear_mean, leading: receive the numbers of each province.
        shares: for each frame, receives those of each province.
    """
    for p in range(turnout.size):
        took_part, afraid, n, most = I64(0), I64(0), F64(rows[p]), I64(0)
        for b in range(first[p], first[p + 1]):
            took_part += active[b]
            afraid += fear[b]
        turnout[p], fear_mean[p], leading[p] = took_part, F64(afraid) / F64(65536.0) / n, 0
        for k in range(len(holders)):
            held = I64(0)
            for b in range(first[p], first[p + 1]):
                held += holders[k][b]
            shares[k][p] = F64(held) / n
            if k > 0 and held > most:
                most, leading[p] = held, k
