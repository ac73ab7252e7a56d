"""Simulations from a posterior: for predictive checks, forecasts, ablations, and the draw that stands for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.counts import common_of, weekly_counts
from groundswell.calibration.nearest import REPEATS
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import Priors
from groundswell.calibration.reference import ARRAYS, MOST_FAILED, SEEDS, Progress, counts_at, in_per_cent, persons_of
from groundswell.calibration.summaries import Windows, summarise
from groundswell.core.draws import day_date, day_number
from groundswell.core.errors import InputError
from groundswell.studies import Study

if TYPE_CHECKING:
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]

AHEAD = 5_000_000  # between the seeds of the reference table and those of simulations from the posterior
AGAIN = 7_500_000  # and those of draws that are simulated again


def predict(
    case: Case, target: str | Path, posterior: Posterior, folder: Path, *, draws: int, end: date | None = None, start: date | None = None,
    seed: int = 1, shift: int = 0, without: Mapping[str, float] | None = None, days: bool = False, workers: int | None = None,
    progress: Progress | None = None,
) -> Study:  # fmt: skip
    """Simulate from a posterior: trajectories for predictive checks, forecasts and ablations.

    Args:
        case, target: as in `fit`.
        posterior: whose draws are simulated.
        folder: of the study.
        draws: how many.
        start, end: the period; by default the training weeks. The week of `end` is whole.
        seed: of the simulations, which share nothing with those of the reference table.
        shift: days by which dated shocks are moved, for placebo dates.
        without: values set after the draw, for an ablation (`{"shocks.strength": 0}`).
        days: whether the nation is counted by day, too.
        workers, progress: as in `fit`.
    """
    until = day_date(day_number(end) + 6) if end is not None else posterior.priors.end
    tasks = []
    for k, draw in enumerate(posterior.draws(draws, seed)):
        more = {"shift": shift} if shift else {}
        tasks.append({"seed": seed * SEEDS + AHEAD + k, **draw, **(without or {}), **more})
    return simulate_draws(case, target, posterior, folder, tasks, start=start, end=until, days=days, workers=workers, progress=progress)


def simulate_draws(
    case: Case, target: str | Path, posterior: Posterior, folder: Path, tasks: list[dict[str, Any]], *, end: date,
    start: date | None = None, days: bool = False, workers: int | None = None, progress: Progress | None = None,
) -> Study:  # fmt: skip
    """A finished study of `weekly_counts` at the scale of a fit."""
    scale = int(posterior.provenance["scale"])
    common, paths = common_of(case, target, start=start or posterior.priors.start, end=end, scale=scale, days=days)
    study = Study(folder, weekly_counts, tasks, common=common, paths=paths)
    study.run(workers=workers, progress=in_per_cent(progress))
    return study


@dataclass(frozen=True)
class Again:
    """Simulates draws of a posterior again, each `REPEATS` times, over the training weeks; arguments as in `fit`."""

    case: Case
    target: str | Path
    posterior: Posterior
    windows: Windows
    folder: Path
    seed: int
    workers: int | None
    progress: Progress | None

    def summaries(self, draws: list[dict[str, float]]) -> Floats:
        """Summaries of the simulations, shape (draws, REPEATS, summaries); NaN where one failed."""
        first, priors = self.seed * SEEDS + AGAIN, self.posterior.priors
        tasks = [{"seed": first + REPEATS * j + k, **draw} for j, draw in enumerate(draws) for k in range(REPEATS)]
        study = simulate_draws(
            self.case, self.target, self.posterior, self.folder, tasks, end=priors.end, workers=self.workers, progress=self.progress
        )  # fmt: skip
        return summaries_of(study, self.case, priors, self.windows).reshape(len(draws), REPEATS, -1)


def succeeded(study: Study) -> list[int]:
    """The tasks of a study that gave a result.

    Raises:
        InputError: too many failed.
    """
    failed = study.failed()
    if len(failed) > MOST_FAILED * len(study):
        such = next(iter(failed.values()))
        raise InputError(f"{len(failed)} of {len(study)} simulations from the posterior failed, such as: {such}", file=study.folder)
    return [row for row in range(len(study)) if row not in failed]


def summaries_of(study: Study, case: Case, priors: Priors, windows: Windows) -> Floats:
    """Summaries of the training weeks of every task of a study; NaN where it failed. Shape (tasks, summaries)."""
    arrays, failed = {name: study.arrays(name) for name in ARRAYS}, study.failed()
    ids, persons = tuple(sorted(row.id for row in case.census().provinces)), persons_of(case)
    found = {
        row: summarise(counts_at(study, row, arrays, ids).between(priors.start, priors.last_week), persons, windows).values
        for row in range(len(study))
        if row not in failed
    }
    width = len(next(iter(found.values()), ()))
    return np.array([found.get(row, np.full(width, np.nan)) for row in range(len(study))])
