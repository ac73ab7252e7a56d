"""At the end of the day: whether the regime has fallen and whether the movement is over, both for good."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import mean_of_nation
from groundswell.society import CAPACITY, DEFECTED, DEPLOYED, FALLEN, MOVEMENT_OVER, SILENT_DAYS, UNITS_LIVE, WEAK_DAYS


@dataclass(frozen=True)
class Ending(Mechanism):
    """The regime falls after `days` days in a row on which less than `share` of the nation's forces obeys; then none do.

    The movement, if there ever was one, ends after `silence` days in a row without a live unit. Capacity counts officers
    where they are deployed; where none are deployed anywhere nobody refuses.
    """

    share: float = parameter(
        0.5, unit="1", range=(0, 1), doc="Share of the forces that must obey for the regime to stand.", source="assumed"
    )
    days: float = parameter(7, unit="days", range=(1, 40000), doc="Days in a row with less until it falls.", source="assumed", whole=True)
    silence: float = parameter(
        730, unit="days", range=(1, 40000), doc="Days in a row without a live unit until the movement has ended.",
        source="by definition two years", whole=True,
    )  # fmt: skip

    reads = (DEFECTED, DEPLOYED, UNITS_LIVE)
    writes = (CAPACITY, WEAK_DAYS, FALLEN, SILENT_DAYS, MOVEMENT_OVER)

    def day(self, now: Now) -> None:
        """Count the days in a row, and what follows from them."""
        share, days, silence = now.remember("limits", (now.p,), lambda: self._limits(now))
        capacity, weak, fallen, silent = now[CAPACITY], now[WEAK_DAYS], now[FALLEN], now[SILENT_DAYS]
        fell = fallen[0] == 1
        capacity[0] = 0.0 if fell else self._obeying(now)
        weak[0] = weak[0] + 1 if capacity[0] < share else 0
        fallen[0] = fell or weak[0] >= days
        if np.count_nonzero(now[UNITS_LIVE]):
            silent[0] = 0
        elif silent[0] >= 0:
            silent[0] += 1
        now[MOVEMENT_OVER][0] = now[MOVEMENT_OVER][0] == 1 or silent[0] >= silence

    def _limits(self, now: Now) -> tuple[float, float, float]:
        p = now.p
        return mean_of_nation(now.places, p.share), mean_of_nation(now.places, p.days), mean_of_nation(now.places, p.silence)

    def _obeying(self, now: Now) -> float:
        """The share of the officers who obey."""
        defected = now[DEFECTED]
        if not np.count_nonzero(defected):
            return 1.0
        officers = (now[DEPLOYED].astype(np.float64) * 1024.0).astype(np.int64)  # whole numbers, so that no order of summing matters
        obeying, every = int(officers[defected == 0].sum()), int(officers.sum())
        return obeying / every if every else 1.0
