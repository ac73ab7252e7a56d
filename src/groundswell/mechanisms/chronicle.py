"""Phase 11: what truly happened today, kept apart from what anyone reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.lookups import act_lane, gathering_lane
from groundswell.society import (
    ACTS,
    ANTI_REGIME,
    DISPERSED,
    GATHERINGS,
    HAPPENED,
    HAPPENINGS,
    LEAST_UNIT,
    SHOT,
)

PEACEFUL, INTERVENTION, FORCE, VIOLENCE, OTHER = range(5)  # as in events.acled.SUB_EVENTS
GATHERING, ACT = 0, 1


@dataclass(frozen=True)
class Chronicle(Mechanism):
    """Writes today's gatherings and acts of units into the journal of truth, and into the table from which sources report.

    A gathering is coded as ACLED would: violent if demonstrators were; else excessive force if someone was killed or shot
    at; else intervention if it was answered; else peaceful.
    """

    reads = (GATHERINGS, ACTS)
    writes = (HAPPENED, HAPPENINGS)

    def day(self, now: Now) -> None:
        """Write what happened."""
        parts = [part for part in (self._gatherings(now), self._acts(now)) if part is not None]
        if parts:
            fields = parts[0] if len(parts) == 1 else {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            extra = {name: fields.pop(name) for name in ("number", "violent", "response")}
            now.store(Table(HAPPENINGS, fields))
            city = fields["city"]
            same = {name: fields[name] for name in ("kind", "stream", "size", "tactic", "arrests", "deaths")}
            now.log(HAPPENED, day=now.day, province=city >> 32, city=city & 0xFFFFFFFF, **same, **extra)
        elif len(now.table(HAPPENINGS)):
            now.store(Table(HAPPENINGS))

    def _gatherings(self, now: Now) -> dict[str, Any] | None:
        met = now.table(GATHERINGS)
        if not len(met):
            return None
        sub = np.where(met["response"] >= DISPERSED, INTERVENTION, PEACEFUL)
        sub[(met["deaths"] > 0) | (met["response"] == SHOT)] = FORCE
        sub[met["violent"] == 1] = VIOLENCE
        same = {name: met[name] for name in ("city", "stream", "number", "size", "violent", "response", "arrests", "deaths")}
        none = np.zeros(len(met), np.int64)
        lane = gathering_lane(met["stream"], met["number"])
        return {**same, "who": met["city"], "lane": lane, "kind": none + GATHERING, "tactic": none, "sub_event": sub}

    def _acts(self, now: Now) -> dict[str, Any] | None:
        acts, places = now.table(ACTS), now.places
        if not len(acts):
            return None
        who = acts["unit"] >> 16
        row = places.row_of(who)  # where its founder lives: the unit itself may have been lost today
        city = places.city_keys[places.city_of_neighbourhood[places.neighbourhood_of(row)]]
        none = np.zeros(len(acts), np.int64)
        same = {"stream": none + ANTI_REGIME, "size": none + LEAST_UNIT, "arrests": none, "deaths": none, "violent": none}
        same |= {"tactic": acts["tactic"], "number": acts["number"], "response": acts["seen"] * DISPERSED}
        return {
            **same,
            "who": who,
            "lane": act_lane(acts["unit"], acts["number"]),
            "city": city,
            "kind": none + ACT,
            "sub_event": none + OTHER,
        }
