"""Phase 2: each live unit chooses acts from the repertoire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.columns import Table
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import act_lane, fear_at, fears, live_units
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


def count_acts(
    unit: Any, live: Any, heard: Any, draw: Any, rate: Any, restraint: Any, unit_of: Any, person: Any, position: Any, first_rows: Any,
    scale: int, fear: Any, fear_kept: Any, fear_added: Any, starts: Any, sums: Any, count: Any,
) -> None:  # fmt: skip
    """How often each unit acts today; compiled. Fear only lowers it, so only members of units that would act without fear are looked at.

    Args:
        unit, live, heard, draw: of units: key, whether it is, the strength of the call that it heard, and what says how often it acts.
        rate, restraint: by province.
        unit_of, person: of members: the position of their unit, and their address.
        position: of the province of each code.
        first_rows: of each province.
        fear, fear_kept, fear_added, starts: as in `fear_at`.
        sums: of the fear of a unit's members, in 1/65536, and of the members; shape (2, units), all 0.
        count: by unit, all 0; receives the acts.
    """
    for k in range(unit.size):
        most = rate[position[unit[k] >> 48]] * (F64(1.0) + heard[k])
        if live[k] and (most >= F64(1.0) or draw[k] < most):
            count[k] = 1
    for j in range(unit_of.size):
        if count[unit_of[j]] > 0:
            row = first_rows[position[person[j] >> 32]] + (person[j] & 0xFFFFFFFF) // scale
            sums[0, unit_of[j]] += I64(fear_at(row, fear, fear_kept, fear_added, starts) * F64(65536.0))
            sums[1, unit_of[j]] += 1
    for k in range(unit.size):
        if count[k] > 0:
            p = position[unit[k] >> 48]
            mean = F64(sums[0, k]) / F64(max(sums[1, k], 1)) / F64(65536.0)
            expected = rate[p] * (F64(1.0) + heard[k]) * (F64(1.0) - restraint[p] * mean)
            sure = I64(expected)
            count[k] = sure + (draw[k] < expected - F64(sure))


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
        units, places, p, draws = now.table(UNITS), now.places, now.p, now.draws
        count = self._count(now)
        acts = int(count.sum())
        if acts == 0:
            if len(now.table(ACTS)):
                now.store(Table(ACTS))
            return
        key = units["unit"]
        doing = np.repeat(np.arange(len(units)), count)
        unit, province = key[doing], places.province_of(key[doing] >> 16)
        number = np.arange(acts) - (np.cumsum(count) - count)[doing]
        lane = act_lane(unit, number)
        u = draws.uniform(ACT_TACTIC, now.day, unit >> 16, lane)
        night = draws.coin(ACT_NIGHT, now.day, p.night[province], unit >> 16, lane)
        edges = now.remember("edges", (p,), lambda: np.cumsum([p.damage, p.video, p.writing, p.leaflets], axis=0))
        tactic = len(TACTICS) - 1 - (u >= edges[:, province]).sum(axis=0)
        frame = np.array([now[c] for c in PUSHED_FRAMES])[units["organisation"][doing] - 1, province]
        columns = {"unit": unit, "number": number, "tactic": tactic, "night": night, "seen": np.zeros(acts), "frame": frame}
        now.store(Table(ACTS, columns, ordered=True))

    def _count(self, now: Now) -> Any:
        """How often each unit acts today."""
        units, members, places, p = now.table(UNITS), now.table(MEMBERS), now.places, now.p
        key, count = units["unit"], np.zeros(len(units), np.int64)
        if len(units):
            draw = now.draws.uniform(ACT_COUNT, now.day, key >> 16, key & 0xFFFF)
            theirs = (members.among("unit", units), members["person"], places.position_of_code, places.first_rows, now.scale, *fears(now))
            sums = np.zeros((2, len(units)), np.int64)
            now.run(count_acts, key, live_units(units), self._heard(now, key), draw, p.rate, p.restraint, *theirs, sums, count)
        return count

    def _heard(self, now: Now, keys: Any) -> Any:
        """The strength of the call that each unit heard today; 0: none."""
        called = now.table(CALLED)
        if not len(called):
            return np.zeros(len(keys))
        at = called.find(keys)
        return np.where(at >= 0, called["strength"][at].astype(np.float64), 0.0)
