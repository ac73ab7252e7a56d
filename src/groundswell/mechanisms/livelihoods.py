"""Livelihood protest: disputes over wages, pensions, prices or water, and the national calls that set many off at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, exp, log
from groundswell.core.columns import CITY, Table
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import (
    ASSEMBLING,
    DISPUTE,
    DISPUTE_LASTS,
    DISPUTE_SIZE,
    DISPUTES,
    ECONOMY,
    LEAST_GATHERING,
    LIVELIHOOD,
    LIVELIHOOD_CALL,
    NATIONAL_CALL,
)

MOST_EXPECTED = 500.0  # disputes that begin in a city in a day, so that their numbers fit a key
MOST = 1 << 12  # so that an inversion ends whatever is lost by rounding
SIZE = DISPUTE_SIZE.number  # compiled functions take plain numbers
OVER = 1e-3  # a call that has faded below this is over
TUNED = "assumed; tuned so that weekly counts resemble those of Iran, 2016-2021"


@dataclass(frozen=True)
class Livelihoods(Mechanism):
    """In a city of N residents Poisson(rate e (1 + w) N / 10**6) disputes begin in a day; e is the economy's factor.

    A dispute of n persons gathers every day until it ends: n is Pareto from `least` with exponent `tail`, and it goes on to
    the next day with probability `lasting`. National calls come `calls` times a year, not on observed dates; a province
    joins one with probability `joining`, and there w rises by a Pareto number from `call` with exponent `call_tail` and then
    fades by `fading` a day. Those who take part are counted, not tracked.
    """

    rate: float = parameter(0.07, unit="1/day/million", range=(0, 100), doc="New disputes a day per million residents.", source=TUNED)
    least: float = parameter(20.0, unit="persons", range=(3, 1e6), doc="Least size of a dispute.", source="assumed")
    tail: float = parameter(1.2, unit="1", range=(0.2, 10), doc="Pareto exponent of the sizes of disputes.", source="assumed")
    most: float = parameter(0.02, unit="1", range=(0, 1), doc="Largest dispute, as a share of the city's residents.", source="assumed")
    lasting: float = parameter(
        0.6, unit="1", range=(0, 0.999), doc="Chance that a dispute goes on the next day.",
        source=f"{TUNED}; protests last 2.6 days on average (Mass Mobilization 1990-2020)",
    )  # fmt: skip
    calls: float = parameter(6.0, unit="1/year", range=(0, 365), doc="National calls to livelihood protest a year.", source=TUNED)
    call: float = parameter(4.0, unit="1", range=(0, 1000), doc="Least rise of new disputes by a call, 1 = twice as many.", source=TUNED)
    call_tail: float = parameter(0.9, unit="1", range=(0.2, 10), doc="Pareto exponent of the strength of calls.", source=TUNED)
    call_most: float = parameter(60.0, unit="1", range=(0, 1000), doc="Largest rise by a call.", source=TUNED)
    joining: float = parameter(0.7, unit="1", range=(0, 1), doc="Chance that a province joins a national call.", source="assumed")
    fading: float = parameter(0.6, unit="1/day", range=(0, 1), doc="Share of a call's effect that is lost in a day.", source="assumed")

    reads = (ECONOMY,)
    writes = (DISPUTES, LIVELIHOOD_CALL)
    adds = (ASSEMBLING,)
    draws = (DISPUTE, DISPUTE_SIZE, DISPUTE_LASTS, NATIONAL_CALL)

    def day(self, now: Now) -> None:
        """End some disputes, begin others, and let all that there are gather."""
        self._call(now)
        old = now.table(DISPUTES)
        city, size = self._begin(now)
        if not len(old) and not len(city):
            return
        parts = [self._going_on(now, old)] if len(old) else []
        if len(city):
            number = np.arange(len(city)) - np.searchsorted(city, city)
            parts.append({"city": city, "began": np.full(len(city), now.day), "number": number, "size": size})
        today = Table(DISPUTES, {f.name: np.concatenate([part[f.name] for part in parts]) for f in DISPUTES.fields})
        now.store(today)
        place = today["city"]
        group = (place << 16) | (LIVELIHOOD << 14) | np.minimum(np.arange(len(today)) - np.searchsorted(place, place), (1 << 14) - 1)
        now.ask(ASSEMBLING, 0, group=group, size=today["size"])

    def _call(self, now: Now) -> None:
        """Let older calls fade; where a new one comes, add its strength in the provinces that join."""
        p, strength = now.p, now[LIVELIHOOD_CALL]
        if strength.any():
            left = strength * (1.0 - p.fading)
            strength[:] = np.where(left < OVER, 0.0, left)
        chance = p.calls / 365.25
        come = now.draws.uniform(NATIONAL_CALL, now.day, 0)
        if not (come < chance).any():
            return
        codes = now.places.codes << 32
        joins = (come < chance) & now.draws.coin(NATIONAL_CALL, now.day, p.joining, codes, 1)
        u = float(now.draws.uniform(NATIONAL_CALL, now.day, 0, 1))
        rise = [min(pareto(u, least, tail), most) for least, tail, most in zip(p.call, p.call_tail, p.call_most, strict=True)]
        strength[:] = strength + np.where(joins, rise, 0.0)

    def _begin(self, now: Now) -> tuple[Any, Any]:
        """The cities and sizes of today's new disputes, in order of the cities' keys."""
        places, p = now.places, now.p
        by_province = p.rate * now[ECONOMY] * (1.0 + now[LIVELIHOOD_CALL].astype(np.float64)) / 1e6
        province, residents = places.province_of_city, places.represented(CITY)
        expected = np.minimum(by_province[province] * residents, MOST_EXPECTED)
        u = now.draws.uniform(DISPUTE, now.day, places.city_keys)
        at = np.flatnonzero(u < expected)  # P(any) = 1 - exp(-x) is below x, so that most cities need no exponential
        at = at[np.argsort(places.city_keys[at])]
        count = np.empty(len(at), np.int64)
        now.run(poissons, expected[at], u[at], count)
        at = np.repeat(at, count)
        city, here = places.city_keys[at], province[at]
        size = np.empty(len(at), np.int64)
        now.run(paretos, city, p.least[here], p.tail[here], p.most[here] * residents[at], now.day, *now.draws.keys, size)
        return city, size

    def _going_on(self, now: Now, old: Table) -> dict[str, Any]:
        """Yesterday's disputes that are not over."""
        lane = ((old["began"].astype(np.int64) & 0xFFFF) << 14) | (old["number"] & 0x3FFF)
        chance = now.p.lasting[now.places.province_of(old["city"])]
        keep = now.draws.coin(DISPUTE_LASTS, now.day, chance, old["city"], lane)
        return {name: values[keep] for name, values in old.columns.items()}


def pareto(u: Any, least: Any, tail: Any) -> Any:
    """A Pareto number from `least` with exponent `tail`: P(X > x) = (least / x)**tail, by inversion of u in [0, 1)."""
    return least * exp(-log(F64(1.0) - u) / tail)


def paretos(city: Any, least: Any, tail: Any, most: Any, day: Any, key0: Any, key1: Any, out: Any) -> None:
    """The size of each new dispute, at least a gathering; those of a city stand together; compiled."""
    lane = 0
    for i in range(city.size):
        lane = lane + 1 if i > 0 and city[i] == city[i - 1] else 0
        size = min(pareto(pair_uniform(city[i], lane, day, SIZE, key0, key1), least[i], tail[i]), most[i])
        out[i] = max(I64(size), I64(LEAST_GATHERING))


def poissons(expected: Any, u: Any, out: Any) -> None:
    """Poisson numbers by inversion: how many k >= 1 have u below P(N >= k); expected at most 700; compiled."""
    for i in range(expected.size):
        term, k = exp(-expected[i]), 0
        beyond = F64(1.0) - term
        while u[i] < beyond and k < MOST:
            k += 1
            term = term * expected[i] / F64(k)
            beyond = beyond - term
        out[i] = k
