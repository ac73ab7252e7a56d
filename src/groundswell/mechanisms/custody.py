"""Phase 8: detention, release, execution, death and absence; nobody is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, U8, U16, exps
from groundswell.core.columns import Table
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import copy_rows, first_above, neighbourhood_at
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


def open_rows(table: Any, taken: Any, at: Any, person: Any, status: Any, since: Any, until: Any, times: Any) -> int:
    """Copy the table of custody, with a row of one who is free for everyone who may be taken and has none; compiled.

    Args:
        table: its columns.
        taken: who may be, in order.
        at: receives the row of each.
        person, status, since, until, times: room for the new table.

    Returns:
        how many rows it has.
    """
    low = new = 0
    for j in range(taken.size + 1):
        high = first_above(table[0], taken[j]) if j < taken.size else table[0].size
        copy_rows(table[0][low:high], person[low + new :])
        copy_rows(table[1][low:high], status[low + new :])
        copy_rows(table[2][low:high], since[low + new :])
        copy_rows(table[3][low:high], until[low + new :])
        copy_rows(table[4][low:high], times[low + new :])
        if j < taken.size:
            if high == 0 or table[0][high - 1] != taken[j]:
                to = high + new
                person[to], status[to], since[to], until[to], times[to] = taken[j], FREE, -1, 0, 0
                new += 1
            at[j] = high + new - 1
        low = high
    return int(table[0].size + new)


def pass_day(
    draw: Any, person: Any, status: Any, since: Any, until: Any, day: int, hazard: Any, position: Any, first_rows: Any, scale: int,
    away: Any, executions: Any,
) -> int:  # fmt: skip
    """Release whose term has ended, execute others by the hazard; compiled.

    Args:
        draw: a uniform number for each who is detained, in order.
        person, status, since, until: the table of custody; status and since are changed.
        hazard: of a day, by province.
        position: of the province of each code.
        first_rows: of each province.
        away: of each row; lowered by the released.
        executions: by province; raised.

    Returns:
        how many were released or executed.
    """
    held, n, changed = np.empty(person.size + 1, np.int64), 0, 0
    for i in range(person.size):  # without a branch, which a processor would guess wrong
        held[n] = i
        n += status[i] == DETAINED
    for j in range(n):
        i = held[j]
        p = position[person[i] >> 32]
        if until[i] <= day:
            status[i] = FREE
            away[first_rows[p] + (person[i] & 0xFFFFFFFF) // scale] -= U16(1)
            changed += 1
        elif draw[j] < hazard[p]:
            status[i], since[i] = DEAD, day
            executions[p] += 1
            changed += 1
    return changed


def mark(own: int, household: Any, neighbourhoods: Any, most: int, suffered: Any, hurt: Any) -> None:
    """Count one who was taken in the row and in those of the household mates; compiled.

    Args:
        own: the row.
        neighbourhoods: first row of each, and the number of rows.
        most: what a row's count stops at; 0 clears.
        suffered, hurt: changed.
    """
    first, size = own - I64(household[own] & U8(15)), I64(max(household[own] >> U8(4), 1))
    hood = neighbourhood_at(neighbourhoods, own)  # households never cross one
    for row in range(first, first + size):
        suffered[row] = min(I64(suffered[row]) + 1, most)
    hurt[hood] = hurt[hood] + size if most else 0


def settle(
    table: Any, draw: Any, taken: Any, fate: Any, named: Any, day: int, hazard: Any, shortest: Any, longest: Any, term: int, key0: Any,
    key1: Any, position: Any, first_rows: Any, scale: int, household: Any, neighbourhoods: Any, away: Any, suffered: Any, hurt: Any,
    arrests: Any, rolled_up: Any, executions: Any, person: Any, status: Any, since: Any, until: Any, times: Any,
) -> Any:  # fmt: skip
    """One day of custody; compiled.

    Args:
        table: the columns of the table of custody.
        draw: as in `pass_day`.
        taken, fate, named: who may be taken, in order, and what the queue says of each.
        hazard, shortest, longest: by province.
        term: number of the stream of terms.
        position, first_rows: as in `pass_day`.
        household, neighbourhoods: as in `mark`.
        away, suffered, hurt: of rows and neighbourhoods; changed.
        arrests, rolled_up, executions: by province; raised.
        person, status, since, until, times: room for the rows of the table and of all who may be taken; receives the new table.

    Returns:
        how many rows it has, and how many are not as they were.
    """
    at = np.empty(taken.size, np.int64)
    rows = open_rows(table, taken, at, person, status, since, until, times)
    for i in range(rows):
        if since[i] == day - 1:
            mark(first_rows[position[person[i] >> 32]] + (person[i] & 0xFFFFFFFF) // scale, household, neighbourhoods, 0, suffered, hurt)
    where = (position, first_rows, scale, away, executions)
    changed = pass_day(draw, person[:rows], status, since, until, day, hazard, *where)
    for j in range(taken.size):
        i = at[j]
        if status[i] == FREE:
            p, arrested = position[taken[j] >> 32], fate[j] == DETAINED
            row = first_rows[p] + (taken[j] & 0xFFFFFFFF) // scale
            away[row] += U16(1)
            arrests[p] += arrested
            rolled_up[p] += arrested and named[j] == 1
            if fate[j] != ABROAD:
                mark(row, household, neighbourhoods, min(scale, MOST_SUFFERED), suffered, hurt)
            span = F64(max(longest[p], shortest[p])) - shortest[p] + F64(1.0)
            days = shortest[p] + F64(I64(pair_uniform(taken[j], 0, day, term, key0, key1) * span))
            status[i], since[i], until[i] = fate[j], day, day + I64(days) if arrested else 0
            times[i] += U16(arrested)
            changed += 1
    return rows, changed


def busy_until(custody: Table) -> float:
    """The last day on which something is due to those in the table: for ever where some are detained."""
    if (custody["status"] == DETAINED).any():
        return np.inf
    return float(custody["since"].max(initial=-1)) + 1.0


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
        """Release, execute, take; mark who suffered by it, and nobody who did so yesterday."""
        counts = now[ARRESTS], now[ROLLED_UP], now[EXECUTIONS]
        for column in counts:
            column.fill(0)
        custody, asked, p, places = now.table(CUSTODY), now.asked(TAKEN), now.p, now.places
        if not len(asked["person"]) and now.day > now.remember("busy", (custody,), lambda: busy_until(custody)):
            return
        room = custody.room(len(asked["person"]))
        hazard = now.remember("hazard", (p,), lambda: 1.0 - exps(-p.execution / 365.25))
        draw = now.draws.uniform(EXECUTED, now.day, custody["person"][custody["status"] == DETAINED])
        taken = (draw, asked["person"], asked["fate"], asked["named"])
        law = (now.day, hazard, p.shortest, p.longest, TERM.number, *now.draws.keys)
        where = (places.position_of_code, places.first_rows, now.scale, now[HOUSEHOLD], places.neighbourhood_start)
        changes = (now[AWAY], now[SUFFERED], now[HURT], *counts)
        rows, changed = now.run(settle, tuple(custody[name] for name in room), *taken, *law, *where, *changes, *room.values())
        if changed:
            now.store(Table(CUSTODY, {name: a[:rows] for name, a in room.items()}, ordered=True))
