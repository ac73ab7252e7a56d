"""The loop: a model, a population, a period and a seed in; an immutable `Run` out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from operator import is_
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core import compile as compiling
from groundswell.core.checkpoint import interrupt_after_day, load_checkpoint, save_checkpoint
from groundswell.core.checks import check_columns, check_population, checked_values, period, whole
from groundswell.core.columns import Column, Journal, Quantity, Queue
from groundswell.core.draws import EPOCH, LAST_DAY, Draws, fill_uniforms
from groundswell.core.errors import ModelError
from groundswell.core.mechanism import Mechanism, Model, acting
from groundswell.core.now import Now, rows_of
from groundswell.core.parameters import Change, Parameter, ParameterValues
from groundswell.core.places import Population
from groundswell.core.provenance import provenance_of
from groundswell.core.rows import Rows, Shelf
from groundswell.core.run import Run
from groundswell.core.sequential import Sequential
from groundswell.core.state import State, recorded, recorded_shapes
from groundswell.core.store import recover
from groundswell.core.sweep import Sweep, plan

Array = npt.NDArray[Any]
TILE = 1 << 18
LARGE = 1 << 22  # elements that several threads copy together
WORTH = 1 << 20  # people for each thread: below it, sharing a day costs more than it saves (`benchmarks/linear.py`)


class Engine:
    """One run in progress: state, today's quantities and queues, and what has been recorded so far.

    Use `simulate`; this class is for tests and for those who step through a day.
    """

    def __init__(
        self,
        model: Model,
        population: Population,
        *,
        seed: int,
        values: ParameterValues,
        threads: int,
        tile: int,
        compiled: bool,
        shelf: Shelf | None = None,
    ) -> None:
        self.model, self.population = model, population
        self.values, self.threads, self.compiled = values, threads, compiled
        self.draws = Draws(seed, self.function(fill_uniforms) if compiled else None)
        self.state = State.fresh(model, population.places)
        self._beside = [d for d in recorded(model) if isinstance(d, Quantity) or d.static]
        self.series = Rows(recorded_shapes(model, population.places), "series", shelf)
        self.journals = {
            d.name: Rows({f.name: ((), f.dtype) for f in d.fields}, f"journal.{d.name}", shelf)
            for d in model.declared.values()
            if isinstance(d, Journal)
        }
        self._quantities: dict[str, Array] = {}
        self._terms: dict[tuple[str, str], Array] = {}
        self._queues: dict[str, list[tuple[int, dict[str, Array]]]] = {}
        self._settled: dict[str, tuple[int, dict[str, Array]]] = {}  # by queue: of how many parts, and the rows that they make
        self._today: dict[str, tuple[int, tuple[Array, ...], SimpleNamespace]] = {}
        self._views: dict[str, tuple[Array, Array]] = {}
        self._snapshots: dict[str, tuple[Array, Array]] = {}
        self._contributors = {
            d.name: [m.key for m in model.mechanisms if d in m.adds] for d in model.declared.values() if isinstance(d, Quantity)
        }
        self._stages = self._plan(tile)
        self._windows = [Now(self, stage, 0) if kind == "day" else None for kind, stage in self._stages]
        self._gathers = [self._gathered_by(kind, stage) for kind, stage in self._stages]
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self.scratch = threading.local()

    @property
    def rows(self) -> tuple[Rows, ...]:
        """All that grows with the days: the series, and the journals."""
        return (self.series, *self.journals.values())

    def _plan(self, tile: int) -> list[tuple[str, Any]]:
        """The stages of a day: sweeps over tiles, and mechanisms that run alone."""
        stages, stored = plan(self.model.mechanisms)
        return [(stage[0].kind, self._stage(stage, tile, stored)) for stage in stages]

    def _stage(self, stage: tuple[Mechanism, ...], tile: int, stored: frozenset[str]) -> Any:
        kind = stage[0].kind
        if kind == "tile":
            return Sweep(self, stage, tile, stored)
        return Sequential(self, stage[0]) if kind == "ordered" else acting(stage[0])

    def window(self, mechanism: Mechanism, day: int) -> Now:
        """What a mechanism may see and touch on a day."""
        return Now(self, mechanism, day)

    def begin(self, day: int) -> None:
        """Set the initial state."""
        self._new_day()
        for m in self.model.mechanisms:
            acting(m).begin(Now(self, m, day))

    def step(self, day: int) -> None:
        """One day."""
        self._new_day()
        epoch = self.values.epoch(day)
        for (kind, stage), window, gathers in zip(self._stages, self._windows, self._gathers, strict=True):
            if gathers:
                self.snapshot(gathers)
            if window is not None:
                stage.day(window.on(day, epoch))
            elif kind == "tile":
                stage.run(day, self._pool)
            else:
                stage.run(day)
        for what in self._beside:  # columns of the state lie in its row already
            self.state.row[what.name] = self.view(what)
        self.series.add_one(self.state.row)

    def close(self) -> None:
        """Give the threads back."""
        if self._pool:
            self._pool.shutdown()

    def _new_day(self) -> None:
        self._quantities.clear()
        self._terms.clear()
        self._queues.clear()
        self._settled.clear()

    def snapshot(self, columns: Sequence[Column]) -> None:
        """Publish a copy of what is gathered through ties, so that everyone sees the same state.

        The copy keeps its place from day to day: new memory for every person would cost more than to fill it.
        """
        for column in columns:
            array = self._raw(column)
            if column.name not in self._snapshots:
                room = np.empty(array.shape, array.dtype)
                published = room.view()
                published.setflags(write=False)
                self._snapshots[column.name] = room, published
            room = self._snapshots[column.name][0]
            if self._pool is None or len(array) < LARGE:
                room[...] = array
            else:
                list(self._pool.map(np.copyto, np.array_split(room, self.threads), np.array_split(array, self.threads)))

    def _gathered_by(self, kind: str, stage: Any) -> tuple[Column, ...]:
        """What is published before a stage."""
        mechanisms = stage.mechanisms if kind == "tile" else (stage if kind == "day" else stage.mechanism,)
        return tuple(column for m in mechanisms for column in m.gathers)

    def gathered(self, column: Column) -> Array:
        """The published copy of a column."""
        return self._snapshots[column.name][1]

    def function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as this run executes it."""
        return compiling.compiled(function) if self.compiled else function

    def _raw(self, column: Column) -> Array:
        return self.population.columns[column.name] if column.static else self.state.columns[column.name]

    def view(self, what: Column | Quantity) -> Array:
        """A read-only view of a column, or the combined value of a quantity so far today."""
        if isinstance(what, Quantity):
            return self.quantity(what)
        array = self._raw(what)
        known = self._views.get(what.name)
        if known is None or known[0] is not array:
            known = self._views[what.name] = array, array.view()
            known[1].setflags(write=False)
        return known[1]

    def term(self, mechanism: Mechanism, quantity: Quantity) -> Array:
        """The array into which one mechanism puts its contribution to a quantity today."""
        key = (quantity.name, mechanism.key)
        if key not in self._terms:
            self._terms[key] = np.full(self.population.places.size(quantity.level), quantity.identity, quantity.dtype)
        return self._terms[key]

    def quantity(self, quantity: Quantity) -> Array:
        """All contributions so far, combined in the order of the schedule."""
        if quantity.name not in self._quantities:
            total = np.full(self.population.places.size(quantity.level), quantity.identity, quantity.dtype)
            for key in self._contributors.get(quantity.name, ()):
                term = self._terms.get((quantity.name, key))
                if term is not None:
                    total = total + term if quantity.combine == "sum" else np.maximum(total, term)
            total.setflags(write=False)
            self._quantities[quantity.name] = total
        return self._quantities[quantity.name]

    def ask(self, queue: Queue, priority: int, fields: dict[str, npt.ArrayLike]) -> None:
        """Add rows to a queue."""
        count, rows = rows_of(fields, queue)
        if count:
            kept = {name: np.empty(count, dtype) for name, dtype in queue.types.items()}
            for name, values in rows.items():
                kept[name][:] = values
            self._queues.setdefault(queue.name, []).append((priority, kept))

    def asked(self, queue: Queue) -> dict[str, Array]:
        """Today's rows, one a key: the lowest priority number, then the lowest values, so that order cannot matter.

        Several who ask get the same arrays, which nobody changes.
        """
        parts = self._queues.get(queue.name, [])
        known = self._settled.get(queue.name)
        if known is None or known[0] != len(parts):
            known = self._settled[queue.name] = len(parts), settled(queue, parts)
        return dict(known[1])

    def log(self, journal: Journal, fields: dict[str, npt.ArrayLike]) -> None:
        """Append rows to a journal."""
        count, rows = rows_of(fields, journal)
        if count:
            self.journals[journal.name].add(rows.values(), count)

    def parameters_today(self, mechanism: Mechanism, day: int) -> SimpleNamespace:
        """A mechanism's parameters on a day: arrays of shape (provinces,), and plain strings for switches.

        The same object until one of them changes.
        """
        epoch = self.values.epoch(day)
        known = self._today.get(mechanism.key)
        if known is not None and known[0] == epoch:
            return known[2]
        values = tuple(self.values.at(key, day) for key in mechanism.parameters)
        if known is not None and all(map(is_, known[1], values)):
            found = known[2]
        else:
            found = SimpleNamespace(
                **{k.partition(".")[2]: _for_day(p, v) for (k, p), v in zip(mechanism.parameters.items(), values, strict=True)}
            )
        self._today[mechanism.key] = epoch, values, found
        return found

    def result(self, first: int, provenance: Mapping[str, Any], keep: Sequence[Column] = ()) -> Run:
        """The finished run, which began on the day `first`."""
        days = np.arange(first, first + len(self.series))
        final = {column.name: self.view(column).copy() for column in keep}
        journals = {name: rows.arrays() for name, rows in self.journals.items()}
        series = self.series.arrays()
        for array in (*series.values(), *final.values(), *(a for j in journals.values() for a in j.values())):
            array.setflags(write=False)
        places = self.population.places
        return Run(days, series, journals, self.state.hash(self.model, places), provenance, places, self.model, final=final)


def settled(queue: Queue, parts: Sequence[tuple[int, Mapping[str, Array]]]) -> dict[str, Array]:
    """The rows of a queue, from what was asked for as (priority, fields): one a key, in order of keys."""
    if not parts:
        return {name: np.empty(0, dtype) for name, dtype in queue.types.items()}
    if len(parts) == 1:
        arrays = dict(parts[0][1])
        if (arrays[queue.key][1:] > arrays[queue.key][:-1]).all():
            return arrays
    else:
        arrays = {name: np.concatenate([rows[name] for _, rows in parts]) for name in queue.types}
    order = arrays[queue.key].argsort(kind="stable")
    key = arrays[queue.key][order]
    if np.count_nonzero(key[1:] == key[:-1]):  # two asked for the same
        priority = np.repeat([p for p, _ in parts], [len(rows[queue.key]) for _, rows in parts])
        order = np.lexsort([*(arrays[f.name] for f in reversed(queue.fields) if f.name != queue.key), priority, arrays[queue.key]])
        order = order[np.append(True, key[1:] != key[:-1])]
    return {name: a[order] for name, a in arrays.items()}


def _for_day(about: Parameter, values: Array) -> Any:
    """A parameter as a mechanism that runs once a day sees it: the name of a switch's option, or a number by province."""
    if not about.options:
        return values
    if (values != values[0]).any():
        raise ModelError(f"{about.key} is a switch and cannot differ between places")
    return about.options[int(values[0])]


def threads_worth(threads: int, rows: int) -> int:
    """How many of these threads a population of so many rows is worth; the result of a run is the same for any number."""
    return max(1, min(threads, rows // WORTH))


Until = Column | Callable[[Engine, int], bool]


def simulate(
    model: Model,
    population: Population,
    *,
    seed: int,
    start: date = EPOCH,
    end: date | None = None,
    steps: int | None = None,
    until: Until | None = None,
    keep: Sequence[Column] = (),
    values: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (),
    threads: int = 1,
    tile: int = TILE,
    compiled: bool = True,
    checkpoint: Path | None = None,
    checkpoint_every: int = 0,
    resume: bool = False,
    shelf: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    observe: Callable[[Engine, int], None] | None = None,
) -> Run:
    """Simulate a model on a population, day by day.

    Args:
        model, population: what acts, and on whom.
        seed: 64 bits; all randomness is a function of it.
        start, end: first and last day, both included.
        steps: instead of `end`, how many days; where time is abstract, a step is a day and the first is day 0.
        until: a column of the nation: the run ends early with the first day that leaves it other than 0. Or a function of the
            engine and the day number that says, after each day, whether it ends here; it must not change anything, and there is
            no checkpoint then.
        keep: columns whose values after the last day the run keeps in `final`.
        values: parameter values by dotted key ("fear.decay"); switches by the name of the option.
        changes: dated changes of parameters by place: policies and shocks.
        threads: tiles are shared among so many threads; the result does not depend on it.
        tile: people in a tile, about; the result does not depend on it.
        compiled: whether steps are compiled; the result does not depend on it.
        checkpoint: folder for checkpoints; written every `checkpoint_every` days (0: never), and when interrupted by
            Ctrl-C, which then waits for the end of the day. What a killed process left there is put in order first.
        resume: go on from the checkpoint where there is one; the result is the same as without an interruption.
        shelf: where there is neither this nor a checkpoint, all series and journals stay in memory. With one of them, no more
            than a few MiB do: the others wait in files beside it, and the run's arrays are read-only maps of files, which go
            when the run does. The result is the same.
        progress: called with (days done, days in all) after each day.
        observe: called with the engine and the day number after each day; it must not change anything.

    Raises:
        InputError: unknown parameter, value out of range, period without days.
        StoreError: the checkpoint is altered or belongs to another run.
        OSError: a checkpoint or the rows beside it cannot be written; the last checkpoint stays.
    """
    first, last = period(start, end, steps)
    seed, threads, tile = whole(seed, "seed", 0, (1 << 64) - 1), whole(threads, "threads", 1, 1024), whole(tile, "tile", 1, 1 << 62)
    checkpoint_every = whole(checkpoint_every, "checkpoint_every", 0, LAST_DAY)
    base = checked_values(model, values or {})
    parameters = ParameterValues(model.parameters, base, changes, len(population.places.provinces))
    check_columns(model, until, keep)
    if checkpoint is not None and not (until is None or isinstance(until, Column)):
        raise ModelError("a run with a checkpoint ends early at a column, not by a function")
    check_population(model, population)
    provenance = provenance_of(model, population, first, last, seed, base, changes)
    if until is not None:
        provenance["until"] = until.name if isinstance(until, Column) else getattr(until, "__name__", type(until).__name__)
    beside = checkpoint if checkpoint is not None else shelf
    aside = None if beside is None else Shelf(beside)
    engine = Engine(model, population, seed=seed, values=parameters, threads=threads, tile=tile, compiled=compiled, shelf=aside)

    def after(day: int) -> bool:
        """Tell what has been done; whether the run has come to its end."""
        if progress is not None:
            progress(day - first + 1, last - first + 1)
        if observe is not None:
            observe(engine, day)
        return day == last or _reached(engine, until, day)

    try:
        if checkpoint is None:
            day = first
            engine.begin(day)
            engine.step(day)
            while not after(day):
                day += 1
                engine.step(day)
        else:
            recover(checkpoint)
            stored = resume and checkpoint.exists()
            day = load_checkpoint(engine, checkpoint, provenance) if stored else first
            if not stored:
                engine.begin(first)
            if day <= last and not (day > first and _reached(engine, until, day - 1)):
                _run_with_checkpoints(engine, checkpoint, provenance, first, day, checkpoint_every, after)
        return engine.result(first, provenance, keep)
    finally:
        engine.close()
        if aside is not None:
            aside.close()


def _reached(engine: Engine, until: Until | None, day: int) -> bool:
    if isinstance(until, Column):
        return bool(engine.view(until)[0] != 0)
    return until is not None and until(engine, day)


def _run_with_checkpoints(
    engine: Engine, folder: Path, provenance: Mapping[str, Any], first: int, day: int, every: int, after: Callable[[int], bool]
) -> None:
    """The loop over days from `day` on, with checkpoints counted from the first."""
    ended = False
    with interrupt_after_day() as interrupted:
        while not ended:
            engine.step(day)
            ended = after(day)
            day += 1
            if interrupted() or (every and (day - first) % every == 0):
                save_checkpoint(engine, folder, provenance, day)
            if interrupted():
                raise KeyboardInterrupt
