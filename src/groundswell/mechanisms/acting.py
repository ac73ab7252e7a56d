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
from groundswell.lookups import act_lane, fear_at, fears, find_key
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
    UNITS,
)


def count_acts(
    unit: Any, since: Any, called: Any, strength: Any, draw: Any, rate: Any, restraint: Any, unit_of: Any, person: Any, position: Any,
    first_rows: Any, scale: int, fear: Any, fear_kept: Any, fear_added: Any, starts: Any, count: Any,
) -> int:  # fmt: skip
    """How often each unit acts today; compiled. Fear only lowers it, so only members of units that would act without fear are looked at.

    Args:
        unit, since: of units: key, and since when they sleep, 0: they do not.
        called, strength: which units heard a call today, and of what strength.
        draw: of units: what says how often it acts.
        rate, restraint: by province.
        unit_of, person: of members: the position of their unit, and their address.
        position: of the province of each code.
        first_rows: of each province.
        fear, fear_kept, fear_added, starts: as in `fear_at`.
        count: by unit, all 0; receives the acts.

    Returns:
        how many acts there are.
    """
    acts, heard = 0, np.zeros(unit.size)
    sums = np.zeros((2, unit.size), np.int64)  # of the fear of a unit's members, in 1/65536, and of the members
    hear(unit, called, strength, heard)
    for k in range(unit.size):
        most = rate[position[unit[k] >> 48]] * (F64(1.0) + heard[k])
        if since[k] == 0 and (most >= F64(1.0) or draw[k] < most):
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
            acts += count[k]
    return acts


def hear(unit: Any, called: Any, strength: Any, heard: Any) -> None:
    """The strength of the call that each unit heard today into `heard`, 0 where it heard none; compiled."""
    for j in range(called.size):
        at = find_key(unit, called[j])
        if at >= 0:
            heard[at] = strength[j]


def list_acts(key: Any, count: Any, unit: Any, number: Any) -> None:
    """Each act's unit, and its number among the unit's; `count` is how often each unit, of a key, acts; compiled."""
    n = 0
    for k in range(key.size):
        for j in range(count[k]):
            unit[n], number[n] = key[k], j
            n += 1


def choose(
    key: Any, organisation: Any, unit: Any, draw: Any, night_draw: Any, edges: Any, night_share: Any, frames: Any, position: Any,
    tactic: Any, night: Any, seen: Any, frame: Any,
) -> None:  # fmt: skip
    """What each act is made of; compiled.

    Args:
        key, organisation: of units.
        unit, draw, night_draw: of acts: the unit, and what decides its tactic and time of day.
        edges: sums of the shares of tactics, by province; shape (4, provinces).
        night_share: by province.
        frames: of each organisation: by province.
        position: of the province of each code.
        tactic, night, seen, frame: room for the acts.
    """
    k = 0
    for i in range(unit.size):
        while key[k] != unit[i]:
            k += 1
        p = position[unit[i] >> 48]
        seen[i], tactic[i], night[i], frame[i] = 0, len(edges), night_draw[i] < night_share[p], frames[organisation[k] - 1][p]
        for edge in edges[:, p]:
            tactic[i] -= draw[i] >= edge


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
        units, p = now.table(UNITS), now.p
        count = np.zeros(len(units), np.int64)
        acts = self._count(now, units, count) if len(units) else 0
        if acts == 0:
            if len(now.table(ACTS)):
                now.store(Table(ACTS))
            return
        room = ACTS.room(acts)
        unit, number, *what = room.values()
        now.run(list_acts, units["unit"], count, unit, number)
        founder, lane = unit >> 16, act_lane(unit, number)
        draws = now.draws.uniform(ACT_TACTIC, now.day, founder, lane), now.draws.uniform(ACT_NIGHT, now.day, founder, lane)
        edges = now.remember("edges", (p,), lambda: np.cumsum([p.damage, p.video, p.writing, p.leaflets], axis=0))
        law = (edges, p.night, tuple(now[c] for c in PUSHED_FRAMES), now.places.position_of_code)
        now.run(choose, units["unit"], units["organisation"], unit, *draws, *law, *what)
        now.store(Table(ACTS, room, ordered=True))

    def _count(self, now: Now, units: Table, count: Any) -> int:
        """How often each unit acts today, into `count`, and how many acts there are."""
        members, called, places, p = now.table(MEMBERS), now.table(CALLED), now.places, now.p
        key = units["unit"]
        draw = now.draws.uniform(ACT_COUNT, now.day, key >> 16, key & 0xFFFF)
        of_units = (key, units["small_since"], called["unit"], called["strength"], draw, p.rate, p.restraint)
        of_members = (members.among("unit", units), members["person"], places.position_of_code, places.first_rows, now.scale, *fears(now))
        acts: int = now.run(count_acts, *of_units, *of_members, count)
        return acts
