"""Estimators by name: functions that count something in records or figures, in the modules of `groundswell.claims.data`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from groundswell.claims.finding import REQUIRED, Finding, Given, Option
from groundswell.core.errors import InputError, ModelError, nearest

Estimate = Callable[..., Finding]
_FOUND: dict[str, Estimator] = {}


@dataclass(frozen=True)
class Estimator:
    """One of them; see `estimator`.

    Args:
        name: by which claim files name it.
        do: the function.
        meaning: one sentence.
        unit: of what it returns.
        options: keyword arguments that a claim file may give.
        formats: records it can use; empty: figures alone.
    """

    name: str
    do: Estimate
    meaning: str
    unit: str
    options: Mapping[str, Option]
    formats: tuple[str, ...] = ()

    def __call__(self, given: Given, **settings: Any) -> Finding:
        """The finding, with options filled in.

        Raises:
            InputError: an option that there is not, one that is missing, or of another type.
        """
        return self.do(given, **self.checked(settings))

    def checked(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Options as the function is handed them.

        Raises:
            InputError: as in `__call__`; its key is the option.
        """
        for name in settings:
            if name not in self.options:
                raise InputError(f"the estimator {self.name!r} has no such option", key=name, nearest=nearest(name, self.options))
        found = {}
        for name, about in self.options.items():
            if name not in settings:
                if about.default is REQUIRED:
                    raise InputError(f"the estimator {self.name!r} needs it: {about.doc}", key=name)
                found[name] = about.default
            else:
                found[name] = typed(name, settings[name], about.kind)
        return found


def typed(name: str, value: Any, kind: type) -> Any:
    """A value of the type that is admitted; a whole number stands for a number, a list for a tuple."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is tuple and isinstance(value, list):
        return tuple(value)
    if kind is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise InputError(f"{value[:40]!r} is not a date such as 2022-01-31", key=name) from None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        words = {
            str: "a text",
            float: "a number",
            int: "a whole number",
            bool: "true or false",
            list: "a list",
            tuple: "a list",
            date: "a date",
        }
        raise InputError(f"needs {words.get(kind, kind.__name__)}, not {value!r:.60}", key=name)
    return value


def estimator(
    name: str, *, meaning: str, unit: str, options: Mapping[str, Option] | None = None, formats: tuple[str, ...] = ()
) -> Callable[[Estimate], Estimator]:
    """Make a function an estimator that claim files can name.

    Args:
        name: lower case, with underscores.
        meaning: one sentence: what it counts.
        unit: of what it returns.
        options: its keyword arguments.
        formats: records it can use, by the names of `groundswell.events.formats`.

    Raises:
        ModelError: the name is taken, or the options are not the function's arguments.
    """
    chosen = dict(options or {})

    def made(do: Estimate) -> Estimator:
        held = _FOUND.get(name)
        if held is not None and held.do.__module__ != do.__module__:
            raise ModelError(f"two estimators are called {name!r}: in {held.do.__module__} and in {do.__module__}")
        arguments = list(inspect.signature(do).parameters)[1:]
        if set(arguments) != set(chosen):
            raise ModelError(f"the estimator {name!r} has the arguments {arguments} and declares {sorted(chosen)}")
        _FOUND[name] = Estimator(name, do, meaning, unit, chosen, formats)
        return _FOUND[name]

    return made


def estimators() -> dict[str, Estimator]:
    """All estimators by name, from every module of `groundswell.claims.data`."""
    from groundswell.claims import data

    for module in sorted(found.name for found in pkgutil.iter_modules(data.__path__)):
        importlib.import_module(f"{data.__name__}.{module}")
    return dict(sorted(_FOUND.items()))


def find(name: str) -> Estimator:
    """An estimator by name.

    Raises:
        InputError: there is none, with the nearest.
    """
    known = estimators()
    if name not in known:
        raise InputError("there is no such estimator", key=name, nearest=nearest(name, known))
    return known[name]
