"""National numbers of a run, from the tables that it keeps: the rows of every table over replicates and pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date
from groundswell.events.weekly import CONTESTED, DEMONSTRATIONS, Moments, moments_of, table_of
from groundswell.experiments.intervals import Band, band
from groundswell.experiments.nation import whole_weeks
from groundswell.society import SOURCES

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
UNBOUNDED = ("variance_to_mean",)  # pure numbers that may exceed 1
LEAST_WEEKS = 8  # below it, moments by week say nothing


@dataclass(frozen=True)
class Measure:
    """One number of each of several runs.

    Attributes:
        key: by which programs name it.
        label, unit: for the reader; the unit is "1" for pure numbers.
        values: one a run; shape (runs,).
    """

    key: str
    label: str
    unit: str
    values: Floats

    @property
    def band(self) -> Band:
        """Where one more replicate would fall; of a share or a correlation not above 1."""
        return band(self.values, most=1.0 if self.unit == "1" and self.key not in UNBOUNDED else math.inf)


# key, label, unit, series, and what is done with its days
FROM_SERIES = (
    ("turnout", "took part, mean day", "persons", "turnout", "mean"),
    ("turnout_highest", "took part, highest day", "persons", "turnout", "highest"),
    ("gathered", "anti-regime gatherings a week", "events", "gathered", "week"),
    ("livelihood", "livelihood gatherings a week", "events", "gathered_livelihood", "week"),
    ("pro_state", "pro-state gatherings a week", "events", "gathered_pro_state", "week"),
    ("acted", "acts of units", "events", "acted", "sum"),
    ("called", "live units that heard a call, highest day", "units", "called_units", "highest"),
    ("units", "live units, last day", "units", "units_live", "last"),
    ("united", "of them in the largest organisation", "1", "united", "last"),
    ("members", "members, last day", "persons", "members_now", "last"),
    ("arrests", "arrests", "persons", "arrests", "sum"),
    ("rolled_up", "of them named by a captive", "persons", "rolled_up", "sum"),
    ("detained", "detained, last day", "persons", "detained_now", "last"),
    ("executed", "executed", "persons", "executions", "sum"),
    ("dead", "dead, last day", "persons", "dead_now", "last"),
    ("abroad", "abroad, last day", "persons", "abroad_now", "last"),
    ("fear", "mean fear", "1", "fear_mean", "mean"),
    ("fear_highest", "fear, highest day", "1", "fear_mean", "highest"),
    ("legitimacy", "perceived legitimacy of the regime, mean", "1", "legitimacy", "mean"),
    ("capacity", "share of forces that obey, lowest day", "1", "capacity", "lowest"),
    ("fallen", "the regime has fallen (share of runs)", "1", "fallen", "last"),
    ("movement_over", "the movement has ended (share of runs)", "1", "movement_over", "last"),
    ("attention", "international attention, mean", "1", "attention", "mean"),
)
HOW = {
    "mean": lambda days: days.mean(axis=1),
    "highest": lambda days: days.max(axis=1),
    "lowest": lambda days: days.min(axis=1),
    "last": lambda days: days[:, -1],
    "sum": lambda days: days.sum(axis=1),
    "week": lambda days: 7 * days.mean(axis=1),
}


def effective_number(shares: Floats) -> Floats:
    """How many equally common things would be as diverse (inverse Simpson), over the last axis; nan where all are zero."""
    total = shares.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total * total / (shares * shares).sum(axis=-1))


def frames_by_day(nation: Mapping[str, Floats]) -> Floats | None:
    """Effective number of frames among those who hold one; shape (runs, days). None where frames were not recorded."""
    held = [nation[name] for name in sorted(nation) if name.startswith("frame_") and name[6:].isdigit() and name != "frame_0"]
    return effective_number(np.stack(held, axis=-1)) if held else None


def moments_by_run(
    weekly: Sequence[pl.DataFrame], source: str, provinces: Sequence[str], first: date, last: date, counted: Sequence[str] = DEMONSTRATIONS
) -> list[Moments]:
    """The moments of what a source reported within a period, of each run.

    Args:
        weekly: what sources reported by week and province, one table a run.
        source: one of `groundswell.society.SOURCES`.
        provinces: ids of all provinces.
        first, last: the period; only weeks that lie wholly in it count.
        counted: the columns that are added up.
    """
    return [moments_of(table) for table in tables_by_run(weekly, source, provinces, first, last, counted)]


def tables_by_run(
    weekly: Sequence[pl.DataFrame], source: str, provinces: Sequence[str], first: date, last: date, counted: Sequence[str] = DEMONSTRATIONS
) -> list[Floats]:
    """What a source reported within a period, of each run; shape (weeks, provinces). Arguments as in `moments_by_run`."""
    import polars as pl

    start, end = (day_date(day) for day in whole_weeks(np.array([_number(first), _number(last)])))
    if end < start:
        return []
    final = end - timedelta(days=6)
    found = []
    for table in weekly:
        mine = table.filter((pl.col("source") == source) & pl.col("week_starting").is_between(start, final))
        found.append(table_of(mine, counted=counted, provinces=provinces, first=start, last=final))
    return found


def _number(day: date) -> int:
    from groundswell.core.draws import day_number

    return day_number(day)


def measures(
    nation: Mapping[str, Floats], weekly: Sequence[pl.DataFrame], provinces: Sequence[str], names: Sequence[str], period: tuple[date, date]
) -> list[Measure]:
    """The numbers of runs; those whose series were not recorded are left out.

    Args:
        nation: national series by name; shape (runs, days).
        weekly: what sources reported, one table a run; empty where nothing is reported.
        provinces: ids of all provinces.
        names: what the sources are called.
        period: first and last day.
    """
    found = [Measure(key, label, unit, HOW[how](nation[name])) for key, label, unit, name, how in FROM_SERIES if name in nation]
    held = frames_by_day(nation)
    if held is not None:
        found.append(Measure("frames", "effective number of frames, last day", "frames", held[:, -1]))
    if weekly:
        for source, called in zip(SOURCES, names, strict=True):
            found += _reported(weekly, source, called, provinces, period)
    return found


def _reported(
    weekly: Sequence[pl.DataFrame], source: str, called: str, provinces: Sequence[str], period: tuple[date, date]
) -> Iterator[Measure]:
    """What a source reported; of the first one also the moments by which records are compared."""
    told = moments_by_run(weekly, source, provinces, *period)
    if not told or told[0].weeks < LEAST_WEEKS:
        return
    yield Measure(f"reported_{source}", f"reported by {called}, gatherings a week", "events", _each(told, "mean"))
    if source != SOURCES[0]:
        return
    yield Measure("variance_to_mean", "  variance to mean of its weeks", "1", _each(told, "variance_to_mean"))
    yield Measure("autocorrelation", "  correlation with the week before", "1", _each(told, "autocorrelation_1"))
    yield Measure("empty", "  province-weeks without a report", "1", _each(told, "empty"))
    contested = moments_by_run(weekly, source, provinces, *period, counted=CONTESTED)
    yield Measure("contested", "  contested gatherings a week", "events", _each(contested, "mean"))


def _each(told: Sequence[Moments], name: str) -> Floats:
    return np.array([getattr(one, name) for one in told], np.float64)
