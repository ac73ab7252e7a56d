"""The reference table of a fit: draws from the prior, what was simulated from each, and its summaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from groundswell.calibration.counts import Counts, common_of, weekly_counts, whole_weeks
from groundswell.calibration.summaries import Windows, summarise
from groundswell.core.errors import InputError
from groundswell.studies import Study

if TYPE_CHECKING:
    from groundswell.cases import Case

Floats = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]

ARRAYS = ("total", "contested", "deaths", "kinds")
SEEDS = 10_000_000  # between the seeds of two fits' simulations
MOST_FAILED = 0.02  # share of simulations that may fail: they are not a fair sample of the prior


@dataclass(frozen=True, eq=False)
class Table:
    """A reference table: draws from the prior and the summaries of what was simulated from each.

    Attributes:
        z: parameters on the scale on which what they are drawn from is standard normal; shape (rows, parameters).
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


class Drawn(Protocol):
    """What a table is drawn from: priors, or a part of them."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The parameters."""

    @property
    def start(self) -> date:
        """The first training day."""

    @property
    def end(self) -> date:
        """The last training day."""

    def draws(self, first: int, count: int, seed: int) -> Floats:
        """Values; shape (count, parameters)."""

    def to_normal(self, values: Floats) -> Floats:
        """The same on the scale on which what they are drawn from is standard normal."""


def payloads(priors: Drawn, count: int, seed: int, first: int = 0) -> list[dict[str, Any]]:
    """The tasks of a reference table: draw k has its values and a seed of its own, whatever the number of draws."""
    values = priors.draws(first, count, seed)
    return [{"seed": seed * SEEDS + first + k, **dict(zip(priors.keys, row, strict=True))} for k, row in enumerate(values.tolist())]


def reference(
    case: Case, target: str | Path, priors: Drawn, folder: Path, *, simulations: int, scale: int, seed: int = 1, first: int = 0,
    workers: int | None = None, progress: Progress | None = None, doing: str = "simulating",
) -> Study:  # fmt: skip
    """Simulate the reference table of a fit, or what of it is missing; `first` is the number of its first draw, `doing` what is told.

    Raises:
        Stopped: by Ctrl-C; called again, it goes on.
        InputError: the folder holds something else, or too many simulations failed.
    """
    common, paths = common_of(case, target, start=priors.start, end=priors.end, scale=scale)
    study = Study(folder, weekly_counts, payloads(priors, simulations, seed, first), common=common, paths=paths)
    study.run(workers=workers, progress=in_per_cent(progress, doing))
    failed = study.failed()
    if len(failed) > MOST_FAILED * simulations:
        such = next(iter(failed.values()))
        raise InputError(f"{len(failed)} of {simulations} simulations failed, such as: {such}", file=folder)
    return study


def in_per_cent(progress: Progress | None, doing: str = "simulating") -> Progress | None:
    """Progress of a study in words of a fit."""
    return None if progress is None else lambda _, done, of: progress(doing, round(100 * done / max(of, 1)), 100)


def counts_at(study: Study, row: int, arrays: Mapping[str, npt.NDArray[Any]], ids: tuple[str, ...]) -> Counts:
    """One row of a study of `weekly_counts`."""
    first, _ = whole_weeks(date.fromisoformat(study.common["start"]), date.fromisoformat(study.common["end"]))
    total, contested, deaths, kinds = (np.asarray(arrays[name][row], np.int64) for name in ARRAYS)
    return Counts(first, ids, total, contested, deaths, kinds)


def tabulate(study: Study, case: Case, priors: Drawn, windows: Windows, progress: Progress | None = None) -> Table:
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
