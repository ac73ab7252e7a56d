"""Phase 6: what the neighbourhood will have seen by tomorrow: defiance that went unpunished, and repression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.columns import CITY, NEIGHBOURHOOD
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import ACTS, GATHERINGS, SEEN_DEFIANCE, SEEN_REPRESSION, UNITS


@dataclass(frozen=True)
class Witnessing(Mechanism):
    """Acts are seen where their unit lives, gatherings and what befell them in their whole city, per 1,000 residents.

    A death weighs as many arrests. A gathering of which nobody was taken counts as defiance.
    """

    death: float = parameter(
        20.0, unit="arrests", range=(0, 1000), doc="Arrests that a witnessed death weighs as much as.", source="assumed"
    )
    gathering: float = parameter(
        1.0, unit="acts", range=(0, 1000), doc="Acts that an unpunished gathering weighs as much as.", source="assumed"
    )

    reads = (ACTS, GATHERINGS, UNITS)
    writes = (SEEN_DEFIANCE, SEEN_REPRESSION)

    def day(self, now: Now) -> None:
        """Write tomorrow's exposures by neighbourhood."""
        places = now.places
        acts, met, units = now.table(ACTS), now.table(GATHERINGS), now.table(UNITS)
        in_city, in_hood = places.represented(CITY), places.represented(NEIGHBOURHOOD)
        province = places.province_of_city[met["at"]]
        repression, defiance = np.zeros(len(places.cities)), np.zeros(len(places.cities))
        repression[met["at"]] = met["arrests"] + now.p.death[province] * met["deaths"]
        defiance[met["at"]] = np.where(met["arrests"] + met["deaths"] > 0, 0.0, now.p.gathering[province])
        per = 1000.0 / np.maximum(in_city, 1)
        count = np.diff(places.city_start)
        now[SEEN_REPRESSION][:] = np.repeat(repression * per, count)
        hood = places.neighbourhood_of(units["row"][units.find(acts["unit"][acts["seen"] == 0])])
        seen = np.bincount(hood, minlength=places.size(NEIGHBOURHOOD))
        now[SEEN_DEFIANCE][:] = np.repeat(defiance * per, count) + seen * 1000.0 / np.maximum(in_hood, 1)
