"""Phase 1: what the date brings: how the regime is seen, focal dates, the alternative, the economy, blackouts, the forces' places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundswell.core.columns import PROVINCE
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter, switch
from groundswell.society import (
    ALTERNATIVE,
    BLACKOUT,
    CONTACT,
    DEFECTED,
    DEPLOYED,
    ECONOMY,
    FALLEN,
    FORCES,
    LEGITIMACY,
    PUSH,
    STRENGTH,
)


@dataclass(frozen=True)
class Calendar(Mechanism):
    """Sets the drivers of a day by place. Dated policies and shocks change these parameters, nothing else.

    Perceived legitimacy is 1 - (1 - legitimacy) (1 - propaganda) (1 - concession): each of the two takes away a share of
    what is denied. A city is pushed by focal + alternative and, with `blackout_effect = pushes_to_street`, by
    street x blackout: who hears nothing goes out to look. A blackout always cuts online contact and broadcasts.
    """

    legitimacy: float = parameter(0.5, unit="1", range=(0, 1), doc="Perceived legitimacy L of the regime.", source="assumed")
    propaganda: float = parameter(
        0.0, unit="1", range=(0, 1), doc="Share of the denied legitimacy that propaganda takes away.", source="assumed: none by default"
    )
    concession: float = parameter(
        0.0, unit="1", range=(0, 1), doc="Share of the denied legitimacy that a concession takes away.", source="assumed: none by default"
    )
    strength: float = parameter(
        1.0,
        unit="1",
        range=(0, 10),
        doc="Perceived strength of the regime, as a multiple of the usual: weighs in the perceived risk and in the forces' loyalty.",
        source="by definition 1 as usual",
    )
    focal: float = parameter(
        0.0,
        unit="logit",
        range=(0, 20),
        doc="Push of a focal date (a commemoration, a call) that lowers the cost of coordination.",
        source="assumed",
    )
    alternative: float = parameter(
        0.0, unit="logit", range=(0, 5), doc="Push from a political alternative that is seen as available.", source="assumed"
    )
    economy: float = parameter(
        1.0, unit="1", range=(0, 100), doc="Factor on occasions that hardship drives.", source="by definition 1 as usual"
    )
    contact: float = parameter(
        1.0, unit="1", range=(0, 10), doc="Factor on meeting others in person: a pandemic lowers it.", source="by definition 1 as usual"
    )
    blackout: float = parameter(0.0, unit="1", range=(0, 1), doc="Share of online contact and broadcast that is cut.", source="assumed")
    street: float = parameter(
        1.0,
        unit="logit",
        range=(0, 20),
        doc="Push of a full blackout, where blackouts push people to the street.",
        source="assumed; the effect: Hassanpour 2014",
    )
    forces: float = parameter(4.0, unit="officers per 1000", range=(0, 1000), doc="Security forces per 1,000 residents.", source="assumed")
    blackout_effect: str = switch(
        "cuts",
        options=("cuts", "pushes_to_street"),
        doc="Whether a blackout only cuts, or also pushes people to the street.",
        source="the literature differs",
    )

    reads = (DEFECTED, FALLEN)
    writes = (LEGITIMACY, STRENGTH, ALTERNATIVE, ECONOMY, CONTACT, BLACKOUT, FORCES, DEPLOYED)
    adds = (PUSH,)

    def begin(self, now: Now) -> None:
        """The drivers stand before the first day, so that people can reckon with them."""
        self._set(now)

    def day(self, now: Now) -> None:
        """Write the drivers by province and push every city of a province."""
        self._set(now)
        push = now.remember("push", (now.p,), lambda: self._push(now))
        if push is not None:
            now[PUSH][:] = push

    def _set(self, now: Now) -> None:
        """Forces stand where today's policy puts them, unless they refuse orders or there is no regime left to obey."""
        now.remember("drivers", (now.p,), lambda: self._drivers(now))
        forces, defected = now[FORCES], now[DEFECTED]
        forces[:] = now[DEPLOYED]
        if now[FALLEN][0]:
            forces.fill(0)
        elif np.count_nonzero(defected):
            forces[defected != 0] = 0

    def _drivers(self, now: Now) -> None:
        """What the parameters alone decide: the same until one of them changes."""
        p = now.p
        now[LEGITIMACY][:] = 1.0 - (1.0 - p.legitimacy) * (1.0 - p.propaganda) * (1.0 - p.concession)
        for column, values in (
            (STRENGTH, p.strength), (ALTERNATIVE, p.alternative), (ECONOMY, p.economy), (CONTACT, p.contact), (BLACKOUT, p.blackout),
        ):  # fmt: skip
            now[column][:] = values
        now[DEPLOYED][:] = p.forces * now.places.represented(PROVINCE) / 1000.0

    def _push(self, now: Now) -> npt.NDArray[np.float32] | None:
        """The push on each city; None where nobody is pushed."""
        p = now.p
        push = p.focal + p.alternative
        if p.blackout_effect == "pushes_to_street":
            push = push + p.street * p.blackout
        return push[now.places.province_of_city].astype(np.float32) if push.any() else None
