"""What a model's state is made of: typed objects with a level, a width, a unit and a meaning, never bare strings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import ModelError


@dataclass(frozen=True)
class Level:
    """What an array has one element for: a row of people, a place, or a group of a layer of ties."""

    name: str


PERSON = Level("person")
NEIGHBOURHOOD = Level("neighbourhood")
CITY = Level("city")
PROVINCE = Level("province")
NATION = Level("nation")


def group(layer: str) -> Level:
    """The level of the groups of a layer of ties, such as workplaces."""
    return Level(layer)


@dataclass(frozen=True)
class Column:
    """An array of state, one element for each row of its level.

    Args:
        name: the name under which steps receive it.
        dtype: declared width.
        level: what it has one element for.
        unit, doc: what the number means.
        initial: value on the first day.
        static: comes from the population and never changes.
        recorded: its daily values become a series of the run (places only).
    """

    name: str
    dtype: type[np.generic]
    level: Level
    unit: str
    doc: str
    initial: float = 0
    static: bool = False
    recorded: bool = False

    def __post_init__(self) -> None:
        _check_recorded(self)
        try:
            np.full((), self.initial, self.dtype)
        except (OverflowError, ValueError):
            raise ModelError(f"{self.name}: {self.initial!r} does not fit {np.dtype(self.dtype)}") from None


@dataclass(frozen=True)
class Quantity:
    """A number that lives for a day and to which several mechanisms contribute.

    Each contributor gets an array of the identity (0 for sum, the lowest value for max) and the engine combines
    them in the order of the schedule, so a new term never means editing an old file.
    """

    name: str
    level: Level
    unit: str
    doc: str
    combine: Literal["sum", "max"] = "sum"
    dtype: type[np.generic] = np.float32
    recorded: bool = False

    def __post_init__(self) -> None:
        _check_recorded(self)

    @property
    def identity(self) -> float:
        """What a contributor that does nothing leaves."""
        if self.combine == "sum":
            return 0.0
        dtype: Any = self.dtype
        return float(np.finfo(dtype).min) if np.issubdtype(dtype, np.floating) else float(np.iinfo(dtype).min)


def _check_recorded(what: Column | Quantity) -> None:
    """Only numbers of provinces and of the nation become series.

    Raises:
        ModelError: another level is to be recorded.
    """
    if what.recorded and what.level not in (PROVINCE, NATION):
        kept = f"; simulate(..., keep=({what.name.upper()},)) keeps its last values" if isinstance(what, Column) else ""
        raise ModelError(
            f"{what.name} has one value for each {what.level.name}; only those of provinces and of the nation are recorded{kept}"
        )


@dataclass(frozen=True)
class Field:
    """A named, typed field of a table, a queue or a journal.

    `slot` marks a position in storage that only saves a search: it is no part of the state hash.
    """

    name: str
    dtype: type[np.generic]
    unit: str = ""
    doc: str = ""
    slot: bool = False


class Fields:
    """What a table, a queue and a journal have in common: named, typed fields."""

    fields: tuple[Field, ...]

    @cached_property
    def types(self) -> dict[str, np.dtype[Any]]:
        """The types of its fields by name, in order."""
        return {f.name: np.dtype(f.dtype) for f in self.fields}


@dataclass(frozen=True)
class Queue(Fields):
    """Rows that mechanisms ask for during a day, and that one owner settles.

    Where two ask for the same key, the lower priority number wins ("first by priority"); the order in which rows
    were added, or in which people are stored, cannot matter.
    """

    name: str
    key: str
    fields: tuple[Field, ...]
    doc: str = ""


@dataclass(frozen=True)
class TableType(Fields):
    """A sparse table of state, one row a key, kept sorted by its key fields."""

    name: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]
    doc: str = ""

    def room(self, count: int) -> dict[str, npt.NDArray[Any]]:
        """Empty arrays for so many rows, by name, in the order of the fields."""
        return {name: np.empty(count, dtype) for name, dtype in self.types.items()}


@dataclass(frozen=True)
class Journal(Fields):
    """Rows that a run writes and never reads again: what happened, or what was reported."""

    name: str
    fields: tuple[Field, ...]
    doc: str = ""


class Table:
    """A sparse table: equally long arrays sorted by key. Every change returns a new table.

    Args:
        kind: its fields and keys.
        columns: arrays by name; missing ones are an error. Sorted here.
        ordered: whether they are known to be in order.
    """

    def __init__(self, kind: TableType, columns: dict[str, npt.NDArray[Any]] | None = None, *, ordered: bool = False) -> None:
        self.kind = kind
        given = columns if columns is not None else kind.room(0)
        if given.keys() != kind.types.keys():
            raise ModelError(f"table {kind.name} needs the fields {[f.name for f in kind.fields]}, not {sorted(given)}")
        arrays = {name: np.asarray(given[name], dtype) for name, dtype in kind.types.items()}
        if len({a.shape for a in arrays.values()}) > 1:
            raise ModelError(f"table {kind.name}: the fields have different lengths")
        if len(self_key := arrays[kind.keys[0]]) > 1 and not ordered:
            order = np.lexsort([arrays[k] for k in reversed(kind.keys)]) if len(kind.keys) > 1 else np.argsort(self_key, kind="stable")
            if (order[1:] < order[:-1]).any():
                arrays = {name: a[order] for name, a in arrays.items()}
        self.columns = arrays
        self._found: dict[tuple[str, str], tuple[Any, Any]] = {}

    def _sorted(self, columns: dict[str, npt.NDArray[Any]]) -> Table:
        """A table of this kind from columns that are known to be complete, typed and in order."""
        table = Table.__new__(Table)
        table.kind, table.columns = self.kind, columns
        table._found = {key: found for key, found in self._found.items() if columns[key[0]] is self.columns[key[0]]}
        return table

    def __len__(self) -> int:
        return len(self.columns[self.kind.keys[0]])

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        return self.columns[name]

    def room(self, more: int) -> dict[str, npt.NDArray[Any]]:
        """Empty arrays for its rows and so many more, by name, in the order of the fields."""
        return self.kind.room(len(self) + more)

    def where(self, mask: npt.NDArray[Any]) -> Table:
        """The rows that a mask keeps."""
        if mask.dtype == bool:
            if mask.all():
                return self
            kept = self._sorted({name: a[mask] for name, a in self.columns.items()})
            kept._found = {k: (keys, at[mask]) for k, (keys, at) in self._found.items() if k[1][0] not in "#="}
            return kept
        return Table(self.kind, {name: a[mask] for name, a in self.columns.items()})

    def plus(self, **rows: npt.ArrayLike) -> Table:
        """The table with further rows."""
        if rows.keys() != self.kind.types.keys():
            raise ModelError(f"table {self.kind.name}: rows need {[f.name for f in self.kind.fields]}, not {sorted(rows)}")
        more = {name: np.asarray(rows[name], dtype) for name, dtype in self.kind.types.items()}
        lengths = {a.size for a in more.values() if a.ndim and a.size != 1}
        if len(lengths) > 1 or any(a.ndim > 1 for a in more.values()):
            raise ModelError(f"table {self.kind.name}: the fields have different lengths")
        count = lengths.pop() if lengths else 1
        if count == 0:
            return self
        if len(self.kind.keys) == 1:
            return self._between(more, count)
        more = {name: a if a.shape == (count,) else np.full(count, a) for name, a in more.items()}
        return Table(self.kind, {name: np.concatenate([a, more[name]]) for name, a in self.columns.items()})

    def _between(self, more: dict[str, npt.NDArray[Any]], count: int) -> Table:
        """The table with further rows put in between, each behind those of the same key."""
        name = self.kind.keys[0]
        key = more[name] if more[name].shape == (count,) else np.full(count, more[name])
        order = key.argsort(kind="stable")
        at = self.columns[name].searchsorted(key[order], side="right") + np.arange(count)
        old = np.ones(len(self) + count, bool)
        old[at] = False
        columns = {}
        for name, a in self.columns.items():
            column, new = np.empty(len(old), a.dtype), more[name]
            column[old], column[at] = a, new[order] if new.shape == (count,) else new
            columns[name] = column
        return self._sorted(columns)

    def replace(self, **columns: npt.ArrayLike) -> Table:
        """The table with some columns replaced."""
        new = {**self.columns}
        for name, values in columns.items():
            if name not in new:
                raise ModelError(f"table {self.kind.name} has no field {name!r}")
            array = np.asarray(values, new[name].dtype)
            new[name] = array if array.shape == (len(self),) else np.broadcast_to(array, (len(self),)).copy()
        return Table(self.kind, new) if any(key in columns for key in self.kind.keys) else self._sorted(new)

    def find(self, keys: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The row of each key of a single-key table, -1 where there is none."""
        mine, wanted = self.columns[self.kind.keys[0]], np.asarray(keys)
        if len(mine) == 0 or wanted.size == 0:
            return np.full(wanted.shape, -1, np.int64)
        at = mine.searchsorted(wanted)
        return np.where(mine.take(at, mode="clip") == wanted, at, -1)

    def among(self, name: str, other: Table) -> npt.NDArray[np.int64]:
        """The row of a single-key table of which each value of a column is the key, -1 where there is none.

        Remembered as long as this column and the keys of the other table are the same arrays.
        """
        keys = other.columns[other.kind.keys[0]]
        known = self._found.get((name, other.kind.name))
        if known is None or known[0] is not keys:
            known = self._found[name, other.kind.name] = keys, other.find(self.columns[name])
            known[1].setflags(write=False)
        result: npt.NDArray[np.int64] = known[1]
        return result

    def told(self, name: str, other: Table, at: npt.NDArray[np.int64]) -> Table:
        """The same table, told what `among` would find, by one who put the rows together."""
        self._found[name, other.kind.name] = other.columns[other.kind.keys[0]], at
        return self

    def counts(self, name: str, other: Table) -> npt.NDArray[np.int64]:
        """How many rows have each key of a single-key table in a column; shape (rows of the other,). Remembered as `among` is."""
        at = self.among(name, other)
        known = self._found.get((name, f"#{other.kind.name}"))
        if known is None or known[0] is not at:
            known = self._found[name, f"#{other.kind.name}"] = at, np.bincount(at + 1, minlength=len(other) + 1)[1:]
            known[1].setflags(write=False)
        result: npt.NDArray[np.int64] = known[1]
        return result

    def derived(self, name: str, what: str, find: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """What a function finds from one column alone; remembered under a name as long as the column is the same array."""
        known = self._found.get((name, f"={what}"))
        if known is None:
            known = self._found[name, f"={what}"] = None, find(self.columns[name])
            known[1].setflags(write=False)
        result: npt.NDArray[Any] = known[1]
        return result

    def has(self, keys: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Whether each key is in a single-key table."""
        return np.asarray(self.find(keys) >= 0)
