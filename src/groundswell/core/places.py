"""Where people are: nested places with people in contiguous rows, and the population that lives there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import CITY, NATION, NEIGHBOURHOOD, PERSON, PROVINCE, Level
from groundswell.core.errors import InputError, ModelError, nearest

Ints = npt.NDArray[np.int64]
LAST_CODE = 32767  # so that an address and a day number fit 63 bits


@dataclass(frozen=True)
class Province:
    """A first-level region.

    Args:
        id: its public identifier, such as an ISO 3166-2 code.
        name: as printed.
        code: 1 to 32767, the natural key that addresses its people's draws; never a position.
        population: real persons.
    """

    id: str
    name: str
    code: int
    population: int


@dataclass(frozen=True)
class City:
    """A city or district of a province; gatherings are counted here.

    Args:
        key: natural key, unique in its province.
        name: as printed.
        province: position of its province.
        latitude, longitude: degrees.
        rural: whether it stands for the countryside of its province.
    """

    key: int
    name: str
    province: int
    latitude: float
    longitude: float
    rural: bool = False


@dataclass(frozen=True)
class Places:
    """Nested places over rows of people: provinces hold cities, cities hold neighbourhoods, neighbourhoods hold rows.

    A row stands for `scale` real persons. Rows of a neighbourhood, a city and a province are contiguous, so a tile of
    neighbourhoods never cuts a household.

    Args:
        provinces, cities: in storage order; the cities of a province are contiguous.
        neighbourhood_start: first row of each neighbourhood, and the number of rows; shape (neighbourhoods + 1,).
        city_start: first neighbourhood of each city, and their number; shape (cities + 1,).
        province_start: first city of each province, and their number; shape (provinces + 1,).
        scale: real persons a row stands for, 1 to 1000.
        groups: groups a province has in each further layer (workplaces), as their first group; shape (provinces + 1,).
    """

    provinces: tuple[Province, ...]
    cities: tuple[City, ...]
    neighbourhood_start: Ints
    city_start: Ints
    province_start: Ints
    scale: int = 1
    groups: Mapping[str, Ints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        codes = [p.code for p in self.provinces]
        if len(set(codes)) != len(codes) or not all(1 <= c <= LAST_CODE for c in codes):
            raise InputError(f"the codes of provinces must be different whole numbers from 1 to {LAST_CODE}", key="code")
        if not 1 <= self.scale <= 1000:
            raise InputError(f"{self.scale} is outside 1 to 1000 persons a row", key="scale")
        for name, start, parts in (
            ("neighbourhood_start", self.neighbourhood_start, None),
            ("city_start", self.city_start, len(self.neighbourhood_start) - 1),
            ("province_start", self.province_start, len(self.cities)),
        ):
            if start[0] != 0 or (np.diff(start) < 0).any() or (parts is not None and start[-1] != parts):
                raise ModelError(f"{name} is not a list of starts")

    @property
    def rows(self) -> int:
        """Rows of people."""
        return int(self.neighbourhood_start[-1])

    @property
    def neighbourhoods(self) -> int:
        """Number of neighbourhoods."""
        return len(self.neighbourhood_start) - 1

    def neighbourhood_range(self, province: int) -> tuple[int, int]:
        """First and one past the last neighbourhood of a province."""
        first, last = self.province_start[province], self.province_start[province + 1]
        return int(self.city_start[first]), int(self.city_start[last])

    def row_range(self, province: int) -> tuple[int, int]:
        """First and one past the last row of a province."""
        first, last = self.neighbourhood_range(province)
        return int(self.neighbourhood_start[first]), int(self.neighbourhood_start[last])

    def size(self, level: Level) -> int:
        """How many elements an array of a level has."""
        sizes = {PERSON: self.rows, NEIGHBOURHOOD: self.neighbourhoods, CITY: len(self.cities), PROVINCE: len(self.provinces), NATION: 1}
        if level in sizes:
            return sizes[level]
        if level.name in self.groups:
            return int(self.groups[level.name][-1])
        raise ModelError(f"the population has no level {level.name!r}")

    def bounds(self, level: Level, province: int) -> tuple[int, int]:
        """The part of an array of a level that belongs to a province."""
        if level == PERSON:
            return self.row_range(province)
        if level == NEIGHBOURHOOD:
            return self.neighbourhood_range(province)
        if level == CITY:
            return int(self.province_start[province]), int(self.province_start[province + 1])
        if level == PROVINCE:
            return province, province + 1
        if level == NATION:
            return 0, 1
        start = self.groups[level.name]
        return int(start[province]), int(start[province + 1])

    @cached_property
    def codes(self) -> Ints:
        """The code of each province; shape (provinces,)."""
        return np.array([p.code for p in self.provinces], np.int64)

    @cached_property
    def province_of_city(self) -> Ints:
        """The position of the province of each city."""
        return np.repeat(np.arange(len(self.provinces)), np.diff(self.province_start))

    @cached_property
    def city_of_neighbourhood(self) -> Ints:
        """The city of each neighbourhood."""
        return np.repeat(np.arange(len(self.cities)), np.diff(self.city_start))

    @cached_property
    def city_keys(self) -> Ints:
        """The natural key of each city: code of its province << 32 | its key."""
        return (self.codes[self.province_of_city] << 32) | np.array([c.key for c in self.cities], np.int64)

    @cached_property
    def first_rows(self) -> Ints:
        """The first row of each province; shape (provinces + 1,)."""
        return np.asarray(self.neighbourhood_start[self.city_start[self.province_start]], np.int64)

    @cached_property
    def position_of_code(self) -> Ints:
        """The position of the province of each code, -1 where there is none; shape (32768,)."""
        found = np.full(LAST_CODE + 1, -1, np.int64)
        found[self.codes] = np.arange(len(self.codes))
        return found

    def province_of(self, addresses: npt.ArrayLike) -> Ints:
        """The position of the province of each address."""
        return np.asarray(self.position_of_code[np.asarray(addresses, np.int64) >> 32])

    def position(self, identifier: str) -> int:
        """The position of a province by its id.

        Raises:
            InputError: there is no such province.
        """
        ids = [p.id for p in self.provinces]
        names = {p.name: p.id for p in self.provinces}
        if identifier in ids:
            return ids.index(identifier)
        if identifier in names:
            return ids.index(names[identifier])
        raise InputError(f"there is no province {identifier!r}", nearest=nearest(identifier, [*ids, *names]))

    def row_of(self, addresses: npt.ArrayLike) -> Ints:
        """The row that holds each real person. An address's index counts real persons; a row holds `scale` of them."""
        keys = np.asarray(addresses, np.int64)
        return self.first_rows[self.province_of(keys)] + (keys & 0xFFFFFFFF) // self.scale

    def address_of(self, rows: npt.ArrayLike, sub: npt.ArrayLike = 0) -> Ints:
        """The address of person `sub` (0 to scale - 1) of each row."""
        at, first = np.asarray(rows, np.int64), self.first_rows
        province = np.searchsorted(first, at, side="right") - 1
        return (self.codes[province] << 32) | ((at - first[province]) * self.scale + np.asarray(sub, np.int64))

    def neighbourhood_of(self, rows: npt.ArrayLike) -> Ints:
        """The neighbourhood of each row."""
        return np.searchsorted(self.neighbourhood_start, np.asarray(rows), side="right") - 1

    def represented(self, level: Level) -> Ints:
        """Real persons that the rows of each element of a place level stand for."""
        return self._represented[level]

    @cached_property
    def _represented(self) -> dict[Level, Ints]:
        starts = {
            NEIGHBOURHOOD: self.neighbourhood_start,
            CITY: self.neighbourhood_start[self.city_start],
            PROVINCE: self.first_rows,
            NATION: np.array([0, self.rows]),
        }
        return {level: np.diff(start) * self.scale for level, start in starts.items()}


@dataclass(frozen=True, eq=False)
class Population:
    """Synthetic people: the places, and one array for each static column.

    Args:
        places: where they live.
        columns: static arrays by column name, one element a row (memory maps where the population was stored).
        provenance: tables, seed and version it was built from.
        networks: named given networks (`groundswell.core.networks.Network`), one node a row.
        digest: a hash of the whole content.
    """

    places: Places
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    networks: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


def single_place(rows: int, *, neighbourhood: int | None = None, code: int = 1, groups: Mapping[str, int] | None = None) -> Places:
    """One province of one city: the world of abstract models.

    Args:
        rows: people.
        neighbourhood: rows a neighbourhood; one neighbourhood for all where it is None.
        code: the province's code.
        groups: elements of each further level, by the name of the level (`group("cells")`).

    Raises:
        InputError: one of them is no whole number, or too small, or a level has the name of one that every world has.
    """
    hood: Any = 1 if neighbourhood is None else neighbourhood
    numbers: dict[str, tuple[Any, int]] = {"rows": (rows, 0), "neighbourhood": (hood, 1), **{k: (v, 0) for k, v in (groups or {}).items()}}
    for key, (given, least) in numbers.items():
        if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < least:
            raise InputError(f"{given!r} is not a whole number of at least {least}", key=key)
    for level in (PERSON, NEIGHBOURHOOD, CITY, PROVINCE, NATION):
        if level.name in (groups or {}):
            raise InputError("every world has a level of this name; take another", key=level.name)
    size = max(rows if neighbourhood is None else neighbourhood, 1)
    starts = np.append(np.arange(0, max(rows, 1), size), rows).astype(np.int64)
    return Places(
        provinces=(Province("world", "world", code, rows),),
        cities=(City(1, "world", 0, 0.0, 0.0),),
        neighbourhood_start=starts,
        city_start=np.array([0, len(starts) - 1]),
        province_start=np.array([0, 1]),
        groups={name: np.array([0, size]) for name, size in (groups or {}).items()},
    )


def whole_numbers(given: npt.ArrayLike, key: str, low: int, high: int, *names: str) -> Ints:
    """Whole numbers that a world is built from, such as thresholds.

    Args:
        given: a list or an array, with a dimension for each name or fewer, of which the first names are then left out.
        key: the argument that they came in.
        low, high: the least and the largest that may be.
        names: what stands along each dimension, the outermost first, such as "crowd", "person".

    Raises:
        InputError: there are none, or lists of unequal length, or too many dimensions; or one number, which is named, is wrong.
    """
    try:
        numbers = np.asarray(given)
    except ValueError as error:
        raise InputError(f"needs as many numbers for each {names[0]}", key=key) from error
    if not 1 <= numbers.ndim <= len(names) or numbers.size == 0 or numbers.dtype.kind not in "iuf" or np.ma.isMaskedArray(given):
        raise InputError(f"needs numbers by {' and '.join(names)}, not {numbers.dtype} of shape {numbers.shape}", key=key)
    wrong = np.argwhere(~((numbers >= low) & (numbers <= high) & (numbers == np.floor(numbers))))
    if len(wrong):
        place = tuple(wrong[0])
        who = " of ".join(f"{name} {i + 1}" for name, i in zip(names[::-1], place[::-1], strict=False))
        raise InputError(f"{who} has {numbers[place]}, which is no whole number from {low} to {high}", key=key)
    return numbers.astype(np.int64)
