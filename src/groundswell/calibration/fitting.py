"""A whole fit: draws from the prior simulated as a study, the record summarised, a posterior, its checks, and simulations from it.

Everything is a function of the case, the priors, the record, a seed and the number of draws. The study is the memory: a fit that is
stopped or killed goes on where it was when it is called again, to the same bytes, and a fit with more draws uses those that are done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration import checking
from groundswell.calibration.ahead import Again, predict, succeeded, summaries_of
from groundswell.calibration.counts import Counts, case_digest
from groundswell.calibration.nearest import Nearest, nearest
from groundswell.calibration.posterior import Posterior
from groundswell.calibration.priors import Priors
from groundswell.calibration.reference import ARRAYS, Progress, Table, persons_of
from groundswell.calibration.rounds import AHEAD, ROUNDS, Rounds, misfits
from groundswell.calibration.summaries import summarise, windows_of
from groundswell.calibration.weekdays import Daily, daily_in
from groundswell.core.errors import InputError

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.events.table import Events

Floats = npt.NDArray[np.float64]

REFERENCE, POSTERIOR, PREDICTIVE, NEAREST = "reference", "posterior", "ahead", "nearest"  # folders of a fit
GAP = 8  # weeks at either end in which a record may hold nothing


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit has made.

    Attributes:
        posterior: with its checks.
        calibration: of the inference.
        observed: the record over all weeks that it is compared on.
        predictive: simulations from the posterior over the same weeks, in the order of the draws; arrays by name, or nothing.
        training: how many of the weeks were fitted.
        nearest: the draw that stands for the posterior, where it was asked for.
        daily: counts by day, where the record or a file beside it tells them.
    """

    posterior: Posterior
    calibration: checking.Calibrations
    observed: Counts
    predictive: Mapping[str, npt.NDArray[Any]]
    training: int
    nearest: Nearest | None = None
    daily: Daily | None = None


def check_record(events: Events, priors: Priors) -> None:
    """Refuse a record that does not hold the training weeks: what is missing would be counted as quiet.

    Raises:
        InputError: it begins too late or ends too early.
    """
    low, high = extent(events)
    if (low - priors.start).days > 7 * GAP or (priors.end - high).days > 7 * GAP:
        raise InputError(f"the record runs from {low} to {high}; the training weeks are {priors.start} to {priors.end}", file=events.file)


def extent(events: Events) -> tuple[date, date]:
    """The first and the last day that a record tells of.

    Raises:
        InputError: it holds no event.
    """
    low, high = events.frame["first"].min(), events.frame["last"].max()
    if not isinstance(low, date) or not isinstance(high, date):
        raise InputError("the record holds no event", file=events.file)
    return low, high


def fit(
    case: Case,
    target: str | Path,
    events: Events,
    priors: Priors,
    out: Path,
    *,
    simulations: int | None = None,
    rounds: int = ROUNDS,
    scale: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    predictive: int = 100,
    choose: bool = False,
    daily: Daily | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Fit a case to a record, check the fit, and keep it.

    Args:
        case, target: as loaded, and the name or folder it was loaded by.
        events: the record, as read.
        priors: what is fitted.
        out: the folder: `reference`, `reference-2` and so on, `ahead` and `nearest` are studies or hold some, `posterior` is what other
            commands take.
        simulations, scale: instead of what the priors say.
        rounds: in which they are made; see `rounds`.
        seed: of draws and simulations.
        workers: processes.
        predictive: simulations from the posterior, over the training and the validating weeks; 0: none.
        choose: whether the draw that stands for the posterior is found, among those that are simulated.
        daily: counts of the nation by day, for a record of weeks.
        progress: called with words, done and of.

    Raises:
        Stopped: by Ctrl-C; called again, it goes on.
        InputError: see `observed`, `reference`.
    """
    from groundswell.calibration.counts import observed as counted

    check_record(events, priors)
    rows, coarse = simulations or priors.simulations, scale or priors.scale
    windows = windows_of(case)
    record = counted(events, case, priors.start, priors.end)
    told, whole = summarise(record, persons_of(case), windows), compared(case, events, priors)
    how = Rounds(case, target, priors, out / REFERENCE, windows, coarse, seed, workers, progress)
    posterior, calibration, before, common = how.fitted(told.values, rows, rounds)
    posterior = dataclasses.replace(posterior, case=case.id, provenance=_provenance(case, events, common, rows, coarse, seed))
    posterior.write(out / POSTERIOR)
    arrays: dict[str, npt.NDArray[Any]] = {}
    chosen = None
    if predictive:
        mine = posterior.digest[:16]  # another posterior's simulations may lie beside it
        ahead = predict(
            case, target, posterior, out / PREDICTIVE / mine,
            draws=predictive, end=whole.weeks[-1], seed=seed, days=True, workers=workers, progress=progress,
        )  # fmt: skip
        done = succeeded(ahead)
        arrays = {name: ahead.arrays(name)[done] for name in (*ARRAYS, "days")}
        found = summaries_of(ahead, case, priors, windows)[done]
        posterior = _checked(posterior, found, before, told.values)
        posterior.write(out / POSTERIOR)
        if choose:
            again = Again(case, target, posterior, windows, out / NEAREST / mine, seed, workers, progress)
            values = ahead.frame().select(priors.keys).to_numpy()[done]
            chosen = nearest(values, priors.keys, posterior.within(values), found, told.values, before.summaries, again.summaries)
    return Fit(posterior, calibration, whole, arrays, len(record.total), chosen, daily or daily_in(events))


def _provenance(case: Case, events: Events, common: Mapping[str, Any], simulations: int, scale: int, seed: int) -> dict[str, Any]:
    import groundswell

    return {
        "groundswell": groundswell.__version__,
        "case": case.id,
        "case_digest": case_digest(case),
        "record": events.digest,
        "record_format": events.source,
        "scale": scale,
        "seed": seed,
        "simulations": simulations,
        "common": {k: v for k, v in common.items() if k != "folder"},
    }


def compared(case: Case, events: Events, priors: Priors) -> Counts:
    """The record over the training and the validating weeks, as far as it goes."""
    from groundswell.calibration.counts import observed as counted

    end = priors.validate_end or priors.end
    return counted(events, case, priors.start, min(end, max(extent(events)[1], priors.end)))


def _checked(posterior: Posterior, ahead: Floats, table: Table, told: Floats) -> Posterior:
    """The posterior with its misfits judged by simulations from it rather than by the nearest rows of a table."""
    used = np.array([one.used for one in posterior.misfits])
    even = np.full(len(ahead), 1 / len(ahead))
    judged = misfits(table.names, told, table.summaries, ahead, even, used)
    return dataclasses.replace(posterior, misfits=judged, diagnostics={**posterior.diagnostics, "misfits": AHEAD})
