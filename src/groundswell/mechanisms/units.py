"""Phase 9: the life of units: they take members in, split, sleep, merge, dissolve, and are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.columns import Column, Table
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import (
    by_province,
    copy_rows,
    find_key,
    first_above,
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
    FREE,
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

LOST, LARGE, CHANGED, LOOKING, PLACED, ENDED = (1 << k for k in range(6))  # what `look_over` may find


def look_over(
    unit: Any, since: Any, size: Any, draw: Any, loss: Any, split_size: Any, merge: Any, placement: Any, patience: Any, position: Any,
    day: int, streams: Any, key0: Any, key1: Any,
) -> int:  # fmt: skip
    """What may happen to some unit today, of which most days see little; compiled.

    Args:
        unit, since, size, draw: of units: key, since when they sleep, free members, and the draw that says whether they are lost.
        loss, split_size, merge, placement, patience: by province.
        position: of the province of each code.
        streams: numbers of the streams MERGE and PLACE.

    Returns:
        LOST + LARGE + ..., those of them that hold for some unit.
    """
    found = 0
    for k in range(unit.size):
        p = position[unit[k] >> 48]
        if size[k] >= LEAST_UNIT:
            if draw[k] < loss[p]:
                found |= LOST
            if size[k] >= split_size[p]:
                found |= LARGE
            if since[k] > 0:
                found |= CHANGED
        else:
            if since[k] == 0:
                found |= CHANGED
            elif day - since[k] >= patience[p]:
                found |= ENDED
            if pair_uniform(unit[k] >> 16, unit[k] & 0xFFFF, day, streams[0], key0, key1) < merge[p]:
                found |= LOOKING
            if size[k] > 0 and pair_uniform(unit[k] >> 16, unit[k] & 0xFFFF, day, streams[1], key0, key1) < placement[p]:
                found |= PLACED
    return found


def take_in(
    members: Any, person: Any, unit: Any, informs: Any, people: Any, status: Any, times: Any, day: int, persons: Any, units: Any,
    joined: Any, informer: Any, former: Any,
) -> int:  # fmt: skip
    """The table of members with those who join and are free; compiled.

    Args:
        members: its columns.
        person, unit, informs: who joins, in order, what, and whether as an informer.
        people, status, times: the table of custody.
        persons, units, joined, informer, former: room for the new table.

    Returns:
        how many rows it has.
    """
    low, new = 0, 0
    for j in range(person.size + 1):
        last = j == person.size
        held = -1 if last else find_key(people, person[j])
        if not last and held >= 0 and status[held] != FREE:
            continue
        high = members[0].size if last else first_above(members[0], person[j])
        copy_rows(members[0][low:high], persons[low + new :])
        copy_rows(members[1][low:high], units[low + new :])
        copy_rows(members[2][low:high], joined[low + new :])
        copy_rows(members[3][low:high], informer[low + new :])
        copy_rows(members[4][low:high], former[low + new :])
        low = high
        if not last:
            at = high + new
            persons[at], units[at], joined[at], informer[at] = person[j], unit[j], day, informs[j]
            former[at] = held >= 0 and times[held] > 0
            new += 1
    return int(members[0].size + new)


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
        members = free_members(now.table(MEMBERS), now.table(CUSTODY), now.day)
        if members is not now.table(MEMBERS):
            now.store(members)
        self._count(now, UNITS_FOUNDED, self._join(now))
        self._go_on(now)
        members = now.table(MEMBERS)
        now[FORMER_MEMBERS][0] = now.remember("former", (members,), lambda: members["former"].sum(dtype=np.int64))

    def _count(self, now: Now, column: Column, units: Any) -> None:
        """Count units by the province in which they live."""
        if len(units):
            now[column][:] += by_province(now.places, units >> 16)

    def _join(self, now: Now) -> Any:
        """Take in who asks and is still free; a unit that fewer than three found is not founded. Returns the keys of new units."""
        asked, members, custody = now.asked(JOINING), now.table(MEMBERS), now.table(CUSTODY)
        person, unit = asked["person"], asked["unit"]
        if not len(person):
            return person
        known, key = now.table(UNITS).has(unit), person[:0]
        if not known.all():
            key, stays = self._found(now, unit, asked["organisation"], known, ~not_free(custody, person))
            person, unit = person[stays], unit[stays]
        room = members.room(len(person))
        informs = now.draws.coin(INFORM, now.day, now.p.informers[now.places.province_of(person)], person)
        held = (custody[name] for name in ("person", "status", "times"))
        rows = now.run(take_in, tuple(members[name] for name in room), person, unit, informs, *held, now.day, *room.values())
        now.store(Table(MEMBERS, {name: a[:rows] for name, a in room.items()}, ordered=True))
        return key

    def _found(self, now: Now, unit: Any, organisation: Any, known: Any, free: Any) -> tuple[Any, Any]:
        """Found the units that are not known yet and have enough who are free. Returns their keys, and who of those who ask has a unit."""
        asking: dict[int, list[int]] = {}
        for j in np.flatnonzero(free & ~known).tolist():  # few a day
            asking.setdefault(int(unit[j]), []).append(j)
        founders = {key: asking[key] for key in sorted(asking) if len(asking[key]) >= LEAST_UNIT}
        key, stays = np.array(list(founders), np.int64), known.copy()
        stays[[j for group in founders.values() for j in group]] = True
        of = survivors(now.table(ORGANISATIONS), np.array([organisation[group].min() for group in founders.values()], np.uint8))
        now.store(now.table(UNITS).plus(unit=key, row=now.places.row_of(key >> 16), small_since=0, organisation=of))
        return key, stays

    def _go_on(self, now: Now) -> None:
        """What happens to units, in turn."""
        found = self._look_over(now)
        if found & LOST:
            self._lose(now)
            found = self._look_over(now)
        if found & LARGE and self._split(now):
            found = self._look_over(now)
        if found & CHANGED:
            self._sleep(now)
        if found & LOOKING:
            self._merge(now)
        if found & PLACED:
            self._place(now)
        if found & ENDED:
            self._end(now)

    def _look_over(self, now: Now) -> int:
        """What may happen to some unit today."""
        units, p = now.table(UNITS), now.p
        if not len(units):
            return 0
        key = units["unit"]
        draw = now.draws.uniform(LOSE, now.day, key >> 16, key & 0xFFFF)
        table = (key, units["small_since"], sizes_of_units(units, now.table(MEMBERS)), draw)
        rates = (p.loss, p.split_size, p.merge, p.placement, p.patience, now.places.position_of_code)
        found: int = now.run(look_over, *table, *rates, now.day, (MERGE.number, PLACE.number), *now.draws.keys)
        return found

    def _lose(self, now: Now) -> None:
        units = now.table(UNITS)
        key = units["unit"]
        lost = now.draws.coin(LOSE, now.day, now.p.loss[province_of_key(now.places, key)], key >> 16, key & 0xFFFF)
        self._drop(now, lost & (sizes_of_units(units, now.table(MEMBERS)) >= LEAST_UNIT))

    def _drop(self, now: Now, gone: Any) -> None:
        if gone.any():
            units, members = now.table(UNITS), now.table(MEMBERS)
            self._count(now, UNITS_DISSOLVED, units["unit"][gone])
            now.store(members.where(~members_of(units, members, gone)))
            now.store(units.where(~gone))

    def _split(self, now: Now) -> bool:
        """Split large units; whether any did."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        key = units["unit"]
        province = province_of_key(now.places, key)
        splitting = np.flatnonzero(sizes_of_units(units, members) >= now.p.split_size[province])
        splitting = splitting[(key[splitting] & 0xFFFF) != now.day]  # else its founder could found a second of the same key
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

    def _sleep(self, now: Now) -> None:
        """Mark units below three, with the day from which they sleep."""
        units = now.table(UNITS)
        small, since = sizes_of_units(units, now.table(MEMBERS)) < LEAST_UNIT, units["small_since"]
        now.store(units.replace(small_since=np.where(small, np.where(since > 0, since, now.day), 0)))

    def _end(self, now: Now) -> None:
        """Dissolve units that have slept too long."""
        units = now.table(UNITS)
        patience = now.p.patience[province_of_key(now.places, units["unit"])]
        self._drop(now, ~live_units(units) & (now.day - units["small_since"] >= patience))

    def _merge(self, now: Now) -> None:
        """Sleeping units go over to a live unit of their organisation in which one of their members has a friend."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        live, key, unit_of = live_units(units), units["unit"], members.among("unit", units)
        sleeping = np.flatnonzero(~live)
        chance = now.p.merge[province_of_key(now.places, key[sleeping])]
        looking = np.zeros(len(units), bool)
        looking[sleeping] = now.draws.coin(MERGE, now.day, chance, key[sleeping] >> 16, key[sleeping] & 0xFFFF)
        here = np.flatnonzero(looking[unit_of])
        owner, friend = friends_of(now, members["person"][here])
        there = members.find(friend)
        met = np.flatnonzero(there >= 0)
        if not len(met):
            return
        person, friend, source, target = members["person"][here[owner[met]]], friend[met], unit_of[here[owner[met]]], unit_of[there[met]]
        fits = np.flatnonzero(live[target] & (units["organisation"][target] == units["organisation"][source]))
        person, friend, source, target = person[fits], friend[fits], source[fits], target[fits]
        order = np.lexsort([target, now.draws.uniform(MERGE_INTO, now.day, person, friend), source])
        merging, first = np.unique(source[order], return_index=True)
        if len(merging):
            self._move(now, members, key[merging], key[target[order][first]])

    def _place(self, now: Now) -> None:
        """The organisation puts some sleeping units in touch with one of its live units of their city; each is as likely."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        live, key = live_units(units), units["unit"]
        sleeping = np.flatnonzero(~live)
        chance = now.p.placement[province_of_key(now.places, key[sleeping])]
        hit = sleeping[now.draws.coin(PLACE, now.day, chance, key[sleeping] >> 16, key[sleeping] & 0xFFFF)]
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
