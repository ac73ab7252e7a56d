"""Phase 6: patrols, cameras and informants find acts of units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import act_lane, province_of_key
from groundswell.society import ACTS, CAUGHT, DEFECTED, DETAINED, DETECT, MEMBERS, TAKEN


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
        unit, night = acts["unit"], acts["night"] == 1
        province = province_of_key(now.places, unit)
        informed = np.isin(unit, members["unit"][members["informer"] == 1])
        risks = np.array([np.ones_like(p.damage), p.leaflets, p.writing, p.video, p.damage])  # in the order of TACTICS
        risk = risks[acts["tactic"], province]
        patrol = np.minimum(p.patrol[province] * np.where(night, p.night_patrol[province], 1.0) * risk, 1.0)
        camera = np.minimum(p.camera[province] * np.where(night, p.night_camera[province], 1.0) * risk, 1.0)
        chance = 1.0 - (1.0 - patrol) * (1.0 - camera) * (1.0 - p.informant[province] * informed)
        chance = np.where(now[DEFECTED][province] == 1, 0.0, chance)
        seen = now.draws.coin(DETECT, now.day, chance, unit >> 16, act_lane(unit, acts["number"]))
        now.store(acts.replace(seen=seen.astype(np.uint8)))
        if not seen.any():
            return
        present = members.where(np.isin(members["unit"], unit[seen]))
        held = now.draws.coin(CAUGHT, now.day, p.caught[province_of_key(now.places, present["unit"])], present["person"])
        now.ask(TAKEN, 2, person=present["person"][held], fate=DETAINED, named=0)
