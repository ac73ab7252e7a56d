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
LASTS, SIZE, CALLS = DISPUTE_LASTS.number, DISPUTE_SIZE.number, NATIONAL_CALL.number  # for compiled functions
LAST_GROUP = (1 << 14) - 1  # the largest number that a group's key has room for
ROOM = 64  # disputes for which there is room at first
OF_CALLS = ("calls", "call", "call_tail", "call_most", "joining", "fading")
OF_DISPUTES = ("rate", "least", "tail", "most", "lasting")
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
        p, old = now.p, now.table(DISPUTES)
        calls, disputes = now.remember(
            "by province", (p,), lambda: [np.array([getattr(p, k) for k in of]) for of in (OF_CALLS, OF_DISPUTES)]
        )
        now.run(call_nation, calls, now.places.codes, now.day, *now.draws.keys, now[LIVELIHOOD_CALL])
        today, group = self._today(now, old, disputes)
        if len(old) or len(group):
            now.store(Table(DISPUTES, today, ordered=True))
            now.ask(ASSEMBLING, 0, group=group, size=today["size"])

    def _today(self, now: Now, old: Table, settings: Any) -> Any:
        """Today's disputes in order, as columns of the table, and the key under which each gathers."""
        places = now.places
        by_key = now.remember("by key", (places,), lambda: np.argsort(places.city_keys))
        before = (old["city"], old["began"], old["number"], old["size"])
        where = (by_key, places.city_keys, places.province_of_city, places.represented(CITY))
        draw = now.draws.uniform(DISPUTE, now.day, places.city_keys)
        how = (settings, now[ECONOMY], now[LIVELIHOOD_CALL], now.day, *now.draws.keys)
        room, n = ROOM, ROOM + 1
        while n > room:  # a second time where there are more
            room = max(n, ROOM)
            today, group = DISPUTES.room(room), np.empty(room, np.int64)
            n = now.run(dispute, *before, *where, draw, *how, *today.values(), group)
        return {name: rows[:n] for name, rows in today.items()}, group[:n]


def call_nation(settings: Any, codes: Any, day: Any, key0: Any, key1: Any, strength: Any) -> None:
    """Let older calls fade; where a new one comes, add its strength in the provinces that join; compiled.

    Args:
        settings: what `OF_CALLS` names, by province.
        codes: of provinces.
        strength: `LIVELIHOOD_CALL`, changed.
    """
    calls, call, call_tail, call_most, joining, fading = settings[0], settings[1], settings[2], settings[3], settings[4], settings[5]
    come, u = pair_uniform(0, 0, day, CALLS, key0, key1), pair_uniform(0, 1, day, CALLS, key0, key1)
    for p in range(strength.size):
        left = strength[p] * (F64(1.0) - fading[p])
        strength[p] = F64(0.0) if left < OVER else left
        if come < calls[p] / F64(365.25) and pair_uniform(codes[p] << I64(32), 1, day, CALLS, key0, key1) < joining[p]:
            strength[p] = strength[p] + min(pareto(u, call[p], call_tail[p]), call_most[p])


def dispute(
    old_city: Any, old_began: Any, old_number: Any, old_size: Any, by_key: Any, keys: Any, province: Any, residents: Any, draw: Any,
    settings: Any, economy: Any, call: Any, day: Any, key0: Any, key1: Any, city: Any, began: Any, number: Any, size: Any, group: Any,
) -> int:  # fmt: skip
    """Yesterday's disputes that are not over and today's new ones, in order of the cities' keys; compiled.

    Args:
        old_city, old_began, old_number, old_size: of yesterday's disputes, in order.
        by_key: the cities in order of their keys.
        keys, province, residents, draw: of each city.
        settings: what `OF_DISPUTES` names, by province, as are `economy` and `call`.
        city, began, number, size, group: room for what `Livelihoods._today` tells; how many there are is returned, those without room
            are counted only.
    """
    rate, least, tail, most, lasting = settings[0], settings[1], settings[2], settings[3], settings[4]
    n, old, new = 0, 0, np.empty(rate.size, np.float64)
    for p in range(rate.size):  # new disputes a resident
        new[p] = rate[p] * economy[p] * (F64(1.0) + call[p]) / F64(1e6)
    for j in range(by_key.size):
        c, first = by_key[j], n
        p = province[c]
        while old < old_city.size and old_city[old] == keys[c]:
            lane = ((I64(old_began[old]) & I64(0xFFFF)) << I64(14)) | (I64(old_number[old]) & I64(0x3FFF))
            if pair_uniform(keys[c], lane, day, LASTS, key0, key1) < lasting[p]:
                if n < group.size:
                    began[n], number[n], size[n] = old_began[old], old_number[old], old_size[old]
                n += 1
            old += 1
        expected = min(new[p] * residents[c], F64(MOST_EXPECTED))
        if draw[c] < expected:  # P(any) = 1 - exp(-x) is below x, so that most cities need no exponential
            for i in range(poisson(expected, draw[c])):
                whole = min(pareto(pair_uniform(keys[c], i, day, SIZE, key0, key1), least[p], tail[p]), most[p] * residents[c])
                if n < group.size:
                    began[n], number[n], size[n] = day, i, max(I64(whole), I64(LEAST_GATHERING))
                n += 1
        for i in range(first, min(n, group.size)):
            city[i] = keys[c]
            group[i] = (keys[c] << I64(16)) | I64(LIVELIHOOD << 14) | min(I64(i - first), I64(LAST_GROUP))
    return n


def pareto(u: Any, least: Any, tail: Any) -> Any:
    """A Pareto number from `least` with exponent `tail`: P(X > x) = (least / x)**tail, by inversion of u in [0, 1)."""
    return least * exp(-log(F64(1.0) - u) / tail)


def poisson(expected: Any, u: Any) -> int:
    """A Poisson number by inversion: how many k >= 1 have u below P(N >= k); expected at most 700."""
    term, k = exp(-expected), 0
    beyond = F64(1.0) - term
    while u < beyond and k < MOST:
        k += 1
        term = term * expected / F64(k)
        beyond = beyond - term
    return k
