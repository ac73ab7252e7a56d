"""A whole sweep as one compiled function: tiles, draws and steps without a return to Python between them.

At 1:1000 a tile holds a few thousand people, and binding its arguments in Python takes longer than its steps. The
function is written here from what the mechanisms declare, and compiled and kept like any other. Uncompiled runs bind
each tile by itself (`core.sweep`), to the same bits.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core import compile as compiling
from groundswell.core.arithmetic import I64
from groundswell.core.columns import NATION, NEIGHBOURHOOD, PERSON, PROVINCE, Column, Level, Quantity
from groundswell.core.draws import BLOCK, tile_draws
from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Mechanism, arguments

if TYPE_CHECKING:
    from groundswell.core.state import State
    from groundswell.core.sweep import Sweep

Array = npt.NDArray[Any]
HEAD = ("row", "row_end", "hood", "hood_end", "start", "province", "place", "first")  # columns of the table of tiles
COMMON = ("tiles", "starts", "cities", "day", "key0", "key1", "scale")
WORDS = {  # what the function says for a word of a step
    "starts": "starts[start : start + hood_end - hood + 1]",
    "city": "cities[hood:hood_end]",
    "first": "first",
    "base": "row",
    "place": "place",
    "day": "day",
    "key0": "key0",
    "key1": "key1",
    "scale": "scale",
}
LEAST = 1 << 14  # rows that are worth a call of their own where several threads share a small population


def add_to(total: Any, term: Any) -> None:
    """One mechanism's contribution to a sum."""
    for i in range(total.size):
        total[i] += term[i]


def raise_to(total: Any, term: Any) -> None:
    """One mechanism's contribution to a maximum; what is not a number stays visible."""
    for i in range(total.size):
        if not (total[i] >= term[i] or total[i] != total[i]):
            total[i] = term[i]


@functools.cache
def function_of(source: str, steps: tuple[Any, ...]) -> Callable[..., None]:
    """The function that a text defines; the same object for the same text and steps, so that it is compiled once."""
    code = next(c for c in compile(source, "<sweep>", "exec").co_consts if isinstance(c, types.CodeType))
    scope = {f"step{k}": step for k, step in enumerate(steps)}
    scope |= {"__name__": __name__, "I64": I64, "tile_draws": tile_draws, "add_to": add_to, "raise_to": raise_to}
    return types.FunctionType(code, scope, "drive")


class Driver:
    """The compiled form of a sweep.

    Args:
        sweep: its tiles and mechanisms.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep, self.engine = sweep, sweep.engine
        self._lasting: dict[str, Callable[[], Any]] = {}  # arguments that stay the same object as long as the state does
        self._daily: dict[str, Callable[[int], Any]] = {}
        self._rooms: dict[str, tuple[str, tuple[int, ...], Any]] = {}  # a thread's own arrays: name in its scratch, shape, type
        self._levels: list[Level] = []
        lines = [f"{name} = tiles[t, {k}]" for k, name in enumerate(HEAD)] + ["n = row_end - row"]
        lines += [f"{self._room(q.name, q.dtype)}[:n] = {q.identity!r}" for q in sweep.added.values()]
        lines += [line for number, m in enumerate(sweep.mechanisms) for line in self._lines(number, m)]
        names = ", ".join([*COMMON, *self._lasting, *self._daily, *self._rooms])
        source = f"def drive({names}):\n    for t in range(tiles.shape[0]):\n" + "".join(f"        {line}\n" for line in lines)
        steps = tuple(type(m).step for m in sweep.mechanisms)  # type: ignore[attr-defined]
        self.function = self.engine.function(function_of(source, steps))
        self.parts = self._cut()
        self.starts, self.cities = (np.concatenate([_NONE, *(getattr(t, name) for t in sweep.tiles)]) for name in ("starts", "city"))
        self._kept: list[Any] = []
        self._kept_of: State | None = None

    def run(self, day: int, pool: Executor | None) -> None:
        """Sweep over all tiles; the threads share them."""
        engine = self.engine
        if self._kept_of is not engine.state:  # a new run, or one that goes on from a checkpoint
            self._kept, self._kept_of = [find() for find in self._lasting.values()], engine.state
        given = [self.starts, self.cities, day, *engine.draws.keys, engine.population.places.scale, *self._kept]
        given.extend([find(day) for find in self._daily.values()])

        def one(tiles: Array) -> None:
            try:
                self.function(tiles, *given, *self._scratch())
            except compiling.numba_error() as error:
                raise ModelError(compiling.told(error)) from None

        if pool is None:
            for part in self.parts:
                one(part)
        else:
            list(pool.map(one, self.parts))

    def _cut(self) -> list[Array]:
        """The table of tiles, cut into what one call takes: everything, or what keeps several threads busy."""
        places, threads, rows, start = self.engine.population.places, self.engine.threads, [], 0
        for t in self.sweep.tiles:
            hoods = t.neighbourhoods
            bounds = [b for level in self._levels for b in places.bounds(level, t.province)]
            rows.append([t.rows.start, t.rows.stop, hoods.start, hoods.stop, start, t.province, t.code, t.first, *bounds])
            start += len(t.starts)
        table = np.array(rows, np.int64).reshape(len(rows), len(HEAD) + 2 * len(self._levels))
        if threads == 1 or not rows:
            return [table]
        most = max(min(self.sweep.size, places.rows // (4 * threads)), LEAST)
        return np.split(table, np.flatnonzero(np.diff(table[:, 1] // most)) + 1)

    def _lines(self, number: int, mechanism: Mechanism) -> list[str]:
        """The statements for one step over a tile."""
        shared = [q for q in mechanism.adds if isinstance(q, Quantity) and q.name in self.sweep.added and not self._alone(q)]
        before = [f"{self._room(f'+{q.name}', q.dtype)}[:n] = {q.identity!r}" for q in shared]
        said = [self._said(mechanism, name) for name in arguments(type(mechanism))]
        draws = [
            f"draw{s.number} = tile_draws({self._words(s.name)}, first, n, place, day, I64({s.number}), key0, key1)"
            for s in mechanism.draws
            if f"draw{s.number}" in said
        ]
        after = [
            f"{'add_to' if q.combine == 'sum' else 'raise_to'}({self._room(q.name, q.dtype)}[:n], {self._room(f'+{q.name}', q.dtype)}[:n])"
            for q in shared
        ]
        return [*before, *draws, f"step{number}({', '.join(said)})", *after]

    def _alone(self, quantity: Quantity) -> bool:
        """Whether one mechanism alone contributes whole numbers, which can then go where the sum stands."""
        return np.issubdtype(quantity.dtype, np.integer) and sum(quantity in m.adds for m in self.sweep.mechanisms) == 1

    def _said(self, mechanism: Mechanism, name: str) -> str:
        """How the function says an argument of a step."""
        engine, key = self.engine, f"{mechanism.key}.{name}"
        for stream in mechanism.draws:
            if stream.name == name:
                return f"draw{stream.number}"
        for d in (*mechanism.reads, *mechanism.writes, *mechanism.adds):
            if d.name == name and isinstance(d, (Column, Quantity)):
                return self._array(mechanism, d)
        if key in mechanism.parameters:
            return f"{self._each_day(lambda day: engine.values.narrow(key, day))}[province]"
        gathered = {f"{column.name}_all": column for column in mechanism.gathers}
        if name in gathered:
            return self._each_day(lambda _: engine.gathered(gathered[name]))
        parts = {f"{network}_{part}": (network, part) for network in mechanism.networks for part in ("indptr", "indices")}
        if name in parts:
            return self._always(lambda: getattr(engine.population.networks[parts[name][0]], parts[name][1]))
        return WORDS[name]

    def _array(self, mechanism: Mechanism, what: Column | Quantity) -> str:
        """A tile's part of a column or quantity."""
        engine = self.engine
        if isinstance(what, Quantity):
            if what.name in self.sweep.added:
                mine = what in mechanism.adds and not self._alone(what)
                return f"{self._room(f'+{what.name}' if mine else what.name, what.dtype)}[:n]"
            if what in mechanism.adds:
                return self._part(self._each_day(lambda _: engine.term(mechanism, what)), what.level)
            return self._part(self._each_day(lambda _: engine.view(what)), what.level)
        if what in mechanism.writes:
            return self._part(self._always(lambda: engine.state.columns[what.name]), what.level)
        return self._part(self._always(lambda: engine.view(what)), what.level)

    def _part(self, name: str, level: Level) -> str:
        """A tile's part of an array of a level: people and neighbourhoods of the tile, all else of the province."""
        if level == PERSON:
            return f"{name}[row:row_end]"
        if level == NEIGHBOURHOOD:
            return f"{name}[hood:hood_end]"
        if level in (PROVINCE, NATION):
            return f"{name}[province]" if level == PROVINCE else f"{name}[0]"
        if level not in self._levels:
            self._levels.append(level)
        at = len(HEAD) + 2 * self._levels.index(level)
        return f"{name}[tiles[t, {at}] : tiles[t, {at + 1}]]"

    def _always(self, find: Callable[[], Any]) -> str:
        """A new argument that stays the same."""
        self._lasting[name := f"a{len(self._lasting)}"] = find
        return name

    def _each_day(self, find: Callable[[int], Any]) -> str:
        """A new argument that is found anew each day."""
        self._daily[name := f"b{len(self._daily)}"] = find
        return name

    def _room(self, name: str, dtype: Any, shape: tuple[int, ...] | None = None) -> str:
        """The name of an array of the thread's own."""
        for argument, (known, _, _) in self._rooms.items():
            if known == name:
                return argument
        argument = f"r{len(self._rooms)}"
        self._rooms[argument] = (name, (self.sweep.widest,) if shape is None else shape, dtype)
        return argument

    def _words(self, stream: str) -> str:
        return self._room(f"words.{stream}", np.uint32, (self.sweep.widest // BLOCK + 2, BLOCK // 2))

    def _scratch(self) -> list[Array]:
        """The arrays of this thread, reused from day to day."""
        store = self.engine.scratch
        if not hasattr(store, "arrays"):
            store.arrays = {}
        arrays: dict[str, Array] = store.arrays
        for name, shape, dtype in self._rooms.values():
            if name not in arrays or arrays[name].shape[0] < shape[0] or arrays[name].dtype != dtype:
                arrays[name] = np.empty(shape, dtype)
        return [arrays[name] for name, _, _ in self._rooms.values()]


_NONE = np.empty(0, np.int64)
