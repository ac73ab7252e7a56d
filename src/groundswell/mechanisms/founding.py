"""Phase 9: units are founded by the organisation, or with the help of another unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import free_members, not_free, province_of_key, sizes_of_units
from groundswell.society import AGE, CUSTODY, FOUND, FOUNDER, JOINING, LEAST_UNIT, MEMBERS, MULTIPLY, UNITS

ATTEMPTS = 8  # persons drawn for each unit; the first three that can be members found it


@dataclass(frozen=True)
class Founding(Mechanism):
    """A new unit is three people of one neighbourhood, whom chance brings together; people join it over ties later.

    The organisation founds `rate` units a year per million residents; each live unit helps to found another, in a
    neighbourhood of its own city, at `multiply` a day.
    """

    rate: float = parameter(1.5, unit="1/year/million", range=(0, 1e6), doc="Units founded by the organisation.", source="assumed")
    multiply: float = parameter(
        0.0, unit="1/day", range=(0, 1), doc="Daily chance that a live unit helps to found another.", source="assumed"
    )
    initial: float = parameter(4.0, unit="1/million", range=(0, 1e6), doc="Units per million residents at the start.", source="assumed")
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age of a member.", source="assumed")

    reads = (UNITS, MEMBERS, CUSTODY, AGE)
    adds = (JOINING,)
    draws = (FOUND, FOUNDER, MULTIPLY)

    def begin(self, now: Now) -> None:
        """Found the initial units, on the first day."""
        expected = now.p.initial * now.places.represented(PROVINCE) / 1e6
        self._found(now, np.floor(expected + now.draws.uniform(FOUND, now.day, now.places.codes << 32, 2)).astype(np.int64), 1 << 20)

    def day(self, now: Now) -> None:
        """Found today's units."""
        expected = now.p.rate * now.places.represented(PROVINCE) / 1e6 / 365.25
        u = now.draws.uniform(FOUND, now.day, now.places.codes << 32, 1)
        self._found(now, np.floor(expected + u).astype(np.int64), 0)
        if now.p.multiply.any():
            self._multiply(now)

    def _found(self, now: Now, count: Any, lane: int) -> None:
        """Central founding: a founder drawn among the residents of the province."""
        owner = np.repeat(np.arange(len(count)), count)
        number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + lane
        people, codes = now.places.represented(PROVINCE), now.places.codes << 32
        index = (now.draws.uniform(FOUNDER, now.day, codes[owner], number) * people[owner]).astype(np.int64)
        self._gather(now, codes[owner] | index)

    def _multiply(self, now: Now) -> None:
        """A live unit helps to found another among residents of its city."""
        units, places = now.table(UNITS), now.places
        live = sizes_of_units(units, free_members(now.table(MEMBERS), now.table(CUSTODY))) >= LEAST_UNIT
        key, row = units["unit"][live], units["row"][live]
        hit = now.draws.coin(MULTIPLY, now.day, now.p.multiply[province_of_key(places, key)], key >> 16, key & 0xFFFF)
        key, row = key[hit], row[hit]
        starts = places.neighbourhood_start[places.city_start]
        city = np.searchsorted(starts, row, side="right") - 1
        u = now.draws.uniform(FOUNDER, now.day, key >> 16, (key & 0xFFFF) | 1 << 24)
        low, high = starts[city] * now.scale, starts[city + 1] * now.scale
        chosen = low + (u * (high - low)).astype(np.int64)
        self._gather(now, places.address_of(chosen // now.scale, chosen % now.scale))

    def _gather(self, now: Now, founders: Any) -> None:
        """Bring each founder together with others of the neighbourhood; three that can be members become a unit."""
        if not len(founders):
            return
        places, s = now.places, now.scale
        hood = places.neighbourhood_of(places.row_of(founders))
        low, high = places.neighbourhood_start[hood] * s, places.neighbourhood_start[hood + 1] * s
        lane = np.arange(1, ATTEMPTS) | 1 << 25
        u = now.draws.uniform(FOUNDER, now.day, founders[:, None], lane[None, :])
        other = (low[:, None] + (u * (high - low)[:, None]).astype(np.int64)).astype(np.int64)
        people = np.concatenate([founders[:, None], places.address_of(other // s, other % s)], axis=1)
        flat = people.reshape(-1)
        able = ~not_free(now.table(CUSTODY), flat) & ~now.table(MEMBERS).has(flat)
        able &= now[AGE][places.row_of(flat)] >= now.p.youngest[places.province_of(flat)]
        for one, can in zip(people, able.reshape(people.shape), strict=True):
            trio = list(dict.fromkeys(one[can].tolist()))[:LEAST_UNIT]
            if len(trio) == LEAST_UNIT:
                now.ask(JOINING, 0, person=np.array(trio), unit=(min(trio) << 16) | now.day)
