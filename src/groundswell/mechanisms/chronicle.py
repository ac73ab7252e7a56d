"""Phase 11: what truly happened today, kept apart from what anyone reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import I64
from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
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
SEEN = tuple(f.name for f in HAPPENINGS.fields)
KEPT = tuple(f.name for f in HAPPENED.fields if f.name not in ("day", "province", "city"))
FIELDS = ("who", "lane", "city", "kind", "stream", "tactic", "sub_event", "size", "arrests", "deaths", "number", "violent", "response")
WHO, LANE, WHERE, KIND, STREAM, TACTIC, CODE, SIZE, ARRESTS, DEATHS, NUMBER, VIOLENT, RESPONSE = range(13)  # their positions


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
        met, acts, places = now.table(GATHERINGS), now.table(ACTS), now.places
        n = len(met) + len(acts)
        if n == 0:
            if len(now.table(HAPPENINGS)):
                now.store(Table(HAPPENINGS))
            return
        rows = np.zeros((len(FIELDS), n), np.int64)
        home = acts["unit"]
        if len(acts):  # where the unit's founder lives: the unit itself may have been lost today
            hood = places.neighbourhood_of(places.row_of(home >> 16))
            home = places.city_keys[places.city_of_neighbourhood[hood]]
        what = (met[name] for name in ("city", "stream", "number", "size", "violent", "response", "arrests", "deaths"))
        now.run(write, *what, acts["unit"], acts["number"], acts["tactic"], acts["seen"], home, rows)
        fields = dict(zip(FIELDS, rows, strict=True))
        now.store(Table(HAPPENINGS, {name: fields[name] for name in SEEN}))
        city = fields["city"]
        now.log(HAPPENED, day=now.day, province=city >> 32, **{name: fields[name] for name in KEPT}, city=city & 0xFFFFFFFF)


def write(
    city: Any, stream: Any, number: Any, size: Any, violent: Any, response: Any, arrests: Any, deaths: Any, unit: Any, nth: Any,
    tactic: Any, detected: Any, home: Any, rows: Any,
) -> None:  # fmt: skip
    """What happened, gatherings first; compiled.

    Args:
        city, stream, number, size, violent, response, arrests, deaths: of gatherings.
        unit, nth, tactic, detected: of acts; `home` is the address of the unit's city.
        rows: zeros, changed; shape (fields, gatherings and acts).
    """
    for i in range(city.size):
        rows[WHERE, i], rows[STREAM, i], rows[NUMBER, i], rows[SIZE, i] = city[i], stream[i], number[i], size[i]
        rows[VIOLENT, i], rows[RESPONSE, i], rows[ARRESTS, i], rows[DEATHS, i] = violent[i], response[i], arrests[i], deaths[i]
        rows[WHO, i], rows[LANE, i] = city[i], (I64(stream[i]) << I64(24)) | I64(number[i])  # as lookups.gathering_lane
        rows[KIND, i], rows[CODE, i] = GATHERING, PEACEFUL
        if violent[i] == 1:
            rows[CODE, i] = VIOLENCE
        elif deaths[i] > 0 or response[i] == SHOT:
            rows[CODE, i] = FORCE
        elif response[i] >= DISPERSED:
            rows[CODE, i] = INTERVENTION
    for k in range(unit.size):
        i = city.size + k
        rows[WHERE, i], rows[STREAM, i], rows[NUMBER, i], rows[SIZE, i] = home[k], ANTI_REGIME, nth[k], LEAST_UNIT
        rows[TACTIC, i], rows[RESPONSE, i] = tactic[k], detected[k] * DISPERSED
        rows[WHO, i], rows[LANE, i] = unit[k] >> I64(16), ((unit[k] & I64(0xFFFF)) << I64(12)) | I64(nth[k])  # as lookups.act_lane
        rows[KIND, i], rows[CODE, i] = ACT, OTHER
