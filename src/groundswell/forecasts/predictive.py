"""A posterior against a record that it may never have seen: simulated histories beside what came, and what they make forecasts of.

The simulations run from the beginning of the fit to the end of the record under draws of the posterior. They follow the case's dated
shocks, also those that lie after the fit: the check says how well the model describes weeks whose shocks are given, and is no forecast.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration import checking
from groundswell.calibration.ahead import predict
from groundswell.calibration.counts import Counts
from groundswell.calibration.reference import counts_at, persons_of
from groundswell.calibration.summaries import summarise, windows_of
from groundswell.core.draws import day_date
from groundswell.core.errors import InputError
from groundswell.forecasts import bootstrap, scores
from groundswell.forecasts.history import TARGETS
from groundswell.forecasts.scoring import BANDS, LEVELS
from groundswell.forecasts.simulated import Simulated
from groundswell.forecasts.weeks import with_nation

if TYPE_CHECKING:
    from groundswell.calibration.posterior import Posterior
    from groundswell.cases import Case
    from groundswell.experiments.running import Progress

Floats = npt.NDArray[np.float64]

DRAWS = 200
LEAST_SUMMARISED = 8  # weeks


@dataclass(frozen=True)
class Row:
    """Scores of the simulated histories over the scored weeks.

    Attributes:
        target, level: which series, and of provinces or the nation.
        crps: mean, with its interval.
        covered: share of weeks within the central 90 %.
        usual: mean CRPS of the record's own weeks before those that are scored, as a forecast; nan where there are too few.
    """

    target: str
    level: str
    crps: bootstrap.Interval
    covered: float
    usual: float


@dataclass(frozen=True)
class Tail:
    """One summary of the scored weeks beside the same of simulations."""

    name: str
    observed: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True, eq=False)
class Check:
    """What came out.

    Attributes:
        rows: scores.
        tails: summaries, the least likely first.
        bands: quantiles of the simulated national count by series; shape (weeks, 3).
        draws: simulations.
    """

    rows: tuple[Row, ...]
    tails: tuple[Tail, ...]
    bands: dict[str, Floats]
    draws: int


def simulate(
    posterior: Posterior,
    case: Case,
    target: str | Path,
    folder: Path,
    counts: Counts,
    *,
    draws: int = DRAWS,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[Simulated, list[Counts]]:
    """Histories under draws of a posterior, over the weeks of a record; kept as a study, so that a stopped one goes on.

    Args:
        posterior: of this case.
        case, target: the case, and the name or folder by which it was given.
        folder: of the study.
        counts: the record, for the weeks.
        draws, seed, workers, progress: see `groundswell.calibration.ahead.predict`.

    Raises:
        InputError: the posterior is of another case, or no simulation succeeded.
        Stopped: by a signal.
    """
    if posterior.case != case.id:
        raise InputError(f"is of the case {posterior.case!r}, not of {case.id!r}", key="posterior")
    start = min(day_date(counts.first), posterior.priors.start)
    last = counts.weeks[-1]
    study = predict(case, target, posterior, folder, draws=draws, start=start, end=last, seed=seed, workers=workers, progress=progress)
    arrays = {name: study.arrays(name) for name in ("total", "contested", "deaths", "kinds")}
    failed = study.failed()
    rows = [row for row in range(len(study)) if row not in failed]
    if not rows:
        raise InputError(f"no simulation succeeded: {next(iter(failed.values()), 'there is none')}", key="posterior")
    every = [counts_at(study, row, arrays, counts.provinces) for row in rows]
    about = {"posterior": dict(posterior.provenance), "draws": draws, "seed": seed}
    total, contested = (np.stack([np.asarray(getattr(one, name)) for one in every]).astype(np.uint16) for name in TARGETS)
    return Simulated(every[0].first, counts.provinces, total, contested, about), every


def check(simulated: list[Counts], counts: Counts, scored_from: int, case: Case) -> Check:
    """Simulated histories beside the record's weeks from a position on."""
    shift = (counts.first - simulated[0].first) // 7
    rows: list[Row] = []
    bands: dict[str, Floats] = {}
    for target in TARGETS:
        record = with_nation(np.asarray(getattr(counts, target), np.float64))
        made = with_nation(np.stack([np.asarray(getattr(one, target), np.float64)[shift : shift + len(record)] for one in simulated]))
        y, x = record[scored_from:], made[:, scored_from:]
        bands[target] = np.quantile(made[:, :, -1], BANDS, axis=0).T
        score, inside = scores.crps(x, y), scores.covered(x, y)
        before = record[:scored_from]
        usual = scores.crps(np.broadcast_to(before[:, None], (len(before), *y.shape)), y) if len(before) > 1 else np.full(y.shape, np.nan)
        for level, places in zip(LEVELS, (slice(None, -1), slice(-1, None)), strict=True):
            mean = bootstrap.mean(score[:, places])
            rows.append(Row(target, level, mean, float(inside[:, places].mean()), float(usual[:, places].mean())))
    return Check(tuple(rows), _tails(simulated, counts, scored_from, case), bands, len(simulated))


def _tails(simulated: list[Counts], counts: Counts, scored_from: int, case: Case) -> tuple[Tail, ...]:
    if len(counts.total) - scored_from < LEAST_SUMMARISED:
        return ()
    persons, windows = persons_of(case), windows_of(case)
    start, end = counts.weeks[scored_from], counts.weeks[-1]

    def told(one: Counts) -> Any:
        return summarise(one.between(start, end), persons, windows)

    record, every = told(counts), np.array([told(one).values for one in simulated])
    chance = checking.tails(record.values, every)
    low, high = np.quantile(every, (0.05, 0.95), axis=0)
    found = [Tail(*map(_plain, one)) for one in zip(record.names, record.values, low, high, chance, strict=True)]
    return tuple(sorted(found, key=lambda one: one.chance))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)
