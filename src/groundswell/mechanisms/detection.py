"""Phase 6: patrols, cameras and informants find acts of units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import act_lane, first_above, province_of_key
from groundswell.society import ACTS, CAUGHT, DEFECTED, DETAINED, DETECT, MEMBERS, TAKEN


def detect(
    unit: Any, tactic: Any, night: Any, draw: Any, unit_of: Any, informer: Any, position: Any, defected: Any, patrol: Any,
    night_patrol: Any, camera: Any, night_camera: Any, informant: Any, risks: Any, seen: Any,
) -> int:  # fmt: skip
    """Which acts are detected; compiled.

    Args:
        unit, tactic, night, draw: of acts, in order; `draw` says whether they are.
        unit_of, informer: of members.
        position: of the province of each code.
        defected, patrol, night_patrol, camera, night_camera, informant: by province.
        risks: of tactics; shape (5, provinces).
        seen: of acts, changed: 1 where they are.

    Returns:
        how many are.
    """
    found, informed = I64(0), np.zeros(unit.size, np.bool_)
    for j in range(unit_of.size):
        if informer[j] == 1:
            i = first_above(unit, unit_of[j] - 1)
            while i < unit.size and unit[i] == unit_of[j]:
                informed[i] = True
                i += 1
    for i in range(unit.size):
        p = position[unit[i] >> 48]
        risk = risks[tactic[i], p]
        by_patrol = min(patrol[p] * (night_patrol[p] if night[i] == 1 else F64(1.0)) * risk, F64(1.0))
        by_camera = min(camera[p] * (night_camera[p] if night[i] == 1 else F64(1.0)) * risk, F64(1.0))
        by_informant = informant[p] if informed[i] else F64(0.0)
        chance = F64(1.0) - (F64(1.0) - by_patrol) * (F64(1.0) - by_camera) * (F64(1.0) - by_informant)
        seen[i] = defected[p] == 0 and draw[i] < chance
        found += I64(seen[i])
    return int(found)


def risks_of(p: Any) -> Any:
    """The risk of each of `TACTICS` by province; shape (5, provinces)."""
    return np.array([np.ones_like(p.damage), p.leaflets, p.writing, p.video, p.damage])


@dataclass(frozen=True)
class Detection(Mechanism):
    """An act is detected with probability 1 - (1 - p_patrol)(1 - p_camera)(1 - p_informant), by day or night.

    The chances of patrols and cameras are multiplied by the risk of the tactic, that of a display being 1. Each member of
    a detected unit is then caught with probability `caught`. Where the forces refuse orders nobody is.
    """

    patrol: float = parameter(0.01, unit="1", range=(0, 1), doc="Chance that a patrol sees an act by day.", source="assumed")
    camera: float = parameter(0.01, unit="1", range=(0, 1), doc="Chance that a camera leads to its authors by day.", source="assumed")
    night_patrol: float = parameter(
        0.5, unit="1", range=(0, 1), doc="Patrols' chance by night, as a share of that by day.", source="assumed"
    )
    night_camera: float = parameter(
        0.3, unit="1", range=(0, 1), doc="Cameras' chance by night, as a share of that by day.", source="assumed"
    )
    informant: float = parameter(0.2, unit="1", range=(0, 1), doc="Chance that a unit's informer gives an act away.", source="assumed")
    leaflets: float = parameter(1.0, unit="1", range=(0, 100), doc="Risk of leaflets, a display's being 1.", source="assumed")
    writing: float = parameter(1.0, unit="1", range=(0, 100), doc="Risk of writing, a display's being 1.", source="assumed")
    video: float = parameter(0.4, unit="1", range=(0, 100), doc="Risk of a video message, a display's being 1.", source="assumed")
    damage: float = parameter(
        2.2, unit="1", range=(0, 100), doc="Risk of damage to a symbol, a display's being 1.", source="assumed; keeps the mean risk at 1"
    )
    caught: float = parameter(0.4, unit="1", range=(0, 1), doc="Chance that a member of a detected unit is caught.", source="assumed")

    reads = (MEMBERS, DEFECTED)
    writes = (ACTS,)
    adds = (TAKEN,)
    draws = (DETECT, CAUGHT)

    def day(self, now: Now) -> None:
        """Mark detected acts and take their authors."""
        acts, members, p = now.table(ACTS), now.table(MEMBERS), now.p
        if len(acts) == 0:
            return
        unit, seen = acts["unit"], np.empty(len(acts), np.uint8)
        draw = now.draws.uniform(DETECT, now.day, unit >> 16, act_lane(unit, acts["number"]))
        about = (unit, acts["tactic"], acts["night"], draw, members["unit"], members["informer"])
        chances = (p.patrol, p.night_patrol, p.camera, p.night_camera, p.informant, now.remember("risks", (p,), lambda: risks_of(p)))
        where = (now.places.position_of_code, now[DEFECTED])
        if not now.run(detect, *about, *where, *chances, seen):
            return
        now.store(acts.replace(seen=seen))
        present = members.where(np.isin(members["unit"], unit[seen == 1]))
        held = now.draws.coin(CAUGHT, now.day, p.caught[province_of_key(now.places, present["unit"])], present["person"])
        now.ask(TAKEN, 2, person=present["person"][held], fate=DETAINED, named=0)
