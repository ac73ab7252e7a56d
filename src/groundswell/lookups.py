"""Small questions about the society's tables that several mechanisms ask."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import PROVINCE, Column, Table
from groundswell.core.layers import Contacts, Layer
from groundswell.core.now import Now
from groundswell.core.places import Places, Population
from groundswell.core.ties import Circles, list_friends
from groundswell.society import FREE

Ints = npt.NDArray[np.int64]


def province_of_key(places: Places, units: Ints) -> Ints:
    """The position of the province of each unit, from its key (founder's address << 16 | day)."""
    return places.province_of(units >> 16)


def act_lane(units: Ints, number: npt.NDArray[Any]) -> Ints:
    """What tells an act of a unit from another beside its founder's address: day founded << 12 | number of the day's act."""
    return ((units & 0xFFFF) << 12) | number.astype(np.int64)


def sizes_of_units(units: Table, members: Table) -> Ints:
    """How many free members each unit has; shape (units,)."""
    at = np.searchsorted(units["unit"], members["unit"])
    return np.bincount(at, minlength=len(units))[: len(units)]


def not_free(custody: Table, addresses: Ints) -> npt.NDArray[np.bool_]:
    """Whether each real person is detained, dead or abroad."""
    at = custody.find(addresses)
    return np.asarray((at >= 0) & (custody["status"][at] != FREE)) if len(custody) else np.zeros(len(addresses), bool)


def free_members(members: Table, custody: Table) -> Table:
    """The members who are free: those who were taken today stand in the table until units settle."""
    return members.where(~not_free(custody, members["person"]))


def circles_of(population: Population) -> Circles:
    """The circles of friends of a population: keyed by its own seed, not by the run's."""
    return Circles(int(population.provenance.get("seed", 0)))


@lru_cache(maxsize=1024)
def circle_tables(circles: Circles, code: int) -> tuple[Any, ...]:
    """What the compiled functions of `core.ties` take for a province."""
    return circles.kernel_tables(code)


def list_all_friends(
    indices: Any, people: int, window: int, wide: Any, periods: Any, first: Any, sizes: Any, keys: Any, buffer: Any, owner: Any, friend: Any
) -> int:
    """The friends of listed persons of one province, as indices; compiled. Returns how many ties."""
    n = 0
    for j in range(indices.size):
        for f in range(list_friends(indices[j], people, window, wide, periods, first, sizes, keys, buffer)):
            owner[n], friend[n] = j, buffer[f]
            n += 1
    return n


def friends_of(now: Now, addresses: Ints) -> tuple[Ints, Ints]:
    """The friends of each address as (position in `addresses`, friend): a given network named "friends", or circles.

    Sorted by position; the order of one person's friends depends on that person only.
    """
    if "friends" in now.population.networks:
        return Contacts(now.population).contacts(addresses, Layer("friends", "network"))
    circles, places = circles_of(now.population), now.places
    most = sum(max(kind.sizes) for kind in circles.kinds)
    owners, friends = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    province = places.province_of(addresses)
    for p in np.unique(province):
        mine = np.flatnonzero(province == p)
        owner, friend = np.empty((2, len(mine) * most), np.int64)
        code, people = places.provinces[p].code, int(places.represented(PROVINCE)[p])
        n = now.run(list_all_friends, addresses[mine] & 0xFFFFFFFF, people, circles.window, *circle_tables(circles, code), owner, friend)
        owners.append(mine[owner[:n]])
        friends.append((code << 32) | friend[:n])
    owner, friend = np.concatenate(owners), np.concatenate(friends)
    order = np.argsort(owner, kind="stable")
    return owner[order], friend[order]


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


def by_province(places: Places, addresses: Ints, weights: Ints | None = None) -> Ints:
    """How many of the addresses (or what sum of whole weights) fall into each province; shape (provinces,)."""
    province = places.province_of(addresses)
    counts = np.zeros(len(places.provinces), np.int64)
    np.add.at(counts, province, 1 if weights is None else weights)
    return counts
