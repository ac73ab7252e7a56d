"""Phase 10: slogans compete for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F64, I64, U8
from groundswell.core.draws import SPAN, below, ceiling16, passing, uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import FRAME, FRAME_COUNTS, FRAME_START, IMITATE, IMITATE_WHOM, SEEN_DEFIANCE

WHETHER, WHOM = IMITATE.number, IMITATE_WHOM.number  # compiled functions take plain numbers


def deal(frame: Any, draw: Any, holders_0: Any, holders_1: Any, holders_2: Any, holders_3: Any, starts: Any, edges: Any) -> None:
    """Deal the initial frames of one province from one draw a row, and count the holders of each neighbourhood."""
    for b in range(holders_0.size):
        holders_0[b] = starts[b + 1] - starts[b]
        for i in range(starts[b], starts[b + 1]):
            k = 0
            for e in range(3):
                if draw[i] < edges[e] and k == 0:
                    k = e + 1
            frame[i] = k
            if k > 0:
                holders_0[b] -= 1
                holders_1[b] += k == 1
                holders_2[b] += k == 2
                holders_3[b] += k == 3


@dataclass(frozen=True)
class Frames(Mechanism):
    """Imitation: at a daily rate a person takes over the frame of a random other person of the neighbourhood.

    Alone this is the voter model, in which a frame's chance to win is its initial share. A campaign adds adoption of
    the first frame by exposure to visible acts. Frame 0 means none.
    """

    imitation: float = parameter(0.002, unit="1/day", range=(0, 1), doc="Daily chance to take over another's frame.", source="assumed")
    campaign: float = parameter(
        0.02, unit="1/day per act per 1000", range=(0, 100), doc="Adoption of frame 1 by visible defiance.", source="assumed"
    )
    share_1: float = parameter(0.05, unit="1", range=(0, 1), doc="Initial share of frame 1.", source="assumed", part_of="people")
    share_2: float = parameter(0.10, unit="1", range=(0, 1), doc="Initial share of frame 2.", source="assumed", part_of="people")
    share_3: float = parameter(0.05, unit="1", range=(0, 1), doc="Initial share of frame 3.", source="assumed", part_of="people")

    reads = (SEEN_DEFIANCE,)
    writes = (FRAME, *FRAME_COUNTS)
    gathers = (FRAME,)
    draws = (IMITATE, IMITATE_WHOM, FRAME_START)

    def begin(self, now: Now) -> None:
        """Deal the initial frames at random."""
        places = now.places
        for p in range(len(places.provinces)):
            (low, high), (first, last) = places.row_range(p), places.neighbourhood_range(p)
            edges = np.cumsum([now.p.share_1[p], now.p.share_2[p], now.p.share_3[p]]) * 65536.0
            starts = places.neighbourhood_start[first : last + 1] - low
            counts = [now[c][first:last] for c in FRAME_COUNTS]
            now.run(deal, now[FRAME][low:high], now.rows_draw(FRAME_START, p), *counts, starts, edges)

    def step(
        frame: Any, frame_all: Any, holders_0: Any, holders_1: Any, holders_2: Any, holders_3: Any, seen_defiance: Any, imitate_draw: Any,
        starts: Any, base: Any, first: Any, place: Any, day: Any, key0: Any, key1: Any, imitation: Any, campaign: Any,
    ) -> None:  # fmt: skip
        """Screen by neighbourhood; who imitates looks at the state before this phase."""
        for b in range(seen_defiance.size):
            low, high = starts[b], starts[b + 1]
            push = min(F64(1.0), F64(campaign) * F64(seen_defiance[b]))
            p = min(F64(1.0), push + F64(imitation))
            bound = ceiling16(p)
            for span in range(low, high if p > F64(0.0) else low, SPAN):
                if passing(imitate_draw[span : min(span + SPAN, high)], bound) > 0:
                    for i in range(span, min(span + SPAN, high)):
                        if imitate_draw[i] <= bound and below(imitate_draw[i], p, key0, key1, place, first + i, day, WHETHER):
                            u = uniform(key0, key1, place, first + i, day, WHOM, 0) * p
                            old, new = frame_all[base + i], U8(1)
                            if u >= push:
                                other = low + min(I64((u - push) / (p - push) * F64(high - low)), high - low - 1)
                                new = frame_all[base + other]
                            if new != old:
                                frame[i] = new
                                holders_0[b] += I64(new == 0) - I64(old == 0)
                                holders_1[b] += I64(new == 1) - I64(old == 1)
                                holders_2[b] += I64(new == 2) - I64(old == 2)
                                holders_3[b] += I64(new == 3) - I64(old == 3)
