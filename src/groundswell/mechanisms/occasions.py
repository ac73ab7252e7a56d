"""Phase 1: local occasions, the sparks around which a gathering forms in one city on one day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, exp, log
from groundswell.core.columns import CITY
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import ECONOMY, OCCASION, OCCASION_SIZE, PUSH

SIZE = OCCASION_SIZE.number  # compiled functions take plain numbers


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
        places, p = now.places, now.p
        settings = now.remember("settings", (p,), lambda: np.array([p.rate, p.push, p.spread, p.cap]) if p.rate.any() else None)
        if settings is None:
            return
        city = places.city_keys
        draw = now.draws.uniform(OCCASION, now.day, city)
        which, push = np.empty(len(city), np.int64), np.empty(len(city))
        where = (places.province_of_city, places.represented(CITY), city, draw)
        n = now.run(occur, settings, now[ECONOMY], *where, now.day, *now.draws.keys, which, push)
        if n:
            now[PUSH][which[:n]] = push[:n]


def occur(
    settings: Any,
    economy: Any,
    province: Any,
    residents: Any,
    city: Any,
    draw: Any,
    day: Any,
    key0: Any,
    key1: Any,
    which: Any,
    pushed: Any,
) -> int:
    """Which cities have an occasion, and how strongly it pushes; compiled.

    Args:
        settings: rate, push, spread and cap by province; shape (4, provinces).
        economy: by province.
        province, residents, city, draw: of each city; `city` is its address.
        which, pushed: room for all cities; how many have an occasion is returned.
    """
    rate, push, spread, cap = settings[0], settings[1], settings[2], settings[3]
    n = 0
    for c in range(city.size):
        p = province[c]
        expected = rate[p] * economy[p] * residents[c] / F64(1e6)
        if draw[c] < expected and draw[c] < F64(1.0) - exp(-expected):  # 1 - exp(-x) is at most x: few exponentials
            beyond = -log(F64(1.0) - pair_uniform(city[c], 0, day, SIZE, key0, key1)) * spread[p]
            which[n], pushed[n] = c, push[p] + min(beyond, cap[p])
            n += 1
    return n
