"""Phase 1: local occasions, the sparks around which a gathering forms in one city on one day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.arithmetic import exps, logs
from groundswell.core.columns import CITY
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import ECONOMY, OCCASION, OCCASION_SIZE, PUSH


@dataclass(frozen=True)
class Occasions(Mechanism):
    """A city of N residents has an occasion with probability 1 - exp(-rate E N / 10**6), E the economy; it pushes all residents.

    The push is `push` plus an exponential of mean `spread`, so the sizes of gatherings have a Pareto tail of exponent
    1 / spread where participation is rare.
    """

    rate: float = parameter(0.12, unit="1/day/million", range=(0, 10000), doc="Occasions a day per million residents.", source="assumed")
    push: float = parameter(7.5, unit="logit", range=(0, 20), doc="Least push of an occasion.", source="assumed")
    spread: float = parameter(0.9, unit="logit", range=(0, 3), doc="Mean of the push beyond the least.", source="assumed")
    cap: float = parameter(6.0, unit="logit", range=(0, 20), doc="Most push beyond the least.", source="assumed")

    reads = (ECONOMY,)
    adds = (PUSH,)
    draws = (OCCASION, OCCASION_SIZE)

    def day(self, now: Now) -> None:
        """Draw the day's occasions by city."""
        places = now.places
        rate = now.p.rate * now[ECONOMY]
        if not rate.any():
            return
        province = places.province_of_city
        city = places.city_keys
        expected = rate[province] * places.represented(CITY) / 1e6
        draw = now.draws.uniform(OCCASION, now.day, city)
        hit = np.flatnonzero(draw < expected)  # 1 - exp(-x) is at most x: few are left to look at
        hit = hit[draw[hit] < 1.0 - exps(-expected[hit])]
        if not len(hit):
            return
        u = now.draws.uniform(OCCASION_SIZE, now.day, city[hit])
        beyond = np.minimum(-logs(1.0 - u) * now.p.spread[province[hit]], now.p.cap[province[hit]])
        now[PUSH][hit] = (now.p.push[province[hit]] + beyond).astype(np.float32)
