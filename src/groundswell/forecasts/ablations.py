"""What each part of a fitted model does for the fit: the same draws of the posterior with something taken out, or with shocks moved.

Draw k of every variant has the same parameters and the same seed, so that what differs is what was taken out. Trajectories know no real
week. A part that is taken out is not fitted anew: what the others could take over in its place is not shown, so that a small loss
says that the part is not needed for these weeks, and a large one that the fitted model leans on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration.ahead import predict
from groundswell.calibration.checking import Banded
from groundswell.calibration.counts import whole_weeks
from groundswell.calibration.priors import Ablation
from groundswell.core.draws import day_date
from groundswell.core.errors import InputError
from groundswell.core.store import digest
from groundswell.events.weekly import moments_of
from groundswell.forecasts import bootstrap, scores
from groundswell.forecasts.history import TARGETS

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts
    from groundswell.calibration.posterior import Posterior
    from groundswell.cases import Case
    from groundswell.experiments.running import Progress

Floats = npt.NDArray[np.float64]

WHOLE = "the whole model"
DRAWS = 60
BAND = (0.05, 0.5, 0.95)
FITTED, AFTER = "fitted weeks", "weeks after them"
FIGURES: Mapping[str, str] = {
    "mean": "events a week",
    "variance_to_mean": "variance / mean of the weeks",
    "autocorrelation_1": "correlation with the week before",
    "empty": "share of province-weeks without one",
    "province_correlation": "mean correlation of two provinces",
    "widest": "provinces with one in the widest week",
}


@dataclass(frozen=True)
class Loss:
    """How much worse a variant describes weeks than the whole model.

    Attributes:
        variant, target, period: what was taken out, which series, which weeks.
        crps: mean CRPS of log(1 + n) of the nation's weeks.
        ratio: that over the whole model's, with its interval over blocks of weeks: above 1 is worse.
    """

    variant: str
    target: str
    period: str
    crps: float
    ratio: bootstrap.Interval


@dataclass(frozen=True)
class Figure(Banded):
    """A figure of the fitted weeks, real and under a variant.

    Attributes:
        variant, target, name: whose; the name is one of `FIGURES`.
        real: of the record.
        low, median, high: 5, 50 and 95 % of the simulations.
    """

    variant: str
    target: str
    name: str
    real: float
    low: float
    median: float
    high: float


@dataclass(frozen=True, eq=False)
class Ablations:
    """What came out.

    Attributes:
        variants: the whole model first.
        losses, figures: of every variant.
        bands: quantiles of the nation's simulated weeks by variant and series; shape (weeks, 3).
        record: the weeks they are held against.
        fitted: how many of them were fitted.
        draws: simulations of each variant.
    """

    variants: tuple[Ablation, ...]
    losses: tuple[Loss, ...]
    figures: tuple[Figure, ...]
    bands: Mapping[tuple[str, str], Floats]
    record: Counts
    fitted: int
    draws: int

    def table(self) -> Any:
        """Losses and figures as one frame: variant, target, period, quantity, real, value, low, high."""
        import polars as pl

        rows: list[tuple[str | float | None, ...]] = [
            (one.variant, one.target, one.period, "crps_log_ratio", None, *one.ratio) for one in self.losses
        ]
        rows += [(one.variant, one.target, FITTED, one.name, one.real, one.median, one.low, one.high) for one in self.figures]
        names = ("variant", "target", "period", "quantity", "real", "value", "low", "high")
        kinds = dict.fromkeys(names[:4], pl.String) | dict.fromkeys(names[4:], pl.Float64)
        return pl.DataFrame(rows, schema=kinds, orient="row")


def ablate(
    posterior: Posterior, case: Case, target: str | Path, folder: Path, record: Counts, variants: Sequence[Ablation], *,
    draws: int = DRAWS, seed: int = 1, workers: int | None = None, progress: Progress | None = None,
) -> Ablations:  # fmt: skip
    """Simulate the fitted model whole and with something taken out, and hold each against the record.

    Args:
        posterior: of this case.
        case, target: the case, and the name or folder by which it was given.
        folder: of the studies, one a variant: what is done stays done.
        record: the weeks from the first fitted one on.
        variants: what is taken out or moved.
        draws, seed, workers, progress: see `groundswell.calibration.ahead.predict`.

    Raises:
        InputError: the posterior is of another case, the record begins in another week than the fit, or a simulation failed.
        Stopped: by a signal; called again, it goes on.
    """
    if posterior.case != case.id:
        raise InputError(f"is of the case {posterior.case!r}, not of {case.id!r}", key="posterior")
    first, _ = whole_weeks(posterior.priors.start, posterior.priors.end)
    if record.first != first:
        raise InputError(f"begins on {record.weeks[0]}; the fit begins on {day_date(first)}", key="record")
    every = (Ablation(WHOLE), *variants)
    made = {}
    for number, one in enumerate(every):
        study = predict(
            case, target, posterior, folder / _place(posterior, one), draws=draws, end=record.weeks[-1], seed=seed, shift=one.shift,
            without=one.values, workers=workers, progress=_part(progress, number, len(every)),
        )  # fmt: skip
        if failed := study.failed():
            raise InputError(f"{len(failed)} of {draws} simulations failed, such as: {next(iter(failed.values()))}", key=one.name)
        weeks = len(record.total)
        made[one.name] = {name: np.asarray(study.arrays(name)[:, :weeks], np.float64) for name in TARGETS}
    fitted = sum(week <= posterior.priors.last_week for week in record.weeks)
    losses = tuple(loss for one in every for loss in _losses(one.name, made, record, fitted))
    figures = tuple(figure for one in every for figure in _figures(one.name, made[one.name], record, fitted))
    bands = {(name, series): np.quantile(x.sum(axis=2), BAND, axis=0).T for name, both in made.items() for series, x in both.items()}
    return Ablations(every, losses, figures, bands, record, fitted, draws)


def _place(posterior: Posterior, one: Ablation) -> str:
    """The folder of a variant: named by what decides its simulations, so that an edited one is not taken for it."""
    return digest(repr((posterior.digest, sorted(one.values.items()), one.shift)).encode())[:16]


def _part(progress: Progress | None, number: int, of: int) -> Progress | None:
    """Progress of one of several studies as that of all."""
    if progress is None:
        return None
    return lambda _, done, whole: progress("simulating", round(100 * (number + done / max(whole, 1)) / of), 100)


def _losses(name: str, made: Mapping[str, Mapping[str, Floats]], record: Counts, fitted: int) -> Iterator[Loss]:
    for series in TARGETS:
        real = getattr(record, series).sum(axis=1)
        own, whole = (scores.crps_log(made[who][series].sum(axis=2), real) for who in (name, WHOLE))
        for period, weeks in ((FITTED, slice(fitted)), (AFTER, slice(fitted, None))):
            if len(own[weeks]):
                yield Loss(name, series, period, float(own[weeks].mean()), bootstrap.ratio(own[weeks], whole[weeks]))


def _figures(name: str, made: Mapping[str, Floats], record: Counts, fitted: int) -> Iterator[Figure]:
    for series in TARGETS:
        real = figures_of(np.asarray(getattr(record, series), np.float64)[:fitted])
        every = [figures_of(one[:fitted]) for one in made[series]]
        for key in FIGURES:
            values = np.array([one[key] for one in every])
            known = values[np.isfinite(values)]
            ends = np.quantile(known, BAND) if len(known) else np.full(3, np.nan)
            yield Figure(name, series, key, real[key], *(float(end) for end in ends))


def figures_of(table: Floats) -> dict[str, float]:
    """The figures of `FIGURES` of a table of counts; shape (weeks, provinces)."""
    found = moments_of(table)
    widest = float((table > 0).sum(axis=1).max()) if len(table) else float("nan")
    return {**{key: float(getattr(found, key)) for key in FIGURES if key != "widest"}, "widest": widest}
