"""Pro-state rallies: on dates that the calendar holds, and as the state's answer to protest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.arithmetic import logs
from groundswell.core.columns import CITY
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import ANTI_REGIME, ASSEMBLING, GATHERINGS, LEAST_GATHERING, PRO_STATE, RALLY, RALLY_SIZE


@dataclass(frozen=True)
class Rallies(Mechanism):
    """A town holds a rally with probability `held`, which dated changes set, or `answer` after a day of much protest.

    Much protest is a day with at least `alarm` anti-regime gatherings in the nation. Who comes is an exponential number of
    mean `share` of the town's residents: counted, not tracked. The countryside holds none.
    """

    held: float = parameter(0.0, unit="1", range=(0, 1), doc="Chance that a town holds a pro-state rally today.", source="assumed: no date")
    share: float = parameter(0.01, unit="1", range=(0, 1), doc="Mean share of a town's residents who come.", source="assumed")
    answer: float = parameter(0.03, unit="1", range=(0, 1), doc="Chance of a rally the day after much protest.", source="assumed")
    alarm: float = parameter(30.0, unit="events", range=(1, 1e6), doc="Anti-regime gatherings in a day that it answers.", source="assumed")

    reads = (GATHERINGS,)
    adds = (ASSEMBLING,)
    draws = (RALLY, RALLY_SIZE)

    def day(self, now: Now) -> None:
        """Draw today's rallies; the table of gatherings still holds yesterday's."""
        places, p, yesterday = now.places, now.p, now.table(GATHERINGS)
        dated, least = now.remember("when", (p,), lambda: (bool(p.held.any()), float(p.alarm.min())))
        if not dated and len(yesterday) < least:
            return
        protest = np.count_nonzero(yesterday["stream"] == ANTI_REGIME)
        chance = 1.0 - (1.0 - p.held) * (1.0 - np.where(protest >= p.alarm, p.answer, 0.0))
        if not np.count_nonzero(chance):
            return
        province = places.province_of_city
        town = now.remember("town", (places,), lambda: np.array([not city.rural for city in places.cities]))
        at = np.flatnonzero(now.draws.coin(RALLY, now.day, chance[province] * town, places.city_keys))
        key, residents = places.city_keys[at], places.represented(CITY)[at]
        size = -logs(1.0 - now.draws.uniform(RALLY_SIZE, now.day, key)) * p.share[province[at]] * residents
        size = np.maximum(np.minimum(size, residents).astype(np.int64), LEAST_GATHERING)
        now.ask(ASSEMBLING, 0, group=(key << 16) | (PRO_STATE << 14), size=size)
