"""The form of a scenario, from what a case and its model say of themselves: nothing is written here a second time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.lab.scenarios import case_target

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.core.mechanism import Model
    from groundswell.core.parameters import Parameter
    from groundswell.experiments.scenario import Scenario

Field = dict[str, Any]
TABLES = {"start": "RunTable", "end": "RunTable", "seed": "RunTable", "scale": "PopulationTable", "provinces": "PopulationTable"}
MOST = 2**53 - 1  # a whole number that every browser keeps
OFF_ON = ("off", "on")


def form(root: Path, name: str) -> dict[str, Any]:
    """Groups of fields of a case.

    Raises:
        InputError: there is no such case, or it contradicts itself.
    """
    from groundswell import experiments
    from groundswell.experiments.json_schema import scenario_schema
    from groundswell.experiments.resolve import model_of

    own = experiments.read(case_target(root, name))
    model = model_of(own.model)
    schema = scenario_schema(model)
    said = {key: schema["$defs"][table]["properties"][key] for key, table in TABLES.items()}
    said["without"] = schema["$defs"]["ScenarioTable"]["properties"]["without"]
    groups = [
        _group("run", "period and scale", schema["$defs"]["RunTable"], _run_fields(own, said)),
        _group("scenario", "places and what happens", schema["$defs"]["ScenarioTable"], _list_fields(own, said)),
        *_parameters(model, own),
    ]
    return {"case": name, "groups": groups}


def _group(key: str, title: str, about: Mapping[str, Any] | str, fields: Iterable[Field]) -> dict[str, Any]:
    doc = about if isinstance(about, str) else str(about.get("description", "")).partition(": ")[2]
    return {"key": key, "title": title, "doc": doc, "fields": list(fields)}


def _field(key: str, kind: str, default: Any, doc: str, **more: Any) -> Field:
    title = key.rpartition(".")[2].replace("_", " ")
    return {"key": key, "title": title, "kind": kind, "default": default, "unit": "", "range": None, "doc": doc, "source": "",
            "choices": None, **more}  # fmt: skip


def _run_fields(own: Scenario, said: Mapping[str, Any]) -> Iterator[Field]:
    days = [own.case.start.isoformat(), own.case.end.isoformat()]
    for key, day in (("start", own.start), ("end", own.end)):
        yield _field(key, "date", day.isoformat(), said[key]["description"], range=days)
    for key, value, unit in (("scale", own.scale, "persons a row"), ("seed", own.seed, "")):
        about = said[key]
        limits = [about["minimum"], min(about["maximum"], MOST)]
        yield _field(key, "integer", value, about["description"], unit=unit, range=limits)


def _list_fields(own: Scenario, said: Mapping[str, Any]) -> Iterator[Field]:
    provinces = own.case.census(own.tables).provinces
    choices = [{"value": row.id, "title": row.name} for row in provinces]
    yield _field("provinces", "several", list(own.provinces), said["provinces"]["description"], choices=choices)
    dated = [{"value": name, "title": title} for name, title in left_out(own.case).items()]
    yield _field("without", "several", [], said["without"]["description"], title="leave out", choices=dated)


def left_out(case: Case) -> dict[str, str]:
    """What a scenario may leave out: the names of the case's policies, shocks and campaigns that drive the model, with their days."""
    from groundswell import cases

    data = cases.as_scenario(case).data
    found: dict[str, str] = {}
    for entry in (*data.get("policies", ()), *data.get("shocks", ())):
        if entry.get("role", "drives") == "drives":
            day = entry.get("start") or entry.get("date")
            found.setdefault(entry["name"], f"{entry['name']} ({day})" if isinstance(day, date) else entry["name"])
    return found


def _parameters(model: Model, own: Scenario) -> Iterator[dict[str, Any]]:
    """One group for the disputed rules, and one for each mechanism."""
    about = model.parameters
    sources = own.case.parameter_sources
    fields = {key: parameter_field(p, own.values.get(key, p.default), sources.get(key)) for key, p in about.items()}
    switches = [{**fields[key], "title": _words(key)} for key, parameter in about.items() if parameter.options]
    yield _group("switches", "disputed rules", "Questions that the literature answers in several ways.", switches)
    for mechanism in (m for phase in model.schedule for m in phase.mechanisms):
        mine = _of(mechanism.key, fields, about)
        if mine:
            yield _group(mechanism.key, _words(mechanism.key), _first_sentence(type(mechanism).__doc__ or ""), mine)


def _of(mechanism: str, fields: Mapping[str, Field], about: Mapping[str, Parameter]) -> list[Field]:
    return [fields[key] for key, parameter in about.items() if key.startswith(f"{mechanism}.") and not parameter.options]


def parameter_field(about: Parameter, value: Any, source: str | None) -> Field:
    """A parameter as a field, with the value that a case gives it."""
    common = {"source": source or about.source}
    if about.options:
        word = value if isinstance(value, str) else about.options[int(value)]
        if about.options == OFF_ON or about.options == OFF_ON[::-1]:
            return _field(about.key, "flag", word == "on", about.doc, **common)
        return _field(about.key, "choice", word, about.doc, choices=[{"value": one, "title": one} for one in about.options], **common)
    number = int(value) if about.whole else value
    limits = [_limit(end, about.whole) for end in about.range]
    unit = "" if about.unit == "1" else about.unit
    return _field(about.key, "integer" if about.whole else "number", number, about.doc, unit=unit, range=limits, **common)


def _limit(end: float, whole: bool) -> float | None:
    if not math.isfinite(end):
        return None
    return int(end) if whole else end


def _words(key: str) -> str:
    return key.replace(".", ": ").replace("_", " ")


def _first_sentence(doc: str) -> str:
    text = " ".join(doc.split())
    return f"{text.partition('. ')[0].rstrip('.')}." if text else ""
