"""What the figures of a report show: which national series, in which panels, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import Column, Quantity
from groundswell.core.draws import day_date
from groundswell.report.numbers import COUNTED, has, national, reported, shown, unit_of, weekly_mean, weekly_sum, whole_weeks

if TYPE_CHECKING:
    from groundswell.core.run import Run

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A line: day numbers and values.

    Args:
        x, y: points.
        label: for the legend; none where empty.
        faint: daily values behind a weekly mean.
    """

    x: Floats
    y: Floats
    label: str = ""
    faint: bool = False


@dataclass(frozen=True)
class Panel:
    """Lines of one unit over the days of the run; `top` fixes the upper end of the axis."""

    title: str
    unit: str
    curves: tuple[Curve, ...]
    top: float | None = None

    @property
    def counts(self) -> bool:
        """Whether values are whole numbers of something."""
        return self.unit.partition(" ")[0] in COUNTED


@dataclass(frozen=True)
class Grid:
    """Counts by week and province as a map of cells.

    Args:
        title, unit: of the cells.
        weeks: first day number of each week.
        places: names of the provinces.
        cells: shape (provinces, weeks).
    """

    title: str
    unit: str
    weeks: npt.NDArray[np.int64]
    places: tuple[str, ...]
    cells: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Picture:
    """A figure: panels one above the other over one axis of dates, or a grid.

    Args:
        key: a word that is unique on the page.
        title, note: the heading, and what a reader must know to read it.
        panels, grid: the content.
        period: first and last day number of the axis of dates.
    """

    key: str
    title: str
    note: str
    panels: tuple[Panel, ...] = ()
    grid: Grid | None = None
    period: tuple[int, int] = (0, 1)

    @property
    def alt(self) -> str:
        """The figure in words, for those who cannot see it."""
        said = [f"{self.title}."]
        for panel in self.panels:
            for curve in panel.curves:
                if not curve.faint and len(curve.y):
                    at = int(np.argmax(curve.y))
                    name = f"{panel.title}, {curve.label}" if curve.label else panel.title
                    said.append(
                        f"{name}: from {shown(curve.y[0])} to {shown(curve.y[-1])} {panel.unit}, "
                        f"mean {shown(curve.y.mean())}, highest {shown(curve.y[at])} about {day_date(int(curve.x[at]))}."
                    )
        if self.grid is not None:
            total = self.grid.cells.sum(axis=1)
            most = ", ".join(f"{self.grid.places[k]} {shown(total[k])}" for k in np.argsort(-total, kind="stable")[:3])
            said.append(f"{shown(total.sum())} {self.grid.unit} in all; most in {most}.")
        return " ".join(said)


def _daily(run: Run, name: str, title: str, unit: str) -> Panel:
    y = national(run, name)
    middle, mean = weekly_mean(run.days, y)
    return Panel(title, unit, (Curve(run.days.astype(float), y, "day", faint=True), Curve(middle, mean, "weekly mean")))


def _levels(run: Run, title: str, unit: str, *named: tuple[str, str], top: float | None = None) -> Panel:
    return Panel(title, unit, tuple(Curve(run.days.astype(float), national(run, name), label) for name, label in named), top)


def _weekly(run: Run, title: str, unit: str, *lines: tuple[Floats, str]) -> Panel:
    starts = whole_weeks(run.days)[0].astype(float)
    return Panel(title, unit, tuple(Curve(starts, y, label) for y, label in lines))


def _sums(run: Run, name: str) -> Floats:
    return np.asarray(weekly_sum(run, name).sum(axis=1), np.float64)


def _crowds(run: Run) -> Picture:
    panels = (_daily(run, "turnout", "People who took part", "persons a day"), _daily(run, "gathered", "Gatherings", "events a day"))
    note = (
        "The whole country; thin: days, thick: mean of each week from Saturday. A gathering is a city and day with at least three people."
    )
    return Picture("crowds", "Participation", note, panels)


def _truth_and_record(run: Run) -> Picture:
    told = reported(run)
    assert told is not None
    gatherings, acts = (told[name].sum(axis=1).astype(np.float64) for name in ("gatherings", "acts"))
    panels = (
        _weekly(run, "Gatherings", "events a week", (_sums(run, "gathered"), "happened"), (gatherings, "reported")),
        _weekly(run, "Acts of units", "events a week", (_sums(run, "acted"), "happened"), (acts, "reported")),
    )
    note = (
        "Whole weeks from Saturday, drawn at their first day. A report counts on the day it gives, which may be wrong; a source may invent."
    )
    return Picture("record", "What happened and what was reported", note, panels)


def _units(run: Run) -> Picture:
    panels = (
        _levels(run, "Units", "units", ("units_live", "live"), ("units_asleep", "asleep")),
        _levels(run, "Free members", "persons", ("members_now", "")),
        _weekly(run, "Arrested after being named", "persons a week", (_sums(run, "rolled_up"), "")),
    )
    note = "The whole country; where units are is never shown. A unit with fewer than three free members is asleep."
    return Picture("units", "Units and roll-ups", note, panels)


def _custody(run: Run) -> Picture:
    panels = (
        _weekly(run, "Arrests", "persons a week", (_sums(run, "arrests"), "")),
        _levels(run, "In detention", "persons", ("detained_now", "")),
        _levels(run, "Dead since the start", "persons", ("dead_now", "")),
    )
    return Picture(
        "custody", "Detained and dead", "Persons killed in the street and executed; counts of the simulation, not of any country.", panels
    )


def _fear(run: Run) -> Picture:
    panels = [_levels(run, "Mean fear", "0 to 1", ("fear_mean", ""))]
    if has(run, "loyalty"):
        panels.append(_levels(run, "Mean loyalty of the forces", "0 to 1", ("loyalty", ""), top=1.0))
    return Picture("fear", "Fear and loyalty", "Means over persons.", tuple(panels))


def _frames(run: Run) -> Picture:
    names = sorted(name for name in run.series if name.startswith("frame_"))
    labels = ["none" if name == "frame_0" else name.replace("_", " ") for name in names]
    panel = _levels(run, "Frames held", "share of people", *zip(names, labels, strict=True), top=1.0)
    return Picture("frames", "Frames", "Slogans that compete for the same people.", (panel,))


def _map(run: Run) -> Picture:
    told = reported(run)
    assert told is not None
    order = np.argsort([-p.population for p in run.places.provinces], kind="stable")
    names = tuple(run.places.provinces[k].name for k in order)
    grid = Grid("Reported gatherings", "events a week", whole_weeks(run.days)[0], names, told["gatherings"].T[order])
    return Picture(
        "map", "Reported gatherings by province and week", "Provinces from the most to the least populous. Whole weeks only.", grid=grid
    )


# title, the series it needs, whether it needs a record, and how it is made
PICTURES: tuple[tuple[str, tuple[str, ...], bool, Callable[[Run], Picture]], ...] = (
    ("Participation", ("turnout", "gathered"), False, _crowds),
    ("What happened and what was reported", ("gathered", "acted"), True, _truth_and_record),
    ("Units and roll-ups", ("units_live", "units_asleep", "members_now", "rolled_up"), False, _units),
    ("Detained and dead", ("arrests", "detained_now", "dead_now"), False, _custody),
    ("Fear and loyalty", ("fear_mean",), False, _fear),
    ("Frames", ("frame_0", "frame_1"), False, _frames),
    ("Reported gatherings by province and week", (), True, _map),
)
LEAST_WEEKS = 2
MOST_OTHERS = 6


def pictures(run: Run) -> tuple[list[Picture], list[str]]:
    """The figures that a run supports, and a sentence for each that is left out."""
    drawn: list[Picture] = []
    missing: list[str] = []
    for title, names, record, make in PICTURES:
        lacking = [name for name in names if not has(run, name)]
        if record and "record" not in run.journals:
            lacking.append("record")
        if lacking:
            missing.append(f"{title}: the run has no {', '.join(lacking)}.")
        elif make not in (_crowds, _fear, _frames) and len(whole_weeks(run.days)[0]) < LEAST_WEEKS:
            missing.append(f"{title}: the run has fewer than two whole weeks from Saturday.")
        else:
            drawn.append(make(run))
    period = (int(run.days[0]), int(run.days[-1]))
    return [replace(picture, period=period) for picture in drawn or _others(run)], missing


def _others(run: Run) -> list[Picture]:
    """The recorded series of a model that has none of the flagship's figures."""
    panels = []
    for name in sorted(run.series)[:MOST_OTHERS]:
        about = run.model.declared.get(name)
        doc = about.doc if isinstance(about, (Column, Quantity)) else name
        panels.append(_levels(run, doc[:1].upper() + doc[1:], unit_of(run, name) or "1", (name, "")))
    return [Picture("series", "Recorded series", "The whole country, day by day.", tuple(panels))] if panels else []
