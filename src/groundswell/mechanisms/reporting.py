"""Phase 11: three sources report some of what happened, each with an interest and with errors of its own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import numpy as np

from groundswell.core.arithmetic import F64, I64
from groundswell.core.columns import PROVINCE, Table
from groundswell.core.draws import day_number, pair_uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import (
    ATTENTION,
    BLACKOUT,
    HAPPENINGS,
    HARM,
    INVENT,
    MISREPORT,
    RECORD,
    REPORT,
)

ACT = 3  # where the interest in acts stands, after those in the three streams
FROM = day_number(date(2016, 1, 1))
ERRORS, TOLD = MISREPORT.number, REPORT.number  # compiled functions take plain numbers
HARMS = ("deaths", "arrests")
FAVOURS = (  # what each source inflates: gatherings of the three streams, and acts
    np.array([True, True, True, True]), np.array([False, False, True, False]), np.array([True, False, False, True]),
)  # fmt: skip


def differs(base: Any, name: str, default: float, source: str = "assumed") -> Any:
    """A parameter of a base class with another default and source."""
    about = next(f for f in dataclasses.fields(base) if f.name == name).metadata["parameter"]
    return dataclasses.field(default=default, metadata={"parameter": dataclasses.replace(about, default=default, source=source)})


@dataclass(frozen=True)
class Source(Mechanism):
    """A gathering of n persons is reported with probability i n / (n + half) (1 - blackout B).

    Here i is `reach` times the interest in its stream, and B the share of online contact that is cut. The odds n / half grow
    to 1 + `attention` A times with attention A, by `drift` a year from 2016 on (before it they were smaller in the same way),
    and are `contested` times as large where a gathering was answered or violent. An act of a unit is reported with
    probability `acts` (1 - blackout B). Some reports come late, are dated a day late, placed in another city of the province,
    or count an event twice. What a source favours it inflates: the sizes of gatherings, the number of acts. It may invent, of
    what it favours most, what did not happen. What happened is kept apart.
    """

    number: ClassVar[int] = 0
    invents: ClassVar[int] = 0

    reach: float = parameter(0.9, unit="1", range=(0, 1), doc="Chance that a very large gathering is reported.", source="assumed")
    half: float = parameter(
        150.0, unit="persons", range=(0, 1e6), doc="Size of which half of that chance is left in 2016.",
        source="assumed; tuned so that weekly counts resemble those of Iran, 2016-2021; event size bias: McCarthy et al. 1996",
    )  # fmt: skip
    anti_regime: float = parameter(1.0, unit="1", range=(0, 1), doc="Interest in anti-regime gatherings.", source="assumed")
    livelihood: float = parameter(1.0, unit="1", range=(0, 1), doc="Interest in livelihood gatherings.", source="assumed")
    pro_state: float = parameter(0.1, unit="1", range=(0, 1), doc="Interest in pro-state gatherings.", source="assumed")
    contested: float = parameter(
        4.0, unit="1", range=(0, 1000), doc="Factor on the odds n / half of a gathering that was answered or violent.",
        source="assumed; police and violence draw reports: Earl et al. 2004",
    )  # fmt: skip
    acts: float = parameter(0.02, unit="1", range=(0, 1), doc="Chance that an act of a unit is reported.", source="assumed")
    drift: float = parameter(
        0.25, unit="1/year", range=(0, 10), doc="Yearly growth of the odds n / half, as a share of those of 2016.",
        source="assumed, and tuned: province-weeks without a record fell from 61 % in 2016 to 27 % in 2023 (ACLED's weekly aggregates)",
    )  # fmt: skip
    delay: float = parameter(3, unit="days", range=(0, 3650), doc="Longest delay of a report.", source="assumed", whole=True)
    misdated: float = parameter(0.02, unit="1", range=(0, 1), doc="Share of reports dated a day late.", source="assumed")
    misplaced: float = parameter(0.02, unit="1", range=(0, 1), doc="Share of reports placed in any city of the province.", source="assumed")
    doubled: float = parameter(0.01, unit="1", range=(0, 1), doc="Share of events that are counted twice.", source="assumed")
    inflation: float = parameter(
        1.0, unit="1", range=(0, 1000), doc="Factor on sizes of gatherings, and on the number of acts, that it favours.", source="assumed"
    )
    harm: float = parameter(1.0, unit="1", range=(0, 100), doc="Factor on reported deaths and arrests.", source="assumed")
    invention: float = parameter(0.0, unit="1/year/million", range=(0, 1e6), doc="Invented events.", source="assumed")
    blackout: float = parameter(0.3, unit="1", range=(0, 1), doc="Share of reports that a full blackout prevents.", source="assumed")
    attention: float = parameter(0.5, unit="1", range=(0, 100), doc="Rise of the odds n / half at full attention.", source="assumed")

    reads = (HAPPENINGS, BLACKOUT, ATTENTION)
    writes = (RECORD,)
    draws = (REPORT, MISREPORT, INVENT, HARM)

    def day(self, now: Now) -> None:
        """Report some of today's events, and perhaps what did not happen."""
        if len(now.table(HAPPENINGS)):
            self._report(now)
        if now.p.invention.any():
            self._invent(now)

    def _report(self, now: Now) -> None:
        events, p, places = now.table(HAPPENINGS), now.p, now.places
        years = (now.day - FROM) / 365.25
        growth = 1.0 + p.drift * years if years >= 0 else 1.0 / (1.0 - p.drift * years)
        growth = growth * (1.0 + p.attention * now[ATTENTION])
        seen = 1.0 - p.blackout * now[BLACKOUT]
        interest = np.array([p.anti_regime * p.reach, p.livelihood * p.reach, p.pro_state * p.reach, p.acts])
        province = places.province_of(events["city"])
        event = [events[name] for name in ("who", "lane", "kind", "stream", "sub_event", "size")]
        how = (interest, growth, p.half, p.contested, seen, p.doubled, p.inflation, FAVOURS[self.number], self.number << 40)
        told, u = np.empty(0, np.int64), np.empty((0, 3))
        n = len(events)
        while n > len(told):  # a second time where many are counted more than once
            told, u = np.empty(n, np.int64), np.empty((n, 3))
            n = now.run(tell, province, *event, *how, now.day, *now.draws.keys, told, u)
        if not n:
            return
        told, late, date, place = told[:n], u[:n, 0], u[:n, 1], u[:n, 2]
        here, act = province[told], events["kind"][told] == 1
        wrong = date < p.misdated[here]
        city = self._placed(now, events["city"][told], here, place)
        favoured = FAVOURS[self.number][events["stream"][told]] & ~act
        size = events["size"][told] * np.where(favoured, p.inflation[here], 1.0)
        now.log(
            RECORD,
            source=self.number,
            reported_day=now.day + np.maximum((late * (p.delay[here] + 1)).astype(np.int64), wrong),
            event_day=now.day + wrong,
            province=city >> 32,
            city=city & 0xFFFFFFFF,
            **{name: events[name][told] for name in ("stream", "kind", "tactic", "sub_event")},
            size_reported=(size + 0.5).astype(np.int64),
            fatalities_reported=self._harm(now, events, "deaths", told, here),
            arrests_reported=self._harm(now, events, "arrests", told, here),
            invented=0,
        )

    def _placed(self, now: Now, city: Any, province: Any, u: Any) -> Any:
        """Where the source says that it happened: some reports name any city of the province."""
        share = now.p.misplaced[province]
        at = np.flatnonzero(u < share)
        city[at] = any_city(now, province[at], u[at] / share[at])
        return city

    def _harm(self, now: Now, events: Table, name: str, told: Any, province: Any) -> Any:
        """Deaths or arrests as the source tells them, rounded at random."""
        true, factor = events[name][told], now.p.harm[province]
        if not true.any() or (factor == 1.0).all():
            return true
        lane = events["lane"][told] | (self.number << 40) | (HARMS.index(name) << 32)
        return np.floor(true * factor + now.draws.uniform(HARM, now.day, events["who"][told], lane)).astype(np.int64)

    def _invent(self, now: Now) -> None:
        places, lane = now.places, self.number << 40
        codes = places.codes << 32
        expected = now.p.invention * places.represented(PROVINCE) / 1e6 / 365.25
        count = np.floor(expected + now.draws.uniform(INVENT, now.day, codes, lane)).astype(np.int64)
        order = np.argsort(codes)
        owner, count = np.repeat(order, count[order]), count[order]
        number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + 1
        city = any_city(now, owner, now.draws.uniform(INVENT, now.day, codes[owner], lane | number))
        act = self.invents == ACT
        now.log(RECORD, source=self.number, reported_day=now.day, event_day=now.day, province=city >> 32, city=city & 0xFFFFFFFF,
                stream=0 if act else self.invents, kind=int(act), tactic=0, sub_event=4 if act else 0, size_reported=0,
                fatalities_reported=0, arrests_reported=0, invented=1)  # fmt: skip


def tell(
    province: Any, who: Any, lane: Any, kind: Any, stream: Any, sub_event: Any, size: Any, interest: Any, growth: Any, half: Any,
    contested: Any, seen: Any, doubled: Any, inflation: Any, favours: Any, salt: Any, day: Any, key0: Any, key1: Any, told: Any, u: Any,
) -> int:  # fmt: skip
    """Which events a source reports, each as often as it counts it; compiled.

    Args:
        province: the position of each event's province; the next six are fields of the events.
        interest: by topic (the three streams, acts) and province; the other numbers up to `inflation` are by province.
        favours: by topic.
        salt: what tells the source's draws from another's.
        told, u: room for the positions of events and for their draws of delay, date and place.

    Returns:
        How many there are; those for which there is no room are counted only.
    """
    n = 0
    for i in range(who.size):
        p, topic, key = province[i], ACT if kind[i] == 1 else stream[i], lane[i] | salt
        chance = interest[topic, p] * seen[p]
        if topic != ACT:
            grown = F64(size[i]) * growth[p] * (contested[p] if sub_event[i] > 0 else F64(1.0))
            chance = chance * grown / max(grown + half[p], F64(1e-9))
        if pair_uniform(who[i], key, day, TOLD, key0, key1) < chance:
            count = doubled[p] + (inflation[p] if topic == ACT and favours[ACT] else F64(1.0))
            for _ in range(I64(count + pair_uniform(who[i], key | I64(3 << 32), day, ERRORS, key0, key1))):
                if n < told.size:
                    told[n] = i
                    for k in range(3):
                        u[n, k] = pair_uniform(who[i], key | I64(k << 32), day, ERRORS, key0, key1)
                n += 1
    return n


def any_city(now: Now, province: Any, u: Any) -> Any:
    """The address of a city of each province, by the uniform numbers u."""
    low, high = now.places.province_start[province], now.places.province_start[province + 1]
    return now.places.city_keys[low + (u * (high - low)).astype(np.int64)]


@dataclass(frozen=True)
class Monitor(Source):
    """An independent monitor, as those who count protest for research: little bias, and small gatherings escape it."""


@dataclass(frozen=True)
class StateMedia(Source):
    """The state's media: few anti-regime gatherings, no acts, ample and inflated reports of its own rallies."""

    number: ClassVar[int] = 1
    invents: ClassVar[int] = 2

    reach: float = differs(Source, "reach", 0.95)
    half: float = differs(Source, "half", 100.0)
    anti_regime: float = differs(Source, "anti_regime", 0.05)
    livelihood: float = differs(Source, "livelihood", 0.15)
    pro_state: float = differs(Source, "pro_state", 1.0)
    contested: float = differs(Source, "contested", 1.0)
    acts: float = differs(Source, "acts", 0.0005)
    drift: float = differs(Source, "drift", 0.0)
    delay: float = differs(Source, "delay", 1)
    misdated: float = differs(Source, "misdated", 0.01)
    misplaced: float = differs(Source, "misplaced", 0.0)
    doubled: float = differs(Source, "doubled", 0.0)
    inflation: float = differs(Source, "inflation", 5.0)
    harm: float = differs(Source, "harm", 0.2)
    blackout: float = differs(Source, "blackout", 0.0)
    attention: float = differs(Source, "attention", 0.0)


@dataclass(frozen=True)
class Channel(Source):
    """The movement's own channel: nearly all acts of its units, ample and inflated reports of anti-regime protest."""

    number: ClassVar[int] = 2
    invents: ClassVar[int] = ACT

    half: float = differs(Source, "half", 30.0)
    livelihood: float = differs(Source, "livelihood", 0.5)
    pro_state: float = differs(Source, "pro_state", 0.0)
    acts: float = differs(Source, "acts", 0.8)
    drift: float = differs(Source, "drift", 0.0)
    delay: float = differs(Source, "delay", 2)
    misdated: float = differs(Source, "misdated", 0.05)
    misplaced: float = differs(Source, "misplaced", 0.05)
    doubled: float = differs(Source, "doubled", 0.1)
    inflation: float = differs(Source, "inflation", 2.0)
    harm: float = differs(Source, "harm", 1.5)
    blackout: float = differs(Source, "blackout", 0.5)
