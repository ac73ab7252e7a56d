"""The face of a forecaster, and the effects of the calendar that the simple ones share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.history import History
from groundswell.forecasts.sampling import Sampler, rounded
from groundswell.forecasts.streams import ROUNDED

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AROUND = 8  # weeks on each side, whose mean a week's count is compared with
PRIOR = 0.15  # standard deviation that an effect is taken to have before data, in logarithms of the count
NOISE = 0.5  # standard deviation of a week's count around it


class Fitted(Protocol):
    """A forecaster whose parameters are set."""

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """Counts of the weeks after the history's last.

        Args:
            history: ends at the origin, which is not before that of the fit.
            calendar: what is known ahead.
            sampler: its random numbers, and how many draws and weeks are wanted.

        Returns:
            Shape (draws, horizons, provinces). A draw is one joint future: its provinces may be added up.
        """


class Forecaster(Protocol):
    """A way to forecast."""

    @property
    def name(self) -> str:
        """As in the table."""

    @property
    def refit(self) -> int:
        """Weeks that one fit serves."""

    def fit(self, history: History, calendar: Calendar) -> Fitted:
        """Set the parameters by what is known at the end of a history."""


@dataclass(frozen=True, eq=False)
class Effects:
    """How much more is usual in a week than in those around it, by the calendar.

    Args:
        weights: of the calendar's features, in logarithms of the national count.
    """

    weights: Floats

    def factors(self, weeks: npt.ArrayLike, calendar: Calendar) -> Floats:
        """The factor of each week by what is known of it; shape (n,)."""
        return np.asarray(np.exp(calendar.features(weeks) @ self.weights))


def effects(history: History, calendar: Calendar) -> Effects:
    """The effects of the calendar on the national count, by ridge regression of its logarithm less that of the mean of weeks around."""
    nation = history.counts.sum(axis=1)
    features = calendar.features(history.weeks)
    total = np.concatenate([[0.0], np.cumsum(nation)])
    at = np.arange(len(nation))
    low, high = np.maximum(at - AROUND, 0), np.minimum(at + AROUND + 1, len(nation))
    around = (total[high] - total[low] - nation) / np.maximum(high - low - 1, 1)
    response = np.log1p(nation) - np.log1p(around)
    centre = features.mean(axis=0)
    x = features - centre
    ridge = (NOISE / PRIOR) ** 2 * np.eye(x.shape[1])
    return Effects(np.asarray(np.linalg.solve(x.T @ x + ridge, x.T @ (response - response.mean()))))


def scaled(counts: Floats, factor: Floats, sampler: Sampler, lane: int) -> Ints:
    """Counts times a factor a draw, as whole numbers by chance with that mean; shape (draws, provinces)."""
    return rounded(counts * factor[:, None], sampler.by_province(ROUNDED, counts.shape[1], lane))
