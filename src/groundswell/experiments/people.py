"""The people of a scenario: its tables, grown where it says so, built into a population."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from groundswell.experiments.scenario import Scenario

if TYPE_CHECKING:
    from groundswell.core.places import Population
    from groundswell.populations.tables import CensusTables


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
        progress: called with rows done and rows in all.

    Raises:
        InputError: the tables contradict themselves.
    """
    from groundswell.populations.build import build_population

    tables = grown(scenario.case.census(scenario.tables), scenario.growth)
    chosen = scenario.provinces or None
    return build_population(
        tables, scale=scenario.scale, provinces=chosen, seed=scenario.population_seed, progress=progress, threads=scenario.threads
    )
