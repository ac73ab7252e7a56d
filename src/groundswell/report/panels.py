"""What a figure consists of: curves, bands, shaded days, bars by year, cells by week. How they are drawn is in `figures`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date
from groundswell.core.run import COUNTED
from groundswell.report.numbers import shown

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A line over days, with a band where several runs were made.

    Args:
        x, y: day numbers and values; equally long.
        label: for the legend; none where empty.
        faint: what lies behind: single days behind a weekly mean.
        low, high: the band, as long as `y`; None where there is none.
    """

    x: Floats
    y: Floats
    label: str = ""
    faint: bool = False
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True)
class Shade:
    """Days that stand out, first and last included."""

    first: int
    last: int


@dataclass(frozen=True)
class Panel:
    """Curves of one unit over the days of the run.

    Args:
        title, unit: what is shown and in which unit; both are printed.
        curves: the lines.
        top: fixes the upper end of the axis; None: by the data.
        shades, shaded: days that stand out, and what the legend says they are (once a figure is enough).
        root: an axis of square roots, also where no value stands far above the others.
    """

    title: str
    unit: str
    curves: tuple[Curve, ...]
    top: float | None = None
    shades: tuple[Shade, ...] = ()
    shaded: str = ""
    root: bool = False

    @property
    def counts(self) -> bool:
        """Whether values are whole numbers of something."""
        return self.unit.partition(" ")[0] in COUNTED


@dataclass(frozen=True)
class Yearly:
    """Real bars and simulated points by year.

    Args:
        title, unit: what is shown and in which unit.
        years: shape (n,).
        real, simulated: values, nan where there is none.
        low, high: the range over several runs; None where there was one.
        names: what the legend calls the bars and the points.
    """

    title: str
    unit: str
    years: tuple[int, ...]
    real: Floats
    simulated: Floats
    names: tuple[str, str]
    low: Floats | None = None
    high: Floats | None = None


@dataclass(frozen=True)
class Grid:
    """Counts by week (or several weeks) and province as a map of cells.

    Args:
        title, unit: of the cells.
        weeks: first day number of each column.
        span: days of a column.
        places: names of the provinces.
        cells: shape (provinces, columns).
    """

    title: str
    unit: str
    weeks: npt.NDArray[np.int64]
    span: int
    places: tuple[str, ...]
    cells: Floats


@dataclass(frozen=True)
class Picture:
    """A figure: panels one above the other over one axis of dates, or bars by year, or a grid.

    Args:
        key: a word that is unique on the page.
        title, note: the heading, and what a reader must know to read it.
        panels, yearly, grid: the content; one of them.
        period: first and last day number of the axis of dates.
    """

    key: str
    title: str
    note: str
    panels: tuple[Panel, ...] = ()
    yearly: tuple[Yearly, ...] = ()
    grid: Grid | None = None
    period: tuple[int, int] = (0, 1)

    @property
    def alt(self) -> str:
        """The figure in words, for those who cannot see it."""
        said = [f"{self.title}."]
        for panel in self.panels:
            said += [_said(panel, curve) for curve in panel.curves if not curve.faint and np.isfinite(curve.y).any()]
        for yearly in self.yearly:
            said += [
                _said_by_year(yearly, values, name) for values, name in zip((yearly.real, yearly.simulated), yearly.names, strict=True)
            ]
        if self.grid is not None:
            total = self.grid.cells.sum(axis=1) * self.grid.span / 7
            most = ", ".join(f"{self.grid.places[k]} {shown(total[k])}" for k in np.argsort(-total, kind="stable")[:3])
            said.append(f"{shown(total.sum())} in all; most in {most}.")
        return " ".join(said)


def _said(panel: Panel, curve: Curve) -> str:
    at = int(np.nanargmax(curve.y))
    defined = curve.y[np.isfinite(curve.y)]
    name = f"{panel.title}, {curve.label}" if curve.label else panel.title
    return (
        f"{name}: from {shown(defined[0])} to {shown(defined[-1])} {panel.unit}, "
        f"mean {shown(defined.mean())}, highest {shown(curve.y[at])} about {day_date(int(curve.x[at]))}."
    )


def _said_by_year(yearly: Yearly, values: Floats, name: str) -> str:
    told = ", ".join(f"{year} {shown(value)}" for year, value in zip(yearly.years, values, strict=True) if np.isfinite(value))
    return f"{yearly.title}, {name}, {yearly.unit}: {told or 'none'}."
