"""National figures of a run by day and by week, from its series and journals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import PROVINCE
from groundswell.core.errors import InputError
from groundswell.events.acled import week_start
from groundswell.events.weekly import DEMONSTRATIONS, weekly_table

if TYPE_CHECKING:
    from groundswell.core.run import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COUNTED = ("persons", "people", "events", "units", "rows", "ties", "times", "acts")  # units that add up over places


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


def unit_of(run: Run, name: str) -> str:
    """The unit of a series; nothing where the model does not declare it."""
    about = run.model.declared.get(name)
    return getattr(about, "unit", "")


def national(run: Run, name: str) -> Floats:
    """A series for the nation; shape (days,). Counts are added up, anything else is averaged over persons."""
    values = np.asarray(run.series[name], np.float64)
    if values.shape[1] == 1 or unit_of(run, name) in COUNTED:
        return np.asarray(values.sum(axis=1))
    weights = run.places.represented(PROVINCE).astype(np.float64)
    return np.asarray(values @ weights / max(weights.sum(), 1.0))


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
    total = np.zeros((int(position[-1]) + 1, values.shape[1]), np.int64)
    np.add.at(total, position, values.astype(np.int64))
    return total[whole_weeks(run.days)[1]]


def reported(run: Run) -> dict[str, Ints] | None:
    """Reported gatherings, acts and deaths by whole week and province, as dated in the record; None without a record.

    Returns:
        Arrays of shape (whole weeks, provinces) by "gatherings", "acts", "deaths".
    """
    record = run.journals.get("record")
    if record is None:
        return None
    table, _ = weekly_table(record, run.places, first=int(run.days[0]), last=int(run.days[-1]))
    table = table[whole_weeks(run.days)[1]]
    n = len(DEMONSTRATIONS)
    return {"gatherings": table[:, :, :n].sum(axis=2), "acts": table[:, :, n], "deaths": table[:, :, n + 1]}


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
