"""Two lists of the same: their ratio, their growth, and the provinces that both name."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from groundswell.claims.data.bounds import rate_ratio
from groundswell.claims.data.shares import printed
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.registry import estimator

if TYPE_CHECKING:
    from groundswell.events.table import Events

ACTS = ("plain", "record")  # formats in which a list of acts can be given; demonstrations are no acts
LISTS = "two independent lists of acts, with their days, as tables of kind 'other' (see docs/records.md)"


def lists_of_acts(given: Given) -> list[Events]:
    """Records that list acts: events that are no demonstrations, no violence and no whole campaigns."""
    import polars as pl

    found = []
    for one in given.records:
        if one.source in ACTS and one.frame.filter(pl.col("kind").cast(pl.String) == "other").height:
            found.append(one)
    return found


@estimator(
    "ratio_of_prints",
    meaning="A printed number over an earlier one of the same key, both by the same source.",
    unit="1",
    options={
        "figure": option(REQUIRED, "key of both"),
        "later": option(REQUIRED, "first day of the later one", kind=date),
        "earlier": option(REQUIRED, "first day of the earlier one", kind=date),
    },
)
def ratio_of_prints(given: Given, figure: str, later: date, earlier: date) -> Finding:
    """The ratio, with bounds from rounding to the leading digit: a printed 10,000 may be 9,500 to 15,000."""
    pair = [printed(given, figure, day) for day in (later, earlier)]
    if not all(found and found[0].value for found in pair):
        known = ", ".join(str(one.start) for one in given.case.figures if one.key == figure and one.value)
        return Finding.missing("1", f"{figure} of {later} and of {earlier}; the case prints it of {known or 'no day'}", null=1.0)
    a, b = (float(found[0].value or 0.0) for found in pair)
    (a_low, a_high), (b_low, b_high) = rounded(a), rounded(b)
    words = f"{a:g} over {b:g}, both by {pair[0][0].claimed_by}; no other list of either was found. The bounds are those of rounding."
    return Finding(a / b, a_low / b_high, a_high / b_low, basis="figures", words=words, figures=(pair[0][0], pair[1][0]), null=1.0)


def rounded(x: float) -> tuple[float, float]:
    """Between which numbers lies what is printed with one leading digit; a number with more digits is taken as it is."""
    unit = 10.0 ** math.floor(math.log10(x))
    if abs(x / unit - round(x / unit)) > 1e-9:
        return x, x
    return x - (unit / 20 if round(x / unit) == 1 else unit / 2), x + unit / 2


@estimator(
    "growth_in_lists",
    meaning="Yearly growth of acts in each of two independent lists; the smaller of the two.",
    unit="1",
    options={"first": option(REQUIRED, "the first year", kind=int), "last": option(REQUIRED, "the last year", kind=int)},
    formats=ACTS,
)
def growth_in_lists(given: Given, first: int, last: int) -> Finding:
    """From the exact ratio of the last year's count to the first's."""
    lists = lists_of_acts(given)
    if len(lists) < 2 or last <= first:
        return Finding.missing("1", LISTS, null=0.0)
    found = []
    for one in lists[:2]:
        a, b = (_in_year(one, year) for year in (last, first))
        ratio, low, high, _, _ = rate_ratio([a], [b])
        found.append(tuple(x ** (1 / (last - first)) - 1 for x in (ratio, low, high)))
    best = min(found, key=lambda three: three[0])
    if not math.isfinite(best[0]):
        return Finding.missing("1", f"an act in {first} in both lists", null=0.0)
    words = f"Acts of {last} against {first} in two lists; the one that grew less counts."
    digests = tuple(one.digest for one in lists[:2])
    return Finding(best[0], min(x[1] for x in found), min(x[2] for x in found), basis="record", words=words, records=digests, null=0.0)


def _in_year(events: Events, year: int) -> float:
    import polars as pl

    inside = (pl.col("first").dt.year() == year) & (pl.col("kind").cast(pl.String) == "other")
    return float(events.frame.filter(inside)["count"].sum())


@estimator(
    "provinces_in_both_lists",
    meaning="How many provinces are named by both of two independent lists of acts; never which.",
    unit="provinces",
    formats=ACTS,
)
def provinces_in_both_lists(given: Given) -> Finding:
    """A lower bound of how many there are: what neither list names may still be."""
    lists = lists_of_acts(given)
    if len(lists) < 2:
        return Finding.missing("provinces", LISTS)
    rows = given.case.census().provinces
    place = {**{row.name: row.id for row in rows}, **{row.id: row.id for row in rows}}
    named = [{place[name] for name in one.frame["region"].to_list() if name in place} for one in lists[:2]]
    both = len(named[0] & named[1])
    words = f"{both} of {len(rows)} provinces are named by both lists, {len(named[0] | named[1])} by one at least."
    return Finding(float(both), float(both), float(len(rows)), unit="provinces", words=words, records=tuple(x.digest for x in lists[:2]))


@estimator(
    "ratio_of_lists",
    meaning="Events a week of the second record over the first's, in the weeks that both cover.",
    unit="1",
    options={"second": option(1, "position of the second record among those given; the first is 0")},
    formats=("acled-weekly", "weekly", "acled", "acled-before-2023", "record", "plain"),
)
def ratio_of_lists(given: Given, second: int) -> Finding:
    """What two counts that were never matched can say: how many times more the one has; no total."""
    from groundswell.events.ratio import ratio, weekly_counts

    if not 1 <= second < len(given.records):
        return Finding.missing("1", "two records of the same events", null=1.0)
    pair = (given.records[0], given.records[second])
    weeks, counts, _ = weekly_counts(pair)
    found = ratio(counts[0], counts[1], block=min(8, len(weeks)), seed=given.seed)
    if not np.isfinite(found.ratio):
        return Finding.missing("1", "events in the first record", null=1.0)
    words = f"{found.second:g} events over {found.first:g} in {found.weeks} weeks; unmatched counts say nothing of the total."
    digests = tuple(one.digest for one in pair)
    return Finding(found.ratio, found.low, found.high, words=words, numbers={"correlation": found.correlation}, records=digests, null=1.0)
