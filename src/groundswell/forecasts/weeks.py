"""Quiet, onset and uprising weeks, and what an onset is: rules in words whose levels come from training weeks alone.

* A week is an **uprising** week where the nation had at least as many contested demonstrations as the 95th percentile of the training
  weeks (and at least five).
* It is an **onset** week where it is one and none of the four weeks before it was.
* Every other week is **quiet**.

An onset is also forecast, of the nation and of each province, in what is forecast: a count at or above the 95th percentile of
the place's training weeks (and at least two), where the last four weeks before the origin were below it. Of several such weeks ahead
each is one. Where the last known weeks were high, no onset is scored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HIGH = 0.95  # percentile of the training weeks
LEAST_UPRISING = 5.0  # contested demonstrations of the nation
LEAST_ONSET = 2.0  # of what is forecast, in a place
BEFORE = 4  # weeks without
QUIET, ONSET, UPRISING = 0, 1, 2
NAMES = ("quiet", "onset", "uprising")


@dataclass(frozen=True, eq=False)
class Rules:
    """Levels that were set by training weeks.

    Attributes:
        uprising: contested demonstrations of the nation a week.
        onset: of what is forecast, by province and last of the nation; shape (provinces + 1,).
    """

    uprising: float
    onset: Floats


def rules(counts: Counts, target: str, weeks: int) -> Rules:
    """The levels of the first so many weeks, which are the training weeks."""
    contested = _quantile(counts.contested[:weeks].sum(axis=1))
    values = with_nation(np.asarray(getattr(counts, target)[:weeks], np.float64))
    return Rules(max(float(contested), LEAST_UPRISING), np.maximum(_quantile(values), LEAST_ONSET))


def _quantile(values: npt.NDArray[np.float64] | Ints) -> Floats:
    return np.asarray(np.quantile(values, HIGH, axis=0, method="higher"), np.float64)


def with_nation(counts: Floats) -> Floats:
    """Counts by province with their sum behind them; shape (..., provinces) to (..., provinces + 1)."""
    return np.concatenate([counts, counts.sum(axis=-1, keepdims=True)], axis=-1)


def classes(counts: Counts, found: Rules) -> Ints:
    """The class of each week; shape (weeks,)."""
    high = counts.contested.sum(axis=1) >= found.uprising
    recent = np.zeros(len(high), bool)
    for back in range(1, BEFORE + 1):
        recent[back:] |= high[:-back]
    return np.where(high, np.where(recent, UPRISING, ONSET), QUIET).astype(np.int64)


def waiting(values: Floats, found: Rules) -> npt.NDArray[np.bool_]:
    """In which places an onset can begin after the last week of some counts (nation last); shape (provinces + 1,)."""
    return np.asarray((values[-BEFORE:] < found.onset).all(axis=0))
