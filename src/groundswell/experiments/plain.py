"""A scenario as JSON and back: what a run is repeated from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from groundswell import cases
from groundswell.core.documents import Document, Origin, check_scalars
from groundswell.experiments.read import case_of
from groundswell.experiments.resolve import model_of, resolve
from groundswell.experiments.scenario import JOINED, Effect, Scenario
from groundswell.society import SOURCES


def as_document(scenario: Scenario, base: Path) -> dict[str, Any]:
    """A scenario as JSON, in the form of a scenario file: what a run is repeated from.

    Every parameter is in it, so that a later default changes nothing; the case's own dated changes are in it too.

    Args:
        base: the folder it will be read from; a case that is not built in is named relative to it.
    """
    case, model = scenario.case, model_of(scenario.model)
    about, base_values = model.parameters, model.base_values()
    values = {key: about[key].options[int(number)] if about[key].options else number for key, number in base_values.items()}
    built_in = case.folder.name in cases.names() and cases.load(case.folder.name).folder == case.folder
    tables = {role: path.relative_to(case.folder).as_posix() for role, path in scenario.tables.items()}
    run: dict[str, Any] = {
        "start": scenario.start.isoformat(),
        "end": scenario.end.isoformat(),
        "seed": scenario.seed,
        "threads": scenario.threads,
    }
    if scenario.checkpoint_every is not None:
        run["checkpoint_every"] = scenario.checkpoint_every
    told = {"shock_strength": scenario.shock_strength} if scenario.shock_strength != 1 else {}  # their sizes below have it already
    return {
        "schema": 1,
        "scenario": {
            "name": scenario.name,
            "case": case.folder.name if built_in else _relative(case.folder, base),
            "doc": scenario.doc,
            "inherit": False,
            **told,
        },
        "population": {
            "tables": tables,
            "scale": scenario.scale,
            "provinces": list(scenario.provinces),
            "seed": scenario.population_seed,
            "growth": scenario.growth,
        },
        "model": {"name": scenario.model},
        "parameters": dict(sorted({**values, **scenario.values}.items())),
        "policies": [_policy(effect) for effect in scenario.effects if effect.kind == "policy"],
        "shocks": [_shock(effect) for effect in scenario.effects if effect.kind == "shock"],
        "sources": [{"of": of, "name": name} for of, name in zip(SOURCES, scenario.sources, strict=True)],
        "run": run,
    }


def _relative(folder: Path, base: Path) -> str:
    """A folder as seen from another, so that both can move together; `./` keeps it from being taken for a built-in case."""
    path = os.path.relpath(folder.resolve(), base.resolve())
    return Path(path).as_posix() if path.startswith("..") else f"./{Path(path).as_posix()}"


def _common(effect: Effect) -> dict[str, Any]:
    driven = {"parameter": effect.parameter, "value": effect.value} if effect.role == "drives" else {}
    texts = {"id": effect.id, "name": effect.name, "doc": effect.doc, "source": effect.source, "claimed_by": effect.claimed_by}
    return {**texts, **driven, "operation": effect.operation, "places": list(effect.places)}


def _policy(effect: Effect) -> dict[str, Any]:
    return {**_common(effect), "side": effect.side, "start": effect.start.isoformat(), "end": effect.end.isoformat()}


def _shock(effect: Effect) -> dict[str, Any]:
    days = (effect.end - effect.start).days + 1
    return {**_common(effect), "date": effect.start.isoformat(), "days": days, "role": effect.role}


def from_document(data: Mapping[str, Any], file: Path, case: str | Path | None = None) -> Scenario:
    """A scenario from what `as_document` gave.

    Args:
        data: parsed JSON.
        file: where it was read, for errors.
        case: the case's folder, where it has moved since.
    """
    tree = _with_dates(data)
    document = Document(tree, {(): Origin(file)})
    check_scalars(document)
    found = cases.load(case) if case is not None else case_of(document, file.parent)
    return resolve(found, [document], inherited=False)


def _with_dates(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON with its dates as dates; what is no date is left for the checks to refuse."""

    def table(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: _date(inner) if key in ("start", "end", "date") else inner for key, inner in value.items()}

    tree = {**data, "run": table(data.get("run"))}
    for key in JOINED:
        if isinstance(tree.get(key), list):
            tree[key] = [table(entry) for entry in tree[key]]
    return tree


def _date(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
