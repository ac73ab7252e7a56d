"""Quantile boosting: gradient-boosted trees for each of thirteen quantiles, on the last weeks, the calendar and the fortieth day.

One model a quantile serves all provinces and weeks ahead; the response is the logarithm of the count relative to the province's level, so
that trees need not extrapolate. Quantiles that cross are sorted. What makes draws of them joint is in `groundswell.forecasts.quantiles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.features import Past, features, levels, past_of, responses
from groundswell.forecasts.history import History
from groundswell.forecasts.quantiles import PROBABILITIES, as_counts, joint, share_below
from groundswell.forecasts.sampling import Sampler

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HORIZONS = 4  # that are learned
BEGIN = 26  # weeks before the first origin that is learned from
WINDOWS = 156  # whose ranks draws take
TREES: dict[str, Any] = {
    "max_iter": 60,
    "learning_rate": 0.1,
    "max_leaf_nodes": 12,
    "max_bins": 63,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
}


@dataclass(frozen=True)
class Boosting:
    """The baseline; see the module."""

    refit: int = 13
    name: str = "quantile boosting"

    def fit(self, history: History, calendar: Calendar) -> FittedBoosting:
        """Learn from all weeks whose following weeks are known."""
        past = past_of(history.counts, history.other, history.deaths, history.first, calendar, HORIZONS)
        origins = np.arange(BEGIN, len(history) - HORIZONS)
        x = np.concatenate([flat(features(past, origins, h)) for h in range(1, HORIZONS + 1)])
        y = np.concatenate([responses(history.counts, origins, h).reshape(-1) for h in range(1, HORIZONS + 1)])
        models = learned(x, y)
        return FittedBoosting(models, *ranks(models, past, origins[-WINDOWS:]), with_deaths=True)


@dataclass(frozen=True, eq=False)
class FittedBoosting:
    """Models of quantiles, and the ranks that past weeks had under them.

    Args:
        models: one for each of `PROBABILITIES`.
        below, upto: see `groundswell.forecasts.quantiles.joint`.
        with_deaths: whether they learned with deaths among the features.
    """

    models: Sequence[Any]
    below: Floats
    upto: Floats
    with_deaths: bool

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`; at most four weeks ahead."""
        if sampler.horizons > HORIZONS:
            raise ValueError(f"{sampler.horizons} weeks ahead; {HORIZONS} were learned")
        deaths = history.deaths if self.with_deaths else None
        past = past_of(history.counts, history.other, deaths, history.first, calendar, sampler.horizons)
        at = np.array([len(history) - 1])
        said = np.stack([quantiles_of(self.models, features(past, at, h))[0] for h in range(1, sampler.horizons + 1)])
        level = levels(history.counts)[-1]
        return as_counts(joint(said, self.below[:, : sampler.horizons], self.upto[:, : sampler.horizons], sampler) + level)


def flat(found: Floats) -> Floats:
    """Rows of features from any shape."""
    return found.reshape(-1, found.shape[-1])


def learned(x: Floats, y: Floats) -> list[Any]:
    """A model for each quantile.

    One thread: sums of several would depend on their number.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return [
            HistGradientBoostingRegressor(loss="quantile", quantile=float(p), early_stopping=False, random_state=0, **TREES).fit(x, y)
            for p in PROBABILITIES
        ]


def quantiles_of(models: Sequence[Any], x: Floats) -> Floats:
    """What the models say, sorted; shape (..., features) to (..., probabilities)."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        said = np.stack([model.predict(flat(x)) for model in models], axis=-1)
    return np.sort(said.reshape(*x.shape[:-1], len(models)), axis=-1)


def ranks(models: Sequence[Any], past: Past, origins: Ints) -> tuple[Floats, Floats]:
    """The share below, and up to, what came after origins; each of shape (origins, horizons, provinces)."""
    below, upto = [], []
    for h in range(1, HORIZONS + 1):
        said = quantiles_of(models, features(past, origins, h))
        level = levels(past.counts)[origins]
        came = past.counts[origins + h]
        below.append(np.where(came > 0, share_below(said, np.log(np.maximum(came - 0.5, 0.0) + 0.1) - level), 0.0))
        upto.append(share_below(said, np.log(came + 0.5 + 0.1) - level))
    return np.stack(below, axis=1), np.stack(upto, axis=1)
