"""Phase 11: a source reports some of what happened, with errors of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import act_lane, province_of_key
from groundswell.society import (
    ACTS,
    DELAY,
    DISPERSED,
    GATHERINGS,
    HAPPENED,
    INVENT,
    MISREPORT,
    RECORD,
    REPORT,
    SHOT,
)


@dataclass(frozen=True)
class Reporting(Mechanism):
    """An event of size n is reported with probability reach n / (n + half); acts of units with their own, smaller one.

    Reports come late, some carry a wrong date, sizes are inflated. Only a source that is set to invent reports what
    did not happen. What happened and what was reported are kept in two journals.
    """

    reach: float = parameter(0.9, unit="1", range=(0, 1), doc="Chance that a very large gathering is reported.", source="assumed")
    half: float = parameter(
        60.0, unit="persons", range=(0, 1e6), doc="Size of which half of that chance is left.", source="assumed; McCarthy et al. 1996"
    )
    acts: float = parameter(0.02, unit="1", range=(0, 1), doc="Chance that an act of a unit is reported.", source="assumed")
    delay: float = parameter(3, unit="days", range=(0, 3650), doc="Longest delay of a report.", source="assumed", whole=True)
    misdated: float = parameter(0.02, unit="1", range=(0, 1), doc="Share of reports dated a day late.", source="assumed")
    inflation: float = parameter(1.0, unit="1", range=(0, 1000), doc="Factor on reported sizes.", source="assumed")
    invention: float = parameter(0.0, unit="1/year/million", range=(0, 1e6), doc="Invented events.", source="assumed")

    reads = (GATHERINGS, ACTS)
    writes = (HAPPENED, RECORD)
    draws = (REPORT, DELAY, MISREPORT, INVENT)

    def day(self, now: Now) -> None:
        """Write what happened, then what is reported of it."""
        met, acts, places = now.table(GATHERINGS), now.table(ACTS), now.places
        one, zero = np.ones(len(acts), np.int64), np.zeros(len(acts), np.int64)
        row = places.row_of(acts["unit"] >> 16)  # where its founder lives: the unit itself may have been lost today
        city = places.city_keys[np.searchsorted(places.neighbourhood_start[places.city_start], row, side="right") - 1]
        met_at = {"province": met["city"] >> 32, "city": met["city"] & 0xFFFFFFFF}
        fate = {name: met[name] for name in ("size", "response", "arrests", "deaths")}
        now.log(HAPPENED, day=now.day, kind=0, stream=0, tactic=0, **met_at, **fate)
        acted_at = {"province": city >> 32, "city": city & 0xFFFFFFFF}
        fate = {"size": 3 * one, "response": acts["seen"] * DISPERSED, "arrests": zero, "deaths": zero}
        now.log(HAPPENED, day=now.day, kind=1, stream=0, tactic=acts["tactic"], **acted_at, **fate)
        where = places.province_of(met["city"])
        chance = now.p.reach[where] * met["size"] / np.maximum(met["size"] + now.p.half[where], 1e-9)
        sub = np.select([met["deaths"] > 0, met["response"] == SHOT, met["response"] >= DISPERSED], [2, 2, 1], 0)
        self._report(now, met["city"], 0, where, chance, sub, met["size"], met["deaths"], met["arrests"], met["city"], 0)
        home = province_of_key(places, acts["unit"]) if len(acts) else zero
        self._report(
            now,
            city,
            1,
            home,
            now.p.acts[home],
            np.full(len(acts), 4),
            3 * one,
            zero,
            zero,
            acts["unit"] >> 16,
            act_lane(acts["unit"], acts["number"]),
        )
        self._invent(now)

    def _report(
        self,
        now: Now,
        city: Any,
        kind: int,
        province: Any,
        chance: Any,
        sub: Any,
        size: Any,
        deaths: Any,
        arrests: Any,
        who: Any,
        lane: Any,
    ) -> None:
        """Draw reports of events whose natural keys are `who` and `lane`: the city and 0, or a unit and its act."""
        told = np.flatnonzero(now.draws.coin(REPORT, now.day, chance, who, lane))
        if not len(told):
            return
        city, province = city[told], province[told]
        who, lane = (np.broadcast_to(v, sub.shape)[told] for v in (who, lane))
        late = (now.draws.uniform(DELAY, now.day, who, lane) * (now.p.delay[province] + 1)).astype(np.int64)
        wrong = now.draws.coin(MISREPORT, now.day, now.p.misdated[province], who, lane)
        shown = np.floor(size[told] * now.p.inflation[province] + 0.5).astype(np.int64)
        when = {"reported_day": now.day + np.maximum(late, wrong), "event_day": now.day + wrong}
        where = {"province": city >> 32, "city": city & 0xFFFFFFFF}
        harm = {"fatalities_reported": deaths[told], "arrests_reported": arrests[told]}
        now.log(RECORD, **when, **where, **harm, stream=0, kind=kind, sub_event=sub[told], size_reported=shown, invented=0)

    def _invent(self, now: Now) -> None:
        if not now.p.invention.any():
            return
        places = now.places
        codes = places.codes << 32
        expected = now.p.invention * places.represented(PROVINCE) / 1e6 / 365.25
        count = np.floor(expected + now.draws.uniform(INVENT, now.day, codes)).astype(np.int64)
        order = np.argsort(codes)
        owner, count = np.repeat(order, count[order]), count[order]
        number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 1
        u = now.draws.uniform(INVENT, now.day, codes[owner], number)
        low, high = places.province_start[owner], places.province_start[owner + 1]
        city = places.city_keys[low + (u * (high - low)).astype(np.int64)]
        now.log(RECORD, reported_day=now.day, event_day=now.day, province=city >> 32, city=city & 0xFFFFFFFF, stream=0, kind=0, sub_event=0,
                size_reported=0, fatalities_reported=0, arrests_reported=0, invented=1)  # fmt: skip
