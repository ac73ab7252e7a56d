"""The part of a model on which what is asked of a run depends.

Draws are addressed and never consumed from a shared stream, so that a mechanism which nothing asked for depends on can be left out and
no bit of the rest changes. A run that is asked for one number need not simulate those who report on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from groundswell.core.columns import Journal
from groundswell.core.errors import ModelError, nearest
from groundswell.core.mechanism import Model, Phase
from groundswell.core.parameters import Change


def needed(model: Model, wanted: Iterable[str]) -> Model:
    """A model without the mechanisms on which nothing that is wanted depends.

    Args:
        model: the whole.
        wanted: names of columns, tables or journals that the run must hold as the whole model's run would, or keys of mechanisms that
            must act as in it.

    Raises:
        ModelError: the model has no such thing.
    """
    names = set(wanted)
    keys = {m.key for m in model.mechanisms}
    for name in sorted(names - keys - model.declared.keys()):
        raise ModelError(f"model {model.name} has no {name!r}{_hint(name, [*keys, *model.declared])}")
    kept: set[str] = set()
    grown = True
    while grown:
        grown = False
        for m in model.mechanisms:
            changed = {d.name for d in (*m.writes, *m.adds)}
            if m.key not in kept and (m.key in names or changed & names):
                kept.add(m.key)
                seen = (*m.reads, *m.gathers, *(d for d in m.writes if not isinstance(d, Journal)))  # nobody reads a journal again
                names |= {d.name for d in seen}
                grown = True
    phases = tuple(Phase(phase.name, *(m for m in phase.mechanisms if m.key in kept)) for phase in model.schedule)
    return Model(model.name, tuple(phase for phase in phases if phase.mechanisms), model.doc)


def _hint(name: str, known: list[str]) -> str:
    close = nearest(name, sorted(known))
    return f" (did you mean {close!r}?)" if close else ""


def settings_for(
    part: Model, whole: Model, values: Mapping[str, Any], changes: Iterable[Change]
) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """Values and dated changes for a part of a model: without those of mechanisms that it has not; an unknown key stays, to be refused."""
    gone = whole.parameters.keys() - part.parameters.keys()
    return {key: value for key, value in values.items() if key not in gone}, tuple(one for one in changes if one.key not in gone)
