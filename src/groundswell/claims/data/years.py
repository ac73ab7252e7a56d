"""Yearly counts that stand in print: exact tests of two stretches of years."""

from __future__ import annotations

import math

from groundswell.claims.data.bounds import rate_ratio
from groundswell.claims.data.shares import printed
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.registry import estimator
from groundswell.core.errors import InputError


@estimator(
    "yearly_rate_ratio",
    meaning="Mean yearly count of one stretch of years over that of another, by an exact conditional test.",
    unit="1",
    options={
        "figure": option(REQUIRED, "key of the yearly counts, such as mass_mobilization.year"),
        "first": option(REQUIRED, "first and last year of the one stretch", kind=tuple),
        "second": option(REQUIRED, "first and last year of the other", kind=tuple),
    },
)
def yearly_rate_ratio(given: Given, figure: str, first: tuple[int, ...], second: tuple[int, ...]) -> Finding:
    """First over second; counts that vary more than Poisson's are divided by their dispersion."""
    told = {f.start.year: f for f in printed(given, figure) if f.value is not None and f.start.year == f.end.year}
    stretches = [_years(stretch, name) for stretch, name in ((first, "first"), (second, "second"))]
    missing = sorted({year for years in stretches for year in years} - set(told))
    if missing:
        return Finding.missing("1", f"{figure} of {', '.join(map(str, missing))}", null=1.0)
    counts = [[float(told[year].value or 0.0) for year in years] for years in stretches]
    ratio, low, high, p, spread = rate_ratio(*counts)
    means = [sum(x) / len(x) for x in counts]
    if not math.isfinite(ratio):
        return Finding.missing("1", "a year with a count above none in the second stretch", null=1.0)
    words = (
        f"{means[0]:.2f} a year in {first[0]}-{first[-1]}, {means[1]:.2f} in {second[0]}-{second[-1]}, by "
        f"{told[stretches[0][0]].claimed_by}. Fewer in print may be fewer protests or fewer reporters."
    )
    numbers: dict[str, float | str] = {"first": means[0], "second": means[1], "dispersion": spread}
    used = tuple(told[year] for years in stretches for year in years)
    return Finding(ratio, low, high, basis="figures", words=words, numbers=numbers, figures=used, null=1.0, p=p)


def _years(stretch: tuple[int, ...], name: str) -> list[int]:
    if len(stretch) != 2 or not all(isinstance(year, int) for year in stretch) or stretch[0] > stretch[1]:
        raise InputError(f"{list(stretch)!r} is no first and last year", key=name)
    return list(range(stretch[0], stretch[1] + 1))
