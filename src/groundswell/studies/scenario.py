"""The kind of task `scenario`: a scenario run with other values and seeds, of which national numbers and series are kept.

>>> from groundswell import experiments
>>> from groundswell.studies import designs, scenario
>>> base = experiments.read("iran", experiments.settings_of({"scale": 1000, "start": "2022-09-01", "end": "2022-12-31"}))
>>> points = designs.replicated(designs.grid({"fear.decay": [0.02, 0.05, 0.1]}), 8)
>>> study = scenario.study("runs/decay", base, points, measures=("arrests", "gathered"), series=("turnout",))

What it returns is the nation's alone, which is what may be told of every case. The population is opened once a process; no run is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import InputError, nearest
from groundswell.experiments.measures import FROM_SERIES, measures as numbers_of
from groundswell.experiments.plain import as_document, from_document
from groundswell.experiments.scenario import Scenario
from groundswell.society import SOURCES
from groundswell.studies.kinds import Common, Output, kind
from groundswell.studies.study import Study

if TYPE_CHECKING:
    from groundswell.core.mechanism import Model
    from groundswell.core.parameters import Change
    from groundswell.core.places import Population
    from groundswell.core.run import Run

REPORTED = (*(f"reported_{source}" for source in SOURCES), "variance_to_mean", "autocorrelation", "empty", "contested")
MEASURES = (*(key for key, *_ in FROM_SERIES), "frames", *REPORTED)
SEED = "seed"  # the one entry of a payload that is no parameter


@dataclass(frozen=True)
class World:
    """What every run of a study shares: opened once a process."""

    scenario: Scenario
    model: Model
    population: Population
    changes: tuple[Change, ...]
    measures: tuple[str, ...]
    series: tuple[str, ...]


def common_of(scenario: Scenario) -> tuple[dict[str, Any], dict[str, str]]:
    """A scenario as the common part of a study, and where its case is: what `scenario_of` reads.

    The case's tables are in it as hashes, so that a study is not mixed with one of other tables.
    """
    from groundswell import cases
    from groundswell.experiments.directory import input_hashes, json_text

    case = scenario.case
    built_in = case.folder.name in cases.names() and cases.load(case.folder.name).folder == case.folder
    document = json.loads(json_text(as_document(scenario, case.folder)))
    document["scenario"]["case"] = case.id
    del document["run"]["seed"]
    return {"scenario": document, "inputs": input_hashes(scenario)}, {"case": case.folder.name if built_in else str(case.folder.absolute())}


def scenario_of(common: Common) -> Scenario:
    """The scenario of a common part and its paths; its seed is 0.

    Raises:
        InputError: the case is not where it was, or its tables have changed.
    """
    from groundswell.experiments.directory import input_hashes

    document = {**common["scenario"], "run": {**common["scenario"]["run"], "seed": 0}}
    case = common["case"]
    found = from_document(document, Path("study.json"), Path(case) if Path(case).is_absolute() else case)
    now = input_hashes(found)
    changed = sorted(role for role in {*now, *common["inputs"]} if now.get(role) != common["inputs"].get(role))
    if changed:
        raise InputError(f"the study was begun with another table of {changed[0]}", file=found.tables.get(changed[0]))
    return found


def world_of(common: Common) -> World:
    """What the runs of a study share, opened."""
    from groundswell.experiments.people import people
    from groundswell.experiments.resolve import model_of

    scenario = scenario_of(common)
    model, population = model_of(scenario.model), people(scenario)
    changes = scenario.changes(model.parameters, [p.id for p in population.places.provinces])
    return World(scenario, model, population, changes, tuple(common.get("measures", ())), tuple(common.get("series", ())))


def simulated(world: World, payload: Mapping[str, Any]) -> Run:
    """A run of a study's scenario with the values and the seed of a payload, every day and place in memory.

    Raises:
        InputError: an entry is no parameter, or its value is not admitted.
    """
    from groundswell.core.simulate import simulate, threads_worth

    s, values = world.scenario, {name: value for name, value in payload.items() if name != SEED}
    return simulate(
        world.model,
        world.population,
        start=s.start,
        end=s.end,
        seed=payload.get(SEED, 0),
        values={**s.values, **values},
        changes=world.changes,
        threads=threads_worth(s.threads, world.population.places.rows),
    )


def _outputs(common: Common) -> dict[str, Output]:
    days = scenario_of(common).days
    found = {name: Output("f8") for name in common.get("measures", ())}
    return found | {"state_hash": Output("text")} | {name: Output("f8", (days,)) for name in common.get("series", ())}


def _memory(common: Common) -> float:
    from groundswell.experiments.resolve import ROW_BYTES

    s = scenario_of(common)
    chosen = [row.population for row in s.case.census(s.tables).provinces if not s.provinces or row.id in s.provinces]
    return sum(chosen) * s.growth / s.scale * ROW_BYTES


@kind(outputs=_outputs, prepare=world_of, memory=_memory)
def scenario(world: World, payload: Mapping[str, Any]) -> dict[str, Any]:
    """One run: its national measures and series, and the hash of its final state."""
    run = simulated(world, payload)
    found: dict[str, Any] = {"state_hash": run.state_hash}
    if world.measures:
        found |= _measured(world, run)
    return found | {name: run.national(name) for name in world.series}


def _measured(world: World, run: Run) -> dict[str, float]:
    """The national numbers that a study asks for."""
    from groundswell.experiments.nation import unit_of, weekly_frame

    s = world.scenario
    nation = {name: run.national(name)[None, :] for name in run.series if unit_of(run, name) != "index"}
    told = weekly_frame(run, real=s.case.real) if set(world.measures) & set(REPORTED) else None
    places = [p.id for p in run.places.provinces]
    known = {
        m.key: float(m.values[0])
        for m in numbers_of(nation, [told] if told is not None else [], places, s.case.names.sources, (s.start, s.end))
    }
    for name in world.measures:
        if name not in known:
            raise InputError("a run of this model and period has no such number", key=name, nearest=nearest(name, known))
    return {name: known[name] for name in world.measures}


def study(
    folder: str | Path,
    base: Scenario,
    points: Iterable[Mapping[str, Any]],
    *,
    measures: Sequence[str] = (),
    series: Sequence[str] = (),
    notes: Mapping[str, Any] | None = None,
    once: bool = False,
) -> Study:
    """A study of a scenario: begun, or taken up.

    Args:
        folder: where it is kept.
        base: what is run; its own seed is not used.
        points: values by full parameter key ("fear.decay"), and `seed`; gone through once.
        measures: national numbers, among `MEASURES`.
        series: national series by day.
        notes, once: see `Study`.

    Raises:
        InputError: a parameter, a measure or a series that there is not, with the nearest one; a value that is not admitted.
    """
    from groundswell.experiments.resolve import model_of

    model = model_of(base.model)
    recorded = [name for name, about in model.declared.items() if getattr(about, "recorded", False)]
    for what, given, valid in (("measures", measures, MEASURES), ("series", series, recorded)):
        for name in given:
            if name not in valid:
                raise InputError(f"there is none that is called {name!r}", key=what, nearest=nearest(name, valid))
        if len(set(given)) < len(given):
            raise InputError("names one twice", key=what)
    both = sorted({*measures} & {*series})
    if both:
        raise InputError(f"{both[0]!r} is asked for as a number and as a series; a study has one output of a name", key="series")
    common, paths = common_of(base)
    common |= {"measures": list(measures), "series": list(series)}
    return Study(folder, scenario, _checked(points, model), common=common, paths=paths, notes=notes, once=once)


def _checked(points: Iterable[Mapping[str, Any]], model: Model) -> Iterator[Mapping[str, Any]]:
    """Points whose values a model admits."""
    for point in points:
        for name, value in point.items():
            if name == SEED:
                continue
            if name not in model.parameters:
                raise InputError("no such parameter", key=name, nearest=nearest(name, model.parameters))
            model.parameters[name].check(value)
        yield point


__all__ = ["MEASURES", "World", "common_of", "scenario", "scenario_of", "simulated", "study", "world_of"]
