"""Distributions told by quantiles, and joint draws of them whose ranks hang together as those of past weeks did.

The marginal distributions are the quantiles'; how provinces and weeks ahead go together is taken from windows of the past: each draw takes
the ranks that one past window had under what was said of it (an empirical copula, as in Schefzik et al. 2013, Statist. Sci. 28, 616-640).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.sampling import MOST, Sampler
from groundswell.forecasts.streams import WINDOW, WITHIN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PROBABILITIES = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
STEEPEST = 3.0  # of what is added beyond the last quantile, in steps from the last but one


def values_at(quantiles: Floats, u: Floats) -> Floats:
    """The quantile function: linear between what is given, exponential beyond.

    Args:
        quantiles: rising along the last axis; shape (..., probabilities).
        u: in [0, 1); shape (draws, ...).
    """
    p = PROBABILITIES
    slot = np.clip(np.searchsorted(p, u, side="right") - 1, 0, len(p) - 2)
    table = np.broadcast_to(quantiles, (len(u), *quantiles.shape))
    low = np.take_along_axis(table, slot[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(table, slot[..., None] + 1, axis=-1)[..., 0]
    share = (u - p[slot]) / (p[slot + 1] - p[slot])
    inside = low + np.clip(share, 0, 1) * (high - low)
    # an exponential tail that meets the last two quantiles
    step = (quantiles[..., -1] - quantiles[..., -2]) / np.log((1 - p[-2]) / (1 - p[-1]))
    above = np.minimum(np.log((1 - p[-1]) / np.maximum(1 - u, 1e-12)), STEEPEST) * step
    return np.asarray(np.where(u > p[-1], inside + above, inside))


def share_below(quantiles: Floats, values: Floats) -> Floats:
    """The inverse of `values_at`, between the first and the last quantile; shape (...,) of values under quantiles (..., probabilities)."""
    p = PROBABILITIES
    slot = np.clip((quantiles <= values[..., None]).sum(axis=-1) - 1, 0, len(p) - 2)
    low = np.take_along_axis(quantiles, slot[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(quantiles, slot[..., None] + 1, axis=-1)[..., 0]
    within = np.clip((values - low) / np.maximum(high - low, 1e-9), 0, 1)
    found = p[slot] + within * (p[slot + 1] - p[slot])
    beyond = values >= quantiles[..., -1]
    return np.asarray(np.where(values < quantiles[..., 0], p[0] / 2, np.where(beyond, (1 + p[-1]) / 2, found)))


def joint(quantiles: Floats, below: Floats, upto: Floats, sampler: Sampler) -> Floats:
    """Joint draws.

    Args:
        quantiles: rising along the last axis; shape (horizons, provinces, probabilities).
        below, upto: the share below, and up to, what came in past windows, under what was said of them; shape (windows, horizons,
            provinces). Only their ranks count.
        sampler: random numbers.

    Returns:
        Values; shape (draws, horizons, provinces).
    """
    windows = len(below)
    chosen = sampler.choice(WINDOW, np.ones(windows))
    made = np.empty((sampler.draws, *quantiles.shape[:-1]))
    for h in range(quantiles.shape[0]):
        v = sampler.by_province(WITHIN, quantiles.shape[1], h)
        place = below[chosen, h] + v * (upto[chosen, h] - below[chosen, h])
        rank = np.argsort(np.argsort(place, axis=0, kind="stable"), axis=0, kind="stable")
        made[:, h] = values_at(quantiles[h], (rank + v) / len(rank))
    return made


def as_counts(values: Floats) -> Ints:
    """Logarithms of count + 0.1 as whole numbers."""
    return np.clip(np.rint(np.exp(np.minimum(values, 12.0)) - 0.1), 0, MOST).astype(np.int64)
