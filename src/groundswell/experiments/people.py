"""The people of a scenario: its tables, grown where it says so, built into a population.

Small populations are kept in the user's private cache folder: many runs of a study then build them once, and open them in
milliseconds. The name of a kept one is a hash of everything that decides it, the building code included.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from groundswell.core.errors import StoreError
from groundswell.core.store import digest
from groundswell.experiments.scenario import Scenario

if TYPE_CHECKING:
    from groundswell.core.places import Population
    from groundswell.populations.tables import CensusTables

LARGEST = 2_000_000  # rows of a population that is kept: about 22 MB
MOST = 8  # populations that are kept


def grown(tables: CensusTables, factor: float) -> CensusTables:
    """Tables of a country with more or fewer people, their composition unchanged.

    Args:
        tables: as read.
        factor: on every count. Bands of the census are rounded up and cities down, so that cities still fit.
    """
    if factor == 1:
        return tables

    def up(count: int) -> int:
        return math.ceil(count * factor)

    def down(count: int | None) -> int | None:
        return None if count is None else max(int(count * factor), 1)

    census = tuple(dataclasses.replace(row, male=up(row.male), female=up(row.female)) for row in tables.census)
    persons: dict[str, int] = {}
    for row in census:
        persons[row.province] = persons.get(row.province, 0) + row.male + row.female
    provinces = tuple(
        dataclasses.replace(
            row,
            population=persons[row.id],
            labour_force=down(row.labour_force),
            unemployed=down(row.unemployed),
            households=down(row.households),
        )
        for row in tables.provinces
    )
    cities = tuple(dataclasses.replace(row, population=down(row.population) or 1) for row in tables.cities)
    return dataclasses.replace(tables, provinces=provinces, census=census, cities=cities)


def people(scenario: Scenario, progress: Callable[[int, int], None] | None = None) -> Population:
    """The synthetic population of a scenario.

    Args:
        progress: called with rows done and rows in all, where it is built.

    Raises:
        InputError: the tables contradict themselves.
    """
    tables = grown(scenario.case.census(scenario.tables), scenario.growth)
    persons = sum(row.population for row in tables.provinces if not scenario.provinces or row.id in scenario.provinces)
    if persons / scenario.scale > LARGEST:
        return _built(scenario, tables, progress)
    try:
        place = _cache() / _name(scenario, tables)
    except OSError:  # no private folder: build it each time
        return _built(scenario, tables, progress)
    return _opened(place) or _kept(_built(scenario, tables, progress), place)


def _built(scenario: Scenario, tables: CensusTables, progress: Callable[[int, int], None] | None) -> Population:
    from groundswell.populations.build import build_population

    chosen = scenario.provinces or None
    return build_population(
        tables, scale=scenario.scale, provinces=chosen, seed=scenario.population_seed, progress=progress, threads=scenario.threads
    )


def _cache() -> Path:
    """Where populations are kept: beside the compiled steps, private to the user."""
    from groundswell.core.compile import cache_folder

    folder = cache_folder().with_name("populations")
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _name(scenario: Scenario, tables: CensusTables) -> str:
    """A hash of what decides a population: tables, growth, scale, provinces, seed, and the code that builds it."""
    import groundswell
    from groundswell import core, populations

    code = [
        digest(path.read_bytes()) for package in (populations, core) for path in sorted(Path(str(package.__file__)).parent.glob("*.py"))
    ]
    settings = [scenario.growth, scenario.scale, scenario.provinces, scenario.population_seed]
    return digest(json.dumps([dict(tables.hashes), settings, groundswell.__version__, code], sort_keys=True).encode())


def _opened(place: Path) -> Population | None:
    """A kept population, every byte compared with its hash; none where there is none or it was altered."""
    from groundswell.populations.stored import open_population

    try:
        found = open_population(place, check=True)
    except (StoreError, OSError):
        return None
    with contextlib.suppress(OSError):
        os.utime(place)
    return found


def _kept(population: Population, place: Path) -> Population:
    """Keep a population and make room: those that were not used for longest go."""
    from groundswell.populations.stored import save_population

    with contextlib.suppress(OSError):  # a full disk, or another process was faster
        save_population(population, place)
        others = sorted((path for path in place.parent.iterdir() if not path.name.startswith(".")), key=lambda path: path.stat().st_mtime)
        for path in others[:-MOST]:
            shutil.rmtree(path, ignore_errors=True)
    return population
