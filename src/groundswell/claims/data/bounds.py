"""Exact and robust bounds that estimators share. All are two-sided at 90 %: each side errs at most one time in twenty."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groundswell.claims.finding import LEVEL

Floats = npt.NDArray[np.float64]
TAIL = (1 - LEVEL) / 2


def share_bounds(hits: float, of: float) -> tuple[float, float]:
    """Exact bounds of a share (Clopper & Pearson 1934); numbers need not be whole, for they may be divided by a dispersion.

    Args:
        hits: successes.
        of: trials, one at least.
    """
    from scipy.special import betaincinv

    low = float(betaincinv(hits, of - hits + 1, TAIL)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, of - hits, 1 - TAIL)) if hits < of else 1.0
    return low, high


def rate_ratio(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Ratio of two mean counts, first over second, with bounds of the exact conditional test, and its p-value.

    Counts that vary more than Poisson's are divided by their dispersion first (pooled Pearson chi-square over degrees of freedom).

    Args:
        first, second: counts of equal stretches of time, such as years.

    Returns:
        Ratio, low, high, two-sided p against equal rates, dispersion (1 at least).
    """
    from scipy.special import betainc

    a, b = (np.asarray(counts, np.float64) for counts in (first, second))
    spread = max(dispersion((a, b)), 1.0)
    hits, all_of, odds = a.sum() / spread, (a.sum() + b.sum()) / spread, len(b) / len(a)
    if all_of == 0:
        return math.nan, 0.0, math.inf, 1.0, spread
    low, high = share_bounds(hits, all_of)
    at = len(a) / (len(a) + len(b))
    below = 1 - float(betainc(hits + 1, all_of - hits, at)) if hits < all_of else 1.0
    above = float(betainc(hits, all_of - hits + 1, at)) if hits > 0 else 1.0
    ratio = a.mean() / b.mean() if b.sum() else math.inf
    return float(ratio), odds * low / (1 - low), odds * high / (1 - high) if high < 1 else math.inf, min(1.0, 2 * min(below, above)), spread


def dispersion(groups: Sequence[Floats]) -> float:
    """Pooled variance over mean within groups of counts; 1 for Poisson's."""
    free = sum(len(x) - 1 for x in groups)
    chi = sum(float(((x - x.mean()) ** 2).sum() / x.mean()) for x in groups if x.sum() > 0)
    return chi / free if free > 0 else 1.0


def by_null(found: float, null: Floats, extra: float = 0.0) -> tuple[float, float, float]:
    """Bounds of a factor, and p, from what the same ratio was where nothing happened.

    If an effect multiplies the ratio, the ratio over the factor is one of the null's, so the factor lies between the ratio over the
    null's upper quantile and over its lower one.

    Args:
        found: the ratio, above 0.
        null: ratios of placebos, above 0.
        extra: variance of the logarithm that the ratio has and the placebos have not: a smaller count is relatively noisier.

    Returns:
        Low, high, two-sided p; the ratio itself is counted among the null's.
    """
    every = np.sort(np.append(null, found))
    low_rank, high_rank = math.floor(TAIL * len(every)), math.ceil((1 - TAIL) * len(every)) - 1
    low, high = found / every[min(high_rank, len(every) - 1)], found / every[max(low_rank, 0)]
    if extra > 0:
        noise = (1.6449**2) * extra
        low = found * math.exp(-math.hypot(math.log(found / low), math.sqrt(noise)))
        high = found * math.exp(math.hypot(math.log(high / found), math.sqrt(noise)))
    p = 2 * min(float((every <= found).mean()), float((every >= found).mean()))
    return float(low), float(high), min(p, 1.0)


def by_clusters(after: Floats, matched: Floats, cluster: npt.NDArray[np.int64]) -> tuple[float, float, float, float]:
    """Ratio of two sums with bounds that let what lies in one cluster hang together.

    The logarithm's variance is that of the jackknife, one cluster left out at a time, and Poisson's at least; the quantile is Student's
    with one less than the effective number of clusters, so that one huge uprising does not pass for many.

    Args:
        after, matched: counts, one an event.
        cluster: to which stretch of time each belongs.

    Returns:
        Ratio, low, high, effective number of clusters.
    """
    from scipy.special import stdtrit

    names, of = np.unique(cluster, return_inverse=True)
    a, m = np.bincount(of, after), np.bincount(of, matched)
    smooth = 0.5
    ratio = (a.sum() + smooth) / (m.sum() + smooth)
    weight = a / max(a.sum(), 1e-9) + m / max(m.sum(), 1e-9)
    effective = float(weight.sum() ** 2 / max((weight**2).sum(), 1e-9))
    count = len(names)
    if count < 2 or effective <= 1.05:
        return float(ratio), 0.0, math.inf, effective
    without = np.log(a.sum() - a + smooth) - np.log(m.sum() - m + smooth)
    poisson = 1 / (a.sum() + smooth) + 1 / (m.sum() + smooth)
    error = math.sqrt(max(float(((without - without.mean()) ** 2).sum()) * (count - 1) / count, poisson))
    wide = float(stdtrit(max(effective - 1, 0.5), 1 - TAIL)) * error
    return float(ratio), float(ratio * math.exp(-min(wide, 700.0))), float(ratio * math.exp(min(wide, 700.0))), effective
