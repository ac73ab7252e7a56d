"""Small questions about the society's tables that several mechanisms ask."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F64
from groundswell.core.columns import PROVINCE, Column, Table
from groundswell.core.layers import Contacts, Layer
from groundswell.core.now import Now
from groundswell.core.places import Places, Population
from groundswell.core.ties import ABREAST, Circles, find_friends
from groundswell.society import FEAR, FEAR_ADDED, FEAR_KEPT, FREE, UNITS_OF

Ints = npt.NDArray[np.int64]
ORGANISATION_NUMBERS = len(UNITS_OF) + 1  # 0: none


def province_of_key(places: Places, units: Ints) -> Ints:
    """The position of the province of each unit, from its key (founder's address << 16 | day)."""
    return places.province_of(units >> 16)


def copy_rows(values: Any, to: Any) -> None:
    """One array to the front of another; compiled."""
    for i in range(values.size):
        to[i] = values[i]


def first_above(keys: Any, key: Any) -> Any:
    """The position of the first of sorted keys that is above a key; compiled."""
    low, high = 0, keys.size
    while low < high:
        middle = (low + high) // 2
        if keys[middle] <= key:
            low = middle + 1
        else:
            high = middle
    return low


def find_key(keys: Any, key: Any) -> Any:
    """The position of a key among sorted ones, -1 where there is none; compiled."""
    at = first_above(keys, key) - 1
    return at if at >= 0 and keys[at] == key else -1


def find_rare(keys: Any, wanted: Any, marks: Any, at: Any) -> None:
    """`find_key` of many, most of whom are not there: marks by the last bits of keys spare the search of most; compiled.

    Args:
        keys: sorted.
        wanted: in any order.
        marks: zeros, changed; as many as a power of two.
        at: receives the position of each, -1 where there is none.
    """
    last = marks.size - 1
    for k in range(keys.size):
        marks[keys[k] & last] = 1
    for j in range(wanted.size):
        at[j] = find_key(keys, wanted[j]) if marks[wanted[j] & last] == 1 else -1


def act_lane(units: Ints, number: npt.NDArray[Any]) -> Ints:
    """What tells an act of a unit from another beside its founder's address: day founded << 12 | number of the day's act."""
    return ((units & 0xFFFF) << 12) | number.astype(np.int64)


def gathering_lane(stream: Any, number: Any) -> Ints:
    """What tells a gathering from others of its city beside the city's address: stream << 24 | number."""
    lane: Ints = (np.asarray(stream, np.int64) << 24) | np.asarray(number, np.int64)
    return lane


def sizes_of_units(units: Table, members: Table) -> Ints:
    """How many free members each unit has; shape (units,)."""
    return members.counts("unit", units)


def members_of(units: Table, members: Table, which: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which members belong to the units that a mask names; shape (members,)."""
    at = members.among("unit", units)
    return np.asarray((at >= 0) & which[at]) if len(units) else np.zeros(len(members), bool)


def live_units(units: Table) -> npt.NDArray[np.bool_]:
    """Which units had at least three free members when units were last settled; the others sleep."""
    return units.derived("small_since", "live", lambda since: since == 0)


def survivor(organisations: Table, number: int) -> int:
    """The organisation that an organisation is now, having merged or not; following those that it joined."""
    into = dict(zip(organisations["organisation"].tolist(), organisations["into"].tolist(), strict=True))
    while number in into:
        number = into[number]
    return number


def survivors(organisations: Table, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """`survivor` of each of many numbers."""
    if not len(organisations):
        return numbers
    return np.asarray(np.array([survivor(organisations, k) for k in range(ORGANISATION_NUMBERS)], numbers.dtype)[numbers])


def not_free(custody: Table, addresses: Ints) -> npt.NDArray[np.bool_]:
    """Whether each real person is detained, dead or abroad."""
    at = custody.find(addresses)
    return np.asarray((at >= 0) & (custody["status"][at] != FREE)) if len(custody) else np.zeros(len(addresses), bool)


def taken_today(custody: Table, day: int) -> Ints:
    """Who is not free since today."""
    last = custody.derived("since", "last", lambda since: np.flatnonzero(since == since.max(initial=0)))
    if not len(last) or custody["since"][last[0]] != day:
        return last[:0]
    return np.asarray(custody["person"][last[custody["status"][last] != FREE]])


def free_members(members: Table, custody: Table, day: int) -> Table:
    """The members without those who were taken today, who stand in the table until units settle; nobody else in it is not free."""
    if not len(members):
        return members
    at = members.find(taken_today(custody, day))
    at = at[at >= 0]
    if not len(at):
        return members
    free = np.ones(len(members), bool)
    free[at] = False
    return members.where(free)


def circles_of(population: Population) -> Circles:
    """The circles of friends of a population: keyed by its own seed, not by the run's."""
    return Circles(int(population.provenance.get("seed", 0)))


@lru_cache(maxsize=1024)
def circle_tables(circles: Circles, code: int) -> tuple[Any, ...]:
    """What the compiled functions of `core.ties` take for a province."""
    return circles.kernel_tables(code)


@lru_cache(maxsize=64)
def circle_keys(circles: Circles, codes: tuple[int, ...]) -> npt.NDArray[np.uint32]:
    """The round keys of every kind of circle in each of several provinces; shape (provinces, kinds, 4)."""
    return np.stack([circle_tables(circles, code)[4] for code in codes])


def list_all_friends(
    addresses: Any, position: Any, people: Any, window: int, wide: Any, periods: Any, first: Any, sizes: Any, keys: Any, friends: Any,
    found: Any, owner: Any, friend: Any,
) -> int:  # fmt: skip
    """`find_friends` of persons of several provinces; compiled. Fastest where those of one province stand beside each other.

    Args:
        addresses: of persons.
        position: of the province of each code.
        people: real persons of each province.
        keys: of each province, as `circle_keys` gives them.
        friends, found: room for `ABREAST` persons.
        owner, friend: receive the ties, in order of `addresses`; room for as many as there can be.

    Returns:
        how many ties there are.
    """
    n = low = 0
    index = np.empty(ABREAST, np.int64)
    while low < addresses.size:
        high, code = low, addresses[low] >> 32
        while high < min(addresses.size, low + ABREAST) and addresses[high] >> 32 == code:
            index[high - low] = addresses[high] & 0xFFFFFFFF
            high += 1
        many, p = high - low, position[code]
        find_friends(index[:many], people[p], window, wide, periods, first, sizes, keys[p], friends[:many], found[:many])
        for j in range(many):
            for f in range(found[j]):
                owner[n], friend[n] = low + j, code << 32 | friends[j, f]
                n += 1
        low = high
    return n


def circle_kernel(now: Now) -> tuple[tuple[Any, ...], int]:
    """What `list_all_friends` needs of circles, and the most friends that one can have."""
    return now.remember("circles of friends", (now.population,), lambda: _circles(now))


def _circles(now: Now) -> tuple[tuple[Any, ...], int]:
    circles = circles_of(now.population)
    wide, periods, first, sizes, _, buffer = circle_tables(circles, 0)
    keys = circle_keys(circles, tuple(now.places.codes.tolist()))
    return (circles.window, wide, periods, first, sizes, keys), buffer.size


def friends_of(now: Now, addresses: Ints) -> tuple[Ints, Ints]:
    """The friends of each address as (position in `addresses`, friend): a given network named "friends", or circles.

    Sorted by position; the order of one person's friends depends on that person only.
    """
    if "friends" in now.population.networks:
        return Contacts(now.population).contacts(addresses, Layer("friends", "network"))
    circles, most = circle_kernel(now)
    owner, friend = np.empty((2, len(addresses) * most), np.int64)
    friends, found = np.empty((ABREAST, most), np.int64), np.empty(ABREAST, np.int64)
    where = (np.array(addresses), now.places.position_of_code, now.places.represented(PROVINCE))
    n = now.run(list_all_friends, *where, *circles, friends, found, owner, friend)
    return owner[:n], friend[:n]


def collect(counts: Any, starts: Any, which: Any, out: Any) -> int:
    """Positions of rows that are not zero, in the listed neighbourhoods; compiled. Returns how many."""
    n = 0
    for k in range(which.size):
        for i in range(starts[which[k]], starts[which[k] + 1]):
            if counts[i] > 0:
                out[n] = i
                n += 1
    return n


def list_rows(now: Now, column: Column, neighbourhoods: Ints) -> Ints:
    """The rows of the given neighbourhoods in which a column of people is not zero, in storage order."""
    starts = now.places.neighbourhood_start
    out = np.empty(int((starts[neighbourhoods + 1] - starts[neighbourhoods]).sum()), np.int64)
    n = now.run(collect, now[column], starts, neighbourhoods, out)
    return out[:n]


def fears(now: Now) -> tuple[Any, Any, Any, Any]:
    """What `fear_at` needs: fear as last written down, what neighbourhoods kept and added since, and their first rows."""
    return now[FEAR], now[FEAR_KEPT], now[FEAR_ADDED], now.places.neighbourhood_start


def neighbourhood_at(starts: Any, row: int) -> int:
    """The neighbourhood of a row: the last whose first row is not above it; compiled (NumPy's search compiles ten times as long)."""
    low, high = 0, starts.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= row:
            low = middle
        else:
            high = middle
    return low


def fear_at(row: int, fear: Any, kept: Any, added: Any, starts: Any) -> Any:
    """Today's fear of a row of people, 0 to 1; its neighbourhood has had most of it in common since it was last written down; compiled."""
    b = neighbourhood_at(starts, row)
    return min(kept[b] * F64(fear[row]) + added[b], F64(1.0))


def mean_of_nation(places: Places, values: npt.NDArray[Any]) -> float:
    """The mean over residents of what provinces have; summed in whole 1/65536, so that their order cannot matter."""
    if (values == values[0]).all():
        return float(values[0])
    residents = places.represented(PROVINCE)
    total = ((values.astype(np.float64) * 65536.0).astype(np.int64) * residents).sum()
    return float(total / max(int(residents.sum()), 1) / 65536.0)


def by_province(places: Places, addresses: Ints, weights: Ints | None = None) -> Ints:
    """How many of the addresses (or what sum of whole weights) fall into each province; shape (provinces,)."""
    province = places.province_of(addresses)
    if weights is None:
        return np.bincount(province, minlength=len(places.provinces))
    counts = np.zeros(len(places.provinces), np.int64)
    np.add.at(counts, province, weights)
    return counts
