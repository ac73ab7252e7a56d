"""Cities and neighbourhoods of a province, cut along households."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import exps, logs
from groundswell.populations import streams
from groundswell.populations.ages import apportion
from groundswell.populations.kernels import Source
from groundswell.populations.tables import LARGEST_KEY, CensusTables, CityRow

Ints = npt.NDArray[np.int64]

RURAL_KEY = LARGEST_KEY + 1  # keys of rural districts begin here
RURAL_DISTRICT = 400_000  # real persons of one rural district, at most. Source: assumed
# Real persons of a neighbourhood: log-logistic, clipped. Source: assumed
MEDIAN, SHAPE = 2090.0, 0.33
SMALLEST, LARGEST = 300, 12_000
FEWEST_ROWS = 50  # of a neighbourhood where its city has as many


@dataclass(frozen=True)
class District:
    """A city, or a part of the countryside; `population` is real persons."""

    key: int
    name: str
    latitude: float
    longitude: float
    population: int
    rural: bool


def districts_of(tables: CensusTables, province: str) -> tuple[District, ...]:
    """The cities of a province by key, then its rural districts.

    Who lives in no city lives in the countryside, which is one district or several of equal size; each lies amid the
    cities of one stretch of longitude.
    """
    cities = tables.cities_of(province)
    towns = [District(c.key, c.name, c.latitude, c.longitude, c.population, False) for c in cities]
    row = tables.province(province)
    rest = row.population - sum(c.population for c in cities)
    count = -(-rest // RURAL_DISTRICT)
    eastward = sorted(cities, key=lambda c: (c.longitude, c.key))
    for i in range(count):
        near = eastward[i * len(cities) // count : max((i + 1) * len(cities) // count, i * len(cities) // count + 1)]
        name = f"{row.name}, countryside" + (f" {i + 1}" if count > 1 else "")
        people = rest * (i + 1) // count - rest * i // count
        towns.append(District(RURAL_KEY + i, name, _mean(near, "latitude"), _mean(near, "longitude"), people, True))
    return tuple(towns)


def _mean(cities: list[CityRow], column: str) -> float:
    people = sum(c.population for c in cities)
    return round(sum(float(getattr(c, column)) * c.population for c in cities) / people, 4)


def cut(sizes: npt.NDArray[np.uint8], districts: tuple[District, ...], scale: int, source: Source) -> tuple[Ints, Ints]:
    """Cut a province's households into districts and neighbourhoods; no household is cut.

    Args:
        sizes: rows of each household.
        districts: in the order of their people.
        scale: real persons a row stands for.
        source: the province's draws.

    Returns:
        first row of each neighbourhood and their end, shape (neighbourhoods + 1,); first neighbourhood of each district
        and their end, shape (districts + 1,).
    """
    ends = np.add.accumulate(sizes, dtype=np.int64)
    total = int(ends[-1])
    wanted = np.array(apportion([d.population for d in districts], total), np.int64)
    first = np.concatenate([[0], _snapped(ends, np.add.accumulate(wanted))])
    rows = np.diff(first)
    fewest = max(FEWEST_ROWS, SMALLEST // scale)
    most = rows // fewest + 1
    owner = np.repeat(np.arange(len(districts)), most)
    number = np.arange(len(owner)) - np.repeat(np.add.accumulate(most) - most, most)
    keys = np.array([d.key for d in districts], np.uint32)
    u = source.uniforms(streams.NEIGHBOURHOODS, number, keys[owner])[:, 0] * (1.0 - 1e-9) + 5e-10
    persons = np.clip(MEDIAN * exps(SHAPE * (logs(u) - logs(1.0 - u))), SMALLEST, LARGEST)
    size = np.maximum((persons / scale + 0.5).astype(np.int64), fewest)
    reach = np.add.accumulate(size)
    reach -= np.repeat(reach[np.add.accumulate(most) - most] - size[np.add.accumulate(most) - most], most)
    inside = reach + fewest <= rows[owner]  # the last one takes what would be too few for another
    inner = _snapped(ends, first[owner[inside]] + reach[inside])
    starts = np.unique(np.concatenate([inner, first]))
    return starts, np.searchsorted(starts, first)


def _snapped(ends: Ints, rows: Any) -> Ints:
    """The end of a household that is nearest to each row number (the earlier of two), or 0."""
    after = np.minimum(np.searchsorted(ends, rows), len(ends) - 1)
    before = np.where(after > 0, ends[np.maximum(after - 1, 0)], 0)
    return np.where(rows - before <= ends[after] - rows, before, ends[after])
