"""Phase 7: the loyalty of each province's forces, and where they stop obeying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.society import ACTIVE, ALTERNATIVE, DEFECTED, GATHERINGS, LOYALTY, STRENGTH


@dataclass(frozen=True)
class Loyalty(Mechanism):
    """Loyalty falls with turnout, deaths of the unarmed, defection elsewhere and an alternative; pay and strength raise it.

    l' = l + pay (1 - l) + strength (S - 1) - turnout a - deaths d - elsewhere e - alternative A, kept in [0, 1]: S is the
    regime's perceived strength, a the share of the province that took part, d deaths in the street per 1,000 residents,
    e the share of the other provinces whose forces had defected by yesterday, A the push from a political alternative.

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
    elsewhere: float = parameter(
        0.01, unit="1/day", range=(0, 1000), doc="Daily fall if the forces of all other provinces had defected.", source="assumed"
    )
    alternative: float = parameter(
        0.001, unit="1/day per logit", range=(0, 1000), doc="Daily fall per logit of a political alternative.", source="assumed"
    )
    strength: float = parameter(
        0.005, unit="1/day", range=(0, 1000), doc="Daily rise if the regime seems twice as strong as usual, fall if it seems powerless.",
        source="assumed",
    )  # fmt: skip
    pay: float = parameter(0.01, unit="1/day", range=(0, 1), doc="Share of lost loyalty that pay restores in a day.", source="assumed")
    refusal: float = parameter(0.3, unit="1", range=(0, 1), doc="Loyalty below which the forces refuse orders.", source="assumed")
    followers: float = parameter(
        1e6, unit="provinces", range=(0, 1e9), doc="Defected provinces after which this one's forces follow.", source="assumed"
    )
    rule: str = switch(
        "threshold", options=("off", "threshold", "contagion"), doc="How forces come to refuse orders.", source="the literature differs"
    )

    reads = (ACTIVE, GATHERINGS, STRENGTH, ALTERNATIVE)
    writes = (LOYALTY, DEFECTED)

    def day(self, now: Now) -> None:
        """One step of loyalty and defection; one wave of followers a day."""
        places, p = now.places, now.p
        if p.rule == "off":
            return
        residents = np.maximum(places.represented(PROVINCE), 1)
        first = places.city_start[places.province_start]
        sums = np.concatenate([[0], np.cumsum(now[ACTIVE])])
        turnout = (sums[first[1:]] - sums[first[:-1]]) / residents
        met = now.table(GATHERINGS)
        deaths = np.zeros(len(residents), np.int64)
        np.add.at(deaths, places.province_of_city[met["at"]], met["deaths"])
        gone = now[DEFECTED] == 1
        elsewhere = (int(gone.sum()) - gone) / max(len(gone) - 1, 1)
        old = now[LOYALTY].astype(np.float64)
        rise = p.pay * (1.0 - old) + p.strength * (now[STRENGTH] - 1.0)
        fall = p.turnout * turnout + p.deaths * deaths * 1000.0 / residents + p.elsewhere * elsewhere + p.alternative * now[ALTERNATIVE]
        now[LOYALTY][:] = np.clip(old + rise - fall, 0.0, 1.0)
        follow = (p.followers <= int(gone.sum())) if p.rule == "contagion" else np.zeros(len(gone), bool)
        now[DEFECTED][:] = gone | (now[LOYALTY] < p.refusal) | follow
