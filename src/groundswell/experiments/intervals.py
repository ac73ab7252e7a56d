"""Bands over replicates and intervals over pairs: Student's t, from few runs, and said so.

A **band** says where one more replicate would fall: mean ± t·s·√(1 + 1/n). An **interval** is one of a mean, here of the
differences within pairs: mean ± t·s/√n. Both take the replicates as independent and roughly normal; with two or three of them
t is large and so are they, which is what two or three runs know.

A **block band** serves a statistic of weekly counts, of which even one run has many: the weeks of all runs are drawn again in
blocks, so that what hangs together in time stays together (Künsch 1989, circular blocks after Politis and Romano 1992).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, Stream

Floats = npt.NDArray[np.float64]
LEVEL = 0.90
BLOCK = 8  # weeks: an uprising or a wave of strikes stays in one piece
RESAMPLES = 400
FROM = Stream("bootstrap", 3000, "the first week of a block, by resample and block")


class Band(NamedTuple):
    """Mean and limits; scalars or arrays of one shape. The limits are nan where fewer than two values are known."""

    mean: Floats
    low: Floats
    high: Floats


@lru_cache(maxsize=256)
def student_t(level: float, freedom: int) -> float:
    """The t for which P(-t < T < t) = level, T of Student's distribution with so many degrees of freedom.

    From the finite sums for whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4), inverted by bisection.

    Args:
        level: between 0 and 1.
        freedom: 1 or more.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _within(angle: float, freedom: int) -> float:
    """P(-t < T < t) at t = tan(angle)·√freedom."""
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term, total = (math.cos(angle), 0.0) if odd else (1.0, 0.0)
    for k in range(2 + odd, freedom + 1, 2):
        total += term
        term *= square * (k - 1) / k
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


def band(values: Floats, level: float = LEVEL, most: float = math.inf) -> Band:
    """Where one more replicate would fall.

    Args:
        values: one row a replicate; shape (replicates, ...). nan counts as not known.
        level: of the band.
        most: what the quantity cannot exceed: 1 of a share or a correlation.

    Returns:
        Mean and limits of shape (...); never below zero where no replicate is.
    """
    values = np.asarray(values, np.float64)
    mean, low, high = _around(values, level, 1.0)
    return Band(mean, np.where(np.where(np.isnan(values), 0.0, values).min(axis=0) >= 0, np.maximum(low, 0.0), low), np.minimum(high, most))


def block_band(tables: Sequence[Floats], statistic: Callable[[Floats], float], level: float = LEVEL) -> Band:
    """The mean of a statistic over runs, and where it falls when as many weeks are drawn anew in blocks from all of them.

    Args:
        tables: counts of each run; shape (weeks, provinces), alike for all runs.
        statistic: of one such table.
        level: of the band.
    """
    pooled, weeks = np.concatenate(tables), len(tables[0])
    count = -(-weeks // BLOCK)
    address = np.arange(RESAMPLES * count)
    start = np.floor(Draws(0).uniform(FROM, 0, address) * len(pooled)).astype(np.int64).reshape(RESAMPLES, count, 1)
    chosen = ((start + np.arange(BLOCK)) % len(pooled)).reshape(RESAMPLES, -1)[:, :weeks]
    drawn = np.array([statistic(pooled[rows]) for rows in chosen])
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Band(np.asarray(np.mean([statistic(table) for table in tables])), np.asarray(low), np.asarray(high))


def interval(differences: Floats, level: float = LEVEL) -> Band:
    """The mean of differences within pairs, and its interval.

    Args:
        differences: one row a pair; shape (pairs, ...). nan counts as not known.
        level: of the interval.
    """
    return _around(np.asarray(differences, np.float64), level, 0.0)


def _around(values: Floats, level: float, one_more: float) -> Band:
    """Mean ± t·s·√(one_more + 1/n) over the first axis."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / count
        spread = np.where(known, values - mean, 0.0)
        variance = (spread * spread).sum(axis=0) / (count - 1)
    factor = [student_t(level, n - 1) * math.sqrt(one_more + 1 / n) if n > 1 else math.nan for n in range(len(values) + 1)]
    half = np.array(factor)[count] * np.sqrt(variance)
    return Band(mean, mean - half, mean + half)
