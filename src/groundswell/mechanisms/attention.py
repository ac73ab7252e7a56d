"""Phase 6: what the world abroad looks at: rises with deaths, crowds and rallies abroad as far as they get out, and fades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groundswell.core.arithmetic import exp, log
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.lookups import mean_of_nation
from groundswell.society import ACTIVE, ATTENTION, BLACKOUT, EXECUTIONS, GATHERINGS


@dataclass(frozen=True)
class Attention(Mechanism):
    """a' = 1 - (1 - a e^-decay) e^-B with B = background + abroad (1 - intimidation) + s (deaths log(1 + d) + crowds log(1 + t)).

    d is the number of deaths in the street today and of executions yesterday, t that of those who took part today, in
    thousands, both of the nation; s = 1 - hiding x blackout is the share that gets out. Under constant input it goes to
    (1 - e^-B) / (1 - e^-(decay + B)). The parameters are those of the nation: means over residents where places differ.
    """

    initial: float = parameter(0.1, unit="1", range=(0, 1), doc="Attention at the start.", source="assumed")
    decay: float = parameter(0.03, unit="1/day", range=(0, 20), doc="Rate at which attention fades.", source="assumed")
    background: float = parameter(0.003, unit="1/day", range=(0, 20), doc="Rise without an event.", source="assumed")
    deaths: float = parameter(
        0.03, unit="1/day", range=(0, 20), doc="Rise per log(1 + deaths in the street and executions).", source="assumed"
    )
    crowds: float = parameter(0.01, unit="1/day", range=(0, 20), doc="Rise per log(1 + thousands who took part).", source="assumed")
    abroad: float = parameter(
        0.0, unit="1/day", range=(0, 20), doc="Rise from rallies abroad, resolutions, recognition.", source="assumed: a date's effect"
    )
    intimidation: float = parameter(
        0.0, unit="1", range=(0, 1), doc="Share of what is done abroad that intimidation there prevents.", source="assumed: none by default"
    )
    hiding: float = parameter(
        0.8, unit="1", range=(0, 1), doc="Share of what happens that a full blackout hides from the world.", source="assumed"
    )

    reads = (GATHERINGS, ACTIVE, EXECUTIONS, BLACKOUT)
    writes = (ATTENTION,)

    def begin(self, now: Now) -> None:
        """Attention at the start."""
        now[ATTENTION][0] = mean_of_nation(now.places, now.p.initial)

    def day(self, now: Now) -> None:
        """One step."""
        p, stays, rise, quiet = now.remember("quiet", (now.p,), lambda: self._quiet(now))
        met, executions, active = now.table(GATHERINGS), now[EXECUTIONS], now[ACTIVE]
        dead = (int(met["deaths"].sum()) if len(met) else 0) + (int(executions.sum()) if np.count_nonzero(executions) else 0)
        thousands = int(active.sum()) / 1000.0 if np.count_nonzero(active) else 0.0
        if dead or thousands:
            out = 1.0 - p["hiding"] * mean_of_nation(now.places, now[BLACKOUT])
            more = p["deaths"] * now.run(log, 1.0 + dead) + p["crowds"] * now.run(log, 1.0 + thousands)
            quiet = now.run(exp, -(rise + out * more))
        attention = now[ATTENTION]
        attention[0] = np.float32(1.0 - (1.0 - float(attention[0]) * stays) * quiet)

    def _quiet(self, now: Now) -> tuple[dict[str, float], float, float, float]:
        """The nation's parameters, e^-decay, B of a day on which nothing happens, and e^-B."""
        p = {name: mean_of_nation(now.places, values) for name, values in vars(now.p).items()}
        rise = p["background"] + p["abroad"] * (1.0 - p["intimidation"])
        return p, exp(-p["decay"]), rise, exp(-rise)
