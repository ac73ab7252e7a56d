"""Phase 5: gatherings: who turned out in a city, by stream, split where they are many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from groundswell.core.arithmetic import exps, logs
from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import city_sums, gathering_lane
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
        group, at, size = self._turnouts(now)
        if not len(at):
            if len(now.table(GATHERINGS)):
                now.store(Table(GATHERINGS))
            return
        group, at, size = self._split(now, group, at, size)
        city, stream, order = group >> 16, (group >> 14) & 3, np.arange(len(at))
        first = np.concatenate([[True], group[1:] >> 14 != group[:-1] >> 14])
        number = order - np.maximum.accumulate(np.where(first, order, 0))
        p, here = now.p, now.places.province_of_city[at]
        chance = np.where(stream == ANTI_REGIME, p.violent[here], np.where(stream == LIVELIHOOD, p.violent_livelihood[here], 0.0))
        violent = now.draws.coin(VIOLENT, now.day, chance, city, gathering_lane(stream, number))
        none = np.zeros(len(at), np.int64)
        rows = {"city": city, "stream": stream, "number": number, "at": at, "size": size, "violent": violent}
        now.store(Table(GATHERINGS, {**rows, "response": none + IGNORED, "arrests": none, "deaths": none}))

    def _turnouts(self, now: Now) -> tuple[Any, Any, Any]:
        """Key, city and size of each group that assembles, sorted by key: address of the city << 16 | stream << 14 | number."""
        places = now.places
        turnout, keys = city_sums(places, now[ACTIVE]), places.city_keys
        at = np.flatnonzero(turnout >= LEAST_GATHERING)
        asked = now.asked(ASSEMBLING)
        group, size = (keys[at] << 16) | (ANTI_REGIME << 14), turnout[at]
        if len(asked["group"]):
            by_key = np.argsort(keys)
            group, size = np.concatenate([group, asked["group"]]), np.concatenate([size, asked["size"]])
            at = np.concatenate([at, by_key[np.searchsorted(keys[by_key], asked["group"] >> 16)]])
        order = np.argsort(group, kind="stable")
        return group[order], at[order], size[order]

    def _split(self, now: Now, group: Any, at: Any, size: Any) -> tuple[Any, Any, Any]:
        """The same, large turnouts in several parts."""
        p, here = now.p, now.places.province_of_city[at]
        large = np.flatnonzero(size > p.split[here])
        if not len(large):
            return group, at, size
        u = now.draws.uniform(SPLITTING, now.day, group[large] >> 16, group[large] & 0xFFFF)
        grown = exps(p.exponent[here[large]] * logs(size[large] / p.split[here[large]]))
        count = np.ones(len(at), np.int64)
        count[large] = np.clip(np.floor(grown + u).astype(np.int64), 1, np.minimum(size[large] // LEAST_GATHERING, MOST))
        parts = [parts_of(int(n), int(k), float(r)) if k > 1 else [n] for n, k, r in zip(size, count, p.rank[here], strict=True)]
        return np.repeat(group, count), np.repeat(at, count), np.concatenate(parts)


@lru_cache(maxsize=4096)
def zipf(count: int, rank: float) -> Any:
    """Shares of `count` parts in proportion to j**-rank; shape (count,)."""
    weight = exps(-rank * logs(np.arange(1, count + 1)))
    return weight / np.cumsum(weight)[-1]


def parts_of(size: int, count: int, rank: float) -> Any:
    """A turnout in parts, the largest first: three each, the others in proportion to j**-rank, rounded down, the first the rest."""
    parts = LEAST_GATHERING + np.floor((size - LEAST_GATHERING * count) * zipf(count, rank)).astype(np.int64)
    parts[0] += size - parts.sum()
    return parts
