"""What the names in a model mean: parameters, switches, columns, quantities, tables, journals, mechanisms and phases."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import Column, Journal, Quantity, Queue, TableType
from groundswell.core.errors import InputError, nearest

if TYPE_CHECKING:
    from groundswell.core.mechanism import Declared, Mechanism, Model
    from groundswell.core.parameters import Parameter


@dataclass(frozen=True)
class Entry:
    """One meaning of a name.

    Attributes:
        name: as it is written in scenarios and tables.
        kind: parameter, switch, column, quantity, table, queue, journal, mechanism, phase or function.
        doc: what it means.
        facts: label and text: unit, range, default, source and so on.
    """

    name: str
    kind: str
    doc: str
    facts: tuple[tuple[str, str], ...] = ()


def subject(name: str) -> Model | ModuleType:
    """What can be explained under the name of a model: the model, or its module where it has no schedule and is plain functions.

    Raises:
        InputError: there is no such model; the nearest name is given.
    """
    from groundswell import models

    if name in models.MODELS:
        return models.MODELS[name]()
    every = models.names()
    if name not in every:
        raise InputError(f"there is no model {name!r}", key="--model", nearest=nearest(name, [*models.MODELS, *every]))
    module = import_module(f"groundswell.models.{name}")
    return models.find(name) if hasattr(module, name) else module


def entries(model: Model | ModuleType) -> tuple[Entry, ...]:
    """Everything that a model declares, by kind and name."""
    if isinstance(model, ModuleType):
        own = inspect.getmembers(model, lambda made: inspect.isfunction(made) and made.__module__ == model.__name__)
        return tuple(_function(name, made) for name, made in own if not name.startswith("_"))
    found = [entry_of_parameter(about) for about in model.parameters.values()]
    found += [entry_of_declared(what) for what in model.declared.values()]
    for phase in model.schedule:
        found += [entry_of_mechanism(m, phase.name) for m in phase.mechanisms]
        parts = ", ".join(m.key for m in phase.mechanisms)
        found.append(Entry(phase.name, "phase", f"Runs {parts}.", (("model", model.name),)))
    return tuple(sorted(found, key=lambda e: (e.kind, e.name)))


def explain(model: Model | ModuleType, name: str) -> tuple[Entry, ...]:
    """Every meaning of a name; a parameter may be named by its last part.

    Raises:
        InputError: the model has no such name; the nearest ones are offered.
    """
    every = entries(model)
    found = [e for e in every if e.name == name] or [e for e in every if e.kind in ("parameter", "switch") and e.name.endswith(f".{name}")]
    if not found:
        close = difflib.get_close_matches(name, sorted({e.name for e in every}), n=3, cutoff=0.5)
        hint = f"; the nearest are {', '.join(close)}" if close else ""
        called = model.__name__.rpartition(".")[2] if isinstance(model, ModuleType) else model.name
        raise InputError(f"the model {called!r} has nothing called {name[:100]!r}{hint}")
    return tuple(found)


def entry_of_parameter(about: Parameter) -> Entry:
    """What is known of a parameter or a switch: unit, range or options, default and source."""
    if about.options:
        facts = [("options", ", ".join(about.options)), ("default", str(about.default))]
        return Entry(about.key, "switch", about.doc, (*facts, ("source", about.source)))
    low, high = about.range
    kind = ", whole" if about.whole else ""
    facts = [("unit", about.unit), ("range", f"{low:g} to {high:g}{kind}"), ("default", f"{about.default:g}")]
    return Entry(about.key, "parameter", about.doc, (*facts, ("source", about.source)))


def entry_of_declared(what: Declared) -> Entry:
    """What is known of a column, a quantity, a table, a queue or a journal."""
    if isinstance(what, Column):
        facts = [("unit", what.unit), ("of each", what.level.name), ("type", np.dtype(what.dtype).name), ("range", _range(what.dtype))]
        kept = "fixed" if what.static else f"starts at {what.initial:g}"
        return Entry(what.name, "column", what.doc, (*facts, ("value", kept), ("recorded", "yes" if what.recorded else "no")))
    if isinstance(what, Quantity):
        facts = [("unit", what.unit), ("of each", what.level.name), ("type", np.dtype(what.dtype).name), ("combined by", what.combine)]
        return Entry(what.name, "quantity", what.doc, (*facts, ("recorded", "yes" if what.recorded else "no")))
    kinds = {Queue: "queue", TableType: "table", Journal: "journal"}
    rows = [(f.name, ", ".join(part for part in (np.dtype(f.dtype).name, f.unit, f.doc) if part)) for f in what.fields]
    return Entry(what.name, kinds[type(what)], what.doc, tuple(rows))


def _range(dtype: type[np.generic]) -> str:
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(np.dtype(dtype))
        return f"{limits.min} to {limits.max}"
    return "a number"


def entry_of_mechanism(mechanism: Mechanism, phase: str) -> Entry:
    """What is known of a mechanism, and where it stands."""
    doc = " ".join((type(mechanism).__doc__ or "").split())
    facts = (
        ("phase", phase),
        ("runs over", {"tile": "people, tile by tile", "day": "the day", "ordered": "people, one after the other"}[mechanism.kind]),
        ("reads", ", ".join(d.name for d in mechanism.reads) or "nothing"),
        ("writes", ", ".join(d.name for d in mechanism.writes) or "nothing"),
        ("adds to", ", ".join(d.name for d in mechanism.adds) or "nothing"),
        ("parameters", ", ".join(mechanism.parameters) or "none"),
    )
    return Entry(mechanism.key, "mechanism", doc, facts)


class _Plain(str):
    """An annotation that shows itself without quotation marks."""

    __slots__ = ()
    __repr__ = str.__str__


def signature_of(name: str, made: Callable[..., Any]) -> str:
    """How something is called, its annotations as its author wrote them and without the names of modules."""
    signature = inspect.signature(made)

    def plain(annotation: Any) -> Any:
        if annotation is inspect.Signature.empty:
            return annotation
        known = {npt.ArrayLike: "ArrayLike", npt.ArrayLike | None: "ArrayLike | None"}  # unions of a dozen types
        found = next((text for kind, text in known.items() if annotation == kind), None)
        text = found or (annotation if isinstance(annotation, str) else inspect.formatannotation(annotation))
        return _Plain(re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text))

    parameters = [p.replace(annotation=plain(p.annotation)) for p in signature.parameters.values()]
    return f"{name}{signature.replace(parameters=parameters, return_annotation=plain(signature.return_annotation))}"


def _function(name: str, made: object) -> Entry:
    """A function of a model that has no schedule."""
    first, _, rest = (inspect.getdoc(made) or "").partition("\n")
    facts = [("called as", signature_of(name, made))] if callable(made) else []
    facts += [("", line) for line in rest.strip().splitlines()]
    return Entry(name, "function", first, tuple(facts))


def listing(model: Model | ModuleType) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """All entries grouped by kind."""
    every = entries(model)
    for kind in ("phase", "mechanism", "parameter", "switch", "column", "quantity", "table", "queue", "journal", "function"):
        group = tuple(e for e in every if e.kind == kind)
        if group:
            yield kind, group
