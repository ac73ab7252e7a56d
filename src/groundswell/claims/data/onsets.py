"""Whether an uprising begins everywhere at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundswell.claims.data.bounds import share_bounds
from groundswell.claims.data.weeks import NEEDS, WEEKLY
from groundswell.claims.finding import REQUIRED, Finding, Given, option
from groundswell.claims.registry import estimator
from groundswell.core.errors import InputError, nearest


@estimator(
    "onsets_together",
    meaning="Of the provinces with a contested event in an uprising: the share that had their first within its first seven days.",
    unit="1",
    options={"uprisings": option(REQUIRED, "ids of the case's table of uprisings", kind=tuple)},
    formats=WEEKLY,
)
def onsets_together(given: Given, uprisings: tuple[str, ...]) -> Finding:
    """Share of early onsets, pooled; weeks bound it between those of the first day's week alone and those of the next one too."""
    weekly = given.weekly(contested=True)
    if weekly is None:
        return Finding.missing("1", NEEDS)
    known = {one.id: one for one in given.case.uprisings}
    found, parts = [], []
    for name in uprisings:
        if name not in known:
            raise InputError(f"the case has no uprising {name!r}", key="uprisings", nearest=nearest(name, known))
        one = known[name]
        inside = [k for k, day in enumerate(weekly.weeks) if (day - one.start).days > -7 and day <= one.end]
        counted = early(weekly.counts[inside]) if inside and (weekly.weeks[inside[0]] - one.start).days <= 0 else (0, 0, 0)
        if counted[2]:
            found.append(counted)
            parts.append(f"{name}: {counted[0]} to {counted[1]} of {counted[2]}")
    if not found:
        return Finding.missing("1", "a record that covers one of these uprisings")
    least, most, of = (np.array(column, float) for column in zip(*found, strict=True))
    low = share_bounds(*_thinned(least, of))[0]
    high = share_bounds(*_thinned(most, of))[1]
    share = float((least.sum() + most.sum()) / 2 / of.sum())
    words = (
        f"Provinces with their first contested event in the first seven days, of those with one ({'; '.join(parts)}); weeks tell no more. "
        "One price, one call or one death that all hear of makes onsets simultaneous as much as one hand does."
    )
    numbers: dict[str, float | str] = {"least": float(least.sum()), "most": float(most.sum()), "of": float(of.sum())}
    return Finding(share, low, high, basis="record", words=words, numbers=numbers, records=(weekly.digest,))


def early(counts: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """Provinces with an event in the first week, in the first two, and in any; counts by week and province."""
    some = counts > 0
    return int(some[0].sum()), int(some[:2].any(axis=0).sum()), int(some.any(axis=0).sum())


def _thinned(hits: npt.NDArray[np.float64], of: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Hits and trials over their dispersion: how many times more shares differ between uprisings than by chance."""
    p = hits.sum() / of.sum()
    spread = 1.0
    if len(of) > 1 and 0 < p < 1:
        spread = max(1.0, float((((hits - of * p) ** 2) / (of * p * (1 - p))).sum() / (len(of) - 1)))
    return float(hits.sum() / spread), float(of.sum() / spread)
