"""A retrospective evaluation: forecasts of a closed period, pools of them, their scores, and the table of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date
from groundswell.core.errors import InputError
from groundswell.forecasts import bootstrap
from groundswell.forecasts.baselines import baselines
from groundswell.forecasts.history import LEAST
from groundswell.forecasts.mixtures import Errors, best_shares
from groundswell.forecasts.rolling import DRAWS, HORIZONS, SEED, rolling
from groundswell.forecasts.scoring import LEVELS, MEASURES, Scores, scored, training_errors
from groundswell.forecasts.weeks import NAMES, Rules, classes, rules

if TYPE_CHECKING:
    import polars as pl

    from groundswell.calibration.counts import Counts
    from groundswell.experiments.running import Progress
    from groundswell.forecasts.calendars import Calendar
    from groundswell.forecasts.simulated import Simulated

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

TRAINED = 156  # weeks before the first that is scored, whose forecasts set the shares of pools
FEWEST = 13  # of them at least
NEEDED = LEAST + FEWEST + HORIZONS - 1  # weeks before the first that is scored
TELLING = 5  # scored weeks of a class from which intervals are told: fewer tell nothing of chance
WITHOUT, WITH = "pool of baselines", "pool with the simulator"
EQUAL_WITHOUT, EQUAL_WITH = "equal pool of baselines", "equal pool with simulator"  # every forecaster has the same share
LESS = {WITH: WITHOUT, EQUAL_WITH: EQUAL_WITHOUT}  # the same pool without the simulator
ALL = "all"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came out for one series.

    Attributes:
        target: the series.
        counts: the record.
        scored_from: position of the first week that is scored; the weeks before are the training weeks.
        scores: of forecasters and pools.
        baselines: names of those that are compared with.
        shares: of the forecasters in each pool, by level.
        rules: levels that training weeks set.
        classes: of every week of the record.
    """

    target: str
    counts: Counts
    scored_from: int
    scores: Scores
    baselines: tuple[str, ...]
    shares: dict[str, dict[str, dict[str, float]]]
    rules: Rules
    classes: Ints = field(repr=False)

    def ahead(self) -> Ints:
        """Positions of the weeks ahead; shape (origins, horizons)."""
        return self.scores.origins[:, None] + np.arange(HORIZONS)

    def best(self, level: str) -> str:
        """The baseline with the lowest CRPS over all weeks."""
        at = LEVELS.index(level)
        means = {name: float(np.nanmean(self.scores.of(name, "crps")[:, :, at])) for name in self.baselines}
        return min(means, key=lambda name: means[name])

    def cells(self, name: str, measure: str, level: str, horizon: int | None = None, kind: str = ALL) -> Floats:
        """Values by origin and week ahead, nan where they are not of the class; shape (origins, horizons)."""
        values = np.array(self.scores.of(name, measure)[:, :, LEVELS.index(level)])
        if kind != ALL:
            there = np.minimum(self.ahead(), len(self.classes) - 1)
            values[self.classes[there] != NAMES.index(kind)] = np.nan
        return values if horizon is None else values[:, horizon - 1 : horizon]

    def weeks_of(self, kind: str, horizon: int | None = None) -> int:
        """Scored weeks of a class, so many weeks ahead; the first ones are not forecast from afar."""
        here = self.classes[self.scored_from + (horizon or 1) - 1 :]
        return len(here) if kind == ALL else int((here == NAMES.index(kind)).sum())


def evaluate(
    folder: Path,
    counts: Counts,
    calendar: Calendar,
    target: str,
    scored_from: int,
    *,
    names: Sequence[str] | None = None,
    simulated: Simulated | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Forecast a closed period from rolling origins and score it.

    Args:
        folder: where forecasts are kept; a stopped evaluation goes on.
        counts: the record, whose last week is the last that is scored.
        calendar: what is known ahead.
        target: `total` or `contested`.
        scored_from: position of the first week that is scored.
        names: of the forecasters; all where None.
        simulated: simulated histories, for the simulator's own forecasts.
        draws, seed, workers, progress: see `rolling`.

    Raises:
        InputError: there are too few weeks before the first that is scored, or none after it.
        Stopped: by a signal.
    """
    if scored_from < NEEDED or scored_from >= len(counts.total):
        raise InputError(f"{scored_from} weeks lie before the first that is scored; {NEEDED} are needed, and a week after them")
    training = list(range(max(LEAST, scored_from - TRAINED), scored_from - HORIZONS + 1))
    scoring = list(range(scored_from, len(counts.total)))
    how: dict[str, Any] = {"names": names, "simulated": simulated, "draws": draws, "seed": seed, "workers": workers, "progress": progress}
    names, drawn = rolling(folder, counts, calendar, target, [*training, *scoring], **how)
    found = rules(counts, target, scored_from)
    usual = [one.name for one in baselines() if one.name in names]
    if progress is not None:
        progress("scoring", 0, 100)
    errors = training_errors(drawn[: len(training)], counts, target, training, scored_from)
    shares = _shares(names, usual, errors)
    if progress is not None:
        progress("scoring", 20, 100)
    scores = scored(names, drawn[len(training) :], counts, target, scoring, found, pools=shares)
    told = {
        pool: {level: {name: float(w) for name, w in zip(names, one, strict=True) if w > 0} for level, one in levels.items()}
        for pool, levels in shares.items()
    }
    return Evaluation(target, counts, scored_from, scores, tuple(usual), told, found, classes(counts, found))


def _shares(names: Sequence[str], usual: Sequence[str], errors: Mapping[str, Errors]) -> dict[str, dict[str, Floats]]:
    """Shares of every pool by level; shape (forecasters,) each."""
    pools = {(WITHOUT, EQUAL_WITHOUT): usual} | ({(WITH, EQUAL_WITH): names} if len(names) > len(usual) else {})
    shares: dict[str, dict[str, Floats]] = {}
    for (learned, equal), members in pools.items():
        use = np.array([names.index(name) for name in members])
        for level, one in errors.items():
            for pool, values in ((learned, best_shares(one.among(use))), (equal, np.full(len(use), 1 / len(use)))):
                shares.setdefault(pool, {})[level] = np.zeros(len(names))
                shares[pool][level][use] = values
    return {pool: shares[pool] for pool in (WITHOUT, WITH, EQUAL_WITHOUT, EQUAL_WITH) if pool in shares}


def table(found: Evaluation, *, kinds: Sequence[str] = (ALL, *NAMES)) -> pl.DataFrame:
    """Every mean score with its interval, and the skill against the best baseline.

    Returns:
        One row a forecaster, level, weeks ahead (0: all) and class of week: `weeks` (scored, of the class), the measures, `crps_low`,
        `crps_high`, `skill` (of CRPS, against `reference`), `skill_low`, `skill_high`; and `gain`, `gain_low`,
        `gain_high`, which are those of `gain` for the pools with the simulator. Below `TELLING` weeks no interval is told.
    """
    import polars as pl

    rows = []
    for level in LEVELS:
        reference = found.best(level)
        for horizon in (None, *range(1, HORIZONS + 1)):
            for kind in kinds:
                base = found.cells(reference, "crps", level, horizon, kind)
                for name in found.scores.names:
                    row: dict[str, Any] = {"target": found.target, "forecaster": name, "level": level, "ahead": horizon or 0, "class": kind}
                    row["weeks"] = found.weeks_of(kind, horizon)
                    for measure in MEASURES:
                        values = found.cells(name, measure, level, horizon, kind)
                        row[measure] = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
                    own = found.cells(name, "crps", level, horizon, kind)
                    few = row["weeks"] < TELLING
                    _, row["crps_low"], row["crps_high"] = _told(bootstrap.mean(own), few)
                    row["reference"] = reference
                    row["skill"], row["skill_low"], row["skill_high"] = _told(bootstrap.skill(own, base), few)
                    less = found.cells(LESS[name], "crps", level, horizon, kind) if name in LESS else np.full_like(own, np.nan)
                    row["gain"], row["gain_low"], row["gain_high"] = _told(bootstrap.skill(own, less), few)
                    rows.append(row)
    return pl.DataFrame(rows)


def _told(one: bootstrap.Interval, few: bool) -> bootstrap.Interval:
    """Without its ends where too few weeks are behind it."""
    return bootstrap.Interval(one.value, float("nan"), float("nan")) if few else one


def gain(found: Evaluation, level: str, pool: str = WITH) -> bootstrap.Interval | None:
    """The skill of a pool with the simulator against the same pool without it; None where there is no simulator."""
    if pool not in found.scores.names:
        return None
    return bootstrap.skill(found.cells(pool, "crps", level), found.cells(LESS[pool], "crps", level))


def period(found: Evaluation) -> tuple[str, str]:
    """First and last day that are scored."""
    first = found.counts.first + 7 * found.scored_from
    return str(day_date(first)), str(day_date(found.counts.first + 7 * len(found.counts.total) - 1))
