"""Scale does not erase the subject: the same society at 1:1, 1:10, 1:100 and 1:1000.

Ilam, the smallest province of the case (580,000 people), so that 1:1 is affordable. Rates are raised so that half a
year has enough of everything. Occasions are drawn by city and day, hence shared between scales: the comparison is
paired and sharper than between independent runs.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import groundswell
from groundswell.core.run import Run
from groundswell.core.simulate import simulate
from groundswell.models import MODELS
from groundswell.populations.build import build_population
from groundswell.populations.reading import read_tables

SCALES = (1, 10, 100, 1000)
SEEDS = (1, 2, 3, 4)
BUSY = {
    "occasions.rate": 0.25, "first_organisation.initial": 150, "first_organisation.rate": 100, "recruitment.approach": 0.03,
    "acting.rate": 0.08, "detection.patrol": 0.03, "policing.arrest": 0.2, "interrogation.comember": 0.3, "custody.longest": 60,
}  # fmt: skip


@cache
def runs(scale: int) -> tuple[Run, ...]:
    """Half a year of Ilam under each seed."""
    tables = read_tables(Path(groundswell.__file__).parent / "cases" / "iran")
    population = build_population(tables, scale=scale, provinces=["IR-05"], seed=1)
    model = MODELS["resistance"]()
    return tuple(simulate(model, population, start=date(2022, 1, 1), end=date(2022, 7, 1), seed=s, values=BUSY) for s in SEEDS)


def weekly(run: Run, name: str) -> np.ndarray:
    """Weekly sums; shape (weeks,)."""
    daily = run.total(name)[: len(run.days) // 7 * 7]
    return daily.reshape(-1, 7).sum(axis=1)


def summaries(scale: int) -> dict[str, np.ndarray]:
    """What must agree, one value a seed."""
    found: dict[str, list[float]] = {}
    for run in runs(scale):
        events = weekly(run, "gathered") + weekly(run, "acted")
        met = weekly(run, "gathered")
        values = {
            "events a week": events.mean(),
            "variance of gatherings over mean": met.var(ddof=1) / met.mean(),
            "share of empty weeks": (met == 0).mean(),
            "units": run.total("units_live").mean(),
            "members": run.total("members_now").mean(),
            "arrests": run.total("arrests").mean(),
            "turnout": run.total("turnout").mean(),
            "fear": run.total("fear_mean").mean(),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(float(value))
    return {name: np.array(values) for name, values in found.items()}


# Relative to 1:1; the share of empty weeks absolutely. Set from the spread between seeds, not from the result.
TOLERANCE = {
    "events a week": 0.06, "variance of gatherings over mean": 0.15, "share of empty weeks": 0.04, "units": 0.05, "members": 0.06,
    "arrests": 0.25, "turnout": 0.05, "fear": 0.05,
}  # fmt: skip


@pytest.mark.parametrize("scale", SCALES[1:])
def test_a_coarser_public_tells_the_same_story(scale: int) -> None:
    fine, coarse = summaries(1), summaries(scale)
    for name, tolerance in TOLERANCE.items():
        a, b = fine[name].mean(), coarse[name].mean()
        off = abs(b - a) if name == "share of empty weeks" else abs(b / a - 1)
        assert off <= tolerance, f"{name}: {b:.4g} at 1:{scale} against {a:.4g} at 1:1"


@pytest.mark.parametrize("scale", SCALES)
def test_members_units_and_detainees_are_whole_persons(scale: int) -> None:
    for run in runs(scale):
        assert run.total("members_now").max() > 50
        assert run.total("detained_now").max() < 2000
        assert (run.total("members_now") >= 3 * run.total("units_live")).all()
        away = run.total("detained_now") + run.total("dead_now") + run.total("abroad_now")
        assert (run.total("free_now") + away == run.provenance["persons"]).all()
