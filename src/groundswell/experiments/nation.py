"""What of a run may be told of the nation by day, and of its record by week and province: the tables that studies read.

The nation's day is the finest that a real case tells (its provinces are told by week), so these two tables are the same for
real and invented countries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.rows import pieces
from groundswell.events.acled import Record, week_start
from groundswell.events.weekly import weekly
from groundswell.experiments.tables import dates
from groundswell.society import SOURCES, TACTICS

if TYPE_CHECKING:
    import polars as pl

    from groundswell.core.run import Run

Floats = npt.NDArray[np.float64]
GATHERING, ACT = 0, 1  # kinds of the journals


def unit_of(run: Run, name: str) -> str:
    """The unit of a series; nothing where the model does not declare it."""
    return str(getattr(run.model.declared.get(name), "unit", ""))


def national(run: Run, name: str) -> Floats:
    """A series for the nation; shape (days,). Counts are added up, anything else is averaged over persons."""
    return run.national(name)


def nation_frame(run: Run) -> pl.DataFrame:
    """The nation by day: `date`, every recorded series, acts by tactic, and what each source reported of the day.

    `acts_video` counts acts of a tactic as they happened; `reported_monitor` the gatherings and `reported_monitor_video` the acts
    of a tactic that a source dates on this day.
    """
    import polars as pl

    columns: dict[str, Any] = {"date": dates(run.days)}
    columns |= {name: national(run, name) for name in sorted(run.series) if unit_of(run, name) != "index"}
    if "events" in run.journals:
        columns |= _acts_by_day(run)
    if "record" in run.journals:
        columns |= _reports_by_day(run)
    return pl.DataFrame(columns)


def _acts_by_day(run: Run) -> dict[str, npt.NDArray[np.int64]]:
    counts = {f"acts_{tactic}": np.zeros(len(run.days), np.int64) for tactic in TACTICS}
    for piece in pieces(run.journals["events"]):
        act = piece["kind"] == ACT
        for k, tactic in enumerate(TACTICS):
            counts[f"acts_{tactic}"] += _by_day(run, piece["day"][act & (piece["tactic"] == k)])
    return counts


def _reports_by_day(run: Run) -> dict[str, npt.NDArray[np.int64]]:
    counts: dict[str, npt.NDArray[np.int64]] = {}
    for piece in pieces(run.journals["record"]):
        for number, source in enumerate(SOURCES):
            mine = piece["source"] == number
            act = mine & (piece["kind"] == ACT)
            told = {f"reported_{source}": mine & (piece["kind"] == GATHERING)}
            told |= {f"reported_{source}_{tactic}": act & (piece["tactic"] == k) for k, tactic in enumerate(TACTICS)}
            for name, chosen in told.items():
                counts[name] = counts.get(name, 0) + _by_day(run, piece["event_day"][chosen])
    return counts


def _by_day(run: Run, days: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How many of the given days fall on each day of the run."""
    at = days.astype(np.int64) - int(run.days[0])
    return np.bincount(at[(at >= 0) & (at < len(run.days))], minlength=len(run.days))


def weekly_frame(run: Run, *, real: bool = False) -> pl.DataFrame | None:
    """What each source reported by whole week and province, as real records are published; None where nothing is reported.

    Columns: `source` (monitor, state_media, channel), and those of `groundswell.events.weekly`; province-weeks without a report
    are left out. Of a real case, acts of units (`other`) are not told by province.
    """
    import polars as pl

    record = run.journals.get("record")
    if record is None:
        return None
    first, last = whole_weeks(run.days)
    parts = []
    for number, source in enumerate(SOURCES):

        def mine(piece: Record, number: int = number) -> npt.NDArray[np.bool_]:
            return np.asarray((piece["source"] == number) & ((piece["kind"] == GATHERING) | (not real)))

        table = weekly(record, run.places, first=first, last=last, mine=mine)
        parts.append(table.select(pl.lit(source).alias("source"), pl.all()))
    return pl.concat(parts).drop("other") if real else pl.concat(parts)


def whole_weeks(days: npt.NDArray[np.int64]) -> tuple[int, int]:
    """First and last day of the weeks (from Saturday) that lie wholly in a period; the last is before the first where none does."""
    first, last = int(days[0]), int(days[-1])
    return int(week_start(first + 6)), int(week_start(last + 1)) - 1
