"""Phase 6: what the neighbourhood will have seen by tomorrow: defiance that went unpunished, the frames it carried, and repression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import logs
from groundswell.core.columns import CITY, NATION, NEIGHBOURHOOD
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import province_of_key
from groundswell.society import (
    ACTS,
    ANTI_REGIME,
    BLACKOUT,
    DETAINED,
    EXECUTIONS,
    GATHERINGS,
    LEADING_FRAME,
    LIVELIHOOD,
    SEEN_DEFIANCE,
    SEEN_FRAMES,
    SEEN_REPRESSION,
    TACTICS,
    TAKEN,
    UNITS,
)

VIDEO = TACTICS.index("video")


@dataclass(frozen=True)
class Witnessing(Mechanism):
    """Acts are seen where their unit lives, gatherings and what befell them in their whole city, per 1,000 residents.

    Repression in a city: arrests at gatherings + death x deaths there + raid x its residents taken otherwise (by detection
    and roll-up). To that comes, everywhere, broadcast x log(1 + d) with d the nation's deaths in the street today and its
    executions yesterday, as far as there is no blackout.

    Defiance: acts that were not detected, by how visible their tactic is, and gatherings of which nobody was taken. A video
    message is seen online by the whole nation, as far as there is no blackout. Each carries a frame: an act that of its
    organisation, an anti-regime gathering the one most held in its province.
    """

    death: float = parameter(
        20.0, unit="arrests", range=(0, 1000), doc="Arrests that a witnessed death weighs as much as.", source="assumed"
    )
    raid: float = parameter(
        0.5, unit="arrests", range=(0, 1000), doc="Arrests in the street that one by detection or roll-up weighs as much as.",
        source="assumed",
    )  # fmt: skip
    broadcast: float = parameter(
        1.0, unit="arrests per 1000", range=(0, 1000), doc="What all see of the nation's deaths and executions, per log(1 + deaths).",
        source="assumed",
    )  # fmt: skip
    execution: float = parameter(
        1.0, unit="deaths", range=(0, 1000), doc="Deaths in the street that an execution weighs as much as, broadcast.", source="assumed"
    )
    gathering: float = parameter(
        1.0, unit="acts", range=(0, 1000), doc="Acts that an unpunished gathering weighs as much as.", source="assumed"
    )
    livelihood: float = parameter(
        0.2,
        unit="gatherings",
        range=(0, 1000),
        doc="Anti-regime gatherings that a livelihood gathering weighs as much as.",
        source="assumed",
    )
    display: float = parameter(1.0, unit="acts", range=(0, 1000), doc="Visibility of banners and posters.", source="by definition one act")
    leaflets: float = parameter(0.7, unit="acts", range=(0, 1000), doc="Visibility of leaflets.", source="assumed")
    writing: float = parameter(1.0, unit="acts", range=(0, 1000), doc="Visibility of slogans written or chanted.", source="assumed")
    damage: float = parameter(1.5, unit="acts", range=(0, 1000), doc="Visibility of damage to a symbol.", source="assumed")
    video: float = parameter(
        5.0, unit="acts", range=(0, 100000), doc="Visibility of a video message, all its viewers in the nation together.", source="assumed"
    )

    reads = (ACTS, GATHERINGS, UNITS, TAKEN, EXECUTIONS, BLACKOUT, LEADING_FRAME)
    writes = (SEEN_DEFIANCE, SEEN_REPRESSION, *SEEN_FRAMES)

    def day(self, now: Now) -> None:
        """Write tomorrow's exposures by neighbourhood."""
        city = now.places.city_of_neighbourhood
        now[SEEN_REPRESSION][:] = self._repression(now)[city]
        by_frame = self._acts(now)
        if len(now.table(GATHERINGS)):
            by_frame = by_frame + self._gatherings(now)[:, city]
        now[SEEN_DEFIANCE][:] = by_frame[0] + by_frame[1] + by_frame[2] + by_frame[3]
        for column, values in zip(SEEN_FRAMES, by_frame[1:], strict=True):
            now[column][:] = values

    def _repression(self, now: Now) -> Any:
        """What a city's residents see of repression, per 1,000 of them; shape (cities,). Sums are in the order of natural keys."""
        places, p, met, taken = now.places, now.p, now.table(GATHERINGS), now.asked(TAKEN)
        cities, province = len(places.cities), places.province_of_city
        deaths = int(met["deaths"].sum()) + p.execution * int(now[EXECUTIONS].sum())
        seen = np.zeros(cities)
        if deaths.any():
            seen = (p.broadcast * logs(1.0 + deaths) * (1.0 - now[BLACKOUT]))[province]
        people = taken["person"][taken["fate"] == DETAINED]
        if not len(met) and not len(people):
            return seen
        home = places.city_of_neighbourhood[places.neighbourhood_of(places.row_of(people))]
        street = np.bincount(met["at"], met["arrests"], cities)
        raids = np.maximum(np.bincount(home, minlength=cities) - street, 0)
        killed = np.bincount(met["at"], met["deaths"], cities)
        local = street + p.death[province] * killed + p.raid[province] * raids
        return seen + local * 1000.0 / np.maximum(places.represented(CITY), 1)

    def _gatherings(self, now: Now) -> Any:
        """Unpunished gatherings as acts per 1,000 residents of their city, by the frame they carry; shape (4, cities)."""
        places, p, met = now.places, now.p, now.table(GATHERINGS)
        cities, at, province = len(places.cities), met["at"], places.province_of_city[met["at"]]
        anti = met["stream"] == ANTI_REGIME
        weight = p.gathering[province] * np.where(anti, 1.0, np.where(met["stream"] == LIVELIHOOD, p.livelihood[province], 0.0))
        weight = np.where(met["arrests"] + met["deaths"] > 0, 0.0, weight * 1000.0 / np.maximum(places.represented(CITY)[at], 1))
        frame = np.where(anti, now[LEADING_FRAME][province], 0).astype(np.int64)
        return np.bincount(frame * cities + at, weight, 4 * cities).reshape(4, cities)

    def _acts(self, now: Now) -> Any:
        """Undetected acts per 1,000 residents by the frame they carry; shape (4, neighbourhoods)."""
        places, p, acts, units = now.places, now.p, now.table(ACTS), now.table(UNITS)
        free, hoods = acts["seen"] == 0, places.neighbourhoods
        unit, tactic, frame = acts["unit"][free], acts["tactic"][free], acts["frame"][free].astype(np.int64)
        if not len(unit):
            return np.zeros((4, hoods))
        weights = np.array([getattr(p, name) for name in TACTICS])[tactic, province_of_key(places, unit)]
        hood = places.neighbourhood_of(units["row"][units.find(unit)])
        online = tactic == VIDEO
        near = np.bincount(frame * hoods + hood, np.where(online, 0.0, weights), 4 * hoods).reshape(4, hoods)
        seen = near * 1000.0 / np.maximum(places.represented(NEIGHBOURHOOD), 1)
        if online.any():
            far = np.bincount(frame[online], weights[online], 4) * 1000.0 / places.represented(NATION)[0]
            open_to = (1.0 - now[BLACKOUT])[places.province_of_city][places.city_of_neighbourhood]
            seen = seen + far[:, None] * open_to
        return seen
