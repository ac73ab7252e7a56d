"""Phase 11: what truly happened today, kept apart from what anyone reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import I64
from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.lookups import neighbourhood_at
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
        rows, room = np.zeros((len(FIELDS), n), np.int64), HAPPENINGS.room(n)
        what = (met[name] for name in ("city", "stream", "number", "size", "violent", "response", "arrests", "deaths"))
        people_at = (places.position_of_code, places.first_rows, now.scale, places.neighbourhood_start)
        where = (*people_at, places.city_of_neighbourhood, places.city_keys)
        now.run(write, *what, acts["unit"], acts["number"], acts["tactic"], acts["seen"], *where, rows, *room.values())
        now.store(Table(HAPPENINGS, room, ordered=True))
        fields = dict(zip(FIELDS, rows, strict=True))
        city = fields["city"]
        now.log(HAPPENED, day=now.day, province=city >> 32, **{name: fields[name] for name in KEPT}, city=city & 0xFFFFFFFF)


def write(
    city: Any, stream: Any, number: Any, size: Any, violent: Any, response: Any, arrests: Any, deaths: Any, unit: Any, nth: Any,
    tactic: Any, detected: Any, position: Any, first_rows: Any, scale: int, starts: Any, city_of: Any, city_keys: Any, rows: Any,
    *seen: Any,
) -> None:  # fmt: skip
    """What happened, gatherings first; compiled.

    Args:
        city, stream, number, size, violent, response, arrests, deaths: of gatherings.
        unit, nth, tactic, detected: of acts.
        position, first_rows, scale, starts, city_of, city_keys: where people are; `city_of` is the city of each neighbourhood.
        rows: zeros, changed; shape (fields, gatherings and acts).
        seen: room for the fields of `HAPPENINGS`, as `put_in_order` takes it.
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
        i, founder = city.size + k, unit[k] >> I64(16)
        row = first_rows[position[founder >> I64(32)]] + (founder & I64(0xFFFFFFFF)) // scale
        home = city_keys[city_of[neighbourhood_at(starts, row)]]  # where the founder lives: the unit itself may have been lost today
        rows[WHERE, i], rows[STREAM, i], rows[NUMBER, i], rows[SIZE, i] = home, ANTI_REGIME, nth[k], LEAST_UNIT
        rows[TACTIC, i], rows[RESPONSE, i] = tactic[k], detected[k] * DISPERSED
        rows[WHO, i], rows[LANE, i] = founder, ((unit[k] & I64(0xFFFF)) << I64(12)) | I64(nth[k])  # as lookups.act_lane
        rows[KIND, i], rows[CODE, i] = ACT, OTHER
    put_in_order(rows, city.size, *seen)


def put_in_order(
    rows: Any, met: int, who: Any, lane: Any, city: Any, kind: Any, stream: Any, tactic: Any, code: Any, size: Any, arrests: Any,
    deaths: Any,
) -> None:  # fmt: skip
    """Gatherings and acts, each in order of `who` and `lane`, as one list in that order; compiled.

    Args:
        rows: what happened, as `write` tells it.
        met: how many of them are gatherings, the first.
        who, lane, city, kind, stream, tactic, code, size, arrests, deaths: room for the fields of `HAPPENINGS`.
    """
    one, other, n = 0, met, rows.shape[1]
    for to in range(n):
        acts = one == met or (other < n and (rows[WHO, other], rows[LANE, other]) < (rows[WHO, one], rows[LANE, one]))
        i = other if acts else one
        one, other = one + (not acts), other + acts
        who[to], lane[to], city[to], kind[to], stream[to] = rows[WHO, i], rows[LANE, i], rows[WHERE, i], rows[KIND, i], rows[STREAM, i]
        tactic[to], code[to], size[to], arrests[to], deaths[to] = (
            rows[TACTIC, i], rows[CODE, i], rows[SIZE, i], rows[ARRESTS, i], rows[DEATHS, i],
        )  # fmt: skip
