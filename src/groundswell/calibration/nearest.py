"""One draw that stands for a posterior: the one whose simulated records lie nearest to the real one.

A mean of parameters that go together is a point that no draw need be near: what is simulated from it may have half the peaks of what is
simulated from the draws. So a run that is to have one value of each takes a draw as it is: one of those whose every value lies within its
middle 90 %, where there are any, so that no value is one that the posterior itself calls unlikely.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.calibration.checking import NORMAL

Floats = npt.NDArray[np.float64]

CANDIDATES = 12  # draws, nearest by one simulation each, that are simulated again
REPEATS = 6  # times each: one simulation may be near by luck
FURTHEST = 5.0  # robust standard deviations at which a summary counts no more: a few that fit nowhere shall not decide


@dataclass(frozen=True)
class Nearest:
    """A draw of a posterior, and how near its simulated records come.

    Attributes:
        values: by key.
        distance: mean over its simulations.
        prior: the median of simulations from the prior.
    """

    values: Mapping[str, float]
    distance: float
    prior: float


def distances(found: Floats, observed: Floats, prior: Floats) -> Floats:
    """Root mean squares over summaries of the difference to the record, in robust standard deviations under the prior; shape (rows,).

    Args:
        found: summaries of simulations, shape (rows, summaries).
        observed: those of the record.
        prior: those of simulations from the prior, shape (any, summaries).
    """
    spread = NORMAL * np.median(np.abs(prior - np.median(prior, axis=0)), axis=0)
    spread = np.where(spread > 0, spread, prior.std(axis=0))
    varies = spread > 0
    away = np.minimum(np.abs(found - observed)[:, varies] / spread[varies], FURTHEST)
    return np.asarray(np.sqrt((away * away).mean(axis=1)))


def nearest(
    values: Floats,
    keys: Sequence[str],
    within: npt.NDArray[np.bool_],
    found: Floats,
    observed: Floats,
    prior: Floats,
    repeat: Callable[[list[dict[str, float]]], Floats],
) -> Nearest:
    """The draw that stands for a posterior.

    Args:
        values: draws, shape (draws, parameters), columns as `keys`.
        keys: of the parameters.
        within: the draws to choose from; shape (draws,).
        found: summaries of one simulation a draw, shape (draws, summaries); NaN where it failed.
        observed, prior: as in `distances`.
        repeat: simulates draws `REPEATS` times each; summaries of shape (draws, REPEATS, summaries), NaN where one failed.
    """
    away = np.where(within | ~within.any(), distances(found, observed, prior), np.nan)
    near = np.argsort(away, kind="stable")[: min(CANDIDATES, int((~np.isnan(away)).sum()))]  # NaN comes last
    draws = [dict(zip(keys, row, strict=True)) for row in values[near].tolist()]
    mean = [_mean(distances(one, observed, prior)) for one in repeat(draws)]
    best = int(np.argmin(mean))
    return Nearest(draws[best], mean[best], float(np.median(distances(prior, observed, prior))))


def _mean(distance: Floats) -> float:
    done = distance[~np.isnan(distance)]
    return float(done.mean()) if len(done) else np.inf
