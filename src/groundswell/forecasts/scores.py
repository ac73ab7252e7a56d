"""Scores of forecasts by draws: lower is better, and a forecaster does best by saying what it believes.

CRPS is that of the empirical distribution of the draws, exact (Gneiting and Raftery 2007, J. Amer. Stat. Assoc. 102, 359-378, eq. 21);
`fair` is its unbiased estimate of the CRPS of what the draws were drawn from (Ferro 2014, Q. J. R. Meteorol. Soc. 140, 1917-1923).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = 0.90  # of the interval that is scored
LEAST_WIDTH = 0.15  # of the kernel, on the scale of twice square roots: below half the step from 0 to 1, so that steps stay


def crps(draws: npt.ArrayLike, observed: npt.ArrayLike, weights: npt.ArrayLike | None = None, *, fair: bool = False) -> Floats:
    """The continuous ranked probability score: E|X - y| - E|X - X'| / 2.

    Args:
        draws: shape (draws, ...).
        observed: shape (...).
        weights: of the draws, shape (draws,); equal where None.
        fair: the unbiased estimate for a limited number of equally weighted draws.

    Returns:
        Shape (...), in the unit of the draws.
    """
    x, y = np.asarray(draws, np.float64), np.asarray(observed, np.float64)
    n = len(x)
    if weights is None:
        spread = half_spread(x) * (n / (n - 1) if fair and n > 1 else 1.0)
        return np.asarray(np.abs(x - y).mean(axis=0) - spread)
    if fair:
        raise ValueError("the fair score is of equally weighted draws")
    w = np.asarray(weights, np.float64).reshape(-1, *([1] * (x.ndim - 1))) / np.sum(weights)
    order = np.argsort(x, axis=0, kind="stable")
    ranked, share = np.take_along_axis(x, order, axis=0), np.take_along_axis(np.broadcast_to(w, x.shape), order, axis=0)
    spread = (share * ranked * (2 * np.cumsum(share, axis=0) - share - 1)).sum(axis=0)
    return np.asarray((w * np.abs(x - y)).sum(axis=0) - spread)


def half_spread(draws: npt.ArrayLike) -> Floats:
    """E|X - X'| / 2 of two draws of the empirical distribution; shape (draws, ...) to (...)."""
    x = np.sort(np.asarray(draws, np.float64), axis=0)
    n = len(x)
    factor = (2 * np.arange(1, n + 1) - n - 1) / n**2
    return np.asarray(np.tensordot(factor, x, axes=(0, 0)))


def distance(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """E|A - B| of one draw of each; both have as many draws. Shape (draws, ...) to (...)."""
    one, other = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if one.shape != other.shape:
        raise ValueError("both have the same number of draws of the same cells")
    # the spread of both together is made of the spreads of each and of this
    return np.asarray(4 * half_spread(np.concatenate([one, other])) - half_spread(one) - half_spread(other))


def crps_log(draws: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """CRPS of log(1 + count), in which an error counts relative to the size (Bosse et al. 2023, PLOS Comput. Biol. 19, e1011393)."""
    return crps(np.log1p(np.asarray(draws, np.float64)), np.log1p(np.asarray(observed, np.float64)))


def log_score(draws: npt.ArrayLike, observed: npt.ArrayLike) -> Floats:
    """Minus the logarithm of the probability of the count, in nats.

    The probability is smoothed, alike for all forecasters: each draw becomes a normal kernel on the scale z = 2 sqrt(x + 3/8), on
    which the spread of a Poisson count is 1 (Anscombe 1948), cut at half counts; its width is Silverman's rule, and at least 0.15. To
    the n draws comes one of a wide distribution, p(y) = 1 / ((y + 1)(y + 2)), so that nothing is impossible. Both sum to one over counts.

    Args:
        draws: counts, shape (draws, ...).
        observed: a count, shape (...).
    """
    from scipy.special import ndtr

    x, y = np.asarray(draws, np.float64), np.asarray(observed, np.float64)
    n = len(x)
    z = _root(x)
    sides = np.quantile(z, (0.25, 0.75), axis=0)
    spread = np.minimum(z.std(axis=0, ddof=1) if n > 1 else 0.0, np.where(sides[1] > sides[0], (sides[1] - sides[0]) / 1.34, np.inf))
    width = np.maximum(0.9 * spread * n**-0.2, LEAST_WIDTH)
    upper = ndtr((_root(y + 0.5) - z) / width).mean(axis=0)
    lower = np.where(y > 0, ndtr((_root(np.maximum(y - 0.5, 0)) - z) / width).mean(axis=0), 0.0)
    wide = 1 / ((y + 1) * (y + 2))
    return np.asarray(-np.log((n * np.maximum(upper - lower, 0.0) + wide) / (n + 1)))


def _root(counts: Floats) -> Floats:
    return np.asarray(2 * np.sqrt(counts + 0.375))


def interval(draws: npt.ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """The central interval of the empirical distribution: at least (1 - level) / 2 of the draws are at or beyond each end."""
    x = np.asarray(draws, np.float64)
    low, high = np.quantile(x, ((1 - level) / 2, (1 + level) / 2), axis=0, method="inverted_cdf")
    return low, high


def interval_score(draws: npt.ArrayLike, observed: npt.ArrayLike, level: float = LEVEL) -> Floats:
    """Width of the central interval, and 2 / (1 - level) times how far beyond it the count lies (Gneiting and Raftery 2007, eq. 43)."""
    low, high = interval(draws, level)
    y = np.asarray(observed, np.float64)
    return np.asarray(high - low + 2 / (1 - level) * (np.maximum(low - y, 0) + np.maximum(y - high, 0)))


def covered(draws: npt.ArrayLike, observed: npt.ArrayLike, level: float = LEVEL) -> npt.NDArray[np.bool_]:
    """Whether the count lies in the central interval, ends included."""
    low, high = interval(draws, level)
    y = np.asarray(observed, np.float64)
    return np.asarray((y >= low) & (y <= high))


def brier(probability: npt.ArrayLike, happened: npt.ArrayLike) -> Floats:
    """The squared difference between a probability and what happened, 0 or 1 (Brier 1950)."""
    return np.asarray((np.asarray(probability, np.float64) - np.asarray(happened, np.float64)) ** 2)
