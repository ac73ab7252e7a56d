"""The changing state of a run, and its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import NATION, PROVINCE, Column, Quantity, Table, TableType
from groundswell.core.errors import ModelError, StoreError
from groundswell.core.mechanism import Model
from groundswell.core.places import Places
from groundswell.core.rows import kind_of

Array = npt.NDArray[Any]


def recorded(model: Model) -> list[Column | Quantity]:
    """What becomes series of a run, by name."""
    found = (d for _, d in sorted(model.declared.items()) if isinstance(d, (Column, Quantity)))
    return [d for d in found if d.recorded and d.level in (PROVINCE, NATION)]


def recorded_shapes(model: Model, places: Places) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and type of one day of each series."""
    return {d.name: ((places.size(d.level),), np.dtype(d.dtype)) for d in recorded(model)}


@dataclass
class State:
    """Columns by name (static ones excluded) and tables by name.

    Attributes:
        row: what is recorded, side by side, so that a day is recorded in one piece: the recorded columns lie in it.
    """

    row: Array
    columns: dict[str, Array] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)

    @classmethod
    def fresh(cls, model: Model, places: Places) -> State:
        """Every declared column at its initial value, every table empty."""
        columns, tables, row = {}, {}, np.zeros((), kind_of(recorded_shapes(model, places)))
        for d in model.declared.values():
            if isinstance(d, Column) and not d.static:
                columns[d.name] = row[d.name] if d.recorded else np.zeros(places.size(d.level), d.dtype)
                if d.initial:
                    columns[d.name].fill(d.initial)
            elif isinstance(d, TableType):
                tables[d.name] = Table(d)
        return cls(row, columns, tables)

    def hash(self, model: Model, places: Places) -> str:
        """BLAKE2b over columns in the order of names and of the provinces' codes, then over tables in key order.

        Storage order, padding, slots, tiles and threads leave no trace in it.
        """
        h = hashlib.blake2b(digest_size=16)
        by_code = sorted(range(len(places.provinces)), key=lambda p: places.provinces[p].code)
        for column in model.columns:
            if column.static:
                continue
            h.update(f"{column.name}:{np.dtype(column.dtype).str}\n".encode())
            values = self.columns[column.name]
            for p in by_code if column.level != NATION else by_code[:1]:
                low, high = places.bounds(column.level, p)
                h.update(f"{places.provinces[p].code}:{high - low}\n".encode())
                h.update(np.ascontiguousarray(values[low:high]).data)
        for name in sorted(self.tables):
            table = self.tables[name]
            h.update(f"{name}:{len(table)}\n".encode())
            for f in table.kind.fields:
                if not f.slot:
                    h.update(f"{f.name}:{np.dtype(f.dtype).str}\n".encode())
                    h.update(np.ascontiguousarray(table[f.name]).data)
        return h.hexdigest()

    def arrays(self) -> dict[str, Array]:
        """Everything as named arrays, for a checkpoint."""
        found = {f"column.{name}": a for name, a in self.columns.items()}
        for name, table in self.tables.items():
            found |= {f"table.{name}.{f}": a for f, a in table.columns.items()}
        return found

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array], model: Model, places: Places) -> State:
        """The state that `arrays` described.

        Raises:
            StoreError: it belongs to another model or population.
        """
        state = cls.fresh(model, places)
        for name, fresh in state.columns.items():
            stored = arrays.get(f"column.{name}")
            if stored is None or stored.shape != fresh.shape or stored.dtype != fresh.dtype:
                raise StoreError(f"the checkpoint does not fit this model and population (column {name})")
            fresh[...] = stored
        for name, table in state.tables.items():
            try:
                parts = {f.name: np.array(arrays[f"table.{name}.{f.name}"]) for f in table.kind.fields}
                if any(parts[f.name].dtype != np.dtype(f.dtype) or parts[f.name].ndim != 1 for f in table.kind.fields):
                    raise ModelError("other types")
                state.tables[name] = Table(table.kind, parts)
            except (KeyError, ModelError) as error:
                raise StoreError(f"the checkpoint does not fit this model (table {name})") from error
        return state
