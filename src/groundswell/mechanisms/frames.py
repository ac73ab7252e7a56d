"""Phase 10: slogans compete for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundswell.core.arithmetic import F32, F64, I64, U8, U32, log
from groundswell.core.draws import philox4x32, two_uniforms, uniform
from groundswell.core.mechanism import Mechanism
from groundswell.core.now import Now
from groundswell.core.parameters import parameter
from groundswell.society import FRAME, FRAME_COUNTS, FRAME_START, IMITATE, IMITATE_WHOM, SEEN_FRAMES

WHO, WHOM = IMITATE.number, IMITATE_WHOM.number  # compiled functions take plain numbers
HELD, TAKEN, SHIFT = 7, 8, 4  # a byte holds a frame and, while its neighbourhood is passed, also the one that is taken over, shifted


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


def stays(p: Any) -> Any:
    """log(1 - p) of a chance below 1."""
    return log(F64(1.0) - p) if p > F64(1e-9) else -max(F64(p), F64(1e-300))  # below, 1 - p loses its digits


def gap(u: Any, p: Any, stay: Any) -> Any:
    """How many people stay as they are before the next who changes, from one uniform u: P(at least n) = (1 - p)^n = e^(stay n)."""
    return I64(0) if p >= F64(1.0) else I64(min(log(F64(1.0) - u) / stay, F64(1e15)))


def first_draws(draw: Any, starts: Any, first: Any, place: Any, day: Any, key0: Any, key1: Any) -> None:
    """The first draw of each neighbourhood, many at a time: `uniform` of its first row, lane 0."""
    x1, x3 = U32(U32(place) << U32(16)), U32((U32(day) << U32(16)) | U32(WHO))
    for b in range(draw.size):
        x = philox4x32(U32(first + starts[b]), x1, U32(0), x3, key0, key1)
        draw[b] = (F64(x[0] >> U32(5)) * F64(67108864.0) + F64(x[1] >> U32(6))) / F64(9007199254740992.0)


def settle(frame: Any) -> None:
    """What was taken over becomes what is held."""
    for i in range(frame.size):
        frame[i] = (frame[i] >> SHIFT) & HELD if frame[i] > HELD else frame[i]


def two_of_three(one: Any, other: Any, third: Any) -> Any:
    """What two of three hold, or what the first holds where all differ."""
    return third if other == third else one


@dataclass(frozen=True)
class Frames(Mechanism):
    """At a daily rate a person takes over the frame of a random person of the neighbourhood; campaigns push frames.

    Alone this is the voter model, in which a frame's chance to win is its initial share. With `conformity` D, who imitates
    takes with chance D what two of three random persons hold (the first's, if all differ): Boyd and Richerson's conformist
    transmission, p' = p + D p (1 - p) (2 p - 1) of two frames where everybody imitates. What acts and gatherings carry is
    adopted at `campaign` times their visible number per 1,000 residents, what is broadcast at `push_1`, `push_2`, `push_3`,
    by place and day. Frame 0 means none; a case names the others.
    """

    imitation: float = parameter(0.002, unit="1/day", range=(0, 1), doc="Daily chance to take over another's frame.", source="assumed")
    conformity: float = parameter(
        0.0, unit="1", range=(0, 1), doc="Chance that who imitates follows the majority of three.", source="assumed; Boyd & Richerson 1985"
    )
    campaign: float = parameter(
        0.02, unit="1/day per act per 1000", range=(0, 100), doc="Adoption of the frame that visible defiance carries.", source="assumed"
    )
    push_1: float = parameter(0.0, unit="1/day", range=(0, 1), doc="Daily chance to adopt frame 1 from broadcasts.", source="assumed: none")
    push_2: float = parameter(0.0, unit="1/day", range=(0, 1), doc="Daily chance to adopt frame 2 from broadcasts.", source="assumed: none")
    push_3: float = parameter(0.0, unit="1/day", range=(0, 1), doc="Daily chance to adopt frame 3 from broadcasts.", source="assumed: none")
    share_1: float = parameter(0.05, unit="1", range=(0, 1), doc="Initial share of frame 1.", source="assumed", part_of="people")
    share_2: float = parameter(0.10, unit="1", range=(0, 1), doc="Initial share of frame 2.", source="assumed", part_of="people")
    share_3: float = parameter(0.05, unit="1", range=(0, 1), doc="Initial share of frame 3.", source="assumed", part_of="people")

    reads = SEEN_FRAMES
    writes = (FRAME, *FRAME_COUNTS)
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
        frame: Any, holders_0: Any, holders_1: Any, holders_2: Any, holders_3: Any, seen_frame_1: Any, seen_frame_2: Any,
        seen_frame_3: Any, starts: Any, first: Any, place: Any, day: Any, key0: Any, key1: Any, imitation: Any, conformity: Any,
        campaign: Any, push_1: Any, push_2: Any, push_3: Any,
    ) -> None:  # fmt: skip
        """Jump from one who changes to the next; who imitates looks at what the neighbourhood held before.

        A neighbourhood in which nobody changes costs one draw (u is below 1 - (1 - p)^n, which is at most n p, only where
        somebody does), one that is of one mind and sees nothing costs none.
        """
        known, stay, draw = F64(-1.0), F64(0.0), np.empty(seen_frame_1.size)
        first_draws(draw, starts, first, place, day, key0, key1)
        for b in range(seen_frame_1.size):
            low, size = starts[b], starts[b + 1] - starts[b]
            q1 = F64(push_1) + F64(campaign) * F64(seen_frame_1[b])
            q2 = F64(push_2) + F64(campaign) * F64(seen_frame_2[b])
            q3 = F64(push_3) + F64(campaign) * F64(seen_frame_3[b])
            total = q1 + q2 + q3
            push = min(F64(1.0), total)
            p = min(F64(1.0), push + F64(imitation))
            alike = holders_0[b] == size or holders_1[b] == size or holders_2[b] == size or holders_3[b] == size
            if p <= F64(0.0) or (alike and push <= F64(0.0)):
                continue
            if draw[b] >= p * F64(size):
                continue
            lane = 0
            u, v = two_uniforms(key0, key1, place, first + low, day, WHO, lane)
            if p != known and p < F64(1.0):
                known, stay = p, stays(p)
            here = frame[low : low + size]
            i = gap(u, p, stay)
            while i < size:
                v, old = v * p, here[i]
                if v < push:
                    v = v / push * total
                    new = U8(1) if v < q1 else (U8(2) if v < q1 + q2 else U8(3))
                else:
                    new = here[min(I64((v - push) / (p - push) * F64(size)), size - 1)] & U8(HELD)
                    if conformity > F32(0.0) and uniform(key0, key1, place, first + low + i, day, WHOM, 1) < F64(conformity):
                        other = min(I64(uniform(key0, key1, place, first + low + i, day, WHOM, 2) * F64(size)), size - 1)
                        third = min(I64(uniform(key0, key1, place, first + low + i, day, WHOM, 3) * F64(size)), size - 1)
                        new = two_of_three(new, here[other] & U8(HELD), here[third] & U8(HELD))
                if new != old:
                    here[i] = old | U8((new + TAKEN) << SHIFT)
                    holders_0[b] += I64(new == 0) - I64(old == 0)
                    holders_1[b] += I64(new == 1) - I64(old == 1)
                    holders_2[b] += I64(new == 2) - I64(old == 2)
                    holders_3[b] += I64(new == 3) - I64(old == 3)
                lane += 1
                u, v = two_uniforms(key0, key1, place, first + low, day, WHO, lane)
                i += 1 + gap(u, p, stay)
            settle(here)
