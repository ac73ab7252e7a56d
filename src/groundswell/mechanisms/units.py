"""Phase 9: the life of units: they take members in, split, sleep, merge, dissolve, and are lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import I64
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

LOOKS, PLACES = MERGE.number, PLACE.number  # compiled functions take plain numbers
LOST, LARGE, CHANGED, LOOKING, PLACED, ENDED = (1 << k for k in range(6))  # what `look_over` may find


def look_over(
    unit: Any, since: Any, size: Any, draw: Any, loss: Any, split_size: Any, merge: Any, placement: Any, patience: Any, position: Any,
    day: int, key0: Any, key1: Any, marks: Any,
) -> int:  # fmt: skip
    """What may happen to some unit today, of which most days see little; compiled.

    Args:
        unit, since, size, draw: of units: key, since when they sleep, free members, and the draw that says whether they are lost.
        loss, split_size, merge, placement, patience: by province.
        position: of the province of each code.
        marks: of units; receives LARGE where a unit may split, LOOKING where it sleeps and looks for a live one today.

    Returns:
        LOST + LARGE + ..., those of them that hold for some unit.
    """
    found = I64(0)
    for k in range(unit.size):
        p, marks[k] = position[unit[k] >> 48], 0
        if size[k] >= LEAST_UNIT:
            if draw[k] < loss[p]:
                found |= LOST
            if size[k] >= split_size[p]:
                marks[k] = LARGE
            if since[k] > 0:
                found |= CHANGED
        else:
            if since[k] == 0:
                found |= CHANGED
            elif day - since[k] >= patience[p]:
                found |= ENDED
            if pair_uniform(unit[k] >> 16, unit[k] & 0xFFFF, day, LOOKS, key0, key1) < merge[p] and size[k] > 0:
                marks[k] = LOOKING
            if size[k] > 0 and pair_uniform(unit[k] >> 16, unit[k] & 0xFFFF, day, PLACES, key0, key1) < placement[p]:
                found |= PLACED
        found |= I64(marks[k])
    return int(found)


def take_in(
    members: Any, unit_of: Any, person: Any, unit: Any, draw: Any, known: Any, informers: Any, position: Any, people: Any, status: Any,
    times: Any, day: int, persons: Any, units: Any, joined: Any, informer: Any, former: Any, of: Any,
) -> int:  # fmt: skip
    """The table of members with those who join and are free; compiled.

    Args:
        members, unit_of: its columns, and the position of the unit of each.
        person, unit, draw: who joins, in order, what, and what says whether as an informer.
        known: the keys of all units.
        informers: chance that who joins informs, by province; `position` is that of each code.
        people, status, times: the table of custody.
        persons, units, joined, informer, former, of: room for the new table, and for the position of the unit of each.

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
        copy_rows(unit_of[low:high], of[low + new :])
        low = high
        if not last:
            at, chance = high + new, informers[position[person[j] >> 32]]
            persons[at], units[at], joined[at], of[at] = person[j], unit[j], day, find_key(known, unit[j])
            informer[at] = draw[j] < chance
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
        units, room, of = now.table(UNITS), members.room(len(person)), np.empty(len(members) + len(person), np.int64)
        old = (tuple(members[name] for name in room), members.among("unit", units))
        draw = now.draws.uniform(INFORM, now.day, person)
        law = (units["unit"], now.p.informers, now.places.position_of_code)
        held = (custody["person"], custody["status"], custody["times"])
        rows = now.run(take_in, *old, person, unit, draw, *law, *held, now.day, *room.values(), of)
        now.store(Table(MEMBERS, {name: a[:rows] for name, a in room.items()}, ordered=True).told("unit", units, of[:rows]))
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
        self._store(now, now.table(UNITS).plus(unit=key, row=now.places.row_of(key >> 16), small_since=0, organisation=of))
        return key, stays

    def _go_on(self, now: Now) -> None:
        """What happens to units, in turn."""
        found, key, marks = self._look_over(now)
        if found & LOST:
            self._lose(now)
            found, key, marks = self._look_over(now)
        if found & LARGE:
            self._split(now, key[marks == LARGE])
        if found & CHANGED:
            self._sleep(now)
        if found & LOOKING:
            self._merge(now, key[marks == LOOKING])
        if found & PLACED:
            self._place(now)
        if found & ENDED:
            self._end(now)

    def _look_over(self, now: Now) -> tuple[int, Any, Any]:
        """What may happen to some unit today; the keys of units, and the marks of `look_over`."""
        units, p = now.table(UNITS), now.p
        key, marks = units["unit"], np.empty(len(units), np.uint8)
        if not len(units):
            return 0, key, marks
        draw = now.draws.uniform(LOSE, now.day, key >> 16, key & 0xFFFF)
        table = (key, units["small_since"], sizes_of_units(units, now.table(MEMBERS)), draw)
        rates = (p.loss, p.split_size, p.merge, p.placement, p.patience, now.places.position_of_code)
        return now.run(look_over, *table, *rates, now.day, *now.draws.keys, marks), key, marks

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
            self._store(now, units.where(~gone))

    def _store(self, now: Now, units: Table) -> Table:
        """Store a table of units that holds those of all members, and tell the members where theirs stand now, which saves a search."""
        before, members = now.table(UNITS), now.table(MEMBERS)
        now.store(units)
        moved = np.append(units.find(before["unit"]), -1)
        return members.told("unit", units, moved.take(members.among("unit", before)))

    def _split(self, now: Now, large: Any) -> None:
        """Some of the large units, given by their keys, split; both parts live, so that nothing else changes for anybody."""
        large = large[(large & 0xFFFF) != now.day]  # else its founder could found a second of the same key
        chance = now.p.split_rate[province_of_key(now.places, large)]
        splitting = large[now.draws.coin(SPLIT, now.day, chance, large >> 16, large & 0xFFFF)]
        if not len(splitting):
            return
        units, members = now.table(UNITS), now.table(MEMBERS)
        unit, made, leavers = members["unit"].copy(), [], []
        for one in splitting:  # few a day
            mine = np.flatnonzero(members["unit"] == one)
            order = mine[np.lexsort([members["person"][mine], now.draws.uniform(SIDE, now.day, members["person"][mine])])]
            leavers.append(order[: len(order) // 2])
            made.append((int(members["person"][leavers[-1]].min()) << 16) | now.day)
            unit[leavers[-1]] = made[-1]
        new, of = np.array(made, np.int64), units["organisation"][units.find(splitting)]
        units = units.plus(unit=new, row=now.places.row_of(new >> 16), small_since=0, organisation=of)
        at = self._store(now, units).among("unit", units).copy()
        at[np.concatenate(leavers)] = np.repeat(units.find(new), [len(leaving) for leaving in leavers])
        now.store(members.replace(unit=unit).told("unit", units, at))
        self._count(now, UNITS_SPLIT, new)

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

    def _merge(self, now: Now, looking: Any) -> None:
        """Sleeping units that look for one go over to a live unit of their organisation in which one of their members has a friend."""
        units, members = now.table(UNITS), now.table(MEMBERS)
        live, key, unit_of = live_units(units), units["unit"], members.among("unit", units)
        looks = np.zeros(len(units), bool)
        looks[units.find(looking)] = True
        here = np.flatnonzero(looks.take(unit_of))
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
