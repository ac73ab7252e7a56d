"""What figures read from one run or several of them: national values by week, and how far they range over the runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import EPOCH
from groundswell.core.errors import InputError
from groundswell.events.acled import week_start
from groundswell.events.weekly import CONTESTED, DEMONSTRATIONS
from groundswell.experiments.nation import national
from groundswell.report.numbers import effective_number, has, reported, weekly_mean, whole_weeks
from groundswell.report.panels import Curve
from groundswell.society import SOURCES

if TYPE_CHECKING:
    import polars as pl

    from groundswell.core.run import Run

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Values = Callable[["Reading"], Floats]

KINDS = {"gatherings": DEMONSTRATIONS, "contested": CONTESTED, "acts": ("other",)}  # columns of the weekly counts
BAND = (0.05, 0.95)
DAYS = 800  # a longer period is drawn by week
LEAST_WEEKS = 2  # fewer whole weeks are drawn by day
NO_WEEKS = "fewer than two whole weeks from Saturday"


class Reading:
    """One run by whole weeks from Saturday. A run that was kept by week gives its means, times seven for what adds up.

    Args:
        run: with every day of its period, or one value a week.
        weekly: what each source reported by week and province, where the run has no record of its own: see
            `groundswell.experiments.nation.weekly_frame`.
    """

    def __init__(self, run: Run, weekly: pl.DataFrame | None = None) -> None:
        self.run, self.weekly = run, weekly
        self.daily = len(run.days) < 2 or bool((np.diff(run.days) == 1).all())
        self._position = np.unique(week_start(run.days), return_inverse=True)[1]
        self._whole = whole_weeks(run.days)[1] if self.daily else np.ones(len(run.days), bool)
        self.weeks: Ints = whole_weeks(run.days)[0] if self.daily else np.asarray(week_start(run.days), np.int64)

    def _weekly(self, values: Floats) -> tuple[Floats, Floats]:
        """Sums and lengths of whole weeks, of what has a value a day (or a week)."""
        if not self.daily:
            return values * 7, np.full(len(values), 7.0)
        totals, lengths = np.bincount(self._position, values), np.bincount(self._position)
        return np.asarray(totals[self._whole]), np.asarray(lengths[self._whole], np.float64)

    def flow(self, *names: str) -> Floats:
        """What adds up, a week; several series together."""
        return self._weekly(np.sum([national(self.run, name) for name in names], axis=0))[0]

    def level(self, name: str) -> Floats:
        """What lasts: the mean of each week."""
        return self.level_of(national(self.run, name))

    def level_of(self, values: Floats) -> Floats:
        """The mean of each week of one value a day."""
        total, length = self._weekly(values)
        return total / length

    def by_place(self, name: str) -> Floats:
        """What adds up, by whole week and province."""
        values = np.asarray(self.run.series[name], np.float64)
        return np.stack([self._weekly(values[:, k])[0] for k in range(values.shape[1])], axis=1)

    @cached_property
    def told(self) -> Mapping[str, Floats] | None:
        """Reports by whole week, province and source, as dated in the record; None where the run keeps no record.

        Arrays of shape (weeks, provinces, sources): "gatherings", "contested" (with intervention, excessive force or violence),
        "acts".
        """
        if "record" in self.run.journals and self.daily:
            every = [reported(self.run, source) or {} for source in range(sources_of(self.run))]
            return {kind: np.stack([told[kind] for told in every], axis=2).astype(np.float64) for kind in KINDS}
        return None if self.weekly is None else self._from_weekly(self.weekly)

    def _from_weekly(self, frame: pl.DataFrame) -> dict[str, Floats]:
        """The same from a table of counts."""
        days = (frame["week_starting"].to_numpy().astype("datetime64[D]") - np.datetime64(EPOCH)).astype(np.int64)
        position = {p.id: k for k, p in enumerate(self.run.places.provinces)}
        week = (days - self.weeks[0]) // 7
        keep = (week >= 0) & (week < len(self.weeks))
        place = np.array([position[name] for name in frame["iso"].to_list()], np.int64)
        source = np.array([SOURCES.index(name) for name in frame["source"].to_list()], np.int64)
        told = {}
        for kind, columns in KINDS.items():
            if columns[0] not in frame.columns:  # a real case does not tell acts by place
                continue
            told[kind] = np.zeros((len(self.weeks), len(position), len(SOURCES)))
            counts = np.sum([frame[name].to_numpy() for name in columns], axis=0)
            np.add.at(told[kind], (week[keep], place[keep], source[keep]), counts[keep])
        return told

    @cached_property
    def frames(self) -> Floats:
        """The effective number of frames among those who hold one, by week."""
        names = [name for name in frame_names(self.run) if name != "frame_0"]
        shares = np.stack([self.level(name) for name in names], axis=1)
        return np.array([effective_number(row) for row in shares])


def frame_names(run: Run) -> list[str]:
    """The series of shares that hold a frame, the one without first."""
    return sorted(name for name in run.series if name.startswith("frame_"))


def sources_of(run: Run) -> int:
    """How many sources reported."""
    return len(SOURCES) if "source" in run.journals.get("record", {}) else 1


class Readings:
    """A run, and its replicates where there are any: the curves that figures are made of.

    Args:
        run: what is drawn where there is no band.
        replicates: runs that differ in their seed alone; fewer than two are none.
        weekly: what each source reported in each of them, where they have no record of their own.

    Raises:
        InputError: replicates of another period or model.
    """

    def __init__(self, run: Run, replicates: Sequence[Run] = (), weekly: Sequence[pl.DataFrame] = ()) -> None:
        self.run = run
        self.one = Reading(run)
        self.weekly = len(self.one.weeks) >= LEAST_WEEKS
        tables = weekly if len(weekly) == len(replicates) else [None] * len(replicates)
        self.many: tuple[Reading, ...] = ()
        if self.weekly and len(replicates) > 1:
            self.many = tuple(Reading(other, table) for other, table in zip(replicates, tables, strict=True))
        for other in self.many:
            if set(other.run.series) != set(run.series) or not np.array_equal(other.weeks, self.one.weeks):
                raise InputError("replicates of one run have its period and its series", key="replicates")
        self.period = (int(run.days[0]), int(run.days[-1]))
        self.by_day = not self.weekly or (not self.many and len(run.days) <= DAYS)

    def has(self, *names: str) -> bool:
        """Whether the run recorded all these series."""
        return has(self.run, *names)

    def ranged(self, values: Values) -> tuple[Floats, Floats | None, Floats | None]:
        """A value of the run, or the median over replicates with the ends of their band; replicates that lack it are none."""
        if not self.many:
            return values(self.one), None, None
        every = np.stack([values(reading) for reading in self.many])
        low, middle, high = np.quantile(every, (BAND[0], 0.5, BAND[1]), axis=0)
        return middle, low, high

    def of(self, values: Values, label: str = "") -> Curve:
        """A curve of weekly values, drawn at the first days of weeks for sums and means alike."""
        y, low, high = self.ranged(values)
        return Curve(self.one.weeks.astype(np.float64) + 3, y, label, low=low, high=high)

    def flow(self, name: str, label: str = "") -> Curve:
        """What adds up, a week."""
        return self.of(lambda reading: reading.flow(name), label)

    def level(self, name: str, label: str = "") -> Curve:
        """What lasts, by day in a short period and by week in a long one."""
        if self.by_day:
            return Curve(self.run.days.astype(np.float64), national(self.run, name), label)
        return self.of(lambda reading: reading.level(name), label)

    def days(self, name: str) -> tuple[Curve, ...]:
        """What happened a day: the days (those of one run, in a period that is not too long) and the mean of each week."""
        if not self.by_day:
            return (self.of(lambda reading: reading.level(name), "mean of a week, a day"),)
        y = national(self.run, name)
        middle, mean = weekly_mean(self.run.days, y)
        return Curve(self.run.days.astype(np.float64), y, "day", faint=True), Curve(middle, mean, "mean of a week")

    def told(self, kind: str, source: int, label: str) -> Curve:
        """Reports of a source, a week."""

        def values(reading: Reading) -> Floats:
            assert reading.told is not None
            return np.asarray(reading.told[kind][:, :, source].sum(axis=1))

        if self.many and any(kind not in (reading.told or {}) for reading in self.many):
            return Curve(self.one.weeks.astype(np.float64) + 3, values(self.one), label)
        return self.of(values, label)

    def guide(self) -> str:
        """How to read the figures."""
        lines = f"Lines are medians of {len(self.many)} runs, bands hold the middle 90 % of them. " if self.many else ""
        return f"{lines}√ axis: heights are square roots, so that quiet weeks can be read beside an uprising."
