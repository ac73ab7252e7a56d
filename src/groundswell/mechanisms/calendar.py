"""Phase 1: what the date brings: legitimacy, focal dates, the alternative, the forces' places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import LEGITIMACY, PUSH


@dataclass(frozen=True)
class Calendar(Mechanism):
    """Sets the drivers of a day by place. Dated policies and shocks change these parameters, nothing else."""

    legitimacy: float = parameter(0.5, unit="1", range=(0, 1), doc="Perceived legitimacy L of the regime.", source="assumed")
    focal: float = parameter(
        0.0,
        unit="logit",
        range=(0, 20),
        doc="Push of a focal date (a commemoration, a call) that lowers the cost of coordination.",
        source="assumed",
    )
    alternative: float = parameter(
        0.0, unit="logit", range=(0, 5), doc="Push from a political alternative that is seen as available.", source="assumed"
    )

    writes = (LEGITIMACY,)
    adds = (PUSH,)

    def day(self, now: Now) -> None:
        """Write legitimacy by province; push every city of a province by its focal date and alternative."""
        now[LEGITIMACY][:] = now.p.legitimacy
        province = now.places.province_of_city
        now[PUSH][:] = (now.p.focal + now.p.alternative)[province].astype(np.float32)
