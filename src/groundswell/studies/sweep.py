"""Sweeps and ensembles: one scenario under many values and seeds, as an object that can be stopped, resumed, extended and queried.

>>> from groundswell import experiments
>>> from groundswell.studies import Axis, Design
>>> from groundswell.studies.sweep import Sweep
>>> base = experiments.read("iran", experiments.settings_of({"scale": 1000, "start": "2022-09-01", "end": "2022-12-31"}))
>>> axes = {"fear.decay": Axis(0.02, 0.2, log=True), "participation.threshold": Axis(3, 6)}
>>> sweep = Sweep.begin("runs/two", base, Design("sobol", axes, points=64), measures=("turnout", "arrests"))
>>> sweep.run(workers=2)                 # Ctrl-C, a kill, a crash: run it again, and it goes on
>>> sweep.indices("arrests")             # first-order and total, with intervals; chance is the last input
>>> sweep.extend(points=128)
>>> Sweep("runs/two").frame()            # a kept sweep is opened without its scenario

A sweep is a `Study` whose notes hold the design: which runs there are follows from it, so that nothing depends on who ran what, and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, StoreError, nearest
from groundswell.experiments.running import Progress
from groundswell.experiments.scenario import Scenario
from groundswell.studies import scenario, sensitivity
from groundswell.studies.design import CHANCE, Design
from groundswell.studies.designs import Choice
from groundswell.studies.digests import Numbers
from groundswell.studies.kept import Count
from groundswell.studies.sensitivity import Effects, Estimate
from groundswell.studies.study import Study

if TYPE_CHECKING:
    import polars as pl

    from groundswell.studies.cluster import Cluster

Floats = npt.NDArray[np.float64]
FEWEST = 4  # base points or trajectories from which something can be said
BINS = 10  # of a response curve over points that are no grid
RUNS = 4  # runs of a bin, at least
CELLS = ("units.split_size", "first_organisation.founders", "acting.night", "detection.", "interrogation.", "recruitment.")


@dataclass(frozen=True)
class Indices:
    """Sobol's indices of one measure.

    Args:
        inputs: the axes, and chance.
        first, total: first-order and total indices.
        used, lost: base points, and those left out because a run of theirs failed.
    """

    inputs: tuple[str, ...]
    first: Estimate
    total: Estimate
    used: int
    lost: int


@dataclass(frozen=True)
class Screening:
    """Morris's measures of one measure, by input (the axes, and chance); `used` and `lost` count trajectories."""

    inputs: tuple[str, ...]
    effects: Effects
    used: int
    lost: int


@dataclass(frozen=True)
class Curve:
    """What comes out on average over the values of one axis, all other inputs varying.

    Args:
        axis, measure: what it is of.
        at: the middle value of each class, or the value itself; texts where these are options of a switch.
        mean: of the runs of a class.
        low, high: a 90 % interval of that mean.
        runs: of a class.
        explained: share of the variance between classes.
    """

    axis: str
    measure: str
    at: tuple[Any, ...]
    mean: Floats
    low: Floats
    high: Floats
    runs: tuple[int, ...]
    explained: float


class Sweep:
    """A kept sweep or ensemble.

    Args:
        folder: of its study.

    Raises:
        InputError: the folder holds no sweep.
        StoreError: it was altered.
    """

    def __init__(self, folder: str | Path) -> None:
        self.study = Study(folder)
        if "design" not in self.study.notes:
            raise InputError("holds a study, but no sweep or ensemble", file=folder)
        try:
            self.design = Design.of(self.study.notes["design"])
        except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise StoreError(f"{folder}: the design of the sweep was altered ({error})") from None

    @classmethod
    def begin(cls, folder: str | Path, base: Scenario, design: Design, *, measures: Sequence[str], series: Sequence[str] = ()) -> Sweep:
        """Begin a sweep, or take it up; where the design asks for more than is there, it is extended.

        Args:
            folder: where it is kept.
            base: the scenario; its own seed is not used.
            design: which runs there are.
            measures, series: see `scenario.study`.

        Raises:
            InputError: the folder holds another sweep; an axis, a measure or a series that there is not; or an axis that decides how
                cells survive, of a real case.
        """
        check_scope(base, design)
        folder = Path(folder)
        if (folder / "study.json").is_file():
            found = cls(folder)
            common, paths = scenario.common_of(base)
            found.study = Study(
                folder, scenario.scenario, common=common | {"measures": list(measures), "series": list(series)}, paths=paths
            )
            found.extend(design)
            return found
        notes = {"design": design.document()}
        scenario.study(folder, base, design.runs(), measures=measures, series=series, notes=notes, once=True)
        return cls(folder)

    # what becomes of it

    def extend(self, design: Design | None = None, *, points: int | None = None, replicates: int | None = None) -> int:
        """Ask for more points or replicates; what is done stays done, and asking for fewer changes nothing.

        Returns:
            How many runs were added.

        Raises:
            InputError: the design differs in something else, or a grid would have other points.
        """
        new = self.design.extended(points, replicates) if design is None else self.design.joined(design, self.study.folder)
        if new != self.design:
            self.study.note({**self.study.notes, "design": new.document()})
            self.design = new
            self.__dict__.pop("_rows", None)
        return self._complete()

    def _complete(self) -> int:
        """Whatever the design asks for is a task: also where a process was killed after it had noted a larger design."""
        return self.study.extend(self.design.runs(), once=True)  # of whole numbers and options, two points may be the same

    def run(
        self, workers: int | None = None, *, batch: int | None = None, again: bool = False, progress: Progress | None = None,
        cluster: Cluster | None = None,
    ) -> Count:  # fmt: skip
        """Do what is missing; arguments and errors as of `Study.run`."""
        self._complete()
        self.__dict__.pop("_columns", None)
        return self.study.run(workers, batch=batch, again=again, progress=progress, cluster=cluster)

    # what is asked of it

    @property
    def measures(self) -> tuple[str, ...]:
        """The national numbers that are kept of each run."""
        return tuple(self.study.common["measures"])

    @property
    def series(self) -> tuple[str, ...]:
        """The national series that are kept of each run."""
        return tuple(self.study.common["series"])

    @property
    def inputs(self) -> tuple[str, ...]:
        """The axes, and chance where it is an input of its own."""
        return (*self.design.axes, CHANCE) if self.design.by_chance else tuple(self.design.axes)

    def count(self) -> Count:
        """How many runs are done and how many failed."""
        return self.study.count()

    def frame(self) -> pl.DataFrame:
        """One row a run that was done or is to be done; see `Study.frame`."""
        return self.study.frame()

    def values(self, measure: str) -> Floats:
        """A measure of every run, in the order of the design's runs; nan where it failed. Shape (runs,).

        Raises:
            InputError: there is no such measure, or runs are missing: those that are done are no fair sample.
        """
        if measure not in self.measures:
            raise InputError("is no measure of this sweep", key=measure, nearest=nearest(measure, self.measures))
        missing = self.count().missing
        if missing:
            raise InputError(f"{missing:,} of {len(self.study):,} runs are still to be done; run the sweep first", file=self.study.folder)
        return self._columns[measure][self._rows]

    @cached_property
    def _columns(self) -> dict[str, Floats]:
        frame = self.study.frame()
        return {name: frame[name].cast(float).fill_null(np.nan).to_numpy() for name in self.measures}

    @cached_property
    def _rows(self) -> Numbers:
        """The task of each run."""
        found = self.study.numbers(self.design.runs())
        if (found < 0).any():
            raise InputError("runs of the design are no tasks yet; run the sweep first", file=self.study.folder)
        return found

    def indices(self, measure: str, *, resamples: int = sensitivity.RESAMPLES) -> Indices:
        """Sobol's indices of a measure, with 90 % intervals from a bootstrap of base points.

        Raises:
            InputError: of another design, or too few base points without a failed run.
        """
        values, used, lost = self._blocks("sobol", measure)
        first, total = sensitivity.sobol_indices(values, seed=self.design.seed, resamples=resamples)
        return Indices(self.inputs, first, total, used, lost)

    def effects(self, measure: str, *, resamples: int = sensitivity.RESAMPLES) -> Screening:
        """Morris's measures, with a 90 % interval of mu* from a bootstrap of trajectories; errors as of `indices`."""
        values, used, lost = self._blocks("morris", measure, keep=True)
        steps = sensitivity.elementary_effects(
            values, sensitivity.trajectories(tuple(self.design.axes), self.design.points, seed=self.design.seed)
        )
        steps = steps[np.isfinite(values).all(axis=1)]
        return Screening(self.inputs, sensitivity.morris_effects(steps, seed=self.design.seed, resamples=resamples), used, lost)

    def _blocks(self, design: str, measure: str, *, keep: bool = False) -> tuple[Floats, int, int]:
        """A measure by base point and its runs, how many are whole, and how many are not and left out (unless kept)."""
        if self.design.name != design:
            raise InputError(f"comes from the design {design!r}, and this is {self.design.name!r}", key=measure)
        values = self.values(measure).reshape(self.design.points, -1)
        whole = np.isfinite(values).all(axis=1)
        if whole.sum() < FEWEST:
            raise InputError(
                f"only {int(whole.sum())} of {len(values)} base points have no failed run; {FEWEST} are the least", key=measure
            )
        return values if keep else values[whole], int(whole.sum()), int((~whole).sum())

    def curve(self, measure: str, axis: str) -> Curve:
        """The mean of a measure over one axis; all other inputs vary as the design has it.

        Raises:
            InputError: there is no such axis or measure.
        """
        if axis not in self.design.axes:
            raise InputError("is no axis of this sweep", key=axis, nearest=nearest(axis, self.design.axes))
        given, values = [run[axis] for run in self.design.runs()], self.values(measure)
        kept = np.flatnonzero(np.isfinite(values))
        classes, at = _classes([given[k] for k in kept], self.design.axes[axis])
        values = values[kept]
        rows = [values[classes == k] for k in range(len(at))]
        bands = np.array([_interval(row) for row in rows]).reshape(-1, 3)
        share = sensitivity.explained(classes, values) if len(values) else float("nan")
        return Curve(axis, measure, at, bands[:, 0], bands[:, 1], bands[:, 2], tuple(len(row) for row in rows), share)


def check_scope(base: Scenario, design: Design) -> None:
    """Refuse a sweep over what decides how cells survive, of a real case: that is shown for invented countries only (docs/scope.md).

    Raises:
        InputError: it is one.
    """
    asked = [name for name in design.axes if name.startswith(CELLS)]
    if base.case.real and asked:
        raise InputError("how cells survive is studied in invented countries only, not in a real case: see docs/scope.md", key=asked[0])


def _classes(given: list[Any], axis: Any) -> tuple[npt.NDArray[np.int64], tuple[Any, ...]]:
    """The class of each value, and what stands for each class: the value itself where there are few, else the middle of as many each."""
    distinct = list(dict.fromkeys(given))
    if isinstance(axis, Choice):
        distinct = [one for one in axis.values if one in distinct]
    else:
        distinct.sort()
    if isinstance(axis, Choice) or len(distinct) <= min(4 * BINS, max(BINS, len(given) // (2 * RUNS))):
        places = {one: k for k, one in enumerate(distinct)}
        return np.array([places[one] for one in given], np.int64), tuple(distinct)
    number = max(2, min(BINS, len(given) // RUNS))
    order = np.argsort(np.array(given, np.float64), kind="stable")
    classes = np.empty(len(given), np.int64)
    classes[order] = np.arange(len(given)) * number // len(given)
    return classes, tuple(float(np.median(np.array(given, np.float64)[classes == k])) for k in range(number))


def _interval(values: Floats) -> tuple[float, float, float]:
    """Mean and a 90 % interval of it (Student's t)."""
    from groundswell.experiments.intervals import interval

    if len(values) < 2:
        mean = float(values.mean()) if len(values) else float("nan")
        return mean, float("nan"), float("nan")
    found = interval(values)
    return float(found.mean), float(found.low), float(found.high)
