"""Ticks and scales: round numbers, dates, and the square root that keeps many small counts apart from a few large ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.core.draws import day_date, day_number

Floats = npt.NDArray[np.float64]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
BURSTY = 8.0  # an axis of counts takes square roots where the highest value is this many times the 90 % point or more


@dataclass(frozen=True)
class Scale:
    """Values from `low` to `high` on a stretch of the page, evenly or by their square roots."""

    low: float
    high: float
    start: float
    end: float
    root: bool = False

    def __call__(self, values: npt.ArrayLike) -> Floats:
        """Where values stand."""
        v = np.asarray(values, np.float64)
        if self.root:
            share = np.sqrt(np.maximum(v, 0.0) / self.high)
        else:
            share = (v - self.low) / (self.high - self.low)
        return np.asarray(self.start + share * (self.end - self.start))


def bursty(values: Floats) -> bool:
    """Whether a few values would press all others flat on an even axis."""
    defined = values[np.isfinite(values)]
    if not len(defined) or defined.min() < 0 or defined.max() <= 0:
        return False
    return bool(defined.max() >= BURSTY * max(float(np.quantile(defined, 0.9)), 1e-9) and defined.max() >= BURSTY)


def round_ticks(low: float, high: float, most: int = 5, *, whole: bool = False) -> list[float]:
    """At most about `most` round numbers from low to high, zero among them where it lies between; whole ones for counts."""
    rough = (high - low) / most
    if whole:
        rough = max(rough, 1.0)
    if not rough > 0:
        return [low]
    size = 10.0 ** math.floor(math.log10(rough) + 1e-12)
    step = next(f * size for f in (1, 2, 5, 10) if f * size >= rough * 0.999)
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


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


def dates(first: int, last: int, most: int = 7) -> tuple[list[int], list[str]]:
    """Day numbers and labels of at most `most` ticks: days in short periods, else firsts of months or of years."""
    start, end = day_date(first), day_date(last)
    if last - first <= 62:
        step = max(-(-(last - first + 1) // most), 1)
        days = list(range(first, last + 1, step))
        return days, [f"{day_date(d).day} {MONTHS[day_date(d).month - 1]}" + (f"\n{day_date(d).year}" if d == first else "") for d in days]
    months = (end.year - start.year) * 12 + end.month - start.month
    every = next((s for s in STEPS if months / s < most), STEPS[-1])
    ticks: list[int] = []
    labels: list[str] = []
    for index in range(start.year * 12 + start.month - 1, end.year * 12 + end.month):
        year, month = divmod(index, 12)
        number = day_number(start.replace(year=year, month=month + 1, day=1))
        if index % every or number < first:
            continue
        new = not labels or month < every
        ticks.append(number)
        labels.append(str(year) if every >= 12 else MONTHS[month] + (f"\n{year}" if new else ""))
    return ticks, labels
