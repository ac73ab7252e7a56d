"""Phase 7: the loyalty of each province's forces, and where they stop obeying."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.arithmetic import F32, F64, I64
from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.core.places import Places
from groundswell.society import ACTIVE, ALTERNATIVE, DEFECTED, GATHERINGS, LOYALTY, STRENGTH

RATES = ("pay", "strength", "turnout", "deaths", "elsewhere", "alternative", "refusal", "followers")


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
        places, p, met = now.places, now.p, now.table(GATHERINGS)
        if p.rule == "off":
            return
        rates = now.remember("rates", (p,), lambda: _rates(p))
        first, residents = now.remember("places", (places,), lambda: _places(places))
        killed = met["at"], met["deaths"], places.province_of_city
        given = now[ACTIVE], first, residents, *killed, now[STRENGTH], now[ALTERNATIVE], rates, int(p.rule == "contagion")
        now.run(step_loyalty, *given, now[LOYALTY], now[DEFECTED])


def _rates(p: SimpleNamespace) -> npt.NDArray[np.float64]:
    """The parameters of each province in the order of `RATES`."""
    return np.ascontiguousarray(np.array([getattr(p, name) for name in RATES]).T)


def _places(places: Places) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first neighbourhood of each province, and their number; and residents, at least one."""
    return places.city_start[places.province_start], np.maximum(places.represented(PROVINCE), 1)


def step_loyalty(
    active: Any, first: Any, residents: Any, at: Any, killed: Any, province: Any, strength: Any, alternative: Any, rates: Any,
    contagion: int, loyalty: Any, defected: Any,
) -> None:  # fmt: skip
    """One step of every province; compiled.

    Args:
        active: persons of each neighbourhood who took part.
        first: the first neighbourhood of each province, and their number.
        residents, strength, alternative: of each province.
        at, killed: of gatherings: the city's position, and the deaths; `province` is that of each city.
        rates: of each province, in the order of `RATES`.
        contagion: 1 where forces follow those of other provinces.
        loyalty, defected: changed.
    """
    gone, deaths = I64(0), np.zeros(defected.size, np.int64)
    for i in range(at.size):
        deaths[province[at[i]]] += killed[i]
    for p in range(defected.size):
        gone += I64(defected[p] == 1)
    for p in range(defected.size):
        took_part, mine = I64(0), I64(defected[p] == 1)
        for b in range(first[p], first[p + 1]):
            took_part += active[b]
        elsewhere = F64(gone - mine) / F64(max(defected.size - 1, 1))
        old = F64(loyalty[p])
        rise = rates[p, 0] * (F64(1.0) - old) + rates[p, 1] * F64(strength[p] - F32(1.0))
        fall = rates[p, 2] * (F64(took_part) / F64(residents[p])) + rates[p, 3] * F64(deaths[p]) * F64(1000.0) / F64(residents[p])
        fall = fall + rates[p, 4] * elsewhere + rates[p, 5] * F64(alternative[p])
        loyalty[p] = min(max(old + rise - fall, F64(0.0)), F64(1.0))
        follows = contagion == 1 and rates[p, 7] <= F64(gone)
        defected[p] = mine == 1 or F64(loyalty[p]) < rates[p, 6] or follows
