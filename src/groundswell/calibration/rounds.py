"""From rounds of simulations to a posterior.

The first round draws from the prior. What its posterior leaves of each parameter, widened, is the *part* of the prior from which the next
round draws: simulations lie denser where the record is, and guesses and regressions are made there and not across the whole prior. Rows
of earlier rounds that lie in the part are draws from it, too, and are used with the new ones. Within the part the prior is as it was, so
that only what a widened posterior leaves out is lost (truncated proposals: Blum & Francois 2010; Miller et al. 2021; Deistler et al. 2022).
Calibration is then that of the inference within the part. One round is amortised over all records; more are made for this one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.calibration import checking
from groundswell.calibration.inference import KEEP, Amortised, amortise
from groundswell.calibration.learning import names_of
from groundswell.calibration.posterior import Misfit, Posterior
from groundswell.calibration.priors import FURTHEST, Priors
from groundswell.calibration.reference import Progress, Table, reference, tabulate
from groundswell.calibration.summaries import Windows
from groundswell.core.store import digest

if TYPE_CHECKING:
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]

ROUNDS = 2
ENDS = (0.05, 0.95)  # shares of a posterior between which a part lies before it is widened
WIDER = 0.3  # of its width, to either side: of a normal posterior ends at 2.6 standard deviations
NARROWEST = 0.01  # share of the prior by which it is widened at least
APART = 1_000_000  # between the draws of two rounds
KEPT, AHEAD = "kept", "ahead"  # by which simulations misfits are judged: those of the table that are kept, or those from the posterior


@dataclass(frozen=True, eq=False)
class Part:
    """The prior between two shares of each parameter.

    Args:
        priors: the whole.
        low, high: shares of the prior below the ends; shape (parameters,).
    """

    priors: Priors
    low: Floats
    high: Floats

    @property
    def keys(self) -> tuple[str, ...]:
        """The parameters' keys."""
        return self.priors.keys

    @property
    def start(self) -> date:
        """The first training day."""
        return self.priors.start

    @property
    def end(self) -> date:
        """The last training day."""
        return self.priors.end

    @property
    def digest(self) -> str:
        """Hash of what it is a part of, and of its ends."""
        return digest((self.priors.digest + repr((self.low.tolist(), self.high.tolist()))).encode())

    @cached_property
    def ends(self) -> dict[str, tuple[float, float]]:
        """The least and the highest value of each parameter."""
        low, high = (self._values(share[None])[0].tolist() for share in (self.low, self.high))
        return dict(zip(self.priors.keys, zip(low, high, strict=True), strict=True))

    def _values(self, shares: Floats) -> Floats:
        return np.column_stack([one.quantile(shares[:, k]) for k, one in enumerate(self.priors.entries)])

    def _shares(self, values: Floats) -> Floats:
        """Where values lie in the part, 0 to 1 within it."""
        whole = np.column_stack([one.share(values[:, k]) for k, one in enumerate(self.priors.entries)])
        return np.asarray((whole - self.low) / (self.high - self.low))

    def draws(self, first: int, count: int, seed: int) -> Floats:
        """Draws from the part, addressed like those of `Priors.draws`."""
        return self._values(self.low + (self.high - self.low) * self.priors.shares(first, count, seed))

    def holds(self, values: Floats) -> npt.NDArray[np.bool_]:
        """Which rows lie in it."""
        at = self._shares(values)
        return np.asarray(((at >= 0) & (at <= 1)).all(axis=1))

    def to_normal(self, values: Floats) -> Floats:
        """Values on the scale on which the prior within the part is standard normal."""
        from scipy.special import ndtri

        return np.asarray(np.clip(ndtri(np.clip(self._shares(values), 0.0, 1.0)), -FURTHEST, FURTHEST))

    def from_normal(self, z: Floats) -> Floats:
        """The inverse of `to_normal`."""
        from scipy.special import ndtr

        return self._values(self.low + (self.high - self.low) * ndtr(np.asarray(z, np.float64)))


def part_of(posterior: Posterior, within: Part | None = None) -> Part:
    """The part of the prior in which a posterior lies, widened; inside the part before it, so that earlier rows fill it evenly."""
    priors = posterior.priors
    shares = np.column_stack([one.share(posterior.values[:, k]) for k, one in enumerate(priors.entries)])
    low, high = checking.quantiles(shares, posterior.weights, ENDS)
    wider = np.maximum(WIDER * (high - low), NARROWEST)
    least, most = (within.low, within.high) if within is not None else (0.0, 1.0)
    return Part(priors, np.clip(low - wider, least, most), np.clip(high + wider, least, most))


def joined(tables: Sequence[Table], part: Part) -> Table:
    """The rows of several tables that lie in a part."""
    inside = [part.holds(table.values) for table in tables]
    values = np.vstack([table.values[rows] for table, rows in zip(tables, inside, strict=True)])
    summaries = np.vstack([table.summaries[rows] for table, rows in zip(tables, inside, strict=True)])
    return Table(part.to_normal(values), values, summaries, tables[0].names, sum(table.failed for table in tables))


def infer(
    table: Table, observed: Floats, priors: Priors, *, part: Part | None = None, keep: float = KEEP, truths: int = checking.ENOUGH,
    before: Table | None = None, progress: Progress | None = None,
) -> tuple[Posterior, Amortised, checking.Calibrations]:  # fmt: skip
    """The posterior of a record, given a reference table, and the calibration of the same inference on rows of the table.

    A summary of the record that lies beyond all simulations of the table is not used: a regression would follow it to where nothing
    was simulated. It is told among the misfits. In a later round that is beyond all that lie in its part.

    Args:
        table: of draws from the prior, or from a part of it.
        observed: the record's summaries, in the order of the table's.
        priors: of the parameters.
        part: that of the table, if it is not of the whole prior.
        keep: share of the table that is kept; see `inference`.
        truths: rows that calibration is judged by, at least two.
        before: of the whole prior, for the chances of the record's summaries there; by default the same table.
        progress: called with words, done and of.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums of floats depend on how many threads share them
        return _inferred(table, observed, priors, part or priors, keep, truths, before or table, progress)


def _inferred(
    table: Table, observed: Floats, priors: Priors, scale: Priors | Part, keep: float, truths: int, before: Table, progress: Progress | None
) -> tuple[Posterior, Amortised, checking.Calibrations]:
    near = (observed >= table.summaries.min(axis=0)) & (observed <= table.summaries.max(axis=0))
    inference = amortise(table.summaries, table.z, keep=keep, use=near)
    found = inference.posterior(observed)
    enough = min(truths, len(table.z))
    calibration = checking.calibrate(priors.keys, inference, enough, progress=progress)
    diagnostics = {
        "effective": found.effective,
        "unusual": checking.unusual(observed, table.summaries, enough),
        "simulations": len(table.z),
        "failed": table.failed,
        "explained": dict(zip(priors.keys, inference.learned.explained.tolist(), strict=True)),
        "beyond": [name for name, ok in zip(table.names, near.tolist(), strict=True) if not ok],
        "used": list(names_of(table.names, inference.learned)),
        "keep": keep,
        "misfits": KEPT,
    }
    weights = np.asarray(np.bincount(found.rows, found.weights), np.float64)  # a row that several folds have kept is one simulation
    rows = np.flatnonzero(weights)
    kept = misfits(table.names, observed, before.summaries, table.summaries[rows], weights[rows], inference.learned.scaling.kept)
    values = scale.from_normal(found.z)
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


@dataclass(frozen=True)
class Rounds:
    """How a fit simulates; arguments as in `fitting.fit`, `folder` for the first round's study; those of others lie beside it."""

    case: Case
    target: str | Path
    priors: Priors
    folder: Path
    windows: Windows
    scale: int
    seed: int
    workers: int | None
    progress: Progress | None

    def fitted(self, observed: Floats, simulations: int, rounds: int) -> tuple[Posterior, checking.Calibrations, Table, Mapping[str, Any]]:
        """The posterior of a record's summaries after so many rounds, which share the simulations.

        Returns:
            It, its calibration, the table of the first round, and what all tasks share.
        """
        each = simulations // rounds
        table, common = self._table(self.priors, self.folder, simulations - (rounds - 1) * each, 0, rounds)
        tables = [table]
        found, _, calibration = infer(table, observed, self.priors, progress=self.progress)
        part = None
        for number in range(1, rounds):
            part = part_of(found, part)
            folder = self.folder.with_name(f"{self.folder.name}-{number + 1}") / part.digest[:16]
            tables.append(self._table(part, folder, each, number, rounds)[0])
            table = joined(tables, part)
            found, _, calibration = infer(table, observed, self.priors, part=part, before=tables[0], progress=self.progress)
            more = {"rounds": [len(one.z) for one in tables], "part": part.ends}
            found = dataclasses.replace(found, diagnostics={**found.diagnostics, **more})
        return found, calibration, tables[0], common

    def _table(self, part: Priors | Part, folder: Path, simulations: int, number: int, rounds: int) -> tuple[Table, Mapping[str, Any]]:
        study = reference(
            self.case, self.target, part, folder, simulations=simulations, first=number * APART, scale=self.scale, seed=self.seed,
            workers=self.workers, progress=self.progress,
            doing=f"simulating, round {number + 1} of {rounds}" if rounds > 1 else "simulating",
        )  # fmt: skip
        return tabulate(study, self.case, part, self.windows, self.progress), study.common
