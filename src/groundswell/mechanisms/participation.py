"""Phase 5: who takes part today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from groundswell.core.arithmetic import F32, F64, I64, binomial, exp_above, logistic
from groundswell.core.draws import SPAN, ceiling16, passing, uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.parameters import parameter, switch
from groundswell.society import (
    ACTIVE,
    AGE,
    AWAY,
    FEAR,
    FEAR_ADDED,
    FEAR_KEPT,
    FRAME,
    HARDSHIP,
    LEADING_FRAME,
    LEGITIMACY,
    PERCEIVED_RISK,
    PUSH,
    RISK_AVERSION,
    SEEN_DEFIANCE,
    SOCIAL,
    TAKE_PART,
    TAKE_PART_FINE,
    TOOK_PART,
)

FINE = TAKE_PART_FINE.number  # compiled functions take plain numbers
# Of s persons none takes part where the draw is above s p, which is at least 1 - (1 - p)**s. The further bits add less than one to
# the draw, and another one is far more than what is lost in rounding.
MARGIN = 65536.0001


def reason(
    hardship: Any, risk_aversion: Any, fear: Any, social: Any, grievance: Any, place: Any, risk: Any, floor: Any, compatible: Any
) -> Any:
    """Net push of one row in logits: grievance H + social a c + what the place says - risk R F(f) P."""
    h = (F64(hardship) + F64(0.5)) / F64(65536.0)
    r = (F64(risk_aversion) + F64(0.5)) / F64(65536.0)
    felt = F64(floor) + (F64(1.0) - F64(floor)) * F64(fear)
    return grievance * h + F64(social) / F64(65536.0) * compatible + place - risk * r * felt


def turn_out(persons: int, chance: Any, v: Any) -> Any:
    """How many of a row's persons take part, by inversion: none where the draw v is not below P(any)."""
    return binomial(persons, chance, F64(1.0) - v)


@dataclass(frozen=True)
class Participation(Mechanism):
    """Take part if H (1 - L) + s a c + theta v + push - risk R F(f) P > T, with logistic noise of scale 1.

    H hardship, L legitimacy, s a the social push, c the compatibility of frames, v visible defiance, R aversion to
    risk, f fear with F(f) = floor + (1 - floor) f, P perceived risk. With rule = threshold there is no noise:
    Granovetter (only a), Epstein (only H, L, R, P; floor 1). A row of s persons turns out Binomial(s, p), so a row
    and s single persons have the same mean. The draw of each row is compared with a bound of its neighbourhood
    first; only where it is below is the rest computed.
    """

    grievance: float = parameter(
        3.0, unit="logit", range=(0, 100), doc="Weight of hardship times illegitimacy, H (1 - L).", source="assumed"
    )
    threshold: float = parameter(18.5, unit="logit", range=(-100, 100), doc="Mean threshold T.", source="assumed")
    defiance: float = parameter(
        0.5, unit="logit per act per 1000", range=(0, 100), doc="Weight theta of visible defiance.", source="assumed"
    )
    risk: float = parameter(2.0, unit="logit", range=(0, 100), doc="Weight of the perceived risk.", source="assumed")
    floor: float = parameter(0.2, unit="1", range=(0, 1), doc="Share of the perceived risk that counts without fear.", source="assumed")
    compatibility: float = parameter(
        0.5,
        unit="1",
        range=(0, 1),
        doc="How much contacts count for those who hold another frame than the leading one.",
        source="assumed",
    )
    youngest: float = parameter(15.0, unit="years", range=(0, 120), doc="Least age at which a person takes part.", source="assumed")
    rule: str = switch("logit", options=("logit", "threshold"), doc="With logistic noise, or none.", source="the literature differs")

    reads = (
        FEAR, FEAR_KEPT, FEAR_ADDED, SOCIAL, HARDSHIP, RISK_AVERSION, AGE, AWAY, FRAME, LEADING_FRAME, LEGITIMACY, PUSH, PERCEIVED_RISK,
        SEEN_DEFIANCE,
    )  # fmt: skip
    writes = (TOOK_PART, ACTIVE)
    draws = (TAKE_PART, TAKE_PART_FINE)

    def screen(
        looked: Any, social_most: Any, hardship: Any, legitimacy: Any, push: Any, seen_defiance: Any, take_part_draw: Any, starts: Any,
        city: Any, scale: Any, grievance: Any, threshold: Any, defiance: Any, rule: Any,
    ) -> int:  # fmt: skip
        """Whose draw is not above what the highest push of the neighbourhood allows, were the person without fear and risk."""
        n, weight, surely = 0, F64(grievance) * (F64(1.0) - F64(legitimacy)), F64(MARGIN) * F64(scale)
        for b in range(social_most.size):
            low, high = starts[b], starts[b + 1]
            top = F64(max(social_most[b], 0)) / F64(65536.0) + F64(push[city[b]]) + F64(defiance) * F64(seen_defiance[b]) - F64(threshold)
            bound = ceiling16(F64(scale) * (min(exp_above(weight + top), F64(1.0)) if rule == 0 else F64(weight + top > F64(0.0))))
            m = n
            for span in range(low, high, SPAN):
                if passing(take_part_draw[span : min(span + SPAN, high)], bound) > 0:
                    for i in range(span, min(span + SPAN, high)):
                        looked[m] = i
                        m += take_part_draw[i] <= bound
            for k in range(n, m):  # without a branch: a wrong guess would wait for each person's hardship
                highest = weight * (F64(hardship[looked[k]]) + F64(0.5)) / F64(65536.0) + top
                looked[n] = looked[k]
                n += rule != 0 or F64(take_part_draw[looked[k]]) <= surely * exp_above(highest) + F64(1.0)
        return n

    def step(
        took_part: Any, active: Any, looked: Any, social: Any, fear: Any, fear_kept: Any, fear_added: Any, hardship: Any,
        risk_aversion: Any, age: Any, away: Any, frame: Any, leading_frame: Any, legitimacy: Any, push: Any, perceived_risk: Any,
        seen_defiance: Any, take_part_draw: Any, starts: Any, city: Any, first: Any, place: Any, day: Any, key0: Any, key1: Any,
        scale: Any, grievance: Any, threshold: Any, defiance: Any, risk: Any, floor: Any, compatibility: Any, youngest: Any, rule: Any,
    ) -> None:  # fmt: skip
        """Decide for those who are looked at, in order; nobody else takes part."""
        weight, surely, k = F64(grievance) * (F64(1.0) - F64(legitimacy)), F64(MARGIN) * F64(scale), 0
        for b in range(active.size):
            low, high = starts[b], starts[b + 1]
            here = F64(push[city[b]]) + F64(defiance) * F64(seen_defiance[b]) - F64(threshold)
            danger = F64(risk) * F64(perceived_risk[city[b]])
            if active[b] > 0:
                for i in range(low, high):
                    took_part[i] = 0
            total = I64(0)
            while k < looked.size and looked[k] < high:
                i, u, seen = looked[k], F64(take_part_draw[looked[k]]), social[k]
                k += 1
                fearless = weight * (F64(hardship[i]) + F64(0.5)) / F64(65536.0) + F64(max(seen, 0)) / F64(65536.0) + here
                if rule == 0 and u > surely * exp_above(fearless) + F64(1.0):
                    continue
                if F32(age[i]) < youngest or I64(away[i]) >= scale:
                    continue
                f = fear_kept[b] * F64(fear[i]) + fear_added[b]
                c = F64(1.0) if frame[i] == leading_frame or frame[i] == 0 else F64(compatibility)
                x = reason(hardship[i], risk_aversion[i], f, seen, weight, here, danger, floor, c)
                if rule == 0 and u > surely * exp_above(x) + F64(1.0):
                    continue
                p = logistic(x) if rule == 0 else F64(x > F64(0.0))
                if p > F64(0.0) and u <= surely * p + F64(1.0):
                    fine = uniform(key0, key1, place, first + i, day, FINE, 0)
                    n = turn_out(scale - I64(away[i]), p, (u + fine) / F64(65536.0))
                    took_part[i] = n
                    total += n
            active[b] = total
