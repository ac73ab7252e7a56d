"""Phase 2: which units hear a call of their organisation, directly or from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import live_units, province_of_key, survivor
from groundswell.society import BLACKOUT, BRIDGES, CALLED, CALLED_UNITS, CALLS, HEAR, ORGANISATIONS, RELAY, UNITS

Keys = npt.NDArray[np.int64]
Strengths = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calling(Mechanism):
    """A call reaches each live unit of the organisation in its province with probability `reach (1 - online b)`, b the blackout.

    Units that heard it pass it on the same day, once, over friendships of their members with members of other units, of
    whatever organisation: each tie relays with probability `relay`. A unit that hears several calls heeds the strongest.
    """

    relay: float = parameter(
        0.2, unit="1", range=(0, 1), doc="Chance that a friendship between two units passes a call on.", source="assumed"
    )

    reads = (UNITS, ORGANISATIONS, BRIDGES, BLACKOUT, CALLS)
    writes = (CALLED, CALLED_UNITS)
    draws = (HEAR, RELAY)

    def day(self, now: Now) -> None:
        """Write who heard, and how strong a call."""
        calls = now.asked(CALLS)
        now[CALLED_UNITS].fill(0)
        if not len(calls["call"]) and not len(now.table(CALLED)):
            return
        units = now.table(UNITS)
        keys, strength = self._direct(now, units, calls)
        keys, strength = self._relayed(now, units, keys, strength)
        now.store(Table(CALLED, {"unit": keys, "strength": strength}))
        now[CALLED_UNITS][:] = len(keys)

    def _direct(self, now: Now, units: Table, calls: dict[str, npt.NDArray[Any]]) -> tuple[Keys, Strengths]:
        """Units that hear an organisation itself."""
        live, home = live_units(units), province_of_key(now.places, units["unit"])
        merged, blackout = now.table(ORGANISATIONS), now[BLACKOUT].astype(np.float64)
        strength = np.zeros(len(units))
        for number in np.unique(calls["call"] >> 32).tolist():
            mine = (calls["call"] >> 32) == number
            province = now.places.province_of((calls["call"][mine] & 0xFFFFFFFF) << 32)
            chance, loud = np.zeros(len(now.places.provinces)), np.zeros(len(now.places.provinces))
            chance[province] = calls["reach"][mine] * (1.0 - calls["online"][mine] * blackout[province])
            loud[province] = calls["strength"][mine]
            at = np.flatnonzero(live & (units["organisation"] == survivor(merged, number)))
            key = units["unit"][at]
            heard = at[now.draws.coin(HEAR, now.day, chance[home[at]], key >> 16, (key & 0xFFFF) | number << 16)]
            strength[heard] = np.maximum(strength[heard], loud[home[heard]])
        heard = np.flatnonzero(strength)
        return units["unit"][heard], strength[heard]

    def _relayed(self, now: Now, units: Table, keys: Keys, strength: Strengths) -> tuple[Keys, Strengths]:
        """With those to whom others pass a call on: one step a day."""
        bridges = now.table(BRIDGES)
        if not len(bridges) or not len(keys) or not now.p.relay.any():
            return keys, strength
        source = np.minimum(np.searchsorted(keys, bridges["unit"]), len(keys) - 1)
        there = units.find(bridges["other"])
        usable = (keys[source] == bridges["unit"]) & (there >= 0) & live_units(units)[there]
        one, other, ties, heard = bridges["unit"][usable], bridges["other"][usable], bridges["ties"][usable], strength[source[usable]]
        relay = now.p.relay[province_of_key(now.places, one)]
        silent = np.ones(len(one))
        for tie in range(int(ties.max(initial=0))):
            silent *= np.where(ties > tie, 1.0 - relay, 1.0)
        passed = now.draws.coin(RELAY, now.day, 1.0 - silent, one >> 16, other >> 16)
        total = np.zeros(len(units))
        total[units.find(keys)] = strength
        np.maximum.at(total, there[usable][passed], heard[passed])
        found = np.flatnonzero(total)
        return units["unit"][found], total[found]
