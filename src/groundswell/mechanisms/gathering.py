"""Phase 5: gatherings: who turned out in a city, by stream, split where they are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, exp, log
from groundswell.core.columns import Table
from groundswell.core.draws import pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import (
    ACTIVE,
    ANTI_REGIME,
    ASSEMBLING,
    GATHERINGS,
    IGNORED,
    LEAST_GATHERING,
    LIVELIHOOD,
    SPLITTING,
    VIOLENT,
)

MOST = 1 << 12  # gatherings of one turnout
ROOM = 128  # gatherings for which there is room at first
SPLITS, VIOLENCE = SPLITTING.number, VIOLENT.number  # compiled functions take plain numbers
TUNED = "assumed; tuned so that about 3 % of recorded demonstrations in Iran, 2016-2021, are violent"


@dataclass(frozen=True)
class Gathering(Mechanism):
    """A gathering is at least three people of one stream in one city on one day; a large turnout is several.

    A turnout of n > split persons becomes (n / split)**exponent gatherings, rounded at random; the j-th of k gets three
    persons and a share of the others in proportion to j**-rank, the first what is left over. In some of them
    demonstrators use violence; pro-state rallies are peaceful.
    """

    split: float = parameter(
        400.0, unit="persons", range=(3, 1e9), doc="Turnout of a city up to which it is one gathering.", source="assumed"
    )
    exponent: float = parameter(0.5, unit="1", range=(0, 1), doc="Exponent by which the number of gatherings grows.", source="assumed")
    rank: float = parameter(1.0, unit="1", range=(0, 5), doc="Zipf exponent of their sizes; 0: equal parts.", source="assumed")
    violent: float = parameter(0.1, unit="1", range=(0, 1), doc="Chance that an anti-regime gathering is violent.", source=TUNED)
    violent_livelihood: float = parameter(0.003, unit="1", range=(0, 1), doc="Chance that a livelihood gathering is violent.", source=TUNED)

    reads = (ACTIVE, ASSEMBLING)
    writes = (GATHERINGS,)
    draws = (SPLITTING, VIOLENT)

    def day(self, now: Now) -> None:
        """Write today's gatherings; the forces have not answered yet."""
        groups, n = self._groups(now)
        if n == 0:
            if len(now.table(GATHERINGS)):
                now.store(Table(GATHERINGS))
            return
        p, province = now.p, now.places.province_of_city
        how = (p.split, p.exponent, p.rank, p.violent, p.violent_livelihood, now.day, *now.draws.keys)
        room, found = 0, ROOM
        while found > room:  # a second time where there are more
            room = max(found, n)
            met = GATHERINGS.room(room)
            found = now.run(gather, groups, n, province, *how, *met.values())
        now.store(Table(GATHERINGS, {name: rows[:found] for name, rows in met.items()}, ordered=True))

    def _groups(self, now: Now) -> tuple[Any, int]:
        """Who assembles as one, in order of keys, and how many groups they are.

        Rows of the array: key (address of the city << 16 | stream << 14 | number), position of the city, size.
        """
        places, asked = now.places, now.asked(ASSEMBLING)
        by_key = now.remember("by key", (places,), lambda: np.argsort(places.city_keys))
        groups = np.empty((3, len(by_key) + len(asked["group"])), np.int64)
        n = now.run(assemble, now[ACTIVE], places.city_start, by_key, places.city_keys, asked["group"], asked["size"], groups)
        return groups, n


def assemble(active: Any, city_start: Any, by_key: Any, city: Any, asked: Any, asked_size: Any, groups: Any) -> int:
    """Turnouts of cities, where they are large enough, and the groups that assemble beside them, in order of keys; compiled.

    Args:
        active: who took part, by neighbourhood; `city_start` is the first of each city.
        by_key: the cities in order of `city`, their addresses.
        asked, asked_size: the other groups, in order of keys.
        groups: room for what `Gathering._groups` tells; how many there are is returned.
    """
    n, other = 0, 0
    for j in range(by_key.size):
        c, turnout = by_key[j], 0
        for b in range(city_start[c], city_start[c + 1]):
            turnout += active[b]
        if turnout >= LEAST_GATHERING:
            groups[0, n], groups[1, n], groups[2, n] = (city[c] << I64(16)) | I64(ANTI_REGIME << 14), c, turnout
            n += 1
        while other < asked.size and asked[other] >> I64(16) == city[c]:
            groups[0, n], groups[1, n], groups[2, n] = asked[other], c, asked_size[other]
            n, other = n + 1, other + 1
    return n


def gather(
    groups: Any, count: Any, province: Any, split: Any, exponent: Any, rank: Any, violent: Any, violent_livelihood: Any, day: Any,
    key0: Any, key1: Any, cities: Any, streams: Any, numbers: Any, ats: Any, sizes: Any, violence: Any, response: Any, arrests: Any,
    deaths: Any,
) -> int:  # fmt: skip
    """Each group in one gathering, or in several where it is large; compiled.

    Args:
        groups, count: as `Gathering._groups` tells them.
        province: of each city; parameters are by province.
        cities, streams, numbers, ats, sizes, violence, response, arrests, deaths: room for the fields of `GATHERINGS`, in order.
            How many there are is returned, those without room are counted only.
    """
    n, number = 0, 0
    for i in range(count):
        key, at, size = groups[0, i], groups[1, i], groups[2, i]
        if i == 0 or key >> I64(14) != groups[0, i - 1] >> I64(14):
            number = 0
        city, stream, p = key >> I64(16), (key >> I64(14)) & I64(3), province[at]
        chance = violent[p] if stream == ANTI_REGIME else violent_livelihood[p] if stream == LIVELIHOOD else F64(0.0)
        parts = I64(1)
        if size > split[p]:
            u = pair_uniform(city, key & I64(0xFFFF), day, SPLITS, key0, key1)
            parts = count_of(size, split[p], exponent[p], u)
        for part in parts_of(size, parts, rank[p]):
            if n < cities.size:
                cities[n], streams[n], numbers[n], ats[n], sizes[n] = city, stream, number, at, part
                lane = (stream << I64(24)) | I64(number)  # as lookups.gathering_lane
                violence[n] = pair_uniform(city, lane, day, VIOLENCE, key0, key1) < chance
                response[n], arrests[n], deaths[n] = IGNORED, 0, 0
            n, number = n + 1, number + 1
    return n


def count_of(size: Any, split: Any, exponent: Any, u: Any) -> Any:
    """How many gatherings a large turnout is: (size / split)**exponent, rounded at random; no more than a third of the persons."""
    grown = exp(exponent * log(size / split))
    return min(max(I64(grown + u), I64(1)), size // I64(LEAST_GATHERING), I64(MOST))


def parts_of(size: Any, count: Any, rank: Any) -> Any:
    """A turnout in parts, the largest first: three each, the others in proportion to j**-rank, rounded down, the first the rest."""
    parts, whole = np.empty(count, np.int64), F64(0.0)
    if count > 1:
        for j in range(count):
            whole = whole + exp(-rank * log(F64(j + 1)))
        for j in range(count):
            share = exp(-rank * log(F64(j + 1))) / whole
            parts[j] = LEAST_GATHERING + I64(F64(size - LEAST_GATHERING * count) * share)
        parts[0] += size - parts.sum()
    else:
        parts[0] = size
    return parts
