"""Layers of contacts on a population at any scale: household, neighbourhood, group, friends, network, broadcast.

`Contacts` answers one question for every layer: who are the contacts of these people, as real addresses? The dense
parts of a model never ask it; they use counts by place and group, and pushes to friends (`ties.push_friends`).

At scale s a row stands for s persons, so a household of rows stands for s households side by side: person `sub` of a
row lives with the persons `sub` of its mates' rows. The same holds for groups and given networks, whose sizes are
therefore those of real life at every scale. A neighbourhood is all the persons of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import ModelError
from groundswell.core.places import Population
from groundswell.core.ties import Circles, people_by_place

Ints = npt.NDArray[np.int64]
NO_GROUP = 0xFFFFFFFF


@dataclass(frozen=True)
class Layer:
    """One layer of contacts.

    Args:
        name: as parameters and reports call it.
        kind: what makes two people contacts. `broadcast` reaches everyone and ties no two people.
        source: the static column of a `household` (index | size << 4) or a `group` (index within the province), or
            the given network of a `network`; the layer's name where empty.
        circles: of `friends`.
    """

    name: str
    kind: Literal["household", "neighbourhood", "group", "friends", "network", "broadcast"]
    source: str = ""
    circles: Circles | None = None

    def __post_init__(self) -> None:
        if self.kind == "friends" and self.circles is None:
            raise ModelError(f"layer {self.name!r} of friends needs circles")

    @property
    def where(self) -> str:
        """The column or network it comes from."""
        return self.source or self.name


HOUSEHOLD = Layer("household", "household")
NEIGHBOURS = Layer("neighbourhood", "neighbourhood")
BROADCAST = Layer("broadcast", "broadcast")


class Contacts:
    """The contacts of lists of people in a population.

    The members of a group are found by an index that is built when a province's group layer is first asked for
    (4 bytes a row), and kept.
    """

    def __init__(self, population: Population) -> None:
        self.population = population
        self._people = people_by_place(population.places)
        self._first = population.places.first_rows
        self._indices: dict[tuple[str, int], tuple[Ints, npt.NDArray[np.uint32]]] = {}

    def contacts(self, addresses: npt.ArrayLike, layer: Layer) -> tuple[Ints, Ints]:
        """All contacts of real persons in a layer, themselves left out.

        Args:
            addresses: any order, repeats allowed.

        Returns:
            owner: position in `addresses`, and contact: the address, one element a tie, sorted by owner, then contact.

        Raises:
            ModelError: the population lacks the layer, or an address.
        """
        people = np.asarray(addresses, np.int64).reshape(-1)
        if layer.kind == "broadcast" or not len(people):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        if layer.kind == "friends" and layer.circles is not None:
            return layer.circles.friends(people, self._people)
        if layer.kind == "household":
            return self._household(people, self._column(layer))
        if layer.kind == "neighbourhood":
            return self._neighbourhood(people)
        return self._group(people, layer) if layer.kind == "group" else self._network(people, layer)

    def _column(self, layer: Layer) -> npt.NDArray[Any]:
        if layer.where not in self.population.columns:
            raise ModelError(f"layer {layer.name!r}: the population has no column {layer.where!r}")
        return self.population.columns[layer.where]

    def _household(self, people: Ints, household: npt.NDArray[Any]) -> tuple[Ints, Ints]:
        rows = self.population.places.row_of(people)
        owner, mate = household_mates(household, rows)
        return owner, people[owner] + (mate - rows[owner]) * self.population.places.scale

    def _neighbourhood(self, people: Ints) -> tuple[Ints, Ints]:
        places = self.population.places
        rows = places.row_of(people)
        at = places.neighbourhood_of(rows)
        start, count = places.neighbourhood_start[at], np.diff(places.neighbourhood_start)[at]
        owner, rank = spread(count * places.scale)
        contact = (places.address_of(start) if len(start) else start)[owner] + rank
        other = contact != people[owner]
        return owner[other], contact[other]

    def _group(self, people: Ints, layer: Layer) -> tuple[Ints, Ints]:
        places, column = self.population.places, self._column(layer)
        rows, scale = places.row_of(people), places.scale
        province = np.searchsorted(self._first, rows, side="right") - 1
        count, parts = np.zeros(len(people), np.int64), []
        for p in np.unique(province).tolist():
            mine = np.flatnonzero(province == p)
            start, members = self._index(layer.where, column, p)
            group = column[rows[mine]].astype(np.int64)
            mine, group = mine[group != NO_GROUP], group[group != NO_GROUP]
            count[mine] = start[group + 1] - start[group]
            one, rank = spread(count[mine])
            member = members[start[group][one] + rank].astype(np.int64)
            owner = mine[one]
            parts.append((owner, people[owner] + (member - (rows[owner] - self._first[p])) * scale))
        owner, contact = (np.concatenate([part[k] for part in parts]) for k in range(2))
        other = contact != people[owner]
        owner, contact = owner[other], contact[other]
        order = np.argsort(owner, kind="stable")
        return owner[order], contact[order]

    def _index(self, name: str, column: npt.NDArray[Any], province: int) -> tuple[Ints, npt.NDArray[np.uint32]]:
        """Rows of a province by group: the start of each group's members, and the members as rows within the province."""
        if (name, province) not in self._indices:
            group = np.asarray(column[self._first[province] : self._first[province + 1]])
            rows = np.flatnonzero(group != NO_GROUP)
            key = np.sort((group[rows].astype(np.int64) << 32) | rows)
            start = np.append(0, np.cumsum(np.bincount(key >> 32))).astype(np.int64)
            self._indices[name, province] = start, (key & 0xFFFFFFFF).astype(np.uint32)
        return self._indices[name, province]

    def _network(self, people: Ints, layer: Layer) -> tuple[Ints, Ints]:
        places = self.population.places
        if layer.where not in self.population.networks:
            raise ModelError(f"layer {layer.name!r}: the population has no network {layer.where!r}")
        network = self.population.networks[layer.where]
        rows = places.row_of(people)
        owner, rank = spread(network.indptr[rows + 1] - network.indptr[rows])
        other = network.indices[network.indptr[rows][owner] + rank]
        contact = places.address_of(other, ((people & 0xFFFFFFFF) % places.scale)[owner])
        order = np.lexsort((contact, owner))  # a network is in order of rows, and provinces may be stored in any order
        return owner[order], contact[order]


def spread(counts: Ints) -> tuple[Ints, Ints]:
    """For counts (2, 0, 3): the owners 0 0 2 2 2 and their ranks 0 1 0 1 2."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def household_mates(household: npt.NDArray[Any], rows: npt.ArrayLike) -> tuple[Ints, Ints]:
    """The rows that share a household with each of `rows`, by the packed byte index | size << 4: owners and mates."""
    at = np.asarray(rows, np.int64)
    byte = household[at].astype(np.int64)
    index, size = byte & 15, byte >> 4
    owner, rank = spread(np.maximum(size - 1, 0))
    rank += rank >= index[owner]  # skips the owner
    return owner, (at - index)[owner] + rank
