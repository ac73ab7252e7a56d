"""One `parameter(...)` line is the default, the check, the prior, the help, the docs and the slider of a number."""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, ModelError, nearest

Operation = Literal["set", "add", "multiply"]
OPERATIONS = ("set", "add", "multiply")


@dataclass(frozen=True)
class Parameter:
    """What is known of a number: its unit, range, meaning and source.

    `options` makes it a switch: a disputed rule with named answers; it reaches the steps as the option's position.
    `whole` admits whole numbers only. The parameters of one mechanism that name the same `part_of` are shares of one
    whole: together they may not exceed 1.
    """

    key: str
    default: float | str
    unit: str
    range: tuple[float, float]
    doc: str
    source: str
    options: tuple[str, ...] = ()
    whole: bool = False
    part_of: str = ""

    def check(self, value: Any) -> float:
        """The value as a number.

        Raises:
            InputError: of the wrong type, not finite, out of range, or no such option.
        """
        if self.options:
            if isinstance(value, bool):  # TOML's true and false are friendlier than "on" and "off"
                value = "on" if value else "off"
            if not isinstance(value, str) or value not in self.options:
                raise InputError(
                    f"{value!r} is not one of {', '.join(self.options)}", key=self.key, nearest=nearest(str(value), self.options)
                )
            return float(self.options.index(value))
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"needs a number, not {value!r}", key=self.key)
        low, high = self.range
        if isinstance(value, float) and not math.isfinite(value):  # a whole number may be too large for a float
            raise InputError(f"needs a finite number, not {value!r}", key=self.key)
        if not low <= value <= high:
            raise InputError(f"{value!r} is outside {low:g} to {high:g} {self.unit}".rstrip(), key=self.key)
        if self.whole and value != int(value):
            raise InputError(f"needs a whole number, not {value!r}", key=self.key)
        return float(value)


def parameter(
    default: float, *, unit: str, range: tuple[float, float], doc: str, source: str, whole: bool = False, part_of: str = ""
) -> Any:
    """Declare a parameter as a field of a mechanism.

    Args:
        default: used where nothing else is said.
        unit: "1" for a pure number.
        range: lowest and highest admissible value, both included.
        doc: one sentence on what it means.
        source: where the default is from; "assumed" is honest and is counted.
        whole: whether only whole numbers are admitted.
        part_of: the whole of which it is a share; all its shares together may not exceed 1.
    """
    about = Parameter("", default, unit, range, doc, source, (), whole, part_of)
    return dataclasses.field(default=default, metadata={"parameter": about})


def switch(default: str, *, options: tuple[str, ...], doc: str, source: str) -> Any:
    """Declare a disputed rule as a field of a mechanism: one of several named answers."""
    if default not in options:
        raise ModelError(f"the default {default!r} is not among {options}")
    about = Parameter("", default, "", (0, len(options) - 1), doc, source, options)
    return dataclasses.field(default=default, metadata={"parameter": about})


def parameters_of(owner: Any, prefix: str) -> dict[str, Parameter]:
    """The declared parameters of a dataclass (or an instance of one) by dotted key."""
    if not dataclasses.is_dataclass(owner):
        raise ModelError(f"{getattr(owner, '__name__', prefix)} is no dataclass; write @dataclass(frozen=True) above it")
    found = {}
    for field in dataclasses.fields(owner):
        about = field.metadata.get("parameter")
        if about is not None:
            key = f"{prefix}.{field.name}"
            found[key] = dataclasses.replace(about, key=key)
    return found


def check_shares(key: str, about: Mapping[str, Parameter], values: Mapping[str, float]) -> None:
    """Refuse shares of one whole that exceed 1 together.

    Args:
        key: of one of them, which the message blames.
        about: every parameter by key.
        values: of every parameter.

    Raises:
        InputError: they do.
    """
    if not about[key].part_of:
        return
    mine = (key.partition(".")[0], about[key].part_of)
    parts = [k for k, p in about.items() if p.part_of and (k.partition(".")[0], p.part_of) == mine]
    total = sum(values[k] for k in parts)
    if total > 1.0 + 1e-9:
        raise InputError(f"{' + '.join(parts)} is {total:g}; they are shares of one whole, at most 1", key=key)


@dataclass(frozen=True)
class Change:
    """A dated change of one parameter in some places: a policy, a shock, a call.

    Args:
        key: dotted key of the parameter.
        value: a checked number (a switch's option as its position).
        start, end: first and last day number, both included.
        places: positions of provinces; empty means all.
        operation: set the value, add to it, or multiply it. Changes apply in the order given.
        name: what a report calls it.
    """

    key: str
    value: float
    start: int
    end: int
    places: tuple[int, ...] = ()
    operation: Operation = "set"
    name: str = ""


class ParameterValues:
    """Parameters by place and day: what steps receive, never literals in compiled code.

    Args:
        about: every parameter by key.
        base: checked base values by key.
        changes: dated changes.
        places: number of provinces.

    Raises:
        InputError: a change leads outside the parameter's range, or shares of one whole above 1.
    """

    def __init__(self, about: Mapping[str, Parameter], base: Mapping[str, float], changes: Iterable[Change], places: int) -> None:
        self.about, self.base, self.changes, self.places = dict(about), dict(base), tuple(changes), places
        self._days: dict[str, list[int]] = {}
        self._by_key: dict[str, list[Change]] = {}
        for change in self.changes:
            self._check_change(change)
            self._by_key.setdefault(change.key, []).append(change)
        for key, mine in self._by_key.items():
            self._days[key] = sorted({day for c in mine for day in (c.start, c.end + 1)})
        self._all_days = sorted({day for days in self._days.values() for day in days})
        self._cache: dict[tuple[str, int], npt.NDArray[np.float64]] = {}
        self._narrow: dict[tuple[str, int], npt.NDArray[Any]] = {}
        for key, days in self._days.items():
            for day in days:
                self._check(key, day)

    def _check_change(self, change: Change) -> None:
        if change.key not in self.about:
            raise InputError("no such parameter", key=change.key, nearest=nearest(change.key, self.about))
        if change.operation not in OPERATIONS:
            raise InputError(f"{change.operation!r} is not one of {', '.join(OPERATIONS)}", key=change.key)
        if change.end < change.start:
            raise InputError(f"the change {change.name or change.key!r} ends before it starts", key=change.key)
        if not all(0 <= p < self.places for p in change.places):
            raise InputError(f"the change {change.name or change.key!r} is in a place that does not exist", key=change.key)

    def _check(self, key: str, day: int) -> None:
        about = self.about[key]
        low, high = about.range
        values = self.at(key, day)
        if (about.whole or about.options) and (values != np.floor(values)).any():
            raise InputError(f"the changes lead to {values.min():g} to {values.max():g}, which is not whole", key=key)
        if not (values.min() >= low and values.max() <= high):  # NaN is outside, too
            at = [c.name or c.key for c in self.changes if c.key == key and c.start <= day <= c.end]
            raise InputError(f"the changes {at} lead to {values.min():g} to {values.max():g}, outside {low:g} to {high:g}", key=key)
        for place in range(self.places if about.part_of else 0):
            check_shares(key, self.about, {k: float(self.at(k, day)[place]) for k, p in self.about.items() if p.part_of})

    def at(self, key: str, day: int) -> npt.NDArray[np.float64]:
        """The value in each province on a day; shape (provinces,). Computed once between two changes."""
        epoch = bisect_right(self._days.get(key, ()), day)
        if (key, epoch) not in self._cache:
            values = np.full(self.places, self.base[key], np.float64)
            for change in self._by_key.get(key, ()):
                if change.start <= day <= change.end:
                    where = np.asarray(change.places, np.int64) if change.places else slice(None)
                    if change.operation == "set":
                        values[where] = change.value
                    elif change.operation == "add":
                        values[where] += change.value
                    else:
                        values[where] *= change.value
            values.setflags(write=False)
            self._cache[key, epoch] = values
        return self._cache[key, epoch]

    def narrow(self, key: str, day: int) -> npt.NDArray[Any]:
        """The same as a step receives it: float32, or int64 for whole numbers and switches."""
        epoch = bisect_right(self._days.get(key, ()), day)
        if (key, epoch) not in self._narrow:
            about = self.about[key]
            values = self.at(key, day).astype(np.int64 if about.options or about.whole else np.float32)
            values.setflags(write=False)
            self._narrow[key, epoch] = values
        return self._narrow[key, epoch]

    def lowest(self, key: str) -> float:
        """The lowest value anywhere and at any time."""
        days = self._days.get(key, [0])
        return min(float(self.at(key, day).min()) for day in (days[0] - 1, *days))

    def epoch(self, day: int) -> int:
        """The number of days up to this one on which a parameter changes: between two of them all stay the same."""
        return bisect_right(self._all_days, day)
