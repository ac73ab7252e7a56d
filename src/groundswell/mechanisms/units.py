"""Phase 9: the life of units: they take members in, split, sleep, dissolve, and are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import free_members, province_of_key, sizes_of_units
from groundswell.society import CUSTODY, INFORM, JOINING, LEAST_UNIT, LOSE, MEMBERS, SIDE, SPLIT, UNITS


@dataclass(frozen=True)
class Units(Mechanism):
    """Owns units and membership.

    Members who are detained, dead or abroad leave; those who ask join; a live unit is lost at a daily rate for
    reasons outside the model; a unit of `split_size` or more splits at a daily rate; a unit below three sleeps and
    dissolves when it has slept for `patience` days.
    """

    loss: float = parameter(0.0002, unit="1/day", range=(0, 1), doc="Daily chance that a live unit breaks up.", source="assumed")
    split_size: float = parameter(
        8, unit="persons", range=(6, 10000), doc="Size from which a unit may split.", source="assumed", whole=True
    )
    split_rate: float = parameter(0.05, unit="1/day", range=(0, 1), doc="Daily chance that a unit of that size splits.", source="assumed")
    patience: float = parameter(
        120, unit="days", range=(1, 40000), doc="Days that a unit sleeps before it dissolves.", source="assumed", whole=True
    )
    informers: float = parameter(
        0.01,
        unit="1",
        range=(0, 1),
        doc="Chance that a recruit informs.",
        source="assumed",
    )

    reads = (JOINING, CUSTODY)
    writes = (MEMBERS, UNITS)
    draws = (INFORM, LOSE, SPLIT, SIDE)

    def begin(self, now: Now) -> None:
        """Take in the initial units."""
        self._join(now)

    def day(self, now: Now) -> None:
        """One day of every unit."""
        now.store(free_members(now.table(MEMBERS), now.table(CUSTODY)))
        self._join(now)
        self._lose(now)
        self._split(now)
        self._sleep(now)

    def _join(self, now: Now) -> None:
        asked, members, units = now.asked(JOINING), now.table(MEMBERS), now.table(UNITS)
        if not len(asked["person"]):
            return
        person, unit = asked["person"], asked["unit"]
        founded = np.unique(unit)
        new = ~units.has(founded)
        now.store(units.plus(unit=founded[new], row=now.places.row_of(founded[new] >> 16), small_since=0))
        informs = now.draws.coin(INFORM, now.day, now.p.informers[now.places.province_of(person)], person)
        now.store(members.plus(person=person, unit=unit, joined=now.day, informer=informs.astype(np.uint8)))

    def _lose(self, now: Now) -> None:
        units, members = now.table(UNITS), now.table(MEMBERS)
        if not len(units) or not now.p.loss.any():
            return
        live = sizes_of_units(units, members) >= LEAST_UNIT
        key = units["unit"]
        lost = live & now.draws.coin(LOSE, now.day, now.p.loss[province_of_key(now.places, key)], key >> 16, key & 0xFFFF)
        self._drop(now, lost)

    def _drop(self, now: Now, gone: Any) -> None:
        if gone.any():
            units, members = now.table(UNITS), now.table(MEMBERS)
            now.store(members.where(~np.isin(members["unit"], units["unit"][gone])))
            now.store(units.where(~gone))

    def _split(self, now: Now) -> None:
        units, members = now.table(UNITS), now.table(MEMBERS)
        key = units["unit"]
        province = province_of_key(now.places, key)
        large = sizes_of_units(units, members) >= now.p.split_size[province]
        large &= (key & 0xFFFF) != now.day  # else its founder could found a second unit of the same key
        splitting = key[large][now.draws.coin(SPLIT, now.day, now.p.split_rate[province[large]], key[large] >> 16, key[large] & 0xFFFF)]
        for one in splitting:  # few a day
            mine = np.flatnonzero(members["unit"] == one)
            order = mine[np.lexsort([members["person"][mine], now.draws.uniform(SIDE, now.day, members["person"][mine])])]
            leaving = order[: len(order) // 2]
            founder = int(members["person"][leaving].min())
            new = (founder << 16) | now.day
            unit = members["unit"].copy()
            unit[leaving] = new
            members = members.replace(unit=unit)
            units = units.plus(unit=new, row=now.places.row_of(founder), small_since=0)
        now.store(members)
        now.store(units)

    def _sleep(self, now: Now) -> None:
        units, members = now.table(UNITS), now.table(MEMBERS)
        small = sizes_of_units(units, members) < LEAST_UNIT
        since = np.where(small, np.where(units["small_since"] > 0, units["small_since"], now.day), 0)
        now.store(units.replace(small_since=since.astype(np.int32)))
        patience = now.p.patience[province_of_key(now.places, units["unit"])]
        self._drop(now, small & (now.day - since >= patience))
