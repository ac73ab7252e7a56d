"""A whole sweep as one function: tiles, draws and steps without a return to the engine between them.

At 1:1000 a tile holds a few thousand people, and binding its arguments one by one takes longer than its steps. The
function is written here from what the mechanisms declare, and compiled and kept like any other; an uncompiled run
calls the very same function as plain Python.
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
from groundswell.core.draws import BLOCK, tile_draws, tile_draws_plain
from groundswell.core.errors import ModelError
from groundswell.core.looking import Call, add_to, calls, dense, everyone, limits, pick, raise_to
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
HOODS, WORDS_WIDE = "neighbourhoods", "words"
LEAST = 1 << 14  # rows that are worth a call of their own where several threads share a small population


@functools.cache
def function_of(source: str, names: tuple[str, ...], functions: tuple[Any, ...], compiled: bool) -> Callable[..., None]:
    """The function that a text defines; the same object for the same text and functions, so that it is compiled once."""
    code = next(c for c in compile(source, "<sweep>", "exec").co_consts if isinstance(c, types.CodeType))
    scope: dict[str, Any] = {f.__name__: f for f in (add_to, raise_to, everyone, limits, pick)}
    scope |= {"tile_draws": tile_draws if compiled else tile_draws_plain, "__name__": __name__, "I64": I64}
    return types.FunctionType(code, scope | dict(zip(names, functions, strict=True)), "drive")


def _identity(quantity: Quantity) -> str:
    return repr(quantity.identity)


def _adding(quantity: Quantity) -> str:
    return "add_to" if quantity.combine == "sum" else "raise_to"


class Driver:
    """A sweep as one function.

    Args:
        sweep: its tiles and mechanisms.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep, self.engine = sweep, sweep.engine
        self._lasting: dict[str, Callable[[], Any]] = {}  # arguments that stay the same object as long as the state does
        self._stepwise: dict[str, Callable[[int], Any]] = {}  # those that stay the same until a parameter changes
        self._daily: dict[str, Callable[[int], Any]] = {}
        self._rooms: dict[str, tuple[str, tuple[int, ...], Any]] = {}  # a thread's own arrays: name in its scratch, shape, type
        self._levels: list[Level] = []
        self._drawn: set[tuple[int, int]] = set()
        self._dense = dense(sweep.mechanisms, sweep.stored)
        self._calls = calls(sweep.mechanisms, sweep.stored)
        lines = [f"{name} = tiles[t, {k}]" for k, name in enumerate(HEAD)] + ["n = row_end - row", "h = hood_end - hood"]
        lines += [f"{self._room(q.name, q.dtype)}[:n] = {_identity(q)}" for q in self._dense.values()]
        for q in dict.fromkeys(c.mechanism.looked for c in self._calls if c.function == "screen"):
            lines += [f"{self._most(q)} = {_identity(q)}"] if q else []
        lines += [line for call in self._calls for line in self._lines(call)]
        names = ", ".join([*COMMON, *self._lasting, *self._stepwise, *self._daily, *self._rooms])
        source = f"def drive({names}):\n    for t in range(tiles.shape[0]):\n" + "".join(f"        {line}\n" for line in lines)
        functions = tuple(getattr(type(c.mechanism), c.function) for c in self._calls)
        named = tuple(f"{c.function}{c.number}" for c in self._calls)
        self.function = self.engine.function(function_of(source, named, functions, self.engine.compiled))
        self.parts = self._cut()
        self.starts, self.cities = (np.concatenate([_NONE, *(getattr(t, name) for t in sweep.tiles)]) for name in ("starts", "city"))
        self._kept: list[Any] = []
        self._kept_of: tuple[State | None, int] = (None, -1)

    def run(self, day: int, pool: Executor | None) -> None:
        """Sweep over all tiles; the threads share them."""
        engine = self.engine
        epoch = engine.values.epoch(day)
        if self._kept_of[0] is not engine.state or self._kept_of[1] != epoch:  # a new run, one that goes on from a checkpoint, a change
            self._kept = [find() for find in self._lasting.values()] + [find(day) for find in self._stepwise.values()]
            self._kept_of = engine.state, epoch
        given = [self.starts, self.cities, day, *engine.draws.keys, engine.population.places.scale, *self._kept]
        given.extend([find(day) for find in self._daily.values()])

        def one(tiles: Array) -> None:
            if not engine.compiled:
                with np.errstate(over="ignore"):
                    self.function(tiles, *given, *self._scratch())
                return
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

    def _lines(self, call: Call) -> list[str]:
        """The statements for one function of a mechanism over a tile."""
        m = call.mechanism
        names = arguments(type(m), call.function)
        before, after = [], []
        for q in [q for q in m.adds if isinstance(q, Quantity) and q.level == PERSON]:
            total, own = self._places(call, q)
            if own:
                before.append(f"{own} = {_identity(q)}")
                after.append(f"{_adding(q)}({total}, {own})")
        for stream in m.draws:
            if stream.name in names and (call.number, stream.number) not in self._drawn:  # a step may make coins of its draws in place
                self._drawn.add((call.number, stream.number))
                words = self._room(f"words.{stream.name}", np.uint32, WORDS_WIDE)
                before.append(f"draw{stream.number} = tile_draws({words}, first, n, place, day, I64({stream.number}), key0, key1)")
        if "looked" in names and call.function == "step" and call.rows == "everyone":
            before.append(f"everyone({self._room('looked', np.int64)}[:n])")
        said = f"{call.function}{call.number}({', '.join(self._said(call, name) for name in names)})"
        if call.function == "screen":
            return [*before, *self._limits(m), f"k = {said}", *self._picked(m)]
        return [*before, said, *after]

    def _limits(self, mechanism: Mechanism) -> list[str]:
        """Before a screen: the limit of what is known of everyone joins what is said by bounds."""
        q, everyone = mechanism.looked, self._everyone(mechanism)
        return [f"limits({everyone}, {WORDS['starts']}, {self._most(q)}, {q.combine == 'sum'})"] if q and everyone else []

    def _picked(self, mechanism: Mechanism) -> list[str]:
        """After a screen: what is known of everyone, for those who are looked at."""
        q, everyone = mechanism.looked, self._everyone(mechanism)
        if q is None:
            return []
        at = f"{self._room(f'at {q.name}', q.dtype)}[:k]"
        return [f"pick({everyone}, {self._room('looked', np.int64)}[:k], {at})" if everyone else f"{at} = {_identity(q)}"]

    def _everyone(self, mechanism: Mechanism) -> str:
        """The quantity that a mechanism looks up, as far as it is computed for all rows; empty where it is not."""
        q = mechanism.looked
        if q is None or q.name in self._dense:
            return f"{self._room(q.name, q.dtype)}[:n]" if q else ""
        return self._part(self._each_day(lambda _: self.engine.view(q)), q.level) if q.name in self.sweep.stored else ""

    def _most(self, q: Quantity, own: str = "") -> str:
        return f"{self._room(f'{own}most {q.name}', q.dtype, HOODS)}[:h]"

    def _places(self, call: Call, q: Quantity) -> tuple[str, str]:
        """Where the sum of a quantity of people stands, and where a mechanism puts its own part first; empty: in no room of the tile."""
        if call.function == "bound" and q == call.mechanism.looked:
            return self._most(q), self._most(q, "+")
        if call.rows == "looked" and q == call.mechanism.looked:
            return tuple(f"{self._room(f'{own}at {q.name}', q.dtype)}[:k]" for own in ("", "+"))  # type: ignore[return-value]
        if q.name not in self._dense:
            return "", ""
        total = f"{self._room(q.name, q.dtype)}[:n]"
        return total, "" if self._alone(q) else f"{self._room(f'+{q.name}', q.dtype)}[:n]"

    def _alone(self, quantity: Quantity) -> bool:
        """Whether one mechanism alone contributes whole numbers, which can then go where the sum stands."""
        return np.issubdtype(quantity.dtype, np.integer) and sum(quantity in m.adds for m in self.sweep.mechanisms) == 1

    def _said(self, call: Call, name: str) -> str:
        """How the function says an argument of a step, a bound or a screen."""
        engine, mechanism, key = self.engine, call.mechanism, f"{call.mechanism.key}.{name}"
        for stream in mechanism.draws:
            if stream.name == name:
                return f"draw{stream.number}"
        if mechanism.looked and name == f"{mechanism.looked.name}_most":
            return self._most(mechanism.looked, "+" if call.function == "bound" else "")
        if name == "looked":
            return f"{self._room('looked', np.int64)}[:{'k' if call.rows == 'looked' else 'n'}]"
        for d in (*mechanism.reads, *mechanism.writes, *mechanism.adds):
            if d.name == name and isinstance(d, (Column, Quantity)):
                return self._array(call, d)
        if key in mechanism.parameters:
            return f"{self._until_changed(lambda day: engine.values.narrow(key, day))}[province]"
        gathered = {f"{column.name}_all": column for column in mechanism.gathers}
        if name in gathered:
            return self._each_day(lambda _: engine.gathered(gathered[name]))
        parts = {f"{network}_{part}": (network, part) for network in mechanism.networks for part in ("indptr", "indices")}
        if name in parts:
            return self._always(lambda: getattr(engine.population.networks[parts[name][0]], parts[name][1]))
        return WORDS[name]

    def _array(self, call: Call, what: Column | Quantity) -> str:
        """A tile's part of a column or quantity."""
        engine, mechanism = self.engine, call.mechanism
        if isinstance(what, Quantity):
            if what.level == PERSON:
                total, own = self._places(call, what)
                if total:
                    return (own or total) if what in mechanism.adds else total
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

    def _until_changed(self, find: Callable[[int], Any]) -> str:
        """A new argument that is found anew when a parameter changes."""
        self._stepwise[name := f"c{len(self._stepwise)}"] = find
        return name

    def _each_day(self, find: Callable[[int], Any]) -> str:
        """A new argument that is found anew each day."""
        self._daily[name := f"b{len(self._daily)}"] = find
        return name

    def _room(self, name: str, dtype: Any, wide: str = "people") -> str:
        """The name of an array of the thread's own, as wide as the widest tile: in people, neighbourhoods or random words."""
        for argument, (known, _, _) in self._rooms.items():
            if known == name:
                return argument
        shape = {"people": (self.sweep.widest,), HOODS: (self.sweep.hoods,), WORDS_WIDE: (self.sweep.widest // BLOCK + 2, BLOCK // 2)}[wide]
        argument = f"r{len(self._rooms)}"
        self._rooms[argument] = (name, shape, dtype)
        return argument

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
