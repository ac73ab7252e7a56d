"""Phase 8: detention, release, execution, death and absence; nobody is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import exps
from groundswell.core.columns import Table
from groundswell.core.layers import household_mates
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
        yesterday = custody["person"][custody["since"] == now.day - 1]
        self._suffering(now, yesterday, clear=True)
        custody = self._release(now, custody)
        custody = self._execute(now, custody)
        asked = now.asked(TAKEN)
        fresh = ~not_free(custody, asked["person"])
        person, fate, named = asked["person"][fresh], asked["fate"][fresh], asked["named"][fresh]
        now.store(self._take(now, custody, person, fate))
        np.add.at(now[AWAY], now.places.row_of(person), np.uint16(1))
        now[ARRESTS][:] = by_province(now.places, person[fate == DETAINED])
        now[ROLLED_UP][:] = by_province(now.places, person[(fate == DETAINED) & (named == 1)])
        self._suffering(now, person[fate != ABROAD], clear=False)

    def _release(self, now: Now, custody: Table) -> Table:
        out = (custody["status"] == DETAINED) & (custody["until"] <= now.day)
        if not out.any():
            return custody
        np.subtract.at(now[AWAY], now.places.row_of(custody["person"][out]), np.uint16(1))
        return custody.replace(status=np.where(out, FREE, custody["status"]).astype(np.uint8))

    def _execute(self, now: Now, custody: Table) -> Table:
        now[EXECUTIONS].fill(0)
        held = np.flatnonzero(custody["status"] == DETAINED)
        if not len(held) or not now.p.execution.any():
            return custody
        people = custody["person"][held]
        hazard = 1.0 - exps(-now.p.execution[now.places.province_of(people)] / 365.25)
        doomed = now.draws.coin(EXECUTED, now.day, hazard, people)
        gone = held[doomed]
        now[EXECUTIONS][:] = by_province(now.places, people[doomed])
        status, since = custody["status"].copy(), custody["since"].copy()
        status[gone], since[gone] = DEAD, now.day
        return custody.replace(status=status, since=since)

    def _take(self, now: Now, custody: Table, person: Any, fate: Any) -> Table:
        province = now.places.province_of(person)
        low, high = now.p.shortest[province], np.maximum(now.p.longest[province], now.p.shortest[province])
        term = (low + np.floor(now.draws.uniform(TERM, now.day, person) * (high - low + 1))).astype(np.int64)
        until = np.where(fate == DETAINED, now.day + term, 0)
        at = custody.find(person)
        known = at >= 0
        columns = {name: a.copy() for name, a in custody.columns.items()}
        columns["status"][at[known]], columns["since"][at[known]], columns["until"][at[known]] = fate[known], now.day, until[known]
        columns["times"][at[known]] += (fate[known] == DETAINED).astype(np.uint16)
        new = ~known
        return Table(CUSTODY, columns).plus(
            person=person[new], status=fate[new], since=now.day, until=until[new], times=(fate[new] == DETAINED).astype(np.uint16)
        )

    def _suffering(self, now: Now, people: Any, *, clear: bool) -> None:
        """Mark (or clear) the rows of those who were taken and of their household mates."""
        if not len(people):
            return
        rows = now.places.row_of(people)
        _, mate = household_mates(now[HOUSEHOLD], rows)
        touched = np.concatenate([rows, mate])
        if clear:
            now[SUFFERED][touched] = 0
            now[HURT][now.places.neighbourhood_of(touched)] = 0
        else:
            row, count = np.unique(touched, return_counts=True)
            now[SUFFERED][row] = np.minimum(count, min(now.scale, MOST_SUFFERED))
            np.add.at(now[HURT], now.places.neighbourhood_of(touched), 1)
