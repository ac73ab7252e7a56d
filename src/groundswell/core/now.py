"""What a mechanism that runs once a day may see and touch: exactly what it declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import is_
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import Column, Journal, Quantity, Queue, Table, TableType
from groundswell.core.draws import BLOCK, Draws, Stream, Words, fill_words, fill_words_plain, halves
from groundswell.core.errors import ModelError

if TYPE_CHECKING:
    from groundswell.core.mechanism import Mechanism
    from groundswell.core.simulate import Engine

Array = npt.NDArray[Any]
T = TypeVar("T")


@dataclass(frozen=True)
class DeclaredDraws(Draws):
    """The draws of one mechanism: only from streams that it declares."""

    owner: str = ""
    numbers: frozenset[int] = frozenset()

    def check(self, stream: Stream) -> None:
        """Refuse a stream that is not declared.

        Raises:
            ModelError: the mechanism does not declare it.
        """
        if stream.number not in self.numbers:
            raise ModelError(f"{self.owner} does not declare that it draws from {stream.name}")

    def words(self, stream: Stream, day: int, one: npt.ArrayLike, other: npt.ArrayLike = 0) -> tuple[Words, Words, Words, Words]:
        """See `Draws.words`."""
        self.check(stream)
        return super().words(stream, day, one, other)

    def uniform(self, stream: Stream, day: int, one: npt.ArrayLike, other: npt.ArrayLike = 0) -> npt.NDArray[np.float64]:
        """See `Draws.uniform`."""
        self.check(stream)
        return super().uniform(stream, day, one, other)


class Now:
    """One mechanism's window on one day.

    Attributes:
        day: day number.
        population: the static population.
        places: where people are.
        draws: addressed randomness under the run's seed, for the streams that the mechanism declares.
        scale: real persons a row stands for.
        p: the mechanism's parameters today, each an array of shape (provinces,); a switch is a plain string. It is the
            same object until one of them changes.
    """

    def __init__(self, engine: Engine, mechanism: Mechanism, day: int) -> None:
        self._engine, self._mechanism, self.day = engine, mechanism, day
        self.population, self.places, self.scale = engine.population, engine.population.places, engine.population.places.scale
        self._p: SimpleNamespace | None = None
        self._epoch = -1
        self._state, self._known = engine.state, dict[str, Array]()  # columns that were asked for: the same arrays every day
        self._remembered: dict[str, tuple[tuple[object, ...], Any]] = {}
        self._reads = {d.name for d in (*mechanism.reads, *mechanism.gathers)}
        self._writes = {d.name for d in mechanism.writes}
        self._adds = {d.name for d in mechanism.adds}
        self._tables = {d.name for d in (*mechanism.reads, *mechanism.writes) if isinstance(d, TableType)}
        self.draws = DeclaredDraws(engine.draws.seed, engine.draws.kernel, mechanism.key, frozenset(s.number for s in mechanism.draws))

    def on(self, day: int, epoch: int) -> Now:
        """The same window on another day, which lies in an epoch of the parameters (`ParameterValues.epoch`)."""
        self.day = day
        if epoch != self._epoch:
            self._epoch, self._p = epoch, None
        if self._state is not self._engine.state:  # a run that goes on from a checkpoint
            self._state, self._known, self._remembered = self._engine.state, {}, {}
        return self

    @property
    def p(self) -> SimpleNamespace:
        """The mechanism's parameters today."""
        if self._p is None:
            self._p = self._engine.parameters_today(self._mechanism, self.day)
        return self._p

    def __getitem__(self, what: Column | Quantity) -> Array:
        """A column or quantity: writable where it is declared in `writes` or `adds`, else read-only."""
        name = what.name
        known = self._known.get(name)
        if known is not None:
            return known
        if name in self._adds:
            return self._engine.term(self._mechanism, what)  # type: ignore[arg-type]
        if name in self._writes:
            self._known[name] = self._engine.state.columns[name]
            return self._known[name]
        if name not in self._reads:
            raise ModelError(f"{self._mechanism.key} does not declare {name}")
        array = self._engine.view(what)
        if isinstance(what, Column):
            self._known[name] = array
        return array

    def __setitem__(self, what: Column | Quantity, values: Any) -> None:
        """Columns are written in place.

        Raises:
            ModelError: always.
        """
        raise ModelError(f"{self._mechanism.key}: write into the array, now[{what.name.upper()}][:] = ..., not over it")

    def table(self, kind: TableType) -> Table:
        """The current rows of a table."""
        if kind.name not in self._tables:
            raise ModelError(f"{self._mechanism.key} does not declare {kind.name}")
        return self._engine.state.tables[kind.name]

    def store(self, table: Table) -> None:
        """Replace the rows of a table."""
        if table.kind.name not in self._writes:
            raise ModelError(f"{self._mechanism.key} does not declare that it writes {table.kind.name}")
        self._engine.state.tables[table.kind.name] = table

    def ask(self, queue: Queue, priority: int, **fields: npt.ArrayLike) -> None:
        """Ask the owner of a queue for something; the lower priority number wins where two ask for the same key."""
        if queue.name not in self._adds:
            raise ModelError(f"{self._mechanism.key} does not declare that it adds to {queue.name}")
        self._engine.ask(queue, priority, fields)

    def asked(self, queue: Queue) -> dict[str, Array]:
        """What was asked for today, one row a key, in order of keys."""
        if queue.name not in self._reads:
            raise ModelError(f"{self._mechanism.key} does not declare that it reads {queue.name}")
        return self._engine.asked(queue)

    def log(self, journal: Journal, **fields: npt.ArrayLike) -> None:
        """Write rows of a journal, in an order that the caller makes independent of storage."""
        if journal.name not in self._writes:
            raise ModelError(f"{self._mechanism.key} does not declare that it writes {journal.name}")
        self._engine.log(journal, fields)

    def rows_draw(self, stream: Stream, province: int) -> npt.NDArray[np.uint16]:
        """One 16-bit draw for each row of a province, the same as a step over tiles would get."""
        self.draws.check(stream)
        low, high = self.places.row_range(province)
        words = np.empty(((high - low + BLOCK - 1) // BLOCK, BLOCK // 2), np.uint32)
        fill = self._engine.function(fill_words) if self._engine.compiled else fill_words_plain
        fill(words, 0, self.places.provinces[province].code, self.day, stream.number, *self.draws.keys)
        return halves(words)[: high - low]

    def remember(self, key: str, by: tuple[object, ...], find: Callable[[], T]) -> T:
        """What `find` returns; found again only when one of the objects in `by` is another object than the last time.

        For what follows from parameters (`now.p`), tables and places alone, which change by being replaced. Arrays of
        columns and quantities must not stand in `by`: they change in place. What is remembered belongs to this mechanism
        and this run, is not part of the state and must not be changed. `find` may also write into columns of the mechanism
        that it writes nowhere else: they keep what they have until there is something else to write. `remember(key, (), dict)` is
        a box for what saves work and can be done without: it is empty where a run goes on from a checkpoint.

        Args:
            key: a name of its own within the mechanism.
            by: the objects from which it follows, compared by identity.
            find: a function without arguments.
        """
        known = self._remembered.get(key)
        if known is None or len(known[0]) != len(by) or not all(map(is_, known[0], by)):
            known = self._remembered[key] = by, find()
        result: T = known[1]
        return result

    def run(self, function: Any, *args: Any) -> Any:
        """Call a plain function, compiled where the run is compiled."""
        return self._engine.function(function)(*args)


def rows_of(fields: dict[str, npt.ArrayLike], of: Queue | Journal) -> tuple[int, dict[str, Array]]:
    """How many rows some fields make, and the fields as arrays: of that length, or single values for all rows.

    Raises:
        ModelError: a field is missing or unknown, or two have different lengths.
    """
    if fields.keys() != of.types.keys():
        raise ModelError(f"{type(of).__name__.lower()} {of.name} has the fields {list(of.types)}, not {sorted(fields)}")
    count, arrays = 1, {}
    for name in of.types:
        arrays[name] = array = np.asarray(fields[name])
        if array.ndim and (size := array.size) != 1:
            if array.ndim > 1 or count not in (1, size):
                raise ModelError(f"{type(of).__name__.lower()} {of.name}: the fields have different lengths")
            count = size
    return count, arrays
