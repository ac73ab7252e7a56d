"""Phase 2: each live unit chooses acts from the repertoire."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import act_lane, fear_of, live_units, province_of_key
from groundswell.society import (
    ACT_COUNT,
    ACT_NIGHT,
    ACT_TACTIC,
    ACTS,
    CALLED,
    FEAR,
    FEAR_ADDED,
    FEAR_KEPT,
    MEMBERS,
    PUSHED_FRAMES,
    TACTICS,
    UNITS,
)


@dataclass(frozen=True)
class Acting(Mechanism):
    """A unit of at least three free members acts `rate (1 + call) (1 - restraint f)` times a day, f its members' mean fear.

    `call` is the strength of the call that it heard today. The whole part of that number is certain, the rest a chance.
    What an act is made of is left abstract: a tactic (display, leaflets, writing, video, damage), whether it happens at
    night, and the frame of the unit's organisation.
    """

    rate: float = parameter(
        0.03, unit="1/day", range=(0, 20), doc="Acts a day of a unit without fear and without a call.", source="assumed"
    )
    restraint: float = parameter(0.8, unit="1", range=(0, 1), doc="How much full fear lowers the rate.", source="assumed")
    night: float = parameter(0.6, unit="1", range=(0, 1), doc="Share of acts that happen at night.", source="assumed")
    leaflets: float = parameter(0.2, unit="1", range=(0, 1), doc="Share of acts with leaflets.", source="assumed", part_of="acts")
    writing: float = parameter(
        0.3, unit="1", range=(0, 1), doc="Share of acts that write or chant slogans.", source="assumed", part_of="acts"
    )
    video: float = parameter(0.1, unit="1", range=(0, 1), doc="Share of acts that are video messages.", source="assumed", part_of="acts")
    damage: float = parameter(0.05, unit="1", range=(0, 1), doc="Share of acts that damage a symbol.", source="assumed", part_of="acts")

    reads = (MEMBERS, UNITS, FEAR, FEAR_KEPT, FEAR_ADDED, CALLED, *PUSHED_FRAMES)
    writes = (ACTS,)
    draws = (ACT_COUNT, ACT_TACTIC, ACT_NIGHT)

    def day(self, now: Now) -> None:
        """Draw today's acts."""
        units, members, places, p = now.table(UNITS), now.table(MEMBERS), now.places, now.p
        if not len(units):
            now.store(Table(ACTS))
            return
        live = live_units(units)
        keys, organisation = units["unit"][live], units["organisation"][live]
        province = province_of_key(places, keys)
        at = members.among("unit", units)
        rows = members.derived("person", "row", places.row_of)
        fear = (fear_of(now, rows, places.neighbourhood_of(rows)) * 65536.0).astype(np.int64)
        size = np.bincount(at, minlength=len(units))
        mean = (np.bincount(at, fear, len(units)) / np.maximum(size, 1) / 65536.0)[live]
        expected = p.rate[province] * (1.0 + self._heard(now, keys)) * (1.0 - p.restraint[province] * mean)
        sure = expected.astype(np.int64)
        count = sure + now.draws.coin(ACT_COUNT, now.day, expected - sure, keys >> 16, keys & 0xFFFF)
        unit, where, whose = (np.repeat(a, count) for a in (keys, province, organisation))
        number = np.arange(len(unit)) - np.repeat(np.cumsum(count) - count, count)
        lane = act_lane(unit, number)
        u = now.draws.uniform(ACT_TACTIC, now.day, unit >> 16, lane)
        night = now.draws.coin(ACT_NIGHT, now.day, p.night[where], unit >> 16, lane)
        edges = np.cumsum([p.damage[where], p.video[where], p.writing[where], p.leaflets[where]], axis=0)
        tactic = len(TACTICS) - 1 - (u[None, :] >= edges).sum(axis=0)
        frame = np.array([now[c] for c in PUSHED_FRAMES])[whose - 1, where]
        now.store(
            Table(ACTS, {"unit": unit, "number": number, "tactic": tactic, "night": night, "seen": np.zeros(len(unit)), "frame": frame})
        )

    def _heard(self, now: Now, keys: np.ndarray) -> np.ndarray:
        """The strength of the call that each unit heard today; 0: none."""
        called = now.table(CALLED)
        at = called.find(keys)
        return np.where(at >= 0, called["strength"][at].astype(np.float64), 0.0) if len(called) else np.zeros(len(keys))
