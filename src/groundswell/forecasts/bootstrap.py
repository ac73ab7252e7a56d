"""Intervals of mean scores and of skill: origins are drawn anew in blocks of weeks, the same for both that are compared.

Forecasts of neighbouring weeks err together, and so do those of one origin for several weeks ahead: a block keeps eight weeks on end in
one piece (Künsch 1989; blocks that go round: Politis and Romano 1992). Two years hold few uprisings, and no interval knows those to come.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from groundswell.events.echoes import blocks
from groundswell.forecasts.streams import BLOCKS

Floats = npt.NDArray[np.float64]

LEVEL = 0.90
BLOCK = 8  # weeks
REPLICATES = 1000


class Interval(NamedTuple):
    """A number and the middle 90 % of its bootstrap; nan where it is not defined."""

    value: float
    low: float
    high: float


def mean(values: Floats) -> Interval:
    """The mean of values by origin (in order); nan are left out. Shape (origins, ...)."""
    return ratio(values, np.ones_like(values))


def skill(scores: Floats, reference: Floats) -> Interval:
    """1 less the mean score over that of a reference, of the same cells: positive where it is better."""
    known = np.isfinite(scores) & np.isfinite(reference)
    found = ratio(np.where(known, scores, np.nan), np.where(known, reference, np.nan))
    return Interval(1 - found.value, 1 - found.high, 1 - found.low)


def ratio(above: Floats, below: Floats) -> Interval:
    """The sum of some values over that of others; shape (origins, ...), nan are left out."""
    a, b = (np.nansum(one.reshape(len(one), -1), axis=1) for one in (above, np.where(np.isfinite(above), below, np.nan)))
    if not len(a) or not b.sum() > 0:
        return Interval(np.nan, np.nan, np.nan)
    value = float(a.sum() / b.sum())
    if np.count_nonzero(b) < 2:
        return Interval(value, np.nan, np.nan)
    w = blocks(len(a), BLOCK, REPLICATES, BLOCKS)
    over, under = w @ a, w @ b
    drawn = over[under > 0] / under[under > 0]
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(value, float(low), float(high))
