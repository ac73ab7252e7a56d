"""What follows in the same province in the weeks after something, against placebo weeks."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from groundswell.claims.data.bounds import by_clusters, by_null
from groundswell.claims.data.matching import Matched, away_from, match
from groundswell.claims.finding import REQUIRED, Finding, Given, Weekly, option
from groundswell.claims.registry import estimator
from groundswell.claims.streams import PERMUTED
from groundswell.core.errors import InputError, nearest

Floats = npt.NDArray[np.float64]
REPLICATES = 2000
QUARTER = 13  # weeks of a cluster: what happens in one uprising hangs together
WEEKLY = ("acled-weekly", "weekly", "acled", "acled-before-2023", "record", "plain")
NEEDS = "a record of events by week and province (such as ACLED's)"
LEAST = 3  # events with a placebo week


@estimator(
    "weeks_after_dates",
    meaning="Contested events in the weeks after dated events, same province, over those after placebo weeks that looked alike until then.",
    unit="1",
    options={
        "events": option(REQUIRED, 'days and provinces, such as ["2022-12-08 IR-23"]', kind=tuple),
        "first": option(1, "first week after that counts; 1 is the next"),
        "last": option(4, "last week after that counts"),
    },
    formats=WEEKLY,
)
def weeks_after_dates(given: Given, events: tuple[str, ...], first: int, last: int) -> Finding:
    """Incidence ratio after dated events; bounds and p from placebo weeks put in the events' place."""
    _check(first, last)
    weekly = given.weekly(contested=True)
    if weekly is None:
        return Finding.missing("1", NEEDS, null=1.0)
    happened, outside = _cells(weekly, events)
    admitted = away_from(happened, last, last)
    found = match(weekly.counts, happened, admitted, first, last)
    if len(found.after) < LEAST:
        return Finding.missing("1", f"{LEAST} events with placebo weeks; {len(found.after)} of {len(events)} have them", null=1.0)
    ratio = _ratio(float(found.after.sum()), float(found.expected.sum()))
    low, high, p = by_null(ratio, _placebos(given, found), smaller(float(found.after.sum()), float(found.expected.sum())))
    words = (
        f"{len(found.after)} province-weeks; {int(found.after.sum())} contested events in weeks {first} to {last} after, "
        f"{found.expected.sum():.1f} after placebo weeks of the same province with about as many until then. "
        f"{outside} lie outside the record and {found.dropped} have no placebo week."
    )
    numbers: dict[str, float | str] = {"events": float(len(found.after)), "after": float(found.after.sum())}
    numbers |= {"expected": float(found.expected.sum()), "outside": float(outside), "unmatched": float(found.dropped)}
    return Finding(ratio, low, high, basis="record", words=words, numbers=numbers, records=(weekly.digest,), null=1.0, p=p)


@estimator(
    "weeks_after_deaths",
    meaning="Contested events in the weeks after a first week with deaths, same province, over those after weeks as contested without.",
    unit="1",
    options={
        "first": option(1, "first week after that counts; 1 is the next"),
        "last": option(4, "last week after that counts"),
        "quiet": option(26, "weeks before without a death, so that it is a first one"),
        "least": option(1, "contested events that the week itself must have, in both"),
        "until": option("", "last day that counts, such as 2021-12-31; empty: the record's"),
    },
    formats=WEEKLY,
)
def weeks_after_deaths(given: Given, first: int, last: int, quiet: int, least: int, until: str) -> Finding:
    """Incidence ratio after first deaths; bounds let the provinces and weeks of one quarter hang together."""
    _check(first, last)
    weekly = given.weekly(contested=True, last=date.fromisoformat(until) if until else None)
    if weekly is None or weekly.deaths is None:
        return Finding.missing("1", NEEDS + " that tells deaths", null=1.0)
    deadly, busy = weekly.deaths > 0, weekly.counts >= least
    happened = deadly & _none_before(deadly, quiet) & busy
    admitted = away_from(deadly, max(last, 4), 2) & busy  # no placebo week lies within what follows a death
    found = match(weekly.counts, happened, admitted, first, last)
    if len(found.after) < LEAST:
        return Finding.missing("1", f"{LEAST} first deaths with placebo weeks; {len(found.after)} have them", null=1.0)
    ratio, low, high, clusters = by_clusters(found.after, found.expected, found.weeks // QUARTER)
    words = (
        f"{len(found.after)} province-weeks with a first death and contested events ({found.dropped} more have no like); "
        f"{int(found.after.sum())} contested events in weeks {first} to {last} after, {found.expected.sum():.1f} expected from weeks "
        f"of the same province that were as contested without a death. They weigh as {clusters:.1f} separate quarters."
    )
    numbers: dict[str, float | str] = {"events": float(len(found.after)), "after": float(found.after.sum())}
    numbers |= {"expected": float(found.expected.sum()), "unmatched": float(found.dropped), "quarters": clusters}
    return Finding(ratio, low, high, basis="record", words=words, numbers=numbers, records=(weekly.digest,), null=1.0)


def _check(first: int, last: int) -> None:
    if not 1 <= first <= last <= 104:
        raise InputError(f"counts weeks {first} to {last} after; needs 1 to 104, the first not after the last", key="first")


def _none_before(deadly: npt.NDArray[np.bool_], quiet: int) -> npt.NDArray[np.bool_]:
    """Cells whose `quiet` weeks before are all in the record and have no death."""
    none = np.ones(deadly.shape, bool)
    none[:quiet] = False
    for shift in range(1, quiet + 1):
        none[shift:] &= ~deadly[:-shift]
    return none


def _cells(weekly: Weekly, events: tuple[str, ...]) -> tuple[npt.NDArray[np.bool_], int]:
    """The events' cells, and how many lie outside the record."""
    happened = np.zeros(weekly.counts.shape, bool)
    outside, ids = 0, list(weekly.provinces)
    for text in events:
        parts = str(text).split()
        try:
            day = date.fromisoformat(parts[0])
        except (ValueError, IndexError):
            raise InputError(f"{text!r} is not a day and a province, such as '2022-12-08 IR-23'", key="events") from None
        if len(parts) != 2 or parts[1] not in ids:
            close = nearest(parts[-1], ids)
            raise InputError(f"{text!r} names no province of the case", key="events", nearest=close)
        week = (day - weekly.weeks[0]).days // 7
        if 0 <= week < len(weekly.weeks):
            happened[week, ids.index(parts[1])] = True
        else:
            outside += 1
    return happened, outside


def smaller(after: float, expected: float) -> float:
    """Poisson variance of a logarithm that a count has beyond that of the larger one expected."""
    return max(0.0, 1 / (after + 0.5) - 1 / (expected + 0.5))


def _ratio(after: float, expected: float) -> float:
    return (after + 0.5) / (expected + 0.5)


def _placebos(given: Given, found: Matched) -> Floats:
    """Ratios when each event is replaced by one of its placebo weeks, which is then held against the others."""
    draws, replicate = given.draws(), np.arange(REPLICATES)
    after, expected = np.zeros(REPLICATES), np.zeros(REPLICATES)
    for k, pool in enumerate(found.placebo):
        if len(pool) < 2:  # its only placebo week can stand for nothing but itself
            after += pool[0]
            expected += pool[0]
            continue
        chosen = np.minimum((draws.uniform(PERMUTED, 0, k, replicate) * len(pool)).astype(np.int64), len(pool) - 1)
        after += pool[chosen]
        expected += (pool.sum() - pool[chosen]) / (len(pool) - 1)
    return np.asarray((after + 0.5) / (expected + 0.5), np.float64)
