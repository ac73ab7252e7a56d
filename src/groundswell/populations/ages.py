"""Persons by single year of age from age bands, and whole rows of them at any scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from groundswell.populations.tables import OLDEST, CensusRow

Ints = npt.NDArray[np.int64]


def apportion(parts: Sequence[int] | Sequence[float], total: int) -> list[int]:
    """Whole numbers that add up to `total`, in proportion to `parts`, by largest remainders (ties: the first part).

    Whole parts are exact; others count in steps of 2**-22. All parts zero means equal parts.
    """
    weights = [p if isinstance(p, int) else int(p * 4194304.0) for p in parts]
    whole = sum(weights)
    if whole <= 0:
        weights, whole = [1] * len(weights), len(weights)
    numbers = [w * total // whole for w in weights]
    short = total - sum(numbers)
    if short:
        for i in sorted(range(len(weights)), key=lambda i: (-(weights[i] * total % whole), i))[:short]:
            numbers[i] += 1
    return numbers


def rows_of(persons: int, scale: int) -> int:
    """Rows that stand for a number of persons: the quotient rounded, halves up."""
    return (2 * persons + scale) // (2 * scale)


def _slopes(steps: list[float], widths: list[float]) -> list[float]:
    """Slopes at the knots of a monotone cubic through cumulated numbers (Fritsch & Butland 1984), none negative."""
    slopes = [steps[0]]
    for i in range(1, len(steps)):
        left, right = steps[i - 1], steps[i]
        if left <= 0.0 or right <= 0.0:
            slopes.append(0.0)
            continue
        w1, w2 = 2.0 * widths[i] + widths[i - 1], widths[i] + 2.0 * widths[i - 1]
        slopes.append((w1 + w2) / (w1 / left + w2 / right))
    slopes.append(0.0 if len(steps) > 1 and steps[-1] < steps[-2] else steps[-1])
    return slopes


def single_years(edges: Sequence[int], persons: Sequence[int]) -> list[float]:
    """Spread bands over single years by a monotone cubic through the cumulated numbers at the edges of the bands.

    Numbers change smoothly from year to year, none is negative, and a band's years add up to it.

    Args:
        edges: first ages of the bands and the end of the last, increasing.
        persons: in each band.
    """
    widths = [float(b - a) for a, b in pairwise(edges)]
    steps = [p / w for p, w in zip(persons, widths, strict=True)]
    slopes = _slopes(steps, widths)
    years: list[float] = []
    for i, width in enumerate(widths):
        before, rise = 0.0, steps[i] * width
        for year in range(1, int(width) + 1):
            t = year / width
            s = 1.0 - t
            here = rise * t * t * (3.0 - 2.0 * t) + width * t * s * (slopes[i] * s - slopes[i + 1] * t)
            years.append(max(here - before, 0.0))
            before = here
    return years


def age_table(bands: Sequence[CensusRow], scale: int) -> Ints:
    """Rows of a province by sex and single year of age; shape (2, 101), males first.

    The rows of a province are its persons over `scale`, rounded; they are apportioned to its bands and sexes, and a
    band's rows to its years. At scale 1 every band of either sex is exactly the census's.

    Args:
        bands: age bands of one province, youngest first, the last one open.
        scale: real persons a row stands for.
    """
    table = np.zeros((2, OLDEST + 1), np.int64)
    persons = [row.male for row in bands] + [row.female for row in bands]
    rows = apportion(persons, rows_of(sum(persons), scale))
    edges = [row.first for row in bands if row.last is not None]
    edges.append(bands[-1].first)
    for sex in (0, 1):
        closed = persons[sex * len(bands) : (sex + 1) * len(bands) - 1]
        years = single_years(edges, closed) if closed else []
        for i, row in enumerate(bands):
            number = rows[sex * len(bands) + i]
            if row.last is None:
                table[sex, row.first :] = _open_band(row.first, number)
            else:
                table[sex, row.first : row.last + 1] = apportion(years[row.first : row.last + 1], number)
    return table


def _open_band(first: int, number: int) -> list[int]:
    """The open band: all at 100 where it begins there; earlier ones thin out as the square of the years to 101 (assumed)."""
    return apportion([(OLDEST + 1 - age) ** 2 for age in range(first, OLDEST + 1)], number)
