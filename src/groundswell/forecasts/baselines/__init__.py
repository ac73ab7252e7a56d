"""What a forecast must beat: one file a baseline, all with the same face (`base`)."""

from __future__ import annotations

from groundswell.forecasts.baselines.base import Fitted, Forecaster
from groundswell.forecasts.baselines.boosting import Boosting
from groundswell.forecasts.baselines.hawkes import Hawkes
from groundswell.forecasts.baselines.last_value import LastValue
from groundswell.forecasts.baselines.negative_binomial import NegativeBinomial
from groundswell.forecasts.baselines.recent import Recent
from groundswell.forecasts.baselines.season import Season

__all__ = ["Boosting", "Fitted", "Forecaster", "Hawkes", "LastValue", "NegativeBinomial", "Recent", "Season", "baselines"]


def baselines() -> tuple[Forecaster, ...]:
    """All of them, in the order of the table."""
    return (LastValue(), LastValue(certain=False), Season(), Recent(13), Recent(52), NegativeBinomial(), Hawkes(), Boosting())
