"""Phase 2: organisations found units, call them to act, push a frame, and may join one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import find_key, live_units, neighbourhood_at, province_of_key
from groundswell.society import (
    AGE,
    CALLS,
    CUSTODY,
    FOUND,
    FOUNDER,
    FREE,
    JOINING,
    MEMBERS,
    MERGERS,
    MOVEMENT_OVER,
    MULTIPLY,
    PUSHED_FRAMES,
    UNITS,
)

DRAWN = 2  # persons drawn for each whom a unit needs, and two more, for some are children; the first who can be members found it
INITIAL, SIBLING, OTHERS, LANE = 1 << 20, 1 << 24, 1 << 25, 26  # lanes of draws; those of an organisation start at its number << LANE


@dataclass(frozen=True)
class Organisation(Mechanism):
    """An organisation: a headquarters that founds units and calls them to act.

    A new unit is `founders` people of one neighbourhood, whom chance brings together; people join it over ties later.
    The organisation founds `rate` units a year per million residents; each of its live units helps to found another, in
    a neighbourhood of its own city, at `multiply` a day. A call raises the rate of acts of the units that hear it. An
    organisation that has merged into another goes on to found and to call, for the other. Once the movement is over none does.
    """

    rate: float = parameter(0.0, unit="1/year/million", range=(0, 1e6), doc="Units founded by the organisation.", source="assumed")
    multiply: float = parameter(
        0.0, unit="1/day", range=(0, 1), doc="Daily chance that a live unit helps to found another.", source="assumed"
    )
    initial: float = parameter(0.0, unit="1/million", range=(0, 1e6), doc="Units per million residents at the start.", source="assumed")
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age of a founder.", source="assumed")
    founders: float = parameter(
        3,
        unit="persons",
        range=(3, 100),
        doc="Persons who found a unit.",
        source="three or more, as the founding article describes units",
        whole=True,
    )
    call: float = parameter(0.0, unit="1", range=(0, 100), doc="How much a call raises the rate of acts; 0: none.", source="assumed")
    reach: float = parameter(0.7, unit="1", range=(0, 1), doc="Chance that a live unit hears a call of its organisation.", source="assumed")
    online: float = parameter(0.5, unit="1", range=(0, 1), doc="Share of that chance that needs the internet.", source="assumed")
    frame: float = parameter(1, unit="index", range=(1, 3), doc="The frame that its units push.", source="assumed", whole=True)
    into: float = parameter(
        0,
        unit="number",
        range=(0, 3),
        doc="The organisation that it has joined, from the date of the change; 0: none.",
        source="assumed",
        whole=True,
    )

    number: ClassVar[int] = 0

    reads = (UNITS, MEMBERS, CUSTODY, AGE, MOVEMENT_OVER)
    adds = (JOINING, CALLS, MERGERS)
    draws = (FOUND, FOUNDER, MULTIPLY)

    def begin(self, now: Now) -> None:
        """Found the initial units, on the first day."""
        if now.p.initial.any():
            self._central(now, now.p.initial * now.places.represented(PROVINCE) / 1e6, 2, INITIAL)

    def day(self, now: Now) -> None:
        """Found today's units, call, push the frame, and join another organisation where that is due."""
        p = now.p
        now[PUSHED_FRAMES[self.number - 1]][:] = p.frame
        expected, (founds, multiplies, calls, joins) = now.remember("does", (p,), lambda: self._does(now))
        if now[MOVEMENT_OVER][0]:
            return
        if founds:
            self._central(now, expected, 1, 0)
        if multiplies:
            self._multiply(now)
        if calls:
            at = np.flatnonzero(p.call)
            key = (self.number << 32) | now.places.codes[at]
            now.ask(CALLS, 0, call=key, strength=p.call[at], reach=p.reach[at], online=p.online[at])
        if joins:
            now.ask(MERGERS, 0, organisation=self.number, into=int(p.into.max()))

    def _does(self, now: Now) -> tuple[Any, tuple[bool, ...]]:
        """The units that it founds a day, by province; and whether it does any of that at all, multiplies, calls and joins."""
        p = now.p
        expected = p.rate / 365.25 * now.places.represented(PROVINCE) / 1e6
        return expected, tuple(bool(v.any()) for v in (p.rate, p.multiply, p.call, p.into))

    @property
    def _lane(self) -> int:
        """Where the draws of this organisation start: two organisations share none."""
        return (self.number - 1) << LANE

    def _central(self, now: Now, expected: Any, lane: int, first: int) -> None:
        """Central founding, so many by province: each founder is drawn among the residents of the province."""
        people, codes = now.places.represented(PROVINCE), now.places.codes << 32
        count = (expected + now.draws.uniform(FOUND, now.day, codes, lane + self._lane)).astype(np.int64)
        if not count.any():
            return
        owner = np.repeat(np.arange(len(count)), count)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + first + self._lane
        index = (now.draws.uniform(FOUNDER, now.day, codes[owner], number) * people[owner]).astype(np.int64)
        self._gather(now, codes[owner] | index)

    def _multiply(self, now: Now) -> None:
        """A live unit helps to found another among residents of its city."""
        units, places = now.table(UNITS), now.places
        mine = live_units(units) & (units["organisation"] == self.number)
        key, row = units["unit"][mine], units["row"][mine]
        hit = now.draws.coin(MULTIPLY, now.day, now.p.multiply[province_of_key(places, key)], key >> 16, key & 0xFFFF)
        key, row = key[hit], row[hit]
        starts = places.neighbourhood_start[places.city_start]
        city = np.searchsorted(starts, row, side="right") - 1
        u = now.draws.uniform(FOUNDER, now.day, key >> 16, (key & 0xFFFF) | SIBLING)
        low, high = starts[city] * now.scale, starts[city + 1] * now.scale
        chosen = low + (u * (high - low)).astype(np.int64)
        self._gather(now, places.address_of(chosen // now.scale, chosen % now.scale))

    def _gather(self, now: Now, founders: Any) -> None:
        """Bring each founder together with others of the neighbourhood; as many as it needs that can be members become a unit."""
        if not len(founders):
            return
        p, places, custody = now.p, now.places, now.table(CUSTODY)
        lane = np.arange(1, DRAWN * int(p.founders.max()) + 2) | OTHERS
        draw = now.draws.uniform(FOUNDER, now.day, founders[:, None], lane[None, :] + self._lane)
        people, able = np.empty((len(founders), len(lane) + 1), np.int64), np.empty((len(founders), len(lane) + 1), np.bool_)
        where = (places.position_of_code, places.first_rows, now.scale, places.neighbourhood_start, now[AGE])
        held = (custody["person"], custody["status"])
        now.run(look_around, founders, draw, p.youngest, *where, now.table(MEMBERS)["person"], *held, people, able)
        sizes = p.founders[places.province_of(founders)].astype(np.int64).tolist()
        taken: set[int] = set()
        for one, can, size in zip(people, able, sizes, strict=True):
            group = [person for person in dict.fromkeys(one[can].tolist()) if person not in taken][:size]
            if len(group) == size:
                taken.update(group)
                now.ask(JOINING, 0, person=np.array(group), unit=(min(group) << 16) | now.day, organisation=self.number)


def look_around(
    founders: Any, draw: Any, youngest: Any, position: Any, first_rows: Any, scale: int, starts: Any, age: Any, members: Any, people: Any,
    status: Any, found: Any, able: Any,
) -> None:  # fmt: skip
    """Who is met in the neighbourhood of each founder, and who of them can be a member; compiled.

    Args:
        founders: addresses.
        draw: which others each founder meets; shape (founders, others).
        youngest: by province.
        position: of the province of each code.
        first_rows: of each province; `starts` of each neighbourhood.
        age: by row.
        members: who is a member, in order.
        people, status: the table of custody.
        found, able: receive each founder and the others, and who can; shape (founders, 1 + others).
    """
    for i in range(founders.size):
        p = position[founders[i] >> 32]
        base, first = founders[i] & ~0xFFFFFFFF, first_rows[p] * scale
        hood = neighbourhood_at(starts, first_rows[p] + (founders[i] & 0xFFFFFFFF) // scale)
        low, high = starts[hood] * scale, starts[hood + 1] * scale
        for k in range(found.shape[1]):
            one = founders[i] if k == 0 else base | (low + I64(draw[i, k - 1] * F64(high - low)) - first)
            held = find_key(people, one)
            free = (held < 0 or status[held] == FREE) and find_key(members, one) < 0
            found[i, k], able[i, k] = one, free and age[first_rows[p] + (one & 0xFFFFFFFF) // scale] >= youngest[p]


@dataclass(frozen=True)
class FirstOrganisation(Organisation):
    """The organisation whose units the model is about."""

    rate: float = parameter(1.5, unit="1/year/million", range=(0, 1e6), doc="Units founded by the organisation.", source="assumed")
    initial: float = parameter(4.0, unit="1/million", range=(0, 1e6), doc="Units per million residents at the start.", source="assumed")

    number: ClassVar[int] = 1
    writes = (PUSHED_FRAMES[0],)


@dataclass(frozen=True)
class SecondOrganisation(Organisation):
    """A second organisation; without units unless a case gives it some."""

    number: ClassVar[int] = 2
    writes = (PUSHED_FRAMES[1],)


@dataclass(frozen=True)
class ThirdOrganisation(Organisation):
    """A third organisation; without units unless a case gives it some."""

    number: ClassVar[int] = 3
    writes = (PUSHED_FRAMES[2],)
