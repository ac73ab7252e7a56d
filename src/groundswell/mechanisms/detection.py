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

    Each member of a detected unit is then caught with probability `caught`. Where the forces refuse orders nobody is.
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
        patrol = p.patrol[province] * np.where(night, p.night_patrol[province], 1.0)
        camera = p.camera[province] * np.where(night, p.night_camera[province], 1.0)
        chance = 1.0 - (1.0 - patrol) * (1.0 - camera) * (1.0 - p.informant[province] * informed)
        chance = np.where(now[DEFECTED][province] == 1, 0.0, chance)
        seen = now.draws.coin(DETECT, now.day, chance, unit >> 16, act_lane(unit, acts["number"]))
        now.store(acts.replace(seen=seen.astype(np.uint8)))
        present = members.where(np.isin(members["unit"], unit[seen]))
        held = now.draws.coin(CAUGHT, now.day, p.caught[province_of_key(now.places, present["unit"])], present["person"])
        now.ask(TAKEN, 2, person=present["person"][held], fate=DETAINED, named=0)
