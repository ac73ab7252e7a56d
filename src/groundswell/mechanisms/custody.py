"""Phase 8: detention, release, execution, death and absence; nobody is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import I64, U8, U16, exps
from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import by_province, not_free
from groundswell.society import (
    ABROAD,
    ARRESTS,
    AWAY,
    CUSTODY,
    DEAD,
    DETAINED,
    EXECUTED,
    EXECUTIONS,
    FREE,
    HOUSEHOLD,
    HURT,
    ROLLED_UP,
    SUFFERED,
    TAKEN,
    TERM,
)

MOST_SUFFERED = 255  # of a row's persons in one day, so that a byte holds them


def pass_day(
    held: Any, draw: Any, person: Any, status: Any, since: Any, until: Any, day: int, hazard: Any, position: Any, first_rows: Any,
    scale: int, away: Any, executions: Any,
) -> None:  # fmt: skip
    """Release whose term has ended, execute others by the hazard; compiled.

    Args:
        held: positions in the table of those who are detained.
        draw: a uniform number each.
        person, status, since, until: the table of custody; status and since are changed.
        hazard: of a day, by province.
        position: of the province of each code.
        first_rows: of each province.
        away: of each row; lowered by the released.
        executions: by province; raised.
    """
    for j in range(held.size):
        i = held[j]
        p = position[person[i] >> 32]
        if until[i] <= day:
            status[i] = FREE
            away[first_rows[p] + (person[i] & 0xFFFFFFFF) // scale] -= U16(1)
        elif draw[j] < hazard[p]:
            status[i], since[i] = DEAD, day
            executions[p] += 1


def holder(starts: Any, row: int) -> int:
    """The last of the starts that is not above a row; compiled (NumPy's search compiles ten times as long)."""
    low, high = 0, starts.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= row:
            low = middle
        else:
            high = middle
    return low


def mark(
    people: Any, position: Any, first_rows: Any, scale: int, household: Any, neighbourhoods: Any, most: int, suffered: Any, hurt: Any
) -> None:
    """Count those who were taken in their rows and those of their household mates; compiled.

    Args:
        position, first_rows: as in `pass_day`.
        neighbourhoods: first row of each, and the number of rows.
        most: what a row's count stops at; 0 clears.
        suffered, hurt: changed.
    """
    for i in range(people.size):
        own = first_rows[position[people[i] >> 32]] + (people[i] & 0xFFFFFFFF) // scale
        first, size = own - I64(household[own] & U8(15)), max(I64(household[own] >> U8(4)), 1)
        hood = holder(neighbourhoods, own)  # households never cross one
        for row in range(first, first + size):
            suffered[row] = min(I64(suffered[row]) + 1, most)
        hurt[hood] = hurt[hood] + size if most else 0


@dataclass(frozen=True)
class Custody(Mechanism):
    """Settles who is taken today: killed before arrested before abroad. Owns everybody's whereabouts.

    A term is drawn, uniform on whole days from `shortest` to `longest`; a detained person is executed with a daily
    hazard; whoever is released stays in the table as a former prisoner.
    """

    shortest: float = parameter(1, unit="days", range=(1, 40000), doc="Shortest term.", source="assumed; no good data", whole=True)
    longest: float = parameter(180, unit="days", range=(1, 40000), doc="Longest term.", source="assumed; no good data", whole=True)
    execution: float = parameter(0.002, unit="1/year", range=(0, 10), doc="Hazard of execution of a detained person.", source="assumed")

    reads = (TAKEN, HOUSEHOLD)
    writes = (CUSTODY, AWAY, SUFFERED, HURT, ARRESTS, ROLLED_UP, EXECUTIONS)
    draws = (TERM, EXECUTED)

    def day(self, now: Now) -> None:
        """Release, execute, take; then mark who suffered by it."""
        custody = now.table(CUSTODY)
        self._mark(now, custody["person"][custody["since"] == now.day - 1], 0)
        custody = self._pass_day(now, custody)
        asked = now.asked(TAKEN)
        fresh = ~not_free(custody, asked["person"])
        person, fate, named = asked["person"][fresh], asked["fate"][fresh], asked["named"][fresh]
        now.store(self._take(now, custody, person, fate))
        now[ARRESTS][:] = by_province(now.places, person[fate == DETAINED])
        now[ROLLED_UP][:] = by_province(now.places, person[(fate == DETAINED) & (named == 1)])
        if len(person):
            np.add.at(now[AWAY], now.places.row_of(person), np.uint16(1))
            self._mark(now, person[fate != ABROAD], min(now.scale, MOST_SUFFERED))

    def _pass_day(self, now: Now, custody: Table) -> Table:
        """The table after releases and executions."""
        now[EXECUTIONS].fill(0)
        held = np.flatnonzero(custody["status"] == DETAINED)
        if not len(held):
            return custody
        places, person, status, since = now.places, custody["person"], custody["status"].copy(), custody["since"].copy()
        hazard = 1.0 - exps(-now.p.execution / 365.25)
        draw = now.draws.uniform(EXECUTED, now.day, person[held])
        where = (places.position_of_code, places.first_rows, now.scale)
        table = (person, status, since, custody["until"])
        now.run(pass_day, held, draw, *table, now.day, hazard, *where, now[AWAY], now[EXECUTIONS])
        return custody.replace(status=status, since=since)

    def _take(self, now: Now, custody: Table, person: Any, fate: Any) -> Table:
        if not len(person):
            return custody
        province = now.places.province_of(person)
        low, high = now.p.shortest[province], np.maximum(now.p.longest[province], now.p.shortest[province])
        term = (low + np.floor(now.draws.uniform(TERM, now.day, person) * (high - low + 1))).astype(np.int64)
        until = np.where(fate == DETAINED, now.day + term, 0)
        at = custody.find(person)
        known, new = at >= 0, at < 0
        if known.any():
            columns = {name: custody[name].copy() for name in ("status", "since", "until", "times")}
            columns["status"][at[known]], columns["since"][at[known]], columns["until"][at[known]] = fate[known], now.day, until[known]
            columns["times"][at[known]] += (fate[known] == DETAINED).astype(np.uint16)
            custody = custody.replace(**columns)
        return custody.plus(
            person=person[new], status=fate[new], since=now.day, until=until[new], times=(fate[new] == DETAINED).astype(np.uint16)
        )

    def _mark(self, now: Now, people: Any, most: int) -> None:
        """Mark the rows of those who were taken and of their household mates; `most` 0 clears them."""
        if len(people):
            places = now.places
            where = (places.position_of_code, places.first_rows, now.scale, now[HOUSEHOLD], places.neighbourhood_start)
            now.run(mark, people, *where, most, now[SUFFERED], now[HURT])
