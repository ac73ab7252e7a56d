"""Phase 1: what the date brings: legitimacy, focal dates, the alternative, the forces' places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import DEFECTED, FORCES, LEGITIMACY, PUSH


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
    forces: float = parameter(4.0, unit="officers per 1000", range=(0, 1000), doc="Security forces per 1,000 residents.", source="assumed")

    reads = (DEFECTED,)
    writes = (LEGITIMACY, FORCES)
    adds = (PUSH,)

    def begin(self, now: Now) -> None:
        """Forces stand before the first day, so that people can reckon with them."""
        self._deploy(now)

    def day(self, now: Now) -> None:
        """Write legitimacy and forces by province; push every city of a province by its focal date and alternative."""
        self._deploy(now)
        now[LEGITIMACY][:] = now.p.legitimacy
        province = now.places.province_of_city
        now[PUSH][:] = (now.p.focal + now.p.alternative)[province].astype(np.float32)

    def _deploy(self, now: Now) -> None:
        """Forces stand where today's policy puts them, unless they refuse orders."""
        now[FORCES][:] = np.where(now[DEFECTED] == 1, 0.0, now.p.forces * now.places.represented(PROVINCE) / 1000.0)
