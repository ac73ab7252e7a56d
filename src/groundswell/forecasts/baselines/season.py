"""The seasonal mean: what the same weeks of earlier years had, at the level of each year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.forecasts.baselines.base import Effects, effects, scaled
from groundswell.forecasts.calendars import YEAR, Calendar
from groundswell.forecasts.history import History
from groundswell.forecasts.sampling import Sampler
from groundswell.forecasts.streams import SEASON

Ints = npt.NDArray[np.int64]

NEAR = 21  # days of the year on each side


@dataclass(frozen=True)
class Season:
    """Whole weeks of the same season of earlier years, whose mean is the seasonal mean; as they were, but for holidays that move."""

    refit: int = 13
    name: str = "seasonal mean"

    def fit(self, history: History, calendar: Calendar) -> FittedSeason:
        """Learn the effects of the calendar."""
        return FittedSeason(effects(history, calendar))


@dataclass(frozen=True)
class FittedSeason:
    """Args are the effects of the calendar."""

    effects: Effects

    def predict(self, history: History, calendar: Calendar, sampler: Sampler) -> Ints:
        """See `base.Fitted`."""
        weeks = history.weeks
        past = self.effects.factors(weeks, calendar)
        made = []
        for h, week in enumerate(history.ahead(sampler.horizons)):
            apart = np.abs((weeks - week + YEAR / 2) % YEAR - YEAR / 2)
            near = np.flatnonzero(apart <= NEAR)
            near = near[week - weeks[near] > YEAR / 2]  # of this season itself the origin is too near
            if not len(near):
                near = np.arange(len(weeks))
            chosen = near[sampler.choice(SEASON, np.ones(len(near)), h)]
            made.append(scaled(history.counts[chosen], self.effects.factors([week], calendar)[0] / past[chosen], sampler, h))
        return np.stack(made, axis=1)
