"""Ticks and scales: round numbers, dates, and the square root that keeps many small counts apart from a few large ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

UNIX = 25567  # the day number of 1970-01-01, from which matplotlib counts days
BURSTY = 8.0  # an axis of counts takes square roots where the highest value is this many times the 90 % point or more


def bursty(values: Floats) -> bool:
    """Whether a few values would press all others flat on an even axis."""
    defined = values[np.isfinite(values)]
    if not len(defined) or defined.min() < 0 or defined.max() <= 0:
        return False
    return bool(defined.max() >= BURSTY * max(float(np.quantile(defined, 0.9)), 1e-9) and defined.max() >= BURSTY)


def round_ticks(low: float, high: float, most: int = 5, *, whole: bool = False) -> list[float]:
    """Round numbers from low to high, zero among them where it lies between; whole ones for counts."""
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole, min_n_ticks=1).tick_values(low, high)
    room = (high - low) * 1e-9
    return [float(t) for t in found if low - room <= t <= high + room]


def root_ticks(high: float, *, whole: bool = False) -> list[float]:
    """Zero and round numbers that stand about evenly on an axis of square roots."""
    ticks = [0.0]
    for share in (0.06, 0.25, 0.56, 1.0):
        value = high * share
        size = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
        nice = max((f * size for f in (1, 2, 3, 5) if f * size <= value * 1.0001), default=0.0)
        if nice > ticks[-1] and (not whole or nice >= 1):
            ticks.append(nice)
    return ticks


def tick_labels(ticks: list[float]) -> list[str]:
    """Short labels: thousands as k where the highest has five digits, millions as M from seven."""
    highest = max((abs(t) for t in ticks), default=0.0)
    return [_short(t, highest) for t in ticks]


def _short(value: float, highest: float) -> str:
    sign, size = ("\u2212" if value < 0 else ""), abs(value)
    if size == 0 or highest < 1e4:
        return sign + (f"{size:,.0f}" if size == int(size) else f"{size:.4g}")
    unit, mark = (1e6, "M") if highest >= 1e6 else (1e3, "k")
    return f"{sign}{size / unit:.4g}{mark}"


def upwards(ax: Axes, low: float, high: float, *, root: bool, whole: bool) -> None:
    """Numbers, lines across, and a line at zero; evenly or by square roots."""
    if root:
        ax.set_yscale("function", functions=(lambda v: np.sqrt(np.maximum(v, 0.0)), np.square))
    ticks = root_ticks(high, whole=whole) if root else round_ticks(low, high, whole=whole)
    ax.set_yticks(ticks, tick_labels(ticks))
    ax.set_ylim(low, high)
    ax.grid(axis="y")
    ax.axhline(0, color=ax.xaxis.label.get_color(), linewidth=0.8, clip_on=False)


def dated(ax: Axes, first: int, last: int, *, labels: bool = True) -> None:
    """An axis of dates from the first to the last day number."""
    ax.set_xlim(first - UNIX, max(last, first + 1) - UNIX)
    if not labels:
        ax.set_xticks([])
        return
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=3, maxticks=8) if last - first > 7 else untyped.DayLocator()
    ax.xaxis.set_major_locator(locator)
    years = ["", "%Y", "%Y", "%Y", "%Y", "%Y"]  # ticks name months and days; at the end of the axis only the year is left to say
    ax.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, offset_formats=years))
