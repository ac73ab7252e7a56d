"""Phase 6: how the forces answer gatherings of every stream, within what they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, exps
from groundswell.core.columns import CITY
from groundswell.core.draws import fill_uniforms
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.lookups import city_sums, gathering_lane, list_rows, not_free
from groundswell.society import (
    ACTIVE,
    AGE,
    ANTI_REGIME,
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
    LIVELIHOOD,
    PERCEIVED_RISK,
    REACHED,
    RESIDENT,
    RESPONSE,
    SHOT,
    STRENGTH,
    TAKEN,
    TOLL,
    TOOK_PART,
    WHERE,
    WHO,
)

WHICH = WHO.number  # compiled functions take plain numbers
CERTAIN = 20.0  # beyond it 1 - exp(-x) is 1 in single precision


def choose(rows: Any, counts: Any, gone: Any, scale: Any, place: Any, day: Any, key0: Any, key1: Any, pool: Any, out: Any) -> int:
    """Draws `counts` different free persons of each row, by as many steps of a shuffle of its free persons; compiled.

    Args:
        rows: of one province, from its first, in order.
        gone: sorted indices of those of the province who are not free.
        pool: room for the persons of a row.
        out: the chosen, as indices in the province; their number is returned.
    """
    n, high, who = 0, 0, np.empty(1, np.int64)
    lanes, seats, u = np.empty(scale, np.int64), np.empty(scale, np.int64), np.empty(scale, np.float64)
    for k in range(scale):
        lanes[k], pool[k] = k, k  # ranks among the free; after each row, what was swapped is put back
    for j in range(rows.size):
        first = rows[j] * scale
        while high < gone.size and gone[high] < first:
            high += 1
        low = high
        while high < gone.size and gone[high] < first + scale:
            high += 1
        free = scale - (high - low)
        taken = min(counts[j], free)
        who[0] = (I64(place) << 32) | first
        fill_uniforms(u[:taken], who, lanes[:taken], day, I64(WHICH), key0, key1)
        for k in range(taken):
            seats[k] = k + min(I64(u[k] * F64(free - k)), I64(free - k - 1))
            out[n + k] = pool[seats[k]]
            pool[seats[k]] = pool[k]
        for k in range(taken):
            pool[seats[k]] = seats[k]
            person = first + out[n + k]
            for g in range(low, high):  # sorted, so that each one passed moves the rank on by one
                person += gone[g] <= person
            out[n + k] = person
        n += taken
    return n


@dataclass(frozen=True)
class Policing(Mechanism):
    """The forces mean to ignore, disperse, arrest at or shoot at a gathering; livelihood protest they answer less often.

    Each answer but the first binds `officers` per participant; the forces of a province serve gatherings of all streams in
    one addressed order until they are spent, and ignore the rest. Pro-state rallies they leave alone. Who is arrested or
    killed at an anti-regime gathering took part in it; where participants are counted only, residents of the city are drawn
    at random. The perceived risk for tomorrow is Epstein's P = 1 - exp(-k C / A), with C the forces in the city and A
    today's anti-regime participants (at least 1), times the perceived strength of the regime, at most 1.
    """

    disperse: float = parameter(
        0.176, unit="1", range=(0, 1), doc="Share of anti-regime gatherings meant to be dispersed.",
        source="Mass Mobilization 1990-2020", part_of="gatherings",
    )  # fmt: skip
    arrest: float = parameter(
        0.087, unit="1", range=(0, 1), doc="Share meant to be answered by arrests.", source="Mass Mobilization 1990-2020",
        part_of="gatherings",
    )  # fmt: skip
    shoot: float = parameter(
        0.021, unit="1", range=(0, 1), doc="Share meant to be shot at.", source="Mass Mobilization 1990-2020", part_of="gatherings"
    )
    livelihood: float = parameter(
        0.03, unit="1", range=(0, 1), doc="Factor on these shares for livelihood gatherings.",
        source="assumed; tuned so that about 5 % of recorded demonstrations in Iran, 2016-2021, are contested",
    )  # fmt: skip
    arrested: float = parameter(
        0.05, unit="1", range=(0, 1), doc="Chance of arrest of a participant of a gathering so answered.", source="assumed"
    )
    killed: float = parameter(
        0.002, unit="1", range=(0, 1), doc="Chance of death of a participant of a gathering shot at.", source="assumed"
    )
    youngest: float = parameter(
        15.0, unit="years", range=(0, 100), doc="Least age of those taken where participants are counted only.", source="assumed"
    )
    officers: float = parameter(0.1, unit="officers per participant", range=(0, 100), doc="Forces that an answer binds.", source="assumed")
    k: float = parameter(2.3, unit="1", range=(0, 100), doc="Epstein's constant: P = 0.9 at C = A.", source="Epstein 2002")
    arrest_ratio: str = switch(
        "literal", options=("literal", "floor", "round"), doc="How C / A is rounded.", source="the literature differs"
    )

    reads = (ACTIVE, TOOK_PART, FORCES, STRENGTH, CUSTODY, AGE)
    writes = (GATHERINGS, PERCEIVED_RISK)
    adds = (TAKEN,)
    draws = (RESPONSE, REACHED, ARREST, WHO, WHERE, RESIDENT, TOLL)

    def begin(self, now: Now) -> None:
        """Before the first day nobody was in the street: A is 1."""
        self._perceive(now, np.zeros(len(now.places.cities), np.int64))

    def day(self, now: Now) -> None:
        """Answer today's gatherings and set tomorrow's perceived risk."""
        self._perceive(now, city_sums(now.places, now[ACTIVE]))
        met = now.table(GATHERINGS)
        if not len(met):
            return
        province = now.places.province_of_city[met["at"]]
        answer = self._answer(now, met, province)
        if not answer.any():
            return
        arrests, deaths = np.zeros((2, len(met)), np.int64)
        if (answer >= ARRESTED).any():
            self._take(now, met, answer, province, arrests, deaths)
        now.store(met.replace(response=answer, arrests=arrests, deaths=deaths))

    def _perceive(self, now: Now, turnout: Any) -> None:
        """Epstein's P by city, as strong as the regime seems; the forces of a province stand in its cities by residents."""
        province, residents = now.places.province_of_city, now.places.represented(CITY)
        stand = now[FORCES][province].astype(np.float64) * residents / np.maximum(np.bincount(province, residents), 1)[province]
        risk = arrest_probability(stand, turnout, now.p.k[province], now.p.arrest_ratio)
        now[PERCEIVED_RISK][:] = np.minimum(risk * now[STRENGTH][province], 1.0)

    def _answer(self, now: Now, met: Any, province: Any) -> Any:
        """What the forces do: what they mean to, as far as they reach, in an addressed order."""
        p, stream = now.p, met["stream"]
        lane = gathering_lane(stream, met["number"])
        mild = np.where(stream == ANTI_REGIME, 1.0, np.where(stream == LIVELIHOOD, p.livelihood[province], 0.0))
        edges = np.cumsum([p.shoot[province], p.arrest[province], p.disperse[province]], axis=0) * mild
        u = now.draws.uniform(RESPONSE, now.day, met["city"], lane)
        answer = np.array([SHOT, ARRESTED, DISPERSED, IGNORED], np.uint8)[(u >= edges).sum(axis=0)]
        meant = np.flatnonzero(answer != IGNORED)
        if not len(meant):
            return answer
        home, forces = province[meant], now[FORCES]
        need = met["size"][meant] * p.officers[home]
        turn = now.draws.uniform(REACHED, now.day, met["city"][meant], lane[meant])
        spent: dict[int, float] = {}
        reached = np.zeros(len(meant), bool)
        for i in np.lexsort([lane[meant], met["city"][meant], turn, home]):  # few: one by one, so that sums have one order
            used = spent.get(int(home[i]), 0.0) + need[i]
            if forces[home[i]] > 0 and used <= forces[home[i]]:
                spent[int(home[i])], reached[i] = used, True
        answer[meant[~reached]] = IGNORED
        return answer

    def _take(self, now: Now, met: Any, answer: Any, province: Any, arrests: Any, deaths: Any) -> None:
        """Arrest and kill: participants city by city, then residents where participants are counted only."""
        p, lost = now.p, [np.empty(0, np.int64)]
        kill = np.where(answer == SHOT, p.killed[province], 0.0)
        hold = p.arrested[province]
        tracked = met["stream"] == ANTI_REGIME
        hit = np.flatnonzero((answer >= ARRESTED) & tracked)
        for city in np.unique(met["at"][hit]):
            here = np.flatnonzero((met["at"] == city) & tracked)
            people, which = self._participants(now, int(city), here, met["size"][here])
            u = now.draws.uniform(ARREST, now.day, people)
            harsh = answer[which] >= ARRESTED
            dead, held = harsh & (u < kill[which]), harsh & (u >= kill[which]) & (u < kill[which] + hold[which])
            self._ask(now, people[dead], people[held])
            lost += [people[dead], people[held]]
            np.add.at(deaths, which[dead], 1)
            np.add.at(arrests, which[held], 1)
        for i in np.flatnonzero((answer >= ARRESTED) & ~tracked):
            lane = int(gathering_lane(met["stream"][i], met["number"][i]))
            u = now.draws.uniform(TOLL, now.day, met["city"][i], [lane, lane | 1 << 32])
            dead, held = np.floor(met["size"][i] * np.array([kill[i], min(hold[i], 1.0 - kill[i])]) + u).astype(np.int64)
            held = min(held, met["size"][i] - dead)  # each was rounded by itself
            people = self._residents(now, int(met["at"][i]), lane, int(dead + held), np.concatenate(lost))
            self._ask(now, people[:dead], people[dead:])
            lost.append(people)
            deaths[i], arrests[i] = len(people[:dead]), len(people[dead:])

    def _ask(self, now: Now, dead: Any, held: Any) -> None:
        now.ask(TAKEN, 0, person=dead, fate=DEAD, named=0)
        now.ask(TAKEN, 1, person=held, fate=DETAINED, named=0)

    def _participants(self, now: Now, city: int, gatherings: Any, sizes: Any) -> tuple[Any, Any]:
        """Addresses of those who took part in a city, and at which gathering; of a row's free persons they are drawn at random."""
        places = now.places
        rows = list_rows(now, TOOK_PART, np.arange(places.city_start[city], places.city_start[city + 1]))
        count = now[TOOK_PART][rows].astype(np.int64)
        if now.scale == 1:
            people = places.address_of(rows)
        else:
            province = int(places.province_of_city[city])
            code, custody = places.provinces[province].code, now.table(CUSTODY)
            gone = custody["person"][(custody["status"] != FREE) & (custody["person"] >> 32 == code)] & 0xFFFFFFFF
            index, pool, out = rows - places.first_rows[province], np.empty(now.scale, np.int64), np.empty(count.sum(), np.int64)
            n = now.run(choose, index, count, gone, now.scale, code, now.day, *now.draws.keys, pool, out)
            people = (code << 32) | out[:n]
        if len(gatherings) > 1:  # each was at one of them, by lot
            people = people[order_by_lot(now.draws.uniform(WHERE, now.day, people), people)]
        return people, np.repeat(gatherings, sizes)[: len(people)]

    def _residents(self, now: Now, city: int, lane: int, wanted: int, lost: Any) -> Any:
        """Different free residents of a city, old enough and not yet taken today, at random; fewer where there are too few."""
        places = now.places
        low, high = (int(places.neighbourhood_start[places.city_start[c]]) for c in (city, city + 1))
        tries = np.arange(min(4 * wanted + 16, 1 << 14), dtype=np.int64)
        u = now.draws.uniform(RESIDENT, now.day, places.city_keys[city], (lane << 14) | tries)
        person = (u * ((high - low) * now.scale)).astype(np.int64)
        row = low + person // now.scale
        people = places.address_of(row, person % now.scale)
        fit = now[AGE][row] >= now.p.youngest[places.province_of_city[city]]
        fit &= ~not_free(now.table(CUSTODY), people) & ~np.isin(people, lost)
        first = np.zeros(len(people), bool)
        first[np.unique(people, return_index=True)[1]] = True
        return people[fit & first][:wanted]


def order_by_lot(draw: Any, people: Any) -> Any:
    """The order of people by their draws, then by address; two draws are hardly ever the same, and one key sorts faster."""
    order = np.argsort(draw)
    in_order = draw[order]
    return np.lexsort([people, draw]) if (in_order[1:] == in_order[:-1]).any() else order


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
    x = np.asarray(k * r)
    open_ = x < CERTAIN
    result = np.ones(x.shape)
    result[open_] = 1.0 - exps(-x[open_])
    return result
