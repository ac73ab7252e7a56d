"""Whether a fit can be trusted: simulation-based calibration, coverage, contraction, and posterior predictive checks.

Simulation-based calibration (Talts et al. 2018): where truths are drawn from the prior, the share of the posterior below the truth is
uniform. Its empirical distribution is compared with a band that a uniform one leaves nowhere with the stated chance (Sailynoja, Burkner &
Vehtari 2022). Whatever the inference adds or drops, a posterior that is too narrow, too wide or shifted shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.inference import Amortised, Weighted
from groundswell.core.errors import InputError

Floats = npt.NDArray[np.float64]

LEVELS = (0.5, 0.8, 0.9)  # of the central intervals whose coverage is told
LEVEL = 0.95  # of simultaneous bands
ENOUGH = 200  # truths
ADMITTED = (0.85, 0.95)  # coverage of a 90 % interval
NEIGHBOURS = 10  # nearest simulations whose distance says how unusual a record is
AWAY = 5.0  # robust standard deviations that a summary counts at most
LEAST_VARIANCE = 1e-3  # of a principal axis, as a share of the largest: less is noise
NORMAL = 1.4826  # standard deviation of a normal over its median absolute deviation


def share_below(posterior: Weighted, truth: Floats) -> Floats:
    """The share of a posterior below the truth, by parameter; shape (parameters,). Of what is equal to it, half."""
    below = posterior.weights @ (posterior.z < truth)
    equal = posterior.weights @ (posterior.z == truth)
    return np.asarray(np.clip(below + 0.5 * equal, 0.0, 1.0))


def quantiles(values: Floats, weights: Floats, at: Sequence[float]) -> Floats:
    """Weighted quantiles of each column; shape (quantiles, columns)."""
    found = np.empty((len(at), values.shape[1]))
    for k, column in enumerate(values.T):
        order = np.argsort(column, kind="stable")
        passed = np.cumsum(weights[order])
        middle = (passed - 0.5 * weights[order]) / passed[-1]
        found[:, k] = np.interp(at, middle, column[order])
    return found


class Banded:
    """What has a real value and the quantiles of simulations beside it."""

    real: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the real value lies within the middle 90 % of the simulations."""
        return self.low <= self.real <= self.high


def contraction(z: Floats, weights: Floats) -> Floats:
    """1 - posterior variance over prior variance: 0 where data say nothing, 1 where they say all; shape (parameters,).

    On the scale on which every prior is uniform, not on that of z: what gathers at one end of its prior is known, and lies far apart there.

    Args:
        z: draws, shape (draws, parameters).
        weights: of them, which add up to 1.
    """
    from scipy.special import ndtr

    u = np.asarray(ndtr(z), np.float64)
    variance = weights @ (u - weights @ u) ** 2 / max(1.0 - float((weights**2).sum()), 1e-12)
    return np.asarray(1.0 - 12.0 * variance)


@cache
def band(count: int, level: float = LEVEL, points: int | None = None) -> tuple[Floats, Floats, Floats]:
    """A band that the empirical distribution of uniform numbers stays within everywhere, with a given chance.

    The pointwise level is chosen so that the simultaneous one holds, by an exact sum over all ways that counts can grow from point to point
    (Sailynoja, Burkner & Vehtari 2022, section 2.2).

    Args:
        count: of numbers.
        level: the chance that all of it lies within.
        points: where it is looked at: evenly; by default at every fiftieth, or fewer for few numbers.

    Returns:
        Points, lowest and highest share; each of shape (points,).
    """
    n = min(points or 50, count)
    at = np.arange(1, n) / n
    low, high = 0.0, 1.0 - level
    for _ in range(30):
        middle = 0.5 * (low + high)
        if _inside(count, at, *_edges(count, at, middle)) >= level:
            low = middle
        else:
            high = middle
    least, most = _edges(count, at, low)
    return at, least / count, most / count


def shared_level(parameters: int) -> float:
    """The level of each parameter's band with which all of them hold with the chance `LEVEL` at least."""
    return 1.0 - (1.0 - LEVEL) / parameters


def _edges(count: int, at: Floats, outside: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Least and highest count at each point, pointwise."""
    from scipy.stats import binom

    least = binom.ppf(outside / 2, count, at)
    most = binom.ppf(1 - outside / 2, count, at)
    return np.maximum(least, 0).astype(np.int64), most.astype(np.int64)


def _inside(count: int, at: Floats, least: npt.NDArray[np.int64], most: npt.NDArray[np.int64]) -> float:
    """The chance that counts of uniform numbers stay within the edges at all points."""
    from scipy.stats import binom

    before, chance, reached = 0.0, np.ones(1), np.zeros(1, np.int64)
    for point, low, high in zip(at.tolist(), least.tolist(), most.tolist(), strict=True):
        now = np.arange(low, high + 1)
        step = now[:, None] - reached[None, :]
        p = (point - before) / (1.0 - before)
        move = np.where(step >= 0, binom.pmf(np.maximum(step, 0), count - reached[None, :], p), 0.0)
        chance, reached, before = move @ chance, now, point
    return float(chance.sum())


def outside(shares: Floats, level: float = LEVEL) -> float:
    """By how much, at most, the distribution of shares leaves its band; 0 where it stays within, for one parameter."""
    at, least, most = band(len(shares), level)
    found = np.searchsorted(np.sort(shares), at, side="right") / len(shares)
    return float(max(np.max(least - found), np.max(found - most), 0.0))


@dataclass(frozen=True)
class Calibration:
    """Simulation-based calibration of one parameter.

    Attributes:
        key: of the parameter.
        truths: how many.
        coverage: by level of a central interval, how often it held the truth.
        leaves: by how much its distribution of shares leaves the band that all parameters share; 0: it does not.
        contraction: see `contraction`; median over truths.
        error: root mean square error of the posterior mean on the scale z; 1 for a guess without data.
        bias: mean error there.
    """

    key: str
    truths: int
    coverage: dict[str, float]
    leaves: float
    contraction: float
    error: float
    bias: float

    @property
    def holds(self) -> bool:
        """Whether it stays within its band, and a 90 % interval covers 85 to 95 %."""
        return self.leaves == 0 and ADMITTED[0] <= self.coverage["0.9"] <= ADMITTED[1]


@dataclass(frozen=True, eq=False)
class Calibrations:
    """Simulation-based calibration of all parameters.

    Attributes:
        each: one a parameter.
        shares: of the posterior below the truth; shape (truths, parameters).
        rows: which rows of the table were the truths.
    """

    each: tuple[Calibration, ...]
    shares: Floats
    rows: npt.NDArray[np.int64]


def calibrate(
    keys: Sequence[str],
    inference: Amortised,
    truths: int = ENOUGH,
    *,
    posterior: Callable[[int], Weighted] | None = None,
    progress: Any = None,
) -> Calibrations:
    """Treat rows of the table as records, without themselves, and compare posteriors with what is known of them.

    Args:
        keys: of the parameters.
        inference: a reference table that has learned.
        truths: how many rows, evenly spread over the table.
        posterior: of a row, instead of the inference's own (to plant a fault).
        progress: called with words, done and of.

    Raises:
        InputError: fewer rows than truths.
    """
    rows = len(inference.z)
    if truths > rows:
        raise InputError(f"{truths} truths need as many simulations; there are {rows}")
    chosen = (np.arange(truths) * rows) // truths
    answer = posterior or inference.left_out
    shares = np.empty((truths, len(keys)))
    means, narrowed = np.empty_like(shares), np.empty_like(shares)
    for k, row in enumerate(chosen.tolist()):
        if progress is not None:
            progress("checking calibration", round(100 * k / truths), 100)
        found = answer(row)
        shares[k], means[k], narrowed[k] = share_below(found, inference.z[row]), found.mean, contraction(found.z, found.weights)
    error = means - inference.z[chosen]
    each = []
    for k, key in enumerate(keys):
        inside = {f"{level:g}": float((np.abs(shares[:, k] - 0.5) <= level / 2).mean()) for level in LEVELS}
        each.append(
            Calibration(
                key=key,
                truths=truths,
                coverage=inside,
                leaves=outside(shares[:, k], shared_level(len(keys))),
                contraction=float(np.median(narrowed[:, k])),
                error=float(np.sqrt((error[:, k] ** 2).mean())),
                bias=float(error[:, k].mean()),
            )
        )
    return Calibrations(tuple(each), shares, chosen)


def tails(observed: Floats, simulated: Floats, weights: Floats | None = None) -> Floats:
    """The chance of as extreme a value, by summary: twice the smaller share of simulations at or beyond the observed one.

    The observed value counts as one more of them (Davison & Hinkley 1997), so that n simulations never say less than 2 / (n + 1).

    Args:
        observed: shape (summaries,).
        simulated: shape (simulations, summaries).
        weights: of simulations; by default even.
    """
    w = np.full(len(simulated), 1 / len(simulated)) if weights is None else weights
    worth = 1.0 / float((w * w).sum())
    above, below = ((worth * (w @ there) + 1.0) / (worth + 1.0) for there in (simulated >= observed, simulated <= observed))
    return np.asarray(np.minimum(1.0, 2 * np.minimum(above, below)))


def unusual(observed: Floats, simulated: Floats, truths: int = ENOUGH) -> float:
    """How unusual a record is: the share of simulated records that lie as far from their nearest simulations as it does, or further.

    Distances are of all summaries on their principal axes, each in its own standard deviations, so that a record whose summaries are
    each possible and together are not lies far away, too. A summary lies at most `AWAY` robust deviations from the middle.

    Args:
        observed: summaries of the record; shape (summaries,).
        simulated: those of simulations; shape (simulations, summaries).
        truths: simulations that it is compared with, evenly spread.

    Returns:
        From 1 / (1 + truths) to 1.
    """
    rows = len(simulated)
    chosen = (np.arange(min(truths, rows)) * rows) // min(truths, rows)
    at = _on_axes(np.vstack([simulated, observed]))
    near = min(NEIGHBOURS, rows - 1)
    far = np.empty(len(chosen) + 1)
    for k, row in enumerate((*chosen.tolist(), rows)):
        apart = np.delete(((at[:rows] - at[row]) ** 2).sum(axis=1), row) if row < rows else ((at[:rows] - at[row]) ** 2).sum(axis=1)
        far[k] = np.sqrt(np.partition(apart, near - 1)[:near]).mean()
    return float((1 + (far[:-1] >= far[-1]).sum()) / len(far))


def _on_axes(table: Floats) -> Floats:
    """Rows on the principal axes of all but the last of them, in standard deviations."""
    middle = np.median(table[:-1], axis=0)
    spread = NORMAL * np.median(np.abs(table[:-1] - middle), axis=0)
    spread = np.where(spread > 0, spread, table[:-1].std(axis=0))
    scaled = np.clip((table - middle)[:, spread > 0] / spread[spread > 0], -AWAY, AWAY)
    scaled = scaled - scaled[:-1].mean(axis=0)
    variance, axes = np.linalg.eigh(scaled[:-1].T @ scaled[:-1] / (len(table) - 1))
    kept = variance > LEAST_VARIANCE * variance.max(initial=0.0)
    return np.asarray((scaled @ axes[:, kept]) / np.sqrt(variance[kept]))
