"""Census tables of a country, checked against each other and frozen.

Four files make a country (`reading.read_tables`), one row a line under a header:

* `provinces.csv`: id, name, code, population; optional labour_force, unemployed, households
* `census.csv`: province, age_band, male, female; bands such as `0-4` without gaps, the last open (`>=100`)
* `households.csv`: size, share; shares of households by number of persons, adding up to 1; optional source
* `cities.csv`: key, name, province, latitude, longitude, population

The people of a province who live in none of its cities are its countryside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundswell.core.errors import InputError, nearest

LARGEST_HOUSEHOLD = 15  # the size of a household is stored in four bits
LARGEST_CODE = 32767  # see `core.places`
LARGEST_KEY = (1 << 31) - 1  # keys from 2**31 on are those of rural districts
OLDEST = 100  # ages are whole years, this one open


@dataclass(frozen=True)
class ProvinceRow:
    """A first-level region; counts are real persons, `households` real households. `line` is where it stands."""

    id: str
    name: str
    code: int
    population: int
    labour_force: int | None = None
    unemployed: int | None = None
    households: int | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class CensusRow:
    """Persons of one age band of a province: `first` to `last` years, both included; `last` is None in the open band."""

    province: str
    first: int
    last: int | None
    male: int
    female: int
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class HouseholdRow:
    """The share of households that have `size` persons."""

    size: int
    share: float
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class CityRow:
    """A city of a province; its key is unique in the country and orders the cities of a province."""

    key: int
    name: str
    province: str
    latitude: float
    longitude: float
    population: int
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class CensusTables:
    """What a population is built from; the tables are checked against each other on construction.

    Args:
        provinces, census, households, cities: rows.
        files: what to call each table in errors, such as its path; by `provinces`, `census`, `households`, `cities`.
        hashes: BLAKE2b of each file, for provenance.

    Raises:
        InputError: a duplicate, a missing province, or sums that do not add up; with file and line where known.
    """

    provinces: tuple[ProvinceRow, ...]
    census: tuple[CensusRow, ...]
    households: tuple[HouseholdRow, ...]
    cities: tuple[CityRow, ...]
    files: Mapping[str, str] = field(default_factory=dict, compare=False)
    hashes: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for table in ("provinces", "census", "households", "cities"):
            if not getattr(self, table):
                raise self.error(table, None, "the table has no rows")
        self._check_provinces()
        self._check_census()
        self._check_households()
        self._check_cities()

    def error(self, table: str, line: int | None, problem: str, **more: Any) -> InputError:
        """An error at a line of a table."""
        return InputError(problem, file=self.files.get(table, f"{table} table"), line=line, **more)

    def province(self, identifier: str) -> ProvinceRow:
        """A province by its id or name.

        Raises:
            InputError: there is no such province.
        """
        for row in self.provinces:
            if identifier in (row.id, row.name):
                return row
        near = nearest(identifier, [name for row in self.provinces for name in (row.id, row.name)])
        raise self.error("provinces", None, f"there is no province {identifier!r}", key="provinces", nearest=near)

    def census_of(self, identifier: str) -> tuple[CensusRow, ...]:
        """The age bands of a province, youngest first."""
        return tuple(sorted((row for row in self.census if row.province == identifier), key=lambda row: row.first))

    def cities_of(self, identifier: str) -> tuple[CityRow, ...]:
        """The cities of a province by key."""
        return tuple(sorted((row for row in self.cities if row.province == identifier), key=lambda row: row.key))

    def _unique(self, table: str, column: str, rows: Iterable[Any]) -> None:
        seen: dict[Any, Any] = {}
        for row in rows:
            value = getattr(row, column)
            if value in seen:
                where = f" (first in line {seen[value].line})" if seen[value].line else ""
                raise self.error(table, row.line, f"{value!r} stands there twice{where}", key=column)
            seen[value] = row

    def _check_provinces(self) -> None:
        for column in ("id", "name", "code"):
            self._unique("provinces", column, self.provinces)
        ids = {row.id for row in self.provinces}
        for row in self.provinces:
            for column in ("id", "name"):
                if getattr(row, column) == "nation":  # the word for it in kept series
                    raise self.error("provinces", row.line, "'nation' stands for all provinces; choose another", key=column)
            if row.name != row.id and row.name in ids:
                raise self.error("provinces", row.line, f"{row.name!r} is the id of another province", key="name")
            if not 1 <= row.code <= LARGEST_CODE:
                raise self.error("provinces", row.line, f"{row.code} is outside 1 to {LARGEST_CODE}", key="code")
            if row.population < 1:
                raise self.error("provinces", row.line, "a province needs at least one person", key="population")
            for column, limit_name, limit in (
                ("labour_force", "population", row.population),
                ("unemployed", "labour_force", row.labour_force),
                ("households", "population", row.population),
            ):
                value = getattr(row, column)
                if value is not None and (limit is None or not 0 <= value <= limit):
                    more = f"exceeds the {limit_name} of {limit}" if limit is not None else f"needs a {limit_name}"
                    raise self.error("provinces", row.line, f"{value} {more}", key=column)
            if row.households is not None and not 1 <= row.population / max(row.households, 1) <= LARGEST_HOUSEHOLD:
                problem = f"{row.households} households do not fit {row.population} persons"
                raise self.error("provinces", row.line, problem, key="households")

    def _known_province(self, table: str, row: Any, ids: Collection[str]) -> None:
        if row.province not in ids:
            raise self.error(table, row.line, f"there is no province {row.province!r}", key="province", nearest=nearest(row.province, ids))

    def _check_census(self) -> None:
        by_province: dict[str, list[CensusRow]] = {}
        ids = dict.fromkeys(p.id for p in self.provinces)
        for row in self.census:
            self._known_province("census", row, ids)
            if min(row.male, row.female) < 0:
                raise self.error("census", row.line, "a number of persons cannot be negative", key="male" if row.male < 0 else "female")
            by_province.setdefault(row.province, []).append(row)
        for province in self.provinces:
            rows = sorted(by_province.get(province.id, []), key=lambda row: row.first)
            if not rows:
                raise self.error("census", None, f"province {province.id!r} has no rows", key="province")
            self._check_bands(province, rows)
            total = sum(row.male + row.female for row in rows)
            if total != province.population:
                problem = f"{province.id} has {total} persons here but {province.population} in the table of provinces"
                raise self.error("census", rows[0].line, problem, key="male, female")

    def _check_bands(self, province: ProvinceRow, rows: list[CensusRow]) -> None:
        after = 0
        for row in rows:
            if row.first != after:
                what = "overlaps another" if row.first < after else f"leaves out the ages {after} to {row.first - 1}"
                raise self.error("census", row.line, f"the band from {row.first} of {province.id} {what}", key="age_band")
            after = OLDEST + 2 if row.last is None else row.last + 1
        if rows[-1].last is not None:
            raise self.error("census", rows[-1].line, f"the last band of {province.id} must be open, such as '>=100'", key="age_band")

    def _check_households(self) -> None:
        self._unique("households", "size", self.households)
        for row in self.households:
            if not 1 <= row.size <= LARGEST_HOUSEHOLD:
                raise self.error("households", row.line, f"{row.size} is outside 1 to {LARGEST_HOUSEHOLD} persons", key="size")
            if not 0 <= row.share <= 1:  # also where it is not a number
                raise self.error("households", row.line, f"{row.share!r} is not a share from 0 to 1", key="share")
        total = sum(row.share for row in sorted(self.households, key=lambda row: row.size))
        if not abs(total - 1) <= 1e-6:
            raise self.error("households", None, f"the shares add up to {total:.6g}, not 1", key="share")

    def _check_cities(self) -> None:
        self._unique("cities", "key", self.cities)
        inside: dict[str, int] = {}
        ids = dict.fromkeys(p.id for p in self.provinces)
        for row in self.cities:
            self._known_province("cities", row, ids)
            if not 1 <= row.key <= LARGEST_KEY:
                raise self.error("cities", row.line, f"{row.key} is outside 1 to {LARGEST_KEY}", key="key")
            if row.population < 1:
                raise self.error("cities", row.line, "a city needs at least one person", key="population")
            for column, limit in (("latitude", 90), ("longitude", 180)):
                if not abs(getattr(row, column)) <= limit:
                    raise self.error("cities", row.line, f"{getattr(row, column)!r} is outside -{limit} to {limit} degrees", key=column)
            inside[row.province] = inside.get(row.province, 0) + row.population
        for province in self.provinces:
            if province.id not in inside:
                raise self.error("cities", None, f"province {province.id!r} has no city", key="province")
            if inside[province.id] > province.population:
                line = max(row.line or 0 for row in self.cities if row.province == province.id) or None
                problem = f"the cities of {province.id} have {inside[province.id]} persons, more than the province's {province.population}"
                raise self.error("cities", line, problem, key="population")
