"""Phase 11: three sources report some of what happened, each with an interest and with errors of its own.

What a source reports is the law of `groundswell.observation`, which inference uses too; here are its parameters.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.observation import ACT, inventions, reports, settings_of
from groundswell.society import ATTENTION, BLACKOUT, HAPPENINGS, HARM, INVENT, MISREPORT, RECORD, REPORT


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
    name another stream (either alike; all else follows what happened), or count an event twice. What a source favours it
    inflates: the sizes of gatherings, the number of acts. It may invent, of what it favours most, what did not happen. What
    happened is kept apart.
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
    confused: float = parameter(
        0.0, unit="1", range=(0, 1), doc="Share of reports of gatherings that name another stream.", source="assumed: none by default"
    )
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
        events, p = now.table(HAPPENINGS), now.p
        if len(events):
            told = reports(
                events, now.remember("settings", (p,), lambda: settings_of(p)), self.number, day=now.day, places=now.places,
                blackout=now[BLACKOUT], attention=now[ATTENTION], draws=now.draws, run=now.run,
            )  # fmt: skip
            if told is not None:
                now.log(RECORD, **told)
        if np.count_nonzero(p.invention):
            now.log(RECORD, **inventions(p, self.number, self.invents, day=now.day, places=now.places, draws=now.draws))


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
