"""A whole fit: draws from the prior simulated as a study, the record summarised, a posterior, its checks, and simulations from it.

Everything is a function of the case, the priors, the record, a seed and the number of draws. The study is the memory: a fit that is
stopped or killed goes on where it was when it is called again, to the same bytes, and a fit with more draws uses those that are done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration import checking
from groundswell.calibration.counts import Counts, case_digest, common_of, weekly_counts, whole_weeks
from groundswell.calibration.inference import KEEP, Amortised, amortise
from groundswell.calibration.learning import names_of
from groundswell.calibration.nearest import REPEATS, Nearest, nearest
from groundswell.calibration.posterior import Misfit, Posterior
from groundswell.calibration.priors import Priors
from groundswell.calibration.summaries import Windows, summarise, windows_of
from groundswell.core.draws import day_date, day_number
from groundswell.core.errors import InputError
from groundswell.studies import Study

if TYPE_CHECKING:
    from groundswell.cases import Case
    from groundswell.events.table import Events

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]

ARRAYS = ("total", "contested", "deaths", "kinds")
REFERENCE, POSTERIOR, PREDICTIVE, NEAREST = "reference", "posterior", "predictive", "nearest"
SEEDS = 10_000_000  # between the seeds of two fits' simulations
AHEAD = 5_000_000  # between those of the reference table and those of simulations from the posterior
AGAIN = 7_500_000  # and those of draws that are simulated again
MOST_FAILED = 0.02  # share of simulations that may fail: they are not a fair sample of the prior
GAP = 8  # weeks at either end in which a record may hold nothing


@dataclass(frozen=True, eq=False)
class Table:
    """A reference table: draws from the prior and the summaries of what was simulated from each.

    Attributes:
        z: parameters on the scale on which priors are standard normal; shape (rows, parameters).
        values: the same in their units.
        summaries: shape (rows, summaries).
        names: of summaries.
        failed: simulations that gave no result, which are left out.
    """

    z: Floats
    values: Floats
    summaries: Floats
    names: tuple[str, ...]
    failed: int


def persons_of(case: Case) -> Floats:
    """Residents by province, in the order of ids."""
    rows = sorted(case.census().provinces, key=lambda row: row.id)
    return np.array([row.population for row in rows], np.float64)


def payloads(priors: Priors, count: int, seed: int) -> list[dict[str, Any]]:
    """The tasks of a reference table: draw k has its values and a seed of its own, whatever the number of draws."""
    values = priors.draws(0, count, seed)
    return [{"seed": seed * SEEDS + k, **dict(zip(priors.keys, row, strict=True))} for k, row in enumerate(values.tolist())]


def reference(
    case: Case, target: str | Path, priors: Priors, folder: Path, *, simulations: int, scale: int, seed: int = 1,
    workers: int | None = None, progress: Progress | None = None,
) -> Study:  # fmt: skip
    """Simulate the reference table of a fit, or what of it is missing.

    Raises:
        Stopped: by Ctrl-C; called again, it goes on.
        InputError: the folder holds something else, or too many simulations failed.
    """
    common, paths = common_of(case, target, start=priors.start, end=priors.end, scale=scale)
    study = Study(folder, weekly_counts, payloads(priors, simulations, seed), common=common, paths=paths)
    study.run(workers=workers, progress=_in_per_cent(progress))
    failed = study.failed()
    if len(failed) > MOST_FAILED * simulations:
        first = next(iter(failed.values()))
        raise InputError(f"{len(failed)} of {simulations} simulations failed, such as: {first}", file=folder)
    return study


def _in_per_cent(progress: Progress | None) -> Progress | None:
    """Progress of a study in words of a fit."""
    return None if progress is None else lambda _, done, of: progress("simulating", round(100 * done / max(of, 1)), 100)


def counts_at(study: Study, row: int, arrays: Mapping[str, npt.NDArray[Any]], ids: tuple[str, ...]) -> Counts:
    """One row of a study of `weekly_counts`."""
    first, _ = whole_weeks(date.fromisoformat(study.common["start"]), date.fromisoformat(study.common["end"]))
    total, contested, deaths, kinds = (np.asarray(arrays[name][row], np.int64) for name in ARRAYS)
    return Counts(first, ids, total, contested, deaths, kinds)


def tabulate(study: Study, case: Case, priors: Priors, windows: Windows, progress: Progress | None = None) -> Table:
    """The reference table of a finished study.

    Raises:
        InputError: simulations are missing: those that finished first are no fair sample.
    """
    arrays = {name: study.arrays(name) for name in ARRAYS}
    failed, persons = study.failed(), persons_of(case)
    ids = tuple(sorted(row.id for row in case.census().provinces))
    rows = [k for k in range(len(study)) if k not in failed]
    found: list[Floats] = []
    names: tuple[str, ...] = ()
    for k, row in enumerate(rows):
        if progress is not None:
            progress("summarising", round(100 * k / len(rows)), 100)
        one = summarise(counts_at(study, row, arrays, ids), persons, windows)
        names = one.names
        found.append(one.values)
    frame = study.frame().select(priors.keys)
    values = np.asarray(frame.to_numpy(), np.float64)[rows]
    return Table(priors.to_normal(values), values, np.array(found), names, len(failed))


def infer(
    table: Table, observed: Floats, priors: Priors, *, keep: float = KEEP, truths: int = checking.ENOUGH,
    progress: Progress | None = None,
) -> tuple[Posterior, Amortised, checking.Calibrations]:  # fmt: skip
    """The posterior of a record, given a reference table, and the calibration of the same inference on rows of the table.

    A summary that no simulation comes near (the record lies beyond all of them) is not used: a regression would follow it to where
    nothing was simulated. It is told among the misfits.

    Args:
        table: of draws from the prior.
        observed: the record's summaries, in the order of the table's.
        priors: of the parameters.
        keep: share of the table that is kept; see `inference`.
        truths: rows that calibration is judged by, at least one.
        progress: called with words, done and of.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums of floats depend on how many threads share them
        return _inferred(table, observed, priors, keep, truths, progress)


def _inferred(
    table: Table, observed: Floats, priors: Priors, keep: float, truths: int, progress: Progress | None
) -> tuple[Posterior, Amortised, checking.Calibrations]:
    near = (observed >= table.summaries.min(axis=0)) & (observed <= table.summaries.max(axis=0))
    inference = amortise(table.summaries, table.z, keep=keep, use=near)
    found = inference.posterior(observed)
    enough = min(truths, len(table.z))
    calibration = checking.calibrate(priors.keys, inference, enough, progress=progress)
    diagnostics = {
        "effective": found.effective,
        "unusual": checking.furthest(inference, found, enough),
        "simulations": len(table.z),
        "failed": table.failed,
        "explained": dict(zip(priors.keys, inference.learned.explained.tolist(), strict=True)),
        "beyond": [name for name, ok in zip(table.names, near.tolist(), strict=True) if not ok],
        "used": list(names_of(table.names, inference.learned)),
        "keep": keep,
    }
    kept = misfits(table.names, observed, table.summaries, table.summaries[found.rows], found.weights, inference.learned.scaling.kept)
    values = priors.from_normal(found.z)
    return Posterior("", priors, values, found.weights, {}, diagnostics, calibration.each, kept), inference, calibration


def misfits(
    names: Sequence[str], observed: Floats, prior: Floats, kept: Floats, weights: Floats, used: npt.NDArray[np.bool_]
) -> tuple[Misfit, ...]:
    """Every summary of the record beside the simulations of the prior and those kept, or made, under the posterior."""
    before, after = checking.tails(observed, prior), checking.tails(observed, kept, weights)
    low, high = checking.quantiles(kept, weights, (0.05, 0.95))
    return tuple(
        Misfit(name, float(observed[k]), float(low[k]), float(high[k]), float(before[k]), float(after[k]), bool(used[k]))
        for k, name in enumerate(names)
    )


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
    """

    posterior: Posterior
    calibration: checking.Calibrations
    observed: Counts
    predictive: Mapping[str, npt.NDArray[Any]]
    training: int
    nearest: Nearest | None = None


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
    scale: int | None = None,
    seed: int = 1,
    workers: int | None = None,
    predictive: int = 100,
    choose: bool = False,
    progress: Progress | None = None,
) -> Fit:
    """Fit a case to a record, check the fit, and keep it.

    Args:
        case, target: as loaded, and the name or folder it was loaded by.
        events: the record, as read.
        priors: what is fitted.
        out: the folder: `reference` and `predictive` are studies, `posterior` is what other commands take.
        simulations, scale: instead of what the priors say.
        seed: of draws and simulations.
        workers: processes.
        predictive: simulations from the posterior, over the training and the validating weeks; 0: none.
        choose: whether the draw that stands for the posterior is found, among those that are simulated.
        progress: called with words, done and of.

    Raises:
        Stopped: by Ctrl-C; called again, it goes on.
        InputError: see `observed`, `reference`.
    """
    from groundswell.calibration.counts import observed as counted

    check_record(events, priors)
    rows, coarse = simulations or priors.simulations, scale or priors.scale
    windows, persons = windows_of(case), persons_of(case)
    record = counted(events, case, priors.start, priors.end)
    told = summarise(record, persons, windows)
    study = reference(
        case, target, priors, out / REFERENCE, simulations=rows, scale=coarse, seed=seed, workers=workers, progress=progress
    )  # fmt: skip
    table = tabulate(study, case, priors, windows, progress)
    posterior, _, calibration = infer(table, told.values, priors, progress=progress)
    posterior = dataclasses.replace(posterior, case=case.id, provenance=_provenance(case, events, study, coarse, seed))
    posterior.write(out / POSTERIOR)
    whole, arrays, chosen = compared(case, events, priors), {}, None
    if predictive:
        mine = posterior.digest[:16]  # another posterior's simulations may lie beside it
        ahead = predict(
            case, target, posterior, out / PREDICTIVE / mine,
            draws=predictive, end=whole.weeks[-1], seed=seed, workers=workers, progress=progress,
        )  # fmt: skip
        arrays, found = {name: ahead.arrays(name) for name in ARRAYS}, summaries_of(ahead, case, priors, windows)
        posterior = _checked(posterior, found, table, told.values)
        posterior.write(out / POSTERIOR)
        if choose:
            again = Again(case, target, posterior, windows, out / NEAREST / mine, seed, workers, progress)
            values = ahead.frame().select(priors.keys).to_numpy()
            chosen = nearest(values, priors.keys, posterior.within(values), found, told.values, table.summaries, again.summaries)
    return Fit(posterior, calibration, whole, arrays, len(record.total), chosen)


def _provenance(case: Case, events: Events, study: Study, scale: int, seed: int) -> dict[str, Any]:
    import groundswell

    return {
        "groundswell": groundswell.__version__,
        "case": case.id,
        "case_digest": case_digest(case),
        "record": events.digest,
        "record_format": events.source,
        "scale": scale,
        "seed": seed,
        "simulations": len(study),
        "common": {k: v for k, v in study.common.items() if k != "folder"},
    }


def compared(case: Case, events: Events, priors: Priors) -> Counts:
    """The record over the training and the validating weeks, as far as it goes."""
    from groundswell.calibration.counts import observed as counted

    end = priors.validate_end or priors.end
    return counted(events, case, priors.start, min(end, max(extent(events)[1], priors.end)))


def predict(
    case: Case, target: str | Path, posterior: Posterior, folder: Path, *, draws: int, end: date | None = None, start: date | None = None,
    seed: int = 1, shift: int = 0, without: Mapping[str, float] | None = None, workers: int | None = None, progress: Progress | None = None,
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
        workers, progress: as in `fit`.
    """
    until = day_date(day_number(end) + 6) if end is not None else posterior.priors.end
    tasks = []
    for k, draw in enumerate(posterior.draws(draws, seed)):
        more = {"shift": shift} if shift else {}
        tasks.append({"seed": seed * SEEDS + AHEAD + k, **draw, **(without or {}), **more})
    return simulate_draws(case, target, posterior, folder, tasks, start=start, end=until, workers=workers, progress=progress)


def simulate_draws(
    case: Case, target: str | Path, posterior: Posterior, folder: Path, tasks: list[dict[str, Any]], *, end: date,
    start: date | None = None, workers: int | None = None, progress: Progress | None = None,
) -> Study:  # fmt: skip
    """A finished study of `weekly_counts` at the scale of a fit."""
    scale = int(posterior.provenance["scale"])
    common, paths = common_of(case, target, start=start or posterior.priors.start, end=end, scale=scale)
    study = Study(folder, weekly_counts, tasks, common=common, paths=paths)
    study.run(workers=workers, progress=_in_per_cent(progress))
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


def summaries_of(study: Study, case: Case, priors: Priors, windows: Windows) -> Floats:
    """Summaries of the training weeks of every task of a study; NaN where it failed. Shape (tasks, summaries)."""
    arrays, failed = {name: study.arrays(name) for name in ARRAYS}, study.failed()
    ids, persons = tuple(sorted(row.id for row in case.census().provinces)), persons_of(case)
    found = {
        row: summarise(counts_at(study, row, arrays, ids).between(priors.start, priors.end), persons, windows).values
        for row in range(len(study))
        if row not in failed
    }
    width = len(next(iter(found.values()), ()))
    return np.array([found.get(row, np.full(width, np.nan)) for row in range(len(study))])


def _checked(posterior: Posterior, ahead: Floats, table: Table, told: Floats) -> Posterior:
    """The posterior with its misfits judged by simulations from it rather than by the table's nearest rows."""
    found = ahead[~np.isnan(ahead).any(axis=1)]
    used = np.array([one.used for one in posterior.misfits])
    even = np.full(len(found), 1 / len(found))
    return dataclasses.replace(posterior, misfits=misfits(table.names, told, table.summaries, found, even, used))
