"""Phase 6: what the neighbourhood will have seen by tomorrow: defiance that went unpunished, the frames it carried, and repression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F32, F64, I64, log
from groundswell.core.columns import CITY, NATION, NEIGHBOURHOOD
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import neighbourhood_at
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

    reads = (ACTS, GATHERINGS, TAKEN, EXECUTIONS, BLACKOUT, LEADING_FRAME)
    writes = (SEEN_DEFIANCE, SEEN_REPRESSION, *SEEN_FRAMES)

    def day(self, now: Now) -> None:
        """Write tomorrow's exposures by neighbourhood."""
        met = now.table(GATHERINGS)
        self._repression(now, met)
        self._defiance(now, met, now.table(ACTS))

    def _repression(self, now: Now, met: Any) -> None:
        """What a city's residents see of repression, per 1,000 of them."""
        places, p, taken, executions = now.places, now.p, now.asked(TAKEN), now[EXECUTIONS]
        if not len(met) and not len(taken["person"]) and not np.count_nonzero(executions):
            now[SEEN_REPRESSION].fill(0)
            return
        people = taken["person"][taken["fate"] == DETAINED]
        home = places.city_of_neighbourhood[places.neighbourhood_of(places.row_of(people))]
        where = (places.province_of_city, places.represented(CITY), places.city_start)
        what = (met["at"], met["arrests"], met["deaths"], home, executions)
        now.run(see_repression, *what, *where, p.death, p.raid, p.broadcast, p.execution, now[BLACKOUT], now[SEEN_REPRESSION])

    def _defiance(self, now: Now, met: Any, acts: Any) -> None:
        """What they see of defiance, per 1,000 of them, and of the frames that it carries."""
        columns = (now[SEEN_DEFIANCE], now[SEEN_FRAMES[0]], now[SEEN_FRAMES[1]], now[SEEN_FRAMES[2]])
        if not len(met) and not len(acts):
            for column in columns:
                column.fill(0)
            return
        places, p = now.places, now.p
        visible = now.remember("visible", (p,), lambda: np.array([getattr(p, name) for name in TACTICS]))
        people = (places.represented(NEIGHBOURHOOD), places.represented(CITY), places.represented(NATION))
        people_at = (places.position_of_code, places.first_rows, now.scale, places.neighbourhood_start)
        where = (*people_at, places.city_start, places.city_of_neighbourhood, places.province_of_city)
        done = (acts["unit"], acts["tactic"], acts["frame"], acts["seen"], visible)
        held = (met["at"], met["stream"], met["arrests"], met["deaths"], p.gathering, p.livelihood, now[LEADING_FRAME])
        now.run(see_defiance, *done, *held, *where, *people, now[BLACKOUT], *columns)


def see_repression(
    at: Any, arrests: Any, deaths: Any, home: Any, executions: Any, province: Any, residents: Any, city_start: Any, death: Any, raid: Any,
    broadcast: Any, execution: Any, blackout: Any, seen: Any,
) -> None:  # fmt: skip
    """What is seen of repression, by neighbourhood; compiled.

    Args:
        at, arrests, deaths: of gatherings; `at` is the city's position.
        home: city of each who was detained today, in the street or not.
        executions: yesterday's, by province.
        province, residents, city_start: of each city; `city_start` is its first neighbourhood.
        death, raid, broadcast, execution, blackout: by province.
        seen: by neighbourhood, changed.
    """
    street, killed, held = np.zeros(province.size), np.zeros(province.size), np.zeros(province.size)
    dead, executed, any_died = 0, 0, False
    for i in range(at.size):
        street[at[i]] += arrests[i]
        killed[at[i]] += deaths[i]
        dead += deaths[i]
    for i in range(home.size):
        held[home[i]] += 1
    for p in range(executions.size):
        executed += executions[p]
    for p in range(execution.size):
        any_died |= dead + execution[p] * executed > 0
    for c in range(province.size):
        p, heard = province[c], F64(0.0)
        if any_died:
            heard = broadcast[p] * log(F64(1.0) + (dead + execution[p] * executed)) * F64(F32(1.0) - blackout[p])
        raids = max(held[c] - street[c], F64(0.0))
        local = street[c] + death[p] * killed[c] + raid[p] * raids
        seen[city_start[c] : city_start[c + 1]] = heard + local * F64(1000.0) / max(residents[c], 1)


def see_defiance(
    unit: Any, tactic: Any, frame: Any, detected: Any, visible: Any, at: Any, stream: Any, arrests: Any, deaths: Any, gathering: Any,
    livelihood: Any, leading: Any, position_of_code: Any, first_rows: Any, scale: Any, hood_start: Any, city_start: Any, city_of: Any,
    province: Any, hood_people: Any, city_people: Any, nation: Any, blackout: Any, defiance: Any, frame_1: Any, frame_2: Any, frame_3: Any,
) -> None:  # fmt: skip
    """What is seen of undetected acts and unpunished gatherings, by neighbourhood and frame; compiled.

    Args:
        unit, tactic, frame, detected: of acts; `visible` is by tactic and province.
        at, stream, arrests, deaths: of gatherings; `at` is the city's position.
        gathering, livelihood, leading, blackout: by province.
        position_of_code, first_rows, scale, hood_start, city_start, city_of, province: where people are, as `Places` tells it.
        hood_people, city_people, nation: residents of each neighbourhood and city, and of all.
        defiance, frame_1, frame_2, frame_3: by neighbourhood, changed.
    """
    near, online, street = np.zeros((hood_start.size - 1, 4)), np.zeros(4), np.zeros((province.size, 4))
    hood = np.empty(unit.size, np.int64)
    for i in range(unit.size):
        founder = unit[i] >> I64(16)
        p = position_of_code[founder >> I64(32)]
        hood[i] = neighbourhood_at(hood_start, first_rows[p] + (founder & I64(0xFFFFFFFF)) // scale)
        if detected[i] == 0:
            if tactic[i] == VIDEO:
                online[frame[i]] += visible[tactic[i], p]
            else:
                near[hood[i], frame[i]] += visible[tactic[i], p]
    for i in range(at.size):
        if arrests[i] + deaths[i] == 0:
            p, anti = province[at[i]], stream[i] == ANTI_REGIME
            alike = F64(1.0) if anti else livelihood[p] if stream[i] == LIVELIHOOD else F64(0.0)
            street[at[i], I64(leading[p]) if anti else I64(0)] += gathering[p] * alike * F64(1000.0) / max(city_people[at[i]], 1)
    far = online * F64(1000.0) / nation[0]
    for c in range(province.size):
        s0, s1, s2, s3 = street[c]
        open_to = F64(F32(1.0) - blackout[province[c]])
        s0, s1, s2, s3 = far[0] * open_to + s0, far[1] * open_to + s1, far[2] * open_to + s2, far[3] * open_to + s3
        mine = slice(city_start[c], city_start[c + 1])
        defiance[mine], frame_1[mine], frame_2[mine], frame_3[mine] = s0 + s1 + s2 + s3, s1, s2, s3
    seen = np.empty(4)
    for b in hood:  # few neighbourhoods have acts of their own
        c = city_of[b]
        open_to = F64(F32(1.0) - blackout[province[c]])
        for f in range(4):
            seen[f] = near[b, f] * F64(1000.0) / max(hood_people[b], 1) + far[f] * open_to + street[c, f]
        defiance[b], frame_1[b], frame_2[b], frame_3[b] = seen[0] + seen[1] + seen[2] + seen[3], seen[1], seen[2], seen[3]
