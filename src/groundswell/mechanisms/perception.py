"""Phase 3: what a person sees of others, summed over the layers of contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from groundswell.core.arithmetic import F32, I32, I64, U8, U32
from groundswell.core.mechanism import Mechanism
from groundswell.core.parameters import parameter
from groundswell.society import (
    ACTIVE,
    ACTIVE_BEFORE,
    CONTACT,
    FRIENDS_ACTIVE,
    HOUSEHOLD,
    SHARE_ACTIVE,
    SOCIAL,
    TOOK_PART,
    WORK_SHARE,
    WORKPLACE,
)


def add_households(took_part: Any, household: Any, weight: Any, out: Any) -> None:
    """Add to each row of a neighbourhood the weighted share of its household mates who took part."""
    i = 0
    while i < out.size:
        size = I64(household[i] >> U8(4))
        total = I64(0)
        for j in range(i, i + size):
            total += I64(took_part[j])
        if total > 0 and size > 1:
            for j in range(i, i + size):
                out[j] = I32(out[j] + I32(weight * F32(total - I64(took_part[j])) / F32(size - 1)))
        i += max(int(size), 1)


@dataclass(frozen=True)
class Perception(Mechanism):
    """The social push: for each layer, its weight times the share of one's contacts there who took part yesterday.

    Friends count as a share of `degree`, at most 1. Where people meet less (`contact` below 1), friends, colleagues and
    neighbours weigh so much less; households and the media do not. Fixed point of 1/65536 logit, so that sums do not depend on their order.
    """

    family: float = parameter(1.0, unit="logit", range=(0, 20), doc="Push if the whole household took part.", source="assumed")
    neighbours: float = parameter(2.0, unit="logit", range=(0, 50), doc="Push if the whole neighbourhood took part.", source="assumed")
    colleagues: float = parameter(
        2.0, unit="logit", range=(0, 50), doc="Push if the whole workplace or campus took part.", source="assumed"
    )
    friends: float = parameter(
        4.0,
        unit="logit",
        range=(0, 50),
        doc="Push if all friends took part: the layer that mattered most in Leipzig 1989.",
        source="assumed; that friends matter most: Opp & Gern 1993",
    )
    online: float = parameter(4.0, unit="logit", range=(0, 500), doc="Push if the whole nation took part, seen online.", source="assumed")
    degree: float = parameter(10.4, unit="ties", range=(1, 1000), doc="Mean number of friends.", source="the circles of core.ties")

    reads = (TOOK_PART, HOUSEHOLD, WORKPLACE, FRIENDS_ACTIVE, ACTIVE, WORK_SHARE, SHARE_ACTIVE, ACTIVE_BEFORE, CONTACT)
    adds = (SOCIAL,)

    def step(
        took_part: Any, workplace: Any, friends_active: Any, active: Any, active_before: Any, work_share: Any, share_active: Any,
        social: Any, starts: Any, scale: Any, household: Any, family: Any, neighbours: Any, colleagues: Any, friends: Any, online: Any,
        degree: Any, contact: Any,
    ) -> None:  # fmt: skip
        """Sum the layers; a day after nobody took part costs nothing."""
        if share_active == F32(0) and active_before == 0:
            return
        one = F32(65536.0)
        friends, colleagues, neighbours = friends * contact, colleagues * contact, neighbours * contact
        tie, all_friends = friends / (degree * F32(scale)) * one, friends * one
        for b in range(active.size):
            low, high = starts[b], starts[b + 1]
            if high == low:
                continue
            share = F32(active[b]) / F32((high - low) * scale)
            ground = I32((neighbours * share + online * share_active) * one)
            out, w, f = social[low:high], workplace[low:high], friends_active[low:high]
            if active_before == 0:  # friends, workplaces and neighbourhoods lie within the province
                for i in range(out.size):
                    out[i] = ground
                continue
            for i in range(out.size):
                push = tie * F32(f[i])  # who has more friends than `degree` feels no more than if all took part
                out[i] = ground + I32(push if push < all_friends else all_friends)
            if active[b] > 0:  # households never cross a neighbourhood
                add_households(took_part[low:high], household[low:high], family / F32(scale) * one, out)
            if work_share.size > 0:
                for i in range(out.size):
                    some = w[i] != U32(0xFFFFFFFF)  # without a branch: who works is random, and a wrong guess costs more than a look
                    out[i] = I32(out[i] + I32(F32(some) * colleagues * work_share[I64(w[i]) if some else 0] * one))
