"""Small questions about the society's tables that several mechanisms ask."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import Column, Table
from groundswell.core.layers import Contacts, Layer
from groundswell.core.now import Now
from groundswell.core.places import Places, Population
from groundswell.core.ties import Circles
from groundswell.society import FREE

Ints = npt.NDArray[np.int64]


def city_addresses(places: Places) -> Ints:
    """The natural key of each city: code of its province << 32 | its key."""
    keys = np.array([c.key for c in places.cities], np.int64)
    return (places.codes[places.province_of_city()] << 32) | keys


def province_of_key(places: Places, units: Ints) -> Ints:
    """The position of the province of each unit, from its key (founder's address << 16 | day)."""
    return province_of_person(places, units >> 16)


def province_of_person(places: Places, addresses: Ints) -> Ints:
    """The position of the province of each address."""
    order = np.argsort(places.codes)
    return np.asarray(order[np.searchsorted(places.codes[order], addresses >> 32)], np.int64)


def sizes_of_units(units: Table, members: Table) -> Ints:
    """How many free members each unit has; shape (units,)."""
    at = np.searchsorted(units["unit"], members["unit"])
    return np.bincount(at, minlength=len(units))[: len(units)]


def not_free(custody: Table, addresses: Ints) -> npt.NDArray[np.bool_]:
    """Whether each real person is detained, dead or abroad."""
    at = custody.find(addresses)
    return np.asarray((at >= 0) & (custody["status"][at] != FREE)) if len(custody) else np.zeros(len(addresses), bool)


def circles_of(population: Population) -> Circles:
    """The circles of friends of a population: keyed by its own seed, not by the run's."""
    return Circles(int(population.provenance.get("seed", 0)))


def friends_of(population: Population, addresses: Ints) -> tuple[Ints, Ints]:
    """The friends of each address as (position in `addresses`, friend): a given network named "friends", or circles."""
    if "friends" in population.networks:
        layer = Layer("friends", "network")
    else:
        layer = Layer("friends", "friends", circles=circles_of(population))
    return Contacts(population).contacts(addresses, layer)


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
    province = province_of_person(places, addresses)
    counts = np.zeros(len(places.provinces), np.int64)
    np.add.at(counts, province, 1 if weights is None else weights)
    return counts


