"""What a model declares, as the sections of an ODD description: entities, schedule, concepts that can be counted, submodels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from groundswell.core.columns import CITY, NATION, NEIGHBOURHOOD, PERSON, PROVINCE, Column, Journal, Level, Quantity, Queue, TableType
from groundswell.core.mechanism import Mechanism
from groundswell.experiments.explain import Entry, entry_of_declared, entry_of_parameter
from groundswell.experiments.odd.markdown import cell, code, codes, escaped, paragraphs, table

if TYPE_CHECKING:
    from groundswell.core.draws import Stream
    from groundswell.core.mechanism import Declared, Model

ENTITIES: Mapping[Level, str] = {
    PERSON: "Persons, a row for each or for as many as the scale says",
    NEIGHBOURHOOD: "Neighbourhoods, of persons who live beside one another",
    CITY: "Cities, of neighbourhoods",
    PROVINCE: "Provinces, of cities",
    NATION: "The nation, or the whole of a world",
}
KINDS = {
    "tile": "all people, tile by tile, at once",
    "day": "whole arrays and lists, once a step",
    "ordered": "people, one after the other",
}
NUMBERED = "A number of a day: each contributor adds to it, and it is gone when the day is over."
DATA = {
    TableType: "a list, one row a key, kept from day to day",
    Queue: "a list of what is asked for in a day; one owner settles it",
    Journal: "rows that are written and never read again",
}


def entities(model: Model) -> list[str]:
    """Entities and their state variables: columns by what they belong to, then quantities, and lists with their fields."""
    declared = sorted(model.declared.values(), key=lambda d: d.name)
    lines = []
    for level, title in _levels(declared):
        columns = [entry_of_declared(d) for d in declared if isinstance(d, Column) and d.level == level]
        numbers = [entry_of_declared(d) for d in declared if isinstance(d, Quantity) and d.level == level]
        lines += [f"### {title}", ""]
        lines += table(("state variable", "meaning", "unit", "type", "value", "recorded"), [_column(entry) for entry in columns])
        if numbers:
            heads = ("number of a day", "meaning", "unit", "type", "combined by", "recorded")
            lines += [NUMBERED, "", *table(heads, [_quantity(entry) for entry in numbers])]
    for what in declared:
        if isinstance(what, (TableType, Queue, Journal)):
            lines += _list(what)
    return lines


def _levels(declared: list[Declared]) -> list[tuple[Level, str]]:
    """The levels that carry something, from the person up; those of a model's own come last."""
    carried = {d.level for d in declared if isinstance(d, (Column, Quantity))}
    own = sorted((level for level in carried if level not in ENTITIES), key=lambda level: level.name)
    return [(level, title) for level, title in ENTITIES.items() if level in carried] + [
        (level, f"Level {code(level.name)}") for level in own
    ]


def _column(entry: Entry) -> tuple[str, ...]:
    facts = dict(entry.facts)
    return code(entry.name), cell(entry.doc), cell(facts["unit"]), facts["type"], facts["value"], facts["recorded"]


def _quantity(entry: Entry) -> tuple[str, ...]:
    facts = dict(entry.facts)
    return code(entry.name), cell(entry.doc), cell(facts["unit"]), facts["type"], facts["combined by"], facts["recorded"]


def _list(what: TableType | Queue | Journal) -> list[str]:
    keys = what.keys if isinstance(what, TableType) else (what.key,) if isinstance(what, Queue) else ()
    sorted_by = f" Key: {codes(keys)}." if keys else ""
    fields = [(code(f.name), cell(f.doc), cell(f.unit), f.dtype.__name__) for f in what.fields]
    said = f"{escaped(what.doc)} ({DATA[type(what)]}).{sorted_by}"
    return [f"### List {code(what.name)}", "", said[0].upper() + said[1:], "", *table(("field", "meaning", "unit", "type"), fields)]


def schedule(model: Model) -> list[str]:
    """Process overview: phases in the order of a step, and what each mechanism reads and changes."""
    rows = []
    for number, phase in enumerate(model.schedule, 1):
        for m in phase.mechanisms:
            changes = ", ".join([code(d.name) for d in m.writes] + [f"+{code(d.name)}" for d in m.adds])
            rows.append((str(number), phase.name, code(m.key), m.kind, codes(_read(m)), changes or "nothing"))
    kinds = {m.kind for m in model.mechanisms}
    lines = table(("", "phase", "mechanism", "runs", "reads", "changes (+ adds to)"), rows)
    return [*lines, *(f"* **{kind}**: over {text}." for kind, text in KINDS.items() if kind in kinds), ""]


def _read(m: Mechanism) -> list[str]:
    return list(dict.fromkeys(d.name for d in (*m.reads, *m.gathers)))


def sensing(model: Model) -> list[str]:
    """Who sees what: mechanisms that look through ties or networks, or at all people."""
    rows = [(code(m.key), codes(d.name for d in m.gathers), codes(m.networks)) for m in model.mechanisms if m.gathers or m.networks]
    return table(("mechanism", "sees of others", "through the network"), rows)


def interaction(model: Model) -> list[str]:
    """Where several contribute to one number or list, and who reads it."""
    rows = []
    for what in sorted(model.declared.values(), key=lambda d: d.name):
        if isinstance(what, (Quantity, Queue)):
            adding = [m.key for m in model.mechanisms if what in m.adds]
            reading = [m.key for m in model.mechanisms if what in m.reads]
            combined = what.combine if isinstance(what, Quantity) else "by priority, then by key"
            rows.append((code(what.name), codes(adding), combined, codes(reading)))
    return table(("met in", "contributed by", "combined", "read by"), rows)


def streams(model: Model) -> dict[Stream, list[str]]:
    """Purposes of randomness by number, with the mechanisms that draw for them."""
    found: dict[Stream, list[str]] = {}
    for m in model.mechanisms:
        for stream in m.draws:
            found.setdefault(stream, []).append(m.key)
    return dict(sorted(found.items(), key=lambda item: item[0].number))


def stochasticity(model: Model) -> list[str]:
    """Every purpose for which a draw is made."""
    rows = [(str(s.number), cell(s.doc), codes(drawn)) for s, drawn in streams(model).items()]
    return table(("stream", "what is drawn", "by"), rows)


def observation(model: Model) -> list[str]:
    """What a run keeps."""
    kept = [d for _, d in sorted(model.declared.items()) if isinstance(d, (Column, Quantity)) and d.recorded]
    journals = [name for name, d in sorted(model.declared.items()) if isinstance(d, Journal)]
    lines = [f"Series of every step: {codes(d.name for d in kept)}.", ""]
    return [*lines, f"Journals: {codes(journals)}.", ""] if journals else lines


def beginnings(model: Model) -> list[str]:
    """Which mechanisms set the initial state, and how they say it."""
    rows = []
    for m in model.mechanisms:
        kind = next(k for k in type(m).__mro__ if "begin" in vars(k))
        if kind is not Mechanism:
            said = (vars(kind)["begin"].__doc__ or "").strip().partition("\n")[0]
            rows.append((code(m.key), cell(said or "sets the initial state")))
    return table(("mechanism", "what it sets"), rows)


def submodels(model: Model, here: Mapping[str, float | str]) -> list[str]:
    """Every mechanism with its rule, its ties to the state and its parameters.

    Args:
        model: that is described.
        here: values of a scenario that differ from the defaults, by key.
    """
    lines = []
    for phase in model.schedule:
        for m in phase.mechanisms:
            lines += [f"### {code(m.key)}", "", *paragraphs(type(m).__doc__ or ""), *_facts(m, phase.name), *_parameters(m, here)]
    return lines


def _facts(m: Mechanism, phase: str) -> list[str]:
    order = f"; activation {m.activation.replace('_', ' ')}" if m.kind == "ordered" else ""
    facts = [
        ("Phase", f"{phase}, over {KINDS[m.kind]}{order}"),
        ("Reads", codes(d.name for d in m.reads)),
        ("Writes", codes(d.name for d in m.writes)),
    ]
    facts += [("Adds to", codes(d.name for d in m.adds))] if m.adds else []
    facts += [("Sees of others", codes(d.name for d in m.gathers))] if m.gathers else []
    facts += [("Networks", codes(m.networks))] if m.networks else []
    facts += [("Draws", escaped("; ".join(f"{s.doc.removesuffix('.')} ({s.number})" for s in m.draws)))] if m.draws else []
    return [*(f"* {label}: {text}." for label, text in facts), ""]


def _parameters(m: Mechanism, here: Mapping[str, float | str]) -> list[str]:
    """The parameters of a mechanism; `made` are the values it was constructed with, where they are not the declared ones."""
    made = {f"{m.key}.{name}": getattr(m, name) for name in (key.partition(".")[2] for key in m.parameters)}
    rows = []
    for key, about in m.parameters.items():
        facts = dict(entry_of_parameter(about).facts)
        value = here.get(key, made[key])
        differs = value != about.default
        shown = f"**{_number(value)}**" if differs else _number(value)
        span = facts.get("range") or facts["options"]
        rows.append(
            (
                code(key),
                cell(about.doc),
                cell(facts.get("unit", "switch")),
                cell(span),
                cell(facts["default"]),
                shown,
                cell(facts["source"]),
            )
        )
    return table(("parameter", "meaning", "unit", "range or options", "default", "value", "source of the default"), rows)


def _number(value: float | str) -> str:
    return cell(value) if isinstance(value, str) else f"{value:g}"
