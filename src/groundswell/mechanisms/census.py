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
from groundswell.lookups import sizes_of_units
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
    FREE,
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
        counts = tuple(now[c] for c in (GATHERED, GATHERED_LIVELIHOOD, GATHERED_PRO_STATE, ATTENDED_LIVELIHOOD, ATTENDED_PRO_STATE, KILLED))
        now.run(count_gatherings, met["at"], met["stream"], met["size"], met["deaths"], now.places.province_of_city, *counts)

    def _acts(self, now: Now, acts: Table) -> None:
        now[ACTED].fill(0)
        now.run(count_provinces, acts["unit"], 48, now.places.position_of_code, now[ACTED])

    def _units(self, now: Now, units: Table, members: Table) -> None:
        """Units and their members."""
        now[MEMBERS_NOW].fill(0)
        now.run(count_provinces, members["person"], 32, now.places.position_of_code, now[MEMBERS_NOW])
        counts = now[UNITS_LIVE], now[UNITS_ASLEEP]
        now.run(count_units, units["unit"], sizes_of_units(units, members), now.places.position_of_code, *counts)

    def _custody(self, now: Now, custody: Table) -> None:
        """Who is detained, dead or abroad, and who is not."""
        people, counts = now.places.represented(PROVINCE), (now[DETAINED_NOW], now[DEAD_NOW], now[ABROAD_NOW], now[FREE_NOW])
        now.run(count_custody, custody["person"], custody["status"], now.places.position_of_code, people, *counts)


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


def count_gatherings(
    at: Any, stream: Any, size: Any, deaths: Any, province: Any, gathered: Any, livelihood: Any, pro_state: Any, at_livelihood: Any,
    at_pro_state: Any, killed: Any,
) -> None:  # fmt: skip
    """Gatherings, who came and who was killed, by province; compiled.

    Args:
        at, stream, size, deaths: of gatherings; `at` is the city's position.
        province: of each city.
        gathered, livelihood, pro_state: receive how many there were of each stream.
        at_livelihood, at_pro_state: receive who came.
        killed: receives who was killed.
    """
    for counts in (gathered, livelihood, pro_state, at_livelihood, at_pro_state, killed):
        counts[:] = 0
    for i in range(at.size):
        p = province[at[i]]
        killed[p] += deaths[i]
        if stream[i] == LIVELIHOOD:
            livelihood[p] += 1
            at_livelihood[p] += size[i]
        elif stream[i] == PRO_STATE:
            pro_state[p] += 1
            at_pro_state[p] += size[i]
        else:
            gathered[p] += 1


def count_provinces(keys: Any, shift: int, position: Any, counts: Any) -> None:
    """Adds how many keys there are of each province, whose code stands `shift` bits up; `position` is that of each code; compiled."""
    for i in range(keys.size):
        counts[position[keys[i] >> shift]] += 1


def count_units(unit: Any, size: Any, position: Any, live: Any, asleep: Any) -> None:
    """Units of at least three free members, and others, by province; `position` is that of each code; compiled."""
    for p in range(live.size):
        live[p], asleep[p] = 0, 0
    for k in range(unit.size):
        p, lives = position[unit[k] >> 48], size[k] >= LEAST_UNIT
        live[p] += lives
        asleep[p] += not lives


def count_custody(person: Any, status: Any, position: Any, people: Any, detained: Any, dead: Any, abroad: Any, free: Any) -> None:
    """Who is detained, dead or abroad, and who of the `people` of a province is not; compiled.

    Args:
        person, status: the table of custody.
        position: of the province of each code.
        detained, dead, abroad, free: receive the numbers of each province.
    """
    for p in range(free.size):
        detained[p], dead[p], abroad[p] = 0, 0, 0
    for i in range(person.size):
        if status[i] != FREE:  # few are not
            p = position[person[i] >> 32]
            detained[p] += status[i] == DETAINED
            dead[p] += status[i] == DEAD
            abroad[p] += status[i] == ABROAD
    for p in range(free.size):
        free[p] = people[p] - detained[p] - dead[p] - abroad[p]
