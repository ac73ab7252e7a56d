"""Pictures by matplotlib: legible on light and dark and without colour, readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.report.axes import UNIX, bursty, dated, tick_labels, upwards
from groundswell.report.canvas import LARGE, NORMAL, SMALL, UNIT, area, colour, inline, sheet
from groundswell.report.panels import Curve, Grid, Panel, Picture, Yearly

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

WIDTH, LEFT, RIGHT, PLOT, GAP = 370.0, 37.0, 10.0, 84.0, 11.0  # units of the drawing
AXIS = 27.0  # room for dates, in two lines
ROW = 11.0  # a province in a grid
LINE = 12.0  # a line of a legend
WIDE = 0.6  # mean width of a letter over the size of the type
SHADES = 8  # classes of a grid or map above nothing
CURVES = tuple(colour(name) for name in ("curve-1", "curve-2", "curve-3", "curve-4", "ink"))
DASHES: tuple[Any, ...] = ("solid", (0, (2.9, 1.1)), (0, (0.9, 0.9)), (0, (4.3, 1.1, 0.9, 1.1)), "solid")  # in widths of the line
WIDTHS = (1.4, 1.4, 1.5, 1.4, 0.9)


def room(text: str, size: float = NORMAL) -> float:
    """About how wide a text is."""
    return len(text) * size * WIDE


def draw(picture: Picture, *, above: str = "", below: str = "") -> str:
    """A picture as an `<svg>` element with an accessible name.

    Args:
        picture: what it shows.
        above, below: a heading and a note within the drawing, where it stands alone.
    """
    notes = wrap(below, 88)
    head, foot = (24.0 if above else 0.0), 11.0 * len(notes)
    height = head + _height(picture) + foot
    with sheet(picture.key, WIDTH, height) as figure:
        if above or below:
            figure.text(0, 1 - 12 / height, above, fontsize=LARGE + 1, fontweight="bold")
            for k, line in enumerate(reversed(notes)):
                figure.text(0, (3 + 11 * k) / height, line, fontsize=SMALL - 0.5, color=colour("soft"))
        if picture.grid is not None:
            _grid(figure, picture.grid, head)
        y = head
        for k, panel in enumerate(picture.panels, 1):
            y = _panel(figure, panel, picture.period, y, last=k == len(picture.panels))
        for yearly in picture.yearly:
            y = _yearly(figure, yearly, y)
        return inline(figure, picture.key, picture.alt)


def _height(picture: Picture) -> float:
    if picture.grid is not None:
        return _top(_title(picture.grid.title, picture.grid.unit), ()) + len(picture.grid.cells) * ROW + AXIS + 30
    every = [_top(_title(panel.title, _unit(panel)), _names(panel)) + PLOT + GAP for panel in picture.panels]
    every += [_top(_title(y.title, _unit(y)), _named(y)) + PLOT + AXIS for y in picture.yearly]
    return sum(every) + (AXIS - GAP if picture.panels else 0.0)


def _title(title: str, unit: str) -> str:
    """In as many lines as leave room for the unit beside the first."""
    return "\n".join(wrap(title, max(int((WIDTH - room(unit)) / room("n", LARGE)), 16)))


def _rows(names: Sequence[str]) -> list[list[int]]:
    """The entries of each line of a legend."""
    rows: list[list[int]] = []
    left = 0.0
    for k, name in enumerate(names):
        width = 30 + room(name)
        if not rows or left < width:
            rows.append([])
            left = WIDTH + 10
        rows[-1].append(k)
        left -= width
    return rows


def _top(title: str, names: Sequence[str]) -> float:
    """What a heading and a legend take."""
    return 20 + 13 * title.count("\n") + LINE * len(_rows(names))


def _axes(figure: Figure, title: str, unit: str, names: Sequence[str], y: float) -> Axes:
    """Axes below a heading, from y down."""
    title = _title(title, unit)
    top = y + _top(title, names)
    ax = area(figure, LEFT, top, WIDTH - RIGHT, top + PLOT)
    _heading(figure, title, unit, y)
    return ax


def _heading(figure: Figure, title: str, unit: str, y: float) -> None:
    """What is shown on the left, its unit on the right."""
    high = float(figure.get_size_inches()[1]) * UNIT
    figure.text(0, 1 - (y + 10) / high, title.partition("\n")[0], fontsize=LARGE, fontweight="bold")
    for k, line in enumerate(title.split("\n")[1:], 1):
        figure.text(0, 1 - (y + 10 + 13 * k) / high, line, fontsize=LARGE, fontweight="bold")
    figure.text(1 - RIGHT / WIDTH, 1 - (y + 10) / high, unit, ha="right", color=colour("soft"))


def _legend(ax: Axes, handles: Sequence[Artist], names: Sequence[str]) -> None:
    """Samples and words between heading and plot."""
    from matplotlib.legend import Legend

    for k, row in enumerate(reversed(_rows(names))):
        at = (-LEFT / (WIDTH - LEFT - RIGHT), 1 + (4 + k * LINE) / PLOT)
        line = Legend(ax, [handles[n] for n in row], [names[n] for n in row], loc="lower left", bbox_to_anchor=at, ncols=len(row))
        ax.add_artist(line)


def _strong(panel: Panel) -> list[Curve]:
    return [curve for curve in panel.curves if not curve.faint]


def _names(panel: Panel) -> list[str]:
    """What a legend tells: lines where there are several, what lies behind, days that stand out."""
    strong = [curve.label for curve in _strong(panel) if curve.label]
    names = strong if len(strong) > 1 or any(curve.faint for curve in panel.curves) else []
    names = names + [curve.label for curve in panel.curves if curve.faint and curve.label]
    return names + ([panel.shaded] if panel.shades and panel.shaded else [])


def _root(content: Panel | Yearly) -> bool:
    """Whether the axis takes square roots."""
    if isinstance(content, Yearly):
        return bursty(_values(content))
    every = np.concatenate([np.zeros(1), *(_reach(curve) for curve in _strong(content))])
    return content.top is None and (bursty(every) or (content.root and float(np.nanmax(every)) > 0))


def _unit(content: Panel | Yearly) -> str:
    return content.unit + (", √ axis" if _root(content) else "")


def _panel(figure: Figure, panel: Panel, period: tuple[int, int], y: float, *, last: bool) -> float:
    """One panel from y down; returns where the next may begin."""
    from matplotlib.patches import Patch

    names = _names(panel)
    behind: list[Artist] = []
    lines: list[Artist] = []
    ax = _axes(figure, panel.title, _unit(panel), names, y)
    _shades(ax, panel, period)
    for curve in panel.curves:
        if curve.faint:
            (line,) = ax.plot(curve.x - UNIX, curve.y, color=CURVES[0], linewidth=0.5, alpha=0.6)
            behind += [line] if curve.label else []
    for k, curve in enumerate(_strong(panel)):
        style = k % len(CURVES)
        if curve.low is not None and curve.high is not None:
            ax.fill_between(curve.x - UNIX, curve.low, curve.high, color=CURVES[style], alpha=0.25, linewidth=0)
        (line,) = ax.plot(
            curve.x - UNIX,
            curve.y,
            color=CURVES[style],
            linestyle=DASHES[style],
            linewidth=WIDTHS[style],
            marker="o" if len(curve.x) < 12 else "",
            markersize=4,
            markeredgecolor=colour("paper"),
            markeredgewidth=0.6,
        )
        lines += [line] if curve.label else []
    handles = [*lines, *behind, *([Patch(color=colour("shade"))] if panel.shades and panel.shaded else [])]
    upwards(ax, *_span(panel), root=_root(panel), whole=panel.counts)
    dated(ax, *period, labels=last)
    _legend(ax, handles[len(handles) - len(names) :], names)  # a single line needs no name
    return y + _top(_title(panel.title, _unit(panel)), names) + PLOT + GAP


def _shades(ax: Axes, panel: Panel, period: tuple[int, int]) -> None:
    """Days that stand out, at least a hair wide."""
    hair = 1.2 * max(period[1] - period[0], 1) / (WIDTH - LEFT - RIGHT)
    for shade in panel.shades:
        first, last = max(shade.first, period[0]), min(shade.last + 1, period[1] + 1)
        if first < last:
            ax.axvspan(first - UNIX, max(last, first + hair) - UNIX, facecolor=colour("shade"), edgecolor="none", zorder=0)


def _reach(curve: Curve) -> Floats:
    """All that must fit on the axis."""
    return np.concatenate([part for part in (curve.y, curve.low, curve.high) if part is not None])


def _span(panel: Panel) -> tuple[float, float]:
    """The ends of an axis that holds zero: a little beyond the extremes, never of no length."""
    values = np.concatenate([np.zeros(1), *(_reach(curve) for curve in panel.curves)])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    high = panel.top if panel.top is not None else high
    beyond = (high - low) * 0.03
    if high <= low:
        return 0.0, 1.0
    return (low - beyond if low < 0 else 0.0), high + (beyond if panel.top is None else 0.0)


def _named(yearly: Yearly) -> Sequence[str]:
    """What a legend tells: nothing of points where there are none."""
    return yearly.names if np.isfinite(yearly.simulated).any() else yearly.names[:1]


def _values(yearly: Yearly) -> Floats:
    return np.concatenate([np.zeros(1), *(v for v in (yearly.real, yearly.simulated, yearly.high) if v is not None)])


def _yearly(figure: Figure, yearly: Yearly, y: float) -> float:
    """Bars for what is real, points (with their range) for what is simulated."""
    years = np.array(yearly.years)
    ax = _axes(figure, yearly.title, _unit(yearly), _named(yearly), y)
    given, known = np.isfinite(yearly.real), np.isfinite(yearly.simulated)
    handles: list[Artist] = [ax.bar(years[given], yearly.real[given], 0.64, color=colour("bar"))]  # type: ignore[list-item]
    if yearly.low is not None and yearly.high is not None:
        ranged = np.isfinite(yearly.low) & np.isfinite(yearly.high)
        ax.vlines(years[ranged], yearly.low[ranged], yearly.high[ranged], color=CURVES[1], linewidth=1.3)
    if known.any():
        handles += ax.plot(
            years[known],
            yearly.simulated[known],
            "o",
            color=CURVES[1],
            markersize=5.2,
            markeredgecolor=colour("paper"),
            markeredgewidth=0.6,
        )
    high = float(np.nanmax(_values(yearly))) * 1.03 or 1.0
    upwards(ax, 0.0, high, root=_root(yearly), whole=True)
    ax.set_xlim(years[0] - 0.5, years[-1] + 0.5)
    every = next(k for k in (1, 2, 5, 10) if (WIDTH - LEFT - RIGHT) / len(years) * k >= 30 or k == 10)
    ax.set_xticks([year for year in yearly.years if year % every == 0])
    ax.tick_params(axis="x", length=0)
    _legend(ax, handles, _named(yearly))
    return y + _top(_title(yearly.title, _unit(yearly)), _named(yearly)) + PLOT + AXIS


NICE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
SKEWED = 3.0  # classes widen upwards where the highest value is this many times the median or more


def classes(values: Floats, *, most: int = SHADES, whole: bool = True) -> list[float]:
    """Ends of at most so many classes of what is above zero, from 0 to a round number that no value exceeds.

    Classes are even, or even by square roots where a few values stand far above the others. A value at an end belongs below it.
    """
    above = values[np.isfinite(values) & (values > 0)]
    if not len(above):
        return [0.0, 1.0]
    highest = float(above.max())
    power = 2 if highest >= SKEWED * float(np.median(above)) else 1
    ends = [0.0]
    for k in range(1, most + 1):
        value = highest * (k / most) ** power
        size = 10.0 ** np.floor(np.log10(value))
        nice = size * (next(f for f in NICE if f * size >= value * 0.999) if k == most else min(NICE, key=lambda f: abs(f * size - value)))
        nice = float(max(np.ceil(nice), 1)) if whole else float(f"{nice:.6g}")
        if nice > ends[-1]:
            ends.append(nice)
    return ends


def class_of(values: Floats, ends: list[float]) -> npt.NDArray[np.int64]:
    """The class of each value, from 1; 0 for nothing, -1 for what is not known."""
    found = np.searchsorted(np.asarray(ends), np.nan_to_num(values), side="left")
    return np.where(np.isfinite(values), np.where(values > 0, np.clip(found, 1, len(ends) - 1), 0), -1)


def spread(k: int, many: int, shades: int = SHADES) -> int:
    """The shade of class k of many: the last takes the strongest, however few there are; nothing stays nothing."""
    if k <= 0:
        return 0
    return 1 + round((k - 1) * (shades - 1) / (many - 1)) if many > 1 else shades


def shade(k: int, many: int) -> str:
    """The colour of class k of many."""
    return colour(f"map-{spread(k, many)}") if k > 0 else colour("paper")


def shade_legend(ax: Axes, ends: list[float], colours: Sequence[str], zero: int = 0) -> None:
    """A row of classes with the numbers that part them.

    Args:
        ax: is filled.
        ends: of the classes above nothing.
        colours: of all, from left to right.
        zero: which of them is nothing; those on its left are of values below zero.
    """
    ax.bar(np.arange(len(colours)), 1, 1, color=list(colours), edgecolor=colour("line"), linewidth=0.5, clip_on=False)
    labels = tick_labels(ends[1:])
    at = [float(zero)] + [zero + k + 0.5 for k in range(1, len(ends))]
    words = ["0", *(f"+{label}" if zero else label for label in labels)]
    if zero:  # fewer numbers, for they are long
        kept = [k for k in range(1, len(ends)) if k % 2 == zero % 2]
        at = [zero - k - 0.5 for k in kept] + [float(zero)] + [at[k] for k in kept]
        words = [f"\u2212{labels[k - 1]}" for k in kept] + ["0"] + [words[k] for k in kept]
    ax.set_xticks(at, words)
    ax.tick_params(axis="x", length=0, pad=2)
    ax.set_yticks([])
    ax.set_xlim(-0.5, len(colours) - 0.5)
    ax.set_ylim(0, 1)


def _grid(figure: Figure, grid: Grid, y: float) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    left = min(6 + room(max(grid.places, key=len), SMALL), 130.0)
    longest = int((left - 6) / room("n", SMALL) + 1e-9)
    title = _title(grid.title, grid.unit)
    _heading(figure, title, grid.unit, y)
    top, rows = y + _top(title, ()), len(grid.cells)
    bottom = top + rows * ROW
    ax = area(figure, left, top, WIDTH - RIGHT, bottom)
    ax.set_facecolor(colour("paper"))
    ends = classes(grid.cells)
    many = len(ends) - 1
    found = class_of(grid.cells, ends)
    first, last = int(grid.weeks[0]), int(grid.weeks[-1]) + grid.span
    edges = np.append(grid.weeks, last).astype(np.float64) - UNIX
    for k in range(1, many + 1):
        boxes = [box for row in range(rows) for box in _stretches(edges, found[row] == k, row)]
        if boxes:
            ax.add_patch(
                PathPatch(Path.make_compound_path(*(Path(box, closed=True) for box in boxes)), facecolor=shade(k, many), linewidth=0)
            )
    dated(ax, first, last)
    ax.set_ylim(rows, 0)
    names = [name if len(name) <= longest else name[: longest - 1] + "…" for name in grid.places]
    ax.set_yticks(np.arange(rows) + 0.5, names, fontsize=SMALL)
    shade_legend(
        area(figure, left, bottom + AXIS + 4, WIDTH - RIGHT - 6, bottom + AXIS + 13), ends, [shade(k, many) for k in range(many + 1)]
    )


def _stretches(edges: Floats, here: npt.NDArray[np.bool_], row: int) -> list[Floats]:
    """The cells of one class in one row, neighbours joined, as corners."""
    turns = np.flatnonzero(np.diff(np.concatenate([[False], here, [False]]).astype(np.int8)))
    pairs = zip(edges[turns[::2]], edges[turns[1::2]], strict=True)
    return [np.array([(a, row), (b, row), (b, row + 1), (a, row + 1), (a, row)]) for a, b in pairs]
