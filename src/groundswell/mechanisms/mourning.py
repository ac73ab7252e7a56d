"""Phase 1: the dead are mourned on the fortieth day and a year after, and a funeral is an occasion that nobody has to call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.arithmetic import logs
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.lookups import by_province
from groundswell.society import CUSTODY, DEAD, PUSH

AFTER = {"off": (), "40_day": (40,), "anniversary": (365,), "both": (40, 365)}


@dataclass(frozen=True)
class Mourning(Mechanism):
    """Every city of a province is pushed by min(cap, push log(1 + d)), d the province's people who died 40 (or 365) days ago.

    Those killed in the street and those executed count alike. With `rule = both` the two dates add up.
    """

    push: float = parameter(
        2.0,
        unit="logit",
        range=(0, 20),
        doc="Push of mourning per log(1 + deaths).",
        source="assumed; the custom: Shia mourning, 1978, 2022",
    )
    cap: float = parameter(8.0, unit="logit", range=(0, 20), doc="Most push of one date of mourning.", source="assumed")
    rule: str = switch(
        "40_day",
        options=("off", "40_day", "anniversary", "both"),
        doc="On which days the dead are mourned.",
        source="the literature differs",
    )

    reads = (CUSTODY,)
    adds = (PUSH,)

    def day(self, now: Now) -> None:
        """Look up who died so many days ago."""
        custody, places = now.table(CUSTODY), now.places
        if not len(custody):
            return
        for days in AFTER[now.p.rule]:
            since = np.flatnonzero(custody["since"] == now.day - days)
            mourned = since[custody["status"][since] == DEAD]
            if len(mourned):
                dead = by_province(places, custody["person"][mourned])
                push = np.minimum(now.p.push * logs(1.0 + dead), now.p.cap)
                now[PUSH][:] += push[places.province_of_city].astype(np.float32)
