"""The last value: next week is like this one, but for what the calendar says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.baselines.base import Effects, effects
from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.history import History
from groundswell.forecasts.sampling import MOST, Sampler, rounded
from groundswell.forecasts.streams import ERRORS, ROUNDED

Ints = npt.NDArray[np.int64]

PAST = 104  # weeks whose errors may recur


@dataclass(frozen=True)
class LastValue:
    """The last week's counts, for certain or with the errors that this rule has made.

    Args:
        certain: every draw is the last week. Otherwise a draw adds the change that some week of the last two years was followed by, on the
            scale of log(1 + count), in all provinces at once.
    """

    certain: bool = True
    refit: int = 13

    @property
    def name(self) -> str:
        """As in the table."""
        return "last value" if self.certain else "last value and its errors"

    def fit(self, history: History, calendar: Calendar) -> FittedLastValue:
        """Learn the effects of the calendar."""
        return FittedLastValue(self.certain, effects(history, calendar))


@dataclass(frozen=True)
class FittedLastValue:
    """Args are those of `LastValue` and the effects of the calendar."""

    certain: bool
    effects: Effects

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`."""
        weeks = history.ahead(sampler.horizons)
        factors = self.effects.factors(weeks, calendar) / self.effects.factors([history.origin], calendar)
        made = np.zeros((sampler.draws, sampler.horizons, len(history.provinces)), np.int64)
        if self.certain:
            made[:] = np.rint(history.counts[-1] * factors[:, None])
            return np.minimum(made, MOST)
        # what a week was, without its calendar
        level = np.log1p(history.counts / self.effects.factors(history.weeks, calendar)[:, None])
        starts = len(level) - sampler.horizons - min(PAST, len(level) - sampler.horizons)
        usable = np.arange(starts, len(level) - sampler.horizons)
        chosen = usable[sampler.choice(ERRORS, np.ones(len(usable)))]
        ahead = self.effects.factors(weeks, calendar)
        for h in range(sampler.horizons):
            change = level[chosen + h + 1] - level[chosen]
            values = np.expm1(np.maximum(level[-1] + change, 0.0)) * ahead[h]
            made[:, h] = rounded(values, sampler.by_province(ROUNDED, values.shape[1], h))
        return made
