"""Scores of forecasts by origin, weeks ahead and level, from their draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.forecasts import scores
from groundswell.forecasts.mixtures import Errors, errors, pooled
from groundswell.forecasts.weeks import BEFORE, Rules, waiting, with_nation

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEVELS = ("province", "nation")
MEASURES = ("crps", "crps_log", "crps_above", "log_score", "interval_score", "covered", "onset")
BANDS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of several forecasters for the same weeks.

    Attributes:
        names: of the forecasters.
        origins: weeks that were known; shape (origins,).
        values: means over the places of a level; nan where the week ahead is not scored, and for `onset` where none could begin.
            By measure, shape (forecasters, origins, horizons, levels).
        bands: quantiles of the national forecast; shape (forecasters, origins, horizons, 3).
    """

    names: tuple[str, ...]
    origins: Ints
    values: Mapping[str, Floats]
    bands: Floats

    def of(self, name: str, measure: str) -> Floats:
        """One forecaster's values; shape (origins, horizons, levels)."""
        found: Floats = self.values[measure][self.names.index(name)]
        return found


def came(counts: Counts, target: str, weeks: int, horizons: int, last: int) -> Floats:
    """What came after an origin, nation last; nan beyond the last week that is scored. Shape (horizons, provinces + 1)."""
    table = np.asarray(getattr(counts, target), np.float64)
    found = np.full((horizons, table.shape[1] + 1), np.nan)
    until = min(last, weeks + horizons)
    found[: until - weeks] = with_nation(table[weeks:until])
    return np.asarray(found)


def cell_scores(draws: Floats, observed: Floats, onset: Floats, waits: npt.NDArray[np.bool_]) -> tuple[dict[str, Floats], Floats]:
    """All measures of one forecast, as means over the places of each level.

    Args:
        draws: nation last; shape (draws, horizons, provinces + 1).
        observed: nan where not scored; shape (horizons, provinces + 1).
        onset: counts from which an onset is spoken of; shape (provinces + 1,).
        waits: places in which one can begin.

    Returns:
        By measure, shape (horizons, levels); and quantiles of the nation, shape (horizons, 3).
    """
    y = np.where(np.isfinite(observed), observed, 0.0)
    found: dict[str, Floats] = {
        "crps": scores.crps(draws, y),
        "crps_log": scores.crps_log(draws, y),
        "crps_above": scores.crps(np.maximum(draws, onset), np.maximum(y, onset)),  # weighted by threshold: proper, in all weeks
        "log_score": scores.log_score(draws, y),
        "interval_score": scores.interval_score(draws, y),
        "covered": scores.covered(draws, y).astype(np.float64),
        "onset": np.where(waits, scores.brier((draws >= onset).mean(axis=0), y >= onset), np.nan),
    }
    values = {}
    for name, value in found.items():
        told = np.where(np.isfinite(observed), value, np.nan)
        known = np.isfinite(told[:, :-1])
        total = np.where(known, told[:, :-1], 0.0).sum(axis=1)
        provinces = np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)
        values[name] = np.stack([provinces, told[:, -1]], axis=1)
    bands = np.quantile(draws[:, :, -1], BANDS, axis=0, method="inverted_cdf").T
    return values, np.where(np.isfinite(observed[:, -1:]), bands, np.nan)


def scored(
    names: Sequence[str],
    draws: npt.NDArray[Any],
    counts: Counts,
    target: str,
    origins: Sequence[int],
    rules: Rules,
    *,
    pools: Mapping[str, Mapping[str, Floats]] | None = None,
) -> Scores:
    """Score forecasts, and pools of them.

    Args:
        names: of the forecasters.
        draws: shape (origins, forecasters, draws, horizons, provinces).
        counts, target: what came.
        origins: weeks that were known.
        rules: levels that training weeks set.
        pools: shares of the forecasters by name of the pool and by level.
    """
    every = (*names, *(pools or {}))
    horizons = draws.shape[3]
    shape = (len(every), len(origins), horizons)
    values = {name: np.full((*shape, len(LEVELS)), np.nan) for name in MEASURES}
    bands = np.full((*shape, len(BANDS)), np.nan)
    for row, weeks in enumerate(origins):
        observed = came(counts, target, weeks, horizons, len(counts.total))
        before = with_nation(np.asarray(getattr(counts, target)[max(weeks - BEFORE, 0) : weeks], np.float64))
        waits = waiting(before, rules)
        here = with_nation(np.asarray(draws[row], np.float64))
        for k, name in enumerate(every):
            if k < len(names):
                made, band = cell_scores(here[k], observed, rules.onset, waits)
            else:
                made, band = _pool(here, (pools or {})[name], observed, rules.onset, waits)
            for measure, value in made.items():
                values[measure][k, row] = value
            bands[k, row] = band
    return Scores(every, np.asarray(origins, np.int64), values, bands)


def _pool(
    here: Floats, shares: Mapping[str, Floats], observed: Floats, onset: Floats, waits: npt.NDArray[np.bool_]
) -> tuple[dict[str, Floats], Floats]:
    """The scores of a pool, whose shares differ by level."""
    made: dict[str, list[Floats]] = {name: [] for name in MEASURES}
    for at, level in enumerate(LEVELS):
        values, bands = cell_scores(pooled(here, shares[level]), observed, onset, waits)
        for name, value in values.items():
            made[name].append(value[:, at])
    return {name: np.stack(value, axis=1) for name, value in made.items()}, bands


def training_errors(draws: npt.NDArray[Any], counts: Counts, target: str, origins: Sequence[int], last: int) -> dict[str, Errors]:
    """What the CRPS of pools follows from, on training weeks, by level.

    Args:
        draws: shape (origins, forecasters, draws, horizons, provinces).
        counts, target, origins: as in `scored`.
        last: the week after the last that is used.
    """
    total: dict[str, Errors] = {}
    for row, weeks in enumerate(origins):
        observed = came(counts, target, weeks, draws.shape[3], last)
        here = with_nation(np.asarray(draws[row], np.float64))
        known = np.isfinite(observed[:, 0])
        for level, places in (("province", slice(None, -1)), ("nation", slice(-1, None))):
            cells = here[:, :, known][..., places].reshape(*here.shape[:2], -1)
            found = errors(cells, observed[known][:, places].reshape(-1))
            total[level] = total[level] + found if level in total else found
    return total
