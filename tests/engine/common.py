"""What the tests of the engine share: a lively small country, runs of it, and comparisons bit by bit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
from tests.worlds import CROWDED, small_world

from groundswell.core.mechanism import Model
from groundswell.core.places import Population
from groundswell.core.run import Run
from groundswell.core.simulate import Engine, simulate
from groundswell.models import MODELS

START = date(2022, 9, 1)
# Crowded for a few hundred people: units in every city, invented reports, forces that never refuse.
LIVELY: dict[str, Any] = CROWDED | {
    "first_organisation.initial": 30000, "first_organisation.rate": 30000, "occasions.rate": 100, "occasions.push": 9,
    "participation.threshold": 7, "second_organisation.initial": 20000, "second_organisation.multiply": 0.05,
    "first_organisation.call": 2, "first_organisation.reach": 0.5, "calling.relay": 0.5, "brokerage.every": 3,
    "loyalty.refusal": 0, "calendar.forces": 60, "policing.arrested": 0.1, "policing.killed": 0.02, "monitor.invention": 1e5,
    "emigration.rate": 500, "interrogation.comember": 0.3, "detection.patrol": 0.2,
}  # fmt: skip


@cache
def country(rows: tuple[int, ...] = (240, 160), codes: tuple[int, ...] | None = None, scale: int = 1, hood: int = 30) -> Population:
    """A small country; cached, since nothing may change it."""
    return small_world(rows, codes=codes, scale=scale, hood=hood)


@cache
def flagship() -> Model:
    """The flagship model."""
    return MODELS["resistance"]()


def run(population: Population | None = None, days: int = 30, model: Model | None = None, seed: int = 11, **options: Any) -> Run:
    """A run of some days, uncompiled unless said otherwise."""
    values = options.pop("values", LIVELY)
    options = {"compiled": False} | options
    end = START + timedelta(days=days - 1)
    return simulate(model or flagship(), population or country(), start=START, end=end, seed=seed, values=values, **options)


def run_and_state(*args: Any, **options: Any) -> tuple[Run, Engine]:
    """A run and the engine that made it, to look at its final state."""
    seen: list[Engine] = []
    done = run(*args, observe=lambda engine, day: seen.append(engine) if not seen else None, **options)
    return done, seen[0]


def same_arrays(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], what: str = "") -> None:
    """Names, types, shapes and every bit."""
    assert list(one) == list(other)
    for name in one:
        a, b = one[name], other[name]
        assert (a.dtype, a.shape) == (b.dtype, b.shape), f"{what} {name}"
        assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes(), f"{what} {name}"


def same_run(one: Run, other: Run) -> None:
    """State hash, series and journals."""
    same_arrays(one.series, other.series, "series")
    assert list(one.journals) == list(other.journals)
    for name in one.journals:
        same_arrays(one.journals[name], other.journals[name], name)
    assert one.state_hash == other.state_hash


def in_key_order(engine: Engine) -> dict[str, np.ndarray]:
    """The state without storage: columns by province code, tables without slots."""
    places = engine.population.places
    by_code = np.argsort(places.codes)
    found: dict[str, np.ndarray] = {}
    for column in engine.model.columns:
        if not column.static:
            parts = [slice(*places.bounds(column.level, int(p))) for p in by_code]
            if column.level.name == "nation":
                parts = parts[:1]
            found[column.name] = np.concatenate([engine.state.columns[column.name][part] for part in parts])
    for name, table in sorted(engine.state.tables.items()):
        found |= {f"{name}.{f.name}": table[f.name] for f in table.kind.fields if not f.slot}
    return found
