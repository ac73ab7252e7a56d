"""Phase 4: fear rises with repression witnessed and suffered, falls with defiance that goes unpunished, and fades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F32, F64, I64, exp
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import FEAR, FEAR_ADDED, FEAR_KEPT, FEAR_SUM, FEAR_WRITTEN, HURT, SEEN_DEFIANCE, SEEN_REPRESSION, SUFFERED

LEAST_KEPT = 1e-12  # below it a neighbourhood's fear is written down anew


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
    writes = (FEAR, FEAR_SUM, FEAR_KEPT, FEAR_ADDED, FEAR_WRITTEN)

    def begin(self, now: Now) -> None:
        """Everyone starts with the same fear, by province."""
        places = now.places
        size = np.diff(places.neighbourhood_start)
        for p in range(len(places.provinces)):
            (low, high), (first, last) = places.row_range(p), places.neighbourhood_range(p)
            now[FEAR][low:high] = now.p.initial[p]
            now[FEAR_WRITTEN][first:last] = size[first:last] * np.float64(np.float32(now.p.initial[p]))

    def step(
        fear: Any, fear_sum: Any, fear_kept: Any, fear_added: Any, fear_written: Any, seen_defiance: Any, seen_repression: Any,
        suffered: Any, hurt: Any, starts: Any, scale: Any, decay: Any, relief: Any, alarm: Any, suffering: Any, background: Any,
    ) -> None:  # fmt: skip
        """f' = f e^-(A + B) + (1 - e^-B), kept for the neighbourhood as a whole.

        What happens to all of a neighbourhood composes to one f' = kept f + added, so nobody's own fear is touched until somebody
        suffers. Then all of it is written down, and once `kept` has become so small that it would lose digits.
        """
        fall, alarmed, keep, rise = F64(-1.0), F64(-1.0), F64(1.0), F64(0.0)
        for b in range(seen_defiance.size):
            low, size = starts[b], starts[b + 1] - starts[b]
            before, since = fall, alarmed
            fall = F64(decay) + F64(relief) * F64(seen_defiance[b])
            alarmed = F64(background) + F64(alarm) * F64(seen_repression[b])
            if fall != before or alarmed != since:  # most neighbourhoods see the same as the one before
                keep, rise = exp(-(fall + alarmed)), F64(1.0) - exp(-alarmed)
            kept, added = fear_kept[b] * keep, fear_added[b] * keep + rise
            if hurt[b] > 0 or kept < LEAST_KEPT:
                total = F64(0.0)
                for i in range(low, low + size):
                    f = kept * F64(fear[i]) + added
                    if suffered[i] > 0:
                        f = F64(1.0) - (F64(1.0) - f) * exp(-F64(suffering) * F64(suffered[i]) / F64(scale))
                    fear[i] = F32(f)
                    total += F64(fear[i])
                fear_written[b], kept, added = total, F64(1.0), F64(0.0)
            fear_kept[b], fear_added[b] = kept, added
            fear_sum[b] = I64((kept * fear_written[b] + added * F64(size)) * F64(65536.0))
