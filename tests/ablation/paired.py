"""Pairs of runs that share every draw, with a part of the system and without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from tests.worlds import small_world

from groundswell.core.draws import day_number
from groundswell.core.parameters import Change
from groundswell.core.run import Run
from groundswell.core.simulate import simulate
from groundswell.models.resistance import resistance

START = date(2022, 9, 1)
FIRST = day_number(START)
MODEL = resistance()
WORLD = small_world((600, 400), hood=50, scale=100)
LIVELY: dict[str, Any] = {
    # 100,000 people of whom some hundred take part every day, with arrests, deaths and acts every day: nothing dies out or runs away
    "participation.threshold": 6.0, "occasions.rate": 0.0, "calendar.forces": 20.0,
    "policing.disperse": 0.3, "policing.arrest": 0.3, "policing.shoot": 0.2, "policing.arrested": 0.05, "policing.killed": 0.01,
    "first_organisation.initial": 1000.0, "acting.rate": 0.3, "detection.patrol": 0.05, "custody.longest": 60, "custody.execution": 1.0,
    "frames.imitation": 0.05,
}  # fmt: skip

Output = str | Callable[[Run], float]


def run_of(values: Mapping[str, Any], changes: Sequence[Change] = (), *, seed: int, days: int) -> Run:
    """A run of the flagship in the small lively world; the same one is made once."""
    return _run(tuple(sorted(values.items())), tuple(changes), seed, days)


@lru_cache(maxsize=256)
def _run(values: tuple[tuple[str, Any], ...], changes: tuple[Change, ...], seed: int, days: int) -> Run:
    end = START + timedelta(days=days - 1)
    return simulate(MODEL, WORLD, start=START, end=end, seed=seed, values=LIVELY | dict(values), changes=changes)


def mean_of(run: Run, output: Output) -> float:
    """The mean of a series over days and places, or what a function of the run says."""
    return float(np.mean(run.series[output])) if isinstance(output, str) else output(run)


def differences(
    output: Output,
    part: Mapping[str, Any] | Sequence[Change],
    without: Mapping[str, Any] | None = None,
    *,
    common: Mapping[str, Any] | None = None,
    shared: Sequence[Change] = (),
    seeds: int = 4,
    days: int = 20,
) -> np.ndarray:
    """An output with the part, less the same output without it, for each seed.

    Args:
        output: a series, or a function of a run.
        part: parameters, or dated changes, of the run with the part.
        without: parameters of the run without it.
        common, shared: parameters and dated changes of both.
        seeds, days: how many pairs, and how long.
    """
    values, changes = (part, ()) if isinstance(part, Mapping) else ({}, part)
    both = dict(common or {})
    found = []
    for seed in range(1, seeds + 1):
        one = run_of(both | dict(values), (*shared, *changes), seed=seed, days=days)
        other = run_of(both | dict(without or {}), shared, seed=seed, days=days)
        found.append(mean_of(one, output) - mean_of(other, output))
    return np.array(found)


def goes(direction: str, found: np.ndarray) -> None:
    """Require that every difference has the declared direction, and their mean by two standard errors."""
    sign = {"up": 1, "down": -1}[direction]
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert (sign * found > 0).all(), f"the output was to go {direction}; the differences are {found}"
    assert sign * found.mean() > 2 * error, f"the output was to go {direction}; the differences are {found}"
