"""What was known at an origin: counts of the weeks that had ended by then, and nothing later.

A history is a copy that ends with its origin, so that no forecaster can reach a later week through it. A record is taken as it stands
today; what was reported late, or corrected, is in it from its week on. (No vintages of the record exist.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from groundswell.core.errors import InputError, nearest

if TYPE_CHECKING:
    from groundswell.calibration.counts import Counts

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TARGETS = ("total", "contested")  # what is forecast: all demonstrations, or those answered or violent
LEAST = 104  # weeks before an origin: two years, so that a season has been seen


@dataclass(frozen=True, eq=False)
class History:
    """Counts up to an origin.

    Attributes:
        first: day number on which the first week begins.
        provinces: their ids.
        counts: what is forecast; shape (weeks, provinces). The last row is the origin's.
        other: the other series: contested counts where totals are forecast, and totals where contested counts are.
        deaths: as reported; shape (weeks, provinces).
    """

    first: int
    provinces: tuple[str, ...]
    counts: Floats
    other: Floats
    deaths: Floats

    def __len__(self) -> int:
        """Weeks."""
        return len(self.counts)

    @property
    def origin(self) -> int:
        """Day number on which the last known week begins."""
        return self.first + 7 * (len(self) - 1)

    @property
    def last_day(self) -> int:
        """Day number of the last known day."""
        return self.origin + 6

    def ahead(self, horizons: int) -> Ints:
        """Day numbers on which the next weeks begin."""
        return self.origin + 7 * np.arange(1, horizons + 1, dtype=np.int64)

    @property
    def weeks(self) -> Ints:
        """Day numbers on which the weeks begin."""
        return self.first + 7 * np.arange(len(self), dtype=np.int64)


def check_target(target: str) -> None:
    """Refuse what cannot be forecast.

    Raises:
        InputError: there is no such series.
    """
    if target not in TARGETS:
        raise InputError(f"{target!r} is not forecast; there are {', '.join(TARGETS)}", key="target", nearest=nearest(target, TARGETS))


def known(counts: Counts, target: str, weeks: int) -> History:
    """The first so many weeks of a record, copied.

    Raises:
        InputError: there is no such series, or the record has fewer weeks.
    """
    check_target(target)
    if not 1 <= weeks <= len(counts.total):
        raise InputError(f"{weeks} weeks of {len(counts.total)} were asked for", key="origin")

    def cut(values: npt.NDArray[Any]) -> Floats:
        return np.array(values[:weeks], np.float64)

    other = TARGETS[1 - TARGETS.index(target)]
    return History(counts.first, counts.provinces, cut(getattr(counts, target)), cut(getattr(counts, other)), cut(counts.deaths))
