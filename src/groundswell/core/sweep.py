"""Steps over tiles of people, a tile through the cache at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import NATION, NEIGHBOURHOOD, PERSON, PROVINCE, Column, Level, Quantity
from groundswell.core.draws import BLOCK, Stream, fill_words_plain
from groundswell.core.drive import Driver
from groundswell.core.mechanism import WORDS, Mechanism, arguments
from groundswell.core.places import Places

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine
    from groundswell.core.state import State

Array = npt.NDArray[Any]


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
        self.engine, self.mechanisms, self.size = engine, mechanisms, size
        self.tiles = tiles(engine.population.places, size)
        self.widest = max((t.rows.stop - t.rows.start for t in self.tiles), default=0)
        self.added: dict[str, Quantity] = {
            d.name: d
            for m in mechanisms
            for d in (*m.adds, *m.reads)
            if isinstance(d, Quantity) and d.level == PERSON and d.name not in stored
        }
        self._kept: list[list[list[Any]]] = []
        self._kept_of: State | None = None
        self._driver = Driver(self) if engine.compiled else None

    def run(self, day: int, pool: Executor | None) -> None:
        """Sweep over all tiles; the threads share them."""
        if self._driver is not None:
            self._driver.run(day, pool)
            return
        if self._kept_of is not self.engine.state:  # a new run, or one that goes on from a checkpoint
            self._kept = [[self._keep(m, tile) for m in self.mechanisms] for tile in self.tiles]
            self._kept_of = self.engine.state
        steps = [(m, type(m).step, self._today(m, day)) for m in self.mechanisms]  # type: ignore[attr-defined]

        def one(number: int) -> None:
            tile, scratch = self.tiles[number], self._scratch()
            for quantity in self.added.values():
                scratch[quantity.name][: tile.rows.stop - tile.rows.start] = quantity.identity
            for (m, step, today), kept in zip(steps, self._kept[number], strict=True):
                given = kept.copy()
                for position, bind in today:
                    given[position] = bind(tile, scratch)
                with np.errstate(over="ignore"):
                    step(*given)
                self._combine(m, tile, scratch)

        if pool is None:
            for number in range(len(self.tiles)):
                one(number)
        else:
            list(pool.map(one, range(len(self.tiles))))

    def _keep(self, mechanism: Mechanism, tile: Tile) -> list[Any]:
        """A step's arguments for a tile, as far as they are the same every day; None for the others."""
        names = arguments(type(mechanism))
        return [self._bind(mechanism, name, 0)(tile, {}) if self._lasts(mechanism, name) else None for name in names]

    def _today(self, mechanism: Mechanism, day: int) -> list[tuple[int, Callable[[Tile, dict[str, Array]], Any]]]:
        """For each argument that changes from day to day its position, and the function that finds it for a tile."""
        names = arguments(type(mechanism))
        return [(k, self._bind(mechanism, name, day)) for k, name in enumerate(names) if not self._lasts(mechanism, name)]

    def _lasts(self, mechanism: Mechanism, name: str) -> bool:
        """Whether an argument is the same object or number every day: views of columns, and what a tile is."""
        for d in (*mechanism.reads, *mechanism.writes):
            if d.name == name and isinstance(d, Column):
                return d.level not in (PROVINCE, NATION)
        return name in WORDS and name not in ("day", "order")

    def _scratch(self) -> dict[str, Array]:
        """Arrays of this thread, reused from day to day."""
        store = self.engine.scratch
        if not hasattr(store, "arrays"):
            store.arrays = {}
        arrays: dict[str, Array] = store.arrays
        if arrays.get("words", _EMPTY).shape[0] < self.widest // BLOCK + 2:
            arrays["words"] = np.empty((self.widest // BLOCK + 2, BLOCK // 2), np.uint32)
        for q in self.added.values():
            for name in (q.name, f"+{q.name}"):
                if arrays.get(name, _EMPTY).shape[0] < self.widest or arrays[name].dtype != q.dtype:
                    arrays[name] = np.empty(self.widest, q.dtype)
        return arrays

    def _combine(self, mechanism: Mechanism, tile: Tile, scratch: dict[str, Array]) -> None:
        n = tile.rows.stop - tile.rows.start
        for q in mechanism.adds:
            if q.name in self.added and isinstance(q, Quantity):
                total, term = scratch[q.name][:n], scratch[f"+{q.name}"][:n]
                (np.add if q.combine == "sum" else np.maximum)(total, term, out=total)

    def _bind(self, mechanism: Mechanism, name: str, day: int) -> Callable[[Tile, dict[str, Array]], Any]:
        for stream in mechanism.draws:
            if stream.name == name:
                return lambda tile, scratch: self.draw(tile, scratch, stream, day)
        for d in (*mechanism.reads, *mechanism.writes, *mechanism.adds):
            if d.name == name and isinstance(d, (Column, Quantity)):
                return _bind_array(self, mechanism, d)
        return bind_argument(self.engine, mechanism, name, day)

    def draw(self, tile: Tile, scratch: dict[str, Array], stream: Stream, day: int) -> Array:
        """One 16-bit draw a row, the same in any tile."""
        n = tile.rows.stop - tile.rows.start
        block, offset = divmod(tile.first, BLOCK)
        words = scratch["words"] if (name := f"words.{stream.name}") not in scratch else scratch[name]
        needed = (offset + n + BLOCK - 1) // BLOCK
        if name not in scratch or scratch[name].shape[0] < needed:
            words = scratch[name] = np.empty((self.widest // BLOCK + 2, BLOCK // 2), np.uint32)
        key0, key1 = self.engine.draws.keys
        fill_words_plain(words[:needed], block, tile.code, day, stream.number, key0, key1)
        return words[:needed].reshape(-1).view(np.uint16)[offset : offset + n]


_EMPTY = np.empty((0, 0))


def bind_argument(engine: Engine, mechanism: Mechanism, name: str, day: int) -> Callable[[Tile, dict[str, Array]], Any]:
    """How a step's parameter, gathered column, network or word is found for a tile."""
    if f"{mechanism.key}.{name}" in mechanism.parameters:
        values = engine.values.narrow(f"{mechanism.key}.{name}", day)
        return lambda tile, _: values[tile.province]
    for column in mechanism.gathers:
        if name == f"{column.name}_all":
            return lambda *_: engine.gathered(column)
    for network in mechanism.networks:
        if name.startswith(f"{network}_"):
            part = getattr(engine.population.networks[network], name.removeprefix(f"{network}_"))
            return lambda *_: part
    key0, key1 = engine.draws.keys
    words: dict[str, Callable[[Tile, dict[str, Array]], Any]] = {
        "starts": lambda tile, _: tile.starts,
        "city": lambda tile, _: tile.city,
        "first": lambda tile, _: tile.first,
        "base": lambda tile, _: tile.rows.start,
        "place": lambda tile, _: tile.code,
        "day": lambda *_: day,
        "key0": lambda *_: key0,
        "key1": lambda *_: key1,
        "scale": lambda *_: engine.population.places.scale,
    }
    return words[name]


def _bind_array(sweep: Sweep, mechanism: Mechanism, what: Column | Quantity) -> Callable[[Tile, dict[str, Array]], Any]:
    engine, level, places = sweep.engine, what.level, sweep.engine.population.places
    if isinstance(what, Quantity) and what.name in sweep.added:
        mine = what in mechanism.adds

        def quantity(tile: Tile, scratch: dict[str, Array]) -> Array:
            part = scratch[f"+{what.name}" if mine else what.name][: tile.rows.stop - tile.rows.start]
            if mine:
                part[:] = what.identity
            return part

        return quantity
    if what in mechanism.adds:
        array = engine.term(mechanism, what)
    elif what in mechanism.writes:
        array = engine.state.columns[what.name]
    else:
        array = engine.view(what)
    return _cut(array, level, places)


def _cut(array: Array, level: Level, places: Places) -> Callable[[Tile, dict[str, Array]], Any]:
    if level == PERSON:
        return lambda tile, _: array[tile.rows]
    if level == NEIGHBOURHOOD:
        return lambda tile, _: array[tile.neighbourhoods]
    if level == PROVINCE:
        return lambda tile, _: array[tile.province]
    if level == NATION:
        return lambda *_: array[0]
    return lambda tile, _: array[slice(*places.bounds(level, tile.province))]
