"""The days of the week, which no fit sees: how events of the whole country fall on them, really and in simulations.

A fit counts whole weeks; on which days of them people come out is the calendar's and the occasions' doing in the model. A record that tells
days is compared by itself, and a record of weeks by a file of daily counts of the whole country. Sums over weeks, never a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.calibration.checking import Banded
from groundswell.calibration.counts import LAST_CLOSED
from groundswell.core.csv_tables import Cell, rows_of
from groundswell.core.draws import day_number
from groundswell.core.errors import InputError
from groundswell.core.store import digest
from groundswell.events.acled import UNIX_DAY, week_start
from groundswell.events.weekly import DEMONSTRATIONS

if TYPE_CHECKING:
    from groundswell.calibration.fitting import Fit
    from groundswell.cases import Case
    from groundswell.events.table import Events

Floats = npt.NDArray[np.float64]

COUNTED = ("count", "events", "protests")  # what the column of counts may be called
NAMES = ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")  # in the order of the weeks that are counted
FEWEST = 8  # whole weeks


@dataclass(frozen=True, eq=False)
class Daily:
    """Counts of the whole country by day.

    Attributes:
        first: day number of the first whole week's first day.
        counts: by week and day, Saturday first; shape (weeks, 7).
        told: whether every day of a week is told; shape (weeks,).
        digest: hash of the file.
    """

    first: int
    counts: npt.NDArray[np.int64]
    told: npt.NDArray[np.bool_]
    digest: str = ""


def daily_of(days: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], digest: str) -> Daily | None:
    """Whole weeks from Saturday of days and their counts; None where fewer than `FEWEST` are whole. A day that is not named is not told."""
    if not len(days):
        return None
    first = int(week_start(int(days.min()) + 6))
    weeks = max((int(days.max()) + 1 - first) // 7, 0)
    inside = (days >= first) & (days < first + 7 * weeks)
    found, told = np.zeros(7 * weeks, np.int64), np.zeros(7 * weeks, bool)
    np.add.at(found, days[inside] - first, counts[inside])
    told[days[inside] - first] = True
    whole = np.asarray(told.reshape(weeks, 7).all(axis=1), bool)
    return Daily(first, found.reshape(weeks, 7), whole, digest) if whole.sum() >= FEWEST else None


def read_daily(file: Path, case: Case) -> Daily:
    """A CSV file of daily counts of the whole country: `date`, and `count` (or `events`, or `protests`).

    Raises:
        InputError: it cannot be read, a day stands twice or lies in sealed years, or it has fewer than eight whole weeks.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read ({type(error).__name__})", file=file) from error
    days: list[int] = []
    counts: list[int] = []
    for row in rows_of(str(file), text, ("date",), COUNTED):
        named = [name for name in COUNTED if row[name].text]
        if len(named) != 1:
            raise row["date"].error(f"needs one count, in a column called {', '.join(COUNTED[:-1])} or {COUNTED[-1]}")
        days.append(_day(row["date"], case, days))
        counts.append(row[named[0]].whole())
    found = daily_of(np.array(days, np.int64), np.array(counts, np.int64), digest(text.encode()))
    if found is None:
        raise InputError(f"has fewer than {FEWEST} whole weeks from Saturday", file=file)
    return found


def _day(cell: Cell, case: Case, before: Sequence[int]) -> int:
    if case.real and cell.day() > LAST_CLOSED:
        raise cell.error(f"days after {LAST_CLOSED} are not compared: they are kept for a score")
    day = day_number(cell.day())
    if before and day <= before[-1]:
        raise cell.error("comes after a later day, or stands twice")
    return day


def daily_in(events: Events) -> Daily | None:
    """Demonstrations by day in a record that tells days; None where it does not. Days within the record without one are zeros."""
    import polars as pl

    frame = events.frame.filter((pl.col("precision").cast(pl.String) == "day") & pl.col("kind").cast(pl.String).is_in(DEMONSTRATIONS))
    days = frame["first"].cast(pl.Int32).cast(pl.Int64).to_numpy() + UNIX_DAY
    if not len(days):
        return None
    every = np.arange(days.min(), days.max() + 1)
    counts = np.bincount(days - days.min(), frame["count"].to_numpy(), len(every)).astype(np.int64)
    return daily_of(every, counts, events.digest)


@dataclass(frozen=True)
class Weekday(Banded):
    """A day of the week: its share of events over a seventh.

    Attributes:
        name: of the day.
        real: its value.
        low, median, high: 5, 50 and 95 % of simulations from the posterior.
    """

    name: str
    real: float
    low: float
    median: float
    high: float


def compared_weeks(fit: Fit) -> npt.NDArray[np.int64]:
    """The weeks that are told day by day and simulated, counted from the record's first; none where there are too few of them."""
    if fit.daily is None or "days" not in fit.predictive:
        return np.empty(0, np.int64)
    weeks = np.flatnonzero(fit.daily.told) + (fit.daily.first - fit.observed.first) // 7
    weeks = np.asarray(weeks[(weeks >= 0) & (weeks < fit.predictive["days"].shape[1] // 7)], np.int64)
    return weeks if len(weeks) >= FEWEST else weeks[:0]


def weekdays(fit: Fit) -> list[Weekday]:
    """The seven days over all weeks that are told and simulated; nothing where there are none, or nothing happened."""
    weeks = compared_weeks(fit)
    if not len(weeks) or fit.daily is None:
        return []
    real = fit.daily.counts[weeks - (fit.daily.first - fit.observed.first) // 7].sum(axis=0)
    made = np.asarray(fit.predictive["days"], np.float64)
    made = made.reshape(len(made), -1, 7)[:, weeks].sum(axis=1)
    made = made[made.sum(axis=1) > 0]
    if not real.any() or not len(made):
        return []
    value = relative(real[None])[0]
    low, median, high = np.quantile(relative(made), [0.05, 0.5, 0.95], axis=0).tolist()
    return [Weekday(name, float(value[k]), low[k], median[k], high[k]) for k, name in enumerate(NAMES)]


def relative(counts: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Floats:
    """Shares of the days over a seventh; shape (any, 7)."""
    return np.asarray(7.0 * counts / counts.sum(axis=1, keepdims=True), np.float64)
