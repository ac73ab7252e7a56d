"""Counts of the nation before and after a date, against all other dates; and how long it stayed quiet after one."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import numpy.typing as npt

from groundswell.claims.data.bounds import TAIL, by_null
from groundswell.claims.data.weeks import NEEDS, WEEKLY
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.registry import estimator
from groundswell.core.errors import InputError

Floats = npt.NDArray[np.float64]
LEAST = 20  # placebo dates
WEEK = 7


@estimator(
    "before_and_after",
    meaning="Events of the nation in the weeks from a date over those in the weeks before it, relative to the same at placebo dates.",
    unit="1",
    options={
        "day": option(REQUIRED, "the date", kind=date),
        "weeks": option(12, "weeks on either side"),
        "contested": option(True, "only events that were intervened in or turned violent"),
        "like": option(3.0, "placebo dates have at most so many times more or fewer events before them"),
    },
    formats=WEEKLY,
)
def before_and_after(given: Given, day: date, weeks: int, contested: bool, like: float) -> Finding:
    """Ratio after over before, over the median of placebo dates; bounds and p from their spread."""
    if weeks < 1:
        raise InputError(f"{weeks} weeks are none", key="weeks")
    if not given.case.start <= day <= given.case.end:
        raise InputError(f"{day} is outside the period of the case, {given.case.start} to {given.case.end}", key="day")
    weekly = given.weekly(contested=contested)
    if weekly is None:
        return Finding.missing("1", NEEDS, null=1.0)
    series, at = weekly.counts.sum(axis=1), (day - weekly.weeks[0]).days // WEEK
    if day < weekly.weeks[0] or at < weeks or at + 1 >= len(series):
        return Finding.missing("1", f"a record that covers {weeks} weeks before {day} and some after", null=1.0)
    ahead = min(weeks, len(series) - at)
    found, placebo, before, after = placebo_ratios(series, at, weeks, ahead, like)
    if len(placebo) < LEAST:
        return Finding.missing("1", f"{LEAST} placebo dates; the record has {len(placebo)} with about as many events before", null=1.0)
    low, high, p = by_null(found, placebo)
    middle = float(np.median(placebo))
    words = (
        f"{int(after)} events in {ahead} weeks from {day}, {int(before)} in the {weeks} before; the ratio at {len(placebo)} placebo dates "
        f"with up to {like:g} times as many or as few before is {middle:.2f} in the middle."
    )
    if ahead < weeks:
        words += f" The record ends {weeks - ahead} weeks too early for the whole period."
    numbers: dict[str, float | str] = {"before": before, "after": after, "weeks_after": float(ahead)}
    numbers |= {"placebo_dates": float(len(placebo)), "placebo_median": middle}
    return Finding(found / middle, low, high, basis="record", words=words, numbers=numbers, records=(weekly.digest,), null=1.0, p=p)


def placebo_ratios(series: Floats, at: int, back: int, ahead: int, like: float) -> tuple[float, Floats, float, float]:
    """Ratio of a week, ratios of placebo weeks, and the counts before and after it.

    Args:
        series: counts by week.
        at: first week after.
        back, ahead: weeks before and after.
        like: placebo weeks have at most so many times more or fewer events before them.
    """
    total = np.append(0.0, np.cumsum(series))
    weeks = np.arange(back, len(series) - ahead + 1)
    before, after = total[weeks] - total[weeks - back], total[weeks + ahead] - total[weeks]
    ratio = (after + 0.5) / ahead / ((before + 0.5) / back)
    mine = int(np.flatnonzero(weeks == at)[0])
    far = np.abs(weeks - at) >= back + ahead
    near = np.abs(np.log((before + 0.5) / (before[mine] + 0.5))) <= math.log(max(like, 1.0)) + 1e-12
    return float(ratio[mine]), ratio[far & near], float(before[mine]), float(after[mine])


@estimator(
    "quiet_spells",
    meaning="Days of quiet after an earlier crackdown over days from a later one to the next week with contested events in many provinces.",
    unit="1",
    options={
        "earlier": option(REQUIRED, "days of the earlier spell, as printed", kind=float),
        "after": option(REQUIRED, "the later crackdown's last day", kind=date),
        "provinces": option(10, "provinces with a contested event that end a quiet"),
    },
    formats=WEEKLY,
)
def quiet_spells(given: Given, earlier: float, after: date, provinces: int) -> Finding:
    """Ratio of two spells; each is one draw of an exponential waiting time, so the bounds are a factor 19 on either side."""
    weekly = given.weekly(contested=True)
    if weekly is None:
        return Finding.missing("1", NEEDS, null=1.0)
    if earlier <= 0:
        raise InputError(f"a spell of {earlier:g} days is none", key="earlier")
    later, ended = days_of_quiet(weekly.counts, [(day - after).days for day in weekly.weeks], provinces)
    if later is None:
        return Finding.missing("1", f"a record that covers the time after {after}", null=1.0)
    wide = (1 - TAIL) / TAIL  # quantile of F with 2 and 2 degrees of freedom
    ratio = earlier / later
    low, high = ratio / wide, ratio * wide
    if not ended:
        low = 0.0  # it may still last: the ratio is an upper bound
    tail = "" if ended else " It had not ended when the record ends."
    words = (
        f"{earlier:.0f} days as printed, against {later:.0f} from {after} to the next week with contested events in {provinces} "
        f"provinces.{tail} Two spells alone: if waiting times are exponential, their ratio is known to a factor of 19 only."
    )
    numbers: dict[str, float | str] = {"earlier": earlier, "later": later}
    return Finding(ratio, low, high, basis="both", words=words, numbers=numbers, records=(weekly.digest,), null=1.0)


def days_of_quiet(counts: Floats, starts: list[int], provinces: int) -> tuple[float | None, bool]:
    """Days until a week that begins after the crackdown has contested events in so many provinces, and whether one came.

    Args:
        counts: by week and province.
        starts: day on which each week begins, the crackdown's last being 0.
        provinces: how many.
    """
    wide = (counts > 0).sum(axis=1) >= provinces
    later = [k for k, day in enumerate(starts) if day > 0]
    if not later or starts[0] > 0:
        return None, False
    end = next((k for k in later if wide[k]), None)
    return (float(starts[end]), True) if end is not None else (float(starts[-1] + WEEK), False)
