"""What is checked before a run begins: its period, its parameters, what it keeps, and whether model and population fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from groundswell.core.columns import NATION, Column
from groundswell.core.draws import LAST_DAY, day_number
from groundswell.core.errors import InputError, ModelError, nearest
from groundswell.core.mechanism import Model
from groundswell.core.parameters import check_shares
from groundswell.core.places import Population


def period(start: date, end: date | None, steps: int | None) -> tuple[int, int]:
    """The numbers of the first and the last day.

    Raises:
        InputError: neither or both of `end` and `steps`, or a period without days.
    """
    if (end is None) == (steps is None):
        raise InputError("a run needs either its last day (end) or how many steps it takes (steps)", key="run.end")
    first = day_number(start)
    last = day_number(end) if end is not None else first + whole(steps, "steps", 1, LAST_DAY + 1) - 1
    if not 0 <= first <= last <= LAST_DAY:
        until = end if end is not None else f"step {steps}"
        raise InputError(f"the period {start} to {until} has no days, or lies outside 1900 to 2079", key="run.start")
    return first, last


def whole(value: Any, name: str, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises:
        InputError: it is none, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= int(value) <= high:
        raise InputError(f"{value!r} is not a whole number from {low} to {high}", key=f"run.{name}")
    return int(value)


def checked_values(model: Model, values: Mapping[str, Any]) -> dict[str, float]:
    """The value of every parameter of a model, with the given ones checked.

    Raises:
        InputError: unknown key (with the nearest valid one), wrong type, out of range, shares of one whole above 1.
    """
    about, base = model.parameters, model.base_values()
    for key, value in values.items():
        if key not in about:
            raise InputError("no such parameter", key=key, nearest=nearest(key, about))
        base[key] = about[key].check(value)
    for key in (*values, *about):  # what was given is to blame
        check_shares(key, about, base)
    return base


def check_population(model: Model, population: Population) -> None:
    """Whether the population has what the model needs.

    Raises:
        ModelError: a column or network is missing, or of another type or size.
    """
    for column in model.columns:
        size = population.places.size(column.level)
        given = population.columns.get(column.name) if column.static else None
        if column.static and given is not None and not isinstance(given, np.ndarray):
            raise ModelError(f"the population's column {column.name} is a {type(given).__name__}; it must be an array of NumPy")
        if column.static and (given is None or given.shape != (size,) or given.dtype != np.dtype(column.dtype)):
            found = "none" if given is None else f"{given.dtype} of shape {given.shape}"
            needed = f"the column {column.name} ({np.dtype(column.dtype)}, {size} elements)"
            raise ModelError(f"the model needs {needed}; the population has {found}")
    for name in sorted({n for m in model.mechanisms for n in m.networks} - set(population.networks)):
        raise ModelError(f"the model needs the network {name}, which the population does not have")
    for name in sorted({n for m in model.mechanisms for n in m.networks}):
        nodes, rows = population.networks[name].nodes, population.places.rows
        if nodes != rows:
            raise ModelError(f"the network {name} has {nodes} nodes and the population {rows} rows; node i is row i")


def check_columns(model: Model, until: Column | Callable[..., bool] | None, keep: Sequence[Column]) -> None:
    """Whether the model has what ends a run early and what is kept of it.

    Raises:
        ModelError: it has not, or `until` is neither a column of the nation nor a function.
    """
    if not isinstance(keep, (tuple, list)):
        raise ModelError(f"keep is a tuple of columns, such as keep=(OPINION,), not {keep!r}")
    ends = () if until is None or callable(until) else (until,)
    for column in (*keep, *ends):
        if not isinstance(column, Column):
            raise ModelError(f"keep and until take columns, such as OPINION, not {column!r}")
        if column not in model.columns:
            raise ModelError(f"model {model.name} has no column {column.name}")
    if isinstance(until, Column) and until.level != NATION:
        raise ModelError(f"a run ends early at a column of the nation, and {until.name} has one value for each {until.level.name}")
