"""Phase 9: the life of units: they take members in, split, sleep, merge, dissolve, and are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.columns import Column, Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import (
    by_province,
    free_members,
    friends_of,
    live_units,
    members_of,
    not_free,
    province_of_key,
    sizes_of_units,
    survivors,
)
from groundswell.society import (
    CUSTODY,
    FORMER_MEMBERS,
    INFORM,
    JOINING,
    LEAST_UNIT,
    LOSE,
    MEMBERS,
    MERGE,
    MERGE_INTO,
    ORGANISATIONS,
    PLACE,
    SIDE,
    SPLIT,
    UNITS,
    UNITS_DISSOLVED,
    UNITS_FOUNDED,
    UNITS_MERGED,
    UNITS_SPLIT,
)


@dataclass(frozen=True)
class Units(Mechanism):
    """Owns units and membership.

    Members who are detained, dead or abroad leave; those who ask join; a live unit is lost at a daily rate for
    reasons outside the model; a unit of `split_size` or more splits at a daily rate; a unit below three sleeps. At a
    daily rate it looks for a live unit of its organisation in which one of its members has a friend, or the organisation
    puts it in touch with one of its city, and it goes over whole; it dissolves when it has slept for `patience` days.
    """

    loss: float = parameter(0.0002, unit="1/day", range=(0, 1), doc="Daily chance that a live unit breaks up.", source="assumed")
    split_size: float = parameter(
        8, unit="persons", range=(6, 10000), doc="Size from which a unit may split.", source="assumed", whole=True
    )
    split_rate: float = parameter(0.05, unit="1/day", range=(0, 1), doc="Daily chance that a unit of that size splits.", source="assumed")
    merge: float = parameter(
        0.05, unit="1/day", range=(0, 1), doc="Daily chance that a sleeping unit looks for a live one to join.", source="assumed"
    )
    placement: float = parameter(
        0.003,
        unit="1/day",
        range=(0, 1),
        doc="Daily chance that the organisation puts a sleeping unit in touch with a live one of its city.",
        source="assumed",
    )
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

    reads = (JOINING, CUSTODY, ORGANISATIONS)
    writes = (MEMBERS, UNITS, UNITS_FOUNDED, UNITS_SPLIT, UNITS_DISSOLVED, UNITS_MERGED, FORMER_MEMBERS)
    draws = (INFORM, LOSE, SPLIT, SIDE, MERGE, MERGE_INTO, PLACE)

    def begin(self, now: Now) -> None:
        """Take in the initial units."""
        self._join(now)

    def day(self, now: Now) -> None:
        """One day of every unit."""
        for column in (UNITS_FOUNDED, UNITS_SPLIT, UNITS_DISSOLVED, UNITS_MERGED):
            now[column].fill(0)
        now.store(free_members(now.table(MEMBERS), now.table(CUSTODY)))
        self._count(now, UNITS_FOUNDED, self._join(now))
        self._lose(now)
        size = sizes_of_units(now.table(UNITS), now.table(MEMBERS))
        if self._split(now, size):
            size = sizes_of_units(now.table(UNITS), now.table(MEMBERS))
        self._sleep(now, size < LEAST_UNIT)
        now[FORMER_MEMBERS][:] = now.table(MEMBERS)["former"].sum(dtype=np.int64)

    def _count(self, now: Now, column: Column, units: Any) -> None:
        """Count units by the province in which they live."""
        if len(units):
            now[column][:] += by_province(now.places, units >> 16)

    def _join(self, now: Now) -> Any:
        """Take in who asks and is still free; a unit that fewer than three found is not founded. Returns the keys of new units."""
        asked, custody = now.asked(JOINING), now.table(CUSTODY)
        free = ~not_free(custody, asked["person"])
        person, unit, organisation = asked["person"][free], asked["unit"][free], asked["organisation"][free]
        units = now.table(UNITS)
        founded, group = np.unique(unit, return_inverse=True)
        known, size = units.has(founded), np.bincount(group, minlength=len(founded))
        stays = (known | (size >= LEAST_UNIT))[group]
        person, unit = person[stays], unit[stays]
        if not len(person):
            return person
        of = np.full(len(founded), 255, np.uint8)
        np.minimum.at(of, group, organisation)
        new = ~known & (size >= LEAST_UNIT)
        key, row = founded[new], now.places.row_of(founded[new] >> 16)
        now.store(units.plus(unit=key, row=row, small_since=0, organisation=survivors(now.table(ORGANISATIONS), of[new])))
        informs = now.draws.coin(INFORM, now.day, now.p.informers[now.places.province_of(person)], person)
        at = custody.find(person)
        former = (at >= 0) & (custody["times"][at] > 0) if len(custody) else np.zeros(len(person), bool)
        members = now.table(MEMBERS)
        now.store(members.plus(person=person, unit=unit, joined=now.day, informer=informs.astype(np.uint8), former=former))
        return key

    def _lose(self, now: Now) -> None:
        units, members = now.table(UNITS), now.table(MEMBERS)
        if not len(units) or not now.p.loss.any():
            return
        key = units["unit"]
        lost = now.draws.coin(LOSE, now.day, now.p.loss[province_of_key(now.places, key)], key >> 16, key & 0xFFFF)
        if lost.any():
            self._drop(now, lost & (sizes_of_units(units, members) >= LEAST_UNIT))

    def _drop(self, now: Now, gone: Any) -> None:
        if gone.any():
            units, members = now.table(UNITS), now.table(MEMBERS)
            self._count(now, UNITS_DISSOLVED, units["unit"][gone])
            now.store(members.where(~members_of(units, members, gone)))
            now.store(units.where(~gone))

    def _split(self, now: Now, size: Any) -> bool:
        """Split large units; whether any did."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        key = units["unit"]
        province = province_of_key(now.places, key)
        large = (size >= now.p.split_size[province]) & ((key & 0xFFFF) != now.day)  # else its founder could found a second of the same key
        splitting = np.flatnonzero(large)
        if not len(splitting):
            return False
        chance = now.p.split_rate[province[splitting]]
        splitting = splitting[now.draws.coin(SPLIT, now.day, chance, key[splitting] >> 16, key[splitting] & 0xFFFF)]
        if not len(splitting):
            return False
        unit, made = members["unit"].copy(), []
        for one in splitting:  # few a day
            mine = np.flatnonzero(members["unit"] == key[one])
            order = mine[np.lexsort([members["person"][mine], now.draws.uniform(SIDE, now.day, members["person"][mine])])]
            leaving = order[: len(order) // 2]
            made.append((int(members["person"][leaving].min()) << 16) | now.day)
            unit[leaving] = made[-1]
        new = np.array(made, np.int64)
        now.store(members.replace(unit=unit))
        now.store(units.plus(unit=new, row=now.places.row_of(new >> 16), small_since=0, organisation=units["organisation"][splitting]))
        self._count(now, UNITS_SPLIT, new)
        return True

    def _sleep(self, now: Now, small: Any) -> None:
        """Mark units below three, let some of them go over to others, and dissolve those that have slept too long."""
        units = now.table(UNITS)
        since = np.where(small, np.where(units["small_since"] > 0, units["small_since"], now.day), 0)
        if (since != units["small_since"]).any():
            now.store(units.replace(small_since=since.astype(np.int32)))
        if small.any():
            self._merge(now)
            self._place(now)
            units = now.table(UNITS)
            patience = now.p.patience[province_of_key(now.places, units["unit"])]
            self._drop(now, ~live_units(units) & (now.day - units["small_since"] >= patience))

    def _merge(self, now: Now) -> None:
        """Sleeping units go over to a live unit of their organisation in which one of their members has a friend."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        asleep = units["unit"][~live_units(units)]
        chance = now.p.merge[province_of_key(now.places, asleep)]
        looking = asleep[now.draws.coin(MERGE, now.day, chance, asleep >> 16, asleep & 0xFFFF)]
        if not len(looking):
            return
        here = members.where(np.isin(members["unit"], looking))
        if not len(here):
            return
        owner, friend = friends_of(now, here["person"])
        there = members.find(friend)
        owner, friend, there = owner[there >= 0], friend[there >= 0], there[there >= 0]
        source, target = here["unit"][owner], members["unit"][there]
        into = units.where(live_units(units))
        at, back = into.find(target), units.find(source)
        fits = (at >= 0) & (into["organisation"][at] == units["organisation"][back]) if len(into) else np.zeros(len(at), bool)
        person, friend, source, target = here["person"][owner][fits], friend[fits], source[fits], target[fits]
        order = np.lexsort([target, now.draws.uniform(MERGE_INTO, now.day, person, friend), source])
        merging, first = np.unique(source[order], return_index=True)
        if len(merging):
            self._move(now, members, merging, target[order][first])

    def _place(self, now: Now) -> None:
        """The organisation puts some sleeping units in touch with one of its live units of their city; each is as likely."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        live, key = live_units(units), units["unit"]
        u = now.draws.uniform(PLACE, now.day, key[~live] >> 16, key[~live] & 0xFFFF)
        chance = now.p.placement[province_of_key(now.places, key[~live])]
        hit = np.flatnonzero(~live)[u < chance]
        hit = hit[sizes_of_units(units, members)[hit] > 0]
        if not len(hit):
            return
        city = now.places.city_of_neighbourhood[now.places.neighbourhood_of(units["row"])]
        merging, into = [], []
        for one in hit:  # few a year
            near = np.flatnonzero(live & (city == city[one]) & (units["organisation"] == units["organisation"][one]))
            if len(near):
                merging.append(key[one])
                into.append(key[near[int(now.draws.uniform(PLACE, now.day, key[one] >> 16, (key[one] & 0xFFFF) | 1 << 16) * len(near))]])
        if merging:
            self._move(now, members, np.array(merging), np.array(into))

    def _move(self, now: Now, members: Table, merging: Any, into: Any) -> None:
        """Everybody of some units goes over to others; the units end."""
        at = np.minimum(np.searchsorted(merging, members["unit"]), len(merging) - 1)
        goes = merging[at] == members["unit"]
        now.store(members.replace(unit=np.where(goes, into[at], members["unit"])))
        units = now.table(UNITS)
        now.store(units.where(~np.isin(units["unit"], merging)))
        self._count(now, UNITS_MERGED, merging)
