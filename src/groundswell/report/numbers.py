"""National figures of a run by day and by week, from its series and journals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, nearest
from groundswell.events.acled import week_start
from groundswell.events.weekly import DEMONSTRATIONS, Moments, both_moments, weekly_table
from groundswell.society import SOURCES

if TYPE_CHECKING:
    from groundswell.core.run import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def has(run: Run, *names: str) -> bool:
    """Whether the run recorded all these series."""
    return all(name in run.series for name in names)


def check_daily(run: Run) -> None:
    """Refuse what was kept by week: its series are means of days that are gone.

    Raises:
        InputError: the run has no days, or days are missing in between.
    """
    if not len(run.days) or (np.diff(run.days) != 1).any():
        raise InputError("this run has not every day of its period, as where it was kept by week; repeat it to report on it", key="run")


def weeks_of(days: Ints) -> tuple[Ints, Ints, Ints]:
    """The weeks (from Saturday) that a period touches.

    Returns:
        First day number of each week, its days within the period, and the week of each day as a position.
    """
    week, position, length = np.unique(week_start(days), return_inverse=True, return_counts=True)
    return week, length, position


def weekly_mean(days: Ints, values: Floats) -> tuple[Floats, Floats]:
    """The mean of each week (over its days within the period) and the middle of these days, as day numbers."""
    _, length, position = weeks_of(days)
    total = np.bincount(position, values)
    middle = np.bincount(position, days.astype(np.float64)) / length
    return middle, total / length


def whole_weeks(days: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """First days of the weeks that lie wholly in the period, and which weeks these are among those it touches."""
    week, length, _ = weeks_of(days)
    return week[length == 7], length == 7


def weekly_sum(run: Run, name: str) -> Ints:
    """A series added up over each whole week; shape (whole weeks, provinces)."""
    _, _, position = weeks_of(run.days)
    values = np.asarray(run.series[name])
    total = np.zeros((int(position[-1]) + 1, values.shape[1]))
    np.add.at(total, position, values)
    return np.rint(total[whole_weeks(run.days)[1]]).astype(np.int64)


def reported(run: Run, source: int | str = 0) -> dict[str, Ints] | None:
    """What one source reported by whole week and province, as dated in the record; None without a record.

    Of a run that was kept by week, every week of it is whole.

    Args:
        source: its key (`society.SOURCES`: monitor, state_media, channel) or number.

    Returns:
        Arrays of shape (whole weeks, provinces) by "gatherings", "contested" (with intervention, excessive force or violence),
        "acts", "deaths".

    Raises:
        InputError: there is no such source.
    """
    number = SOURCES.index(source) if source in SOURCES else source
    if number not in range(len(SOURCES)):
        raise InputError(f"there is no source {source!r}", key="source", nearest=nearest(str(source), SOURCES))
    record = run.journals.get("record")
    if record is None:
        return None
    by_week = len(run.days) > 1 and bool((np.diff(run.days) > 1).all())
    last = int(run.days[-1]) + (6 - int(run.days[-1] - week_start(run.days[-1])) if by_week else 0)
    table, _ = weekly_table(record, run.places, first=int(run.days[0]), last=last, mine=lambda piece: piece["source"] == number)
    table = table if by_week else table[whole_weeks(run.days)[1]]
    n = len(DEMONSTRATIONS)
    told = {"gatherings": table[:, :, :n].sum(axis=2), "contested": table[:, :, 1:n].sum(axis=2)}
    return {**told, "acts": table[:, :, n], "deaths": table[:, :, n + 1]}


def reported_moments(run: Run, source: int | str = 0) -> dict[str, Moments] | None:
    """The moments of a source's weekly counts: "total", and "contested", by which streams are told apart; None without a record."""
    told = reported(run, source)
    return None if told is None else both_moments(told["gatherings"].astype(np.float64), told["contested"].astype(np.float64))


def effective_number(shares: Floats) -> float:
    """How many equally common things would be as diverse as these shares (inverse Simpson); nan where all are zero."""
    total = float(shares.sum())
    if total <= 0:
        return float("nan")
    p = shares / total
    return 1.0 / float((p * p).sum())


def shown(value: Any, digits: int = 3) -> str:
    """A number for readers: thousands by comma, `digits` significant digits below a thousand, a dash where undefined."""
    if isinstance(value, (str, bool)):
        return str(value)
    number = float(value)
    if not np.isfinite(number):
        return "–"
    if abs(number) >= 10 ** (digits - 1) or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.{digits}g}"
