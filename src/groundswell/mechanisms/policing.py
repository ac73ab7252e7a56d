"""Phase 6: how the forces answer gatherings, within what they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, exps
from groundswell.core.columns import CITY, Table
from groundswell.core.draws import uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.lookups import list_rows
from groundswell.society import (
    ACTIVE,
    ARREST,
    ARRESTED,
    CUSTODY,
    DEAD,
    DETAINED,
    DISPERSED,
    FORCES,
    FREE,
    GATHERINGS,
    IGNORED,
    LEAST_GATHERING,
    PERCEIVED_RISK,
    REACHED,
    RESPONSE,
    SHOT,
    TAKEN,
    TOOK_PART,
    WHO,
)

WHICH = WHO.number  # compiled functions take plain numbers


def choose(rows: Any, counts: Any, gone: Any, scale: Any, place: Any, day: Any, key0: Any, key1: Any, pool: Any, out: Any) -> int:
    """Draws `counts` different free persons of each row, by as many steps of a shuffle of its free persons; compiled.

    Args:
        rows: of one province, from its first.
        gone: sorted indices of those of the province who are not free.
        pool: room for the persons of a row.
        out: the chosen, as indices in the province; their number is returned.
    """
    n = 0
    for j in range(rows.size):
        first, free = rows[j] * scale, 0
        g = np.searchsorted(gone, first)
        for person in range(first, first + scale):
            if g < gone.size and gone[g] == person:
                g += 1
            else:
                pool[free] = person
                free += 1
        for k in range(min(counts[j], free)):
            at = k + min(I64(uniform(key0, key1, place, first, day, WHICH, k) * F64(free - k)), I64(free - k - 1))
            out[n] = pool[at]
            pool[at] = pool[k]
            n += 1
    return n


@dataclass(frozen=True)
class Policing(Mechanism):
    """A gathering is a city with at least three who took part. The forces mean to ignore, disperse, arrest or shoot.

    Each answer but the first binds `officers` per participant; the forces of a province serve gatherings in an
    addressed order until they are spent, and ignore the rest. The perceived risk for tomorrow is Epstein's
    P = 1 - exp(-k C / A), with C the forces in the city and A today's participants (at least 1).
    """

    disperse: float = parameter(
        0.176, unit="1", range=(0, 1), doc="Share of gatherings meant to be dispersed.", source="Mass Mobilization 1990-2020",
        part_of="gatherings",
    )  # fmt: skip
    arrest: float = parameter(
        0.087, unit="1", range=(0, 1), doc="Share meant to be answered by arrests.", source="Mass Mobilization 1990-2020",
        part_of="gatherings",
    )  # fmt: skip
    shoot: float = parameter(
        0.021, unit="1", range=(0, 1), doc="Share meant to be shot at.", source="Mass Mobilization 1990-2020", part_of="gatherings"
    )
    arrested: float = parameter(
        0.05, unit="1", range=(0, 1), doc="Chance of arrest of a participant of a gathering so answered.", source="assumed"
    )
    killed: float = parameter(
        0.002, unit="1", range=(0, 1), doc="Chance of death of a participant of a gathering shot at.", source="assumed"
    )
    officers: float = parameter(0.1, unit="officers per participant", range=(0, 100), doc="Forces that an answer binds.", source="assumed")
    k: float = parameter(2.3, unit="1", range=(0, 100), doc="Epstein's constant: P = 0.9 at C = A.", source="Epstein 2002")
    arrest_ratio: str = switch(
        "literal", options=("literal", "floor", "round"), doc="How C / A is rounded.", source="the literature differs"
    )

    reads = (ACTIVE, TOOK_PART, FORCES, CUSTODY)
    writes = (GATHERINGS, PERCEIVED_RISK)
    adds = (TAKEN,)
    draws = (RESPONSE, REACHED, ARREST, WHO)

    def begin(self, now: Now) -> None:
        """Before the first day nobody was in the street: A is 1."""
        self._perceive(now, np.zeros(len(now.places.cities), np.int64))

    def day(self, now: Now) -> None:
        """Answer today's gatherings and set tomorrow's perceived risk."""
        places = now.places
        sums = np.concatenate([[0], np.cumsum(now[ACTIVE])])
        turnout = sums[places.city_start[1:]] - sums[places.city_start[:-1]]
        province = places.province_of_city
        self._perceive(now, turnout)
        at = np.flatnonzero(turnout >= LEAST_GATHERING)
        keys = places.city_keys[at]
        order = np.argsort(keys)
        at, keys = at[order], keys[order]
        answer = self._answer(now, keys, turnout[at], province[at])
        arrests, deaths = self._take(now, at, answer, province[at])
        now.store(
            Table(GATHERINGS, {"city": keys, "at": at, "size": turnout[at], "response": answer, "arrests": arrests, "deaths": deaths})
        )

    def _perceive(self, now: Now, turnout: Any) -> None:
        """Epstein's P by city; the forces of a province stand in its cities by residents."""
        province, residents = now.places.province_of_city, now.places.represented(CITY)
        stand = now[FORCES][province].astype(np.float64) * residents / np.maximum(np.bincount(province, residents), 1)[province]
        now[PERCEIVED_RISK][:] = arrest_probability(stand, turnout, now.p.k[province], now.p.arrest_ratio)

    def _answer(self, now: Now, keys: Any, size: Any, province: Any) -> Any:
        """What the forces do: what they mean to, as far as they reach, in an addressed order."""
        p = now.p
        u = now.draws.uniform(RESPONSE, now.day, keys)
        edges = np.cumsum([p.shoot[province], p.arrest[province], p.disperse[province]], axis=0)
        answer = np.array([SHOT, ARRESTED, DISPERSED, IGNORED])[(u[None, :] >= edges).sum(axis=0)]
        need = np.where(answer == IGNORED, 0.0, size * p.officers[province])
        turn = now.draws.uniform(REACHED, now.day, keys)
        order = np.lexsort([keys, turn, province])
        spent: dict[int, float] = {}
        reached = np.zeros(len(keys), bool)
        for i in order:  # few: gatherings of one day; one by one, so that sums have one order
            used = spent.get(int(province[i]), 0.0) + need[i]
            if now[FORCES][province[i]] > 0 and used <= now[FORCES][province[i]]:
                spent[int(province[i])], reached[i] = used, True
        return np.where(reached, answer, IGNORED).astype(np.uint8)

    def _take(self, now: Now, at: Any, answer: Any, province: Any) -> tuple[Any, Any]:
        """Arrest and kill participants; returns how many of each at each gathering."""
        arrests, deaths = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
        for i in np.flatnonzero(answer >= ARRESTED):
            people = self._participants(now, int(at[i]))
            u = now.draws.uniform(ARREST, now.day, people)
            dead = u < (now.p.killed[province[i]] if answer[i] == SHOT else 0.0)
            held = ~dead & (u < now.p.arrested[province[i]] + (now.p.killed[province[i]] if answer[i] == SHOT else 0.0))
            now.ask(TAKEN, 0, person=people[dead], fate=DEAD, named=0)
            now.ask(TAKEN, 1, person=people[held], fate=DETAINED, named=0)
            arrests[i], deaths[i] = held.sum(), dead.sum()
        return arrests, deaths

    def _participants(self, now: Now, city: int) -> Any:
        """Addresses of those who took part in a city; of a row's free persons they are drawn at random."""
        places = now.places
        rows = list_rows(now, TOOK_PART, np.arange(places.city_start[city], places.city_start[city + 1]))
        count = now[TOOK_PART][rows].astype(np.int64)
        if now.scale == 1:
            return places.address_of(rows)
        province = int(places.province_of_city[city])
        code, custody = places.provinces[province].code, now.table(CUSTODY)
        gone = custody["person"][(custody["status"] != FREE) & (custody["person"] >> 32 == code)] & 0xFFFFFFFF
        index, pool, out = rows - places.first_rows[province], np.empty(now.scale, np.int64), np.empty(count.sum(), np.int64)
        n = now.run(choose, index, count, gone, now.scale, code, now.day, *now.draws.keys, pool, out)
        return (code << 32) | out[:n]


def arrest_probability(forces: Any, participants: Any, k: Any, ratio: str) -> Any:
    """Epstein's estimated probability of arrest, 1 - exp(-k C / A), with A at least 1.

    Args:
        forces: C, officers in reach.
        participants: A, those who took part in the last round.
        k: the constant, 2.3 in the paper.
        ratio: `literal` C / A, its `floor`, or `round` to the nearest whole number, half up.
    """
    r = np.asarray(forces, np.float64) / np.maximum(participants, 1)
    if ratio == "floor":
        r = np.floor(r)
    elif ratio == "round":
        r = np.floor(r + 0.5)
    return 1.0 - exps(-np.asarray(k) * r)
