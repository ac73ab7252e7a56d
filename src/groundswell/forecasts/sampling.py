"""Addressed draws of counts: a draw is a function of seed, stream, origin, province, draw and week ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import Draws, Stream, address

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LARGE = 200.0  # mean from which a Poisson quantile is taken from its normal expansion
MOST = 65535  # of a count that is kept in 16 bits
SHUFFLED = 1000  # lanes of a choice that put it into a random order


@dataclass(frozen=True)
class Sampler:
    """Uniform numbers of one forecast.

    Args:
        seed: of all forecasts.
        origin: day number of the origin; the address's day.
        draws: how many draws a forecast has.
        horizons: how many weeks ahead.
    """

    seed: int
    origin: int
    draws: int
    horizons: int

    def by_draw(self, stream: Stream, lane: int = 0) -> Floats:
        """One number a draw; shape (draws,)."""
        return Draws(self.seed).uniform(stream, self.origin, np.arange(self.draws), lane)

    def by_province(self, stream: Stream, provinces: int, lane: int = 0) -> Floats:
        """One number a draw and province; shape (draws, provinces)."""
        where = address(np.arange(provinces), np.arange(self.draws)[:, None])
        return Draws(self.seed).uniform(stream, self.origin, where, lane)

    def choice(self, stream: Stream, weights: Floats, lane: int = 0) -> Ints:
        """One of several for each draw, as evenly as the weights allow; shape (draws,).

        Draws are stratified, in a random order: each takes its own slice of the cumulative weights.
        """
        total = np.cumsum(weights, dtype=np.float64)
        at = (np.arange(self.draws) + self.by_draw(stream, lane)) / self.draws * total[-1]
        found = np.minimum(np.searchsorted(total, at, side="right"), len(weights) - 1).astype(np.int64)
        return np.asarray(found[np.argsort(self.by_draw(stream, lane + SHUFFLED), kind="stable")])


def poissons(mean: Floats, u: Floats) -> Ints:
    """Poisson counts by inversion of uniforms; above a mean of 200 by the Cornish-Fisher expansion of the quantile.

    Args:
        mean, u: of one shape; means >= 0, uniforms in [0, 1).
    """
    from scipy.special import ndtri

    mean, u = np.broadcast_arrays(np.asarray(mean, np.float64), np.asarray(u, np.float64))
    m, v = np.array(mean.reshape(-1)), u.reshape(-1)
    count = np.zeros(m.shape, np.int64)
    big = m > LARGE
    if big.any():
        z = ndtri(np.clip(v[big], 1e-15, 1 - 1e-15))
        count[big] = np.maximum(np.floor(m[big] + np.sqrt(m[big]) * z + (z * z - 1) / 6 + 0.5), 0)
    at = np.flatnonzero(~big)
    rate, draw = m[at], v[at]
    term = np.exp(-rate)
    total = term.copy()
    k = 0
    while len(at):
        more = (draw >= total) & ((k < rate) | (term > 1e-18))
        at, rate, draw, term, total = at[more], rate[more], draw[more], term[more], total[more]
        k += 1
        count[at] = k
        term = term * rate / k
        total = total + term
    return count.reshape(mean.shape)


def gammas(shape: Floats | float, u: Floats) -> Floats:
    """Gamma numbers of mean 1 and variance 1 / shape, by inversion."""
    from scipy.special import gammaincinv

    found: Floats = gammaincinv(shape, u) / shape
    return found


def rounded(values: Floats, u: Floats) -> Ints:
    """Whole numbers with the given means: up with the probability of the fraction."""
    low = np.floor(values)
    return np.asarray(np.minimum(low + (u < values - low), MOST), np.int64)
