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
        share, days, silence = (mean_of_nation(now.places, v) for v in (now.p.share, now.p.days, now.p.silence))
        officers = (now[DEPLOYED].astype(np.float64) * 1024.0).astype(np.int64)  # whole numbers, so that no order of summing matters
        obeying, every = int(officers[now[DEFECTED] == 0].sum()), int(officers.sum())
        fell = now[FALLEN][0] == 1
        now[CAPACITY][0] = 0.0 if fell else obeying / every if every else 1.0
        now[WEAK_DAYS][0] = now[WEAK_DAYS][0] + 1 if now[CAPACITY][0] < share else 0
        now[FALLEN][0] = fell or now[WEAK_DAYS][0] >= days
        if now[UNITS_LIVE].any():
            now[SILENT_DAYS][0] = 0
        elif now[SILENT_DAYS][0] >= 0:
            now[SILENT_DAYS][0] += 1
        now[MOVEMENT_OVER][0] = now[MOVEMENT_OVER][0] == 1 or now[SILENT_DAYS][0] >= silence
