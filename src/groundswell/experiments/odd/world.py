"""What surrounds the rules: purpose, scales, the initial world and the input data, of a scenario or of a model with a world of its own."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from groundswell.core.parameters import Operation
from groundswell.experiments.explain import signature_of
from groundswell.experiments.odd import model as declared
from groundswell.experiments.odd.markdown import cell, code, escaped, paragraphs, table

if TYPE_CHECKING:
    from pathlib import Path

    from groundswell.cases.records import Figure
    from groundswell.core.mechanism import Model
    from groundswell.experiments.scenario import Effect, Scenario

DONE: Mapping[Operation, str] = {"set": "=", "add": "+", "multiply": "×"}
SNAPSHOT = (
    "Time goes in steps; a step runs the phases below in their order. Within a phase every mechanism sees the same state, as the phase "
    "before left it, and one mechanism writes a state variable; what several contribute to is combined when all have contributed."
)
PEOPLE_DRAWS = "The people are drawn before the first day, for these purposes, each under an address of its own:"
REPRODUCED = "What the literature prints of it beside what comes out here, line by line: `groundswell reproduce {name}`."
UNCOMPARED = "The model is held against no record here."
NOT_BUILT = "Places and people are whatever population the model is run on; their static state variables come with it."


def _module(model: Model) -> ModuleType | None:
    """The module of a model of groundswell; None for a model of the user's own."""
    name = f"groundswell.models.{model.name}"
    return import_module(name) if model.name.isidentifier() and find_spec(name) is not None else None


def purpose(model: Model, scenario: Scenario | None, said: Mapping[str, str]) -> list[str]:
    """Why the model is there, and which patterns it is held against."""
    module = _module(model)
    lines = ["### Purpose", "", *_text(said.get("purpose", ""))]
    lines += paragraphs(module.__doc__) if module and module.__doc__ else paragraphs(model.doc)
    if scenario:
        kind = "a real country, of which only a closed period is simulated" if scenario.case.real else "an invented country"
        lines += [f"**{escaped(scenario.case.name)}** is {kind}. {escaped(scenario.case.summary)}", ""]
        lines += [f"**This scenario:** {escaped(scenario.doc or scenario.name)}", ""]
    compared = REPRODUCED.format(name=model.name) if module and not scenario else UNCOMPARED
    lines += ["### Patterns", "", *_text(said.get("patterns", compared))]
    return lines + (_figures(scenario) if scenario else [])


def _text(text: str) -> list[str]:
    return [" ".join(text.split()), ""] if text.strip() else []


def _figures(scenario: Scenario) -> list[str]:
    """Figures of the case, which are compared with and drive nothing: by key."""
    by_key: dict[str, list[Figure]] = {}
    for figure in scenario.case.figures:
        by_key.setdefault(figure.key, []).append(figure)
    if not by_key:
        return ["The case has no figures to compare with.", ""]
    rows = []
    for key, figures in sorted(by_key.items()):
        span = f"{min(f.start for f in figures)} to {max(f.end for f in figures)}"
        who = "; ".join(dict.fromkeys(f.claimed_by for f in figures if f.claimed_by))
        rows.append((code(key), str(len(figures)), cell(figures[0].unit), span, cell(who)))
    said = "Figures that the case is compared with, whoever claims them. They drive nothing."
    return [said, "", *table(("figure", "rows", "unit", "about", "claimed by"), rows)]


def scales(scenario: Scenario | None) -> list[str]:
    """How long, how far, how many."""
    if scenario is None:
        return [
            "### Scales",
            "",
            "A step is a day, a round or a generation, as the rules say; a run has as many as it is asked for.",
            "",
            NOT_BUILT,
            "",
        ]
    from groundswell.experiments.people import grown

    census = grown(scenario.case.census(scenario.tables), scenario.growth)
    chosen = set(scenario.provinces or (row.id for row in census.provinces))
    persons = sum(row.population for row in census.provinces if row.id in chosen)
    cities = sum(city.province in chosen for city in census.cities)
    rows = [
        ("time", f"{scenario.start} to {scenario.end}: {scenario.days:,} steps of a day"),
        ("persons", f"{persons:,}, a row for each {scenario.scale:,}" if scenario.scale > 1 else f"{persons:,}, a row for each"),
        ("one to one at any scale", "members of units, units, who is detained, dead or abroad, acts, gatherings and reports"),
        ("space", f"{len(chosen):,} provinces with {cities:,} cities and their countryside, in neighbourhoods; no distances"),
        ("told at", f"{scenario.case.level} and {scenario.case.interval}, or coarser"),
    ]
    return ["### Scales", "", *table(("scale", "extent and resolution"), rows)]


def steps(model: Model, scenario: Scenario | None) -> list[str]:
    """What holds for the schedule as a whole."""
    ordered = [m.key for m in model.mechanisms if m.kind == "ordered"]
    lines = [SNAPSHOT, ""]
    if ordered:
        lines += [f"Sequential, each seeing what those before have done: {', '.join(code(key) for key in ordered)}.", ""]
    if scenario:
        lines += ["Dated changes of parameters (section 6) hold from the beginning of a day.", ""]
    return lines


def initialization(model: Model, scenario: Scenario | None) -> list[str]:
    """The state before the first step."""
    lines = _built(scenario) if scenario else _world(model)
    begun = declared.beginnings(model)
    if begun:
        lines += ["These mechanisms set the initial state; every other state variable begins as section 2 says.", "", *begun]
    return lines + (_values(model, scenario) if scenario else [])


def _world(model: Model) -> list[str]:
    """How the world of a model of groundswell is made."""
    module = _module(model)
    made = getattr(module, "world", None)
    if made is None:
        return [NOT_BUILT, ""]
    return [f"The world is made by {code(signature_of('world', made))}.", "", *paragraphs(made.__doc__ or "")]


def _built(scenario: Scenario) -> list[str]:
    """How the people of a scenario are made."""
    from groundswell.populations import streams

    rows = [(code(path.name), role, f"{_rows_of(path):,}") for role, path in sorted(scenario.tables.items())]
    drawn = [(str(s.number), cell(s.doc)) for s in streams.ALL]
    names = scenario.case.names
    called = {"Frames": names.frames, "Organisations": names.organisations, "Sources": scenario.sources}
    factor = "" if scenario.growth == 1 else f", every count times {scenario.growth:g}"
    return [
        f"Synthetic persons, drawn from these tables with population seed {scenario.population_seed}{factor}; no person is a real one.",
        "",
        *table(("table", "role", "rows"), rows),
        PEOPLE_DRAWS,
        "",
        *table(("stream", "what is drawn"), drawn),
        f"Seed of the run: {scenario.seed}.",
        "",
        *(f"* {label}: {escaped('; '.join(f'{i} {name}' for i, name in enumerate(names, 1)))}." for label, names in called.items()),
        "",
    ]


def _rows_of(path: Path) -> int:
    """Rows of a table under its header; it has been read and checked before."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(any(row) for row in csv.reader(file)) - 1


def _values(model: Model, scenario: Scenario) -> list[str]:
    """Parameters that the scenario sets to something else than the default."""
    about, rows = model.parameters, []
    for key, value in sorted(scenario.values.items()):
        default = about[key].default
        if value != default:
            source = scenario.case.parameter_sources.get(key, "assumed")
            rows.append((_shown(default), _shown(value), cell(key), cell(source)))
    if not rows:
        return ["All parameters have their defaults.", ""]
    said = "Parameters with another value than their default (bold under Submodels):"
    return [said, "", *table(("from", "to", "parameter", "source of the value"), rows)]


def _shown(value: float | str) -> str:
    return cell(value) if isinstance(value, str) else f"{value:g}"


def input_data(scenario: Scenario | None) -> list[str]:
    """What comes from outside while the model runs."""
    if scenario is None:
        return ["None: nothing comes from outside while the model runs.", ""]
    case = scenario.case
    tables = [(code(path.name), role, f"{_rows_of(path):,}") for role, path in sorted(case.tables.items()) if role not in scenario.tables]
    driving = [e for e in scenario.effects if e.role == "drives"]
    lines = ["### Tables", "", *(table(("table", "role", "rows"), tables) or ["The case has census tables only.", ""])]
    lines += ["### Dated changes", ""]
    if driving:
        lines += [
            "What is dated is a fact or a claim, with who makes it; how strongly it acts is what its source says, mostly assumed.",
            "",
        ]
        lines += table(("name", "from", "to", "parameter", "change", "where", "claimed by", "source"), [_effect(e) for e in driving])
    else:
        lines += ["None.", ""]
    if scenario.shock_strength != 1:
        lines += [f"Sizes of the case's own shocks stand as run, at {scenario.shock_strength:g} times what its table says.", ""]
    tested = len(scenario.effects) - len(driving)
    lines += [f"{tested} more dated rows are only compared with and change nothing.", ""] if tested else []
    cited = [(code(c.key), cell(c.text), cell(c.reason)) for c in case.citations]
    return [*lines, "### Sources", "", *(table(("key", "source", "cited for"), cited) or ["None is cited.", ""])]


def _effect(e: Effect) -> tuple[str, ...]:
    where = cell("; ".join(e.places)) if e.places else "all"
    change = f"{DONE[e.operation]} {_shown(e.value)}"
    return cell(e.name), str(e.start), str(e.end), cell(e.parameter), change, where, cell(e.claimed_by), cell(e.source)
