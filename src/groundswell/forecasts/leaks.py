"""Whether a forecast changes when what came after its origin is changed: then it has seen the future."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from groundswell.forecasts.baselines.base import Forecaster
from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.history import known
from groundswell.forecasts.sampling import Sampler

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts

Make = Callable[["Counts"], Forecaster]
CHANGES = ("nothing after it", "a hundred times as much after it", "the other way round after it")


def changed(counts: Counts, weeks: int, how: str) -> Counts:
    """A record whose first so many weeks are the same, and all later ones are not."""
    made: dict[str, Any] = {}
    for name in ("total", "contested", "deaths"):
        table = np.array(getattr(counts, name))
        later = table[weeks:]
        if how == CHANGES[0]:
            later[:] = 0
        elif how == CHANGES[1]:
            later[:] = 100 * later + 100
        else:
            later[:] = later[::-1, ::-1].copy()
        made[name] = table
    return dataclasses.replace(counts, **made)


def leaks(make: Make, counts: Counts, calendar: Calendar, target: str, origins: Sequence[int], *, draws: int = 50) -> list[str]:
    """What a forecaster gives away of knowing what came later; empty where it knows nothing of it.

    Args:
        make: gives the forecaster, from all that the experiment holds; an honest one has no use for it.
        counts: the record.
        calendar: known ahead.
        target: which series.
        origins: numbers of weeks that are known.
        draws: of each forecast.
    """
    found = []
    for weeks in origins:
        as_it_was = _forecast(make(counts), counts, calendar, target, weeks, draws)
        for how in CHANGES:
            other = changed(counts, weeks, how)
            if not np.array_equal(as_it_was, _forecast(make(other), other, calendar, target, weeks, draws)):
                found.append(f"{make(counts).name}, origin {weeks}: another forecast with {how}")
    return found


def _forecast(
    forecaster: Forecaster, counts: Counts, calendar: Calendar, target: str, weeks: int, draws: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    history = known(counts, target, weeks)
    told = calendar.at(history.last_day)
    return forecaster.fit(history, told).predict(history, told, Sampler(1, history.origin, draws, 4))
