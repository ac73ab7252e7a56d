"""Draws from the last weeks: what was lately will be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.baselines.base import Effects, effects, scaled
from groundswell.forecasts.calendars import Calendar
from groundswell.forecasts.history import History
from groundswell.forecasts.sampling import Sampler
from groundswell.forecasts.streams import RECENT

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Recent:
    """Whole weeks drawn from the last so many, scaled by the calendar.

    Args:
        weeks: how many.
    """

    weeks: int
    refit: int = 13

    @property
    def name(self) -> str:
        """As in the table."""
        return f"last {self.weeks} weeks"

    def fit(self, history: History, calendar: Calendar) -> FittedRecent:
        """Learn the effects of the calendar."""
        return FittedRecent(self.weeks, effects(history, calendar))


@dataclass(frozen=True)
class FittedRecent:
    """Args are those of `Recent` and the effects of the calendar."""

    weeks: int
    effects: Effects

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`."""
        last = history.counts[-self.weeks :]
        past = self.effects.factors(history.weeks[-self.weeks :], calendar)
        ahead = self.effects.factors(history.ahead(sampler.horizons), calendar)
        made = []
        for h in range(sampler.horizons):
            chosen = sampler.choice(RECENT, np.ones(len(last)), h)
            made.append(scaled(last[chosen], ahead[h] / past[chosen], sampler, h))
        return np.stack(made, axis=1)
