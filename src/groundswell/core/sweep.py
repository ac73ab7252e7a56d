"""Steps over tiles of people, a tile through the cache at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import PERSON, Quantity
from groundswell.core.drive import Driver
from groundswell.core.mechanism import Mechanism
from groundswell.core.places import Places

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine


@dataclass(frozen=True)
class Tile:
    """Consecutive neighbourhoods of one province, about as many people as fit a cache."""

    province: int
    code: int
    neighbourhoods: slice
    rows: slice
    first: int
    starts: npt.NDArray[np.int64]
    city: npt.NDArray[np.int64]


def tiles(places: Places, size: int) -> list[Tile]:
    """Cut every province into tiles of about `size` rows at borders of neighbourhoods."""
    found = []
    city_of = places.city_of_neighbourhood
    for p, province in enumerate(places.provinces):
        low, high = places.neighbourhood_range(p)
        base = int(places.neighbourhood_start[low])
        at = low
        while at < high:
            limit = int(places.neighbourhood_start[at]) + size
            to = min(max(int(np.searchsorted(places.neighbourhood_start, limit, side="right")) - 1, at + 1), high)
            r0, r1 = int(places.neighbourhood_start[at]), int(places.neighbourhood_start[to])
            starts = np.ascontiguousarray(places.neighbourhood_start[at : to + 1] - r0, np.int64)
            city = np.ascontiguousarray(city_of[at:to] - places.province_start[p], np.int64)
            found.append(Tile(p, province.code, slice(at, to), slice(r0, r1), r0 - base, starts, city))
            at = to
    return found


def plan(mechanisms: Sequence[Mechanism]) -> tuple[list[tuple[Mechanism, ...]], frozenset[str]]:
    """The stages of a day: consecutive steps over tiles become one sweep, so that a tile passes the cache once.

    Returns:
        The stages in order, and the quantities of people that are stored for all rows because they are needed in
        more than one stage. All others live in a tile's scratch only.
    """
    stored: frozenset[str] = frozenset()
    while True:
        stages = _stages(mechanisms, stored)
        users: dict[str, set[int]] = {}
        for number, stage in enumerate(stages):
            for m in stage:
                for d in (*m.adds, *m.reads):
                    if isinstance(d, Quantity) and d.level == PERSON:
                        users.setdefault(d.name, set()).add(number if m.kind == "tile" else -1)
        crossing = frozenset(name for name, numbers in users.items() if len(numbers) > 1 or -1 in numbers)
        if crossing <= stored:
            return stages, stored
        stored |= crossing


def _stages(mechanisms: Sequence[Mechanism], stored: frozenset[str]) -> list[tuple[Mechanism, ...]]:
    """A new stage where a step gathers through ties, or reads a stored quantity to which one of the sweep has added."""
    stages: list[tuple[Mechanism, ...]] = []
    run: list[Mechanism] = []
    for m in mechanisms:
        added = {d.name for r in run for d in r.adds if d.level != PERSON or d.name in stored}  # type: ignore[union-attr]
        if run and (m.kind != "tile" or m.gathers or any(isinstance(d, Quantity) and d.name in added for d in m.reads)):
            stages.append(tuple(run))
            run = []
        if m.kind == "tile" and not m.gathers:
            run.append(m)
        else:
            stages.append((m,))
    return [*stages, tuple(run)] if run else stages


class Sweep:
    """A run of steps that pass over each tile one after the other.

    Args:
        engine: the run.
        mechanisms: in order; all of kind "tile".
        size: rows in a tile, about.
        stored: quantities of people that live in whole arrays, not in the tile's scratch.
    """

    def __init__(self, engine: Engine, mechanisms: tuple[Mechanism, ...], size: int, stored: frozenset[str] = frozenset()) -> None:
        self.engine, self.mechanisms, self.size, self.stored = engine, mechanisms, size, stored
        self.tiles = tiles(engine.population.places, size)
        self.widest = max((t.rows.stop - t.rows.start for t in self.tiles), default=0)
        self.hoods = max((t.neighbourhoods.stop - t.neighbourhoods.start for t in self.tiles), default=0)
        self._driver = Driver(self)

    def run(self, day: int, pool: Executor | None) -> None:
        """Sweep over all tiles; the threads share them."""
        self._driver.run(day, pool)
