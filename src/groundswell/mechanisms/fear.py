"""Phase 4: fear rises with repression witnessed and suffered, falls with defiance that goes unpunished, and fades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from groundswell.core.arithmetic import F32, F64, I32, I64, exp
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import FEAR, FEAR_SUM, HURT, SEEN_DEFIANCE, SEEN_REPRESSION, SUFFERED


@dataclass(frozen=True)
class Fear(Mechanism):
    """f' = 1 - (1 - f e^-A) e^-B with A = decay + relief v and B = alarm r + suffering x, all at least 0.

    v is visible defiance and r visible repression in the neighbourhood, x the share of the row's persons who were
    taken, or live with one who was. Fear stays in [0, 1]; under constant exposure it goes to
    (1 - e^-B) / (1 - e^-(A + B)).
    """

    initial: float = parameter(0.25, unit="1", range=(0, 1), doc="Fear of everyone at the start.", source="assumed")
    decay: float = parameter(0.02, unit="1/day", range=(0, 20), doc="Rate at which fear fades.", source="assumed")
    relief: float = parameter(0.5, unit="1/day per act per 1000", range=(0, 100), doc="Fading added by visible defiance.", source="assumed")
    alarm: float = parameter(
        0.02, unit="1/day per arrest per 1000", range=(0, 100), doc="Rise from witnessed repression.", source="assumed"
    )
    suffering: float = parameter(
        1.0, unit="1/day", range=(0, 100), doc="Rise from one's own or a household member's arrest.", source="assumed"
    )
    background: float = parameter(
        0.006, unit="1/day", range=(0, 20), doc="Rise from repression as such, without an event.", source="assumed"
    )

    reads = (SEEN_DEFIANCE, SEEN_REPRESSION, SUFFERED, HURT)
    writes = (FEAR, FEAR_SUM)

    def begin(self, now: Now) -> None:
        """Everyone starts with the same fear, by province."""
        for p in range(len(now.places.provinces)):
            low, high = now.places.row_range(p)
            now[FEAR][low:high] = now.p.initial[p]

    def step(
        fear: Any, fear_sum: Any, seen_defiance: Any, seen_repression: Any, suffered: Any, hurt: Any, starts: Any, scale: Any,
        decay: Any, relief: Any, alarm: Any, suffering: Any, background: Any,
    ) -> None:  # fmt: skip
        """Exponentials by neighbourhood, f' = f e^-(A + B) + (1 - e^-B) a person; those who suffered once more.

        Written so, rounding errors are those of f, not of 1 - f, which would add up to 1e-6 where fear moves slowly; and the
        two constants are each rounded by so little that their sum cannot round to more than 1.
        """
        for b in range(seen_defiance.size):
            fall = F64(decay) + F64(relief) * F64(seen_defiance[b])
            alarmed = F64(background) + F64(alarm) * F64(seen_repression[b])
            keep, rise = F32(exp(-(fall + alarmed))), F32(F64(1) - exp(-alarmed))
            f = fear[starts[b] : starts[b + 1]]
            for i in range(f.size):
                f[i] = f[i] * keep + rise
            if hurt[b] > 0:
                x = suffered[starts[b] : starts[b + 1]]
                for i in range(f.size):
                    if x[i] > 0:
                        f[i] = F32(1) - (F32(1) - f[i]) * F32(exp(-F64(suffering) * F64(x[i]) / F64(scale)))
            total = I64(0)
            for i in range(f.size):
                total += I64(I32(f[i] * F32(65536.0)))
            fear_sum[b] = total
