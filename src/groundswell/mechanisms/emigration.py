"""Phase 6: some leave the country."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import not_free
from groundswell.society import ABROAD, CUSTODY, EMIGRATE, FEAR_MEAN, TAKEN


@dataclass(frozen=True)
class Emigration(Mechanism):
    """A share `rate` (1 + fear f) of each province's people leaves, for good, f their mean fear of yesterday; off by default.

    The rate is spread evenly over the year. Those who were drawn and are detained, dead or abroad stay where they are.
    """

    rate: float = parameter(0.0, unit="1/1000/year", range=(0, 1000), doc="Emigrants per 1,000 residents and year.", source="assumed")
    fear: float = parameter(0.0, unit="1", range=(0, 100), doc="How much full fear raises the rate.", source="assumed: none by default")

    reads = (CUSTODY, FEAR_MEAN)
    adds = (TAKEN,)
    draws = (EMIGRATE,)

    def day(self, now: Now) -> None:
        """Draw today's emigrants by province."""
        if not now.remember("any", (now.p,), now.p.rate.any):
            return
        people = now.places.represented(PROVINCE)
        codes = now.places.codes << 32
        rate = now.p.rate * (1.0 + now.p.fear * now[FEAR_MEAN])
        expected = rate * people / 1000.0 / 365.25
        count = np.floor(expected + now.draws.uniform(EMIGRATE, now.day, codes)).astype(np.int64)
        owner = np.repeat(np.arange(len(people)), count)
        lane = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 1
        index = (now.draws.uniform(EMIGRATE, now.day, codes[owner], lane) * people[owner]).astype(np.int64)
        leaving = np.unique(codes[owner] | index)
        now.ask(TAKEN, 5, person=leaving[~not_free(now.table(CUSTODY), leaving)], fate=ABROAD, named=0)
