"""Sequential activation: rows act one after the other in addressed order, each seeing what those before have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core import compile as compiling
from groundswell.core.arithmetic import U32, U64
from groundswell.core.columns import Column, Quantity
from groundswell.core.draws import Draws, philox4x32
from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Mechanism, arguments
from groundswell.core.places import Places

if TYPE_CHECKING:
    from groundswell.core.simulate import Engine

Array = npt.NDArray[Any]


def fill_keys(keys: Any, first: int, place: int, scale: int, day: int, stream: int, key0: Any, key1: Any) -> None:
    """For each row of a place a draw over its rank, to be sorted: the order in which each acts once.

    Args:
        keys: uint64, one element a row; filled.
        first: rank of the first row among those of all places.
        place: code of the place; with a row's index within it, times `scale`, it makes the address of the draw.
    """
    x1, x3 = U32(U32(place) << U32(16)), U32((U32(day) << U32(16)) | U32(stream))
    for k in range(keys.size):
        x = philox4x32(U32(k * scale), x1, U32(0), x3, key0, key1)
        keys[k] = (U64(x[0]) << U64(32)) | U64(first + k)


def fill_ranks(ranks: Any, day: int, stream: int, key0: Any, key1: Any) -> None:
    """For each turn the rank of the address whose turn it is, drawn with replacement."""
    x3 = U32((U32(day) << U32(16)) | U32(stream))
    n = U64(ranks.size)
    for k in range(ranks.size):
        turn = U64(k)
        x = philox4x32(U32(turn & U64(0xFFFFFFFF)), U32((turn >> U64(32)) << U64(16)), U32(0), x3, key0, key1)
        ranks[k] = (U64(x[0]) * n) >> U64(32)


class Sequential:
    """A mechanism with sequential activation: one step over the whole population, on one thread.

    Every array is whole, the nation's and the provinces' too, so that a step can count; `place` is the lowest code.
    What a step receives is bound once; only the day, the order and what lives for a day are bound every day. A parameter
    reaches it as float64 (a whole number or a switch as int64): acting on one row at a time, it would gain nothing from less.
    """

    def __init__(self, engine: Engine, mechanism: Mechanism) -> None:
        self.engine, self.mechanism = engine, mechanism
        self._names = arguments(type(mechanism))
        self._step = engine.function(type(mechanism).step)  # type: ignore[attr-defined]
        self._fill = engine.function(fill_keys if mechanism.activation == "each_once" else fill_ranks)
        self._ranks = Ranks(engine.population.places)
        self._each_day = [(at, name) for at, name in enumerate(self._names) if self._daily(name)]
        self._bound: list[Any] = []
        self._of: tuple[Any, int] = (None, -1)

    def run(self, day: int) -> None:
        """Everyone's turn of a day."""
        epoch = self.engine.values.epoch(day)
        if self._of[0] is not self.engine.state or self._of[1] != epoch:
            self._bound = [None if self._daily(name) else self._bind(name, day) for name in self._names]
            self._of = self.engine.state, epoch
        for at, name in self._each_day:
            self._bound[at] = day if name == "day" else self._bind(name, day)
        if self.engine.compiled:
            try:
                self._step(*self._bound)
            except compiling.numba_error() as error:
                raise ModelError(compiling.told(error)) from None
        else:
            with np.errstate(over="ignore"):
                self._step(*self._bound)

    def _daily(self, name: str) -> bool:
        """Whether an argument is another object or number every day."""
        if name in ("day", "order") or name.endswith("_all"):
            return True
        m = self.mechanism
        passing = [d.name for d in (*m.reads, *m.adds) if isinstance(d, Quantity)]
        return name in (*passing, *(s.name for s in m.draws))

    def _bind(self, name: str, day: int) -> Any:
        engine, mechanism = self.engine, self.mechanism
        places = engine.population.places
        if name == "order":
            return self._ranks.order(engine.draws, mechanism, day, self._fill)
        for stream in mechanism.draws:
            if stream.name == name:
                now = engine.window(mechanism, day)
                return np.concatenate([now.rows_draw(stream, p) for p in range(len(places.provinces))])
        for d in (*mechanism.reads, *mechanism.writes, *mechanism.adds):
            if d.name == name and isinstance(d, (Column, Quantity)):
                return engine.window(mechanism, day)[d]
        key = f"{mechanism.key}.{name}"
        about = mechanism.parameters.get(key)
        if about is not None:
            values = engine.values.at(key, day)
            if (values != values[0]).any():
                raise ModelError(f"{key} cannot differ between places: all rows act in one order")
            return np.int64(values[0]) if about.options or about.whole else values[0]
        for column in mechanism.gathers:
            if name == f"{column.name}_all":
                return engine.gathered(column)
        for network in mechanism.networks:
            if name.startswith(f"{network}_"):
                return getattr(engine.population.networks[network], name.removeprefix(f"{network}_"))
        key0, key1 = engine.draws.keys
        words = {"first": 0, "base": 0, "place": int(places.codes.min()), "key0": key0, "key1": key1, "scale": places.scale}
        return (words | {"starts": places.neighbourhood_start, "city": places.city_of_neighbourhood})[name]


class Ranks:
    """The rows of a population in the order of their addresses, so that the order of storage cannot matter."""

    def __init__(self, places: Places) -> None:
        by_code = np.argsort(places.codes).tolist()
        ranges = [(int(places.codes[p]), *places.row_range(p)) for p in by_code]
        ends = np.cumsum([high - low for _, low, high in ranges]).tolist()
        self._parts = [(end - (high - low), end, code) for end, (code, low, high) in zip(ends, ranges, strict=True)]  # in ranks
        mixed = by_code != sorted(by_code)
        self.rows = np.concatenate([np.arange(low, high) for _, low, high in ranges]) if mixed else None  # None: rows are in that order
        self._room, self._scale = np.empty(places.rows, np.uint64), places.scale

    def order(self, draws: Draws, mechanism: Mechanism, day: int, fill: Any = None) -> npt.NDArray[np.int64]:
        """Rows in the order in which they act on a day: each once, or as many drawn with replacement. The array is used again."""
        once, found, stream = mechanism.activation == "each_once", self._room, mechanism.draws[0].number
        fill = fill or (fill_keys if once else fill_ranks)
        if once:
            for first, end, code in self._parts:
                fill(found[first:end], first, code, self._scale, day, stream, *draws.keys)
            found.sort()  # ties of 32 bits go by address: one in 4,000,000,000
            found &= _RANK
        else:
            fill(found, day, stream, *draws.keys)
        ranks = found.view(np.int64)
        return ranks if self.rows is None else self.rows[ranks]


_RANK = np.uint64(0xFFFFFFFF)
