"""Phase 9: units grow over the ties of their members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import copy_rows, fear_at, fears, find_key, friends_of, not_free, sizes_of_units, taken_today
from groundswell.society import (
    AGE,
    APPROACH,
    APPROACHED,
    CUSTODY,
    FEAR,
    FEAR_ADDED,
    FEAR_KEPT,
    FREE,
    HARDSHIP,
    JOIN,
    JOINING,
    LEAST_UNIT,
    LEGITIMACY,
    MEMBERS,
    UNITS,
)


def set_out(person: Any, unit_of: Any, draw: Any, size: Any, taken: Any, approach: Any, position: Any, going: Any) -> int:
    """Which members of live units approach somebody; compiled. Who was taken today does not, and does not count.

    Args:
        person, unit_of, draw: of members: address, position of the unit, and the draw that says whether they would.
        size: members of each unit.
        taken: who was taken today.
        approach: daily chance, by province.
        position: of the province of each code.
        going: receives the positions of those who do, in order.

    Returns:
        how many do.
    """
    free, left, n = np.empty(person.size, np.uint8), np.empty(size.size, np.int64), 0
    copy_rows(size, left)
    for j in range(person.size):
        free[j] = 1
    for i in range(taken.size):
        at = find_key(person, taken[i])
        if at >= 0:
            free[at] = 0
            left[unit_of[at]] -= 1
    for j in range(person.size):
        if draw[j] < approach[position[person[j] >> 32]] and free[j] == 1 and left[unit_of[j]] >= LEAST_UNIT:
            going[n] = j
            n += 1
    return n


def win_over(
    person: Any, owner: Any, friend: Any, members: Any, people: Any, status: Any, times: Any, position: Any, first_rows: Any, scale: int,
    hardship: Any, fear: Any, fear_kept: Any, fear_added: Any, starts: Any, age: Any, legitimacy: Any, willing: Any, former: Any,
    youngest: Any, day: int, approached: int, join: int, key0: Any, key1: Any, chosen: Any, joins: Any,
) -> None:  # fmt: skip
    """Whom each of those who set out approaches, and who of these joins; compiled.

    Args:
        person: who sets out.
        owner, friend: the friends of each, as `friends_of` gives them.
        members: the persons who are members.
        people, status, times: the table of custody.
        position: of the province of each code.
        first_rows: of each province.
        hardship, age: by row.
        fear, fear_kept, fear_added, starts: as in `fear_at`.
        legitimacy, willing, former, youngest: by province.
        approached, join: numbers of the streams.
        chosen, joins: receive the friend, and whether the friend joins; one an element of `person`.
    """
    last = 0
    for j in range(person.size):
        first, joins[j] = last, False
        while last < owner.size and owner[last] == j:
            last += 1
        if last == first:
            continue
        other = friend[first + I64(pair_uniform(person[j], 0, day, approached, key0, key1) * F64(last - first))]
        p, held = position[other >> 32], find_key(people, other)
        row = first_rows[p] + (other & 0xFFFFFFFF) // scale
        chosen[j] = other
        if find_key(members, other) < 0 and (held < 0 or status[held] == FREE) and age[row] >= youngest[p]:
            grievance = (F64(hardship[row]) + F64(0.5)) / F64(65536.0) * (F64(1.0) - F64(legitimacy[p]))
            chance = willing[p] * grievance * (F64(1.0) - fear_at(row, fear, fear_kept, fear_added, starts))
            if held >= 0 and times[held] > 0:
                chance = min(former[p] * chance, F64(1.0))
            joins[j] = pair_uniform(person[j], other, day, join, key0, key1) < chance


@dataclass(frozen=True)
class Recruitment(Mechanism):
    """A member of a live unit approaches one friend at a daily rate; the friend joins with a probability.

    The probability is `willing` times grievance H (1 - L) times (1 - fear), and `former` times that, at most 1, for a
    former prisoner. With contacts = 2 or more, the friend joins only if that many friends belong to units (complex
    contagion).
    """

    approach: float = parameter(0.01, unit="1/day", range=(0, 1), doc="Daily chance that a member approaches a friend.", source="assumed")
    willing: float = parameter(
        0.5, unit="1", range=(0, 1), doc="Chance that a friend with full grievance and no fear joins.", source="assumed"
    )
    former: float = parameter(
        2.0, unit="1", range=(0, 100), doc="How much more willing a former prisoner is; 1: as anybody.", source="assumed"
    )
    contacts: float = parameter(1, unit="friends", range=(1, 20), doc="Friends in units that joining needs.", source="assumed", whole=True)
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age of a member.", source="assumed")

    reads = (MEMBERS, UNITS, CUSTODY, FEAR, FEAR_KEPT, FEAR_ADDED, HARDSHIP, LEGITIMACY, AGE)
    adds = (JOINING,)
    draws = (APPROACH, APPROACHED, JOIN)

    def day(self, now: Now) -> None:
        """Draw approaches and who joins."""
        members, units, custody, p = now.table(MEMBERS), now.table(UNITS), now.table(CUSTODY), now.p
        if not len(members):
            return
        people, theirs, keys = custody["person"], members["person"], now.draws.keys
        going = np.empty(len(members), np.int64)
        draw, size = now.draws.uniform(APPROACH, now.day, theirs), sizes_of_units(units, members)
        which = (theirs, members.among("unit", units), draw, size, taken_today(custody, now.day))
        n = now.run(set_out, *which, p.approach, now.places.position_of_code, going)
        if n == 0:
            return
        person = theirs[going[:n]]
        owner, friend = friends_of(now, person)
        chosen, joins = np.empty(n, np.int64), np.empty(n, np.bool_)
        where = (now.places.position_of_code, now.places.first_rows, now.scale)
        about = (now[HARDSHIP], *fears(now), now[AGE], now[LEGITIMACY], p.willing, p.former, p.youngest)
        held = (people, custody["status"], custody["times"])
        streams = (now.day, APPROACHED.number, JOIN.number, *keys)
        now.run(win_over, person, owner, friend, theirs, *held, *where, *about, *streams, chosen, joins)
        if joins.any():
            self._ask(now, chosen[joins], members["unit"][going[:n][joins]])

    def _ask(self, now: Now, friend: Any, unit: Any) -> None:
        """Ask for those who join, where they have friends enough in units."""
        if (now.p.contacts > 1).any():
            owner, other = friends_of(now, friend)
            known = now.table(MEMBERS).has(other) & ~not_free(now.table(CUSTODY), other)
            enough = np.bincount(owner[known], minlength=len(friend)) >= now.p.contacts[now.places.province_of(friend)]
            friend, unit = friend[enough], unit[enough]
        now.ask(JOINING, 1, person=friend, unit=unit, organisation=0)
