"""Phase 6: how the forces answer gatherings of every stream, within what they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, exp
from groundswell.core.columns import CITY
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.lookups import gathering_lane, list_rows, not_free
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

HIT, MEANS, WHICH = ARREST.number, RESPONSE.number, WHO.number  # compiled functions take plain numbers
CERTAIN = 20.0  # beyond it 1 - exp(-x) is 1 in single precision
AMPLE = 0.999999  # of the forces of a province: whoever asks for less is served, however the sum is rounded
RATIOS = ("literal", "floor", "round")
LITERAL, FLOOR, ROUND = range(3)


def choose(rows: Any, counts: Any, gone: Any, scale: Any, place: Any, day: Any, key0: Any, key1: Any, pool: Any, out: Any) -> int:
    """Draws `counts` different free persons of each row, by as many steps of a shuffle of its free persons; compiled.

    Args:
        rows: of one province, from its first, in order.
        gone: sorted indices of those of the province who are not free.
        pool: room for the persons of a row.
        out: the chosen, as indices in the province; their number is returned.
    """
    n, high, seats = 0, 0, np.empty(scale, np.int64)
    for k in range(scale):
        pool[k] = k  # ranks among the free; after each row, what was swapped is put back
    for j in range(rows.size):
        first = rows[j] * scale
        while high < gone.size and gone[high] < first:
            high += 1
        low = high
        while high < gone.size and gone[high] < first + scale:
            high += 1
        free = scale - (high - low)
        taken = min(counts[j], free)
        for k in range(taken):
            u = pair_uniform((I64(place) << I64(32)) | first, k, day, WHICH, key0, key1)
            seats[k] = k + min(I64(u * F64(free - k)), I64(free - k - 1))
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
    arrest_ratio: str = switch("literal", options=RATIOS, doc="How C / A is rounded.", source="the literature differs")

    reads = (ACTIVE, TOOK_PART, FORCES, STRENGTH, CUSTODY, AGE)
    writes = (GATHERINGS, PERCEIVED_RISK)
    adds = (TAKEN,)
    draws = (RESPONSE, REACHED, ARREST, WHO, WHERE, RESIDENT, TOLL)

    def begin(self, now: Now) -> None:
        """Before the first day nobody was in the street: A is 1."""
        self._perceive(now)

    def day(self, now: Now) -> None:
        """Answer today's gatherings and set tomorrow's perceived risk."""
        self._perceive(now)
        met = now.table(GATHERINGS)
        if not len(met):
            return
        answer = self._answer(now, met)
        if answer is None:
            return
        arrests, deaths = np.zeros((2, len(met)), np.int64)
        if answer.max() >= ARRESTED:
            self._take(now, met, answer, now.places.province_of_city[met["at"]], arrests, deaths)
        now.store(met.replace(response=answer, arrests=arrests, deaths=deaths))

    def _perceive(self, now: Now) -> None:
        """Epstein's P by city, as strong as the regime seems; the forces of a province stand in its cities by residents."""
        places, p = now.places, now.p
        province, residents = places.province_of_city, places.represented(CITY)
        whole = now.remember("residents", (places,), lambda: np.maximum(np.bincount(province, residents), 1)[province])
        where = (places.city_start, province, residents, whole)
        now.run(perceive, now[ACTIVE], *where, now[FORCES], now[STRENGTH], p.k, RATIOS.index(p.arrest_ratio), now[PERCEIVED_RISK])

    def _answer(self, now: Now, met: Any) -> Any:
        """What the forces do: what they mean to, as far as they reach, in an addressed order; None where they ignore everything."""
        p, province, answer = now.p, now.places.province_of_city, np.empty(len(met), np.uint8)
        what = (met["city"], met["stream"], met["number"], met["size"], met["at"], province)
        shares = (p.shoot, p.arrest, p.disperse, p.livelihood)
        n, ample = now.run(intend, *what, *shares, p.officers, now[FORCES], now.day, *now.draws.keys, answer)
        if not n:
            return None
        if not ample:
            self._reach(now, met, answer)
        return answer if np.count_nonzero(answer) else None

    def _reach(self, now: Now, met: Any, answer: Any) -> None:
        """Of the gatherings that they mean to answer the forces ignore those for which too few of them are left."""
        meant, forces = np.flatnonzero(answer != IGNORED), now[FORCES]
        home = now.places.province_of_city[met["at"][meant]]
        lane = gathering_lane(met["stream"][meant], met["number"][meant])
        need = met["size"][meant] * now.p.officers[home]
        turn = now.draws.uniform(REACHED, now.day, met["city"][meant], lane)
        spent: dict[int, float] = {}
        reached = np.zeros(len(meant), bool)
        for i in np.lexsort([lane, met["city"][meant], turn, home]):  # few: one by one, so that sums have one order
            used = spent.get(int(home[i]), 0.0) + need[i]
            if forces[home[i]] > 0 and used <= forces[home[i]]:
                spent[int(home[i])], reached[i] = used, True
        answer[meant[~reached]] = IGNORED

    def _take(self, now: Now, met: Any, answer: Any, province: Any, arrests: Any, deaths: Any) -> None:
        """Arrest and kill: participants city by city, then residents where participants are counted only."""
        p, lost = now.p, [np.empty(0, np.int64)]
        kill = np.where(answer == SHOT, p.killed[province], 0.0)
        hold = p.arrested[province]
        tracked = met["stream"] == ANTI_REGIME
        for city in sorted(set(met["at"][(answer >= ARRESTED) & tracked].tolist())):
            here = np.flatnonzero((met["at"] == city) & tracked)
            people, which = self._participants(now, city, here, met["size"][here])
            fate = np.zeros(len(people), np.uint8)
            if now.run(strike, people, which, answer, kill, hold, now.day, *now.draws.keys, fate, arrests, deaths):
                dead, held = people[fate == DEAD], people[fate == DETAINED]
                self._ask(now, dead, held)
                lost += [dead, held]
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
        if len(dead):
            now.ask(TAKEN, 0, person=dead, fate=DEAD, named=0)
        if len(held):
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
            away = now.remember("away", (custody,), lambda: custody["person"][custody["status"] != FREE])
            low, high = away.searchsorted([code << 32, (code + 1) << 32])
            gone = away[low:high] & 0xFFFFFFFF
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


def strike(
    people: Any, which: Any, answer: Any, kill: Any, hold: Any, day: Any, key0: Any, key1: Any, fate: Any, arrests: Any, deaths: Any
) -> int:
    """Who of the participants is killed or arrested; compiled.

    Args:
        people, which: addresses of participants, and at which gathering each was.
        answer, kill, hold: by gathering; `kill` and `hold` are a participant's chances.
        fate: of each participant, changed, as are the counts by gathering, `arrests` and `deaths`.

    Returns:
        How many were killed or arrested.
    """
    n = 0
    for i in range(people.size):
        g = which[i]
        if answer[g] >= ARRESTED:
            u = pair_uniform(people[i], 0, day, HIT, key0, key1)
            if u < kill[g]:
                fate[i], deaths[g], n = DEAD, deaths[g] + 1, n + 1
            elif u < kill[g] + hold[g]:
                fate[i], arrests[g], n = DETAINED, arrests[g] + 1, n + 1
    return n


def order_by_lot(draw: Any, people: Any) -> Any:
    """The order of people by their draws, then by address; two draws are hardly ever the same, and one key sorts faster."""
    order = np.argsort(draw)
    in_order = draw[order]
    return np.lexsort([people, draw]) if (in_order[1:] == in_order[:-1]).any() else order


def perceive(
    active: Any, city_start: Any, province: Any, residents: Any, whole: Any, forces: Any, strength: Any, k: Any, rule: Any, risk: Any
) -> None:
    """The perceived risk of each city; compiled.

    Args:
        active: who took part, by neighbourhood; `city_start` is the first of each city.
        province, residents, whole: of each city; `whole` is how many live in its province.
        forces, strength, k: by province.
        rule: position in `RATIOS`.
        risk: by city, changed.
    """
    for c in range(province.size):
        p, turnout = province[c], 0
        for b in range(city_start[c], city_start[c + 1]):
            turnout += active[b]
        stand = F64(forces[p]) * residents[c] / whole[c]
        risk[c] = min(arrest_probability(stand, turnout, k[p], rule) * F64(strength[p]), F64(1.0))


def arrest_probability(forces: Any, participants: Any, k: Any, rule: Any) -> Any:
    """Epstein's estimated probability of arrest, 1 - exp(-k C / A), with A at least 1.

    Args:
        forces: C, officers in reach.
        participants: A, those who took part in the last round.
        k: the constant, 2.3 in the paper.
        rule: position in `RATIOS`: literally C / A, rounded down, or to the nearest whole number, half up.
    """
    r = F64(forces) / max(participants, 1)
    if rule == FLOOR:
        r = F64(I64(r))
    elif rule == ROUND:
        r = F64(I64(r + F64(0.5)))
    return F64(1.0) - exp(-k * r) if k * r < CERTAIN else F64(1.0)


def intend(
    city: Any, stream: Any, number: Any, size: Any, at: Any, province: Any, shoot: Any, arrest: Any, disperse: Any, livelihood: Any,
    officers: Any, forces: Any, day: Any, key0: Any, key1: Any, answer: Any,
) -> tuple[int, bool]:  # fmt: skip
    """How the forces mean to answer each gathering; compiled.

    Args:
        city, stream, number, size, at: of gatherings.
        province: of each city; what follows up to `forces` is by province.
        answer: by gathering, changed.

    Returns:
        How many they mean to answer, and whether there are forces for all of them.
    """
    n, ample, need = 0, True, np.zeros(forces.size, np.float64)
    for i in range(city.size):
        p, lane = province[at[i]], (I64(stream[i]) << I64(24)) | I64(number[i])  # as lookups.gathering_lane
        mild = F64(1.0) if stream[i] == ANTI_REGIME else livelihood[p] if stream[i] == LIVELIHOOD else F64(0.0)
        u = pair_uniform(city[i], lane, day, MEANS, key0, key1)
        answer[i] = IGNORED
        if u < shoot[p] * mild:
            answer[i] = SHOT
        elif u < (shoot[p] + arrest[p]) * mild:
            answer[i] = ARRESTED
        elif u < (shoot[p] + arrest[p] + disperse[p]) * mild:
            answer[i] = DISPERSED
        if answer[i] != IGNORED:
            n, need[p] = n + 1, need[p] + size[i] * officers[p]
            ample = ample and forces[p] > 0 and need[p] <= AMPLE * F64(forces[p])
    return n, ample
