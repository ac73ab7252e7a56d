"""Phase 2: each live unit chooses acts from the repertoire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import act_lane, province_of_key, sizes_of_units
from groundswell.society import ACT_COUNT, ACT_NIGHT, ACT_TACTIC, ACTS, FEAR, LEAST_UNIT, MEMBERS, UNITS


@dataclass(frozen=True)
class Acting(Mechanism):
    """A unit of at least three free members acts `rate (1 + call) (1 - restraint f)` times a day, f its members' mean fear.

    The whole part of that number is certain, the rest a chance. What an act is made of is left abstract: a tactic
    (display, leaflets, slogans, damage) and whether it happens at night.
    """

    rate: float = parameter(
        0.03, unit="1/day", range=(0, 20), doc="Acts a day of a unit without fear and without a call.", source="assumed"
    )
    call: float = parameter(0.0, unit="1", range=(0, 100), doc="How much a call of the organisation raises the rate.", source="assumed")
    restraint: float = parameter(0.8, unit="1", range=(0, 1), doc="How much full fear lowers the rate.", source="assumed")
    night: float = parameter(0.6, unit="1", range=(0, 1), doc="Share of acts that happen at night.", source="assumed")
    leaflets: float = parameter(0.2, unit="1", range=(0, 1), doc="Share of acts with leaflets.", source="assumed", part_of="acts")
    slogans: float = parameter(0.3, unit="1", range=(0, 1), doc="Share of acts with slogans.", source="assumed", part_of="acts")
    damage: float = parameter(0.05, unit="1", range=(0, 1), doc="Share of acts that damage a symbol.", source="assumed", part_of="acts")

    reads = (MEMBERS, UNITS, FEAR)
    writes = (ACTS,)
    draws = (ACT_COUNT, ACT_TACTIC, ACT_NIGHT)

    def day(self, now: Now) -> None:
        """Draw today's acts."""
        units, members, places, p = now.table(UNITS), now.table(MEMBERS), now.places, now.p
        size = sizes_of_units(units, members)
        live = size >= LEAST_UNIT
        keys, province = units["unit"][live], province_of_key(places, units["unit"][live])
        at = np.searchsorted(keys, members["unit"])
        mine = (
            (at < len(keys)) & (keys[np.minimum(at, max(len(keys) - 1, 0))] == members["unit"])
            if len(keys)
            else np.zeros(len(members), bool)
        )
        fear = (now[FEAR][places.row_of(members["person"][mine])].astype(np.float64) * 65536.0).astype(np.int64)
        mean = np.bincount(at[mine], fear, len(keys)) / np.maximum(size[live], 1) / 65536.0
        expected = p.rate[province] * (1.0 + p.call[province]) * (1.0 - p.restraint[province] * mean)
        sure = expected.astype(np.int64)
        count = sure + now.draws.coin(ACT_COUNT, now.day, expected - sure, keys >> 16, keys & 0xFFFF)
        unit = np.repeat(keys, count)
        number = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
        where = np.repeat(province, count)
        lane = act_lane(unit, number)
        u = now.draws.uniform(ACT_TACTIC, now.day, unit >> 16, lane)
        night = now.draws.coin(ACT_NIGHT, now.day, p.night[where], unit >> 16, lane)
        edges = np.cumsum([p.damage[where], p.slogans[where], p.leaflets[where]], axis=0)
        tactic = 3 - (u[None, :] >= edges).sum(axis=0)
        now.store(Table(ACTS, {"unit": unit, "number": number, "tactic": tactic, "night": night, "seen": np.zeros(len(unit))}))
