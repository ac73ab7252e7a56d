"""Figures of uprisings: how many provinces rise in successive weeks, how many die, and what the fortieth day brings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.calibration.checking import Banded
from groundswell.core.draws import day_number
from groundswell.events.acled import week_start

if TYPE_CHECKING:
    from groundswell.calibration.fitting import Fit
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]

WEEKS = 4  # of an uprising that are told one by one
FORTY = 40  # days of mourning


@dataclass(frozen=True)
class Check(Banded):
    """One figure of an uprising, real and simulated.

    Attributes:
        uprising: its name.
        fitted: whether its weeks were fitted, so that what the fit sees of weeks (the highest, the widest, those of dated shocks) is of it.
        what: the figure in words.
        real: its value.
        low, median, high: 5, 50 and 95 % of simulations from the posterior.
    """

    uprising: str
    fitted: bool
    what: str
    real: float
    low: float
    median: float
    high: float


def checks(fit: Fit, case: Case) -> list[Check]:
    """Figures of the case's uprisings that begin within the compared weeks; nothing where there are no simulations."""
    if not fit.predictive:
        return []
    found = []
    real = {name: np.asarray(getattr(fit.observed, name), np.float64)[None] for name in ("total", "contested", "deaths")}
    weeks = real["total"].shape[1]
    made = {name: np.asarray(fit.predictive[name][:, :weeks], np.float64) for name in real}
    for one in case.uprisings:
        first = (int(week_start(day_number(one.start))) - fit.observed.first) // 7
        fortieth = (int(week_start(day_number(one.start) + FORTY)) - fit.observed.first) // 7
        if not 0 <= first < weeks:
            continue
        told = zip(_figures(real, first, fortieth), _figures(made, first, fortieth), strict=True)
        for (what, value), (_, values) in told:
            low, median, high = (float(end) for end in np.quantile(values, [0.05, 0.5, 0.95]))
            found.append(Check(one.name, first + WEEKS <= fit.training, what, float(value[0]), low, median, high))
    return found


def outside(found: Sequence[Check]) -> str:
    """How many real figures lie outside the middle 90 %, in words."""
    parts = []
    for fitted, words in ((True, "of the fitted weeks"), (False, "of weeks after them")):
        some = [one for one in found if one.fitted == fitted]
        parts += [f"{sum(not one.inside for one in some)} of {len(some)} {words}"] if some else []
    return ", ".join(parts)


def _figures(tables: dict[str, Floats], first: int, fortieth: int) -> Iterator[tuple[str, Floats]]:
    """The figures of one uprising; each of shape (simulations,)."""
    weeks = tables["total"].shape[1]
    for k in range(min(WEEKS, weeks - first)):
        yield f"provinces with a contested event, week {k + 1}", (tables["contested"][:, first + k] > 0).sum(axis=1).astype(np.float64)
    for k in range(min(WEEKS, weeks - first)):
        yield f"contested events, week {k + 1}", tables["contested"][:, first + k].sum(axis=1)
    last = min(WEEKS, weeks - first)
    yield f"deaths, weeks 1 to {last} (not fitted)", tables["deaths"][:, first : first + last].sum(axis=(1, 2))
    if fortieth < weeks:
        after, before = (tables["total"][:, week].sum(axis=1) for week in (fortieth, fortieth - 1))
        yield "all events in the week of the fortieth day, per event of the week before", (after + 0.5) / (before + 0.5)
