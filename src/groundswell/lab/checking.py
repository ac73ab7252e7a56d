"""What a page sends, in plain JSON: its form, and a scenario of it in plain words before it is run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundswell.core.errors import InputError, nearest
from groundswell.lab import places
from groundswell.lab.scenarios import Sent

if TYPE_CHECKING:
    from groundswell.experiments.scenario import Scenario

MOST = 1000  # replicates
LONG = 1e11  # rows and days, about a minute of two cores


def document(body: bytes) -> dict[str, Any]:
    """What was sent as JSON.

    Raises:
        InputError: it is none, or not a table.
    """

    def refuse(text: str) -> Any:
        raise ValueError(text)

    try:
        found = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise InputError("what was sent is not JSON") from None
    if not isinstance(found, dict):
        raise InputError("what was sent is not a table of JSON")
    return found


def only(data: dict[str, Any], known: tuple[str, ...]) -> None:
    """Refuse keys that nobody reads.

    Raises:
        InputError: there is one.
    """
    for key in data:
        if key not in known:
            raise InputError("there is no such key", key=key[:80], nearest=nearest(key, known))


def name_of(data: dict[str, Any]) -> str:
    """What a run is to be called; empty where that is left to us.

    Raises:
        InputError: it cannot be called so.
    """
    return places.checked_name(data["name"]) if data.get("name") else ""


def count_of(value: Any) -> int | None:
    """How many replicates; None for a single run."""
    if value is None or (value == 1 and type(value) is int):
        return None
    if type(value) is not int or not 2 <= value <= MOST:
        raise InputError(f"should be a whole number from 1 to {MOST}", key="replicates")
    return value


def resolved(scenario: Scenario, sent: Sent) -> dict[str, Any]:
    """A checked scenario in plain words, with what it changes."""
    from groundswell.experiments.plain import as_document
    from groundswell.experiments.resolve import model_of

    about = model_of(scenario.model).parameters
    values = as_document(scenario, scenario.case.folder)["parameters"]
    changed = [
        {"key": key, "value": values[key], "default": about[key].default, "unit": about[key].unit, "doc": about[key].doc}
        for key in sent.settings
        if key in about
    ]
    plain = {
        "name": scenario.name,
        "case": sent.case,
        "title": scenario.case.name,
        "start": scenario.start.isoformat(),
        "end": scenario.end.isoformat(),
        "scale": scenario.scale,
        "seed": scenario.seed,
        "provinces": list(scenario.provinces),
        "values": values,
        "changed": changed,
    }
    return {"scenario": plain, "rows": round(_persons(scenario) / scenario.scale), "days": scenario.days}


def _persons(scenario: Scenario) -> float:
    census = scenario.case.census(scenario.tables).provinces
    return sum(row.population for row in census if not scenario.provinces or row.id in scenario.provinces) * scenario.growth


def warnings(scenario: Scenario, count: int) -> list[str]:
    """What a person may want to know before it runs."""
    work, told = _persons(scenario) / scenario.scale * scenario.days * count, []
    if work > LONG:
        told.append(f"{work:.2g} rows and days: this takes minutes; a larger scale, or fewer days, takes less")
    if scenario.case.real:
        told.append("A real case: its defaults are not a finding, and provinces are told by week.")
    return told
