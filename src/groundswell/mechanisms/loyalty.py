"""Phase 7: the loyalty of each province's forces, and where they stop obeying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.society import ACTIVE, DEFECTED, GATHERINGS, LOYALTY


@dataclass(frozen=True)
class Loyalty(Mechanism):
    """Loyalty falls with turnout and with deaths of the unarmed; pay raises it.

    `threshold`: a province's forces refuse orders once their loyalty is below `refusal`; `contagion` adds, before
    that, Granovetter's rule: they defect once at least `followers` of all provinces have (in whole numbers: a count
    is compared with a count). Refusal is for good. `off`: loyalty stays 1.
    """

    turnout: float = parameter(
        2.0, unit="1/day", range=(0, 1000), doc="Daily fall of loyalty if the whole province took part.", source="assumed"
    )
    deaths: float = parameter(
        0.5, unit="1/day per death per 1000", range=(0, 1000), doc="Fall per death of the unarmed per 1,000 residents.", source="assumed"
    )
    pay: float = parameter(0.01, unit="1/day", range=(0, 1), doc="Share of lost loyalty that pay restores in a day.", source="assumed")
    refusal: float = parameter(0.3, unit="1", range=(0, 1), doc="Loyalty below which the forces refuse orders.", source="assumed")
    followers: float = parameter(
        1e6, unit="provinces", range=(0, 1e9), doc="Defected provinces after which this one's forces follow.", source="assumed"
    )
    rule: str = switch(
        "threshold", options=("off", "threshold", "contagion"), doc="How forces come to refuse orders.", source="the literature differs"
    )

    reads = (ACTIVE, GATHERINGS)
    writes = (LOYALTY, DEFECTED)

    def day(self, now: Now) -> None:
        """One step of loyalty and defection; one wave of followers a day."""
        places, p = now.places, now.p
        if p.rule == "off":
            return
        residents = np.maximum(places.represented(PROVINCE), 1)
        hood = np.array([places.neighbourhood_range(i) for i in range(len(places.provinces))])
        sums = np.concatenate([[0], np.cumsum(now[ACTIVE])])
        turnout = (sums[hood[:, 1]] - sums[hood[:, 0]]) / residents
        met = now.table(GATHERINGS)
        deaths = np.zeros(len(residents), np.int64)
        np.add.at(deaths, places.province_of_city[met["at"]], met["deaths"])
        old = now[LOYALTY].astype(np.float64)
        new = old + p.pay * (1.0 - old) - p.turnout * turnout - p.deaths * deaths * 1000.0 / residents
        now[LOYALTY][:] = np.clip(new, 0.0, 1.0)
        gone = now[DEFECTED] == 1
        follow = (p.followers <= int(gone.sum())) if p.rule == "contagion" else np.zeros(len(gone), bool)
        now[DEFECTED][:] = gone | (now[LOYALTY] < p.refusal) | follow
