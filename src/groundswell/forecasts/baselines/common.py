"""What the count models share: lagged levels, the week that all provinces share, and paths drawn week by week."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.sampling import MOST, Sampler, gammas, poissons
from groundswell.forecasts.streams import COUNT, EXCESS, SHARED, SPREAD

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FORTIETH = {5: 2 / 7, 6: 5 / 7}  # weeks before, by the share of days of a week that lie forty days on
BEYOND = 20.0  # times the highest count so far that a rate may reach: a path that feeds on itself must end
LEAST_SHAPE, MOST_SHAPE = 1e-2, 1e4


def means(counts: Floats, span: int) -> Floats:
    """The mean of so many weeks up to each week (of fewer at the beginning); shape of the counts."""
    total = np.concatenate([np.zeros((1, *counts.shape[1:])), np.cumsum(counts, axis=0)])
    end = np.arange(1, len(counts) + 1)
    begin = np.maximum(end - span, 0)
    return np.asarray((total[end] - total[begin]) / (end - begin).reshape(-1, *([1] * (counts.ndim - 1))))


def fortieth(deaths: Floats, weeks: npt.ArrayLike) -> Floats:
    """Deaths forty days before weeks, by position; 0 before the record. Shape (weeks, provinces).

    They are known at an origin for up to four weeks ahead.
    """
    at = np.asarray(weeks, np.int64)
    found = np.zeros((len(at), deaths.shape[1]))
    for back, share in FORTIETH.items():
        inside = (at >= back) & (at - back < len(deaths))
        found[inside] += share * deaths[at[inside] - back]
    return found


def shared_variance(nation: Floats, expected: Floats, own: Floats) -> float:
    """The variance of a factor of mean 1 that all provinces of a week share.

    National counts are taken as negative binomial about what was expected; of their relative variance beyond a Poisson count, which is
    fitted by maximum likelihood, what provinces have on their own is taken away.

    Args:
        nation, expected: shape (weeks,).
        own: the relative variance of the national count that independent provinces would give; shape (weeks,).
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    m = np.maximum(expected, 1e-6)

    def loss(log_shape: float) -> float:
        k = float(np.exp(log_shape))
        value = gammaln(nation + k) - gammaln(k) + k * np.log(k / (k + m)) + nation * np.log(m / (k + m))
        return -float(value.sum())

    best = minimize_scalar(loss, bounds=(np.log(LEAST_SHAPE), np.log(MOST_SHAPE)), method="bounded")
    weight = m / m.sum()
    return max(float(np.exp(-best.x)) - float((weight * own).sum()), 0.0)


def drawn(rate: Floats, shape: Floats, variance: float, sampler: Sampler, lane: int, excess: Floats | None = None) -> Ints:
    """Counts of one week: negative binomial by province, with a factor that all share.

    Args:
        rate: expected counts; shape (draws, provinces).
        shape: of the negative binomial of a province, shared factor included; shape (provinces,).
        variance: of the shared factor.
        sampler, lane: random numbers, and which week ahead it is.
        excess: probability of a week without reports; shape (draws, provinces) or None.

    Returns:
        Shape (draws, provinces).
    """
    provinces = rate.shape[1]
    own = (1 + 1 / shape) / (1 + variance) - 1  # so that a province's variance is what was fitted
    spread = gammas(np.clip(1 / np.maximum(own, 1 / MOST_SHAPE), LEAST_SHAPE, MOST_SHAPE), sampler.by_province(SPREAD, provinces, lane))
    if variance > 1 / MOST_SHAPE:
        spread = spread * gammas(1 / variance, sampler.by_draw(SHARED, lane))[:, None]
    count = poissons(np.minimum(rate * spread, MOST / 2), sampler.by_province(COUNT, provinces, lane))
    if excess is not None:
        count = np.where(sampler.by_province(EXCESS, provinces, lane) < excess, 0, count)
    return np.minimum(count, MOST)
