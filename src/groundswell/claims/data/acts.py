"""What claimed counts of acts need: national orders of magnitude, never a place and never an estimate for use."""

from __future__ import annotations

import math

from groundswell.claims.data.lists import rounded
from groundswell.claims.data.shares import printed
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.registry import estimator
from groundswell.core.errors import InputError


@estimator(
    "misfit_of_campaigns",
    meaning="By what factor claimed counts of campaigns miss one daily number of acts at best: 1 where one number of units solves all.",
    unit="1",
    options={
        "figure": option("acts.claimed", "key of the claimed counts"),
        "days": option(REQUIRED, "days that each campaign lasted, in the order of the table", kind=tuple),
        "at_most": option((), "the longest that each may have lasted, where its days are not printed; empty: as `days`", kind=tuple),
        "slowest": option(0.003, "least acts of a unit and day, without a call", kind=float),
        "fastest": option(0.3, "most acts of a unit and day, without a call", kind=float),
        "call": option(2.0, "by how much a call raises that, assumed alike for all: 2 is threefold"),
    },
)
def misfit_of_campaigns(
    given: Given, figure: str, days: tuple[float, ...], at_most: tuple[float, ...], slowest: float, fastest: float, call: float
) -> Finding:
    """Square root of the ratio of the busiest campaign's daily acts to the least busy one's; bounds from rounding and open days."""
    told = tuple(f for f in printed(given, figure) if f.value)
    longest = at_most or days
    if len(told) != len(days) or len(longest) != len(days):
        raise InputError(f"{len(days)} lengths for {len(told)} campaigns", key="days")
    if not (0 < slowest <= fastest and call >= 0 and all(0 < a <= b for a, b in zip(days, longest, strict=True))):
        raise InputError("rates and days are above 0, the least not above the most", key="slowest")
    counts = [float(f.value or 0.0) for f in told]
    best = [x / d for x, d in zip(counts, days, strict=True)]
    low = [rounded(x)[0] / d for x, d in zip(counts, longest, strict=True)]
    high = [rounded(x)[1] / d for x, d in zip(counts, days, strict=True)]
    misfit = math.sqrt(max(best) / min(best))
    bounds = math.sqrt(max(1.0, max(low) / min(high))), math.sqrt(max(high) / min(low))
    least, most = (math.log10(x / rate / (1 + call)) for x, rate in ((min(best), fastest), (max(best), slowest)))
    words = (
        f"{', '.join(f'{x:.3g}' for x in best)} claimed acts a day. One number of units under one rate and one call "
        f"misses some by a factor of {misfit:.2g} at best. At {slowest:g} to {fastest:g} acts a unit and day it would be of the order of "
        f"10^{round(least)} to 10^{round(most)} in the nation: the rate is not known, so this is no estimate."
    )
    numbers: dict[str, float | str] = {"order_low": float(round(least)), "order_high": float(round(most))}
    return Finding(misfit, *bounds, basis="figures", words=words, numbers=numbers, figures=told, null=1.0)


@estimator(
    "smallest_base",
    meaning="Least number of persons that a printed number of groups takes.",
    unit="persons",
    options={
        "figure": option("units.groups_arrested", "key of the printed number of groups"),
        "persons": option(3, "least persons of a group"),
    },
)
def smallest_base(given: Given, figure: str, persons: int) -> Finding:
    """Groups times the least size: a lower bound; nothing bounds it from above."""
    told = tuple(f for f in printed(given, figure) if f.value)
    if not told:
        return Finding.missing("persons", f"the case prints no {figure}")
    least = float(told[0].value or 0.0) * persons
    words = f"{told[0].value:g} groups of {persons} persons at least, by {told[0].claimed_by}; it may say more than there were, or less."
    return Finding(least, least, math.inf, unit="persons", basis="figures", words=words, figures=told)
